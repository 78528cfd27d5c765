"""Where each scraper says that what is older can be asked for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from msgspec.structs import replace

from listener.channels import Secret
from listener.searching import back_to, turn_of
from listener.types import Parsed, Request, Search, Source
from tests.scrapers.cases import NOW, answered, asked, source_of

FEED = "https://blog.example.com/feed"


def rss(inside: str) -> str:
    return f"<rss><channel>{inside}<item><title>Acme</title><guid>1</guid></item></channel></rss>"


def atom(inside: str) -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{inside}<entry><id>1</id></entry></feed>'


def older_urls(parsed: Parsed) -> list[str]:
    return [request.url for request in parsed.older]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (atom('<link rel="next" href="/feed?p=2"/>'), [FEED + "?p=2"]),
        (atom('<link rel="prev-archive" href="/2025"/><link rel="next" href="/x"/>'), ["https://blog.example.com/2025"]),
        (atom('<link rel="next" href="javascript:x"/>'), []),
        (rss(f'<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="next" href="{FEED}/2"/>'), [FEED + "/2"]),
        (rss(f'<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="next" href="{FEED}"/>'), []),
        (rss("<generator>https://wordpress.org/?v=6.8</generator>"), [FEED + "?paged=2"]),
        (rss(""), []),
        ("<rss><channel><generator>https://wordpress.org/</generator></channel></rss>", []),
        ('{"items": [{"id": "1", "title": "a"}], "next_url": "/f?before=1"}', ["https://blog.example.com/f?before=1"]),
        ('{"items": [], "next_url": "/feed.json?before=1"}', []),
    ],
)  # fmt: skip
def test_feeds_name_their_next_page(body: str, expected: list[str]) -> None:
    parsed = answered(source_of("feed", FEED), body)
    assert older_urls(parsed) == expected
    assert parsed.more == ()


def test_pages_of_wordpress_are_counted_on() -> None:
    source = source_of("feed", FEED)
    body = rss("<generator>https://wordpress.com/</generator>")
    (second,) = answered(source, body).older
    (third,) = answered(source, body, request=second).older
    assert third.url == FEED + "?paged=3"
    assert third.headers == asked(source)[0].headers


def search(name: str, **options: Any) -> Source:
    return replace(source_of(name, "", **options), searches=(Search(brand="acme", terms=("Acme",)),))


def first(source: Source) -> Request:
    return asked(source, dict(back_to(datetime(2025, 1, 1, tzinfo=UTC))))[0]


def parameters(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}


SINCE = 1735689600
AT = int((NOW - timedelta(days=3)).timestamp())


def test_hacker_news_is_asked_for_what_was_before_the_oldest_hit() -> None:
    source = search("hacker-news")
    hit = {"objectID": "1", "title": "Acme", "created_at_i": AT}
    request = first(source)
    (older,) = answered(source, json.dumps({"hits": [hit], "nbPages": 10}), request=request).older
    assert parameters(older)["numericFilters"] == f"created_at_i>{SINCE},created_at_i<={AT}"
    assert (parameters(older)["page"], turn_of(older).page) == ("0", 1)
    assert answered(source, '{"hits": []}', request=older).older == ()


def test_stack_exchange_is_asked_for_what_was_before_and_gets_the_rest_that_it_asks_for() -> None:
    source = search("stack-exchange")
    question = {"question_id": 1, "title": "Acme", "creation_date": AT}
    parsed = answered(source, json.dumps({"items": [question], "has_more": True, "backoff": 30}), request=first(source))
    assert parameters(parsed.older[0]) | {"todate": str(AT), "page": "1", "fromdate": str(SINCE)} == parameters(
        parsed.older[0]
    )
    assert parsed.rest == timedelta(seconds=30)
    assert parsed.more == ()
    assert answered(source, json.dumps({"items": [question]}), request=first(source)).older == ()


def test_gdelt_is_asked_for_what_was_before_a_full_answer() -> None:
    source = search("gdelt")
    article = {"url": "https://x.example/1", "title": "Acme", "seendate": "20260227T101500Z"}
    (older,) = answered(source, json.dumps({"articles": [article] * 250}), request=first(source)).older
    assert parameters(older)["enddatetime"] == "20260227101500"
    assert parameters(older)["startdatetime"] == "20250101000000"
    assert answered(source, json.dumps({"articles": [article]}), request=first(source)).older == ()


def test_github_shows_a_thousand_issues_and_is_asked_for_earlier_ones() -> None:
    source = search("github")
    issue = {"title": "Acme", "html_url": "https://github.com/x/y/issues/1", "created_at": "2026-02-27T10:15:00Z"}
    body = json.dumps({"total_count": 2500, "items": [issue]})
    request = first(source)
    for page in range(2, 11):
        (request,) = answered(source, body, request=request).older
        assert parameters(request)["page"] == str(page)
    (earlier,) = answered(source, body, request=request).older
    assert parameters(earlier)["q"] == '"Acme" is:issue created:2025-01-01T00:00:00Z..2026-02-27T10:15:00Z'
    assert parameters(earlier)["page"] == "1"
    (second,) = answered(source, body, request=earlier).older
    assert parameters(second)["page"] == "2"


def test_discussions_on_github_are_turned_by_their_cursor() -> None:
    source = search("github")
    options = msgspec.structs.replace(source.options, what="discussions", token=Secret("t"))
    source = replace(source, options=options)
    node = {
        "id": "D1",
        "title": "Acme",
        "createdAt": "2026-02-27T10:15:00Z",
        "url": "https://github.com/x/y/discussions/1",
    }
    page = {"hasNextPage": True, "endCursor": "Y3Vyc29yOjUw"}
    body = json.dumps({"data": {"search": {"nodes": [node], "pageInfo": page}}})
    parsed = answered(source, body, request=first(source))
    (older,) = parsed.older
    assert older.body is not None
    assert json.loads(older.body)["variables"] == {
        "q": '"Acme" created:>=2025-01-01T00:00:00Z sort:created-desc',
        "after": "Y3Vyc29yOjUw",
    }
    assert (older.method, older.headers) == ("POST", first(source).headers)
    # With news left it is the next page of a poll, too.
    assert parsed.more == (older,)
    end = json.dumps({"data": {"search": {"nodes": [node], "pageInfo": {"hasNextPage": False, "endCursor": "Z"}}}})
    assert answered(source, end, request=older).older == ()


def test_mastodon_goes_on_below_the_oldest_status() -> None:
    source = search("mastodon")
    status = {"id": "77", "content": "<p>Acme</p>", "created_at": "2026-02-27T10:15:00Z", "uri": "x"}
    (older,) = answered(source, json.dumps([status])).older
    assert parameters(older)["max_id"] == "77"


def test_lobsters_has_pages() -> None:
    story = json.dumps([{"title": "Acme", "short_id": "a"}])
    source = source_of("lobsters", "")
    (second,) = answered(source, story).older
    (third,) = answered(source, story, request=second).older
    assert (second.url, third.url) == ("https://lobste.rs/newest/page/2.json", "https://lobste.rs/newest/page/3.json")
    assert answered(source, "[]", request=third).older == ()


def test_a_poll_reads_as_many_pages_as_its_settings_say_and_a_backfill_all() -> None:
    posts = [{"id": 1, "title": {"rendered": "Acme"}, "link": "https://b.example/1"}]
    source = source_of("wordpress", "https://b.example", pages=1)
    parsed = answered(source, json.dumps(posts), headers={"x-wp-totalpages": "3"})
    assert parsed.more == ()
    assert older_urls(parsed)[0].endswith("page=2")
    last = answered(source, json.dumps(posts), request=parsed.older[0], headers={"x-wp-totalpages": "2"})
    assert last.older == ()
