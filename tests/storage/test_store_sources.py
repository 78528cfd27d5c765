"""What is due and what is remembered of sources and hosts, on each kind of database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from listener.errors import StorageError
from listener.storage import Store
from listener.types import HostState, Outcome, SourceState, Validators
from tests.storage.stored_samples import DAY, HOUR, NOW, source, with_sources


def states(store: Store) -> list[SourceState]:
    """Return the states of the sources that are in the settings, by name."""
    return [one.state for one in store.list_sources() if one.active]


def polled(state: SourceState) -> SourceState:
    return replace(
        state,
        due_at=NOW + HOUR,
        last_poll_at=NOW,
        last_success_at=NOW - HOUR,
        last_item_at=NOW - DAY,
        outcome=Outcome.SERVER_ERROR,
        detail="503 from blog.example \0",
        failures=3,
        failing_since=NOW - HOUR,
        announced=True,
        validators={
            "https://blog.example/feed": Validators(
                etag='W/"\udc80é"', last_modified="yesterday", body_hash="ab", moved_to="https://new.example/"
            )
        },
        scraper_state={"cursor": ["a", 1]},
        rhythm=timedelta(minutes=7, microseconds=1),
    )


def test_a_saved_state_comes_back_as_it_was(store: Store) -> None:
    with_sources(store, "blog")
    state = polled(states(store)[0])
    with store.write() as transaction:
        transaction.save_source(state)
    assert states(store) == [replace(state, detail="503 from blog.example \ufffd")]


def test_new_sources_are_due_spread_over_the_time_given(store: Store) -> None:
    store.sync_sources([source(f"s{number}") for number in range(1000)], NOW, spread=HOUR)
    due = [state.due_at for state in states(store)]
    assert min(due) >= NOW
    assert max(due) < NOW + HOUR
    quarters = [sum(1 for at in due if (at - NOW) // (HOUR / 4) == quarter) for quarter in range(4)]
    assert all(200 <= quarter <= 300 for quarter in quarters)
    assert store.next_due() == min(due)


def test_due_sources_come_longest_overdue_first_and_without_those_excluded(store: Store) -> None:
    with_sources(store, "a", "b", "c", "d")
    with store.write() as transaction:
        for place, state in enumerate(states(store)):
            transaction.save_source(replace(state, due_at=NOW - place * HOUR))
    assert store.due(NOW, 2) == ["d", "c"]
    assert store.due(NOW, 2, exclude={"d", "b"}) == ["c", "a"]
    assert store.due(NOW - 2 * HOUR, 9) == ["d", "c"]


def test_a_stopped_source_is_not_due(store: Store) -> None:
    with_sources(store, "a")
    with store.write() as transaction:
        transaction.save_source(replace(states(store)[0], stopped=True))
    assert store.due(NOW + DAY, 9) == []
    assert store.next_due() is None


def test_a_source_that_left_the_settings_is_not_polled_but_kept(store: Store) -> None:
    with_sources(store, "a", "b")
    with_sources(store, "b")
    assert store.due(NOW + DAY, 9) == ["b"]
    left = store.find_source("a")
    assert left is not None
    assert not left.active
    with_sources(store, "a", "b")
    assert set(store.due(NOW + DAY, 9)) == {"a", "b"}


def test_a_disabled_source_is_not_polled(store: Store) -> None:
    store.sync_sources([source("a", enabled=False)], NOW, spread=HOUR)
    assert store.due(NOW + DAY, 9) == []


@pytest.mark.parametrize("change", [{"url": "https://other.example/feed"}, {"scraper": "page"}])
def test_a_source_that_moved_begins_anew(store: Store, change: dict[str, str]) -> None:
    with_sources(store, "blog", "other")
    with store.write() as transaction:
        transaction.save_source(replace(polled(states(store)[0]), stopped=True))
    store.sync_sources([source("blog", **change), source("other")], NOW + DAY, spread=HOUR)
    found = store.find_source("blog")
    assert found is not None
    due_at = found.state.due_at
    assert found.state == SourceState(source="blog", due_at=due_at)
    assert NOW + DAY <= due_at < NOW + DAY + HOUR


def test_a_source_that_stays_keeps_its_state_and_takes_its_new_weight(store: Store) -> None:
    with_sources(store, "blog")
    state = replace(polled(states(store)[0]), detail="")
    with store.write() as transaction:
        transaction.save_source(state)
    store.sync_sources([source("blog", weight=3.0, category="news", brand="acme")], NOW + DAY, spread=HOUR)
    found = store.find_source("blog")
    assert found is not None
    assert (found.state, found.weight, found.category, found.brand) == (state, 3.0, "news", "acme")


def test_a_source_nobody_knows_is_refused(store: Store) -> None:
    with pytest.raises(StorageError, match="'nobody'"), store.write() as transaction:
        transaction.save_source(SourceState(source="nobody", due_at=NOW))
    with pytest.raises(StorageError, match="'nobody'"), store.write() as transaction:
        transaction.add_coverage("nobody", NOW, ok=True, items=0)


def test_a_host_comes_back_as_it_was_saved_last(store: Store) -> None:
    assert store.get_host("a.example:443") is None
    state = HostState(
        host="a.example:443",
        not_before=NOW + HOUR,
        failures=2,
        outcome=Outcome.RATE_LIMITED,
        robots="User-agent: *\nDisallow: /",
        robots_until=NOW + DAY,
        robots_failing_since=NOW,
    )
    store.save_host(state)
    assert store.get_host("a.example:443") == state
    store.save_host(HostState(host="a.example:443"))
    assert store.get_host("a.example:443") == HostState(host="a.example:443")


def test_ten_thousand_sources_stay_what_they_are(sqlite_store: Store, open_store: Callable[..., Store]) -> None:
    wanted = [source(f"s{number}") for number in range(10_000)]
    sqlite_store.sync_sources(wanted, NOW, spread=HOUR)
    before = states(sqlite_store)
    sqlite_store.sync_sources(wanted, NOW + DAY, spread=HOUR)
    assert states(sqlite_store) == before


def test_a_clock_set_back_leaves_nothing_waiting_for_a_far_day(database: str, open_store: Callable[..., Store]) -> None:
    ahead = NOW + 1000 * DAY
    store = open_store(database, ahead)
    store.sync_sources([source("blog"), source("new")], ahead, spread=HOUR)
    state = replace(
        polled(states(store)[0]), due_at=ahead + DAY, last_poll_at=ahead, failing_since=ahead, last_item_at=NOW
    )
    with store.write() as transaction:
        transaction.save_source(state)
        transaction.save_host(HostState(host="a", not_before=ahead + HOUR, robots_until=ahead + DAY))
    again = open_store(database, NOW)
    assert set(again.due(NOW, 9)) == {"blog", "new"}
    mended = states(again)[0]
    assert mended.failing_since == NOW
    assert mended.last_poll_at == NOW
    assert mended.last_item_at == NOW
    host = again.get_host("a")
    assert host is not None
    assert host.not_before == NOW + DAY
    assert not again.mend_clock(NOW)


def test_a_clock_that_is_minutes_behind_changes_nothing(store: Store) -> None:
    with_sources(store, "blog")
    with store.write() as transaction:
        transaction.save_source(replace(states(store)[0], last_poll_at=NOW, due_at=NOW + DAY))
    assert not store.mend_clock(NOW - timedelta(minutes=20))
    assert store.due(NOW, 9) == []
