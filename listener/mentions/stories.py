"""Stories: copies of one text, syndicated, quoted or lightly edited, found without comparing all with all. Pure.

A fingerprint holds bands, numbers that near copies are likely to share, to be looked up in an index; and a signature
that decides for a candidate found so. Two kinds of likeness count:

- of titles and short texts, the share of common words in all words (Jaccard) must be `SHORT_LIKENESS`;
- of longer texts, the share of the shorter one's runs of three words that the other has, too, must be
  `LONG_LIKENESS`: a copy that was cut short or edited keeps runs, another text about the same thing doesn't (Clough
  and Stevenson, Developing a corpus of plagiarised short answers, 2011). Under another title it must be more.

Both are estimated from MinHash sketches (Broder 1997): bands of two minima for the first; for the second one minimum
in each bin of one permutation (Li, Owen and Zhang 2012), which costs one pass.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence, Set
from zlib import crc32

import msgspec

from listener.mentions.words import plain_words, rough_words

SHORT_LIKENESS = 0.56
#: Answers that people wrote by themselves to one question share up to .08 (Clough and Stevenson's corpus), and the
#: estimate errs by .04; of 2,016 pairs of real news articles (Scrapinghub's) only two pass .05, each
#: of one event: .09 and .14.
LONG_LIKENESS = 0.16
#: Under titles with less in common than TITLE_LIKENESS the shorter text has to share so many of its runs. Of a thousand
#: real feeds the pairs with such titles shared .17 to .32 of their runs, all of them a site's frame around different
#: texts, or .81 and more.
OTHER_TITLE_LIKENESS = 0.5
TITLE_LIKENESS = 0.2
#: Of one author at one place, who uses a frame of their own again and again (a weekly list, a changelog): less
#: than this, of either kind, is another story. Of the 31 pairs with different texts that 200 real feeds made at the
#: limits above, 30 were of one source, and nearly all of these shared no more than such a frame.
SAME_VOICE_LIKENESS = 0.8
#: A story is known by the signatures of so many items at most, and what is like another of them than the first must
#: share so much with the first. Of pairs of news titles that share .6 of their words the first alone leads .63 into one
#: story, eight lead .79; all pairs in one story were of one event.
STORY_PARTS = 8
AKIN_LIKENESS = 0.3
#: Of a text, words that are read, and characters that are looked at for them.
LEAD_WORDS = 600
LEAD_CHARACTERS = 6_000
#: A text with fewer words is compared by its words, one with more by its runs.
LONG_WORDS = 40
#: Titles with fewer different words can't be told from other titles with the same few.
LEAST_WORDS = 4
#: Bands of two minima find two sets that share 60 % with a probability of .999, and 30 % with .78.
SHORT_BANDS = 16
LONG_BANDS = 32
#: Hashes that a signature keeps of either kind.
SKETCH = 96
#: Of so many of the smallest hashes of runs nearly always all bands can be told; sorting the others takes longer.
ENOUGH = 260

_PRIME = (1 << 61) - 1
_MASK = (1 << 64) - 1
#: Odd constants, the golden ratio's and others of splitmix64 and xxHash, that spread bits.
_SPREAD, _MIX, _STEP = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9


class Fingerprint(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored of an item to find its copies."""

    #: Each fits a signed 64-bit integer. Near copies share at least one, almost surely.
    bands: tuple[int, ...]
    #: Decides, by `Signature.is_of`.
    signature: bytes


def fingerprint(title: str, text: str) -> Fingerprint | None:
    """Return what finds the copies of an item; None where there are too few words to tell it from another."""
    heading = plain_words(title)
    lead = text[:LEAD_CHARACTERS]
    body = rough_words(lead, LEAD_WORDS)
    is_long = len(body) >= LONG_WORDS
    short: Sequence[str] = heading
    if not is_long and len(set(heading)) <= LEAST_WORDS:
        short = (*heading, *plain_words(lead))
    words = _spread({crc32(word.encode()) for word in short})
    hashes = _runs(body) if is_long else set()
    if len(words) < LEAST_WORDS and not hashes:
        return None
    runs, long_bands = _sketch(hashes)
    kept = [*words[:SKETCH], *runs[:SKETCH]]
    # The upper halves keep the order of the whole.
    signature = struct.pack(f"<HH{len(kept)}I", len(words), len(hashes), *[one >> 32 for one in kept])
    short_bands = _short_bands(words) if len(words) >= LEAST_WORDS else []
    return Fingerprint(bands=(*short_bands, *long_bands), signature=signature)


class Signature:
    """An item's signature, read once to be compared with those of many stories.

    A story's signature is that of its first item, and behind it those of a few others that told it by a title or a
    short text of other words: a title that is edited again and again ends far from where it began.
    """

    def __init__(self, signature: bytes) -> None:
        words, runs, self._size = _unpacked(signature)
        self._words, self._runs = frozenset(words), frozenset(runs)
        self._bytes = signature

    def is_of(self, story: bytes, *, same_voice: bool = False) -> bool:
        """Return whether the item belongs to a story of others, or of the `same_voice`."""
        return self.likeness(story, same_voice=same_voice) > 0

    def likeness(self, story: bytes, *, same_voice: bool = False) -> float:
        """Return how like a story the item is, up to 1; 0 where it doesn't belong to it."""
        first, *others = _parts(story)
        likeness = self._likeness(first, same_voice=same_voice)
        if others and self._is_akin(first):
            return max(likeness, *(self._likeness(other, same_voice=same_voice) for other in others))
        return likeness

    def joined(self, story: bytes) -> bytes | None:
        """Return a story's signature with this one in it; None if it adds nothing."""
        parts = _parts(story)
        if self._runs or len(parts) == STORY_PARTS or any(self._likeness(part, same_voice=True) for part in parts):
            return None
        return story + self._bytes

    def _is_akin(self, first: bytes) -> bool:
        words, _, _ = _unpacked(first)
        return bool(words and self._words) and _likeness(self._words, words, AKIN_LIKENESS) > 0

    def _likeness(self, other: bytes, *, same_voice: bool) -> float:
        words, runs, size = _unpacked(other)
        if runs and self._runs:
            share = self._containment(runs, size, SAME_VOICE_LIKENESS if same_voice else LONG_LIKENESS)
            if same_voice or not 0 < share < OTHER_TITLE_LIKENESS or not (words and self._words):
                return share
            # In between the titles decide, where both have one.
            return share if _likeness(self._words, words, TITLE_LIKENESS) else 0.0
        least = SAME_VOICE_LIKENESS if same_voice else SHORT_LIKENESS
        fewer, more = sorted((len(words), len(self._words)))
        # Words in common are no more than the fewer: most candidates are decided by that.
        if fewer < LEAST_WORDS or (more < SKETCH and fewer < least * more):
            return 0.0
        return _likeness(self._words, words, least)

    def _containment(self, runs: Sequence[int], size: int, least: float) -> float:
        """Estimate which share of the smaller set of runs the larger one holds; 0 where it is less than `least`."""
        both, smaller = self._size + size, max(1, min(self._size, size))
        likeness = _likeness(self._runs, runs, least * smaller / max(1, both - least * smaller))
        return likeness * both / ((1 + likeness) * smaller)


def _parts(story: bytes) -> list[bytes]:
    """Return the signatures that a story's is made of."""
    parts = []
    at = 0
    while at < len(story):
        words, size = struct.unpack_from("<HH", story, at)
        end = at + 4 + 4 * (min(words, SKETCH) + min(size, SKETCH))
        parts.append(story[at:end])
        at = end
    return parts


def _unpacked(signature: bytes) -> tuple[Sequence[int], Sequence[int], int]:
    """Return the hashes of words and of runs that were kept, and how many runs there were."""
    words, size = struct.unpack_from("<HH", signature)
    numbers = struct.unpack_from(f"<{(len(signature) - 4) // 4}I", signature, 4)
    cut = min(words, SKETCH)
    return numbers[:cut], numbers[cut:], size


def _runs(words: Sequence[bytes]) -> set[int]:
    """Return the CRC-32 of each run of three words, with one space between two."""
    return {*map(crc32, map(b" ".join, zip(words, words[1:], words[2:], strict=False)))}


def _spread(hashes: Iterable[int], below: int = 1 << 64) -> list[int]:
    """Return hashes of 64 bits, those that are less than a bound, in rising order. Stable: not Python's own hash."""
    return sorted([spread for one in hashes if (spread := (one * _SPREAD) & _MASK) < below])


def _sketch(hashes: Set[int]) -> tuple[list[int], list[int]]:
    """Return the smallest of the spread hashes of runs, `SKETCH` at least where there are so many, and their bands."""
    if len(hashes) > ENOUGH:
        smallest = _spread(hashes, (ENOUGH << 64) // len(hashes))
        bands = _long_bands(smallest)
        if len(smallest) >= SKETCH and len(bands) == LONG_BANDS:
            return smallest, bands
    whole = _spread(hashes)
    return whole, _long_bands(whole)


def _likeness(a: frozenset[int], b: Sequence[int], least: float) -> float:
    """Estimate the Jaccard likeness of two sets from the smallest hashes of each: exact for sets that fit.

    Less than `least` is told as 0: most are, by the number that they have in common alone.
    """
    common = a.intersection(b)
    if len(a) < SKETCH and len(b) < SKETCH:
        likeness = len(common) / (len(a) + len(b) - len(common))
    elif len(common) < least * SKETCH:
        return 0.0
    else:
        likeness = len(common.intersection(sorted(a.union(b))[:SKETCH])) / SKETCH
    return likeness if likeness >= least else 0.0


def _short_bands(hashes: Sequence[int]) -> list[int]:
    """Return bands of two minima each: of the hashes permuted by linear functions modulo a prime."""
    if not hashes:
        return []
    minima = list(map(min, zip(*map(_permuted, hashes), strict=True)))
    pairs = zip(_STEPS, minima[::2], minima[1::2], strict=False)
    return _mixed([one * _SPREAD + two * _MIX + step for step, one, two in pairs])


#: Bits of one permuted hash among several side by side in one number.
_LANE = 128


def _side_by_side(numbers: Iterable[int]) -> int:
    return sum(number << _LANE * place for place, number in enumerate(numbers))


_FACTORS = _side_by_side((_SPREAD * (2 * number + 3)) % _PRIME for number in range(2 * SHORT_BANDS))
_OFFSETS = _side_by_side((_MIX * (number + 2)) % _PRIME for number in range(2 * SHORT_BANDS))
#: Of each lane what is below 2^61, and what is left when that is shifted out.
_LOW = _side_by_side([_PRIME] * 2 * SHORT_BANDS)
_HIGH = _side_by_side([(1 << _LANE - 61) - 1] * 2 * SHORT_BANDS)
_LANES = struct.Struct("<" + "Q8x" * 2 * SHORT_BANDS)


def _permuted(one: int) -> Sequence[int]:
    """Return a hash by all permutations, worked out as one number: a fifth of the time of one after the other.

    2^61 is one more than the prime, so that the upper bits are added to the lower ones. Twice makes the remainder, but
    for one in 2^57 that stays a few above the prime: it is as good a hash.
    """
    lanes = one * _FACTORS + _OFFSETS
    lanes = (lanes & _LOW) + (lanes >> 61 & _HIGH)
    lanes = (lanes & _LOW) + (lanes >> 61 & _HIGH)
    return _LANES.unpack(lanes.to_bytes(_LANES.size, "little"))


def _long_bands(hashes: Sequence[int]) -> list[int]:
    """Return the smallest hash of each bin; the lowest bits choose the bin, so bins are independent of the order."""
    minima: dict[int, int] = {}
    for one in hashes:
        # Rising order: the first of a bin is its smallest.
        minima.setdefault((one >> 16) % LONG_BANDS, one)
        if len(minima) == LONG_BANDS:
            break
    return _mixed([minimum * _SPREAD + _STEPS[SHORT_BANDS + number] for number, minimum in sorted(minima.items())])


#: What tells one band from another with the same minima.
_STEPS = tuple(number * _STEP for number in range(SHORT_BANDS + LONG_BANDS))


def _mixed(numbers: Sequence[int]) -> list[int]:
    """Spread the bits of bands over signed 64-bit integers."""
    return [((band := number & _MASK) ^ band >> 29) - (1 << 63) for number in numbers]
