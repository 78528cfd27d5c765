"""When a source is asked next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from listener.schedule import JITTER, Bounds, Polled, after_poll, jitter, rhythm_of
from listener.types import Item, Outcome, Source, SourceState, Validators

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
BOUNDS = Bounds()
SOURCE = Source(name="blog", scraper="feed", url="https://example.com/feed")
STATE = SourceState(source="blog", due_at=NOW)
WORKED = Polled(outcome=Outcome.OK, validators={})
FAILED = Polled(outcome=Outcome.TIMEOUT, validators={})


def wait(polled: Polled, source: Source = SOURCE, state: SourceState = STATE) -> timedelta:
    return after_poll(state, source, polled, NOW, BOUNDS).due_at - NOW


def about(found: timedelta, wanted: timedelta) -> bool:
    return abs(found - wanted) <= wanted * JITTER


def test_a_source_that_says_nothing_is_asked_at_the_usual_interval() -> None:
    assert about(wait(WORKED), BOUNDS.every)


def test_a_source_with_an_interval_of_its_own_keeps_to_it() -> None:
    source = replace(SOURCE, every=timedelta(minutes=5))
    assert about(wait(replace(WORKED, rhythm=timedelta(days=9), ttl=timedelta(hours=3)), source), timedelta(minutes=5))


def test_a_source_that_publishes_daily_is_asked_twice_a_day() -> None:
    assert about(wait(replace(WORKED, rhythm=timedelta(days=1))), timedelta(hours=12))


def test_a_source_that_publishes_by_the_second_is_asked_no_more_often_than_the_bound() -> None:
    assert about(wait(replace(WORKED, rhythm=timedelta(seconds=1))), BOUNDS.min_every)


def test_a_source_is_left_alone_while_it_calls_its_answer_fresh() -> None:
    assert about(wait(replace(WORKED, fresh_for=timedelta(hours=2))), timedelta(hours=2))
    assert about(wait(replace(WORKED, fresh_for=timedelta(days=365))), BOUNDS.max_every)


def test_failures_double_the_wait_up_to_the_bound() -> None:
    waits = [wait(FAILED, state=replace(STATE, failures=n)) for n in range(12)]
    assert about(waits[0], timedelta(minutes=2))
    assert about(waits[3], timedelta(minutes=16))
    assert about(waits[11], BOUNDS.max_every)


def test_a_page_that_is_missing_is_not_asked_again_within_minutes() -> None:
    assert about(wait(replace(FAILED, outcome=Outcome.NOT_FOUND)), BOUNDS.every)


@given(
    st.sampled_from(list(Outcome)),
    st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30)),
    st.integers(0, 40),
)
def test_a_server_that_names_a_time_is_never_asked_earlier(
    outcome: Outcome, retry_after: timedelta, failures: int
) -> None:
    polled = Polled(outcome=outcome, validators={}, retry_after=retry_after)
    assert wait(polled, state=replace(STATE, failures=failures)) >= retry_after


def test_a_failure_is_remembered_from_its_beginning_and_forgotten_with_success() -> None:
    first = after_poll(STATE, SOURCE, FAILED, NOW, BOUNDS)
    second = after_poll(first, SOURCE, FAILED, NOW + timedelta(hours=1), BOUNDS)
    assert (second.failures, second.failing_since) == (2, NOW)
    assert second.last_success_at is None
    well = after_poll(second, SOURCE, WORKED, NOW + timedelta(hours=2), BOUNDS)
    assert (well.failures, well.failing_since) == (0, None)
    assert well.last_success_at == NOW + timedelta(hours=2)


def test_gone_stops_a_source() -> None:
    assert after_poll(STATE, SOURCE, replace(FAILED, outcome=Outcome.GONE), NOW, BOUNDS).stopped


def test_a_poll_that_was_put_off_changes_nothing_but_its_moment() -> None:
    state = replace(STATE, failures=3, failing_since=NOW, outcome=Outcome.TIMEOUT)
    polled = Polled(outcome=Outcome.DEFERRED, validators={}, retry_after=timedelta(seconds=7))
    assert after_poll(state, SOURCE, polled, NOW, BOUNDS) == replace(state, due_at=NOW + timedelta(seconds=7))


def test_validators_and_cursor_are_kept_for_the_next_poll() -> None:
    validators = {SOURCE.url: Validators(etag='"1"')}
    after = after_poll(STATE, SOURCE, replace(WORKED, validators=validators, scraper_state={"page": 2}), NOW, BOUNDS)
    assert after.validators == validators
    assert after.scraper_state == {"page": 2}
    assert after_poll(after, SOURCE, WORKED, NOW, BOUNDS).scraper_state == {"page": 2}


def test_sources_that_fail_together_do_not_come_back_together() -> None:
    sources = [replace(SOURCE, name=f"feed-{n}") for n in range(200)]
    assert len({wait(FAILED, source) for source in sources}) > 190


@given(st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=30)), st.text())
def test_jitter_stays_within_its_share(interval: timedelta, key: str) -> None:
    assert abs(jitter(interval, key) - interval) <= interval * JITTER + timedelta(microseconds=1)


def test_rhythm_counts_the_silence_since_the_newest_item() -> None:
    dates = [NOW - timedelta(days=day) for day in (30, 29, 28)]
    items = [Item(title="x", published=date) for date in dates]
    assert rhythm_of(items, NOW) == timedelta(days=10)


def test_rhythm_is_unknown_without_enough_dates() -> None:
    dated = Item(title="x", published=NOW - timedelta(days=1))
    ahead = Item(title="x", published=NOW + timedelta(days=1))
    assert rhythm_of([dated, dated, ahead, Item(title="x")], NOW) is None


@given(st.integers(1, 12), st.lists(st.text(min_size=1, max_size=12), min_size=2, max_size=20, unique=True))
def test_sources_that_fail_together_never_come_back_together(failures: int, names: list[str]) -> None:
    moments = {
        after_poll(
            replace(STATE, source=name, failures=failures - 1), replace(SOURCE, name=name), FAILED, NOW, BOUNDS
        ).due_at
        for name in names
    }
    assert len(moments) == len(names)
