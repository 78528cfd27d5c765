"""What lets a text through to the queries: every spelling of a name that is found must be seen there, too."""

from __future__ import annotations

import unicodedata
from collections import defaultdict

import pytest

from listener.mentions.matcher import Matcher, compile_query
from listener.text import fold_text
from listener.types import Brand, Item

#: All of Unicode but ideographs, Hangul, and what isn't assigned.
CODES = [*range(0xA0, 0x3400), *range(0xA000, 0xAC00), *range(0xF900, 0x11000), *range(0x1C000, 0x20000)]
SPECIAL = range(0xE0000, 0xE0200)


@pytest.fixture(scope="module")
def by_spelling() -> dict[str, list[str]]:
    """Return characters by what they fold to, as far as that is ASCII or nothing."""
    found: dict[str, list[str]] = defaultdict(list)
    for character in map(chr, (*CODES, *SPECIAL)):
        if unicodedata.category(character) not in ("Cn", "Co", "Cs"):
            folded = fold_text(character)
            if not folded or (folded.isascii() and folded.isalnum()):
                found[folded].append(character)
    return found


def test_a_name_is_seen_with_any_character_that_folds_to_one_of_its_own(by_spelling: dict[str, list[str]]) -> None:
    assert {"e", "o", "ss", "ae", "fi", "1", ""} <= by_spelling.keys()
    for folded, characters in by_spelling.items():
        name = f"ac{folded}me"
        matcher = Matcher([Brand(name="acme", query=name)])
        query = compile_query(name)
        texts = [f"“{character.join(('ac', 'me'))}” ✓" for character in characters]
        held = [text for text in texts if query.holds(Item(text=text))]
        assert len(held) >= len(texts) / 2
        assert [text for text in held if not matcher.match(Item(text=text))] == []


def test_a_name_is_seen_among_letters_of_others() -> None:
    matcher = Matcher([Brand(name="acme", query="acme")])
    for text in ("Übrigens: acme", "«Acmé» à la carte", "我喜欢Acme的", "ACME\u2122 ×", "ｅ acme", "Привет, acme!"):
        assert matcher.match(Item(text=text)), text
    for text in ("ácmeß", "acmé2", "jacmé", "àcme_cloud", "acmeé"):
        assert not matcher.match(Item(text=text)), text
