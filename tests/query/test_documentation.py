"""What docs/queries.md says of the language of queries is so: its examples are run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from listener.cli import group
from listener.errors import QueryError
from listener.mentions.grammar import DEPTH_LIMIT, LENGTH_LIMIT, NEAR_LIMIT, TERM_LIMIT
from listener.mentions.leaves import STEM_LIMIT
from listener.mentions.matcher import Matcher, compile_query
from listener.mentions.places import TEXT_LIMIT
from listener.mentions.tokens import FIELDS
from listener.types import Brand, Item, Source

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "queries.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def examples() -> Iterator[tuple[str, str, bool]]:
    for block in blocks("query"):
        expression, *texts = block.splitlines()
        for text in texts:
            assert text[:2] in ("+ ", "- "), text
            yield expression, text[2:], text[0] == "+"


def item_of(example: str) -> tuple[Item, Source | None]:
    """Read `[url] https://a.com the text`: a field's value has no spaces, but a title's, which is all there is."""
    given = re.fullmatch(r"\[(\w+)\] (.*)", example)
    if given is None:
        return Item(text=example), None
    field, rest = given.groups()
    if field == "title":
        return Item(title=rest), None
    if field == "author":
        return Item(author=rest.removesuffix(" anything"), text="anything"), None
    value, _, text = rest.partition(" ")
    if field == "source":
        return Item(text=text), Source(name=value, scraper="feed")
    return (Item(url=value, text=text) if field == "url" else Item(lang=value, text=text)), None


@pytest.mark.parametrize(("expression", "example", "matches"), list(examples()))
def test_an_example_of_the_documentation_is_so(expression: str, example: str, matches: bool) -> None:
    item, source = item_of(example)
    assert compile_query(expression).holds(item, source) is matches
    assert bool(Matcher([Brand(name="a", query=expression)]).match(item, source)) is matches


@pytest.mark.parametrize("block", blocks("refused"))
def test_a_query_that_the_documentation_calls_refused_is_refused_in_these_words(block: str) -> None:
    expression, message = block.splitlines()
    with pytest.raises(QueryError) as refused:
        compile_query(expression)
    assert refused.value.message == message


@pytest.mark.parametrize("block", blocks("console"))
def test_a_command_of_the_documentation_prints_what_it_says(block: str) -> None:
    command, _, output = block.partition("\n")
    program, *arguments = shlex.split(command.removeprefix("$ "))
    assert program == "listener"
    assert CliRunner().invoke(group, arguments).output == output


def test_the_documentation_tells_all_fields_and_limits() -> None:
    for field in FIELDS:
        assert f"`{field}:" in PAGE
    assert f"{LENGTH_LIMIT:,} characters and {TERM_LIMIT:,} terms" in PAGE
    assert f"parentheses nested up to {DEPTH_LIMIT} deep" in PAGE
    assert f"first {TEXT_LIMIT:,} characters" in PAGE
    assert f"between them, 0 to {NEAR_LIMIT}" in PAGE
    assert STEM_LIMIT == 3
    assert "At least three letters" in PAGE
