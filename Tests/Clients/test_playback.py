"""Playing and downloading: names, caching, and URLs that work without signing in."""

import re
import time
from datetime import datetime
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

import httpx
import pytest

from support.api import TIME, account, created, done, fetched, problem
from support.recordings import unique_wav


def file_name(response):
    """(kind, name) of a Content-Disposition, as a browser reads it: RFC 6266 prefers filename*."""
    header = response.headers["content-disposition"]
    kind, *parameters = re.findall(r'(?:"(?:\\.|[^"\\])*"|[^;"])+', header)
    values = dict(parameter.strip().split("=", 1) for parameter in parameters)
    if "filename*" in values:
        charset, _, name = values["filename*"].split("'", 2)
        assert charset.upper() == "UTF-8"
        return kind, unquote(name)
    return kind, re.sub(r"\\(.)", r"\1", values["filename"].strip('"'))


def test_audio_may_be_kept_for_thirty_days(owner, spoken):
    for rendition in ("source", "listen"):
        policy = owner.audio(spoken["id"], rendition=rendition).headers["cache-control"]
        assert {"private", "max-age=2592000", "immutable"} <= {part.strip() for part in policy.split(",")}


def test_the_etag_is_the_sha_256(owner, spoken):
    response = owner.audio(spoken["id"], rendition="source")
    assert response.headers["etag"] == f'"{spoken["recording"]["sha256"]}"'
    assert response.content == spoken["sent"]
    assert response.headers["content-type"] == "audio/wav"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_a_download_has_the_name_that_the_file_had(owner, spoken):
    response = owner.audio(spoken["id"], rendition="source", download="1")
    assert file_name(response) == ("attachment", "Grüße aus Köln.wav")
    response.headers["content-disposition"].encode("ascii")
    listen = owner.audio(spoken["id"], rendition="listen", download="1")
    kind, name = file_name(listen)
    assert kind == "attachment" and name.startswith("Grüße aus Köln.") and name.endswith((".ogg", ".opus"))


def test_without_a_wish_to_download_it_plays(owner, spoken):
    assert not owner.audio(spoken["id"]).headers.get("content-disposition", "").startswith("attachment")


@pytest.mark.parametrize("name", ['a"b\\c.wav', "a;b=c.wav", "percent%41.wav", "会議.wav", "naïve 🎙️.wav"])
def test_a_strange_name_survives_the_header(owner, name):
    note = created(owner.upload_raw(unique_wav(), fileName=name))["note"]
    response = owner.audio(note["id"], rendition="source", download="1")
    kind, got = file_name(response)
    assert (kind, got) == ("attachment", note["recording"]["fileName"])


def test_a_name_that_reads_backwards_is_not_handed_on(owner):
    """U+202E turns `exe.wav` around where names are shown, and so hides what a file is."""
    note = created(owner.upload_raw(unique_wav(), fileName="memo\u202evaw.exe"))["note"]
    assert "\u202e" not in file_name(owner.audio(note["id"], rendition="source", download="1"))[1]


@pytest.mark.parametrize("rendition", ["", "waveform", "mp3", "../source"])
def test_a_rendition_that_is_none_is_refused(owner, spoken, rendition):
    response = owner.audio(spoken["id"], rendition=rendition)
    assert response.status_code in (404, 422), response.text


# Signed URLs


def sign(owner, note, **body):
    answer = created(owner.post(f"/notes/{note['id']}/url", json=body))
    assert TIME.fullmatch(answer["expiresAt"])
    assert answer["url"].startswith(f"/api/v1/notes/{note['id']}/audio?")
    return answer["url"]


@pytest.fixture
def play(server):
    """Fetches a path as a player does: without any token."""
    with httpx.Client(base_url=server.url) as client:
        yield lambda path, **headers: client.get(path, headers=headers)


def test_a_signed_url_plays_without_a_token(owner, spoken, play):
    url = sign(owner, spoken, rendition="source")
    whole = play(url)
    assert whole.status_code == 200 and whole.content == spoken["sent"]
    part = play(url, Range="bytes=0-1")
    assert part.status_code == 206 and part.content == spoken["sent"][:2]
    assert httpx.head(str(whole.url)).status_code == 200
    assert play(sign(owner, spoken, rendition="listen")).headers["content-type"] == "audio/ogg"
    assert play(sign(owner, spoken)).headers["content-type"] == "audio/ogg"


def test_a_signed_url_may_be_for_download(owner, spoken, play):
    response = play(sign(owner, spoken, rendition="source", download=True))
    assert file_name(response) == ("attachment", "Grüße aus Köln.wav")


def test_a_signed_url_lives_for_an_hour_unless_told(owner, spoken):
    before = time.time()
    answer = created(owner.post(f"/notes/{spoken['id']}/url", json={}))
    expires = datetime.fromisoformat(answer["expiresAt"].replace("Z", "+00:00")).timestamp()
    assert -1 <= expires - before - 3600 < 5


def test_a_signed_url_expires(owner, spoken, play):
    url = sign(owner, spoken, expiresInSeconds=2)
    assert play(url).status_code == 200
    time.sleep(3.1)
    problem(play(url), 403, "url_expired")


@pytest.mark.parametrize("seconds", [0, -1, 604_801, 10**30, "soon", 1.5])
def test_a_life_without_sense_is_refused(owner, spoken, seconds):
    response = owner.post(f"/notes/{spoken['id']}/url", json={"expiresInSeconds": seconds})
    assert response.status_code in (400, 422), response.text
    assert response.headers["content-type"].startswith("application/problem+json")


def alterations(url, other_id):
    """Every small change of a signed URL: each parameter missing, changed, or said twice; another note."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    for name in query:
        rest = {key: value for key, value in query.items() if key != name}
        if rest and name != "rendition":
            yield f"without {name}", f"{parts.path}?{urlencode(rest)}"
        for changed in {flip(query[name]), query[name] + "0", ""}:
            yield f"{name}={changed!r}", f"{parts.path}?{urlencode(query | {name: changed})}"
    yield "another note", url.replace(parts.path.split("/")[4], other_id)
    yield "another rendition", f"{parts.path}?{urlencode(query | {'rendition': 'source'})}"
    yield "a download", f"{url}&download=1"


def flip(text):
    """The text with its middle character changed."""
    middle = len(text) // 2
    return text[:middle] + ("A" if text[middle : middle + 1] != "A" else "B") + text[middle + 1 :]


def test_an_altered_url_plays_nothing(owner, spoken, play):
    other = owner.add(unique_wav())
    url = sign(owner, spoken, rendition="listen")
    for what, altered in alterations(url, other["id"]):
        assert altered != url
        response = play(altered)
        assert response.status_code in (401, 403, 422), f"{what}: {response.status_code} for {altered}"
        assert response.headers["content-type"].startswith("application/problem+json")
        if what.startswith(("another", "a download")):
            problem(response, 403, "url_invalid")
    assert play(url).status_code == 200


def test_a_changed_signature_says_that_it_is_invalid(owner, spoken, play):
    url = sign(owner, spoken)
    head, signature = url.rsplit("signature=", 1)
    base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    neighbour = base64url[base64url.index(signature[-1]) ^ 1]  # differs in a bit that base64 does not use here
    for altered in (flip(signature), signature[:-1], signature + "A", signature[:-1] + neighbour, signature + "="):
        problem(play(f"{head}signature={altered}"), 403, "url_invalid")


def test_a_signed_url_opens_its_audio_and_nothing_else(owner, spoken, play):
    query = urlsplit(sign(owner, spoken)).query
    for path in ("", "/waveform", "/silence"):
        assert play(f"/api/v1/notes/{spoken['id']}{path}?{query}").status_code == 401
    assert play(f"/api/v1/notes?{query}").status_code == 401


def test_urls_can_be_called_back_and_new_ones_work(owner, spoken, play):
    urls = [sign(owner, spoken), sign(owner, spoken, rendition="source")]
    done(owner.delete(f"/notes/{spoken['id']}/url"))
    for url in urls:
        problem(play(url), 403, "url_revoked")
    time.sleep(0.01)
    assert play(sign(owner, spoken)).status_code == 200


def test_a_signed_url_of_a_deleted_note_plays_nothing(owner, play):
    note = owner.add(unique_wav())
    url = sign(owner, note)
    done(owner.delete(f"/notes/{note['id']}"))
    done(owner.delete(f"/notes/{note['id']}", params={"permanent": "true"}))
    assert play(url).status_code in (403, 404)


def test_a_url_survives_a_restart(start_server, email):
    server = start_server()
    with account(server, email) as client:
        data = unique_wav()
        note = client.add(data)
        url = server.url + sign(client, note, rendition="source")
        server.stop()
        server.start()
        assert httpx.get(url).content == data
        assert fetched(client.get(f"/notes/{note['id']}"))["id"] == note["id"]


def test_a_name_with_a_quote_cannot_break_out_of_a_url(owner, spoken, play):
    response = play(f"/api/v1/notes/{quote(chr(39))}/audio")
    assert response.status_code in (401, 404)
