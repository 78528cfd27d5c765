"""Re-analyses stored mentions with the current settings: scorer, lexicon, pains, queries, relevance. Never alerts.

History is walked by the numbers of the mentions, a batch in a short transaction, so that polls are stored in between.
How far it came is stored with each batch: whoever starts the same again goes on from there. Doing a batch twice
changes nothing. What a person said of a mention wins, as ever. Then stored items are looked through for mentions that
were missed.

A mention that today's query or relevance would not have kept isn't deleted: it becomes irrelevant, which counts
nowhere, and comes back when the settings let it. Stories stay what they are.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from listener import __version__
from listener.mentions.corrections import Verdict
from listener.mentions.matcher import Matcher
from listener.mentions.understand import Understander
from listener.poll_items import matches
from listener.rescore_items import MissedMentions, store_missed
from listener.storage import NewReading, Revised, Store, StoredItem, StoredText
from listener.types import Source

#: Mentions of one transaction: some milliseconds, while a poll may wait for 30 s.
BATCH: Final = 200
#: A lock that is released and taken in one breath leaves those that wait for it out.
PAUSE_SECONDS: Final = 0.001
#: In the database's `meta`: how far an unfinished run came.
KEY: Final = "rescore"
UNSCORED: Final = "unscored"


class Difference(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One way in which mentions changed."""

    brand: str
    #: sentiment, kind, complaint, pain, severity or counts; or mention, for one that was missed so far.
    what: str
    #: Empty where there was nothing, and where there is nothing now.
    before: str
    after: str


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which mentions are to be read again."""

    #: Never empty: brands that left the settings can't be read, and keep what they have.
    brands: tuple[str, ...]
    start: datetime | None = None
    end: datetime | None = None


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far it came, from the first batch on, also over several runs."""

    #: Number of the last mention that was read again, and of the last item that was looked through.
    last_id: int = 0
    last_item: int = 0
    seen: int = 0
    #: Items looked through for mentions that were missed, and these.
    items: int = 0
    missed: int = 0
    changed: int = 0
    #: Mentions that persons corrected.
    corrected: int = 0
    differences: Mapping[Difference, int]

    def to_json(self, mark: str) -> str:
        """Return what is stored; `mark` tells whether another run does the same."""
        rows = [[one.brand, one.what, one.before, one.after, count] for one, count in self.differences.items()]
        counts = [getattr(self, name) for name in COUNTS]
        return json.dumps([mark, counts, rows])

    @classmethod
    def from_json(cls, text: str | None, mark: str) -> Progress:
        """Return what was stored of the same run; the very beginning where there is none."""
        known = json.loads(text) if text else None
        if known is None or known[0] != mark:
            return cls(differences={})
        differences = {
            Difference(brand=brand, what=what, before=before, after=after): count
            for brand, what, before, after, count in known[2]
        }
        return cls(**dict(zip(COUNTS, known[1], strict=True)), differences=differences)


#: What of `Progress` is a number, in the order in which it is stored.
COUNTS: Final = ("last_id", "last_item", "seen", "items", "missed", "changed", "corrected")


class Rescorer:
    """Reads mentions again. Built for one run."""

    def __init__(
        self,
        store: Store,
        matcher: Matcher,
        understander: Understander,
        sources: Mapping[str, Source],
        wanted: Wanted,
        settings: object,
        clock: Callable[[], datetime],
    ) -> None:
        """Take what reads, the sources of the settings by name, and the settings themselves to know them again by."""
        self._clock = clock
        self._store = store
        self._matcher = matcher
        self._understander = understander
        self._sources = sources
        self._wanted = wanted
        self._missed = MissedMentions(matcher, understander, sources, wanted.brands, wanted.start, wanted.end)
        told = repr((__version__, settings, sorted(sources.items()), wanted))
        self._mark = hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()

    def total(self) -> int:
        """Return how many mentions there are to read again, and items to look through."""
        review, wanted = self._store.review, self._wanted
        return review.count_mentions(wanted.brands, wanted.start, wanted.end) + review.count_items()

    def progress(self) -> Progress:
        """Return how far an unfinished run of the same came."""
        return Progress.from_json(self._store.review.get_meta(KEY), self._mark)

    def run(self, progress: Progress, *, write: bool) -> Iterator[Progress]:
        """Read again what comes after `progress`; yield the progress after each batch, when it is stored.

        Without `write` nothing is changed or stored. Raises StorageError; what was yielded before stays.
        """
        while batch := self._next(progress.last_id):
            said = self._store.review.find_corrections([one.mention_id for one in batch])
            new = [self.read(one, said[one.mention_id].lang if one.mention_id in said else None) for one in batch]
            if write:
                with self._store.write() as tx:
                    # Under the lock: what a person says meanwhile is seen.
                    progress = added(progress, tx.revise(new), batch)
                    tx.set_meta(KEY, progress.to_json(self._mark))
                time.sleep(PAUSE_SECONDS)
            else:
                progress = added(progress, self._store.review.plan(new), batch)
            yield progress
        while items := self._store.review.items_after(progress.last_item, BATCH):
            missed = self._missed.find(items)
            if write and missed:
                with self._store.write() as tx:
                    found = [mention.reading.brand for mention in store_missed(tx, missed, self._clock())]
                    progress = found_in(progress, found, items)
                    tx.set_meta(KEY, progress.to_json(self._mark))
                time.sleep(PAUSE_SECONDS)
            else:
                progress = found_in(progress, [one.brand for each in missed for one in each.readings], items)
            yield progress
        if write:
            with self._store.write() as tx:
                tx.set_meta(KEY, "")

    def read(self, stored: StoredText, lang: str | None) -> NewReading:
        """Read one mention again, in the language that a person gave, if any."""
        source = self._sources.get(stored.source.name, stored.source)
        found = matches(source, stored.item, self._matcher)
        match = next((one for one in found if one.brand == stored.brand), None)
        reading = None if match is None else self._understander.read(stored.item, match, source)
        if lang is None or match is None:
            return NewReading(mention_id=stored.mention_id, reading=reading, irrelevant=reading is None)
        given = self._understander.read(stored.item, match, source, lang)
        told = reading.lang if reading is not None else None
        return NewReading(
            mention_id=stored.mention_id, reading=given, irrelevant=given is None, told=told, read_as=lang
        )

    def _next(self, last_id: int) -> Sequence[StoredText]:
        wanted = self._wanted
        return self._store.review.texts_after(last_id, BATCH, wanted.brands, wanted.start, wanted.end)


def added(progress: Progress, revised: Collection[Revised], batch: Sequence[StoredText]) -> Progress:
    """Return the progress after one more batch."""
    differences = Counter(progress.differences)
    changed = 0
    for one in revised:
        found = set(differences_of(one.brand, one.before, one.after))
        changed += bool(found)
        differences.update(found)
    return replace(
        progress,
        last_id=batch[-1].mention_id,
        seen=progress.seen + len(batch),
        changed=progress.changed + changed,
        corrected=progress.corrected + sum(bool(one.correction.said) for one in revised),
        differences=differences,
    )


def found_in(progress: Progress, brands: Sequence[str], items: Sequence[StoredItem]) -> Progress:
    """Return the progress after looking through some items, which are new mentions of these brands."""
    differences = Counter(progress.differences)
    differences.update(Difference(brand=brand, what="mention", before="", after="found") for brand in brands)
    return replace(
        progress,
        last_item=items[-1].item_id,
        items=progress.items + len(items),
        missed=progress.missed + len(brands),
        differences=differences,
    )


def differences_of(brand: str, before: Verdict, after: Verdict) -> Iterator[Difference]:
    """Yield in what a mention differs. One that counts nowhere before and after has no difference that matters."""
    if before.irrelevant and after.irrelevant:
        return
    pairs = {
        "counts": (_yes(not before.irrelevant), _yes(not after.irrelevant)),
        "sentiment": (before.label or UNSCORED, after.label or UNSCORED),
        "kind": (before.kind, after.kind),
        "complaint": (_yes(before.complaint >= 0.5), _yes(after.complaint >= 0.5)),
    }
    for what, (old, new) in pairs.items():
        if old != new:
            yield Difference(brand=brand, what=what, before=old, after=new)
    severities = {pain.topic: pain.severity for pain in before.pains}
    severities_now = {pain.topic: pain.severity for pain in after.pains}
    for topic in severities.keys() | severities_now.keys():
        old_severity, new_severity = severities.get(topic), severities_now.get(topic)
        if old_severity is None or new_severity is None:
            yield Difference(
                brand=brand,
                what="pain",
                before="" if old_severity is None else topic,
                after="" if new_severity is None else topic,
            )
        elif old_severity != new_severity:
            way = "severer" if new_severity > old_severity else "milder"
            yield Difference(brand=brand, what="severity", before=topic, after=way)


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"
