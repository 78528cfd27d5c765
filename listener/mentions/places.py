"""Finds where a term stands in a text: whole words, phrases whatever stands between their words, exact spellings.

Offsets here are of the folded text; `Haystack.folded.span` leads back to the original. Time is linear in the text for
each term, and what is kept is bounded, whatever the text.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from listener.mentions.syntax import Gap, Piece, Term
from listener.text import (
    Folded,
    are_joined,
    fold,
    fold_exact,
    is_continuous,
    is_hangul,
    is_word,
    one_line,
    word_end,
    word_starts,
)

#: Places of one term kept in one text; a text that says a word more often than this says nothing more by it.
PLACE_LIMIT = 10_000
#: Characters of a text that are searched, from its start: more than a novel's half.
TEXT_LIMIT = 500_000
#: Characters between two words of a phrase: a dash with its spaces, a quotation, a line break with its indentation.
GAP_LIMIT = 40
#: Words of this many letters are not found where they are glued to others: T in AT&T, C in C++, IO in acme.io.
SHORT = 2


class Place(NamedTuple):
    """Where something stands in a folded text: `start` up to `end`, and the terms that it is made of."""

    start: int
    end: int
    #: For a term itself; for what NEAR found: of both sides.
    terms: tuple[tuple[Term, int, int], ...]


class Haystack:
    """One text in which terms are looked for. Remembers what was found, so it belongs to one item and one thread."""

    def __init__(self, text: str) -> None:
        self.folded: Folded = fold(text[:TEXT_LIMIT])
        self._starts: dict[str, list[int]] = {}

    @cached_property
    def words(self) -> array[int]:
        """Return where words begin, for NEAR."""
        return word_starts(self.folded.text)

    def starts_of(self, word: str) -> list[int]:
        """Return where a folded word stands, as long as no letter is glued before it."""
        starts = self._starts.get(word)
        if starts is None:
            starts = self._starts[word] = []
            text = self.folded.text
            at = text.find(word)
            while at >= 0:
                if at == 0 or not text[at - 1].isalnum() or not are_joined(text[at - 1], text[at]):
                    starts.append(at)
                at = text.find(word, at + 1)
        return starts

    def places(self, term: Term) -> list[Place]:
        """Return where a term stands, from left to right."""
        places: list[Place] = []
        for start, end in _spans(term, self):
            if term.exact is None or self._reads(start, end, term.exact):
                places.append(Place(start, end, ((term, start, end),)))
                if len(places) == PLACE_LIMIT:
                    break
        return places

    def _reads(self, start: int, end: int, exact: str) -> bool:
        begin, finish = self.folded.span(start, end)
        return one_line(fold_exact(self.folded.original[begin:finish])) == exact


def _spans(term: Term, haystack: Haystack) -> Iterator[tuple[int, int]]:
    text = haystack.folded.text
    pieces = term.pieces
    anchor = term.anchor
    for at in haystack.starts_of(pieces[anchor].text):
        start: int | None = at
        end = _end_of_word(text, at, pieces[anchor])
        for index in range(anchor, 0, -1):
            if start is not None:
                start = _word_before(text, start, pieces[index - 1], pieces[index].gap)
        for piece in pieces[anchor + 1 :]:
            if start is not None and end is not None:
                end = _word_after(text, end, piece)
        if start is not None and end is not None:
            yield start, end


def _end_of_word(text: str, start: int, piece: Piece) -> int | None:
    """Return the end of the word at `start` if it is `piece`, which stands there letter for letter; None if not."""
    end = start + len(piece.text)
    if not begins_word(text, start, piece.text):
        return None
    if piece.prefix:
        return word_end(text, end)
    return end if ends_word(text, end, piece.text) else None


def _word_after(text: str, end: int, piece: Piece) -> int | None:
    """Return the end of `piece` where it is the next word after `end`."""
    for at in range(end, min(end + GAP_LIMIT, len(text))):
        if text.startswith(piece.text, at) and (at > end or _touches(text, end)):
            return _end_of_word(text, at, piece)
        if not _is_gap(text[at], piece.gap):
            return None
    return None


def _word_before(text: str, start: int, piece: Piece, gap: Gap) -> int | None:
    """Return the start of `piece` where it is the word right before `start`."""
    length = len(piece.text)
    for at in range(start, max(start - GAP_LIMIT, length - 1), -1):
        if text.startswith(piece.text, at - length) and (at < start or _touches(text, at)):
            return at - length if _end_of_word(text, at - length, piece) is not None else None
        if not _is_gap(text[at - 1], gap):
            return None
    return None


def _touches(text: str, at: int) -> bool:
    """Whether two words may touch at a place: only where a script writes no spaces."""
    return is_continuous(text[at - 1]) or is_continuous(text[at])


def _is_gap(character: str, gap: Gap) -> bool:
    if gap == "any":
        return not is_word(character)
    return character.isspace() or (gap == "hyphen" and character == "-")


def begins_word(text: str, start: int, word: str) -> bool:
    """Whether `word`, which stands at `start`, begins there and is not the tail of something longer."""
    if start == 0:
        return True
    before, first = text[start - 1], text[start]
    if not is_word(first):
        # @acme is no part of bob@acme, nor .NET of example.net.
        return first not in "@#$." or not is_word(before) or is_continuous(before)
    if are_joined(before, first):
        return False
    if before == "_" or (before in "&.'" and len(word) <= SHORT):
        return start < 2 or not are_joined(text[start - 2], first)
    return True


def ends_word(text: str, end: int, word: str) -> bool:
    """Whether `word`, which stands before `end`, ends there and is not the head of something longer."""
    if end == len(text):
        return True
    last, after = text[end - 1], text[end]
    if not is_word(last):
        # C++17 is still C++, but C+++ and #c#sharp are something else.
        return last > "\x7f" or (after != last and not (after.isalpha() and not is_continuous(after)))
    if are_joined(last, after):
        return is_hangul(last)
    if len(word) <= SHORT and after in "+#":
        return False
    glued = "_" + ("&." if len(word) <= SHORT else "") + ("-" if word[0] == "@" else "")
    return after not in glued or end + 1 == len(text) or not are_joined(last, text[end + 1])
