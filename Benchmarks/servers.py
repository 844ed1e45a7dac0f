"""The servers that are compared, each started in a folder of its own, on a free port, and ended by its own pid."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent
# No setting of whoever runs this may reach what is compared.
FOREIGN = ("VOICENOTE_", "AWS_", "RCLONE_")
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A process with an address. Use it in a `with`."""

    health = "/"

    def __init__(self, folder):
        self.folder = Path(folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def command(self):
        raise NotImplementedError

    def environment(self):
        return {}

    def __enter__(self):
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [str(part) for part in self.command()],
                cwd=self.folder,
                env=CLEAN | self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(self.url + self.health, timeout=2):
                    return self
            except urllib.error.HTTPError:
                return self
            except OSError:
                time.sleep(0.05)
        self.__exit__()
        raise SystemExit(
            f"{type(self).__name__} did not start:\n{(self.folder / 'log').read_text(errors='replace')[-2000:]}"
        )

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def clean(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def peak_memory(self):
        """Bytes, of the server's own process."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        return 0

    def forget_peak_memory(self):
        """From now on, `peak_memory` is that of what comes."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def processor_seconds(self):
        """Of the server's own process, so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def load(self, program, path, timeout, **options):
        """What a load generator, in a process of its own, said of this server."""
        command = [sys.executable, HERE / program, self.url + path]
        for name, value in options.items():
            command += [f"--{name}", value]
        for header in self.headers:
            command += ["--header", header]
        run = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=timeout)
        if run.returncode != 0:
            raise SystemExit(f"the load generator failed:\n{run.stderr}")
        return json.loads(run.stdout)


class VoiceNote(Server):
    name = "VoiceNote"
    health = "/readyz"
    binary = Path(os.environ.get("VOICENOTE_BINARY") or CHECKOUT / ".build" / "release" / "voicenote").resolve()
    scopes = ["read", "write"]

    def command(self):
        return [self.binary, "serve"]

    def environment(self):
        return {
            "VOICENOTE_ENVIRONMENT": "production",
            "VOICENOTE_SERVER_HOST": "127.0.0.1",
            "VOICENOTE_SERVER_PORT": str(self.port),
            "VOICENOTE_DATA_FOLDER": str(self.folder / "data"),
            "VOICENOTE_LIMITS_MINIMUM_FREE_MB": "50",
            "VOICENOTE_LOG_LEVEL": "warning",
        }

    def __enter__(self):
        super().__enter__()
        account = {"email": "bench@example.org", "name": "Bench", "password": "a long passphrase for the bench"}
        session = self.post("/auth/register", account)
        body = {"name": "bench", "scopes": self.scopes}
        self.token = self.post("/tokens", body, session["accessToken"])["token"]
        return self

    @property
    def headers(self):
        return [f"Authorization: Bearer {self.token}"]

    upload_path = "/api/v1/notes"
    live_path = "/api/v1/uploads"

    def add(self, path):
        """Uploads a file, waits until it is processed, and returns the path of its audio."""
        request = urllib.request.Request(
            self.url + self.upload_path, data=Path(path).read_bytes(), method="POST",
            headers={"Content-Type": "audio/wav", "Authorization": f"Bearer {self.token}"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=60) as response:
            note = json.load(response)["note"]["id"]
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            if self.get(f"/notes/{note}")["state"] != "processing":
                return f"/api/v1/notes/{note}/audio?rendition=source"
            time.sleep(0.2)
        raise SystemExit("VoiceNote did not process the file within 300 s")

    def post(self, path, body, token=None):
        return self._ask(path, token, json.dumps(body).encode())

    def get(self, path):
        return self._ask(path, self.token)

    def _ask(self, path, token, body=None):
        headers = {"Content-Type": "application/json"} if body else {}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(self.url + "/api/v1" + path, body, headers)
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)


class OldStack(Server):
    name = "old stack"
    health = "/health"
    upload_path = "/api/notes"
    headers = []
    syncs = False

    def command(self):
        return [
            sys.executable, "-m", "uvicorn", "--app-dir", HERE, "old_stack:app", "--host", "127.0.0.1",
            "--port", self.port, "--no-access-log", "--log-level", "warning",
        ]  # fmt: skip

    def environment(self):
        return {"FOLDER": str(self.folder), "FSYNC": "1" if self.syncs else "0"}

    def add(self, path):
        boundary = "boundary"
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{Path(path).name}"\r\n\r\n'
        body = head.encode() + Path(path).read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        with urllib.request.urlopen(
            urllib.request.Request(self.url + self.upload_path, body, headers), timeout=60
        ) as response:
            return f"/api/notes/{json.load(response)['id']}/audio"


class OldStackWithFsync(OldStack):
    name = "old stack, FSYNC=1"
    syncs = True


class OldStackTwice(OldStack):
    """Two processes instead of one, as many as there are cores."""

    name = "old stack, 2 workers"

    def command(self):
        return [*super().command(), "--workers", 2]


class Nginx(Server):
    """sendfile off: with it and tcp_nopush, each 64 KiB range stalls for 44 ms."""

    name = "nginx"
    headers = []

    def command(self):
        (self.folder / "files").mkdir()
        user = "user root;" if os.getuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(f"""
            daemon off; pid {self.folder}/pid; error_log stderr warn; worker_processes auto; {user}
            events {{ worker_connections 1024; }}
            http {{
                access_log off; sendfile off; output_buffers 2 64k; keepalive_requests 100000000;
                client_body_temp_path {self.folder}/t1; proxy_temp_path {self.folder}/t2;
                fastcgi_temp_path {self.folder}/t3; uwsgi_temp_path {self.folder}/t4; scgi_temp_path {self.folder}/t5;
                default_type audio/ogg;
                server {{ listen 127.0.0.1:{self.port}; root {self.folder}/files; }}
            }}""")
        return [shutil.which("nginx") or "/usr/sbin/nginx", "-p", self.folder, "-c", self.folder / "nginx.conf"]

    def add(self, path):
        shutil.copy(path, self.folder / "files")
        return f"/{Path(path).name}"
