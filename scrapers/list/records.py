"""Lists in JSON, by paths."""

from __future__ import annotations

import msgspec

from listener.errors import ParseError
from listener.fields import Fields, read_json
from listener.html import text_of
from listener.types import Response


def at(fields: Fields, path: str) -> Fields:
    """Return what stands at a path: "author.name", "links.0.href"; "." is the whole."""
    for step in path.split(".") if path != "." else ():
        position = int(step) if fields.is_list() and step.isdecimal() and len(step) < 6 else None
        fields = fields.within(step if position is None else position)
    return fields


def value_at(fields: Fields, path: str) -> str:
    """Return the text or number at a path; markup becomes readable text."""
    found = at(fields, path)
    raw = found.raw()
    if not raw:
        number = found.number()
        return "" if number is None else f"{number:g}"
    return text_of(raw) if "<" in raw or ("&" in raw and "://" not in raw[:12]) else found.text()


class RecordEntry(msgspec.Struct, frozen=True):
    """An object that is an entry."""

    fields: Fields

    def value(self, rule: str) -> str:
        """Return what stands at a path."""
        return value_at(self.fields, rule)

    def link(self) -> str:
        """Return nothing: which field is an address, only the settings know."""
        return ""

    def words(self, title: str) -> str:
        """Return nothing: which fields are words, only the settings know."""
        return ""


class Records(msgspec.Struct, frozen=True):
    """An answer with a list in it."""

    root: Fields
    entries: tuple[RecordEntry, ...]

    def first(self, rule: str) -> str:
        """Return what stands at a path of the answer."""
        return at(self.root, rule).raw()


def records_of(response: Response, item: str) -> Records:
    """Return the list at a path. Raises ParseError where there is none."""
    root = read_json(response)
    found = at(root, item)
    if not found.is_list():
        raise ParseError(f"JSON without a list at item = {item!r}")
    return Records(root, tuple(RecordEntry(fields) for fields in found.each()))
