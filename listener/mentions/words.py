"""Words of a text with their places, cut once for everyone in this room that looks at words.

A word is lower case, with straight apostrophes and without the marks around it; its place is that of the original, so
that what led to a judgement can be quoted as it stands. Pure, and linear in the length of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from ahocorasick_rs import AhoCorasick

from listener.types import Span

#: What names of brands are replaced with before a text is read: no letter, so that no list of words knows it.
MASK = "\u25a1"

_WORD = re.compile(rf"{MASK}+|[^\W_]+(?:['’‘`´-][^\W_]+)*")
_APOSTROPHES = str.maketrans("’‘`´", "''''")


def mask(text: str, spans: Iterable[Span]) -> str:
    """Replace the characters at `spans` by marks that carry no feeling, keeping all offsets."""
    out: list[str] = []
    at = 0
    for start, end in sorted(spans):
        if end > at:
            out += (text[at:start], MASK * (end - max(start, at)))
            at = end
    return "".join((*out, text[at:])) if out else text


@dataclass(frozen=True, kw_only=True)
class Words:
    """The words of one text, in order."""

    text: str
    words: tuple[str, ...]
    spans: tuple[Span, ...]

    @cached_property
    def joined(self) -> str:
        """All words with one space between, before and after: what phrases are looked for in."""
        return f" {' '.join(self.words)} "

    @cached_property
    def _starts(self) -> list[int]:
        """Offset in `joined` of each word's leading space."""
        starts = []
        at = 0
        for word in self.words:
            starts.append(at)
            at += len(word) + 1
        return starts

    def original(self, start: int, end: int) -> str:
        """Return the words at an interval of `joined` as they stand in the text, on one line."""
        first, last = self.places(start, end)
        return " ".join(self.text[self.spans[first][0] : self.spans[last][1]].split())

    def places(self, start: int, end: int) -> tuple[int, int]:
        """Return the first and the last word, as indices, of an interval of `joined` that begins with a space."""
        return bisect_right(self._starts, start) - 1, bisect_right(self._starts, end - 2) - 1


def words_of(text: str) -> Words:
    """Cut a text into words."""
    spans = [found.span() for found in _WORD.finditer(text)]
    words = tuple(text[start:end].translate(_APOSTROPHES).lower() for start, end in spans)
    return Words(text=text, words=words, spans=tuple(spans))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A phrase in a text: its number in the list, and the first and last word."""

    phrase: int
    first: int
    last: int
    #: As it stands in the text.
    words: str


class Phrases:
    """Many phrases, looked for at once.

    A phrase is words in lower case. A word that ends in `*` stands for all words that begin so; `...` stands for up to
    `GAP_WORDS` words between.
    """

    GAP_WORDS = 4

    def __init__(self, phrases: Sequence[str]) -> None:
        self._rests: list[tuple[int, re.Pattern[str] | None]] = []
        heads: list[str] = []
        for number, phrase in enumerate(phrases):
            head, rest = _compiled(" ".join(words_in_phrase(phrase)), self.GAP_WORDS)
            heads.append(head)
            self._rests.append((number, rest))
        # Equal heads are one pattern of the automaton.
        self._numbers: dict[str, list[int]] = {}
        for number, head in enumerate(heads):
            self._numbers.setdefault(head, []).append(number)
        self._heads = list(self._numbers)
        self._automaton = AhoCorasick(self._heads) if self._heads else None

    def find(self, words: Words) -> Iterator[Found]:
        """Yield every phrase wherever it stands, in the order of where it begins to be certain."""
        if self._automaton is None or not words.words:
            return
        joined = words.joined
        for head, start, end in self._automaton.find_matches_as_indexes(joined, overlapping=True):
            for number in self._numbers[self._heads[head]]:
                rest = self._rests[number][1]
                stop = end
                if rest is not None:
                    found = rest.match(joined, end)
                    if found is None:
                        continue
                    stop = found.end()
                first, last = words.places(start, stop)
                yield Found(phrase=number, first=first, last=last, words=words.original(start, stop))


def words_in_phrase(phrase: str) -> list[str]:
    """Return the words of a phrase as `words_of` would cut them, with `*` and `...` kept."""
    return phrase.translate(_APOSTROPHES).lower().split()


def _compiled(phrase: str, gap: int) -> tuple[str, re.Pattern[str] | None]:
    """Split a phrase into literal characters to search for, and a pattern for what must follow, if anything must."""
    head, star, rest = phrase.partition("*")
    head, dots, after = head.partition(" ...")
    if dots:
        rest = " ..." + after + star + rest
        pattern = ""
    elif star:
        pattern = r"[^ ]*"
    else:
        return f" {head} ", None
    if not rest.strip():
        return f" {head}", None
    for word in rest.split():
        if word == "...":
            pattern += rf"(?: [^ ]+){{0,{gap}}}"
        else:
            pattern += " " + re.escape(word).replace(r"\*", r"[^ ]*")
    return f" {head}", re.compile(pattern + r"(?= )")
