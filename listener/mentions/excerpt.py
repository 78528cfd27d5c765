"""Cuts a readable excerpt out of a text, around what matched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from listener.text import ELLIPSIS, one_line, safe_cut, shorten
from listener.types import Hit, Span

#: How far a cut moves to fall between two words; a longer word, or a script without spaces, is cut where it is.
WORD_REACH = 40
#: Characters around a name within which words are looked for, and without a name from the beginning.
AROUND = 250
FIRST = 1_500
#: So many names, and words of each list, are looked at.
NAMES = 20
WORDS = 4
_SENTENCE = re.compile(r"[.!?…][\"')\]’”]*\s+")


def words_near(text: str, names: Sequence[Span], phrases: Iterable[Sequence[str]]) -> list[Span]:
    """Return where words stand nearest behind the beginning of a name's surroundings, once for each name; without names
    where they stand first. Bounded: of each list of words the first few, around the first names.
    """
    regions = [(max(0, a - AROUND), b + AROUND) for a, b in names[:NAMES]] or [(0, FIRST)]
    found = set()
    for words in phrases:
        for word in words[:WORDS]:
            for start, end in regions:
                at = text.find(word, start, end)
                if at >= 0:
                    found.add((at, at + len(word)))
    return sorted(found)


def excerpt(text: str, hits: Iterable[Hit], width: int = 300, also: Sequence[Span] = ()) -> str:
    """Return at most `width` characters of a text, on one line, with as many different hits in it as fit, and of such
    places the one with most of what is to be seen `also`.

    It begins with a sentence where one begins close before the hits, and is cut between words, never within what is
    read as one character. An ellipsis stands where something was left out. Hits in other fields than the text don't
    count; without any in the text it is the beginning.
    """
    found = sorted({(hit.start, hit.end, hit.term) for hit in hits if hit.field == "text" and hit.end <= len(text)})
    if not found:
        if not also or also[0][1] < width:
            return shorten(text, width)
        found = [(start, end, "") for start, end in sorted(also)]
    first, last = _densest(found, width * 2 // 3, also)
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


def _densest(found: list[tuple[int, int, str]], reach: int, also: Sequence[Span]) -> Span:
    """Return the first stretch of at most `reach` characters that holds the most different terms, and then the most of
    what is to be seen also.
    """
    best: Span = found[0][:2]
    most = (0, 0)
    all_there_is = len({term for _, _, term in found}), len(also)
    for index, (start, end, _) in enumerate(found[:200]):
        inside = [hit for hit in found[index : index + 50] if hit[1] <= start + reach]
        beside = [span for span in also if start - reach // 4 <= span[0] and span[1] <= start + reach]
        count = len({term for _, _, term in inside}), len(beside)
        if count > most:
            most = count
            spans = [(start, end), *(hit[:2] for hit in inside), *beside]
            best = min(a for a, _ in spans), max(b for _, b in spans)
            if most == all_there_is:
                break
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
