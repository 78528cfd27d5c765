"""Scrapers of reviews, forums and blogs: what they ask for, and what hostile servers can't do to them."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from listener.errors import ParseError
from listener.types import Source
from tests.scrapers.cases import FOLDER, answered, asked, case_bodies, source_of

#: Addresses and options with which each scraper can be asked.
SOURCES: dict[str, tuple[str, dict[str, Any]]] = {
    "app-store": ("https://apps.apple.com/de/app/acme-notes/id1234567890", {}),
    "schema-org": ("https://reviews.example.com/acme", {}),
}
BODIES = case_bodies(*SOURCES)


def source(name: str, **options: Any) -> Source:
    url, usual = SOURCES[name]
    return source_of(name, url, **{**usual, **options})


def case(name: str, file: str) -> bytes:
    return (FOLDER / name / file).read_bytes()


def case_id(value: Path) -> str:
    return f"{value.parent.parent.name}-{value.parent.name}"


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize(
    "body",
    [b"", b"\0", b"null", b"<html><title>Sign in</title>", b'{"feed":', b"\xff\xfe\x00", b"[" * 100_000],
    ids=["empty", "zero", "null", "page", "cut off", "no text", "deep"],
)
def test_what_the_source_never_promised_is_a_parse_error(name: str, body: bytes) -> None:
    with pytest.raises(ParseError):
        answered(source(name), body)


@pytest.mark.parametrize("body", BODIES, ids=case_id)
def test_an_answer_cut_off_anywhere_gives_fewer_items_or_a_parse_error(body: Path) -> None:
    whole, one = body.read_bytes(), source(body.parent.parent.name)
    most = len(answered(one, whole).items)
    for end in range(0, len(whole), len(whole) // 12):
        with suppress(ParseError):
            assert len(answered(one, whole[:end]).items) <= most


@pytest.mark.parametrize("body", [path for path in BODIES if path.suffix == ".json"], ids=case_id)
@pytest.mark.parametrize("other", [None, 0, -1.5, True, [], {}, "x" * 1_000_000], ids=lambda value: str(value)[:5])
def test_fields_of_any_other_type_are_survived(body: Path, other: object) -> None:
    one = source(body.parent.parent.name)
    for broken in replaced_one_by_one(json.loads(body.read_bytes()), other):
        with suppress(ParseError):
            answered(one, json.dumps(broken))


def replaced_one_by_one(document: object, other: object, limit: int = 25) -> list[object]:
    """Return copies of a document in which one value each, found breadth first, is another."""
    copies: list[object] = []
    paths: list[tuple[str | int, ...]] = [()]
    for path in paths:
        value = document
        for step in path:
            value = value[step]  # type: ignore[index]
        if isinstance(value, dict):
            paths += [(*path, key) for key in value]
        elif isinstance(value, list) and value:
            paths.append((*path, 0))
    for path in paths[1 : limit + 1]:
        copy = json.loads(json.dumps(document))
        inner = copy
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = other
        copies.append(copy)
    return copies


def test_reviews_are_asked_for_in_the_country_of_the_address_or_in_those_named() -> None:
    (only,) = asked(source("app-store"))
    assert only.url == "https://itunes.apple.com/de/rss/customerreviews/page=1/id=1234567890/sortby=mostrecent/json"
    assert [request.url[25:27] for request in asked(source("app-store", countries=["at", "ch"]))] == ["at", "ch"]


def test_pages_of_reviews_are_turned_as_far_as_there_are_any_and_the_settings_say() -> None:
    page = case("app-store", "json/response.json")
    (second,) = answered(source("app-store", pages=10), page).more
    assert "/de/rss/customerreviews/page=2/" in second.url
    (third,) = answered(source("app-store", pages=10), page, request=second).more
    assert answered(source("app-store", pages=10), page, request=third).more == ()
    assert answered(source("app-store", pages=1), page).more == ()


def test_the_next_page_of_reviews_is_read_on_the_same_host_only() -> None:
    page = case("schema-org", "jsonld/response.html")
    (second,) = answered(source("schema-org", pages=2), page).more
    assert second.url == "https://reviews.example.com/acme?page=2"
    elsewhere = page.replace(b'href="/acme', b'href="https://elsewhere.example.net/acme')
    assert answered(source("schema-org", pages=2), elsewhere).more == ()
    assert answered(source("schema-org", pages=2), page, request=second).more == ()


def test_the_average_is_told_once_a_page_and_is_the_same_item_until_it_changes() -> None:
    page = case("schema-org", "average-only/response.html")
    (before,) = answered(source("schema-org"), page).items
    (more_voters,) = answered(source("schema-org"), page.replace(b"1204", b"1300")).items
    (better,) = answered(source("schema-org"), page.replace(b"87", b"88")).items
    assert before.guid == more_voters.guid != better.guid
