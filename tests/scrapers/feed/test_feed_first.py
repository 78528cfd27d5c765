"""The feed scraper reads the common formats."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from listener.errors import ParseError
from listener.plugins import Scrapers
from listener.types import Parsed, Request, Response, Source

NOW = datetime(2025, 10, 3, 12, tzinfo=UTC)
URL = "https://example.com/feed"


def read(body: str) -> Parsed:
    response = Response(request=Request(url=URL), url=URL, status=200, headers={}, body=body.encode(), fetched_at=NOW)
    return Scrapers().get("feed").parse(response, Source(name="feed", scraper="feed", url=URL))


def test_an_rss_item_is_read() -> None:
    parsed = read(
        "<rss><channel><ttl>60</ttl><item><title>A &amp;amp; B</title><link>/a</link><guid>1</guid>"
        "<description>&lt;p&gt;Words&lt;/p&gt;</description></item></channel></rss>"
    )
    (item,) = parsed.items
    assert (item.title, item.text, item.url, item.guid) == ("A & B", "Words", "https://example.com/a", "1")


def test_an_html_page_is_a_parse_error_that_says_so() -> None:
    with pytest.raises(ParseError, match="an HTML page titled 'Not found' instead of a feed"):
        read("<!doctype html><html><title>Not found</title><p>404</html>")
