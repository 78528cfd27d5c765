"""Detects the format of a response from its first characters: JSON, a feed, or a page."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

Form: TypeAlias = Literal["json", "feed", "html"]

_BLANK = "\ufeff \t\r\n\0"
_DOCUMENT = re.compile(r"<\?xml|<(?:\w+:)?(?:rss|feed|rdf)\b", re.IGNORECASE)


def form_of(text: str) -> Form:
    """Return the form of an answer. XHTML that begins like a document for programs is a page."""
    start = text[:2_000].lstrip(_BLANK)
    if start[:1] in ("{", "["):
        return "json"
    return "feed" if _DOCUMENT.match(start) and "<html" not in start[:1_000].lower() else "html"
