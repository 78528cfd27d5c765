"""Writes export files atomically, with cells guarded against spreadsheet formula injection."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import stat
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal, TextIO, TypeAlias

from listener.errors import ListenerError

#: A tuple is a list of texts: joined by "; " in CSV, an array in JSON.
Cell: TypeAlias = str | int | float | bool | datetime | tuple[str, ...] | None
Format: TypeAlias = Literal["csv", "jsonl"]

#: What makes spreadsheets take a cell for a formula, https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = frozenset("=+-@")
NEGATIVE_NUMBER = re.compile(r"-\d[\d.,]*%?")
#: Line ends inside a cell are kept as one kind, other control characters become spaces.
CONTROLS = {code: " " for code in (*range(32), 127) if chr(code) not in "\t\n"}


class OutputError(ListenerError):
    """A file can't be written."""


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: one that might be is put behind an apostrophe.

    Spreadsheets and their importers skip what stands before it, so blanks, tabs, line ends and invisible characters are
    looked behind, and full-width signs count as well. A plain negative number stays one.
    """
    text = text.replace("\r\n", "\n").translate(CONTROLS)
    for character in text:
        if character.isspace() or unicodedata.category(character)[0] in "CZ":
            continue
        suspect = unicodedata.normalize("NFKC", character)[0] in FORMULA
        return f"'{text}" if suspect and not NEGATIVE_NUMBER.fullmatch(text) else text
    return text


def csv_cell(cell: Cell) -> str | int | float:
    """Return a cell for CSV: nothing for None, ISO 8601 for times, numbers as they are, harmless texts."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return cell
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds")
    return harmless(cell if isinstance(cell, str) else "; ".join(cell))


def json_cell(cell: Cell) -> object:
    """Return a cell for JSON."""
    return cell.isoformat(timespec="seconds") if isinstance(cell, datetime) else cell


def write_rows(file: TextIO, form: Format, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    """Write rows below their columns' names, one at a time; return how many."""
    writer = csv.writer(file, lineterminator="\n")
    if form == "csv":
        writer.writerow(columns)
    count = 0
    for row in rows:
        count += 1
        if form == "csv":
            writer.writerow([csv_cell(cell) for cell in row])
        else:
            values = {name: json_cell(cell) for name, cell in zip(columns, row, strict=True)}
            file.write(json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n")
    return count


@contextmanager
def output_file(target: str) -> Iterator[TextIO]:
    """Give a UTF-8 file to write to; "-" is the standard output.

    A file is written under a temporary name and takes its own when it is whole and on the disk: nobody ever reads half
    of it, and a failure leaves what was there. A device or pipe is written straight. Raises OutputError.
    """
    if target == "-":
        assert isinstance(sys.stdout, io.TextIOWrapper)
        sys.stdout.reconfigure(encoding="utf-8", newline="")
        yield sys.stdout
        sys.stdout.flush()
        return
    path = Path(target).resolve()
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            with path.open("w", encoding="utf-8", newline="") as file:
                yield file
            return
        with _renamed_when_whole(path) as file:
            yield file
    except OSError as error:
        raise OutputError(f"can't write {target}: {error.strerror}") from error


@contextmanager
def _renamed_when_whole(path: Path) -> Iterator[TextIO]:
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("x", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    finally:
        partial.unlink(missing_ok=True)
