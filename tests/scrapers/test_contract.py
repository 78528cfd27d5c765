"""What every scraper keeps to, whoever wrote it: documented, shown by fixtures, and unmoved by whatever answers."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from listener.errors import ParseError
from listener.presets import Preset
from listener.types import Parsed, Request
from tests.scrapers.polls import (
    ENVIRON,
    SCRAPERS,
    answer,
    answers_of,
    cases,
    is_poll,
    polled,
    scraper_of,
    source_of,
    state_of,
)

NAMES = SCRAPERS.names()
CASES = cases()
POLLS = [case for case in CASES if is_poll(case)]
MEGABYTE = 1_000_000

#: What servers answer that isn't what was asked for.
HOSTILE = {
    "nothing": b"",
    "blanks": b" \r\n\t",
    "html": b"<!doctype html><html><head><title>Just a moment...</title></head><body><p>Checking</body></html>",
    "null": b"null",
    "number": b"17",
    "text": b'"text"',
    "list": b"[]",
    "object": b"{}",
    "list of all kinds": b'[null, 1, "x", [], {}, [[]], true]',
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "no number": b'{"hits": [NaN, Infinity, -1e999]}',
    "long number": b'{"a": ' + b"9" * 10_000 + b"}",
    "not utf-8": b'{"items": [{"title": "\xff\xfe"}]}',
    "half a character": b'{"items": [{"title": "\\ud800", "id": "\\udc00"}]}',
    "nul": b"\0" * 1000,
    "xml": b'<?xml version="1.0"?><x/>',
    "entities": b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>',
    "binary": bytes(range(256)) * 40,
}


def read(case: Path, body: bytes, request: Request | None = None) -> Parsed | None:
    """Read a body as an answer to a case's first request; None for a ParseError."""
    scraper, source = scraper_of(case), source_of(case)
    if request is None:
        request = next(iter(scraper.requests(source, state_of(case))))
    try:
        return scraper.parse(answer(request, body), source)
    except ParseError as error:
        message = str(error)
    assert message
    assert len(message) < 500
    return None


@pytest.mark.parametrize("name", NAMES)
def test_a_scraper_says_what_it_reads_and_where_that_is_described(name: str) -> None:
    scraper = SCRAPERS.get(name)
    assert scraper.name == name
    about = scraper.file.about if isinstance(scraper, Preset) else sys.modules[type(scraper).__module__].__doc__ or ""
    links = scraper.file.format if isinstance(scraper, Preset) else about
    assert about.strip().partition("\n\n")[0].endswith(".")
    # Pages of any site follow no format; what reads them says where it is told how.
    assert "http" in links or "RFC" in links or "pages" in about.partition("\n")[0] or name == "page"


@pytest.mark.parametrize("name", NAMES)
def test_a_scraper_is_shown_by_fixtures(name: str) -> None:
    assert [case for case in CASES if case.parent.name == name], f"tests/scrapers/{name}/<case>/ is missing"


@pytest.mark.parametrize("case", POLLS, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_a_fixture_is_read_as_expected(case: Path) -> None:
    found, path = polled(case), case / "expected.json"
    if not path.exists():
        path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        pytest.fail(f"{path} was not there and has been written: see whether it is right, and keep it")
    assert found == json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_requests_carry_no_secret_in_an_address(case: Path) -> None:
    scraper, source = scraper_of(case), source_of(case)
    for request in scraper.requests(source, state_of(case)):
        assert not [secret for secret in ENVIRON.values() if secret in request.url + request.tag]
        assert request.url.startswith(("http://", "https://", "file:", "imap"))


@pytest.mark.parametrize("kind", HOSTILE)
def test_whatever_is_answered_there_are_items_or_a_parse_error(kind: str) -> None:
    for case in CASES:
        read(case, HOSTILE[kind])


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_an_answer_that_breaks_off_is_a_parse_error_or_fewer_items(case: Path) -> None:
    whole = max(answers_of(case), key=len)
    full = read(case, whole)
    for part in (1, 3, 7, 9):
        parsed = read(case, whole[: len(whole) * part // 10])
        assert parsed is None or full is None or len(parsed.items) <= len(full.items)


def fields(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the paths to all that a JSON value holds."""
    if isinstance(value, dict):
        return [path, *(found for name, inner in value.items() for found in fields(inner, (*path, name)))]
    if isinstance(value, list):
        return [path, *(found for at, inner in enumerate(value[:2]) for found in fields(inner, (*path, at)))]
    return [path]


def put(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    """Return a JSON value in which something else stands at a path."""
    if not path:
        return new
    step, *rest = path
    copied: Any = dict(value) if isinstance(value, dict) else list(value)
    copied[step] = put(value[step], tuple(rest), new)
    return copied


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_any_field_may_be_null_or_of_another_type(case: Path) -> None:
    for body in answers_of(case):
        try:
            whole = json.loads(body)
        except ValueError:
            continue
        for path in fields(whole):
            for other in (None, True, -1, 1e308, "", "x", [], [None], {}, {"x": 1}):
                read(case, json.dumps(put(whole, path, other)).encode())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_a_megabyte_in_any_one_field_is_cut(case: Path) -> None:
    for body in answers_of(case):
        try:
            whole = json.loads(body)
        except ValueError:
            continue
        for path in [path for path in fields(whole) if path and not isinstance(path[-1], int)][:60]:
            parsed = read(case, json.dumps(put(whole, path, "<b>a" * (MEGABYTE // 4))).encode())
            for item in parsed.items if parsed else ():
                assert len(item.text) <= 400_000
                assert len(item.title) <= 1_100
                assert len(item.author or "") <= 1_000
