"""An index of stories in memory: finds the story of a new item among a million others. Pure.

The daemon keeps its bands in the database; this serves `listener group`, which has none. Bands are chained: a table of
the newest entry by band, and for each entry the one before it with the same band. All in arrays: 1 million titles take
about 300 MB.
"""

from __future__ import annotations

from array import array

from listener.mentions.stories import BANDS, Fingerprint, same_story

#: Slots of the table of newest entries: a power of two.
SLOTS = 1 << 23
#: Candidates that are verified for one item.
CANDIDATES = 24
#: Entries that are followed for one band.
CHAIN = 24


class StoryIndex:
    """Joins items to stories: near copies, and near copies of these."""

    def __init__(self) -> None:
        self._newest = array("I", bytes(4 * SLOTS))
        #: Of each entry (item times BANDS plus number of the band), the one before it in its chain; 0 for none.
        self._before = array("I", bytes(4 * BANDS))
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
        self._ends.append(len(self._signatures))
        self._before.frombytes(bytes(4 * BANDS))
        if print_ is not None:
            for number, band in enumerate(print_.bands):
                slot = band & (SLOTS - 1)
                entry = item * BANDS + number
                self._before[entry] = self._newest[slot]
                self._newest[slot] = entry
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

    def _find(self, print_: Fingerprint) -> list[int]:
        """Return items of the same story among the candidates, one for each story that is known as such."""
        shared: dict[int, int] = {}
        newest, before = self._newest, self._before
        for band in print_.bands:
            entry = newest[band & (SLOTS - 1)]
            for _ in range(CHAIN):
                if not entry:
                    break
                item = entry // BANDS
                shared[item] = shared.get(item, 0) + 1
                entry = before[entry]
        # Near copies share several bands; those that share most are looked at first.
        likely = sorted(shared, key=shared.__getitem__, reverse=True)[:CANDIDATES]
        found: dict[int, int] = {}
        for item in likely:
            story = self.story(item)
            if story in found:
                continue
            signature = bytes(self._signatures[self._ends[item - 1] : self._ends[item]])
            if same_story(print_.signature, signature):
                found[story] = item
        return list(found.values())
