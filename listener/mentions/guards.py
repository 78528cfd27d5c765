"""Finds in one pass which of many queries may hold for an item: those of whose guards one was seen.

A query is guarded by leaves of which at least one must be there (`syntax.guard`). Of each guarding term one word goes
into an automaton, with its edges: texts are read with all punctuation turned into spaces, so that " acme " is met only
as a word. What the automaton lets through is a superset of what holds; what it holds back cannot hold.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from ahocorasick_rs import BytesAhoCorasick, Implementation

from listener.mentions.evaluate import Scan, host_of, is_source, source_key
from listener.mentions.syntax import Facet, Piece, Term, TextField
from listener.text import REPLACE_LIMIT, beyond_ascii, is_continuous, is_hangul, is_word

#: The automaton returns all it finds at once: a long text is read in stretches of this many bytes.
STRETCH_BYTES = 50_000
#: Below this many bytes of words a table of all transitions fits the processor's caches; it is 1.2 times faster.
TABLE_BYTES = 200_000
#: ASCII in lower case, everything but letters and digits a space. Bytes of UTF-8 beyond ASCII stay.
_PLAIN = bytes(code if code > 0x7F else ord(chr(code).lower()) if chr(code).isalnum() else 0x20 for code in range(256))
_ASCII = bytes(range(0x80))
#: The same for Latin-1, with letters as `listener.text.fold` has them, and a space for all that isn't ASCII then.
_LATIN = _PLAIN[:0x80] + b" " * 64 + b"aaaaaa ceeeeiiiidnooooo ouuuuy  aaaaaa ceeeeiiiidnooooo ouuuuy y"


class Guards:
    """The guards of many queries. Immutable."""

    def __init__(self, guards: Sequence[Sequence[Term | Facet]]) -> None:
        """Take for each query its guards; none may be empty."""
        shared = Counter(piece.text for leaves in guards for leaf in leaves for piece in _pieces(leaf))
        self._fields: set[TextField] = set()
        self._sites: dict[str, list[int]] = {}
        self._sources: list[tuple[Facet, int]] = []
        words: dict[bytes, list[int]] = {}
        signs: dict[bytes, list[int]] = {}
        for number, leaves in enumerate(guards):
            for leaf in leaves:
                if isinstance(leaf, Term):
                    self._fields.update(leaf.fields)
                    # Of "Acme Cloud" and "Globex Cloud" the rare words, or each text on clouds would try both.
                    piece = min(leaf.pieces, key=lambda piece: (shared[piece.text], -len(piece.text)))
                    pattern = _word_pattern(piece)
                    if pattern is None:
                        signs.setdefault(piece.text.encode(), []).append(number)
                    else:
                        words.setdefault(pattern, []).append(number)
                elif leaf.field == "site":
                    self._sites.setdefault(leaf.value, []).append(number)
                else:
                    self._sources.append((leaf, number))
        #: What is looked for can be seen without the letters beyond ASCII, each of which then is an edge. A word that
        #: such a letter is glued to is let through, and not found when the query is evaluated.
        self._ascii = not signs and all(word.isascii() and word.strip(b" ").isalnum() for word in words)
        self._words = _Patterns(words)
        self._signs = _Patterns(signs)

    def candidates(self, scan: Scan) -> set[int]:
        """Return the numbers of the queries that may hold for an item."""
        found: set[int] = set()
        if self._ascii:
            self._search_ascii(scan, found)
        else:
            self._search_all(scan, found)
        if self._sites:
            found.update(self._of_site(scan.item.url))
        if self._sources and scan.source is not None:
            key = source_key(scan.source)
            found.update(number for facet, number in self._sources if is_source(facet, key))
        return found

    def _search_ascii(self, scan: Scan, found: set[int]) -> None:
        """Look for words of ASCII in all fields at once."""
        texts = []
        for field in self._fields:
            text = scan.text(field)
            if not text.isascii() and _hiding().search(_beyond_ascii(text)):
                text = scan.haystack(field).folded.text
            texts.append(text)
        whole = f" {' '.join(texts)} "
        self._words.search(whole.encode("latin-1", "replace").translate(_LATIN), found)

    def _search_all(self, scan: Scan, found: set[int]) -> None:
        for field in self._fields:
            text = scan.text(field)
            if text.isascii():
                self._words.search(b" %b " % text.encode().translate(_PLAIN), found)
            else:
                folded = scan.haystack(field).folded.text
                self._words.search(b" %b " % _plain(folded), found)
                self._signs.search(folded.encode(), found)

    def _of_site(self, url: str | None) -> Iterator[int]:
        address = host_of(url)
        if address is None:
            return
        labels = address[0].split(".")
        for index in range(len(labels)):
            yield from self._sites.get(".".join(labels[index:]), ())


class _Patterns:
    """An automaton over byte patterns, each of which speaks for some queries."""

    def __init__(self, patterns: dict[bytes, list[int]]) -> None:
        self._queries_of = tuple(tuple(dict.fromkeys(numbers)) for numbers in patterns.values())
        self._overlap = max(map(len, patterns), default=1) - 1
        is_small = sum(map(len, patterns)) <= TABLE_BYTES
        kind = Implementation.DFA if is_small else Implementation.ContiguousNFA
        self._automaton = BytesAhoCorasick(list(patterns), implementation=kind) if patterns else None

    def search(self, text: bytes, found: set[int]) -> None:
        """Add to `found` the queries whose patterns stand in a text."""
        if self._automaton is None:
            return
        stretches: Iterable[bytes] = (text,)
        if len(text) > STRETCH_BYTES:
            steps = range(0, len(text), STRETCH_BYTES)
            stretches = (text[at : at + STRETCH_BYTES + self._overlap] for at in steps)
        for stretch in stretches:
            for pattern in {hit[0] for hit in self._automaton.find_matches_as_indexes(stretch, overlapping=True)}:
                found.update(self._queries_of[pattern])


def _word_pattern(piece: Piece) -> bytes | None:
    """Return a word as it stands in a text without punctuation; None where edges can't be seen or nothing is left."""
    if piece.text.isascii() and piece.text.isalnum():
        return f" {piece.text}{'' if piece.prefix else ' '}".encode()
    if any(is_continuous(character) or is_hangul(character) for character in piece.text):
        return None
    plain = _plain(piece.text)
    if plain.isspace():
        return None
    before = b"" if plain[:1] == b" " else b" "
    after = b"" if plain[-1:] == b" " or piece.prefix else b" "
    return before + plain + after


def _plain(folded: str) -> bytes:
    """Return a folded text with a space in place of everything that has an edge of its own, character by character."""
    if not folded.isascii():
        edges = [letter for letter in beyond_ascii(folded) if _SPACES[ord(letter)] == " "]
        if len(edges) > REPLACE_LIMIT:
            folded = folded.translate(_SPACES)
        else:
            for letter in edges:
                folded = folded.replace(letter, " ")
    return folded.encode().translate(_PLAIN)


class _Spaces(dict[int, str]):
    """A table for `str.translate`, filled as characters are met: a space for what is no letter with visible edges."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        keeps = is_word(character) and not is_continuous(character) and not is_hangul(character)
        self[code] = character if keeps else " "
        return self[code]


_SPACES = _Spaces()


@cache
def _hiding() -> re.Pattern[str]:
    """Return the pattern of a character that may fold to letters or digits of ASCII, or not one to one; some don't.

    Without such a one, a text's words of ASCII are those of its characters in Latin-1.
    """
    return re.compile(
        "[\xaa\xad\xba\xc6\xde\xdf\xe6\xfe\u0100-\u036f\u037a\u0587-\u05c7\u061c\u0640\u064b-\u0678\u0958-\u095f"
        "\u09dc-\u09df\u0a33-\u0a5e\u0b5c\u0b5d\u0e33\u0eb3-\u0edd\u0f43-\u0fb9\u115f-\u11ff\u180b-\u180f\u1ab0-\u1aff"
        "\u1d2c-\u1eff\u1f80-\u1fff\u200b-\u200f\u202a-\u202e\u2060-\u209c\u20d0-\u20ff\u2102-\u2115\u2119-\u211d"
        "\u2124-\u217f\u2460-\u24ea\u2c7c\u2c7d\u3099-\u309f\u30ff\ua7f1-\ua7f9\ufb00-\ufdff\ufe00-\ufe0f\ufe70-\ufeff"
        "\uff10-\uff5a\uff9e\uff9f\U00010783-\U000107a5\U0001ccd6-\U0001ccf9\U0001d15e-\U0001d7ff\U0001f12b-\U0001f149"
        "\U0001fbf0-\U0001fbf9\U000e0001-\U000e01ef]"
    )


def _beyond_ascii(text: str) -> str:
    """Return the characters of a text that are not ASCII, in their order."""
    return text.encode("utf-8", "surrogatepass").translate(None, _ASCII).decode("utf-8", "surrogatepass")


def _pieces(leaf: Term | Facet) -> tuple[Piece, ...]:
    return leaf.pieces if isinstance(leaf, Term) else ()
