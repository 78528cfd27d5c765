"""Meaning of an element's class and id: their words, whether they hide it, whether it is a block.

A page has far fewer different names than elements: what is found out of one is kept for all that bear it.
"""

from __future__ import annotations

import re
from functools import lru_cache

_CAMEL = re.compile(r"([a-z])([A-Z])")
_BLOCK_CLASSES = frozenset({"block", "flex", "grid", "d-block", "d-flex", "d-grid", "btn", "button", "cta", "w-button"})
_HIDDEN_CLASSES = frozenset({"hidden", "d-none", "is-hidden", "hide", "invisible", "w-condition-invisible"})
_SPOKEN_CLASSES = frozenset(
    {"sr-only", "visually-hidden", "screen-reader-text", "screenreader", "u-visually-hidden", "a11y-hidden"}
)
#: Tailwind's and Bootstrap's "hidden md:flex": shown on wider screens.
_SHOWN_AGAIN = re.compile(r":(?:block|flex|grid|inline|table)|-(?:block|flex)")
#: The last word of a class name, a number after it left out.
_ENDING = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+)(?=[\d_-]*(?:\s|$))")
_PIECES = re.compile(r"[a-z]+|\d+")
#: More of a name than this is no name.
_NAME_CHARACTERS = 2_000
#: Names of a few pages are remembered, two megabytes of them: a watched page, or its other version, has the same ones.
_KEPT = 2_048
_KEPT_CHARACTERS = 200


class Names:
    """The class and id that elements share."""

    __slots__ = ("_endings", "_words", "block", "classes", "hidden", "ident")

    def __init__(self, classes: str, ident: str) -> None:
        self.classes = classes
        self.ident = ident
        self._words: frozenset[str] | None = None
        self._endings: frozenset[str] | None = None
        words = classes.lower().split()
        #: Whether these classes make a block of an inline element, in the usual frameworks.
        self.block = not _BLOCK_CLASSES.isdisjoint(words)
        #: Whether these classes hide an element.
        self.hidden = (
            not _SPOKEN_CLASSES.isdisjoint(words)
            if _HIDDEN_CLASSES.isdisjoint(words)
            else _SHOWN_AGAIN.search(classes.lower()) is None
        )

    @property
    def words(self) -> frozenset[str]:
        """The pieces of class and id: `price-card__name` gives price-card__name, price, card and name."""
        if self._words is None:
            names = f"{self.classes[:_NAME_CHARACTERS]} {self.ident[:_NAME_CHARACTERS]}"
            self._words = (_kept_words if len(names) <= _KEPT_CHARACTERS else _words)(names)
        return self._words

    @property
    def endings(self) -> frozenset[str]:
        """The last piece of each class, in lower case: `price-card__name` gives name, `cardTitle` gives title."""
        if self._endings is None:
            names = self.classes[:_NAME_CHARACTERS]
            self._endings = (_kept_endings if len(names) <= _KEPT_CHARACTERS else _endings)(names)
        return self._endings


def _words(names: str) -> frozenset[str]:
    if not names.islower():
        names = _CAMEL.sub(r"\1 \2", names).lower()
    return frozenset(names.split()) | frozenset(_PIECES.findall(names))


def _endings(names: str) -> frozenset[str]:
    return frozenset(map(str.lower, _ENDING.findall(names)))


_kept_words = lru_cache(maxsize=_KEPT)(_words)
_kept_endings = lru_cache(maxsize=_KEPT)(_endings)
#: Of elements without class and id.
UNNAMED = Names("", "")
