"""Finding a named target in a text, however it is written there: as a word, a handle, a hashtag, or its first word. "
"Pure."""

from __future__ import annotations

import re

from listener.types import Span

#: A first word shorter than this is too common to stand for the whole name.
LEAST_FIRST_WORD = 4
#: A handle shorter than this may be part of any name.
LEAST_HANDLE = 4

_HANDLE = re.compile(r"[@#](\w+)")


def locate(text: str, target: str) -> list[Span]:
    """Return where a target stands; () if it doesn't.

    Tried in turn: the name itself, also as a handle or hashtag; a handle or hashtag that contains the name run
    together, or is contained in it (@VirginAmerica); the name's first word, beginning a word.
    """
    target = target.strip()
    if not target:
        return []
    spans = [found.span() for found in re.finditer(rf"(?<!\w)[@#]?{re.escape(target)}(?!\w)", text, re.IGNORECASE)]
    if spans:
        return spans
    together = re.sub(r"\W", "", target).lower()
    for found in _HANDLE.finditer(text):
        handle = found[1].lower()
        if together and (together in handle or (len(handle) >= LEAST_HANDLE and handle in together)):
            spans.append(found.span())
    first = target.split()[0]
    if spans or len(first) < LEAST_FIRST_WORD:
        return spans
    return [found.span() for found in re.finditer(rf"(?<!\w)[@#]?{re.escape(first)}", text, re.IGNORECASE)]
