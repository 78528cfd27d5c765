"""Spikes and rising pain points of stored mentions become alerts, once, with their deliveries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from listener.storage import NewItem, NewMention, Store, StoredAlert
from listener.trending import Trending
from listener.types import DeliveryStatus, Hit, Item, Pain, Reading, Rule, Sentiment, Source
from tests.pipeline.polling import BRANDS, START, Clock, PaperWeb, parts

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SPIKE = Rule(name="loud", on="spike", channels=("screen",))
PAIN = Rule(name="hurts", on="pain", channels=("screen",))
NOW = START + timedelta(minutes=10)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "listener.db", now=START)
    opened.sync_sources([Source(name="blog", scraper="feed", url="https://blog.example/feed")], START, spread=HOUR)
    yield opened
    opened.close()


def tell(
    store: Store, at: datetime, count: int = 1, *, topic: str | None = None, compound: float = -0.5, first: bool = True
) -> None:
    """Store so many mentions of acme, one after the other minute."""
    said = Reading(
        brand="acme", excerpt="Acme is down.", lang="en", sentiment=Sentiment(compound=compound, label="negative"),
        scorer="vader-1", complaint=0.9, kind="complaint",
        pains=(Pain(topic=topic, severity=2, words=("down",)),) if topic else (), relevance=1.0, reach=10.0,
        hits=(Hit(field="text", start=0, end=4, term="Acme"),),
    )  # fmt: skip
    with store.write() as tx:
        for number in range(count):
            moment = at + number * timedelta(seconds=1)
            item = Item(text=said.excerpt, url=f"https://blog.example/{moment:%d%H%M%S}{topic}")
            (item_id,) = tx.add_items("blog", [NewItem(item=item, keys=(f"{moment}{topic}{first}",))], moment)
            new = NewMention(
                item_id=item_id, source="blog", reading=said, story_id=None, at=moment, first_of_story=first
            )
            tx.add_mentions([new], moment)


def listen(store: Store, days: int = 36, *, failed: range = range(0)) -> None:
    """Poll so many days, at each third hour."""
    with store.write() as tx:
        for day in range(days):
            for hour in range(0, 24, 3):
                tx.add_coverage("blog", START - day * DAY - hour * HOUR - HOUR, ok=day not in failed, items=0)


def look(store: Store, *rules: Rule, now: datetime = NOW) -> int:
    clock = Clock()
    clock.now = now
    return Trending(parts(store, PaperWeb(clock), clock, rules=rules), BRANDS, {"bugs": "It breaks."}).look(now)


def told(store: Store) -> list[StoredAlert]:
    return list(store.iter_alerts())


def test_a_spike_is_told_once_and_waits_in_the_outbox(store: Store) -> None:
    listen(store)
    for day in range(1, 29):
        tell(store, START - day * DAY - 2 * HOUR, 2)
    tell(store, START - 2 * HOUR, 14)
    assert look(store, SPIKE) == 1
    (alert,) = told(store)
    assert alert.title == "acme: 14 stories in 6 h, usually 2"
    assert alert.quote == "Acme is down."
    assert [delivery.status for delivery in store.deliveries()] == [DeliveryStatus.PENDING]
    assert look(store, SPIKE) == 0
    # Within the cool-down the next hour tells nothing, and after it what still stands is told again.
    assert look(store, SPIKE, now=NOW + HOUR) == 0
    assert look(store, replace(SPIKE, cool_down=HOUR / 2), now=NOW + HOUR) == 1


def test_copies_of_one_angry_text_are_no_spike(store: Store) -> None:
    listen(store)
    tell(store, START - 2 * HOUR)
    tell(store, START - HOUR, 30, first=False)
    assert look(store, SPIKE, replace(SPIKE, name="angry", counts="negative")) == 0


def test_negative_voices_are_counted_where_a_rule_wants_them(store: Store) -> None:
    listen(store)
    tell(store, START - 2 * HOUR, 9)
    assert look(store, replace(SPIKE, counts="negative")) == 1
    assert told(store)[0].title == "acme: 9 negative mentions in 6 h, usually 0"


def test_after_an_outage_of_polling_what_is_usual_is_not_zero(store: Store) -> None:
    listen(store, failed=range(1, 22))
    for day in range(22, 29):
        tell(store, START - day * DAY - 2 * HOUR, 9)
    tell(store, START - 2 * HOUR, 12)
    assert look(store, SPIKE) == 0


def test_other_brands_and_sources_are_not_watched(store: Store) -> None:
    listen(store)
    tell(store, START - 2 * HOUR, 14)
    assert look(store, replace(SPIKE, brands=("globex",)), replace(SPIKE, sources=("forum",))) == 0


def test_a_pain_point_that_rises_is_told_with_what_it_means(store: Store) -> None:
    listen(store)
    for day in range(8, 35):
        tell(store, START - day * DAY, topic="price")
    tell(store, START - DAY, 6, topic="bugs")
    tell(store, START - 2 * DAY, 2, topic="price")
    assert look(store, PAIN) == 1
    (alert,) = told(store)
    assert alert.title == "acme: pain point bugs in 6 stories within 7 d, never before"
    assert dict(store.deliveries()[0].alert.facts)["Means"] == "It breaks."
    assert look(store, PAIN, now=NOW + DAY) == 0
    others = replace(PAIN, name="price", pains=("price",)), replace(PAIN, name="bad", severity_at_least=3)
    assert look(store, *others) == 0


def test_a_new_installation_knows_of_no_rise(store: Store) -> None:
    listen(store, days=10)
    for day in range(8, 35):
        tell(store, START - day * DAY, topic="price")
    tell(store, START - DAY, 6, topic="bugs")
    assert look(store, PAIN) == 0


def test_nothing_is_read_where_no_rule_watches(store: Store) -> None:
    assert look(store) == 0
