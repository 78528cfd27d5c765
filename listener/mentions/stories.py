"""Stories: copies of one text, however syndicated, quoted or lightly edited, found without comparing all with all.
Pure.

A fingerprint holds bands, numbers that near copies are likely to share, to be looked up in an index; and a
signature that decides for a candidate found so. Two kinds of likeness count:

- of titles and short texts, the share of common words (Jaccard of the sets of words) must be `SHORT_LIKENESS`;
- of longer texts, the share of common runs of three words must be `LONG_LIKENESS`: revisions keep runs, other texts
  about the same thing do not (Clough and Stevenson, Developing a corpus of plagiarised short answers, 2011).

Both are estimated from MinHash sketches (Broder 1997): bands of two minima for the first, of one minimum for the
second. A text is read for its first `LEAD_WORDS` words: a copy that a feed cut short is a copy, too.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from listener.mentions.words import words_of

#: Words that say nothing about which story it is.
_COMMON = frozenset(
    "a an and are as at be by for from has have he her his i in is it its me my new of on or our says she that the "
    "their "
    "they this to was we were will with you your".split()
)
SHORT_LIKENESS = 0.56
LONG_LIKENESS = 0.16
#: Of a text, words that are read.
LEAD_WORDS = 220
#: A text with fewer words is compared by its words, one with more by its runs of three.
LONG_WORDS = 40
#: Fewer different words (title) can't be told from another text with the same few.
LEAST_WORDS = 3
SHORT_BANDS = 16
LONG_BANDS = 24
#: Hashes that a signature keeps.
SKETCH = 64
#: Bands of one fingerprint at most.
BANDS = SHORT_BANDS + LONG_BANDS

_MERSENNE = (1 << 61) - 1
_MASK = (1 << 64) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What is stored of an item to find its copies."""

    #: Each fits a signed 64-bit integer. Near copies share at least one, almost surely.
    bands: tuple[int, ...]
    #: Decides, by `same_story`.
    signature: bytes


def fingerprint(title: str, text: str) -> Fingerprint | None:
    """Return what finds the copies of an item; None where there are too few words to tell it from another."""
    heading = [word for word in words_of(title).words if word not in _COMMON]
    body = words_of(text[: LEAD_WORDS * 12]).words[:LEAD_WORDS]
    short: list[str] = heading
    if len(set(heading)) < LEAST_WORDS + 2 and len(body) < LONG_WORDS:
        short = heading + [word for word in body if word not in _COMMON]
    words = _hashes(short) if len(set(short)) >= LEAST_WORDS else []
    runs: list[int] = []
    if len(body) >= LONG_WORDS:
        runs = _hashes(" ".join(body[at : at + 3]) for at in range(len(body) - 2))
    if not words and not runs:
        return None
    bands = [*_short_bands(words), *_long_bands(runs)]
    words, runs = words[:SKETCH], runs[:SKETCH]
    signature = struct.pack(f"<BB{len(words)}I{len(runs)}I", len(words), len(runs), *_cut(words), *_cut(runs))
    return Fingerprint(bands=tuple(bands), signature=signature)


def same_story(a: bytes, b: bytes) -> bool:
    """Tell whether two signatures are of one story."""
    words_a, runs_a = _unpack(a)
    words_b, runs_b = _unpack(b)
    if runs_a and runs_b:
        return _likeness(runs_a, runs_b) >= LONG_LIKENESS
    return bool(words_a and words_b) and _likeness(words_a, words_b) >= SHORT_LIKENESS


def _hashes(parts: Iterable[str]) -> list[int]:
    """Return the different 64-bit hashes of parts, in rising order. Stable: not Python's own hash."""
    digest = hashlib.blake2b
    return sorted({int.from_bytes(digest(part.encode(), digest_size=8).digest(), "little") for part in parts})


def _cut(hashes: list[int]) -> list[int]:
    """Keep the upper halves, whose order is that of the whole."""
    return [one >> 32 for one in hashes]


def _unpack(signature: bytes) -> tuple[list[int], list[int]]:
    words, runs = signature[0], signature[1]
    numbers = struct.unpack_from(f"<{words + runs}I", signature, 2)
    return list(numbers[:words]), list(numbers[words:])


def _likeness(a: list[int], b: list[int]) -> float:
    """Estimate the Jaccard likeness of two sets from the smallest hashes of each: exact for sets that fit."""
    size = min(SKETCH, max(len(a), len(b)))
    union = sorted({*a, *b})
    if len(a) >= SKETCH or len(b) >= SKETCH:
        union = union[:size]
    both = {*a} & {*b}
    return sum(one in both for one in union) / len(union)


def _minima(hashes: list[int], count: int, salt: int) -> list[int]:
    """Return `count` independent minima: each of the hashes permuted by another linear function modulo a prime."""
    minima = []
    for number in range(count):
        factor = (0x9E3779B97F4A7C15 * (2 * number + 1 + salt)) % _MERSENNE
        offset = (0xC2B2AE3D27D4EB4F * (number + 1 + salt)) % _MERSENNE
        minima.append(min([(one * factor + offset) % _MERSENNE for one in hashes]))
    return minima


def _short_bands(hashes: list[int]) -> list[int]:
    if not hashes:
        return []
    minima = _minima(hashes, 2 * SHORT_BANDS, 1)
    return [_band(number, minima[2 * number], minima[2 * number + 1]) for number in range(SHORT_BANDS)]


def _long_bands(hashes: list[int]) -> list[int]:
    if not hashes:
        return []
    minima = _minima(hashes, LONG_BANDS, 1_000_003)
    return [_band(SHORT_BANDS + number, minimum, 0) for number, minimum in enumerate(minima)]


def _band(number: int, one: int, two: int) -> int:
    """Mix a band's number and minima into a signed 64-bit integer."""
    mixed = (one * 0x9E3779B97F4A7C15 + two * 0xC2B2AE3D27D4EB4F + number * 0x165667B19E3779F9) & _MASK
    mixed ^= mixed >> 29
    return mixed - (1 << 63)
