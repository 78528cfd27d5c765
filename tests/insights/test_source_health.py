"""A source's state in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from listener.insights.health import Health, Yield, health_of
from listener.pages.notices import detail_of, facts_gone
from listener.pages.trouble import CAPTCHA
from listener.types import HostState, Outcome, SourceState, Validators

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
URL = "https://example.com/feed"
LONG_AGO = NOW - timedelta(days=90)
WORKS = SourceState(
    source="blog",
    due_at=NOW + timedelta(minutes=30),
    last_poll_at=NOW,
    last_success_at=NOW,
    last_item_at=NOW - timedelta(hours=3),
    outcome=Outcome.OK,
)


def failing(outcome: Outcome, detail: str = "", *, failures: int = 1) -> SourceState:
    since = NOW - timedelta(hours=2)
    return replace(WORKS, outcome=outcome, detail=detail, failures=failures, failing_since=since)


def health(
    state: SourceState, brought: Yield | None = None, *, host: HostState | None = None, added_at: datetime = LONG_AGO
) -> Health:
    return health_of(state, brought or Yield(items=28, matched=7), url=URL, added_at=added_at, host=host, now=NOW)


def test_a_source_that_works_says_so_and_how_much_it_brings() -> None:
    found = health(WORKS)
    assert (found.answers, found.failing, found.notes) == ("ok", False, ())
    assert (found.items_a_day, found.matched_a_day) == (2.0, 0.5)


def test_what_a_source_brings_a_day_counts_from_its_first_day() -> None:
    assert health(WORKS, added_at=NOW - timedelta(days=7)).items_a_day == 4.0
    assert health(WORKS, added_at=NOW - timedelta(hours=1)).items_a_day == 28.0


def test_a_source_never_asked_has_no_figures() -> None:
    found = health(SourceState(source="new", due_at=NOW), added_at=NOW)
    assert (found.answers, found.items_a_day) == ("not polled yet", None)


def test_a_host_that_wants_to_be_left_alone_is_told_with_the_time() -> None:
    host = HostState(host="example.com:443", not_before=NOW + timedelta(hours=2, minutes=5))
    assert health(failing(Outcome.RATE_LIMITED), host=host).answers == "429 until 14:05"
    assert health(failing(Outcome.RATE_LIMITED)).answers == "429 until 12:30"


def test_times_are_told_in_the_zone_of_the_reader() -> None:
    host = HostState(host="example.com:443", not_before=NOW + timedelta(hours=2, minutes=5))
    local = NOW.astimezone(ZoneInfo("Europe/Berlin"))
    found = health_of(failing(Outcome.RATE_LIMITED), Yield(), url=URL, added_at=LONG_AGO, host=host, now=local)
    assert found.answers == "429 until 15:05"


def test_a_wait_of_days_is_told_with_its_day() -> None:
    host = HostState(host="example.com:443", not_before=NOW + timedelta(days=2))
    assert health(failing(Outcome.RATE_LIMITED), host=host).answers == "429 until 2026-11-24 12:00"


@pytest.mark.parametrize(
    ("outcome", "detail", "words"),
    [
        (Outcome.ROBOTS, "", "blocked by robots.txt"),
        (Outcome.SERVER_ERROR, "example.com answers 503 Service Unavailable.", "503 server error"),
        (Outcome.FORBIDDEN, "example.com answers 403 Forbidden.", "403 forbidden"),
        (Outcome.FORBIDDEN, "example.com answers 451 Unavailable For Legal Reasons.", "451 forbidden"),
        (Outcome.PARSE, "an HTML page titled 'Log in to Forum' instead of a feed", "login page"),
        (Outcome.BLOCKED, "sign-in", "login page"),
        (Outcome.BLOCKED, detail_of(CAPTCHA), "captcha"),
        (Outcome.BLOCKED, facts_gone("prices"), "no plans or questions any more"),
        (Outcome.BLOCKED, "", "captcha or error page"),
        (Outcome.PARSE, "an HTML page titled 'Home' instead of a feed", "unexpected content"),
        (Outcome.DNS, "", "no such host"),
    ],
)
def test_a_failure_is_told_in_words(outcome: Outcome, detail: str, words: str) -> None:
    found = health(failing(outcome, detail))
    assert (found.answers, found.failing) == (words, True)


def test_a_lasting_failure_is_told_with_its_beginning() -> None:
    assert health(failing(Outcome.TIMEOUT, failures=5)).answers == "timeout since 10:00"


def test_every_outcome_has_words_of_its_own() -> None:
    told = {outcome: health(failing(outcome)).answers for outcome in Outcome if outcome is not Outcome.DEFERRED}
    assert len(set(told.values())) == len(told)


def test_a_source_that_is_gone_is_not_asked_again() -> None:
    gone = replace(failing(Outcome.GONE), stopped=True)
    assert health(gone).answers == "410 gone, stopped"


def test_a_source_that_fell_silent_is_pointed_out_by_its_own_measure() -> None:
    silent = replace(WORKS, last_item_at=NOW - timedelta(days=12, hours=3))
    found = health(silent, Yield())
    assert found.answers == "no items for 12 days"
    assert "has no new items" in found.notes[0][0]
    monthly = replace(silent, rhythm=timedelta(days=10))
    assert health(monthly, Yield()).answers == "ok"


def test_a_page_needs_no_items() -> None:
    assert health(replace(WORKS, last_item_at=None), Yield(page=True)).answers == "ok"
    assert health(replace(WORKS, last_item_at=None), Yield()).answers == "no items yet"


def test_where_a_source_has_moved_is_told_with_the_line_to_write() -> None:
    moved = replace(WORKS, validators={URL: Validators(moved_to="https://example.org/atom.xml")})
    found = health(moved)
    assert found.moved_to == "https://example.org/atom.xml"
    assert found.notes[0][0] == "moved to https://example.org/atom.xml"
    assert 'url = "https://example.org/atom.xml"' in found.notes[0][1]


def test_a_source_that_moved_to_a_login_page_is_told_so() -> None:
    moved = replace(WORKS, validators={URL: Validators(moved_to="https://example.org/sign_in?next=feed")})
    assert health(moved).notes[0][0] == "moved to a page to log in at"


def test_an_answer_that_was_not_read_to_its_end_is_pointed_out_with_what_to_do() -> None:
    found = health(replace(WORKS, detail="There is more news than fits into 3 pages: raise `pages`."))
    assert (found.answers, found.failing) == ("ok", False)
    assert found.notes == (
        ("its last response was not read completely", "There is more news than fits into 3 pages: raise `pages`."),
    )


def test_a_source_of_which_nothing_ever_matches_is_pointed_out() -> None:
    assert "none matched a brand" in health(WORKS, Yield(items=300)).notes[0][0]
    assert not health(WORKS, Yield(items=300, matched=1)).notes
    assert not health(WORKS, Yield(items=20)).notes


def test_a_source_that_repeats_old_items_is_pointed_out() -> None:
    found = health(WORKS, Yield(items=100, matched=9, old_polls=6, old_items=60))
    assert found.notes[0][0] == "60 items appeared as new but are older than 30 days"
    assert not health(WORKS, Yield(items=100, matched=9, old_polls=1, old_items=60)).notes


def test_a_source_whose_items_take_new_identities_is_pointed_out() -> None:
    assert "repeat a title" in health(WORKS, Yield(items=100, matched=9, repeated=80)).notes[0][0]
    assert not health(WORKS, Yield(items=100, matched=9, repeated=20)).notes
