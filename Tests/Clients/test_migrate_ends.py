"""A move to a store that ends on the way: it goes on, or is taken back, and nothing is lost either way."""

import subprocess
import time

import pytest

from support.faults import Answer, Delay
from support.migration import COUNT, STEPS, Move
from support.places import Bucket
from support.s3_requests import concerns, sends
from support.server import eventually
from support.storage import command, manage, succeeded, tells_the_truth, voicenote


@pytest.fixture
def proxy(s3, fault_proxy):
    return fault_proxy(s3.port)


@pytest.fixture
def bucket(s3, proxy):
    return Bucket(s3, through=proxy, transfers=2)


@pytest.fixture
def move(start_with, bucket):
    move = Move(start_with, bucket)
    yield move
    move.close()


@pytest.mark.parametrize("step", STEPS)
def test_it_goes_on_after_a_kill_at_any_step(move, proxy, step):
    proxy.always(Delay(0.2), when=concerns)
    move.begin()
    move.has_begun()
    move.reaches(step)
    move.kill()
    move.plays()
    tells_the_truth(move.owner, move.target)
    proxy.clear()
    move.begin()
    move.end()
    move.has_moved()
    sent = [one for one in proxy.log if sends(one) and one.status == 200]
    assert len(sent) <= COUNT + 2, "but for what was on its way, nothing was sent again"


def test_it_goes_on_by_itself(move, proxy):
    """Nobody need say it again."""
    proxy.always(Delay(0.2), when=concerns)
    move.begin()
    move.has_begun()
    move.kill()
    proxy.clear()
    eventually(lambda: move.state is None, 60, "its end")
    move.has_moved()


def test_it_goes_on_after_kill_upon_kill(move, proxy):
    proxy.always(Delay(0.2), when=concerns)
    for _ in range(6):
        move.begin()
        time.sleep(0.8)
        move.kill()
        tells_the_truth(move.owner, move.target)
    proxy.clear()
    move.begin()
    move.end()
    move.has_moved()


def test_a_target_in_trouble_stops_it_with_a_reason_and_it_goes_on(start_with, bucket, proxy):
    move = Move(start_with, bucket, replication_attempts=1)
    proxy.always(Answer(403, b"<Error><Code>AccessDenied</Code></Error>"), when=sends)
    move.begin()
    eventually(lambda: (move.state or {}).get("error"), 90, "a reason")
    assert move.state["step"] in ("plan", "copy", "verify")
    shown = succeeded(voicenote(move.server, "migrate", "status", owner=move.owner))
    assert "s3" in shown and move.state["error"][:20] in shown
    move.is_as_before()
    proxy.clear()
    manage(move.owner, move.target, "retry")
    move.end()
    move.has_moved()


# Taking it back


@pytest.mark.parametrize("step", STEPS)
def test_it_is_taken_back_at_any_step(move, proxy, step):
    proxy.always(Delay(0.2), when=concerns)
    move.begin()
    move.has_begun()
    move.reaches(step)
    move.is_taken_back()


def test_it_is_taken_back_after_its_end(move):
    """Everything is only there, and comes back."""
    move.begin()
    move.end()
    move.has_moved()
    move.is_taken_back()
    assert set(move.data) <= move.target.kept(), "what is there is one more copy"


@pytest.mark.parametrize("step", ["copy", "reclaim"])
def test_it_is_taken_back_after_a_kill(move, proxy, step):
    proxy.always(Delay(0.2), when=concerns)
    move.begin()
    move.has_begun()
    move.reaches(step)
    move.kill()
    proxy.clear()
    move.is_taken_back()


def test_taking_back_may_be_killed_and_is_done_again(move, proxy):
    move.begin()
    move.end()
    proxy.always(Delay(0.3), when=concerns)
    for _ in range(3):
        move.begin("migrate", "rollback")
        time.sleep(0.5)
        move.kill()
        move.plays()
    proxy.clear()
    move.is_taken_back()


def test_taking_back_waits_for_a_store_that_is_away(move, proxy):
    move.begin()
    move.end()
    move.has_moved()
    # What was set aside is as good as the store; here it is gone.
    for aside in (move.server.data / "quarantine").iterdir():
        aside.unlink()
    proxy.down()
    move.begin("migrate", "rollback")
    eventually(lambda: (move.state or {}).get("error"), 60, "a reason")
    proxy.up()
    manage(move.owner, move.target, "retry")
    move.end()
    move.is_as_before()


def test_it_can_be_begun_again_after_it_was_taken_back(move):
    for _ in range(2):
        move.begin()
        move.end()
        move.has_moved()
        move.is_taken_back()


def test_two_who_take_it_back_do_not_harm_each_other(move, proxy):
    move.begin()
    move.end()
    proxy.always(Delay(0.2), when=concerns)
    both = [
        subprocess.Popen(
            **command(move.server, "migrate", "rollback", owner=move.owner),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]  # fmt: skip
    for one in both:
        assert one.wait(120) == 0
    proxy.clear()
    eventually(lambda: move.state is None, 60, "its end")
    move.is_as_before()
