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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from zlib import crc32

from listener.mentions.words import plain_words

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

_PRIME = (1 << 61) - 1
_MASK = (1 << 64) - 1
#: Odd constants, the golden ratio's and others of splitmix64 and xxHash, that spread bits.
_SPREAD, _MIX, _STEP = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What is stored of an item to find its copies."""

    #: Each fits a signed 64-bit integer. Near copies share at least one, almost surely.
    bands: tuple[int, ...]
    #: Decides, by `Signature.is_of`.
    signature: bytes


def fingerprint(title: str, text: str) -> Fingerprint | None:
    """Return what finds the copies of an item; None where there are too few words to tell it from another."""
    heading = plain_words(title)
    body = plain_words(text[:LEAD_CHARACTERS])[:LEAD_WORDS]
    runs = _spread(_runs(body)) if len(body) >= LONG_WORDS else []
    short: Sequence[str] = heading
    if len(body) < LONG_WORDS and len(set(heading)) <= LEAST_WORDS:
        short = (*heading, *body)
    words = _spread([crc32(word.encode()) for word in short]) if len(set(short)) >= LEAST_WORDS else []
    if not words and not runs:
        return None
    sizes = (len(words), len(runs))
    kept = [*words[:SKETCH], *runs[:SKETCH]]
    # The upper halves keep the order of the whole.
    signature = struct.pack(f"<HH{len(kept)}I", *sizes, *(one >> 32 for one in kept))
    return Fingerprint(bands=(*_short_bands(words), *_long_bands(runs)), signature=signature)


class Signature:
    """A signature, read once to be compared with many."""

    def __init__(self, signature: bytes) -> None:
        self._words, self._runs, self._size = _unpacked(signature)

    def is_of(self, other: bytes, *, same_voice: bool = False) -> bool:
        """Tell whether another signature is of the same story, told by others or by the `same_voice`."""
        words, runs, size = _unpacked(other)
        if runs and self._runs:
            share = self._containment(runs, size)
            if same_voice:
                return share >= SAME_VOICE_LIKENESS
            if not LONG_LIKENESS <= share < OTHER_TITLE_LIKENESS:
                return share >= LONG_LIKENESS
            # In between the titles decide, where both have one of some length.
            return not (words and self._words) or _likeness(self._words, words) >= TITLE_LIKENESS
        if not words or not self._words:
            return False
        least = SAME_VOICE_LIKENESS if same_voice else SHORT_LIKENESS
        fewer, more = sorted((len(words), len(self._words)))
        # Words in common are no more than the fewer: most candidates are decided by that.
        return (more == SKETCH or fewer >= least * more) and _likeness(self._words, words) >= least

    def _containment(self, runs: frozenset[int], size: int) -> float:
        """Estimate which share of the smaller set of runs the larger one holds."""
        likeness = _likeness(self._runs, runs)
        return likeness * (self._size + size) / ((1 + likeness) * max(1, min(self._size, size)))


def _unpacked(signature: bytes) -> tuple[frozenset[int], frozenset[int], int]:
    """Return the hashes of words and of runs that were kept, and how many runs there were."""
    words, size = struct.unpack_from("<HH", signature)
    numbers = struct.unpack_from(f"<{(len(signature) - 4) // 4}I", signature, 4)
    cut = min(words, SKETCH)
    return frozenset(numbers[:cut]), frozenset(numbers[cut:]), size


def _runs(words: Sequence[str]) -> list[int]:
    """Return the CRC-32 of each run of three words, with one space between two."""
    row = " ".join(words).encode()
    ends = list(accumulate([len(word) + 1 for word in row.split(b" ")]))
    return [crc32(row[start : end - 1]) for start, end in zip((0, *ends), ends[2:], strict=False)]


def _spread(hashes: Iterable[int]) -> list[int]:
    """Return different hashes of 64 bits, in rising order. Stable: not Python's own hash."""
    return sorted([(one * _SPREAD) & _MASK for one in set(hashes)])


def _likeness(a: frozenset[int], b: frozenset[int]) -> float:
    """Estimate the Jaccard likeness of two sets from the smallest hashes of each: exact for sets that fit."""
    both = a & b
    if len(a) < SKETCH and len(b) < SKETCH:
        return len(both) / (len(a) + len(b) - len(both))
    smallest = sorted(a | b)[:SKETCH]
    return len(both.intersection(smallest)) / len(smallest)


def _short_bands(hashes: Sequence[int]) -> list[int]:
    """Return bands of two minima each: of the hashes permuted by linear functions modulo a prime."""
    if not hashes:
        return []
    minima = [min([(one * factor + offset) % _PRIME for one in hashes]) for factor, offset in _PERMUTATIONS]
    return [_band(number, *minima[2 * number : 2 * number + 2]) for number in range(SHORT_BANDS)]


_PERMUTATIONS = tuple(
    ((_SPREAD * (2 * number + 3)) % _PRIME, (_MIX * (number + 2)) % _PRIME) for number in range(2 * SHORT_BANDS)
)


def _long_bands(hashes: Sequence[int]) -> list[int]:
    """Return the smallest hash of each bin; the lowest bits choose the bin, so bins are independent of the order."""
    minima: dict[int, int] = {}
    for one in hashes:
        # Rising order: the first of a bin is its smallest.
        minima.setdefault((one >> 16) % LONG_BANDS, one)
        if len(minima) == LONG_BANDS:
            break
    return [_band(SHORT_BANDS + number, minimum, 0) for number, minimum in sorted(minima.items())]


def _band(number: int, one: int, two: int) -> int:
    """Mix a band's number and minima into a signed 64-bit integer."""
    mixed = (one * _SPREAD + two * _MIX + number * _STEP) & _MASK
    mixed ^= mixed >> 29
    return mixed - (1 << 63)
