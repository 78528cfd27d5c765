"""Language of a text, with an honest None where it can't be told. Pure but for its data, loaded on first need."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

#: Letters that are needed to tell a language at all.
LEAST_LETTERS = 8
#: Read of a text.
LEAD_CHARACTERS = 400

_NOISE = re.compile(r"https?://\S+|www\.\S+|[@#]\w+|\u25a1+|\d+")
_ENGLISH = frozenset(
    "the and to of is was for it that you with this on are not have but my they be at your so just what we all from "
    "i'm "
    "it's don't can't how when there were been has had will would who which their our them because about".split()
)


class Identifier(Protocol):
    """Tells a language from a text that has letters enough."""

    def identify(self, text: str) -> tuple[str | None, float]:
        """Return the language (ISO 639-1) and how sure it is, 0 to 1."""
        ...


def language_of(text: str, declared: str | None, identifier: Identifier, languages: Sequence[str]) -> str | None:
    """Return the language of a text as ISO 639-1, or None.

    A text that is long enough speaks for itself; of a short one, what its source declared is believed.
    `languages` are those expected here: a doubtful text is one of them or unknown.
    """
    lead = " ".join(_NOISE.sub(" ", text[:LEAD_CHARACTERS]).split())
    said = declared.replace("_", "-").partition("-")[0].lower() if declared else None
    letters = sum(map(str.isalpha, lead))
    if letters < LEAST_LETTERS:
        return said
    words = lead.lower().replace("’", "'").split()
    common = sum(word in _ENGLISH for word in words)
    if lead.isascii() and common >= 2 and common * 5 >= len(words):
        return "en"
    found, sure = identifier.identify(lead)
    if found is not None and sure >= 0.9:
        return found
    if said:
        return said
    return found if found in languages and sure >= 0.5 else None
