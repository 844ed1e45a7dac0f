"""Real S3 servers from Debian, each in a folder of its own, on free ports of the loopback interface.

`Swift` is OpenStack Swift with its S3 API: light, and in some things its own. `Ceph` is Ceph's gateway with a cluster
of one behind it: the reference, close to Amazon's. What each answers where they differ stands in test_s3_engine.py.

Neither needs root, a service of the system or a file outside its folder. Swift keeps what it knows of an object in
extended attributes, so its folder must be on a file system that has them: `start` says so where it has not.

Every process is started and ended by its own id. Each also ends when the process that started it does, however that
ends (`setpriv --pdeathsig`); to be exact, when the thread does, so engines are started in the main one.
"""

import itertools
import os
import pwd
import random
import secrets
import shutil
import socket
import subprocess
import time
import uuid
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import boto3
import httpx
from botocore.config import Config

from .server import LOGS

REGION = "us-east-1"
VIRTUAL_HOST = "localhost"
MINIMUM_PART = 5 << 20

_numbers = itertools.count(1)


def free_ports(count):
    """Ports that nobody listens on, below those that the system gives to connections: none is taken meanwhile."""
    found = []
    while len(found) < count:
        port = random.randrange(20_000, 32_768)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found += [port] if port not in found else []
    return found


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ini(sections):
    """Section to key to value, as the text of a configuration file."""
    parts = [
        [f"[{section}]", *(f"{key} = {value}" for key, value in keys.items())] for section, keys in sections.items()
    ]
    return "".join(f"{line}\n" for part in parts for line in part)


def boto(endpoint, key, secret, **options):
    """Amazon's own client: it tries once and adds no checksum unless told to."""
    options = {
        "signature_version": "s3v4",
        "s3": {"addressing_style": "path"},
        "retries": {"total_max_attempts": 1},
        "connect_timeout": 5,
        "read_timeout": 60,
        "request_checksum_calculation": "when_required",
        "response_checksum_validation": "when_required",
    } | options
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        region_name=REGION,
        config=Config(**options),
    )


class Engine:
    """An S3 server. `endpoint`, `key` and `secret` are what a client needs; its region is REGION.

    A host name `BUCKET.localhost` names a bucket as well as a path does.
    """

    name = key = secret = None
    seconds_to_start = 60
    seconds_to_stop = 10

    def __init__(self, folder):
        self.folder = Path(folder)
        self.log = LOGS / f"{self.folder.name}.log"
        self.processes = []
        self._clients = []

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        LOGS.mkdir(parents=True, exist_ok=True)
        self.log.write_bytes(b"")
        try:
            self.launch()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self):
        """Ends every process that this engine started, the last one first, and removes what it kept."""
        for client in self._clients:
            client.close()
        self._clients = []
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(self.seconds_to_stop)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []
        shutil.rmtree(self.folder)

    def connect(self, endpoint=None, **options):
        """A boto3 client; of `endpoint`, where something stands between it and the engine."""
        self._clients.append(boto(endpoint or self.endpoint, self.key, self.secret, **options))
        return self._clients[-1]

    @cached_property
    def client(self):
        """The boto3 client that most tests share."""
        return self.connect()

    def bucket(self):
        """The name of a new bucket."""
        name = f"voicenote-{next(_numbers)}-{secrets.token_hex(4)}"
        self.client.create_bucket(Bucket=name)
        return name

    def is_ready(self):
        """Whether it answers requests."""
        try:
            return httpx.get(f"{self.endpoint}{self.health}", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def log_tail(self, lines=40):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    # For the engines themselves

    def spawn(self, *command):
        """Starts a process that lives until `stop`."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *map(str, command)],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for pytest, which then ends the engine in order
            )
        self.processes.append(process)

    def run(self, *command, seconds=60):
        """Runs a command to its end, which must be a good one."""
        with self.log.open("ab") as log:
            ended = subprocess.run(
                list(map(str, command)),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=seconds,
            )
        assert ended.returncode == 0, f"{command[0]} ended with {ended.returncode}:\n{self.log_tail()}"

    def wait_until_ready(self):
        deadline = time.monotonic() + self.seconds_to_start
        while not self.is_ready():
            for process in self.processes:
                assert process.poll() is None, f"{process.args[3]} ended at once:\n{self.log_tail()}"
            assert time.monotonic() < deadline, f"not ready after {self.seconds_to_start} s:\n{self.log_tail()}"
            time.sleep(0.05)


class Swift(Engine):
    """OpenStack Swift 2.30: a proxy that speaks S3, and a server each for accounts, containers and objects.

    `workers` processes a server; 0 is one process without a parent, which is enough for tests.
    """

    name, key, secret, health = "swift", "test:tester", "testing", "/healthcheck"
    python = "/usr/bin/python3"

    def __init__(self, folder, workers=0):
        super().__init__(folder)
        self.workers = workers

    def launch(self):
        self.check_extended_attributes()
        self.port, cache_port, *ports = free_ports(5)
        (self.folder / "disks" / "disk").mkdir(parents=True)
        self.ports = [cache_port, *ports]
        self.configure(cache_port, dict(zip(["account", "container", "object"], ports, strict=True)))
        self.spawn("memcached", "-l", "127.0.0.1", "-p", cache_port, "-U", 0, "-m", 64, *self.cache_user())
        self.spawn(self.python, "-I", Path(__file__).with_name("openstack_swift.py"), self.folder, *ports)
        self.wait_until_ready()

    def is_ready(self):
        """The proxy answers also while those behind it do not listen yet."""
        return all(map(is_open, self.ports)) and super().is_ready()

    def check_extended_attributes(self):
        try:
            os.setxattr(self.folder, "user.voicenote", b"1")
        except OSError as error:
            message = f"{self.folder} takes no extended attributes ({error}), which OpenStack Swift needs"
            raise AssertionError(f"{message}: name a folder of another file system in TMPDIR") from None

    def cache_user(self):
        """memcached refuses to be root unless told."""
        return ["-u", "root"] if os.geteuid() == 0 else []

    def configure(self, cache_port, stores):
        common = {
            "bind_ip": "127.0.0.1",
            "swift_dir": self.folder,
            "user": pwd.getpwuid(os.geteuid()).pw_name,
            "workers": self.workers,
            "log_level": "WARNING",
        }
        self.write("swift", {"swift-hash": {"swift_hash_path_suffix": "voicenote"}})
        for name, port in stores.items():
            self.write(
                name,
                {
                    "DEFAULT": common
                    | {
                        "bind_port": port,
                        "devices": self.folder / "disks",
                        "mount_check": "false",
                        "disable_fallocate": "true",
                    },
                    "pipeline:main": {"pipeline": f"{name}-server"},
                    f"app:{name}-server": {"use": f"egg:swift#{name}"},
                },
            )
        filters = {
            "catch_errors": {},
            "gatekeeper": {},
            "healthcheck": {},
            "cache": {"use": "egg:swift#memcache", "memcache_servers": f"127.0.0.1:{cache_port}"},
            "listing_formats": {},
            "bulk": {},
            "s3api": {"location": REGION, "storage_domain": VIRTUAL_HOST, "max_upload_part_num": 10_000},
            "tempauth": {f"user_{self.key.replace(':', '_')}": f"{self.secret} .admin"},
            "copy": {},
            "slo": {"max_manifest_segments": 10_000, "max_manifest_size": 8 << 20},
            "dlo": {},
            "versioned_writes": {"allow_object_versioning": "true"},
            "symlink": {},
        }
        self.write(
            "proxy",
            {
                "DEFAULT": common | {"bind_port": self.port},
                "pipeline:main": {"pipeline": " ".join([*filters, "proxy-server"])},
                "app:proxy-server": {
                    "use": "egg:swift#proxy",
                    "account_autocreate": "true",
                    # The one store is never given up, however busy the machine is
                    "conn_timeout": 10,
                    "node_timeout": 60,
                    "error_suppression_limit": 1_000_000,
                },
            }
            | {f"filter:{name}": {"use": f"egg:swift#{name}"} | keys for name, keys in filters.items()},
        )

    def write(self, name, sections):
        (self.folder / f"{name}.conf").write_text(ini(sections))


class Ceph(Engine):
    """Ceph 16: a monitor, a manager, one disk in a file, and the gateway that speaks S3."""

    name, key, secret, health = "ceph", "test", "testing", "/"

    def launch(self):
        self.port, monitor_port = free_ports(2)
        self.monitors = f"[v2:127.0.0.1:{monitor_port}]"
        self.cluster, self.disk = uuid.uuid4(), uuid.uuid4()
        for folder in ["mon", "mgr", "osd", "rgw", "modules"]:
            (self.folder / folder).mkdir()
        self.configure()
        for number, (who, allowed) in enumerate(self.keys.items()):
            create = [] if number else ["--create-keyring"]
            grants = [word for part, grant in allowed.items() for word in ["--cap", part, grant]]
            self.run("ceph-authtool", self.folder / "keyring", *create, "--gen-key", "-n", who, *grants)
        monmap = self.folder / "monmap"
        self.run("monmaptool", "--create", "--addv", "a", self.monitors, "--fsid", self.cluster, monmap)
        self.ceph("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap)
        self.serve("ceph-mon", "-i", "a")
        self.ceph("ceph", "osd", "new", self.disk, 0)
        self.ceph("ceph-osd", "-i", 0, "--mkfs", "--osd-uuid", self.disk, "--monmap", monmap)
        self.serve("ceph-osd", "-i", 0)
        self.serve("ceph-mgr", "-i", "x")
        self.serve("radosgw", "-n", "client.rgw.a")
        self.wait_until_ready()
        user = ["--uid", "test", "--display-name", "test", "--access-key", self.key, "--secret", self.secret]
        self.ceph("radosgw-admin", "user", "create", *user)

    keys = {
        "mon.": {"mon": "allow *"},
        "client.admin": {"mon": "allow *", "osd": "allow *", "mgr": "allow *"},
        "osd.0": {"mon": "allow profile osd", "mgr": "allow profile osd", "osd": "allow *"},
        "mgr.x": {"mon": "allow profile mgr", "osd": "allow *"},
        "client.rgw.a": {"mon": "allow rwx", "osd": "allow rwx", "mgr": "allow rw"},
    }

    def ceph(self, command, *words):
        self.run(command, "-c", self.folder / "ceph.conf", *words)

    def serve(self, command, *words):
        self.spawn(command, "-c", self.folder / "ceph.conf", "-f", *words)

    def configure(self):
        everywhere = {
            "fsid": self.cluster,
            "mon host": self.monitors,
            "mon initial members": "a",
            "public addr": "127.0.0.1",
            "cluster addr": "127.0.0.1",
            "keyring": self.folder / "keyring",
            "mon data": self.folder / "mon",
            "mgr data": self.folder / "mgr",
            "osd data": self.folder / "osd",
            "rgw data": self.folder / "rgw",
            "run dir": self.folder,
            "crash dir": self.folder,
            "admin socket": "",
            "log file": "",
            "log to stderr": "true",
            "debug rocksdb": 0,
            "debug bluefs": 0,
            "debug bluestore": 0,
            "debug bdev": 0,
            "mgr initial modules": "",
            "mgr module path": self.folder / "modules",
            # One of everything is enough
            "osd pool default size": 1,
            "osd pool default min size": 1,
            "osd pool default pg num": 4,
            "osd pool default pgp num": 4,
            "osd pool default pg autoscale mode": "off",
            "osd crush chooseleaf type": 0,
            "mon allow pool size one": "true",
            "mon data avail crit": 1,
            "mon data avail warn": 2,
            # ext4's limits of a name
            "osd max object name len": 256,
            "osd max object namespace len": 64,
            "bluestore block size": 8 << 30,
            "bluestore fsck on mount": "false",
            # Nobody else is to be heard, so there is nothing to wait for
            "paxos propose interval": 0.05,
            "paxos min wait": 0.01,
            "osd fast shutdown notify mon": "false",
        }
        gateway = {
            "rgw frontends": f"beast endpoint=127.0.0.1:{self.port}",
            "rgw dns name": VIRTUAL_HOST,
            "rgw thread pool size": 32,
            "rgw dynamic resharding": "false",
            "rgw enable usage log": "false",
        }
        (self.folder / "ceph.conf").write_text(ini({"global": everywhere, "client.rgw.a": gateway}))
