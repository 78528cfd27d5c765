"""Complaints are cut into runs: at marks, names, addresses, and what the taxonomy knows."""

from __future__ import annotations

import pytest

from listener.mentions.matcher import BrandNames
from listener.mentions.pains import Topic
from listener.mentions.voices import Runs
from listener.types import Brand

RUNS = Runs(
    [Topic(name="speed", phrases=("too slow", "takes ... ages"))],
    BrandNames(Brand(name="acme", query='"Acme Cloud" OR @acmecloud', aliases=("AcmeDB",))).spans,
)


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("Seat sync fails, again!", [("seat", "sync", "fails"), ("again",)]),
        ("my Acme Cloud seat sync", [("my",), ("seat", "sync")]),
        ("@acmecloud and AcmeDB lose @ben rows", [("and",), ("lose",), ("rows",)]),
        ("see https://a.example/x seat sync", [("see",), ("seat", "sync")]),
        ("sync is too slow for me", [("sync", "is"), ("for", "me")]),
        ("sync takes a hundred ages here", [("sync",), ("here",)]),
        ("", []),
    ],
)
def test_runs_end_where_something_else_begins(text: str, runs: list[tuple[str, ...]]) -> None:
    assert list(RUNS.of(text)) == runs
