"""Reads the settings file and the files it includes, and merges their tables."""

from __future__ import annotations

import glob
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from listener.config.report import Document, Report
from listener.config.secrets import everyone_reads
from listener.errors import ConfigError, ConfigProblem

#: Tables whose keys are names; files that are included hold these and nothing else.
NAMED = ("brands", "sources", "channels", "alerts", "pains")
SECTIONS = ("listener", "fetch", "understand", "pages", "retention", "websub", "daemon")

NAME_LIMIT = 100
#: How tomllib ends its messages before Python 3.14; from then on the exception has attributes, but says it still.
AT_LINE = re.compile(r" \(at line (\d+), column (\d+)\)$")


class Entry(msgspec.Struct, frozen=True):
    """One table with a name, such as [sources.blog], and the file it stands in."""

    name: str
    table: dict[str, Any]
    document: Document


class Book(msgspec.Struct):
    """All files of the settings: the sections of the main one, and the named tables of all."""

    main: Document
    included: list[Document] = msgspec.field(default_factory=list)
    named: dict[str, dict[str, Entry]] = msgspec.field(default_factory=lambda: {kind: {} for kind in NAMED})

    def section(self, name: str, report: Report) -> dict[str, Any]:
        """Return a section of the main file, empty where it isn't there."""
        section = self.main.tables.get(name, {})
        if isinstance(section, dict):
            return section
        report.problem(self.main, (name,), f"expected a table: [{name}].")
        return {}


def read_document(path: Path) -> Document:
    """Read and parse one file. Raises ConfigError if that can't be done."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _unreadable(path, line, "the file is not text in UTF-8.") from None
    except FileNotFoundError:
        hint = f"no such file. Create one with: listener init {path}"
        raise _unreadable(path, None, hint) from None
    except OSError as error:
        raise _unreadable(path, None, f"can't be read: {error.strerror or error}.") from None
    # TOML ends lines with \n or \r\n; tomllib normalises them in the same way.
    text = text.replace("\r\n", "\n")
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(path, text, error) from None
    except RecursionError:
        raise _unreadable(path, None, "brackets are nested too deeply.") from None
    return Document(path=path, text=text, tables=tables, exposed=everyone_reads(path))


def _unreadable(path: Path, line: int | None, message: str) -> ConfigError:
    return ConfigError([ConfigProblem(file=str(path), line=line, key="", message=message)])


def _not_toml(path: Path, text: str, error: tomllib.TOMLDecodeError) -> ConfigError:
    message = str(error)
    if at := AT_LINE.search(message):
        line, column = int(at[1]), f"column {at[2]}: "
        message = message[: at.start()]
    else:
        line, column = text.rstrip().count("\n") + 1, ""
        message = message.replace(" (at end of document)", " at the end of the file")
    return _unreadable(path, line, f"{column}{message[:1].lower()}{message[1:]}.")


def open_book(path: Path, report: Report) -> Book:
    """Read the settings file at `path` and all that it includes. Raises ConfigError for a file that can't be parsed."""
    book = Book(main=read_document(path))
    for name in book.main.tables:
        if name not in SECTIONS and name not in NAMED:
            report.unknown_key(book.main, (name,), (*SECTIONS, *NAMED))
    _add(book, book.main, report)
    broken: list[ConfigProblem] = []
    for included in _included(book, report):
        try:
            document = read_document(included)
        except ConfigError as error:
            broken.extend(error.problems)
            continue
        book.included.append(document)
        for name in document.tables:
            if name in SECTIONS:
                report.problem(document, (name,), f"[{name}] belongs in {path.name}, the file that includes this one.")
            elif name not in NAMED:
                report.unknown_key(document, (name,), NAMED)
        _add(book, document, report)
    if broken:
        raise ConfigError(broken)
    return book


def _included(book: Book, report: Report) -> Iterator[Path]:
    """Yield the files that the main one includes, each once, those of one pattern by name."""
    patterns = book.section("listener", report).get("include", [])
    if isinstance(patterns, str):
        patterns = [patterns]
    if not isinstance(patterns, list):
        report.problem(book.main, ("listener", "include"), 'expected a list of files, such as ["sources/*.toml"].')
        return
    seen = {book.main.path}
    for index, pattern in enumerate(patterns):
        where = ("listener", "include", index)
        if not isinstance(pattern, str) or not pattern:
            report.problem(book.main, where, 'expected a file or a pattern in quotes, such as "sources/*.toml".')
            continue
        wild = any(mark in pattern for mark in "*?[")
        root = book.main.path.parent
        found = sorted(glob.glob(pattern, root_dir=root, recursive=True)) if wild else [pattern]  # noqa: PTH207 - paths with a root
        paths = [Path(os.path.normpath(root / Path(name).expanduser())) for name in found]
        if wild and not paths:
            report.warning(book.main, where, f"no file matches {pattern!r}.")
        if not wild and not paths[0].is_file():
            report.problem(book.main, where, f"no such file: {paths[0]}.")
            continue
        yield from (path for path in paths if path not in seen)
        seen.update(paths)


def _add(book: Book, document: Document, report: Report) -> None:
    """Add a file's named tables to those of the files before it."""
    for kind in NAMED:
        tables = document.tables.get(kind, {})
        if not isinstance(tables, dict):
            report.problem(document, (kind,), f"expected tables with a name each: [{kind}.NAME].")
            continue
        entries = book.named[kind]
        for name, table in tables.items():
            if not isinstance(table, dict):
                report.problem(document, (kind, name), f"expected a table with a name: [{kind}.NAME].")
            elif not (name and len(name) <= NAME_LIMIT and name.isprintable() and name == name.strip()):
                message = f"expected a name of 1 to {NAME_LIMIT} printable characters, no blanks around it."
                report.problem(document, (kind, name), message)
            elif name in entries:
                report.problem(
                    document, (kind, name), f"duplicate name: also defined in {entries[name].document.path}."
                )
            else:
                entries[name] = Entry(name, table, document)
