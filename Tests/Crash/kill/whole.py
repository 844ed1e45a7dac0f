"""Recordings that come in one request, as raw audio or as a form, and notes that are deleted."""

from support.uploads import digest

from .ledger import Violation
from .wire import HungUp, Lost, broken

AUDIO = {"Content-Type": "audio/wav"}


async def whole(person):
    """Sent until it is acknowledged, or until the person gives up. Each try may make a note."""
    recording = person.intend("whole")
    as_form = person.chance.random() < 0.3
    for _ in range(person.chance.choice([1, 2, 6])):
        try:
            if person.chance.random() < 0.05:
                return await hang_up(person, recording)
            response = await (send_form if as_form else send_raw)(person, recording)
        except Lost:
            recording.lost += 1
            continue
        answer = response.json()
        person.ledger.receive(recording, answer["note"]["id"], answer["receipt"])
        person.ledger.bytes_acknowledged += recording.size
        return


async def send_raw(person, recording):
    headers = AUDIO | ({"Repr-Digest": digest(recording.content)} if person.chance.random() < 0.5 else {})
    parameters = {"title": recording.title, "fileName": "memo.wav"}
    return await person.ask("POST", "/notes", 201, headers=headers, params=parameters, content=recording.content)


async def send_form(person, recording):
    files = {"file": ("memo.wav", recording.content, "audio/wav")}
    return await person.ask("POST", "/notes", 201, files=files, data={"title": recording.title})


async def hang_up(person, recording):
    """Half of it is no recording."""
    headers = AUDIO | {"Content-Length": str(recording.size)}
    body = broken(recording.content, recording.size // 2)
    try:
        await person.ask("POST", "/notes", headers=headers, params={"title": recording.title}, content=body)
    except HungUp:
        return


async def delete(person):
    """For good, by way of the trash. A request whose answer was lost may have done it."""
    kept = [note for note in person.ledger.notes.values() if note.state == "kept"]
    if len(kept) < 10:
        return
    note = person.chance.choice(kept)
    note.state = "deleting"
    may_be_gone = False
    while note.state == "deleting":
        try:
            response = await person.ask("DELETE", f"/notes/{note.id}", 204, 404)
            if response.status_code == 204:
                may_be_gone = True
                response = await person.ask("DELETE", f"/notes/{note.id}?permanent=true", 204)
            elif not may_be_gone:
                raise Violation(f"note {note.id} ({note.recording.title}) is lost: {response.text[:200]}")
            note.state = "deleted"
        except Lost:
            person.ledger.resumes += 1
