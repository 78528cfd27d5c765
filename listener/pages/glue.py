"""Joins the text nodes of a line as a reader would: cents in a superscript, words in neighbouring boxes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol, TypeVar


class Owner(Protocol):
    """What has to be known of the element that holds a text."""

    @property
    def tag(self) -> str:
        """Its name in lower case."""
        ...

    @property
    def hidden(self) -> bool:
        """Whether its text isn't shown at first."""
        ...

    @property
    def words(self) -> frozenset[str]:
        """The pieces of its class and id."""
        ...


_Owner = TypeVar("_Owner", bound=Owner)

_CENTS_WORDS = frozenset("cents cent decimal decimals fraction frac centimes centavos fractional".split())
_DECIMALS = re.compile(r"[.,]\d{2}(?!\d)")
_TWO_DIGITS = re.compile(r"\d{2}(?!\d)")
#: Scripts that put no space between words: kana, ideographs, full-width forms. Hangul isn't one.
_UNSPACED = re.compile("[\u3001-\u30ff\u3400-\u9fff\uff01-\uff60]")
_INVISIBLE = re.compile("[\xad\u200b\u200c\u200e\u200f\u2060\ufeff]")


def joined(texts: Sequence[str], owners: Sequence[_Owner]) -> tuple[str, Sequence[int], Sequence[_Owner]]:
    """Return the line's text, where in it each text begins, and whose text that is. Empty texts leave no trace."""
    parts: list[str] = []
    starts: list[int] = []
    kept: list[_Owner] = []
    length = 0
    spaced = False
    last = ""
    for text, owner in zip(texts, owners, strict=True):
        clean = cleaned(text)
        if not clean:
            spaced = spaced or not text or text[0].isspace()
            continue
        if parts:
            # What is shown in another's stead is a text of its own.
            spaced = spaced or text[0].isspace() or owner.hidden != kept[-1].hidden
            # Most neighbours are words with a space between.
            between = " " if spaced and not last.isdigit() else _between(last, clean, owner, spaced)
            if not between and _are_boxes(kept[-1], owner) and len(parts[-1]) > 1 and len(clean) > 1:
                between = _between_boxes(last, clean[0])
            if between:
                parts.append(between)
                length += len(between)
        starts.append(length)
        kept.append(owner)
        parts.append(clean)
        length += len(clean)
        last = clean[-1]
        spaced = text[-1].isspace()
    return "".join(parts), starts, kept


def cleaned(text: str) -> str:
    """Return a text with single spaces and without signs that nobody sees."""
    if text.isprintable() and "  " not in text:
        # Most texts are clean already; looking is faster than taking them apart. No space but " " is printable.
        return text.strip(" ")
    text = " ".join(text.split())
    return text if text.isascii() else _INVISIBLE.sub("", text)


def _between(last: str, text: str, owner: Owner, spaced: bool) -> str:
    first = text[0]
    if last.isdigit() and first in ".," and _DECIMALS.match(text):
        return ""
    if last.isdigit() and first.isdigit() and _TWO_DIGITS.match(text) and _is_small(owner):
        return "."
    if spaced:
        return " "
    if not (last.isalnum() and first.isalnum()):
        return ""
    if last.isdigit() or first.isdigit():
        # Digits that run on are one number; a number and a word that touch stand in boxes of their own.
        return "" if last.isdigit() == first.isdigit() or _UNSPACED.match(last) or _UNSPACED.match(first) else " "
    if _UNSPACED.match(last) and _UNSPACED.match(first):
        return ""
    return " " if last.islower() and first.isupper() else ""


def _are_boxes(before: Owner, owner: Owner) -> bool:
    """Whether two neighbours are elements of their own without a meaning, which a style sets apart."""
    return before is not owner and before.tag == owner.tag == "span"


def _between_boxes(last: str, first: str) -> str:
    return " " if last.isalpha() and first.isalpha() and not (_UNSPACED.match(last) and _UNSPACED.match(first)) else ""


def _is_small(owner: Owner) -> bool:
    return owner.tag in ("sup", "small", "sub") or not _CENTS_WORDS.isdisjoint(owner.words)
