"""The trace that the shim writes: a list of what happened, in order."""

import struct
from dataclasses import dataclass
from enum import IntEnum

HEAD = struct.Struct("<BcHIIIIIq")  # `struct record` of shim/powercut.h


class Kind(IntEnum):
    CREATE = 1
    WRITE = 2
    TRUNCATE = 3
    LINK = 4
    UNLINK = 5
    RENAME = 6
    FOLDER = 7
    SYNC_BEGIN = 8
    SYNC_END = 9
    ALL_BEGIN = 10
    ALL_END = 11
    REPLY = 12


@dataclass(slots=True)
class Event:
    """`node` is what it happened to, `parent` the folder of its name, `number` ties the end of a sync to its begin."""

    kind: Kind
    room: str
    node: int
    parent: int
    other: int
    number: int
    offset: int
    name: str
    data: bytes


def read(path):
    """The events of a trace. The last one may be cut short when the server was killed."""
    content = path.read_bytes()
    events, position = [], 0
    while position + HEAD.size <= len(content):
        kind, room, name_size, data_size, node, parent, other, number, offset = HEAD.unpack_from(content, position)
        name_end = position + HEAD.size + name_size
        position = name_end + data_size
        if position > len(content):
            break
        name = content[name_end - name_size : name_end].decode()
        room = room.decode().strip("\0")
        data = content[name_end:position]
        events.append(Event(Kind(kind), room, node, parent, other, number, offset, name, data))
    return events


def replies(events):
    """Request id to the position of the event that began the answer."""
    found = {}
    for position, event in enumerate(events):
        if event.kind is Kind.REPLY:
            for line in event.data.split(b"\r\n\r\n", 1)[0].split(b"\r\n"):
                name, _, value = line.partition(b":")
                if name.lower() == b"x-request-id":
                    found.setdefault(value.strip().decode(), position)
    return found
