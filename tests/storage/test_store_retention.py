"""What is forgotten, what is not, and that the trends agree with the mentions whatever happens to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from listener.storage import NewItem, Retained, Store
from listener.types import Item
from tests.storage.stored_samples import (
    DAY,
    HOUR,
    NOW,
    add_mention,
    alert,
    new_item,
    reading,
    reread,
    versions_of,
    with_sources,
)

MONTH = 30 * DAY


def retain(store: Store, now: datetime, **ages: timedelta | None) -> Retained:
    return store.retain(now, **{"items": None, **ages})  # type: ignore[arg-type]


def add_items(store: Store, numbers: range, at: datetime = NOW) -> None:
    with store.write() as transaction:
        transaction.add_items("blog", [new_item(number) for number in numbers], at)


def read_again(store: Store, numbers: range, at: datetime) -> None:
    keys = [key for number in numbers for key in new_item(number).keys]
    with store.write() as transaction:
        transaction.touch_keys("blog", keys, at)


def test_an_old_item_loses_its_content_and_is_still_known(store: Store) -> None:
    with_sources(store, "blog")
    add_items(store, range(3))
    assert retain(store, NOW + 29 * DAY, items=MONTH) == Retained()
    gone = retain(store, NOW + 31 * DAY, items=MONTH)
    # The newest stays as it is.
    assert (gone.emptied, gone.items) == (2, 0)
    assert len(store.find_known("blog", ["guid:0", "guid:1", "guid:2"])) == 3
    assert retain(store, NOW + 32 * DAY, items=MONTH).emptied == 0


def test_an_item_that_its_source_no_longer_serves_is_forgotten(store: Store) -> None:
    with_sources(store, "blog")
    add_items(store, range(4))
    for days in range(0, 100, 10):
        read_again(store, range(2, 4), NOW + days * DAY)
    gone = retain(store, NOW + 95 * DAY, items=MONTH)
    assert (gone.items, gone.emptied) == (2, 1)
    assert set(store.find_known("blog", ["guid:0", "guid:1", "guid:2"])) == {"guid:2"}


def test_an_item_of_a_feed_that_never_changed_is_still_known_when_it_does(store: Store) -> None:
    with_sources(store, "blog")
    add_items(store, range(4))
    # 304 for a hundred days: nothing was parsed, so nothing was seen to be gone.
    assert retain(store, NOW + 100 * DAY, items=MONTH).items == 0
    read_again(store, range(4), NOW + 100 * DAY)
    assert retain(store, NOW + 101 * DAY, items=MONTH).items == 0
    assert len(store.find_known("blog", [f"url:{number}" for number in range(4)])) == 4


def test_the_items_of_a_source_that_left_are_forgotten_after_a_while(store: Store) -> None:
    with_sources(store, "blog", "other")
    add_items(store, range(4))
    with_sources(store, "other")
    assert retain(store, NOW + 29 * DAY, items=DAY).items == 0
    assert retain(store, NOW + 31 * DAY, items=DAY).items == 3


def test_an_item_with_a_mention_or_an_answer_is_kept(store: Store) -> None:
    with_sources(store, "blog")
    add_mention(store, 1)
    answer = Item(text="fine", rating=9.0, rating_max=10.0, segment={"metric": "nps"})
    with store.write() as transaction:
        transaction.add_items("blog", [NewItem(item=answer, keys=("a",), brand="acme")], NOW)
    add_items(store, range(2, 4))
    read_again(store, range(3, 4), NOW + 400 * DAY)
    gone = retain(store, NOW + 400 * DAY, items=MONTH)
    assert (gone.items, gone.emptied) == (1, 0)
    (mention,) = store.iter_mentions()
    assert mention.title == "title 1"


def test_a_clock_that_ran_ahead_makes_nothing_forgotten_that_is_served(store: Store) -> None:
    with_sources(store, "blog")
    add_items(store, range(3))
    read_again(store, range(3), NOW + 4000 * DAY)
    add_items(store, range(3, 6), NOW + DAY)
    read_again(store, range(6), NOW + DAY)
    assert retain(store, NOW + 33 * DAY, items=MONTH).items == 0
    assert len(store.find_known("blog", [f"guid:{number}" for number in range(6)])) == 6


def test_old_mentions_go_and_their_trends_stay(store: Store) -> None:
    with_sources(store, "blog")
    with store.write() as transaction:
        old = transaction.add_story(b"old", [1], NOW, "Old")
    for number in range(3):
        add_mention(store, number, reading(pains=[("price", 1)]), at=NOW + number * HOUR, story_id=old)
    late = NOW + 100 * DAY
    with store.write() as transaction:
        new = transaction.add_story(b"new", [2], late, "New")
    add_mention(store, 9, at=late, story_id=new)
    before = list(store.iter_trends())
    gone = retain(store, late, mentions=MONTH)
    assert (gone.mentions, store.counts().mentions, store.counts().stories) == (3, 1, 1)
    assert list(store.iter_trends()) == before
    assert store.verify_trends() == []
    store.rebuild_trends()
    assert list(store.iter_trends()) == before
    assert len(store.find_known("blog", ["guid:0", "guid:1", "guid:2"])) == 3
    assert retain(store, late, mentions=MONTH, items=MONTH).emptied == 3


def test_old_stories_are_no_longer_candidates(store: Store) -> None:
    with store.write() as transaction:
        transaction.add_story(b"old", [1, 2], NOW, "")
        transaction.add_story(b"told again", [1, 3], NOW, "")
        transaction.join_story(2, NOW + 20 * DAY)
    gone = retain(store, NOW + 31 * DAY)
    assert (gone.stories, gone.bands) == (1, 2)
    with store.write() as transaction:
        assert [story.id for story in transaction.story_candidates([1, 2, 3], NOW - DAY)] == [2]
    assert retain(store, NOW + 31 * DAY) == Retained()
    assert retain(store, NOW + 60 * DAY).stories == 1


def test_old_snapshots_go_but_for_the_newest_of_each_page(store: Store) -> None:
    with_sources(store, "blog")

    def snap(body: bytes, days: int, url: str = "https://a.example/") -> None:
        with store.write() as transaction:
            transaction.add_snapshot(
                "blog", url=url, taken_at=NOW + days * DAY, body_hash=body.hex(), body=body, headers={}
            )

    for days, body in enumerate([b"one", b"two", b"one", b"three"]):
        snap(body, days)
    snap(b"one", 0, "https://b.example/")
    gone = retain(store, NOW + 100 * DAY, snapshots=MONTH)
    assert (gone.snapshots, gone.bodies) == (3, 1)
    assert set(versions_of(store, "blog")) == {b"three", b"one"}


def test_ended_deliveries_go_and_waiting_ones_stay(store: Store) -> None:
    with store.write() as transaction:
        transaction.add_alerts([alert("a"), alert("b"), alert("c")])
        transaction.mark_sent([1, 2], NOW)
        transaction.mark_dead([3], "no")
    assert retain(store, NOW + 100 * DAY, deliveries=MONTH).deliveries == 3
    assert len(store.deliveries()) == 3
    with store.write() as transaction:
        assert transaction.add_alerts([alert("a")]) == 0


def test_old_coverage_is_kept_by_the_day(store: Store) -> None:
    with_sources(store, "blog", "forum")
    for hours in range(0, 72, 5):
        with store.write() as transaction:
            transaction.add_coverage("blog", NOW + hours * HOUR, ok=hours % 2 == 0, items=1)
            transaction.add_coverage("forum", NOW + hours * HOUR, ok=True, items=0)
    assert retain(store, NOW + 30 * DAY).coverage == 0

    def by_day() -> dict[Any, list[int]]:
        days: dict[Any, list[int]] = {}
        for row in store.iter_coverage():
            day = days.setdefault((row.at.date(), row.source), [0, 0])
            day[0] += row.ok
            day[1] += row.failed
        return days

    before = by_day()
    gone = retain(store, NOW + 92 * DAY)
    assert gone.coverage > 0
    assert by_day() == before
    old = [row for row in store.iter_coverage() if row.at < NOW + 2 * DAY - 10 * HOUR]
    assert {row.at.hour for row in old} == {12}
    assert retain(store, NOW + 92 * DAY).coverage == 0


def test_more_than_one_step_of_everything_is_forgotten(sqlite_store: Store) -> None:
    store = sqlite_store
    with_sources(store, "blog")
    add_items(store, range(1201))
    assert retain(store, NOW + 40 * DAY, items=MONTH).emptied == 1200


def test_forgetting_takes_many_short_transactions(sqlite_store: Store) -> None:
    with_sources(sqlite_store, "blog")
    add_items(sqlite_store, range(2000))
    done: list[int] = []
    write = sqlite_store.write

    def write_and_poll() -> Any:
        done.append(1)
        return write()

    sqlite_store.write = write_and_poll  # type: ignore[method-assign]
    retain(sqlite_store, NOW + 40 * DAY, items=MONTH)
    assert len(done) > 4


def test_a_backup_of_a_database_in_use_is_whole(
    sqlite_store: Store, tmp_path: Path, open_store: Callable[..., Store]
) -> None:
    with_sources(sqlite_store, "blog")
    add_mention(sqlite_store, 1)
    target = tmp_path / "backups" / "today.db"
    target.parent.mkdir()
    with sqlite_store.write() as transaction:
        transaction.add_items("blog", [new_item(2)], NOW)
        sqlite_store.backup(target)
    assert [path.name for path in target.parent.iterdir()] == ["today.db"]
    copy = open_store(target)
    assert (copy.counts().items, copy.counts().mentions) == (1, 1)
    assert copy.check(full=True) == []
    assert add_mention(copy, 5) == 2


class Trends(RuleBasedStateMachine):
    """Random lives of a database: the trends always are what a rebuild would make of them."""

    mentions: Bundle[int] = Bundle("mentions")
    folder: Path
    template: Path

    def __init__(self) -> None:
        super().__init__()
        Trends.runs += 1
        path = self.folder / f"{Trends.runs}.db"
        path.write_bytes(self.template.read_bytes())
        self.store = Store.open(path, now=NOW)
        with_sources(self.store, "blog", "forum")
        self.number = 0
        self.stories: list[int] = []
        self.gone: set[int] = set()

    runs = 0

    @rule(
        target=mentions,
        source=st.sampled_from(["blog", "forum"]),
        brand=st.sampled_from(["acme", "globex"]),
        compound=st.none() | st.floats(-1, 1),
        complaint=st.floats(0, 1),
        reach=st.floats(0, 100),
        pains=st.lists(st.tuples(st.sampled_from(["price", "bugs"]), st.integers(0, 4)), max_size=3),
        hours=st.integers(-40 * 24, 0),
        story=st.integers(0, 3),
        first=st.booleans(),
    )
    def add(self, source: str, brand: str, hours: int, story: int, first: bool, **read: Any) -> int:
        self.number += 1
        at = NOW + hours * HOUR
        with self.store.write() as transaction:
            while len(self.stories) <= story:
                self.stories.append(transaction.add_story(b"s", [story], NOW, ""))
        return add_mention(
            self.store,
            self.number,
            reading(brand, **read),
            source=source,
            at=at,
            story_id=self.stories[story],
            first_of_story=first,
        )

    def _live(self, mention: int) -> str | None:
        found = [m.brand for m in self.store.iter_mentions(irrelevant=True) if m.id == mention]
        return found[0] if found else None

    @rule(mention=mentions, compound=st.none() | st.floats(-1, 1), topic=st.sampled_from(["price", "speed"]))
    def correct(self, mention: int, compound: float | None, topic: str) -> None:
        brand = self._live(mention)
        if brand is not None:
            with self.store.write() as transaction:
                reread(transaction, mention, reading(brand, compound, pains=[(topic, 2)]))

    @rule(mention=mentions, irrelevant=st.booleans())
    def judge(self, mention: int, irrelevant: bool) -> None:
        if self._live(mention) is not None:
            with self.store.write() as transaction:
                reread(transaction, mention, None, irrelevant=irrelevant)

    @rule(days=st.integers(1, 40))
    def forget(self, days: int) -> None:
        retain(self.store, NOW, mentions=days * DAY, items=days * DAY)

    @rule()
    def rebuild(self) -> None:
        self.store.rebuild_trends()

    @invariant()
    def trends_agree(self) -> None:
        assert self.store.verify_trends() == []

    def teardown(self) -> None:
        self.store.close()


def test_whatever_happens_to_mentions_the_trends_agree(migrated_sqlite: Path, tmp_path: Path) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    Trends.folder, Trends.template = tmp_path, migrated_sqlite
    run_state_machine_as_test(Trends, settings=settings(max_examples=10, stateful_step_count=12, deadline=None))
