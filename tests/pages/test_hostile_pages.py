"""Pages made to hurt end in facts or in a typed error, soon. Full sizes: benchmarks/hostile_pages.py."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from datetime import UTC, datetime
from html import escape

import pytest

from listener.errors import ParseError
from listener.pages.facts import read_facts
from listener.pages.response import markup_of
from listener.pages.tree import MARKUP_LIMIT_CHARACTERS
from listener.plugins import Scrapers
from listener.types import Parsed, Request, Response, Source

SIZE = 200_000
#: Elements; more than any page has.
COUNT = 130_000
#: Seconds of this process; on a quiet machine each takes less than one.
BOUND = 15.0
URL = "https://hostile.example/pricing"


def answer(body: bytes, kind: str = "text/html") -> Response:
    return Response(
        request=Request(url=URL), url=URL, status=200, headers={"content-type": kind}, body=body,
        fetched_at=datetime.now(UTC),
    )  # fmt: skip


def parse(markup: str, scraper: str, **options: object) -> Parsed:
    found = Scrapers().get(scraper)
    response = answer(markup.encode())
    settings = found.Options(**options) if found.Options is not None else None
    return found.parse(response, Source(name="hostile", scraper=scraper, url=URL, options=settings))


def many(piece: str, start: str = "") -> str:
    return start + piece * (SIZE // len(piece))


@pytest.mark.parametrize("scraper", ["pricing", "page", "status"])
@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * COUNT,
        "<b>" * COUNT,
        "<table><tr><td>$1" * (COUNT // 3),
        "<p " + " ".join(f"a{number}=1" for number in range(30_000)) + ">",
    ],
    ids=["nested blocks", "nested words", "nested tables", "attributes"],
)
def test_what_nobody_writes_is_refused_with_a_typed_error(markup: str, scraper: str) -> None:
    started = time.process_time()
    with pytest.raises(ParseError, match="any page written for people"):
        parse(markup, scraper)
    assert time.process_time() - started < BOUND


@pytest.mark.parametrize(
    "markup",
    [
        many("pricing ", "<title>"),
        many("price ", "<p class='"),
        many("$9 per month ", "<p>"),
        many("1,", "<p>"),
        many("<h3>Why?</h3><p>x</p>"),
        many("<!--"),
        many("<script>"),
        many('<p title="'),
        many("[", "<script type='application/ld+json'>"),
        many("&lt;"),
        many("\u0301", "<p>"),
    ],
    ids=[
        "title",
        "class",
        "prices",
        "number",
        "questions",
        "comments",
        "scripts",
        "quotes",
        "JSON-LD",
        "refs",
        "accents",
    ],
)
def test_what_is_only_odd_is_read_in_bounded_time(markup: str) -> None:
    started = time.process_time()
    for scraper in ("pricing", "page"):
        parse(markup, scraper)
    assert time.process_time() - started < BOUND


def test_thousands_of_cards_of_which_no_two_are_alike_are_read_in_bounded_time() -> None:
    letters = [chr(ord("a") + number) for number in range(17)]
    names = [one + two + three for one in letters for two in letters for three in letters]
    cards = "".join(f'<div class="c{name}"><h3>{name}</h3><p>${number}</p></div>' for number, name in enumerate(names))
    started = time.process_time()
    assert len(read_facts(f"<div>{cards}</div>", {"pricing"}).plans) > 1_000
    assert time.process_time() - started < BOUND


@pytest.mark.parametrize("document", ["<div>" * COUNT, "<p>$1"], ids=["one large", "many"])
def test_frames_with_too_much_in_them_are_refused(document: str) -> None:
    frame = f'<iframe srcdoc="{escape(document)}"></iframe>'
    with pytest.raises(ParseError, match="any page written for people"):
        read_facts(frame * (COUNT // document.count("<")))


def test_a_page_beyond_the_limit_is_refused_before_it_is_parsed() -> None:
    started = time.process_time()
    with pytest.raises(ParseError, match="larger than"):
        read_facts(many("<div>") * (MARKUP_LIMIT_CHARACTERS // SIZE + 1))
    assert time.process_time() - started < 1


def test_an_expression_that_would_not_end_is_ended() -> None:
    started = time.process_time()
    with pytest.raises(ParseError, match="takes too long on this page"):
        parse(f"<p>{'a' * 480}!</p>" * 50, "page", ignore=(r"(?:(?:a+)b?)+$",), text="all")
    assert time.process_time() - started < BOUND


@pytest.mark.parametrize(
    "pattern", [r"(?:a|b|ab)*(?:a|b|ba)*(?:a|aa)*(?:aa|a)*c", r"((a*)a*)*b", r"a*a*a*a*a*a*a*c", r"(?=(a+))\1*b"]
)
def test_expressions_that_go_back_and_back_end(pattern: str) -> None:
    started = time.process_time()
    with suppress(ParseError):
        parse(f"<p>{'a' * 480}</p>" * 50, "page", ignore=(pattern,), text="all")
    assert time.process_time() - started < BOUND


@pytest.mark.parametrize("pattern", [r"\d{1,3}(,\d{3})* views", r"Updated .* ago", r"\bfrom \d+ to \d+\b"])
def test_what_ordinary_expressions_find_is_left_out(pattern: str) -> None:
    page = "<p>Updated 3 minutes ago by 1,234 views, from 7 to 9</p>" * 2_000
    facts = parse(page, "page", ignore=(pattern,), text="all").facts
    assert facts is not None
    assert facts.text
    assert re.search(pattern, facts.text) is None


@pytest.mark.parametrize("body", [b"%PDF-1.7 $9 per month", b"\x89PNG\r\n", b"PK\x03\x04 $9", b"<p>$9 \0\0 per month"])
def test_documents_and_pictures_are_no_pages(body: bytes) -> None:
    with pytest.raises(ParseError, match="binary data"):
        markup_of(answer(body))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig", "cp1252"])
def test_every_encoding_of_a_page_is_one(encoding: str) -> None:
    page = "<p>Pro costs 9 € per month</p>"
    assert "9 €" in markup_of(answer(page.encode(encoding), f"text/html; charset={encoding}"))
