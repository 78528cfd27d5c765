"""Reads JSON from the web, field by field. Pure.

Whatever type a field turns out to have, its reader gets what it asked for or nothing: "", None, an empty list. So a
scraper names the fields of a format and need not expect a number where it looks for an object. The one thing that
raises is an answer that is no JSON at all.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from listener.dates import parse_date
from listener.errors import ParseError
from listener.html import collapse, decode, text_of
from listener.types import Response

#: Characters of one field that are read, of an item's text and of a line that are kept.
MARKUP_LIMIT = 400_000
TEXT_LIMIT = 100_000
LINE_LIMIT = 1_000
#: Records of one list that are read; no network answers with more at once.
RECORDS_LIMIT = 5_000
#: How much of an answer is quoted to the operator.
QUOTE_LIMIT = 80

_TITLE = re.compile(r"<title[^<>]{0,200}>([^<]{0,300})", re.IGNORECASE)
#: A backslash, with what it may escape.
_ESCAPE = re.compile(r'(\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))|\\')
_SURROGATE = re.compile("[\ud800-\udfff]")
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,18})?")
#: Unix times above this are in milliseconds: 1e11 seconds are the year 5138.
_MILLISECONDS_FROM = 1e11


def read_json(response: Response) -> Fields:
    """Return what a response holds, or raise ParseError that says what came instead of JSON."""
    text = decode(response.body, charset="utf-8").lstrip("\ufeff \t\r\n\0")
    if not text:
        raise ParseError("an empty response instead of JSON")
    if text.startswith("<"):
        title = _TITLE.search(text[:20_000])
        named = f" titled {collapse(title[1])[:QUOTE_LIMIT]!r}" if title else ""
        raise ParseError(f"a page of markup{named} instead of JSON")
    try:
        return Fields(json.loads(text, strict=False))
    except json.JSONDecodeError as error:
        if "escape" in error.msg:
            # GDELT copies titles with their backslashes: one of them must not cost all others.
            return _read_escaped(text)
        raise _unreadable(error, text) from None
    except (ValueError, RecursionError) as error:
        raise _unreadable(error, text) from None


def _read_escaped(text: str) -> Fields:
    try:
        return Fields(json.loads(_ESCAPE.sub(lambda found: found[1] or "", text), strict=False))
    except (ValueError, RecursionError) as error:
        raise _unreadable(error, text) from None


def _unreadable(error: Exception, text: str) -> ParseError:
    reason = str(error)[:QUOTE_LIMIT]
    return ParseError(f"invalid JSON ({reason}); it begins with {text[:QUOTE_LIMIT]!r}")


class Fields:
    """A value out of JSON, and what is below it. A path is made of names and, for lists, of positions."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __contains__(self, name: str) -> bool:
        return isinstance(self.value, Mapping) and name in self.value

    def within(self, *path: str | int) -> Fields:
        """Return what stands at a path; an empty one where nothing does."""
        value = self.value
        for step in path:
            if isinstance(step, str):
                value = value.get(step) if isinstance(value, Mapping) else None
            else:
                value = value[step] if isinstance(value, list) and -len(value) <= step < len(value) else None
        return Fields(value)

    def is_list(self) -> bool:
        """Whether this is a list."""
        return isinstance(self.value, list)

    def is_true(self, *path: str | int) -> bool:
        """Whether `true` itself stands at a path."""
        return self.within(*path).value is True

    def raw(self, *path: str | int) -> str:
        """Return the text at a path as it stands; whole numbers count, as identifiers are often written so. Else ""."""
        value = self.within(*path).value
        if isinstance(value, str):
            return _SURROGATE.sub("\ufffd", value[:MARKUP_LIMIT]).replace("\0", "")
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30:
            return str(value)
        return ""

    def line(self, *path: str | int) -> str:
        """Return plain text on one line: a title, a name. Else ""."""
        return " ".join(collapse(self.raw(*path)[: 4 * LINE_LIMIT]).split("\n"))[:LINE_LIMIT].rstrip()

    def text(self, *path: str | int) -> str:
        """Return plain text, its lines kept. Else ""."""
        return collapse(self.raw(*path))[:TEXT_LIMIT]

    def markup(self, *path: str | int) -> str:
        """Return the readable text of HTML. Else ""."""
        return text_of(self.raw(*path))[:TEXT_LIMIT]

    def number(self, *path: str | int) -> float | None:
        """Return a finite number, also one that is written as text; else None."""
        value = self.within(*path).value
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            return float(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        try:
            number = float(value)
        except OverflowError:
            return None
        return number if math.isfinite(number) else None

    def moment(self, *path: str | int) -> datetime | None:
        """Return a date: Unix time in seconds or milliseconds, or text that `parse_date` can read; else None."""
        number = self.number(*path)
        if number is None:
            return parse_date(self.raw(*path)[:100])
        try:
            return datetime.fromtimestamp(number / 1000 if number > _MILLISECONDS_FROM else number, UTC)
        except (ValueError, OverflowError, OSError):
            return None

    def each(self, *path: str | int) -> Iterator[Fields]:
        """Yield the elements of a list at a path that are objects, `RECORDS_LIMIT` at most."""
        for value in self._list(*path):
            if isinstance(value, Mapping):
                yield Fields(value)

    def lines(self, *path: str | int) -> tuple[str, ...]:
        """Return the texts of a list at a path, each once, 50 at most."""
        found = dict.fromkeys(Fields(value).line() for value in self._list(*path)[:200] if isinstance(value, str))
        return tuple(line for line in found if line)[:50]

    def _list(self, *path: str | int) -> Sequence[Any]:
        value = self.within(*path).value
        return value[:RECORDS_LIMIT] if isinstance(value, list) else []

    def metrics(self, **names: str) -> dict[str, float]:
        """Return the numbers of these fields by their names here: `metrics(points="score")`. Those below 0 are none."""
        found = {name: self.number(field) for name, field in names.items()}
        return {name: number for name, number in found.items() if number is not None and number >= 0}
