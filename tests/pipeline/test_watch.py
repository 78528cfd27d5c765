"""Which state a look at a page shows, and what of it is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from listener.changes.confirm import ConfirmSettings, Verdict
from listener.facts import PageFacts, Plan
from listener.watch import Watched, watch

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
SETTINGS = ConfirmSettings(looks=2, delay=timedelta(minutes=10))


def facts(price: int) -> PageFacts:
    return PageFacts(plans=(Plan(name="Pro", price=Decimal(price), currency="USD", period="month"),))


class Page:
    """A page that is looked at again and again; its bytes are stored where the judgement asks for it."""

    def __init__(self) -> None:
        self.state: Mapping[str, Any] = {}
        self.stored: dict[str, PageFacts] = {}
        self.now = START

    def look(self, price: int | None, nonce: str = "") -> Watched:
        """Look after five minutes; None stands for an answer that nothing has changed."""
        self.now += timedelta(minutes=5)
        seen = None if price is None else facts(price)
        body_hash = None if price is None else f"{price}{nonce}"
        watched = watch(self.state, body_hash, seen, self.stored.get, SETTINGS, self.now)
        self.state = watched.page_state
        if watched.keep and body_hash is not None and seen is not None:
            self.stored[body_hash] = seen
        return watched


def test_the_first_look_is_taken_as_it_is() -> None:
    watched = Page().look(49)
    assert (watched.verdict, watched.changes, watched.keep) == (Verdict.CONFIRMED, (), True)


def test_a_change_is_told_when_a_later_look_confirms_it() -> None:
    page = Page()
    page.look(49)
    waiting = page.look(59)
    assert (waiting.verdict, waiting.changes) == (Verdict.WAIT, ())
    assert waiting.again_at == page.now + timedelta(minutes=10)
    assert page.look(59).verdict is Verdict.WAIT
    confirmed = page.look(59)
    assert [change.kind for change in confirmed.changes] == ["price_raised"]
    assert confirmed.first_seen == START + timedelta(minutes=10)
    assert page.look(59).verdict is Verdict.SAME


def test_an_answer_that_nothing_has_changed_confirms_as_well() -> None:
    page = Page()
    for price in (49, 59, None):
        page.look(price)
    assert [change.kind for change in page.look(None).changes] == ["price_raised"]


def test_other_bytes_with_the_same_facts_are_the_same_page_and_not_kept() -> None:
    page = Page()
    page.look(49, "a")
    looks = [page.look(49, nonce) for nonce in "bcdef"]
    assert {watched.verdict for watched in looks} == {Verdict.SAME}
    assert not any(watched.keep for watched in looks)
    assert list(page.stored) == ["49a"]


def test_noise_in_a_change_that_waits_does_not_keep_it_waiting() -> None:
    page = Page()
    page.look(49)
    verdicts = [page.look(59, nonce).verdict for nonce in "abc"]
    assert verdicts == [Verdict.WAIT, Verdict.WAIT, Verdict.CONFIRMED]


def test_what_was_gone_at_the_second_look_is_never_told() -> None:
    page = Page()
    looks = [page.look(price) for price in (49, 59, 49, 49)]
    assert [watched.verdict for watched in looks[2:]] == [Verdict.WITHDRAWN, Verdict.SAME]
    assert all(watched.changes == () for watched in looks)


def test_a_page_that_goes_back_and_forth_is_told_once_as_flapping_and_its_changes_not_at_all() -> None:
    page = Page()
    looks = [page.look(price) for price in (49, 59) * 10]
    assert sum(watched.flaps for watched in looks) == 1
    assert all(watched.changes == () for watched in looks)


def test_what_is_remembered_stays_small() -> None:
    page = Page()
    for number in range(500):
        page.look(49 if number % 7 else None)
    assert len(page.state["looks"]) <= 3


def test_a_page_whose_told_version_is_gone_begins_anew() -> None:
    page = Page()
    page.look(49)
    page.stored.clear()
    looks = [page.look(59), page.look(59), page.look(59)]
    assert looks[-1].verdict is Verdict.CONFIRMED
    assert looks[-1].changes == ()
