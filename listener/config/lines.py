"""Line numbers of keys in TOML text. Determined only to report a problem, as tomllib keeps none."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import TypeAlias

#: Keys of tables and indexes of arrays, from the top.
KeyPath: TypeAlias = tuple[str | int, ...]

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


@cache
def _token() -> re.Pattern[str]:
    """Return the tokens of a valid document, compiled only to report a problem.

    The long strings may end in up to two quotes of their own before the closing three.
    """
    return re.compile(
        r"""
      (?P<newline>\n)
    | (?P<space>[ \t\r]+|\#[^\n]*)
    | (?P<string>\"\"\"(?:[^\\]|\\.)*?\"{3,5}(?!\") | '''.*?'{3,5}(?!') | "(?:[^"\\\n]|\\.)*" | '[^'\n]*')
    | (?P<mark>[\[\]{}=,.])
    | (?P<bare>[^\s\[\]{}=,."'\#]+)
    """,
        re.VERBOSE | re.DOTALL,
    )


def dotted(path: KeyPath) -> str:
    """Return `path` as a person writes it: `sources.blog.every`, `brands."Acme Inc".query`, `channels.mail.to[0]`."""
    parts: list[str] = []
    for key in path:
        if isinstance(key, int):
            parts.append(f"[{key}]")
        else:
            shown = key if BARE_KEY.fullmatch(key) else f'"{"".join(map(_escaped, key))}"'
            parts.append(f".{shown}" if parts else shown)
    return "".join(parts)


def _escaped(character: str) -> str:
    """Return a character as it stands in a quoted key."""
    if character in ('"', "\\"):
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the 1-based line on which each key of a valid TOML `text` first stands."""
    return _Scan(text).run()


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield kind, text and line of what isn't space. Ends with a newline, whether the text does or not."""
    line = 1
    for match in _token().finditer(text):
        kind = match.lastgroup
        assert kind is not None
        if kind == "newline":
            yield kind, "\n", line
            line += 1
        elif kind != "space":
            yield kind, match[0], line
            if kind == "string":
                line += match[0].count("\n")
    yield "newline", "\n", line


def _plain(token: str) -> str:
    """Return the key that a token spells: quotes off, escapes read."""
    if token[:1] not in ("'", '"'):
        return token
    key = tomllib.loads(f"k = {token}")["k"]
    assert isinstance(key, str)
    return key


class _Scan:
    """One pass over the tokens of a document."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.at = 0
        self.found: dict[KeyPath, int] = {}
        #: How many tables of each array of tables have begun.
        self.counts: dict[KeyPath, int] = {}

    def run(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while self.at < len(self.tokens):
            kind, text, _ = self.tokens[self.at]
            if kind == "newline":
                self.at += 1
            elif text == "[":
                table = self.header()
            else:
                self.pair(table)
        return self.found

    def header(self) -> KeyPath:
        """Read `[a.b]` or `[[a.b]]` and return the path of the table that begins."""
        array = self.tokens[self.at + 1][1] == "["
        self.at += 2 if array else 1
        path: KeyPath = ()
        for key, line in self.keys("]"):
            path = (*path, key)
            self.found.setdefault(path, line)
            if path in self.counts:
                last = self.counts[path] - 1
                path = (*path, last)
        if array:
            path = path if isinstance(path[-1], str) else path[:-1]
            index = self.counts.get(path, 0)
            self.counts[path] = index + 1
            path = (*path, index)
            self.found[path] = line
            self.at += 1
        return path

    def keys(self, end: str) -> Iterator[tuple[str, int]]:
        """Yield the parts of a dotted key with their lines, up to the mark `end`, which is passed."""
        while self.tokens[self.at][1] != end or self.tokens[self.at][0] != "mark":
            kind, text, line = self.tokens[self.at]
            self.at += 1
            if kind in ("string", "bare"):
                yield _plain(text), line
        self.at += 1

    def pair(self, table: KeyPath) -> None:
        """Read `key = value` in the table at `table`."""
        path = table
        for key, line in self.keys("="):
            path = (*path, key)
            self.found.setdefault(path, line)
        self.value(path)

    def value(self, path: KeyPath) -> None:
        """Pass a value, noting the keys and elements inside it."""
        kind, text, _ = self.tokens[self.at]
        if kind == "mark" and text == "[":
            self.array(path)
        elif kind == "mark" and text == "{":
            self.inline_table(path)
        else:
            while self.tokens[self.at][0] != "newline" and self.tokens[self.at][1] not in (",", "]", "}"):
                self.at += 1

    def array(self, path: KeyPath) -> None:
        self.at += 1
        index = 0
        while self.tokens[self.at][1] != "]":
            kind, text, line = self.tokens[self.at]
            if kind == "newline" or text == ",":
                self.at += 1
                continue
            self.found[(*path, index)] = line
            self.value((*path, index))
            index += 1
        self.at += 1

    def inline_table(self, path: KeyPath) -> None:
        self.at += 1
        while self.tokens[self.at][1] != "}":
            kind, text, _ = self.tokens[self.at]
            if kind == "newline" or text == ",":
                self.at += 1
                continue
            self.pair(path)
        self.at += 1
