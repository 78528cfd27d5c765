"""Excerpts show what hit, in words, on one line."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.mentions.excerpt import excerpt
from listener.text import one_line
from listener.types import Hit

FILLER = "Here is a sentence about nothing much. " * 40


def hits(text: str, *terms: str) -> list[Hit]:
    return [
        Hit(field="text", start=found.start(), end=found.end(), term=term)
        for term in terms
        for found in re.finditer(re.escape(term), text)
    ]


def test_a_short_text_is_its_own_excerpt_on_one_line() -> None:
    text = "  Acme\n\nis   down. "
    assert excerpt(text, hits(text, "Acme")) == "Acme is down."


def test_an_excerpt_begins_with_a_sentence_and_ends_with_a_word() -> None:
    text = FILLER + "I moved to Acme last week. The price is a joke.\n\n" + FILLER
    short = excerpt(text, hits(text, "Acme", "price"), 90)
    assert short.startswith("…")
    assert short.endswith("…")
    assert "I moved to Acme last week. The price is a joke." in short
    assert len(short) <= 90
    words = set(re.findall(r"\w+", text))
    assert set(re.findall(r"\w+", short)) <= words


def test_an_excerpt_is_cut_where_most_different_terms_stand() -> None:
    text = "Acme Acme Acme. " + FILLER + "Acme has a price and support. " + FILLER
    assert "Acme has a price and support." in excerpt(text, hits(text, "Acme", "price", "support"), 120)


def test_without_hits_in_the_text_the_beginning_is_shown() -> None:
    title = [Hit(field="title", start=0, end=4, term="Acme")]
    assert excerpt(FILLER, title, 50) == "Here is a sentence about nothing much. Here is a…"
    assert excerpt("", title) == ""
    assert excerpt("abc", [Hit(field="text", start=2, end=9, term="x")]) == "abc"


@pytest.mark.parametrize("place", [0, 500, 1000])
def test_wherever_the_hit_stands_it_is_in_the_excerpt(place: int) -> None:
    text = "word " * 100 + "\n " * 100 + "word " * 100
    text = text[:place] + "Acme " + text[place:]
    assert "Acme" in excerpt(text, hits(text, "Acme"), 40)


def test_scripts_without_spaces_and_emoji_are_cut_between_characters() -> None:
    family = "👨\u200d👩\u200d👧"
    text = family * 100 + "Acme" + family * 100
    short = excerpt(text, hits(text, "Acme"), 60)
    assert short.strip("…").replace("Acme", "").replace(family, "") == ""
    assert len(excerpt("漢字" * 300, hits("漢字" * 300, "字"), 50)) == 49  # nothing is left out before it


@given(
    st.text(st.sampled_from("ab c.é\u0301👩\u200d🏽🇩🇪漢\n") | st.characters(), max_size=200),
    st.lists(st.tuples(st.integers(0, 200), st.integers(1, 20)), max_size=5),
    st.integers(min_value=20, max_value=60),
)
def test_an_excerpt_is_bounded_and_made_of_the_text(text: str, places: list[tuple[int, int]], width: int) -> None:
    found = [Hit(field="text", start=start, end=start + length, term="x") for start, length in places]
    short = excerpt(text, found, width)
    assert len(short) <= width
    assert "\n" not in short
    inner = short.removeprefix("…").removesuffix("…")
    assert inner in one_line(text) + "…"
