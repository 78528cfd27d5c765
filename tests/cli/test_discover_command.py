"""`listener pages discover`, against sites on this machine."""

from __future__ import annotations

import gzip
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pytest_httpserver import HTTPServer

from listener.app import load_settings
from listener.cli import group
from tests.cli.test_add_and_try import FEED, PRICES, RSS, SETTINGS

HTML = "text/html"
FAQ = "<html><title>FAQ</title><h1>FAQ</h1>" + "".join(
    f"<details><summary>Can I {what}?</summary><p>Yes, you can {what}.</p></details>"
    for what in ("cancel", "pay by invoice", "export my data")
)
STATUS = """<html><title>Status</title><h1>All systems operational</h1><div class="incident-container">
<a class="incident-title" href="/i/1">Outage</a><p>Resolved <time datetime="2026-11-02T12:30:00Z"></time></p></div>"""
EMPTY = "<html><title>Nothing</title><p>Nothing here.</p></html>"

Pages = dict[str, tuple[str, str | bytes]]
Serve = Callable[[Pages], HTTPServer]


@pytest.fixture
def serve(httpserver: HTTPServer) -> Serve:
    """Return what puts pages on the server: path to media type and body. Anything else is a 404."""

    def put(pages: Pages) -> HTTPServer:
        for path, (kind, body) in pages.items():
            httpserver.expect_request(path).respond_with_data(body, content_type=kind)
        httpserver.expect_request(re.compile(".*")).respond_with_data("", status=404)
        return httpserver

    return put


@pytest.fixture
def settings(tmp_path: Path, httpserver: HTTPServer) -> Path:
    path = tmp_path / "listener.toml"
    path.write_text(SETTINGS.format(known=httpserver.url_for("/known")))
    return path


def run(settings: Path, *arguments: str) -> Result:
    return CliRunner().invoke(group, ["-c", str(settings), "pages", "discover", *arguments])


def found(settings: Path, url: str, *options: str) -> dict[str, Any]:
    result = run(settings, url, "--json", *options)
    assert result.stdout, (result.output, result.exception)
    record: dict[str, Any] = json.loads(result.stdout)
    record["at"] = {page["kind"]: page["url"].removeprefix(url.rstrip("/")) for page in record["pages"]}
    return record


def front(*links: str) -> tuple[str, str]:
    return HTML, f'<html lang="en"><title>Globex</title><h1>Work for less</h1>{"".join(links)}</html>'


def test_links_of_the_front_page_lead_to_all_kinds(serve: Serve, settings: Path) -> None:
    links = ('<a href="/plans">Pricing</a>', '<a href="/h">FAQ</a>', '<a href="/status">Status</a>',
             '<a href="/blog/">Blog</a>', '<a href="/blog/2026/03/pricing">Our prices</a>')  # fmt: skip
    blog = '<html><link rel="alternate" type="application/rss+xml" href="/rss.xml"><p>Words.</p></html>'
    server = serve({"/": front(*links), "/plans": (HTML, PRICES), "/h": (HTML, FAQ), "/status": (HTML, STATUS),
                    "/blog/": (HTML, blog), "/rss.xml": (RSS, FEED)})  # fmt: skip
    record = found(settings, server.url_for("/"))
    assert record["at"] == {
        "pricing": "/plans", "faq": "/h", "status": "/status", "blog": "/rss.xml", "landing": "/",
    }  # fmt: skip
    why = {page["kind"]: (page["why"], page["reads"]) for page in record["pages"]}
    assert why["pricing"] == ('linked as "Pricing"', "3 prices")
    assert why["blog"] == ('linked as "Blog": /blog/', "a feed, 3 entries")
    assert record["missing"] == []
    assert {request.path for request, _ in server.log} == {
        "/robots.txt", "/", "/plans", "/h", "/status", "/blog/", "/rss.xml",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("lang", "path"), [("de", "/preise"), ("fr", "/tarifs"), ("es", "/precios"), ("pl", "/cennik"), ("it", "/prezzi")]
)
def test_a_usual_place_in_the_sites_language_is_tried_first(serve: Serve, settings: Path, lang: str, path: str) -> None:
    server = serve({"/": (HTML, f'<html lang="{lang}"><h1>Globex</h1></html>'), path: (HTML, PRICES)})
    record = found(settings, server.url_for("/"))
    assert record["at"]["pricing"] == path
    assert "/pricing" not in {request.path for request, _ in server.log}


def test_sitemaps_that_robots_txt_names_are_followed_packed_and_through_an_index(serve: Serve, settings: Path) -> None:
    def listed(*paths: str) -> str:
        urls = "".join(f"<url><loc>{server.url_for(path)}</loc></url>" for path in paths)
        return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'

    server = serve({})
    server.clear()
    maps = "".join(f"<sitemap><loc>{server.url_for(path)}</loc></sitemap>" for path in ("/posts.xml", "/pages.xml.gz"))
    server = serve(
        {
            "/robots.txt": ("text/plain", f"User-agent: *\nAllow: /\nSitemap: {server.url_for('/index.xml')}\n"),
            "/index.xml": ("application/xml", f"<sitemapindex>{maps}</sitemapindex>"),
            "/posts.xml": ("application/xml", listed("/2026/01/02/prices-rise")),
            "/pages.xml.gz": ("application/gzip", gzip.compress(listed("/about", "/en/our-prices", "/faq").encode())),
            "/": front(),
            "/en/our-prices": (HTML, PRICES),
            "/faq": (HTML, FAQ),
        }
    )
    record = found(settings, server.url_for("/"))
    assert record["at"] == {"pricing": "/en/our-prices", "faq": "/faq", "landing": "/"}
    assert [page["why"] for page in record["pages"]][:2] == ["listed in /pages.xml.gz"] * 2


def test_a_page_is_named_only_for_what_can_be_read_there(serve: Serve, settings: Path) -> None:
    links = ('<a href="/pricing">Pricing</a>', '<a href="/faq">FAQ</a>', '<a href="/cost">Prices</a>')
    server = serve({"/": front(*links), "/pricing": (HTML, EMPTY), "/faq": (HTML, EMPTY), "/cost": (HTML, PRICES)})
    record = found(settings, server.url_for("/"))
    assert record["at"] == {"pricing": "/cost", "landing": "/"}
    assert record["missing"] == ["faq", "status", "blog"]
    assert "Not found: questions and answers." in run(settings, server.url_for("/")).output


def test_a_page_with_prices_and_questions_is_one_source(serve: Serve, settings: Path) -> None:
    both = PRICES.replace("</body></html>", FAQ)
    server = serve({"/": front('<a href="/pricing">Pricing</a>'), "/pricing": (HTML, both)})
    (pricing, _) = found(settings, server.url_for("/"))["pages"]
    assert pricing["settings"] == {"url": server.url_for("/pricing"), "scraper": "pricing", "also": ["faq"]}


def test_a_site_of_one_page_is_read_for_all_it_says(serve: Serve, settings: Path) -> None:
    server = serve({"/": (HTML, PRICES.replace('<link rel="alternate"', "<link"))})
    (landing,) = found(settings, server.url_for("/"))["pages"]
    assert landing["settings"] == {"url": server.url_for("/"), "scraper": "landing", "also": ["pricing"]}


def test_a_page_that_a_script_fills_in_is_offered_with_a_browser(serve: Serve, settings: Path) -> None:
    shell = "<title>Pricing</title><h1>Pricing</h1><div id='pricing-table'></div><script src='/app.js'></script>"
    server = serve({"/": front('<a href="/pricing">Pricing</a>'), "/pricing": (HTML, shell)})
    (pricing, _) = found(settings, server.url_for("/"))["pages"]
    assert pricing["settings"] == {"url": server.url_for("/pricing"), "scraper": "pricing", "render": True}
    assert pricing["reads"] == "filled in by a script"


def test_what_robots_txt_forbids_is_not_asked_and_told(serve: Serve, settings: Path) -> None:
    server = serve(
        {
            "/robots.txt": ("text/plain", "User-agent: *\nDisallow: /pricing\n"),
            "/": front('<a href="/pricing">Pricing</a>'),
            "/pricing": (HTML, PRICES),
        }
    )
    record = found(settings, server.url_for("/"))
    assert "pricing" in record["missing"]
    assert any("robots.txt" in note and "/pricing" in note for note in record["notes"])
    assert "/pricing" not in {request.path for request, _ in server.log}


def test_requests_are_bounded(serve: Serve, settings: Path) -> None:
    server = serve({"/": front(*(f'<a href="/prices-{n}">Prices</a>' for n in range(500)))})
    record = found(settings, server.url_for("/"), "--requests", "5")
    assert record["requests"] == 5
    assert len(server.log) <= 6
    assert "The search ended after 5 requests." in record["notes"]


def test_a_host_that_has_had_enough_is_left_alone(httpserver: HTTPServer, settings: Path) -> None:
    httpserver.expect_request("/").respond_with_data(front('<a href="/pricing">Pricing</a>')[1], content_type=HTML)
    httpserver.expect_request("/robots.txt").respond_with_data("", status=404)
    httpserver.expect_request(re.compile(".*")).respond_with_data("", status=429, headers={"Retry-After": "600"})
    record = found(settings, httpserver.url_for("/"))
    assert [request.path for request, _ in httpserver.log] == ["/robots.txt", "/", "/pricing"]
    assert any("429" in note for note in record["notes"])


def test_what_is_printed_can_be_pasted_and_append_adds_just_that(serve: Serve, settings: Path) -> None:
    links = ('<a href="/plans">Pricing</a>', '<a href="/faq">FAQ</a>')
    server = serve({"/": front(*links), "/plans": (HTML, PRICES), "/faq": (HTML, FAQ)})
    output = run(settings, server.url_for("/"), "--brand", "acme").stdout
    pasted = tomllib.loads(output[output.index("[sources.") :])["sources"]
    assert set(pasted) == {"acme-pricing", "acme-faq", "acme-landing"}
    before = settings.read_text()
    done = run(settings, server.url_for("/"), "--brand", "acme", "--append")
    assert done.exit_code == 0, done.output
    assert settings.read_text().startswith(before)
    assert {source.name for source in load_settings(settings).sources} == {"known", *pasted}
    again = run(settings, server.url_for("/"), "--brand", "acme", "--append")
    assert "watched already, by acme-pricing" in again.stdout
    assert len(load_settings(settings).sources) == 4


def test_without_settings_only_public_sites_are_asked(tmp_path: Path, serve: Serve) -> None:
    server = serve({"/": front()})
    done = run(tmp_path / "none.toml", server.url_for("/"))
    assert done.exit_code == 1
    assert "allow_networks" in str(done.exception)
    assert server.log == []


def test_a_brand_that_is_not_there_is_refused_before_anything_is_asked(serve: Serve, settings: Path) -> None:
    server = serve({"/": front()})
    assert "[brands.acne]" in str(run(settings, server.url_for("/"), "--brand", "acne").exception)
    assert server.log == []
