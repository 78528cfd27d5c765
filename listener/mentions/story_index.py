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
#: Candidates that are verified for one item, the newest of each band first.
CANDIDATES = 96
#: Entries that are followed for one band.
CHAIN = 24


class StoryIndex:
    """Gives items a story each: that of a near copy seen before, or a new one."""

    def __init__(self) -> None:
        self._newest = array("I", bytes(4 * SLOTS))
        #: Of each entry (item times BANDS plus number of the band), the one before it in its chain; 0 for none.
        self._before = array("I", bytes(4 * BANDS))
        self._signatures = bytearray()
        self._ends = array("Q", [0])
        self._stories = array("I", [0])

    def add(self, print_: Fingerprint | None) -> int:
        """Return the number of an item's story: the number of its first item. Items are numbered from 1 as they come.

        An item without a fingerprint is a story of its own.
        """
        item = len(self._stories)
        story = item
        if print_ is not None:
            found = self._find(print_)
            story = self._stories[found] if found else item
            self._signatures += print_.signature
        self._ends.append(len(self._signatures))
        self._stories.append(story)
        self._before.frombytes(bytes(4 * BANDS))
        if print_ is not None:
            for number, band in enumerate(print_.bands):
                slot = band & (SLOTS - 1)
                entry = item * BANDS + number
                self._before[entry] = self._newest[slot]
                self._newest[slot] = entry
        return story

    def _find(self, print_: Fingerprint) -> int:
        """Return the item most like this one among the candidates that are the same story; 0 for none."""
        seen: set[int] = set()
        for band in print_.bands:
            entry = self._newest[band & (SLOTS - 1)]
            for _ in range(CHAIN):
                if not entry or len(seen) >= CANDIDATES:
                    break
                item = entry // BANDS
                entry = self._before[entry]
                if item in seen:
                    continue
                seen.add(item)
                signature = bytes(self._signatures[self._ends[item - 1] : self._ends[item]])
                if same_story(print_.signature, signature):
                    return item
        return 0
