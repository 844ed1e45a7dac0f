"""Stores are configured by name, a mistake is said in one clear line, and what is secret stays so."""

import base64
import json
import re

import pytest

from support.api import account
from support.cloudinary import Account, Cloudinary
from support.faults import Answer, Reset
from support.places import KINDS, Bucket, Cloud, Disk, place_of, variable
from support.recordings import unique_wav
from support.s3 import Swift
from support.storage import manage, one_line, reclaimed, replica, settings, storage, verified, voicenote

S3 = {"bucket": "notes", "accessKey": "k", "secretKey": "s"}
CLOUD = {"cloudName": "c", "apiKey": "k", "apiSecret": "s"}


@pytest.fixture
def ask(tmp_path):
    """Runs a command in a folder of its own, with these settings: `stores.s3.bucket` and the like, or none."""

    class Alone:
        folder, data, url = tmp_path, tmp_path / "data", "http://127.0.0.1:9"

        def __init__(self, given):
            self.settings = {"VOICENOTE_ENVIRONMENT": "testing", "VOICENOTE_DATA_FOLDER": str(self.data)} | given

    return lambda *words, **given: voicenote(Alone(given), *words, seconds=60)


def given(store, **keys):
    return {variable(f"stores.{store}.{key}"): str(value) for key, value in keys.items()}


def test_three_variables_are_enough_for_cloudinary(start_server, cloudinary):
    """The two others say only that it is not the real one."""
    names = ("CLOUD_NAME", "API_KEY", "API_SECRET")
    account_ = cloudinary.account
    three = dict(zip(names, (account_.cloud, account_.key, account_.secret), strict=True))
    elsewhere = {"UPLOAD_PREFIX": cloudinary.url, "DELIVERY": cloudinary.url}
    variables = {f"VOICENOTE_STORES_CLOUDINARY_{name}": value for name, value in (three | elsewhere).items()}
    server, data = start_server(**variables), unique_wav(1)
    with account(server, "owner@example.org") as owner:
        note = verified(owner, owner.add(data)["id"], Cloud(cloudinary), blobs=("source", "listen"))
    assert cloudinary.asset(f"voicenote/{note['recording']['sha256']}").read() == data
    shown = json.loads(voicenote(server, "doctor", "--json").stdout)["settings"]
    expected = {
        "kind": "cloudinary", "folder": "voicenote", "algorithm": "sha1", "transfers": "5", "timeoutSeconds": "30",
        "egressMB": "0", "requests": "0", "redirect": "true",
    }  # fmt: skip
    assert {key: shown[f"stores.cloudinary.{key}"] for key in expected} == expected


def test_a_store_may_have_another_name_than_its_kind(ask):
    checked = ask("doctor", "--json", **given("offsite", kind="s3", endpoint="http://127.0.0.1:9", **S3))
    shown = json.loads(checked.stdout)["settings"]
    assert (shown["stores.offsite.kind"], shown["stores.offsite.bucket"]) == ("s3", "notes")
    assert "stores.s3.bucket" not in shown


BAD_NAMES = ["My-Store", "über", "9lives", "local", "a_b", "x" * 33, "with blank"]


@pytest.mark.parametrize("command", ["serve", "doctor"])
@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_cannot_be_part_of_a_variable_is_refused(ask, tmp_path, name, command):
    (tmp_path / "voicenote.yaml").write_text(f'stores:\n  "{name}":\n    kind: folder\n    path: /tmp\n')
    assert name in one_line(ask(command))


def test_a_name_of_thirty_two_characters_is_taken(ask, tmp_path):
    name = "x" * 31 + "9"
    assert "fail" not in ask("doctor", **given(name, kind="folder", path=tmp_path)).stderr
    shown = json.loads(ask("doctor", "--json", **given(name, kind="folder", path=tmp_path)).stdout)
    assert shown["settings"][f"stores.{name}.path"] == str(tmp_path)


def without(keys, name):
    return {key: value for key, value in keys.items() if key != name}


INCOMPLETE = [
    *((given("s3", **without(S3, key)), f"stores.s3.{key}") for key in S3),
    *((given("cloudinary", **without(CLOUD, key)), f"stores.cloudinary.{key}") for key in CLOUD),
    (given("folder", transfers=3), "stores.folder.path"),
    (given("attic", path="/tmp"), "stores.attic.kind"),
    (given("s3", **S3) | {"VOICENOTE_REPLICATION_STORES": "s3,attic"}, "attic"),
    ({"VOICENOTE_REPLICATION_LISTEN_STORES": "attic"}, "attic"),
]


@pytest.mark.parametrize("variables, named", INCOMPLETE, ids=[named for _, named in INCOMPLETE])
@pytest.mark.parametrize("command", ["serve", "doctor"])
def test_what_is_missing_is_named(ask, variables, named, command):
    assert named in one_line(ask(command, **variables))


UNKNOWN = [
    ("VOICENOTE_STORES_S3_BUCKETT", "VOICENOTE_STORES_S3_BUCKET"),
    ("VOICENOTE_STORES_S3_ACESS_KEY", "VOICENOTE_STORES_S3_ACCESS_KEY"),
    ("VOICENOTE_STORES_CLOUDINARY_API_SECRETS", "VOICENOTE_STORES_CLOUDINARY_API_SECRET"),
    ("VOICENOTE_REPLICATION_STORE", "VOICENOTE_REPLICATION_STORES"),
]


@pytest.mark.parametrize("name, meant", UNKNOWN)
def test_an_unknown_key_of_a_store_is_refused_with_a_suggestion(ask, name, meant):
    complaint = one_line(ask("serve", **{name: "x"}))
    assert name in complaint and re.search(rf"\b{meant}\b", complaint)


def test_an_unknown_key_in_the_file_is_refused_with_a_suggestion(ask, tmp_path):
    (tmp_path / "voicenote.yaml").write_text("stores:\n  s3:\n    buckett: x\n")
    complaint = one_line(ask("serve"))
    assert "stores.s3.buckett" in complaint and "stores.s3.bucket?" in complaint


BAD_VALUES = [
    ("s3", "style", "sideways"), ("s3", "payload", "sealed"), ("s3", "partMB", "4"), ("s3", "partMB", "5001"),
    ("s3", "endpoint", "ftp://example.org"), ("s3", "endpoint", "https://user@example.org"),
    ("s3", "checksums", "perhaps"), ("s3", "kind", "ftp"), ("s3", "transfers", "0"), ("s3", "timeoutSeconds", "0"),
    ("cloudinary", "algorithm", "md5"), ("cloudinary", "uploadPrefix", "nowhere"), ("s3", "egressMB", "-1"),
]  # fmt: skip


@pytest.mark.parametrize("store, key, value", BAD_VALUES)
def test_a_bad_value_is_refused_with_its_key(ask, store, key, value):
    complaint = one_line(ask("serve", **given(store, **{key: value})))
    assert f"stores.{store}.{key}" in complaint and value in complaint


@pytest.mark.parametrize(
    "store, key", [("s3", "secretKey"), ("s3", "sessionToken"), ("cloudinary", "apiSecret"),
                   ("cloudinary", "authTokenKey")]
)  # fmt: skip
def test_a_secret_that_does_not_fit_is_not_repeated(ask, store, key):
    complaint = one_line(ask("serve", **given(store, **{key: "hush\x01hush"})))
    assert f"stores.{store}.{key}" in complaint and "hush" not in complaint


# Secrets

SECRETS = {
    "s3": {"secretKey": "hush-the-secret-key", "sessionToken": "hush-the-session-token"},
    "cloudinary": {"apiSecret": "hush-the-api-secret", "authTokenKey": "00ff11ee22dd33cc44bb55aa"},
}


@pytest.mark.parametrize("words", [["doctor"], ["doctor", "--json"]])
def test_doctor_shows_that_there_is_a_secret_and_not_which(ask, words):
    nowhere = "http://127.0.0.1:9"
    s3 = given("s3", endpoint=nowhere, **S3 | SECRETS["s3"])
    cloud = given("cloudinary", uploadPrefix=nowhere, delivery=nowhere, **CLOUD | SECRETS["cloudinary"])
    shown = ask(*words, **s3, **cloud)
    said = shown.stdout + shown.stderr
    for store, secrets in SECRETS.items():
        for key, secret in secrets.items():
            assert secret not in said
            assert re.search(rf'stores\.{store}\.{key}"?\s*[: ]\s*"?\(secret\)', said), "it says that there is one"
    assert re.search(r'stores\.s3\.bucket"?\s*[: ]\s*"?notes\b', said)


def everything_kept(server):
    """The bytes of every file of the server's but for recordings."""
    blobs = set(server.blobs().values())
    return b"\n".join(path.read_bytes() for path in server.data.rglob("*") if path.is_file() and path not in blobs)


TROUBLES = [
    Answer(403, b"<Error><Code>SignatureDoesNotMatch</Code><Message>Check the key.</Message></Error>"),
    Answer(500, b"<Error><Code>InternalError</Code></Error>"), Reset("request", 0.5), Answer(502, b"<html>bad</html>"),
]  # fmt: skip


@pytest.fixture
def hushed(tmp_path_factory):
    """An engine whose secret is a text that no log has by accident."""
    engine = Swift(tmp_path_factory.mktemp("hushed"))
    engine.secret = "hush-hush-the-secret-key"
    yield engine.start()
    engine.stop()


def test_no_secret_of_s3_is_written_anywhere(hushed, start_with, fault_proxy):
    """Neither into the log, however much there is, nor into the database, nor into an answer; nor is a signed URL."""
    proxy = fault_proxy(hushed.port)
    bucket = Bucket(hushed, through=proxy)
    gone = {"reclaim_localHours": 0, "reclaim_quarantineHours": 0}
    server, owner = start_with(bucket, log_level="trace", replication_attempts=1, **gone)
    for trouble in TROUBLES:
        proxy.always(trouble)
        note = owner.add(unique_wav(0.2))
        manage(owner, bucket, "check")
        manage(owner, bucket, "retry")
        assert hushed.secret not in json.dumps([owner.note(note["id"]), storage(owner)])
        proxy.clear()
    manage(owner, bucket, "retry")
    note = verified(owner, owner.add(unique_wav(0.2))["id"], bucket, seconds=90)
    reclaimed(server, owner, note["recording"]["sha256"])
    assert "X-Amz-Signature=" in owner.audio(note["id"]).headers["location"]
    assert hushed.secret not in voicenote(server, "doctor", owner=owner).stdout
    server.stop()
    for written in (server.log.read_bytes(), everything_kept(server)):
        assert hushed.secret.encode() not in written
        assert b"X-Amz-Signature=" not in written and b"Signature=" not in written
    server.start()


def test_no_secret_of_cloudinary_is_written_anywhere(start_with):
    # A secret that no other text has by accident, and a key for tokens.
    with Cloudinary(Account(secret="hush-hush-the-api-secret", token_key="00ff11ee22dd33cc")) as service:
        cloud = Cloud(service, authTokenKey="00ff11ee22dd33cc")
        server, owner = start_with(cloud, log_level="trace", reclaim_localHours=0, reclaim_quarantineHours=0)
        note = verified(owner, owner.add(unique_wav(1))["id"], cloud)
        reclaimed(server, owner, note["recording"]["sha256"])
        location = owner.audio(note["id"]).headers["location"]
        signature = re.search(r"signature=(\w+)|hmac=(\w+)|s--([\w-]+)--", location)
        given_out = next(filter(None, signature.groups())).encode()
        voicenote(server, "doctor", owner=owner)
        server.stop()
        basic = base64.b64encode(f"{service.account.key}:{service.account.secret}".encode())
        for written in (server.log.read_bytes(), everything_kept(server)):
            for secret in (service.account.secret.encode(), b"00ff11ee22dd33cc", basic, given_out):
                assert secret not in written
        server.start()


# What doctor says of each store


def line_of(report, place):
    """The outcome and the words of the store's check."""
    found = re.search(rf"^\s*(pass|warn|fail)\s+store {place.name}: (.+)$", report, re.M)
    assert found, report
    return found.groups()


@pytest.mark.parametrize("kind", KINDS)
def test_doctor_says_that_a_store_is_well(request, start_with, kind):
    place = place_of(kind, request)
    server, owner = start_with(place)
    verified(owner, owner.add(unique_wav(0.2))["id"], place)
    checked = voicenote(server, "doctor", owner=owner)
    assert checked.returncode == 0, checked.stdout
    assert line_of(checked.stdout, place)[0] == "pass"


@pytest.mark.parametrize("kind", KINDS)
def test_doctor_says_that_a_store_has_vanished(request, start_with, kind):
    place = place_of(kind, request)
    server, owner = start_with(place)
    verified(owner, owner.add(unique_wav(0.2))["id"], place)
    place.vanish()
    checked = voicenote(server, "doctor", owner=owner)
    outcome, words = line_of(checked.stdout, place)
    assert (checked.returncode, outcome) == (1, "fail") and "marker" in words
    assert place.reappear() == [], "looking is not writing"


def test_doctor_says_what_is_wrong_with_each_of_several(request, s3, cloudinary, start_server, tmp_path):
    away = Bucket(s3, name="away", endpoint="http://127.0.0.1:9")
    locked = Bucket(s3, name="locked", secretKey="wrong")
    other = Cloud(cloudinary, apiSecret="wrong")
    disk = Disk(tmp_path / "disk")
    server = start_server(**settings(away, locked, other, disk))
    checked = voicenote(server, "doctor")
    said = {place.name: line_of(checked.stdout, place) for place in (away, locked, other, disk)}
    assert said["disk"][0] == "pass"
    assert {said[name][0] for name in ("away", "locked", "cloudinary")} <= {"warn", "fail"}
    assert "SECRET_KEY" in said["locked"][1] or "secretKey" in said["locked"][1], "it says which setting to look at"
    assert "API_SECRET" in said["cloudinary"][1] or "apiSecret" in said["cloudinary"][1]
    assert len({words for _, words in said.values()}) == 4


def test_a_server_starts_though_its_store_is_away(s3, start_with):
    away = Bucket(s3, endpoint="http://127.0.0.1:9")
    server, owner = start_with(away)
    data = unique_wav(0.5)
    note = owner.ready(owner.add(data)["id"])
    assert replica(note, "local")["state"] == "verified"
    assert owner.audio(note["id"], rendition="source").content == data
