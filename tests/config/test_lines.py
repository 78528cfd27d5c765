"""Lines of keys, in documents of every shape that TOML has."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from listener.config.lines import KeyPath, dotted, key_lines

DOCUMENT = '''\
# a comment with [brackets] and = signs
title = "x"
[listener]
contact = "a # no comment" # a comment
"quoted key" = 1
a.b.c = 2
long = """
[not.a.table]
key = "no key"
""" # [neither]
raw = \'\'\'one
two\'\'\'
list = [
  "first", # [comment]
  { name = "second", inner = { deep = [1, 2] } },

  [3,
   4],
]
when = 2026-11-01 07:00:00.5
[ sources . "a.b" ]
url = 'C:\\temp'
[[products]]
name = "p"
[[products]]
name = "q"
[[products.parts]]
size = 1
[products.maker]
city = "x"
[[products]]
[sources.last]
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("listener",), 3),
        (("listener", "contact"), 4),
        (("listener", "quoted key"), 5),
        (("listener", "a"), 6),
        (("listener", "a", "b", "c"), 6),
        (("listener", "long"), 7),
        (("listener", "raw"), 11),
        (("listener", "list", 0), 14),
        (("listener", "list", 1, "name"), 15),
        (("listener", "list", 1, "inner", "deep", 1), 15),
        (("listener", "list", 2, 1), 18),
        (("listener", "when"), 20),
        (("sources", "a.b", "url"), 22),
        (("products",), 23),
        (("products", 1, "name"), 26),
        (("products", 1, "parts", 0, "size"), 28),
        (("products", 1, "maker", "city"), 30),
        (("products", 2), 31),
        (("sources", "last"), 32),
    ],
)
def test_a_key_is_found_on_its_line(path: KeyPath, line: int) -> None:
    tomllib.loads(DOCUMENT)
    assert key_lines(DOCUMENT)[path] == line


def test_text_inside_strings_and_comments_is_no_key() -> None:
    assert not [path for path in key_lines(DOCUMENT) if {"not", "key", "neither", "comment", "brackets"} & set(path)]


def test_strings_that_end_in_quotes_of_their_own_are_passed_whole() -> None:
    document = 'a = """say "hi"""""\nb = 1\nc = \'\'\'it\'\'\'\'\'\nd = "\\"]"\ne = 2\n'
    tomllib.loads(document)
    assert key_lines(document) == {("a",): 1, ("b",): 2, ("c",): 3, ("d",): 4, ("e",): 5}


NAMES = st.text(min_size=1, max_size=6)
TEXTS = st.text(max_size=12) | st.sampled_from(["]", "}", "[a]", "x = 1", '"""', "'''", "a\nb", "#", '\\"', "\\"])
VALUES = st.recursive(
    TEXTS | st.integers(-5, 5) | st.booleans() | st.floats(allow_nan=False) | st.datetimes() | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


def paths_in(value: Any, path: KeyPath = ()) -> set[KeyPath]:
    found = {path} if path else set()
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in pairs:
        found |= paths_in(inner, (*path, step))
    return found


@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_the_keys_found_are_those_that_the_parser_finds(tables: dict[str, Any]) -> None:
    document = tomlkit.dumps(tables)
    parsed = tomllib.loads(document)
    assert set(key_lines(document)) == paths_in(parsed)


@given(st.dictionaries(NAMES, st.dictionaries(NAMES, TEXTS, max_size=3), max_size=3))
def test_a_dotted_path_is_toml_again(tables: dict[str, dict[str, str]]) -> None:
    for table, pairs in tables.items():
        for key in pairs:
            assert tomllib.loads(f"{dotted((table, key))} = 1") == {table: {key: 1}}


def test_an_index_stands_in_brackets() -> None:
    assert dotted(("channels", "mail", "to", 0)) == "channels.mail.to[0]"
