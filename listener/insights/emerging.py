"""Emerging pain points: phrases that recur in recent complaints and didn't before. Pure.

A phrase is one to four neighbouring words that begin and end with no word that everybody uses all the time. Counted
are voices: each story once, so that copies don't count, and each author once. Late and earlier voices are compared by
Dunning's log-likelihood ratio (Accurate Methods for the Statistics of Surprise and Coincidence, Computational
Linguistics 19, 1993), which holds for rare events, too. Phrases that the same voices use are one pain, called by the
longest of them.

Memory is bounded: phrases are counted by lossy counting (Manku and Motwani, Approximate Frequency Counts over Data
Streams, VLDB 2002), which forgets rare ones where there are too many, and of others may miss the first: rather too
little is found than too much. Texts are read three times instead of being held.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Final, Literal, TypeAlias

import msgspec

Phrase: TypeAlias = tuple[str, ...]

WORDS_LIMIT: Final = 4
#: A single word shorter than this names no pain.
WORD_LENGTH: Final = 4
#: Voices that have to use a phrase.
LEAST_VOICES: Final = 3
#: Quantile of chi squared with one degree of freedom: surprises as big come by chance once in a hundred times.
SURPRISE: Final = 6.63
#: How much more often than before a phrase must be used.
RISE: Final = 2.0
#: With fewer earlier voices there is nothing to compare with: what recurs is told, and called that.
EARLIER_VOICES: Final = 10
#: Phrases held while counting, and of them those that are looked at closely.
PHRASES_LIMIT: Final = 200_000
CLOSE_LIMIT: Final = 300
#: Phrases with this share of the smaller one's voices in common are one pain.
SHARED: Final = 0.6
#: A longer phrase gives its name to a pain if it is used by this share of the voices of the most surprising one.
NAMING: Final = 0.7
VARIANTS_LIMIT: Final = 5
#: Voices remembered of one phrase.
VOICES_LIMIT: Final = 5_000

State: TypeAlias = Literal["new", "rising", "recurring"]


class Voice(msgspec.Struct, frozen=True, kw_only=True):
    """A complaint: one story, with its first author."""

    mention_id: int
    #: Words that stand next to each other, in lower case.
    runs: tuple[Phrase, ...]
    #: Who says it; None: not known, and taken for nobody else.
    who: str | None
    reach: float


class Pain(msgspec.Struct, frozen=True, kw_only=True):
    """A pain that recurs and isn't known."""

    #: In its own words.
    name: str
    #: Other phrases for it, the most surprising first.
    variants: tuple[str, ...]
    #: new: nobody said so before; rising; recurring: too little is known of before.
    state: State
    #: Voices of late, and before.
    late: int
    earlier: int
    #: How many times as often as before; None where nobody said so before, or too little is known.
    rise: float | None
    #: Log-likelihood ratio; None where too little is known of before.
    surprise: float | None
    #: Mentions to quote, those that reach most people first.
    mentions: tuple[int, ...]


class Emerging(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, and in how many voices."""

    pains: tuple[Pain, ...]
    late: int
    earlier: int


class _Candidate(msgspec.Struct):
    """A phrase under a closer look."""

    phrase: Phrase
    late: int
    earlier: int
    surprise: float
    voices: set[int]

    @property
    def text(self) -> str:
        return " ".join(self.phrase)


def emerging(
    late: Callable[[], Iterable[Voice]],
    earlier: Callable[[], Iterable[Voice]],
    frequent: Collection[str],
    *,
    limit: int = 20,
) -> Emerging:
    """Return the pains that emerge, the most surprising first.

    `late` and `earlier` yield the same voices each time they are called. `frequent` are words that everybody uses.
    """
    counts, late_voices = _count(late(), frequent)
    candidates = {phrase: count for phrase, count in counts.items() if count >= LEAST_VOICES}
    starts = {phrase[0] for phrase in candidates}
    before: Counter[Phrase] = Counter()
    earlier_voices = 0
    for voice in earlier():
        earlier_voices += 1
        before.update(set(phrases(voice.runs, frequent, starts)) & candidates.keys())
    known = earlier_voices >= EARLIER_VOICES
    close = []
    for phrase, count in candidates.items():
        surprise = log_likelihood(count, late_voices, before[phrase], earlier_voices) if known else float(count)
        rises = _rise(count, late_voices, before[phrase], earlier_voices) >= RISE
        # A single word that merely recurs says nothing; one that is new may.
        if (surprise >= SURPRISE and rises) if known else len(phrase) > 1:
            close.append((surprise, len(phrase), phrase))
    close.sort(key=lambda one: (-one[0], -one[1], one[2]))
    found = [
        _Candidate(phrase=phrase, late=0, earlier=before[phrase], surprise=surprise, voices=set())
        for surprise, _, phrase in close[:CLOSE_LIMIT]
    ]
    reach = _listen(late(), found, frequent)
    pains = (
        _pain(group, reach, late_voices, earlier_voices, known=known)
        for group in _grouped([one for one in found if one.late >= LEAST_VOICES])
    )
    return Emerging(pains=tuple(pains)[:limit], late=late_voices, earlier=earlier_voices)


def phrases(
    runs: Sequence[Phrase], frequent: Collection[str], starts: Collection[str] | None = None
) -> Iterator[Phrase]:
    """Yield the phrases of a text; with `starts` only those that begin with one of these words."""
    for run in runs:
        ends = [word not in frequent and len(word) > 1 and not word[0].isdigit() for word in run]
        for start, first in enumerate(run):
            if not ends[start] or (starts is not None and first not in starts):
                continue
            if len(first) >= WORD_LENGTH:
                yield run[start : start + 1]
            for stop in range(start + 2, min(len(run), start + WORDS_LIMIT) + 1):
                if ends[stop - 1]:
                    yield run[start:stop]


def _count(voices: Iterable[Voice], frequent: Collection[str]) -> tuple[dict[Phrase, int], int]:
    """Count the voices that use each phrase; return the counts, at least those of frequent phrases, and all voices."""
    counts: dict[Phrase, int] = {}
    missed: dict[Phrase, int] = {}
    forgotten = total = 0
    for voice in voices:
        total += 1
        for phrase in set(phrases(voice.runs, frequent)):
            if phrase not in counts:
                counts[phrase] = 0
                if forgotten:
                    missed[phrase] = forgotten
            counts[phrase] += 1
        while len(counts) > PHRASES_LIMIT:
            forgotten += 1
            counts = {one: count for one, count in counts.items() if count + missed.get(one, 0) > forgotten}
            missed = {one: count for one, count in missed.items() if one in counts}
    return counts, total


def log_likelihood(late: int, late_total: int, earlier: int, earlier_total: int) -> float:
    """Return Dunning's ratio of how likely two counts are with two rates, and with one: -2 log lambda, 0 or more."""
    rate = (late + earlier) / (late_total + earlier_total)
    ratio = 0.0
    for count, total in ((late, late_total), (earlier, earlier_total)):
        ratio += _term(count, total * rate) + _term(total - count, total * (1 - rate))
    return max(0.0, 2 * ratio)


def _term(seen: int, expected: float) -> float:
    return seen * math.log(seen / expected) if seen else 0.0


def _rise(late: int, late_total: int, earlier: int, earlier_total: int) -> float:
    return math.inf if not earlier else (late / late_total) / (earlier / earlier_total)


def _listen(voices: Iterable[Voice], found: Sequence[_Candidate], frequent: Collection[str]) -> dict[int, float]:
    """Note for each candidate who uses it, each author once; return the reach of these mentions."""
    by_phrase = {one.phrase: one for one in found}
    starts = {phrase[0] for phrase in by_phrase}
    heard: set[tuple[Phrase, str]] = set()
    reach: dict[int, float] = {}
    for voice in voices:
        for phrase in set(phrases(voice.runs, frequent, starts)) & by_phrase.keys():
            one = by_phrase[phrase]
            if len(one.voices) >= VOICES_LIMIT or (voice.who is not None and (phrase, voice.who) in heard):
                continue
            if voice.who is not None:
                heard.add((phrase, voice.who))
            one.late += 1
            one.voices.add(voice.mention_id)
            reach[voice.mention_id] = voice.reach
    return reach


def _grouped(found: Sequence[_Candidate]) -> list[list[_Candidate]]:
    """Put phrases together that the same voices use; the first of a group is its most surprising one."""
    groups: list[list[_Candidate]] = []
    for one in found:
        for group in groups:
            leader = group[0]
            if len(one.voices & leader.voices) >= SHARED * min(len(one.voices), len(leader.voices)):
                group.append(one)
                break
        else:
            groups.append([one])
    return groups


def _pain(
    group: Sequence[_Candidate], reach: dict[int, float], late_total: int, earlier_total: int, *, known: bool
) -> Pain:
    leader = group[0]
    naming = [one for one in group if one.late >= NAMING * leader.late]
    named = max(naming, key=lambda one: (len(one.phrase), one.surprise))
    variants = [one.text for one in group if one is not named and not _within(one.phrase, named.phrase)]
    voices = set().union(*(one.voices for one in group))
    state: State = "recurring"
    if known:
        state = "rising" if leader.earlier else "new"
    rise = _rise(leader.late, late_total, leader.earlier, earlier_total)
    return Pain(
        name=named.text,
        variants=tuple(variants[:VARIANTS_LIMIT]),
        state=state,
        late=leader.late,
        earlier=leader.earlier,
        rise=rise if known and math.isfinite(rise) else None,
        surprise=leader.surprise if known else None,
        mentions=tuple(sorted(voices, key=lambda mention: (-reach[mention], mention))),
    )


def _within(part: Phrase, whole: Phrase) -> bool:
    return any(whole[at : at + len(part)] == part for at in range(len(whole) - len(part) + 1))
