"""What of a long text is read for a brand: the passages that name it. Pure.

A short text is about whom it names, as a whole. A long one, such as an article that names a phone in passing, says most
of what it says about something else: its sentiments and pains are nobody's whose name stands five paragraphs away.
The sizes were chosen on 1,200 mentions in 200 feeds of blogs and news: with 600 characters before a name and 1,200
behind it 278 of them were told as angry, with those below 160, and hardly one of the others was about the brand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from listener.types import Span

#: Characters of a text that is read as a whole: most reviews and posts of customers are shorter.
WHOLE = 700
#: Of a longer one, the sentence that names it is read, which begins and ends at most so far from the name, and the one
#: behind it, if that ends so near: who goes on with "it" or "they" still speaks of the same.
BEFORE = 200
BEHIND = 250
NEXT = 150
#: All passages together.
READ_LIMIT = 1_500
_END = re.compile(r"[.!?…。！？]['\")\]’”」』]*\s|\n")
#: Marks after which a title has ended.
_MARKS = ".!?…。！？:;"
_BREAK = " …\n"


def titled(title: str, text: str) -> str:
    """Return a title and a text as one; a title without a mark at its end gets one, as it ends there."""
    if not title:
        return text
    return f"{title}\n{text}" if title[-1] in _MARKS else f"{title}.\n{text}"


def passages(text: str, targets: Sequence[Span]) -> tuple[str, list[Span]]:
    """Return what is to be read of a text for the names at `targets` (rising), and where these stand in it.

    Passages are parted by an ellipsis, which ends a sentence. An empty target at the beginning stands for the text.
    """
    if len(text) <= WHOLE:
        return text, list(targets)
    if targets[0] == (0, 0):
        return text[: _end(text, READ_LIMIT)], list(targets[:1])
    pieces: list[str] = []
    moved: list[Span] = []
    length = end = shift = 0
    for a, b in targets:
        if a >= end:
            if length > READ_LIMIT:
                break
            start = max(end, _start(text, a))
            end = _end(text, b)
            pieces.append(text[start:end])
            shift = length - start
            length += end - start + len(_BREAK)
        elif b > end:  # The piece ends within this name.
            pieces[-1] += text[end:b]
            length += b - end
            end = b
        moved.append((a + shift, b + shift))
    return _BREAK.join(pieces), moved


def _start(text: str, at: int) -> int:
    """Return where the sentence of a place begins, or else a word near enough before it."""
    least = max(0, at - BEFORE)
    begins = [found.end() for found in _END.finditer(text, least, at)]
    if begins or least == 0:
        return begins[-1] if begins else 0
    blank = text.find(" ", least, at)
    return blank + 1 if blank >= 0 else least


def _end(text: str, at: int) -> int:
    """Return where the sentence of a place ends, or the next one if that is near; or else a word near enough."""
    most = min(len(text), at + BEHIND)
    ends = [found.end() for found in islice(_END.finditer(text, at, most), 2)]
    if ends:
        return max([ends[0], *(end for end in ends[1:] if end <= at + NEXT)])
    if most == len(text):
        return most
    blank = text.rfind(" ", at, most)
    return blank if blank >= 0 else most
