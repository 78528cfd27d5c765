"""Items of a poll: which are new, which brands they mention, their stories, and the alerts they raise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from listener.lazy import LazyModule
from listener.mentions.matcher import Matcher
from listener.parts import Parts
from listener.storage import NewItem, NewMention, Transaction
from listener.types import Alert, Hit, Item, Match, Reading, Source
from listener.urls import host_of

if TYPE_CHECKING:
    from listener.alerts import events
    from listener.mentions import stories as story_marks
    from listener.mentions.stories import Fingerprint
else:
    events = LazyModule("listener.alerts.events")
    story_marks = LazyModule("listener.mentions.stories")

#: Copies of a story are looked for this far back.
STORY_WINDOW = timedelta(days=14)
#: Items of these kinds come from a place that is about its brand: nobody names the product in a review of it.
ABOUT_THEIR_BRAND = frozenset({"review", "ticket", "survey", "note", "incident"})


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A new item with the keys it is known by, and what it says about each brand."""

    item: Item
    keys: tuple[str, ...]
    readings: tuple[Reading, ...]
    #: What its copies are found by; None for an item that is nobody's mention, or says too little to have copies.
    mark: Fingerprint | None


def new_items(
    items: Sequence[Item], keys: Sequence[tuple[str, ...]], known: Mapping[str, int]
) -> list[tuple[Item, tuple[str, ...]]]:
    """Return the items of which no key is known, each once, with their keys."""
    seen: set[str] = set()
    fresh: list[tuple[Item, tuple[str, ...]]] = []
    for item, own in zip(items, keys, strict=True):
        if not any(key in known or key in seen for key in own):
            fresh.append((item, own))
        seen.update(own)
    return fresh


def understand(source: Source, items: Sequence[tuple[Item, tuple[str, ...]]], parts: Parts) -> list[Found]:
    """Find whose mention each item is and read it for each of these brands.

    All that takes time and needs no database is done here, before the transaction that others wait for.
    """
    found = []
    for item, keys in items:
        made = (parts.understander().read(item, match, source) for match in matches(source, item, parts.matcher))
        readings = tuple(one for one in made if one is not None)
        mark = story_marks.fingerprint(item.title, item.text) if readings else None
        found.append(Found(item=item, keys=keys, readings=readings, mark=mark))
    return found


def matches(source: Source, item: Item, matcher: Matcher) -> Sequence[Match]:
    """Return the brands that an item is about: by their queries, or because the source is about one of them."""
    if not (item.title or item.text):
        # An answer to a survey without a comment: it counts in the scores, and nobody said anything.
        return ()
    if source.brand is not None and item.kind in ABOUT_THEIR_BRAND:
        hit = Hit(field="source", start=0, end=0, term=source.name)
        return [Match(brand=source.brand, hits=(hit,))]
    return matcher.match(item, source, only=source.brand)


def store_items(
    tx: Transaction, source: Source, found: Sequence[Found], now: datetime, parts: Parts, *, history: bool
) -> list[Alert]:
    """Store new items with their mentions and stories, and return what is worth an alert.

    `history` says that the source answered for the first time: its items without a date may be of any age.
    """
    if not found:
        return []
    ids = tx.add_items(source.name, [new_item(source, one, now) for one in found], now)
    mentions: list[tuple[Item, NewMention]] = []
    stories = StoryFinder(tx, source.name)
    stories.expect([one.mark for one in found if one.mark is not None])
    told: dict[int, set[str]] = {}
    for item_id, one in zip(ids, found, strict=True):
        if not one.readings:
            continue
        at = moment_of(one.item, now)
        story_id = stories.find(one.item, one.mark, at)
        if story_id not in told:
            told[story_id] = stories.brands_of(story_id)
        for reading in one.readings:
            first = reading.brand not in told[story_id]
            told[story_id].add(reading.brand)
            mention = NewMention(
                item_id=item_id, source=source.name, reading=reading, story_id=story_id, at=at, first_of_story=first
            )
            mentions.append((one.item, mention))
    mention_ids = tx.add_mentions([mention for _, mention in mentions], now)
    return [
        alert
        for mention_id, (item, mention) in zip(mention_ids, mentions, strict=True)
        for alert in parts.rules.mention_alerts(event_of(mention, mention_id, item, source, now, history=history), now)
    ]


def new_item(source: Source, found: Found, now: datetime) -> NewItem:
    """Return what the store needs of an item; the answers of a survey count for the source's brand."""
    return NewItem(item=found.item, keys=found.keys, brand=source.brand, at=moment_of(found.item, now))


def event_of(
    mention: NewMention, mention_id: int, item: Item, source: Source, now: datetime, *, history: bool
) -> events.MentionEvent:
    """Return what the rules look at."""
    assert mention.story_id is not None
    return events.MentionEvent(
        reading=mention.reading,
        item=item,
        source=source,
        mention_id=mention_id,
        story_id=mention.story_id,
        first_of_story=mention.first_of_story,
        seen_at=now,
        history=history,
    )


def moment_of(item: Item, now: datetime) -> datetime:
    """Return the moment at which an item enters the trends: when it was published, unless must not be in the future."""
    return item.published if item.published is not None and item.published <= now else now


class StoryFinder:
    """Finds the stories of one source's items, in one transaction."""

    def __init__(self, tx: Transaction, source: str) -> None:
        self._tx = tx
        self._source = source
        #: By story, who told it in this transaction, and before it as far as that was asked.
        self._told: dict[int, set[tuple[str, str]]] = {}
        self._told_before: dict[int, set[tuple[str, str]]] = {}
        #: Stories that are new.
        self._new: set[int] = set()

    def expect(self, marks: Sequence[Fingerprint]) -> None:
        """Read at once what `find` will need of items with these fingerprints."""
        if marks:
            self._tx.look_up_bands([band for mark in marks for band in mark.bands])

    def brands_of(self, story_id: int) -> set[str]:
        """Return the brands that a story has mentions of by now."""
        return set() if story_id in self._new else set(self._tx.brands_of_stories([story_id])[story_id])

    def find(self, item: Item, mark: Fingerprint | None, at: datetime) -> int:
        """Return the story that an item with a fingerprint belongs to: one that is there, or a new one.

        What one author tells at one place again and again, such as a weekly list of links, is a story each time,
        unless it is nearly the same text.
        """
        voice = voice_of(item.author, item.url)
        story_id = self._join(mark, voice, at) if mark is not None else None
        if story_id is None:
            # Too little text has no fingerprint, and no copies.
            signature, bands = (mark.signature, mark.bands) if mark is not None else (b"", ())
            story_id = self._tx.add_story(signature, bands, at, item.title)
            self._new.add(story_id)
        self._told.setdefault(story_id, set()).add(voice)
        return story_id

    def _join(self, mark: Fingerprint, voice: tuple[str, str], at: datetime) -> int | None:
        """Let an item join the story that it is most like, of equals the oldest, and return that; None without one."""
        own = story_marks.Signature(mark.signature)
        likely = self._tx.story_candidates(mark.bands, at - STORY_WINDOW)
        like = [(-likeness, story.id, story) for story in likely if (likeness := own.likeness(story.signature))]
        for _, story_id, story in sorted(like):
            if own.is_of(story.signature, same_voice=True) or not self._was_told_by(voice, story_id):
                self._tx.join_story(story_id, at, own.joined(story.signature), mark.bands)
                return story_id
        return None

    def _was_told_by(self, voice: tuple[str, str], story_id: int) -> bool:
        if voice in self._told.get(story_id, ()):
            return True
        before = self._told_before.get(story_id)
        if before is None:
            stored = self._tx.voices_of_story(story_id, self._source)
            before = self._told_before[story_id] = {voice_of(author, url) for author, url in stored}
        return voice in before


def voice_of(author: str | None, url: str | None) -> tuple[str, str]:
    """Return who speaks where: an author, and the host of an item's address; "" where there is none."""
    return author or "", host_of(url or "")
