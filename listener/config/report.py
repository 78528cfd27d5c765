"""Collects all problems of a settings file, to report them together."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from listener.config.lines import KeyPath, dotted, key_lines
from listener.errors import ConfigError, ConfigProblem


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the settings."""

    path: Path
    text: str
    tables: dict[str, Any]
    #: Other accounts of this machine can read it.
    exposed: bool


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that `word` was probably meant to be, or None."""
    by_lower = {candidate.lower(): candidate for candidate in candidates}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


class Note(msgspec.Struct, frozen=True):
    """A problem before its line is looked up."""

    document: Document
    path: KeyPath
    message: str
    meant: str | None = None


class Report:
    """Takes notes of problems and warnings. Lines are looked up at the end, once for each file that has any."""

    def __init__(self, main: Path) -> None:
        #: The settings file itself: its problems are told before those of the files it includes.
        self.main = main
        self.problems: list[Note] = []
        self.warnings: list[Note] = []

    def problem(self, document: Document, path: KeyPath, message: str, meant: str | None = None) -> None:
        """Note what keeps the settings from being used."""
        self.problems.append(Note(document, path, message, meant))

    def warning(self, document: Document, path: KeyPath, message: str, meant: str | None = None) -> None:
        """Note what is odd, but no reason not to start."""
        self.warnings.append(Note(document, path, message, meant))

    def unknown_key(self, document: Document, path: KeyPath, known: Iterable[str]) -> None:
        """Note a key that nothing reads, with the one that was probably meant or, failing that, those there are."""
        known = list(known)
        meant = nearest(str(path[-1]), known)
        there = "" if meant or not known else f" Known here: {', '.join(known)}."
        self.problem(document, path, f"unknown key.{there}", meant)

    def check(self) -> None:
        """Raise ConfigError with all problems, if there are any."""
        if self.problems:
            raise ConfigError(self.located(self.problems))

    def located(self, notes: list[Note]) -> tuple[ConfigProblem, ...]:
        """Return the notes with their lines, by file and line."""
        lines: dict[Path, dict[KeyPath, int]] = {self.main: {}}
        found = []
        for note in notes:
            path = note.document.path
            if note.path and not lines.setdefault(path, {}):
                lines[path] = key_lines(note.document.text)
            line = next((lines[path][head] for head in _heads(note.path) if head in lines[path]), None)
            found.append(
                ConfigProblem(file=str(path), line=line, key=dotted(note.path), message=note.message, meant=note.meant)
            )
        order = {str(path): number for number, path in enumerate(lines)}
        return tuple(sorted(found, key=lambda problem: (order[problem.file], problem.line or 0)))


def _heads(path: KeyPath) -> Iterable[KeyPath]:
    """Yield the path and the tables above it, nearest first."""
    return (path[:length] for length in range(len(path), 0, -1))
