"""Rows of CSV and JSON Lines to items, by the columns that the settings name."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from hashlib import blake2b
from typing import Any

import msgspec

from listener.dates import day_first_in, parse_date
from listener.errors import ParseError
from listener.html import collapse, decode, text_of
from listener.types import Item, ItemKind
from listener.urls import absolute

#: What a column can be.
COLUMNS = frozenset({"title", "text", "date", "author", "id", "url", "rating", "lang"})
#: Names that exports give such columns, tried where the settings name none.
_USUAL = {
    "title": ("title", "subject", "summary", "headline"),
    "text": (
        "text",
        "body",
        "comment",
        "comments",
        "message",
        "description",
        "feedback",
        "review",
        "content",
        "reason",
    ),
    "date": ("date", "created_at", "created", "created at", "submitted_at", "timestamp", "published_at"),
    "author": ("author", "name", "customer", "user", "requester", "email"),
    "id": ("id", "ticket_id", "ticket id", "response_id", "response id", "uuid", "key"),
    "url": ("url", "link", "permalink"),
    "rating": ("rating", "stars", "score"),
    "lang": ("lang", "language", "locale"),
}
_DELIMITERS = ",;\t|"
_FIELD_LIMIT = 400_000
_CELL_LIMIT = 100_000
_NUMBER = re.compile(r"\s*(\d{1,6})(?:[.,](\d{1,6}))?\s*(?:/\s*\d{1,4})?\s*", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_MARKUP = re.compile(r"</(?:p|div|span|a|li|b|i|em|strong)>|<br\s?/?>", re.IGNORECASE)


class How(msgspec.Struct, frozen=True, kw_only=True):
    """How rows are read, from the settings."""

    columns: Mapping[str, str]
    segment: Mapping[str, str]
    metric: str | None
    #: The best of ratings.
    best: float
    kind: ItemKind
    zone: tzinfo
    day_first: bool | None


def rows_of(name: str, body: bytes) -> list[dict[str, str]]:
    """Return the rows of a file, by its ending. Raises ParseError."""
    text = decode(body, charset="utf-8").removeprefix("\ufeff").replace("\0", "")
    if not text.strip():
        return []
    if name.lower().endswith((".jsonl", ".ndjson", ".json")):
        return list(_records(text))
    return list(_table(text))


def _table(text: str) -> Iterator[dict[str, str]]:
    """Yield rows of CSV. The line of names decides what stands between columns."""
    names_line = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=names_line.count)
    csv.field_size_limit(_FIELD_LIMIT)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        names = [name.strip() for name in next(reader, [])]
        for row in reader:
            if row:
                yield dict(zip(names, row, strict=False))
    except csv.Error as error:
        raise ParseError(f"line {reader.line_num}: {error}") from None


def _records(text: str) -> Iterator[dict[str, str]]:
    """Yield objects: one a line, or a list of them that is the whole file."""
    if text.lstrip().startswith("["):
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"invalid JSON: {str(error)[:80]}") from None
        yield from (_flat(value) for value in values if isinstance(value, dict))
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"line {number}: invalid JSON: {str(error)[:80]}") from None
        if isinstance(value, dict):
            yield _flat(value)


def _flat(value: Mapping[str, Any], before: str = "", depth: int = 0) -> dict[str, str]:
    """Return the values of an object as text; those of objects within by names with dots."""
    found: dict[str, str] = {}
    for name, inner in list(value.items())[:500]:
        if isinstance(inner, dict) and depth < 5:
            found.update(_flat(inner, f"{before}{name}.", depth + 1))
        elif isinstance(inner, str | int | float) and not isinstance(inner, bool):
            found[f"{before}{name}"] = str(inner)
    return found


def items_of(rows: list[dict[str, str]], how: How) -> tuple[list[Item], int]:
    """Return the items of rows, and how many rows say nothing. Raises ParseError for a column that isn't there."""
    if not rows:
        return [], 0
    columns = _columns(set().union(*(row.keys() for row in rows[:200])), how)
    day_first = how.day_first
    if day_first is None and "date" in columns:
        day_first = day_first_in(row.get(columns["date"], "") for row in rows[:5000])
    seen: Counter[str] = Counter()
    items = []
    for row in rows:
        item = _item(row, columns, how, day_first, seen)
        if item is not None:
            items.append(item)
    return items, len(rows) - len(items)


def _columns(names: set[str], how: How) -> dict[str, str]:
    """Return which column holds what: as the settings say, else by the usual names."""
    for wanted in (*how.columns.values(), *how.segment.values()):
        for name in wanted.split(" + "):
            if name not in names:
                known = ", ".join(sorted(names)[:30])
                raise ParseError(f"there is no column {name!r}; there are {known}"[:500])
    found = dict(how.columns)
    by_small = {name.lower(): name for name in sorted(names)}
    taken = {part for column in (*found.values(), *how.segment.values()) for part in column.split(" + ")}
    for what, usual in _USUAL.items():
        if what not in found:
            match = next((by_small[name] for name in usual if name in by_small and by_small[name] not in taken), None)
            if match is not None:
                found[what] = match
                taken.add(match)
    if not {"title", "text", "rating"} & found.keys() and how.metric != "churn":
        raise ParseError("none of the columns is known to hold words: name them in `columns`")
    return found


def _item(
    row: Mapping[str, str], columns: Mapping[str, str], how: How, day_first: bool | None, seen: Counter[str]
) -> Item | None:
    def cell(what: str) -> str:
        names = columns[what].split(" + ") if what in columns else []
        return "\n".join(value for name in names if (value := row.get(name, "").strip()[:_CELL_LIMIT]))

    title, text = " ".join(_plain(cell("title")).split("\n"))[:1000], _plain(cell("text"))
    rating = 0.0 if how.metric == "churn" else _rating(cell("rating"), how.best)
    if not (title or text) and (rating is None or not any(row.values())):
        return None
    lang = cell("lang")[:35]
    segment = {name: value[:200] for name, column in how.segment.items() if (value := row.get(column, "").strip())}
    if how.metric is not None:
        segment["metric"] = how.metric
    return Item(
        title=title,
        text=text,
        url=absolute(cell("url")),
        guid=cell("id")[:1000] or _fingerprint(row, seen),
        author=" ".join(cell("author").split())[:200] or None,
        published=parse_date(cell("date")[:200], zone=how.zone, day_first=day_first),
        lang=lang.replace("_", "-") if _LANGUAGE.fullmatch(lang) else None,
        kind=how.kind,
        rating=rating,
        rating_max=how.best,
        segment=segment,
    )


def _plain(words: str) -> str:
    return text_of(words) if _MARKUP.search(words) else collapse(words)


def _rating(words: str, best: float) -> float | None:
    """Return a score; None for what is no number or not on the scale."""
    found = _NUMBER.fullmatch(words[:30])
    score = float(f"{found[1]}.{found[2] or 0}") if found else None
    return score if score is not None and score <= best else None


def _fingerprint(row: Mapping[str, str], seen: Counter[str]) -> str:
    """Return what a row without an id is known by: all that stands in it, and the how manieth of its like it is."""
    words = "\0".join(f"{name}\0{value.strip()}" for name, value in sorted(row.items()))
    digest = blake2b(words.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    seen[digest] += 1
    return digest if seen[digest] == 1 else f"{digest} {seen[digest]}"
