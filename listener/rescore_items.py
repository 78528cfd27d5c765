"""Finds mentions in stored items that earlier settings missed: of a new brand, or a widened query.

Items that were nobody's mention are kept for `retention.items`; so far back a new brand is heard. Like all that is read
again, what is found enters the trends at its own time and alerts nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from listener.mentions.matcher import Matcher
from listener.mentions.stories import fingerprint
from listener.mentions.understand import Understander
from listener.poll_items import StoryFinder, matches, moment_of
from listener.storage import NewMention, StoredItem, Transaction
from listener.types import Reading, Source


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """An item with what it says about brands that it is no mention of yet."""

    stored: StoredItem
    at: datetime
    readings: tuple[Reading, ...]


class MissedMentions:
    """Looks through items for what was missed, for some brands and a time."""

    def __init__(
        self,
        matcher: Matcher,
        understander: Understander,
        sources: Mapping[str, Source],
        brands: Collection[str],
        start: datetime | None,
        end: datetime | None,
    ) -> None:
        """Take what reads, the sources of the settings by name, the brands, and the time, None without a bound."""
        self._matcher = matcher
        self._understander = understander
        self._sources = sources
        self._brands = frozenset(brands)
        self._start = start
        self._end = end

    def find(self, items: Sequence[StoredItem]) -> list[Missed]:
        """Return the items that are mentions by today's settings and weren't so far."""
        missed = []
        for stored in items:
            if self._brands <= stored.brands:
                continue
            at = moment_of(stored.item, stored.seen_at)
            if (self._start is not None and at < self._start) or (self._end is not None and at >= self._end):
                continue
            source = self._sources.get(stored.source.name, stored.source)
            readings = (
                self._understander.read(stored.item, match, source)
                for match in matches(source, stored.item, self._matcher)
                if match.brand in self._brands and match.brand not in stored.brands
            )
            known = tuple(one for one in readings if one is not None)
            if known:
                missed.append(Missed(stored=stored, at=at, readings=known))
        return missed


def store_missed(tx: Transaction, missed: Sequence[Missed], now: datetime) -> list[NewMention]:
    """Store what was found, and return it: what somebody else stored meanwhile is left out."""
    known = tx.mentions_of_items([one.stored.item_id for one in missed])
    told: dict[int, set[str]] = {}
    finders: dict[str, StoryFinder] = {}
    new = []
    for one in missed:
        stories = known.get(one.stored.item_id, {})
        readings = [reading for reading in one.readings if reading.brand not in stories]
        if not readings:
            continue
        story_id = next((story for story in stories.values() if story is not None), None)
        if story_id is None:
            item = one.stored.item
            finder = finders.setdefault(one.stored.source.name, StoryFinder(tx, one.stored.source.name))
            story_id = finder.find(item, fingerprint(item.title, item.text), one.at)
        if story_id not in told:
            told[story_id] = set(tx.brands_of_stories([story_id]).get(story_id, ()))
        for reading in readings:
            new.append(
                NewMention(
                    item_id=one.stored.item_id,
                    source=one.stored.source.name,
                    reading=reading,
                    story_id=story_id,
                    at=one.at,
                    first_of_story=reading.brand not in told[story_id],
                )
            )
            told[story_id].add(reading.brand)
    tx.add_mentions(new, now)
    return new
