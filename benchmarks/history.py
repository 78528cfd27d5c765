"""What it costs to look back: rescoring, emerging pains, counted pains and spikes, on made-up history.

    python benchmarks/history.py [MENTIONS]

Prints seconds of CPU of this process and its peak memory. The texts are made of words at random, which is the worst
case for phrases: hardly one comes twice.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from listener import rescore
from listener.app import emerging_pains, load_settings, rescorer
from listener.insights.spikes import find_spike
from listener.storage import NewItem, NewMention, Store
from listener.types import Hit, Item, Pain, Reading, Sentiment, Source

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAYS = 35
SOURCES = 50
WORDS = [f"word{number}" for number in range(5000)]
SETTINGS = '[listener]\ncontact = "https://example.com/bot"\n[brands.acme]\nquery = "acme"\n'


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with TemporaryDirectory() as folder:
        path = Path(folder) / "listener.toml"
        path.write_text(SETTINGS)
        settings = load_settings(path)
        store = Store.open(settings.database, now=NOW)
        fill(store, count)
        day = timedelta(days=1)
        with measured("pains of 30 days counted"):
            store.pains.count(NOW - 30 * day, None)
        with measured("a spike looked for in 29 days"):
            heard = store.hours.heard("acme", NOW - 29 * day, NOW, counts="stories")
            asked = store.hours.asked({one.source for one in heard}, NOW - 29 * day, NOW)
            window = timedelta(hours=6)
            find_spike(heard, asked, end=NOW, window=window, count_at_least=1, times_at_least=1.0)
        with measured("emerging pains of 7 days against 28"):
            finder = emerging_pains(settings, store, settings.brands[0])
            found = finder.find("acme", NOW - 35 * day, NOW - 7 * day, NOW, limit=20)
        print(f"  in {found.late:,} and {found.earlier:,} complaints")
        reader = rescorer(settings, store, rescore.Wanted(brands=("acme",)))
        longest = 0.0
        with measured("rescoring"):
            last = time.process_time()
            latest = rescore.Progress(differences={})
            for step in reader.run(latest, write=True):
                latest = step
                longest = max(longest, time.process_time() - last)
                last = time.process_time()
        print(f"  of {latest.seen:,} mentions, {latest.items:,} items; longest batch {longest:.3f} s")
        store.close()


def fill(store: Store, count: int) -> None:
    """Store so many complaints of 40 words each, over `DAYS`, from `SOURCES` that are polled every three hours."""
    chance = random.Random(1)
    sources = [Source(name=f"source{n}", scraper="feed", url=f"https://s{n}.example/") for n in range(SOURCES)]
    store.sync_sources(sources, NOW, spread=timedelta(hours=1))
    for start in range(0, count, 1000):
        texts = ["Acme " + " ".join(chance.choices(WORDS, k=40)) for _ in range(min(1000, count - start))]
        ats = [NOW - timedelta(days=DAYS) * chance.random() for _ in texts]
        name = sources[start // 1000 % SOURCES].name
        with store.write() as tx:
            items = [
                NewItem(item=Item(text=text, published=at), keys=(f"{start + n}",))
                for n, (text, at) in enumerate(zip(texts, ats, strict=True))
            ]
            ids = tx.add_items(name, items, NOW)
            mentions = [
                NewMention(item_id=i, source=name, reading=complaint(text), story_id=None, at=at, first_of_story=True)
                for i, text, at in zip(ids, texts, ats, strict=True)
            ]
            tx.add_mentions(mentions, NOW)
    with store.write() as tx:
        for source in sources:
            for poll in range(DAYS * 8):
                tx.add_coverage(source.name, NOW - timedelta(hours=3 * poll), ok=True, items=0)


def complaint(text: str) -> Reading:
    """Return a reading as an older scorer may have made it."""
    return Reading(
        brand="acme", excerpt=text[:280], lang="en", sentiment=Sentiment(compound=-0.5, label="negative"),
        scorer="old-1", complaint=0.9, kind="complaint", pains=(Pain(topic="bugs", severity=2, words=("word",)),),
        relevance=1.0, reach=10.0, hits=(Hit(field="text", start=0, end=4, term="Acme"),),
    )  # fmt: skip


@contextmanager
def measured(what: str) -> Iterator[None]:
    """Print the CPU seconds of the block and the peak memory so far."""
    start = time.process_time()
    yield
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what}: {time.process_time() - start:.2f} s CPU, peak {peak:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
