"""What storing a poll costs, on an empty database and on one that holds a million mentions.

    python benchmarks/storage.py [--mentions 1000000] [--folder DIR] [--url postgresql://...]

Both databases are polled in turns in one process, so that the ratio holds where the figures don't. The full one is made
once and kept in the folder. A poll is what the daemon stores for it, in one transaction.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from listener.storage import NewItem, NewMention, Store
from listener.storage.transaction import Transaction
from listener.types import Hit, Item, Outcome, Pain, Reading, Sentiment, Source, SourceState, Validators

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
SOURCES = 1000
BRANDS = 20
ITEMS = 20
#: Of the items of a poll, those that match a brand.
MATCHED = 3
#: Of a story: a title and a text of an article have as many.
BANDS = 40
TEXT = "The quick brown fox jumps over the lazy dog and writes a review of its cloud provider. " * 8
Kind = Callable[[Store, int], None]


def source_name(number: int) -> str:
    return f"source-{number % SOURCES}"


def reading(number: int) -> Reading:
    return Reading(
        brand=f"brand-{number % BRANDS}",
        excerpt=TEXT[:200],
        lang="en",
        sentiment=Sentiment(compound=(number % 2001 - 1000) / 1000, label="neutral", reasons=(("lazy", -1.5),)),
        scorer="vader-1",
        complaint=number % 100 / 100,
        kind="other",
        pains=(Pain(topic=f"topic-{number % 12}", severity=number % 5, words=("lazy",)),),
        relevance=1.0,
        reach=number % 100,
        hits=(Hit(field="text", start=4, end=9, term="quick"),),
    )


def new_item(number: int, at: datetime) -> NewItem:
    url = f"https://site-{number % SOURCES}.example/{number}/a-title-of-some-length"
    item = Item(title=f"A title of some length {number}", text=TEXT, url=url, guid=url, published=at, author="Ann")
    return NewItem(item=item, keys=(f"guid:{url}", f"url:{url}", f"text:{hashlib.sha256(url.encode()).hexdigest()}"))


def bands_of(number: int) -> list[int]:
    return list(memoryview(hashlib.shake_128(str(number).encode()).digest(8 * BANDS)).cast("q"))


def add_matched(transaction: Transaction, source: str, ids: Sequence[int], number: int, at: datetime) -> None:
    new = []
    for item_id in ids:
        # Of older stories retention has deleted the bands.
        bands = bands_of(number + item_id) if at > NOW - timedelta(days=30) else []
        assert not transaction.story_candidates(bands, at - timedelta(days=14))
        story = transaction.add_story(b"s" * 500, bands, at, "A title of some length")
        new.append(
            NewMention(
                item_id=item_id,
                source=source,
                reading=reading(number + item_id),
                story_id=story,
                at=at,
                first_of_story=True,
            )
        )
    transaction.add_mentions(new, at)


def state_after(store: Store, source: str) -> SourceState:
    url = f"https://{source}.example/feed"
    validators = {
        url: Validators(etag='W/"5f3e-1a2b"', last_modified="Mon, 02 Nov 2026 09:00:00 GMT", body_hash="a" * 64)
    }
    state = SourceState(source=source, due_at=NOW, last_poll_at=NOW, last_success_at=NOW, validators=validators)
    return replace(state, outcome=Outcome.OK, rhythm=timedelta(minutes=40))


# --- what is measured


def unchanged(store: Store, number: int) -> None:
    """Nothing new: 304."""
    source = source_name(number)
    state = state_after(store, source)
    with store.write() as transaction:
        transaction.save_source(replace(state, due_at=NOW + timedelta(seconds=number)))
        transaction.add_coverage(source, NOW, ok=True, items=0)


def known(store: Store, number: int) -> None:
    """Other bytes, but the same items."""
    source = source_name(number)
    keys = [key for place in range(ITEMS) for key in new_item(10**9 + number % SOURCES + place * SOURCES, NOW).keys]
    store.find_known(source, keys)
    with store.write() as transaction:
        transaction.touch_keys(source, keys, NOW)
        transaction.save_source(state_after(store, source))
        transaction.add_coverage(source, NOW, ok=True, items=0)


def fresh(store: Store, number: int, matched: int = 0) -> None:
    """Twenty new items that no query matches."""
    source = source_name(number)
    new = [new_item(2 * 10**9 + number * ITEMS + place, NOW) for place in range(ITEMS)]
    keys = [key for entry in new for key in entry.keys]
    assert not store.find_known(source, keys)
    with store.write() as transaction:
        ids = transaction.add_items(source, new, NOW)
        if matched:
            add_matched(transaction, source, ids[:matched], number, NOW)
        transaction.save_source(state_after(store, source))
        transaction.add_coverage(source, NOW, ok=True, items=ITEMS)


def matched(store: Store, number: int) -> None:
    """Twenty new items, three of them mentions with stories."""
    fresh(store, number, MATCHED)


def pick(store: Store, number: int) -> None:
    """Which sources are due, and which deliveries."""
    store.due(NOW, 50)
    store.due_deliveries(NOW, limit=50)


KINDS: dict[str, tuple[Kind, int]] = {
    "unchanged (304)": (unchanged, 400),
    "changed, 20 known items": (known, 200),
    "20 new items": (fresh, 100),
    "20 new items, 3 mentions": (matched, 100),
    "what is due": (pick, 200),
}


def prepare(store: Store) -> None:
    wanted = [Source(name=source_name(n), scraper="feed", url=f"https://site-{n}.example/feed") for n in range(SOURCES)]
    store.sync_sources(wanted, NOW, spread=timedelta(hours=1))


def fill(store: Store, mentions: int) -> None:
    """Store mentions of a year, as polls would have."""
    begun = time.perf_counter()
    spread = random.Random(1)
    have = store.counts().mentions
    while have < mentions:
        with store.write() as transaction:
            for _ in range(50):
                at = NOW - timedelta(days=365) * (1 - have / mentions)
                source = source_name(spread.randrange(SOURCES))
                new = [new_item(have + place, at) for place in range(ITEMS)]
                add_matched(transaction, source, transaction.add_items(source, new, at), 0, at)
                transaction.add_coverage(source, at, ok=True, items=ITEMS)
                have += ITEMS
        print(f"\r{have:,} of {mentions:,} mentions, {time.perf_counter() - begun:.0f} s", end="", flush=True)
    print()


def measure(stores: Sequence[Store]) -> None:
    """Run each kind in turns on all stores; print the median cost and the ratio of the second to the first."""
    # What earlier runs have stored is known: go on after it.
    count = max(store.counts().items for store in stores)
    print(f"{'milliseconds of CPU (and of the clock) a poll':<46}{'empty':>16}{'full':>16}{'ratio':>8}")
    for name, (kind, rounds) in KINDS.items():
        costs: list[list[tuple[float, float]]] = [[] for _ in stores]
        for _ in range(rounds):
            count += 1
            for place in random.sample(range(len(stores)), len(stores)):
                cpu, clock = time.process_time(), time.perf_counter()
                kind(stores[place], count)
                costs[place].append((time.process_time() - cpu, time.perf_counter() - clock))
        cpus = [statistics.median(cost[0] for cost in of_one) * 1000 for of_one in costs]
        clocks = [statistics.median(cost[1] for cost in of_one) * 1000 for of_one in costs]
        shown = "".join(f"{cpu:>8.3f} ({clock:.3f})" for cpu, clock in zip(cpus, clocks, strict=True))
        print(f"{name:<46}{shown}{cpus[-1] / cpus[0]:>8.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mentions", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "listener-benchmark")
    parser.add_argument("--url", help="Measure an empty PostgreSQL database instead.")
    arguments = parser.parse_args()
    if arguments.url:
        store = Store.open(arguments.url, now=NOW)
        prepare(store)
        measure([store])
        return
    arguments.folder.mkdir(exist_ok=True)
    for path in arguments.folder.glob("empty.db*"):
        path.unlink()
    empty = Store.open(arguments.folder / "empty.db", now=NOW)
    full = Store.open(arguments.folder / f"full-{arguments.mentions}.db", now=NOW)
    prepare(empty)
    prepare(full)
    if full.counts().mentions < arguments.mentions:
        fill(full, arguments.mentions)
    print(full.counts())
    measure([empty, full])
    empty.close()
    full.close()


if __name__ == "__main__":
    main()
