"""An index of stories in memory: finds the story of a new item among a million others. Pure.

The daemon keeps its bands in the database; this serves `listener group`, which has none. Bands are chained: a table of
the newest entry by band, and for each entry the one before it in the same slot, its item, and 16 bits of its band that
the slot doesn't tell: slots are shared by many bands, and a candidate from a mere collision would cost a comparison.
All in arrays: a title takes 16 entries of 10 bytes and a signature of 50 to 100.
"""

from __future__ import annotations

from array import array
from collections import Counter
from itertools import chain

from listener.mentions.stories import Fingerprint, Signature

#: Slots of the table of newest entries: a power of two.
SLOTS = 1 << 23
#: Candidates that are verified for one item.
CANDIDATES = 24
#: Entries of its own band that are followed for one band, and entries of any.
CHAIN = 24
STEPS = 96


class StoryIndex:
    """Joins items to stories: near copies, and near copies of these."""

    def __init__(self) -> None:
        self._newest = array("I", bytes(4 * SLOTS))
        #: Of each entry (from 1 on): the one before it in its slot (0 for none), its item, and what tells its band.
        self._before = array("I", [0])
        self._items = array("I", [0])
        self._tags = array("H", [0])
        self._signatures = bytearray()
        self._ends = array("Q", [0])
        #: Of each item another of its story that came before; itself for the first one.
        self._parents = array("I", [0])

    def add(self, print_: Fingerprint | None) -> int:
        """Take an item in and return its number. Items are numbered from 1 as they come.

        Stories that the item is a near copy of become one. An item without a fingerprint is a story of its own.
        """
        item = len(self._parents)
        self._parents.append(item)
        if print_ is not None:
            for other in self._find(print_):
                self._join(item, other)
            self._signatures += print_.signature
            self._enter(item, print_)
        self._ends.append(len(self._signatures))
        return item

    def story(self, item: int) -> int:
        """Return the number of the first item of an item's story, by what is known so far."""
        parents = self._parents
        while parents[item] != item:
            parents[item] = parents[parents[item]]
            item = parents[item]
        return item

    def _join(self, one: int, other: int) -> None:
        one, other = self.story(one), self.story(other)
        self._parents[max(one, other)] = min(one, other)

    def _enter(self, item: int, print_: Fingerprint) -> None:
        newest = self._newest
        for band in print_.bands:
            slot = band & (SLOTS - 1)
            self._before.append(newest[slot])
            newest[slot] = len(self._items)
            self._items.append(item)
            self._tags.append(band >> 32 & 0xFFFF)

    def _find(self, print_: Fingerprint) -> list[int]:
        """Return items of the same story among the candidates, one for each story that is known as such."""
        shared = Counter(chain.from_iterable(map(self._sharing, print_.bands)))
        # Near copies share several bands; those that share most are looked at first.
        likely = sorted(shared, key=shared.__getitem__, reverse=True)[:CANDIDATES]
        if not likely:
            return []
        own = Signature(print_.signature)
        found: dict[int, int] = {}
        for item in likely:
            story = self.story(item)
            if story not in found and own.is_of(bytes(self._signatures[self._ends[item - 1] : self._ends[item]])):
                found[story] = item
        return list(found.values())

    def _sharing(self, band: int) -> list[int]:
        """Return the newest items that have a band."""
        before, tags = self._before, self._tags
        tag = band >> 32 & 0xFFFF
        found: list[int] = []
        entry = self._newest[band & (SLOTS - 1)]
        for _ in range(STEPS):
            if not entry:
                break
            if tags[entry] == tag:
                found.append(self._items[entry])
                if len(found) == CHAIN:
                    break
            entry = before[entry]
        return found
