"""The matcher agrees with an evaluator that is too simple to be wrong, on random queries and texts of plain words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from listener.mentions.matcher import Matcher
from listener.types import Brand, Item

#: Words that begin with each other, in several cases.
WORDS = ("ab", "abc", "Abc", "ABC", "abcd", "b", "B", "c1", "it's")
SEPARATORS = (" ", "  ", "\n", ", ", " - ", ". ")
#: First and last word, and where the match begins and ends.
Place = tuple[int, int]


@dataclass(frozen=True)
class Text:
    """A title or text as a list of words with their places."""

    words: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, text: str) -> Text:
        found = list(re.finditer(r"\w+(?:'\w+)?", text))
        return cls(tuple(word.group() for word in found), tuple(word.span() for word in found))


#: What a query is, here: its expression, and what of a text it covers (None: it does not hold) by places of words.
@dataclass(frozen=True)
class Naive:
    expression: str
    #: Places in one field; only of what can stand beside NEAR.
    places: Callable[[Text], list[Place]] | None
    #: Whether it holds in a title and a text, and the places of words in each that make it hold.
    holds: Callable[[Text, Text], tuple[set[Place], set[Place]] | None]


def leaf(expression: str, places: Callable[[Text], list[Place]]) -> Naive:
    def holds(title: Text, text: Text) -> tuple[set[Place], set[Place]] | None:
        found = set(places(title)), set(places(text))
        return found if any(found) else None

    return Naive(expression, places, holds)


def words(spelled: tuple[str, ...], shape: str) -> Naive:
    def is_at(text: Text, at: int) -> bool:
        for offset, word in enumerate(spelled):
            if at + offset >= len(text.words):
                return False
            there = text.words[at + offset]
            if shape == "exact":
                if there != word:
                    return False
            elif shape == "prefix" and offset == len(spelled) - 1:
                if not there.lower().startswith(word.lower()):
                    return False
            elif there.lower() != word.lower():
                return False
        return True

    def places(text: Text) -> list[Place]:
        return [(at, at + len(spelled) - 1) for at in range(len(text.words)) if is_at(text, at)]

    joined = " ".join(spelled)
    return leaf({"plain": f'"{joined}"', "exact": f"{{{joined}}}", "prefix": f'"{joined}*"'}[shape], places)


def near(left: Naive, right: Naive, limit: int, ordered: bool) -> Naive:
    assert left.places is not None
    assert right.places is not None
    of_left, of_right = left.places, right.places

    def places(text: Text) -> list[Place]:
        found = pairs(of_left(text), of_right(text))
        return found if ordered else found + pairs(of_right(text), of_left(text))

    def pairs(first: list[Place], second: list[Place]) -> list[Place]:
        """Each place with its nearest partner, found by trying all."""
        close = [(a, b) for a in first for b in second if a[1] < b[0]]
        nearest = [
            (a, b)
            for a, b in close
            if b[0] == min(y[0] for x, y in close if x == a) or a[1] == max(x[1] for x, y in close if y == b)
        ]
        return [(a[0], b[1]) for a, b in nearest if b[0] - a[1] - 1 <= limit]

    operator = f"{'O' if ordered else ''}NEAR/{limit}"
    return leaf(f"({left.expression} {operator} {right.expression})", places)


def any_of(parts: list[Naive]) -> Naive:
    def holds(title: Text, text: Text) -> tuple[set[Place], set[Place]] | None:
        found = [hit for part in parts if (hit := part.holds(title, text)) is not None]
        return (set().union(*(f[0] for f in found)), set().union(*(f[1] for f in found))) if found else None

    def places(text: Text) -> list[Place]:
        return [place for part in parts if part.places is not None for place in part.places(text)]

    expression = "(" + " OR ".join(part.expression for part in parts) + ")"
    return Naive(expression, places if all(part.places for part in parts) else None, holds)


def all_of(parts: list[Naive], excluded: Naive | None) -> Naive:
    def holds(title: Text, text: Text) -> tuple[set[Place], set[Place]] | None:
        found = [part.holds(title, text) for part in parts]
        if any(f is None for f in found) or (excluded is not None and excluded.holds(title, text) is not None):
            return None
        kept = [f for f in found if f is not None]
        return set().union(*(f[0] for f in kept)), set().union(*(f[1] for f in kept))

    refused = "" if excluded is None else f" NOT {excluded.expression}"
    return Naive("(" + " ".join(part.expression for part in parts) + refused + ")", None, holds)


SPELLED = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(tuple)
LEAVES = st.builds(words, SPELLED, st.sampled_from(["plain", "plain", "exact"])) | st.builds(
    words, SPELLED.filter(lambda spelled: len(spelled[-1]) > 2), st.just("prefix")
)
PLACED = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(near, inner, inner, st.integers(0, 4), st.booleans())
        | st.lists(inner, min_size=2, max_size=3).map(any_of)
    ),
    max_leaves=5,
)
QUERIES = st.recursive(
    PLACED,
    lambda inner: (
        st.lists(inner, min_size=2, max_size=3).map(any_of)
        | st.builds(all_of, st.lists(inner, min_size=1, max_size=3), st.none() | inner)
    ),
    max_leaves=5,
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    parts = draw(st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(SEPARATORS)), max_size=12))
    return "".join(word + separator for word, separator in parts)


@settings(max_examples=60)
@given(st.lists(QUERIES, min_size=1, max_size=4), texts(), texts())
def test_the_matcher_agrees_with_the_naive_evaluator(queries: list[Naive], title: str, text: str) -> None:
    matcher = Matcher([Brand(name=str(number), query=query.expression) for number, query in enumerate(queries)])
    matches = {match.brand: match for match in matcher.match(Item(title=title, text=text))}
    for number, query in enumerate(queries):
        expected = query.holds(Text.of(title), Text.of(text))
        match = matches.get(str(number))
        assert (match is not None) is (expected is not None), query.expression
        if match is None or expected is None:
            continue
        for field, original, places in (("title", title, expected[0]), ("text", text, expected[1])):
            spans = Text.of(original).spans
            covered = {at for first, last in places for at in range(spans[first][0], spans[last][1])}
            hit = {at for found in match.hits if found.field == field for at in range(found.start, found.end)}
            # NEAR covers what stands between its words, too.
            assert hit <= covered, query.expression
            assert all(any(start <= at < end for at in hit) for start, end in ends_of(places, spans)), query.expression


def ends_of(places: set[Place], spans: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    """Return the places of the first and last words, which are always hit."""
    return [spans[index] for place in places for index in place]
