"""Reads a table into a record, key by key, so that all of its problems are reported, not only the first.

A record is a frozen `msgspec.Struct`; its type hints say what each key takes. msgspec converts, but for
the types that TOML has no word for (durations, sizes, networks): those have readers of their own.
"""

from __future__ import annotations

import functools
import math
import re
import types
import typing
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Generic, Literal, TypeAlias, TypeVar, Union, cast, get_args, get_origin
from zoneinfo import ZoneInfo

import msgspec

from listener.config import values
from listener.config.lines import KeyPath
from listener.config.report import Document, Report, nearest
from listener.config.settings import ByteSize, Network

#: Turns a TOML value into what the record holds. Raises ValueError that says what was expected.
Reader: TypeAlias = Callable[[Any], Any]
Record = TypeVar("Record")

READERS: Mapping[Any, Reader] = {
    timedelta: values.duration,
    ByteSize: values.byte_size,
    ZoneInfo: values.zone,
    Network: values.network,
}

#: What msgspec calls a type, and what a person does.
WORDS = {
    "str": "text in quotes",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list in [brackets]",
    "object": "a table in {braces}",
    "null": "nothing",
    "date": "a date",
    "time": "a time",
    "datetime": "a date and time",
}
INNER_PATH = re.compile(r" - at `\$(.*)`$")
INNER_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


class Misplaced(ValueError):
    """A value with something wrong inside it, at `inner` below its own key."""

    def __init__(self, message: str, inner: KeyPath) -> None:
        self.inner = inner
        super().__init__(message)


class Key(msgspec.Struct, frozen=True):
    """One key of a table: the record's field, how it is read, and whether it must be there."""

    field: str
    read: Reader
    required: bool


class Table(Generic[Record]):
    """How one kind of table is read.

    `readers` read values by their type, `special` those of fields whose type says too little; `given` names fields that
    don't come from the table, and `also` keys that stand beside those of the record and that a person may have meant.
    """

    def __init__(
        self,
        kind: type[Record],
        *,
        given: frozenset[str] = frozenset(),
        readers: Mapping[Any, Reader] = READERS,
        also: tuple[str, ...] = (),
        special: Mapping[str, Reader] = types.MappingProxyType({}),
    ) -> None:
        self.kind = kind
        self.also = also
        self._given = given
        self._readers = readers
        self._special = special

    @functools.cached_property
    def keys(self) -> dict[str, Key]:
        """The keys by name. Looked up when a table of the kind is read: type hints are strings until then."""
        return {
            name: Key(field, self._special.get(field) or reader_of(hint, self._readers), required)
            for name, field, hint, required in fields_of(self.kind)
            if field not in self._given
        }

    def read(
        self, table: Mapping[str, Any], document: Document, path: KeyPath, report: Report, **given: Any
    ) -> Record | None:
        """Return the record, or None after noting what is wrong in the table at `path`."""
        before = len(report.problems)
        found = dict(given)
        for name, value in table.items():
            key = self.keys.get(name)
            if key is None:
                report.unknown_key(document, (*path, name), (*self.also, *self.keys))
                continue
            try:
                found[key.field] = key.read(value)
            except ValueError as error:
                note_bad_value(report, document, (*path, name), error)
        for name, key in self.keys.items():
            if key.required and name not in table:
                report.problem(document, path, f"{name} is missing.")
        if len(report.problems) > before:
            return None
        return self.build(found, document, path, report)

    def build(self, found: Mapping[str, Any], document: Document, path: KeyPath, report: Report) -> Record | None:
        """Return the record made of fields that are all read, or None after noting what is wrong between them."""
        try:
            return self.kind(**found)
        except ValueError as error:
            # What holds between keys is checked by the record itself; its message begins with the key at fault.
            name, colon, message = str(error).partition(": ")
            at_fault = name.partition(".")[0]
            inner = (at_fault,) if colon and at_fault in self.keys else ()
            report.problem(document, (*path, *inner), _sentence(message if inner else str(error)))
            return None


def note_bad_value(report: Report, document: Document, path: KeyPath, error: ValueError) -> None:
    """Note a value that its reader refused."""
    inner = error.inner if isinstance(error, Misplaced) else ()
    meant = nearest(error.given, error.candidates) if isinstance(error, values.Meant) else None
    report.problem(document, (*path, *inner), _sentence(str(error)), meant)


def fields_of(kind: type[Any]) -> list[tuple[str, str, Any, bool]]:
    """Return key in the file, field, type hint and whether it is required, for each field of a record."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return [(f.encode_name, f.name, hints[f.name], f.required) for f in msgspec.structs.fields(kind)]


def reader_of(hint: Any, readers: Mapping[Any, Reader] = READERS) -> Reader:
    """Return how values of a type are read."""
    if hint in readers:
        return readers[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType) and type(None) in arguments and len(arguments) == 2:
        return reader_of(next(argument for argument in arguments if argument is not type(None)), readers)
    if origin is tuple and len(arguments) == 2 and arguments[0] in readers:
        return functools.partial(_read_list, readers[arguments[0]])
    if origin is Mapping and arguments[1] in readers:
        return functools.partial(_read_mapping, readers[arguments[1]])
    if origin is Literal:
        return functools.partial(_read_choice, arguments)
    return functools.partial(_read_plain, hint)


def _read_list(read: Reader, value: object) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError(f"expected {WORDS['array']}, got {values.shown(value)}")
    return tuple(_read_inner(read, index, element) for index, element in enumerate(value))


def _read_mapping(read: Reader, value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"expected {WORDS['object']}, got {values.shown(value)}")
    return types.MappingProxyType({name: _read_inner(read, name, element) for name, element in value.items()})


def _read_inner(read: Reader, step: str | int, value: object) -> Any:
    try:
        return read(value)
    except ValueError as error:
        raise Misplaced(str(error), (step,)) from None


def _read_choice(choices: tuple[str, ...], value: object) -> object:
    if value in choices:
        return value
    allowed = " or ".join(f'"{choice}"' for choice in choices) if len(choices) < 3 else "one of " + ", ".join(choices)
    raise values.Meant(f"expected {allowed}, got {values.shown(value)}", choices, str(value))


def _read_plain(hint: Any, value: object) -> Any:
    try:
        read = msgspec.convert(value, hint, strict=True)
    except msgspec.ValidationError as error:
        inner = INNER_PATH.search(str(error))
        message = INNER_PATH.sub("", str(error))
        raise Misplaced(_in_words(message, value if inner is None else None), _steps(inner)) from None
    if isinstance(read, float) and not math.isfinite(read):
        raise ValueError(f"expected a finite number, got {value}")
    return read


def _steps(inner: re.Match[str] | None) -> KeyPath:
    if inner is None:
        return ()
    return tuple(
        int(index) if index else name for name, index in cast("list[tuple[str, str]]", INNER_STEP.findall(inner[1]))
    )


def _in_words(message: str, value: object) -> str:
    """Return msgspec's message in words: "expected a whole number, got text in quotes"."""
    message = re.sub(r"`([^`]*)`", lambda match: _type_in_words(match[1]), message)
    message = message[:1].lower() + message[1:]
    return message if value is None or ", got " in message else f"{message}, got {values.shown(value)}"


def _type_in_words(name: str) -> str:
    return " or ".join(WORDS.get(part.strip(), part.strip()) for part in name.split("|"))


def _sentence(message: str) -> str:
    return message if message.endswith(".") else f"{message}."
