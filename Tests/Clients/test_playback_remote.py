"""A recording whose local copy is gone still plays: players are sent to a store's signed address."""

import re
import subprocess
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import pytest

from support.api import account, created, fetched, problem
from support.cloudinary import Account, Cloudinary
from support.faults import Answer
from support.places import Bucket, Cloud, Disk
from support.recordings import unique_wav
from support.s3_requests import is_read
from support.storage import manage, plays, reclaimed, replica, replicas, store_is, verified

FAR_AWAY = {"reclaim_localHours": 0, "reclaim_quarantineHours": 0}


@pytest.fixture
def proxy(s3, fault_proxy):
    return fault_proxy(s3.port)


@pytest.fixture
def bucket(s3, proxy):
    return Bucket(s3, through=proxy)


def sent_away(server, owner, *places, data=None, **options):
    """A note whose recording is in these places and not here; and its bytes."""
    data = data or unique_wav(5)
    note = verified(owner, owner.add(data, **options)["id"], *places)
    reclaimed(server, owner, note["recording"]["sha256"])
    assert replica(owner.note(note["id"]), "local")["state"] != "verified"
    return note, data


def location(owner, note, **options):
    answer = owner.audio(note["id"], **options)
    assert answer.status_code == 302, f"{answer.status_code} {answer.text[:300]}"
    return answer.headers["location"]


def curl(url, *arguments):
    """Status and body."""
    command = ["curl", "-sS", "-w", "\n%{http_code}", *arguments, url]
    body, _, status = subprocess.run(command, capture_output=True, timeout=30, check=True).stdout.rpartition(b"\n")
    return int(status), body


def query(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@pytest.mark.parametrize("engine_name", ["s3", "ceph"])
def test_a_player_is_sent_to_the_store(request, start_with, engine_name):
    bucket = Bucket(request.getfixturevalue(engine_name), prefix="a b/")
    server, owner = start_with(bucket, **FAR_AWAY)
    note, data = sent_away(server, owner, bucket)
    url = location(owner, note)
    assert curl(url) == (200, data)
    assert curl(url, "-r", "100-299") == (206, data[100:300])
    assert curl(url, "-r", "-50") == (206, data[-50:])
    answer = httpx.get(url)
    assert answer.headers["content-type"] == "audio/wav"
    altered = re.sub("Signature=..", "Signature=00", url)
    assert curl(altered)[0] == 403, "it is the signature that opens"
    assert server.blobs().get(note["recording"]["sha256"]) is None, "nothing is fetched for it"


def test_the_answer_may_be_kept_for_as_long_as_the_address_lives(bucket, start_with):
    server, owner = start_with(bucket, **FAR_AWAY)
    note, _ = sent_away(server, owner, bucket)
    answer = owner.audio(note["id"])
    policy = {part.strip() for part in answer.headers["cache-control"].split(",")}
    assert "private" in policy
    [age] = [int(part.removeprefix("max-age=")) for part in policy if part.startswith("max-age=")]
    said = query(answer.headers["location"])
    begun = datetime.strptime(said["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    left = begun + timedelta(seconds=int(said["X-Amz-Expires"])) - datetime.now(UTC)
    assert 0 < age <= left.total_seconds() + 1


def test_the_address_is_the_same_for_a_while_so_that_caches_hit(bucket, start_with):
    server, owner = start_with(bucket, **FAR_AWAY)
    note, _ = sent_away(server, owner, bucket)
    first = location(owner, note)
    time.sleep(2.1)
    answers = {location(owner, note) for _ in range(5)} | {first}
    assert len(answers) <= 2, "a window may have ended meanwhile, but not two"
    server.stop()
    server.start()
    assert len(answers | {location(owner, note)}) <= 2, "it is the same after a restart"


@pytest.mark.timeout(240)
def test_an_address_is_renewed_before_its_end(bucket, start_with):
    server, owner = start_with(bucket, playback_urlSeconds=60, **FAR_AWAY)
    note, data = sent_away(server, owner, bucket)
    seen, end = [], time.monotonic() + 75
    while time.monotonic() < end:
        url = location(owner, note)
        seen += [url] if url not in seen else []
        said = query(url)
        begun = datetime.strptime(said["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        dies = begun + timedelta(seconds=int(said["X-Amz-Expires"]))
        assert (dies - datetime.now(UTC)).total_seconds() >= 10, "whoever gets it can use it"
        assert curl(url, "-r", "0-9") == (206, data[:10])
        time.sleep(3)
    assert 2 <= len(seen) <= 5, "several windows, and not one each time"


def test_the_head_of_it_is_answered_too(bucket, start_with):
    """An address that was signed for GET does not open to HEAD."""
    server, owner = start_with(bucket, **FAR_AWAY)
    note, data = sent_away(server, owner, bucket)
    answer = owner.audio(note["id"], method="HEAD", rendition="source")
    if answer.status_code == 302:
        answer = httpx.head(answer.headers["location"])
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(data)
    assert answer.headers["content-type"] == "audio/wav"


def test_a_download_has_the_name_that_the_file_had(bucket, start_with):
    server, owner = start_with(bucket, **FAR_AWAY)
    note, data = sent_away(server, owner, bucket, file_name="Grüße aus Köln.wav")
    url = location(owner, note, rendition="source", download="1")
    answer = httpx.get(url)
    assert answer.content == data
    disposition = unquote(answer.headers["content-disposition"])
    assert disposition.startswith("attachment") and "filename*=UTF-8''Grüße aus Köln.wav" in disposition


def test_our_own_signed_urls_lead_there_too(bucket, start_with):
    server, owner = start_with(bucket, **FAR_AWAY)
    note, data = sent_away(server, owner, bucket)
    url = server.url + created(owner.post(f"/notes/{note['id']}/url", json={"rendition": "source"}))["url"]
    answer = httpx.get(url)
    assert answer.status_code == 302 and curl(answer.headers["location"]) == (200, data)
    assert httpx.get(url, follow_redirects=True).content == data
    assert owner.delete(f"/notes/{note['id']}/url").status_code == 204
    problem(httpx.get(url), 403, "url_revoked")


def test_the_token_is_not_told_to_the_store(bucket, start_with):
    server, owner = start_with(bucket, **FAR_AWAY)
    note, _ = sent_away(server, owner, bucket)
    token = owner.headers["authorization"].removeprefix("Bearer ")
    assert token not in location(owner, note) and "http" in location(owner, note)


def test_a_listen_copy_plays_from_the_store_as_well(bucket, start_with):
    server, owner = start_with(bucket, audio_listenCopy=True, **FAR_AWAY)
    note = verified(owner, owner.add(unique_wav(3))["id"], bucket, blobs=("source", "listen"))
    listen = next(one["sha256"] for one in note["recording"]["renditions"] if one["kind"] == "listen")
    reclaimed(server, owner, note["recording"]["sha256"], listen)
    for answer in (httpx.get(location(owner, note)), httpx.get(location(owner, note, rendition="listen"))):
        assert answer.content == bucket.read(listen) and answer.headers["content-type"] == "audio/ogg"


def test_nobody_elses_recording_is_opened(bucket, start_with):
    server, owner = start_with(bucket, **FAR_AWAY)
    note, _ = sent_away(server, owner, bucket)
    with account(server, "stranger@example.org") as stranger:
        problem(stranger.audio(note["id"]), 404, "not_found")
    assert httpx.get(f"{server.url}/api/v1/notes/{note['id']}/audio").status_code == 401


def test_the_waveform_and_the_silence_are_still_here(bucket, start_with):
    server, owner = start_with(bucket, **FAR_AWAY)
    note, _ = sent_away(server, owner, bucket)
    for path in ("waveform", "silence"):
        assert owner.get(f"/notes/{note['id']}/{path}").status_code == 200


# Cloudinary


@pytest.mark.parametrize("token_key", [None, "00112233445566778899aabbccddeeff"], ids=["signed", "token"])
def test_cloudinary_plays_by_an_address_that_expires(start_with, token_key):
    with Cloudinary(Account(token_key=token_key)) as service:
        cloud = Cloud(service, **({"authTokenKey": token_key} if token_key else {}))
        server, owner = start_with(cloud, **FAR_AWAY)
        note, data = sent_away(server, owner, cloud)
        url = location(owner, note)
        assert ("__cld_token__=" in url) == bool(token_key)
        assert curl(url) == (200, data)
        assert curl(url, "-r", "100-299") == (206, data[100:300])
        service.pass_time(2 * 3600 + 60)
        assert curl(url)[0] in (401, 403, 404), "it does not live for ever"
        assert service.mistakes == []


def test_what_lies_at_cloudinary_raw_plays_too(cloudinary, start_with):
    cloud = Cloud(cloudinary)
    server, owner = start_with(cloud, **FAR_AWAY)
    data = b"This is no recording, but somebody sent it." * 50
    note = verified(owner, owner.add(data, file_name="strange.mp3")["id"], cloud)
    reclaimed(server, owner, note["recording"]["sha256"])
    plays(owner, note["id"], data)


# When a store is away


def test_another_store_is_taken_when_one_is_down(s3, bucket, proxy, start_with):
    other = Bucket(s3, name="second")
    server, owner = start_with(bucket, other, **FAR_AWAY)
    note, data = sent_away(server, owner, bucket, other)
    proxy.down()
    manage(owner, bucket, "check")
    store_is(owner, bucket, "down")
    url = location(owner, note)
    assert other.bucket in url and bucket.bucket not in url, "no dead address is given out"
    assert curl(url) == (200, data)
    proxy.up()


@pytest.mark.parametrize("state", ["paused", "vanished"])
def test_a_store_that_is_not_well_gives_no_addresses_while_another_is(s3, bucket, start_with, state):
    other = Bucket(s3, name="second")
    server, owner = start_with(bucket, other, **FAR_AWAY)
    note, data = sent_away(server, owner, bucket, other)
    if state == "vanished":
        bucket.vanish()
        manage(owner, bucket, "check")
        assert other.bucket in location(owner, note)
        bucket.reappear()
    else:
        manage(owner, bucket, "pause")
        store_is(owner, bucket, "paused")
    plays(owner, note["id"], data)


@pytest.mark.parametrize("mode", ["redirect", "fetch"])
def test_when_all_are_away_it_is_said_and_nothing_is_lost(bucket, proxy, start_with, mode):
    server, owner = start_with(bucket, playback_remote=mode, **FAR_AWAY)
    note, data = sent_away(server, owner, bucket)
    proxy.down()
    manage(owner, bucket, "check")
    store_is(owner, bucket, "down")
    said = problem(owner.audio(note["id"]), 503, "unavailable")
    assert "s3" in said["detail"] and bucket.engine.secret not in said["detail"]
    assert fetched(owner.get("/notes"))["items"][0]["id"] == note["id"]
    assert {one["state"] for one in replicas(owner.note(note["id"]), bucket)} == {"verified"}
    assert owner.note(note["id"])["state"] == "ready"
    proxy.up()
    manage(owner, bucket, "retry")
    plays(owner, note["id"], data)


def test_a_store_that_may_not_be_shown_to_players_is_fetched_from(s3, proxy, start_with):
    bucket = Bucket(s3, through=proxy, redirect=False)
    server, owner = start_with(bucket, **FAR_AWAY)
    note, data = sent_away(server, owner, bucket)
    answer = owner.audio(note["id"], rendition="source")
    assert answer.status_code == 200 and answer.content == data
    assert len([one for one in proxy.log if is_read(one)]) == 1


def test_a_folder_has_no_addresses_and_plays(start_with, tmp_path):
    disk = Disk(tmp_path / "disk")
    server, owner = start_with(disk, **FAR_AWAY)
    note, data = sent_away(server, owner, disk)
    answer = owner.audio(note["id"], rendition="source")
    assert answer.status_code == 200 and answer.content == data


def test_a_store_that_says_no_is_told_of_as_unavailable(bucket, proxy, start_with):
    server, owner = start_with(bucket, playback_remote="fetch", **FAR_AWAY)
    note, data = sent_away(server, owner, bucket)
    proxy.always(Answer(403, b"<Error><Code>AccessDenied</Code></Error>"))
    problem(owner.audio(note["id"]), 503, "unavailable")
    proxy.clear()
    manage(owner, bucket, "retry")
    plays(owner, note["id"], data)
