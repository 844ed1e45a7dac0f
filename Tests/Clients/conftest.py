"""Servers, accounts and recordings for the tests. Nothing here is skipped: what is missing fails."""

import itertools
from contextlib import ExitStack

import pytest

from support.api import account
from support.cloudinary import Cloudinary
from support.faults import FaultProxy
from support.page import Visitor, launch, make_microphone, sync_playwright
from support.recorder import Recorder, Typist, reached
from support.recordings import unique_wav
from support.s3 import Ceph, Swift
from support.server import Server
from support.sound import SoundServer
from support.storage import settings

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The server that most tests share. Its first account is the owner."""
    server = Server("shared", tmp_path_factory.mktemp("shared")).start()
    yield server
    server.stop()


@pytest.fixture
def start_server(request, tmp_path):
    """Starts servers for one test, with settings of their own; each must stop properly, unless the test ended it."""
    servers = []

    def start(**settings):
        name = f"{request.node.name}-{len(servers)}".replace("/", "_")[:120]
        folder = tmp_path / f"server-{len(servers)}"
        folder.mkdir()
        servers.append(Server(name, folder, **settings))
        request.node.servers = servers
        return servers[-1].start()

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def start_with(start_server):
    """Starts a server with these stores (support.places) and settings; returns it and a client of its owner."""
    with ExitStack() as clients:

        def start(*places, **more):
            server = start_server(**settings(*places, **more))
            return server, clients.enter_context(account(server, "owner@example.org"))

        yield start


@pytest.fixture(scope="session")
def owner(server):
    """The first account of the shared server, with an API token for everything."""
    with account(server, "owner@example.org") as client:
        assert client.account["role"] == "owner"
        yield client


@pytest.fixture(scope="session")
def stranger(server, owner):
    """A second account, which must see nothing of the owner's."""
    with account(server, "stranger@example.org", name="Charles Babbage") as client:
        assert client.account["role"] == "member"
        yield client


@pytest.fixture
def email():
    """An address that no other test uses."""
    return f"person{next(_numbers)}@example.org"


@pytest.fixture(scope="session")
def spoken(owner):
    """A processed note of one spoken sentence, for tests that only read: its note, and the bytes that were sent."""
    data = unique_wav(3)
    note = owner.add(data, file_name="Grüße aus Köln.wav")
    note = owner.ready(note["id"])
    note["sent"] = data
    return note


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    microphone = make_microphone(tmp_path_factory.mktemp("microphone") / "speech.wav")
    with sync_playwright() as playwright:
        browser = launch(playwright, microphone)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, request):
    """Opens windows; each must have been quiet on its console when the test is over."""
    visitors = []

    def visit(server, name, **context):
        visitors.append(Visitor(browser, server.url, name, **context))
        return visitors[-1]

    yield visit
    for visitor in visitors:
        visitor.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


@pytest.fixture
def person(server, owner, email):
    """An account of its own on the shared server, for one window."""
    with account(server, email) as client:
        client.email = email
        yield client


@pytest.fixture
def cloudinary():
    """An emulated Cloudinary for one test, which must not have stumbled itself."""
    with Cloudinary() as service:
        yield service
    assert service.mistakes == []


@pytest.fixture(scope="session")
def s3(tmp_path_factory):
    """A real S3 server, OpenStack Swift. It starts when the first test wants it."""
    engine = Swift(tmp_path_factory.mktemp("s3")).start()
    yield engine
    engine.stop()


@pytest.fixture(scope="session")
def ceph(tmp_path_factory):
    """A real S3 server, Ceph's gateway: slower to start, and closer to Amazon's."""
    engine = Ceph(tmp_path_factory.mktemp("ceph")).start()
    yield engine
    engine.stop()


@pytest.fixture
def fault_proxy(request):
    """Puts proxies that make faults before ports of this machine."""
    proxies = []

    def put_before(port, **options):
        name = f"faults-{request.node.name}-{len(proxies)}".replace("/", "_")[:120]
        proxies.append(FaultProxy(port, name, **options).start())
        return proxies[-1]

    yield put_before
    for proxy in proxies:
        proxy.stop()


@pytest.fixture
def sound_server():
    """A sound server of its own, with a microphone that hears what is played into it."""
    server = SoundServer().start()
    yield server
    server.stop()


@pytest.fixture
def recorder(tmp_path, sound_server, request):
    """`voicenote record` with folders of its own, before that microphone."""
    return Recorder(tmp_path, sound_server, request.node.name.replace("/", "_")[:120])


@pytest.fixture
def serving(recorder):
    """Starts the server on the recorder's data folder and signs in; it must stop properly."""
    servers = []

    def serve():
        server, client = recorder.server()
        servers.append(server)
        return client

    yield serve
    for server in servers:
        server.stop()


@pytest.fixture
def remote(start_server, email):
    """A server elsewhere, a client of an account there, and what the recorder needs to find it."""
    server = start_server()
    with account(server, email) as client:
        yield server, client, reached(server, client)


@pytest.fixture
def typist():
    """Runs commands at a terminal of their own."""
    typists = []

    def sit_down(recorder, *arguments, **settings):
        typists.append(Typist(arguments, recorder.folder, recorder.environment(**settings)))
        return typists[-1]

    yield sit_down
    for one in typists:
        one.close()


@pytest.fixture
def spoken_file(tmp_path):
    """Four seconds of human speech."""
    path = tmp_path / "spoken.wav"
    path.write_bytes(unique_wav(4))
    return path


# Whoever has one of these has a server and a store, or a microphone, to itself.
STORES = {"s3", "ceph", "cloudinary", "fault_proxy", "start_with", "move", "bucket", "place", "sound_server"}


def pytest_collection_modifyitems(items):
    for item in items:
        if STORES & set(item.fixturenames):
            item.add_marker(pytest.mark.waits)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the end of the log of the servers that it talked to."""
    report = (yield).get_result()
    if report.failed:
        servers = [value for value in getattr(item, "funcargs", {}).values() if isinstance(value, Server)]
        for server in servers + getattr(item, "servers", []):
            report.sections.append((f"{server.name}: end of {server.log}", server.log_tail()))
