"""What the one client does."""

import time


def everything(session):
    """Some uploads stay open while other things happen."""
    live = session.begin_draft(60_000, "live")
    first = session.add(30_000, "first")
    session.send_draft(live, 5_000)
    tus = session.begin_tus(150_000, "tus")
    session.send_tus(tus, 50_000)
    session.send_draft(live, 7_001)
    session.rename(first, "renamed")
    session.send_tus(tus, 50_000, algorithm="sha1")
    open_end = session.begin_draft(90_000, "open end", first=20_000, live=False)
    session.send_draft(live, 123)
    session.send_tus(tus, 50_000, title="tus")
    second = session.add(200_000, "second", form=True)
    session.send_draft(live, 0, title="live")
    gone = session.begin_tus(40_000, "deleted", first=10_000)
    session.send_draft(open_end, 30_000)
    session.delete(gone)
    session.move(second, "trash")
    parts = [session.begin_tus(size, "part", concat="partial") for size in (12_000, 8_000)]
    for part in parts:
        session.send_tus(part, 20_000)
    session.move(second, "gone")
    session.join(parts, "joined")
    session.wait(first)
    session.send_draft(open_end, 10_000)
    session.add_together(10, 60_000)
    last = session.begin_tus(400_000, "last", first=100_000)
    session.send_tus(last, 200_000, algorithm="sha256")
    session.add(1_000, "small")
    session.send_tus(last, 100_000, title="last")



def one_by_one(session):
    """Small recordings that come alone go by way of the journal, which is made when the first one comes."""
    session.add(5_000, "before the journal")
    time.sleep(2)
    kept = [session.add(20_000 + 4096 * number, f"alone {number}", form=number % 2 == 1) for number in range(6)]
    session.move(kept[1], "trash")
    session.rename(kept[0], "renamed")
    session.move(kept[1], "gone")
    # More than one of the journal's files holds.
    for number in range(45):
        session.add(250_000 + number, f"large {number}")
    session.wait(kept[0])
    session.add(1_000, "last")
