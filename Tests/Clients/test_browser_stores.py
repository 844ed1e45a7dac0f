"""The page before stores that are real: a bucket and a disk, which are held back, vanish and come back."""

from support.api import PASSWORD
from support.looks import card_of, row_of
from support.page import expect
from support.places import Bucket, place_of
from support.recordings import unique_wav
from support.server import eventually
from support.storage import store, store_is, verified

DESK = {"width": 1280, "height": 1000}


def test_what_happens_in_the_stores_is_seen_in_the_page(s3, request, start_with, visit):
    bucket, disk = Bucket(s3), place_of("folder", request)
    server, owner = start_with(bucket, disk)
    window = visit(server, "real-stores", viewport=DESK)
    window.sign_in("owner@example.org", PASSWORD)

    # A recording goes everywhere, and the open note shows it without a reload.
    first = owner.add(unique_wav(1), fields={"title": "Far and wide"})["id"]
    window.open(window.row("Far and wide"))
    for name in ("local", "s3", "disk"):
        expect(row_of(window, name).get_by_test_id("replica-state")).to_contain_text("Verified")
    window.get("replicas").scroll_into_view_if_needed()
    window.picture("replicas")
    verified(owner, first, bucket, disk)

    # Held back by the button, and a recording that waits; then let go.
    window.get("open-storage").click()
    expect(card_of(window, "s3").get_by_test_id("store-state")).to_have_text("Up")
    expect(card_of(window, "s3").get_by_test_id("copies-verified")).not_to_have_text("0")
    card_of(window, "s3").get_by_test_id("store-pause").click()
    expect(card_of(window, "s3").get_by_test_id("store-state")).to_have_text("Paused")
    assert store(owner, bucket)["state"] == "paused"
    second = owner.add(unique_wav(1), fields={"title": "Waits"})["id"]
    verified(owner, second, disk)
    expect(card_of(window, "s3").get_by_test_id("copies-waiting")).not_to_have_text("0")
    window.picture("paused")
    card_of(window, "s3").get_by_test_id("store-resume").click()
    verified(owner, second, bucket, disk)
    expect(card_of(window, "s3").get_by_test_id("copies-waiting")).to_have_text("0")

    # The disk is not there any more, and is again.
    disk.vanish()
    card_of(window, "disk").get_by_test_id("store-check").click()
    expect(card_of(window, "disk").get_by_test_id("store-state")).to_have_text("Vanished")
    expect(card_of(window, "disk").get_by_test_id("store-reason")).to_contain_text("marker")
    expect(window.get("check").filter(has_text="store disk")).to_contain_text("Fail")
    window.picture("vanished")
    third = owner.add(unique_wav(1), fields={"title": "Without a disk"})["id"]
    verified(owner, third, bucket)
    assert disk.reappear() == []
    card_of(window, "disk").get_by_test_id("store-check").click()
    expect(card_of(window, "disk").get_by_test_id("store-state")).to_have_text("Up")
    store_is(owner, disk, "up")
    verified(owner, third, bucket, disk)
    eventually(
        lambda: window.page.wait_for_timeout(200) or card_of(window, "disk").get_by_test_id("copies-waiting")
        .inner_text() == "0", 20, "the page's knowing")
    window.picture("all-well")
