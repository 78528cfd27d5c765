"""Cuts a readable excerpt out of a text, around what matched."""

from __future__ import annotations

import re
from collections.abc import Iterable

from listener.text import ELLIPSIS, one_line, safe_cut, shorten
from listener.types import Hit, Span

#: How far a cut moves to fall between two words; a longer word, or a script without spaces, is cut where it is.
WORD_REACH = 40
_SENTENCE = re.compile(r"[.!?…][\"')\]’”]*\s+")


def excerpt(text: str, hits: Iterable[Hit], width: int = 300) -> str:
    """Return at most `width` characters of a text, on one line, with as many different hits in it as fit.

    It begins with a sentence where one begins close before the hits, and is cut between words, never within what is
    read as one character. An ellipsis stands where something was left out. Hits in other fields than the text don't
    count; without any in the text it is the beginning.
    """
    found = sorted({(hit.start, hit.end, hit.term) for hit in hits if hit.field == "text" and hit.end <= len(text)})
    if not found:
        return shorten(text, width)
    first, last = _densest(found, width * 2 // 3)
    region_start = safe_cut(text, first - 2 * width)
    region_end = safe_cut(text, last + 4 * width)
    before = text[region_start:first]
    lead = one_line(before)
    if lead and (before[-1].isspace() or text[first].isspace()):
        lead += " "
    line = lead + one_line(text[first:region_end])
    hit_end = len(lead + one_line(text[first:last]))
    if len(line) <= width and region_start == 0 and region_end == len(text):
        return line.strip()
    room = max(width - 2, 1)
    start, end = _window(len(line), len(lead), hit_end, room)
    start = _start(line, start, len(lead), is_cut=start > 0 or region_start > 0)
    end = _end(line, min(len(line), start + room), hit_end, is_cut=region_end < len(text))
    opening = ELLIPSIS if start > 0 or region_start > 0 else ""
    closing = ELLIPSIS if end < len(line) or region_end < len(text) else ""
    return opening + line[start:end].strip() + closing


def _densest(found: list[tuple[int, int, str]], reach: int) -> Span:
    """Return the first stretch of at most `reach` characters that holds the most different terms."""
    best: Span = found[0][:2]
    most = 0
    for index, (start, end, _) in enumerate(found[:200]):
        inside = [hit for hit in found[index : index + 50] if hit[1] <= start + reach]
        terms = len({term for _, _, term in inside})
        if terms > most:
            most = terms
            best = (start, max([hit[1] for hit in inside] or [end]))
    return best


def _window(length: int, first: int, last: int, room: int) -> Span:
    """Return where to cut a line of `length`: `first` up to `last` is in, with a third of the other room before it."""
    start = max(0, first - max(0, room - (last - first)) // 3)
    start = max(0, min(start, length - room))
    return start, min(length, start + room)


def _start(line: str, start: int, first: int, *, is_cut: bool) -> int:
    if not is_cut:
        return 0
    sentence = _SENTENCE.search(line, max(0, start - 2), first)
    if sentence and sentence.end() <= first:
        return sentence.end()
    if start > 0 and line[start - 1] == " ":
        return start
    space = line.find(" ", start, min(start + WORD_REACH, first))
    return safe_cut(line, start) if space < 0 else space + 1


def _end(line: str, end: int, last: int, *, is_cut: bool) -> int:
    if end == len(line) and not is_cut:
        return end
    if end < len(line) and line[end] == " ":
        return end
    space = line.rfind(" ", max(end - WORD_REACH, last), end)
    return safe_cut(line, end) if space < 0 else space
