"""The command line: doctor, add, list, and settings that are wrong."""

import json
import os
import re
import subprocess
import time

import pytest

from support.api import PASSWORD, Api, fetched, problem
from support.recordings import unique_wav
from support.server import binary, clean_environment


@pytest.fixture
def run(tmp_path):
    """Runs voicenote in an empty folder. A setting of None is left out."""

    def run(*arguments, seconds=30, typed="", **settings):
        settings = {"VOICENOTE_ENVIRONMENT": "testing", "VOICENOTE_DATA_FOLDER": str(tmp_path / "data")} | settings
        settings = {name: value for name, value in settings.items() if value is not None}
        return subprocess.run(
            [binary(), *map(str, arguments)], cwd=tmp_path, env=clean_environment(**settings), capture_output=True,
            text=True, timeout=seconds, input=typed,
        )  # fmt: skip

    return run


def one_clear_line(text):
    """The single line of a complaint: no stack, no type names."""
    lines = [line for line in text.splitlines() if line.strip()]
    assert len(lines) == 1, text
    assert not re.search(r"Fatal error|\.swift:\d|Error\(|Optional\(|0x[0-9a-f]{6}", text), text
    return lines[0]


def test_help_names_the_commands_and_shows_an_example(run):
    shown = run("--help")
    assert shown.returncode == 0
    for command in ("serve", "doctor", "account", "add", "list"):
        assert re.search(rf"^\s+{command}\b", shown.stdout, re.M)
        own = run(command, "--help")
        assert own.returncode == 0 and "USAGE: voicenote " + command in own.stdout


def test_the_version_is_that_of_the_server(run, server, owner):
    assert run("--version").stdout.strip() == fetched(owner.get("/setup"))["version"]


@pytest.mark.parametrize("arguments", [["dance"], ["serve", "--no-such-flag"], ["add"]])
def test_what_is_not_a_command_is_refused_with_advice(run, arguments):
    refused = run(*arguments)
    assert refused.returncode == 64
    assert "Usage:" in refused.stderr or "--help" in refused.stderr


# Doctor


def test_a_healthy_system_passes(run, tmp_path):
    checked = run("doctor")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert re.search(r"^\s*pass\b", checked.stdout, re.M | re.I)
    assert not re.search(r"^\s*fail\b", checked.stdout, re.M | re.I)
    assert "data.folder" in checked.stdout and str(tmp_path / "data") in checked.stdout
    assert "server.port" in checked.stdout


def test_doctor_speaks_json(run, tmp_path):
    report = json.loads(run("doctor", "--json").stdout)
    assert set(report) == {"settings", "checks", "outcome"}
    assert {check["outcome"] for check in report["checks"]} | {report["outcome"]} <= {"pass", "warn"}
    assert all(check["name"] and check["detail"] for check in report["checks"])
    assert {"data folder", "database", "free space"} <= {check["name"] for check in report["checks"]}
    assert report["settings"]["data.folder"] == str(tmp_path / "data")


def test_doctor_shows_the_settings_that_are_in_force_and_where_they_come_from(run, tmp_path):
    (tmp_path / "voicenote.yaml").write_text("server:\n  port: 9001\nlimits:\n  largestFileMB: 7\n")
    text = run("doctor", VOICENOTE_SERVER_PORT="9002").stdout
    assert re.search(r"server\.port\b.*\b9002\b", text), "the environment wins over the file"
    assert re.search(r"limits\.largestFileMB\b.*\b7\b", text), "the file wins over the default"


@pytest.mark.parametrize("arguments", [["doctor"], ["doctor", "--json"], ["serve"]])
def test_a_folder_that_cannot_be_written_is_a_failure(run, tmp_path, arguments):
    """A file stands where the folder should be: not even root can write there."""
    (tmp_path / "data").write_text("in the way")
    failed = run(*arguments)
    assert failed.returncode == 1, failed.stdout + failed.stderr
    said = failed.stdout + failed.stderr
    assert str(tmp_path / "data") in said.replace("\\/", "/")
    assert "Fatal error" not in said and ".swift:" not in said
    if arguments == ["doctor"]:
        assert re.search(r"^\s*fail\b", said, re.M | re.I)
    elif arguments == ["serve"]:
        one_clear_line(said)
    else:
        report = json.loads(failed.stdout)
        assert report["outcome"] == "fail" and "fail" in {check["outcome"] for check in report["checks"]}


WRONG_FILES = [
    ("servr:\n  port: 80\n", "servr"),
    ("server:\n  prot: 80\n", "server.prot"),
    ("server:\n  port: eighty\n", "server.port"),
    ("server:\n  port: 70000\n", "server.port"),
    ("audio:\n  listenCopy: maybe\n", "audio.listenCopy"),
    ("environment: staging\n", "environment"),
    ("server: [1, 2\n", "voicenote.yaml"),
]


@pytest.mark.parametrize("text, named", WRONG_FILES)
@pytest.mark.parametrize("command", ["serve", "doctor"])
def test_a_wrong_setting_is_one_clear_line(run, tmp_path, text, named, command):
    (tmp_path / "voicenote.yaml").write_text(text)
    settings = {"VOICENOTE_ENVIRONMENT": None} if named == "environment" else {}
    refused = run(command, **settings)
    assert refused.returncode == 1
    assert named in one_clear_line(refused.stdout + refused.stderr)


def test_a_wrong_variable_is_one_clear_line(run):
    for name, value in (("VOICENOTE_SERVER_PORT", "eighty"), ("VOICENOTE_SERVR_PORT", "80")):
        refused = run("serve", **{name: value})
        assert refused.returncode == 1
        line = one_clear_line(refused.stdout + refused.stderr)
        assert name in line or "server.port" in line


def test_a_port_that_is_taken_is_one_clear_line(run, server, owner):
    refused = run("serve", VOICENOTE_SERVER_PORT=str(server.port))
    assert refused.returncode == 1
    last = [line for line in (refused.stdout + refused.stderr).splitlines() if line.strip()][-1]
    assert str(server.port) in last and "Error(" not in last


# Adding and listing


@pytest.fixture
def client_settings(server, owner):
    return {
        "VOICENOTE_CLIENT_SERVER": server.url,
        "VOICENOTE_CLIENT_TOKEN": owner.headers["authorization"].removeprefix("Bearer "),
    }


def test_files_are_added_and_listed(run, owner, client_settings, tmp_path):
    names = ["Erste Aufnahme.wav", "second.flac", "third.ogg"]
    for name in names:
        # What the server has already, from another test, would not be added again.
        (tmp_path / "unique.wav").write_bytes(unique_wav())
        subprocess.run(["ffmpeg", "-v", "error", "-i", tmp_path / "unique.wav", tmp_path / name], check=True)
    added = run("add", *[tmp_path / name for name in names], **client_settings)
    assert added.returncode == 0, added.stderr
    newest = owner.all_notes()[:3]
    assert [note["recording"]["fileName"] for note in newest] == names[::-1]
    for note in newest:
        assert note["id"] in added.stdout or note["recording"]["sha256"][:12] in added.stdout
    listed = run("list", **client_settings)
    assert listed.returncode == 0
    for note in newest:
        assert note["title"] in listed.stdout


def test_the_address_may_be_an_argument(run, server, owner, client_settings):
    token = client_settings["VOICENOTE_CLIENT_TOKEN"]
    listed = run("list", "--server", server.url, VOICENOTE_CLIENT_TOKEN=token)
    assert listed.returncode == 0, listed.stderr


def test_one_bad_file_does_not_keep_the_others_out(run, owner, client_settings, tmp_path):
    good = tmp_path / "good one.wav"
    good.write_bytes(unique_wav())
    added = run("add", tmp_path / "not there.wav", good, **client_settings)
    assert added.returncode == 1
    assert "not there.wav" in added.stderr
    assert owner.all_notes()[0]["recording"]["fileName"] == "good one.wav"


def test_a_wrong_token_or_a_missing_server_is_one_clear_line(run, server, client_settings, tmp_path):
    (tmp_path / "memo.wav").write_bytes(unique_wav())
    for change in ({"VOICENOTE_CLIENT_TOKEN": "vn_wrong"}, {"VOICENOTE_CLIENT_SERVER": "http://127.0.0.1:9"}):
        start = time.monotonic()
        refused = run("list", **(client_settings | change))
        assert refused.returncode == 1
        assert time.monotonic() - start < 5, "a server that is not there is known at once"
        one_clear_line(refused.stderr)
        refused = run("add", tmp_path / "memo.wav", **(client_settings | change))
        assert refused.returncode == 1
        for line in refused.stderr.splitlines():  # one for the file, one for the whole
            one_clear_line(line)


def test_without_a_token_the_commands_say_where_to_get_one(run, server):
    refused = run("list", VOICENOTE_CLIENT_SERVER=server.url)
    assert refused.returncode == 1
    assert "VOICENOTE_CLIENT_TOKEN" in one_clear_line(refused.stderr)


# Accounts


def test_accounts_are_made_at_the_terminal_even_where_registration_is_closed(run, start_server, email):
    server = start_server(VOICENOTE_ACCOUNTS_REGISTRATION="closed")
    folder = {"VOICENOTE_DATA_FOLDER": str(server.data), "VOICENOTE_ACCOUNTS_REGISTRATION": "closed"}
    for address, role in ((email, "owner"), (f"second-{email}", "member")):
        options = ["--email", address, "--name", "Ada Lovelace"]
        made = run("account", "create", *options, typed=PASSWORD + "\n", **folder)
        assert made.returncode == 0, made.stderr
        assert address in made.stdout and role in made.stdout
    with Api(server.url) as visitor:
        session = fetched(visitor.login(email))
        assert session["account"]["role"] == "owner"
        assert email in run("account", "list", **folder).stdout
        new = "another long passphrase"
        reset = run("account", "reset-password", "--email", email, typed=new + "\n", **folder)
        assert reset.returncode == 0, reset.stderr
        problem(visitor.login(email), 401, "invalid_credentials")
        fetched(visitor.login(email, new))
        assert visitor.refresh(session["refreshToken"]).status_code == 401


@pytest.mark.parametrize("typed", ["", "short\n"])
def test_an_account_without_a_proper_password_is_refused(run, typed):
    refused = run("account", "create", "--email", "ada@example.org", "--name", "Ada", typed=typed)
    assert refused.returncode == 1
    assert "assword" in one_clear_line(refused.stderr.splitlines()[-1])


def test_a_large_file_is_streamed_and_not_held_in_memory(run, owner, client_settings, tmp_path):
    big = tmp_path / "big.wav"
    big.write_bytes(unique_wav(3600))
    assert os.path.getsize(big) > 57_000_000
    run_and_measure = ["/usr/bin/env", "python3", "-c", MEASURE, str(binary()), "add", str(big)]
    measured = subprocess.run(
        run_and_measure, env=clean_environment(**client_settings), capture_output=True, text=True, timeout=120
    )
    assert measured.returncode == 0, measured.stderr
    assert int(measured.stdout.splitlines()[-1]) < 120_000, "peak memory in KiB"


MEASURE = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
sys.stdout.flush()
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, flush=True)
sys.exit(status)
"""
