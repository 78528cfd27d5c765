"""`listener add` and `listener try`, against a site on this machine."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pytest_httpserver import HTTPServer

from listener.cli import group
from listener.config import load
from listener.discovery import by_address

SETTINGS = """\
# Acme listens.
[listener]
contact = "https://example.com/bot"
database = "real.db"
[fetch]
gap = "0s"
allow_networks = ["127.0.0.0/8"]
[brands.acme]
query = "Acme"
[sources.known]
url = "{known}"
"""
FEED = """<rss version="2.0"><channel><title>Forum</title>
<item><title>Acme lost my order</title><guid>1</guid><description>Terrible and slow.</description>
<pubDate>Mon, 02 Nov 2026 08:00:00 GMT</pubDate></item>
<item><title>The weather</title><guid>2</guid><description>Rain.</description></item>
<item><title>The weather</title><guid>2</guid><description>Rain.</description></item></channel></rss>"""
PRICES = """<html lang="en"><head><title>Pricing</title><link rel="alternate" type="application/rss+xml" href="/feed">
</head><body><h1>Plans and pricing</h1>
<div class="plan"><h3>Starter</h3><p>$19 per month</p><ul><li>1 project</li></ul><a href="/buy">Buy</a></div>
<div class="plan"><h3>Team</h3><p>$49 per month</p><ul><li>10 projects</li></ul><a href="/buy">Buy</a></div>
<div class="plan"><h3>Business</h3><p>$99 per month</p><ul><li>All projects</li></ul><a href="/buy">Buy</a></div>
</body></html>"""
BLOG = """<html><head><title>Blog</title>
<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed">
<link rel="alternate" type="application/rss+xml; charset=utf-8" title="Posts" href="feed"></head>
<body><p>Welcome.</p></body></html>"""

Site = dict[str, tuple[int, str, str]]


@pytest.fixture
def site(httpserver: HTTPServer) -> Callable[[Site], HTTPServer]:
    """Return what puts pages on the server: path to status, media type and body. Anything else is a 404."""

    def put(pages: Site) -> HTTPServer:
        for path, (status, kind, body) in pages.items():
            httpserver.expect_request(path).respond_with_data(body, status=status, content_type=kind)
        httpserver.expect_request(re.compile(".*")).respond_with_data("", status=404)
        return httpserver

    return put


HISTORY_LINK = '<link rel="alternate" type="application/atom+xml" href="/history.atom">'
STATUS_PAGE = """<html><head><title>Acme Status</title>{link}</head><body>
<h1>Acme Status</h1><div class="incidents-list"><div class="status-day"><div class="date">Nov 1, 2026</div>
<div class="incident-container"><div class="incident-title impact-major">
<a href="/incidents/1">Exports are slow</a></div>
<div class="updates-container"><div class="update"><strong>Resolved</strong> - It works again.
<small>Nov <var>1</var>, <var>09:00</var> UTC</small></div></div></div></div></div>
<a href="https://statuspage.io">Powered by Statuspage</a></body></html>"""
HISTORY = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Acme Status - Incident History</title>
<entry><id>tag:status,2005:Incident/1</id><published>2026-11-01T08:00:00Z</published>
<updated>2026-11-01T09:00:00Z</updated><link href="https://status.acme.example/incidents/1"/>
<title>Exports are slow</title><content type="html">&lt;p&gt;&lt;strong&gt;Resolved&lt;/strong&gt; - It works
again.&lt;/p&gt;</content></entry></feed>"""


@pytest.fixture
def settings(tmp_path: Path, httpserver: HTTPServer) -> Path:
    path = tmp_path / "listener.toml"
    path.write_text(SETTINGS.format(known=httpserver.url_for("/known")))
    return path


def run(settings: Path, *arguments: str) -> Result:
    return CliRunner().invoke(group, ["-c", str(settings), *arguments])


def asked(server: HTTPServer) -> list[str]:
    """Return the paths that were asked for, but robots.txt: whether that is asked is the scraper's own affair."""
    return [request.path for request, _ in server.log if request.path != "/robots.txt"]


RSS = "application/rss+xml"


def test_a_feed_is_shown_and_added_with_one_request_for_it(site: Callable[[Site], HTTPServer], settings: Path) -> None:
    server = site({"/feed": (200, RSS, FEED)})
    done = run(settings, "add", server.url_for("/feed"), "--name", "forum", "--category", "talk")
    assert done.exit_code == 0, done.output
    assert "Acme lost my order" in done.output
    assert "3 items now; 1 match a brand." in done.output
    assert asked(server) == ["/feed"]
    assert settings.read_text().startswith("# Acme listens.\n")
    added = load(settings, environ={}).sources[-1]
    assert (added.name, added.url, added.category) == ("forum", server.url_for("/feed"), "talk")


def test_a_page_leads_to_the_feed_it_names_and_not_to_that_of_the_comments(
    site: Callable[[Site], HTTPServer], settings: Path
) -> None:
    server = site({"/": (200, "text/html", BLOG), "/feed": (200, RSS, FEED)})
    done = run(settings, "add", server.url_for("/"))
    assert done.exit_code == 0, done.output
    assert load(settings, environ={}).sources[-1].url == server.url_for("/feed")
    assert "there is also a feed that the page names (Comments)" in done.output
    assert asked(server) == ["/", "/feed"]


def test_a_feed_at_a_usual_place_is_found(site: Callable[[Site], HTTPServer], settings: Path) -> None:
    server = site({"/": (200, "text/html", "<p>Hello there.</p>"), "/atom.xml": (200, "text/xml", FEED)})
    done = run(settings, "add", server.url_for("/"))
    assert done.exit_code == 0, done.output
    assert load(settings, environ={}).sources[-1].url == server.url_for("/atom.xml")


def test_a_page_of_prices_is_watched_for_its_prices(site: Callable[[Site], HTTPServer], settings: Path) -> None:
    server = site({"/pricing": (200, "text/html", PRICES), "/feed": (200, RSS, FEED)})
    done = run(settings, "add", server.url_for("/pricing"), "--brand", "acme")
    assert done.exit_code == 0, done.output
    assert "49" in done.output
    added = load(settings, environ={}).sources[-1]
    assert (added.scraper, added.brand) == ("pricing", "acme")


POSTS = json.dumps(
    {
        "latest_posts": [
            {"id": 7, "username": "ana", "topic_title": "Acme is down", "topic_id": 3, "post_number": 1,
             "topic_slug": "acme", "created_at": "2026-11-02T08:00:00Z", "cooked": "<p>Again.</p>", "post_type": 1}
        ]
    }
)  # fmt: skip


def test_a_discourse_forum_is_recognised(site: Callable[[Site], HTTPServer], settings: Path) -> None:
    page = '<html><head><meta name="generator" content="Discourse 3.5.0"></head></html>'
    server = site({"/t/a/1": (200, "text/html", page), "/posts.json": (200, "application/json", POSTS)})
    done = run(settings, "add", server.url_for("/t/a/1"))
    assert done.exit_code == 0, done.output
    added = load(settings, environ={}).sources[-1]
    assert (added.scraper, added.url) == ("discourse", server.url_for("/"))


@pytest.mark.parametrize("history", [True, False])
def test_a_status_page_is_read_for_its_incidents(
    site: Callable[[Site], HTTPServer], settings: Path, history: bool
) -> None:
    pages: Site = {"/": (200, "text/html", STATUS_PAGE.format(link=HISTORY_LINK if history else ""))}
    server = site({**pages, "/history.atom": (200, "application/atom+xml", HISTORY)})
    done = run(settings, "add", server.url_for("/"), "--brand", "acme")
    assert done.exit_code == 0, done.output
    assert ("the feed of a status page" if history else "status page") in done.output.lower()
    assert "Exports are slow" in done.output
    (block,) = [one for one in tomllib.loads(settings.read_text())["sources"].values() if "scraper" in one]
    url = server.url_for("/history.atom" if history else "/")
    assert block == {"url": url, "scraper": "status", "brand": "acme"}


def test_a_json_list_is_read_by_the_usual_names_of_its_fields(
    site: Callable[[Site], HTTPServer], settings: Path
) -> None:
    entry = {"id": 9, "name": "Acme again", "body": "Slow.", "html_url": "/9", "created_at": "2026-11-02T08:00:00Z"}
    server = site({"/api": (200, "application/json", json.dumps({"count": 1, "results": [entry]}))})
    done = run(settings, "add", server.url_for("/api"))
    assert done.exit_code == 0, done.output
    assert "2026-11-02 08:00" in done.output
    assert "1 item now; 1 match a brand." in done.output
    assert load(settings, environ={}).sources[-1].options == {
        "item": "results", "form": "json", "title": "name", "text": "body", "link": "html_url", "date": "created_at",
        "id": "id",
    }  # fmt: skip


def test_a_dry_run_and_a_failure_leave_the_settings_as_they_are(
    site: Callable[[Site], HTTPServer], settings: Path
) -> None:
    server = site({"/feed": (200, RSS, FEED), "/gone": (410, "text/html", ""), "/j": (200, "application/json", "{")})
    before = settings.read_text()
    assert run(settings, "add", server.url_for("/feed"), "--dry-run").exit_code == 0
    for path, words in (("/gone", "410 Gone. The site has removed"), ("/j", "breaks off"), ("/known", "already polls")):
        done = run(settings, "add", server.url_for(path))
        assert done.exit_code == 1
        assert words in str(done.exception)
    assert settings.read_text() == before


@pytest.mark.parametrize(
    ("url", "name", "found"),
    [
        ("https://old.reddit.com/r/selfhosted/", "reddit-selfhosted", "https://www.reddit.com/r/selfhosted/new/.rss"),
        (
            "https://www.youtube.com/channel/UC0123456789abcdefghijkl",
            "youtube-efghijkl",
            "https://www.youtube.com/feeds/videos.xml?channel_id=UC0123456789abcdefghijkl",
        ),
    ],
)
def test_some_addresses_speak_for_themselves(url: str, name: str, found: str) -> None:
    candidate = by_address(url, ())
    assert candidate is not None
    assert (candidate.name, candidate.url) == (name, found)


def test_an_app_is_read_by_the_scraper_for_it_where_there_is_one() -> None:
    url = "https://apps.apple.com/de/app/some-app/id123456789"
    ours, none = by_address(url, ("app-store",)), by_address(url, ())
    assert ours is not None
    assert none is not None
    assert (ours.scraper, ours.url) == ("app-store", url)
    assert none.url == "https://itunes.apple.com/de/rss/customerreviews/id=123456789/sortby=mostrecent/xml"


def test_a_trial_says_what_matched_and_why_and_stores_nothing(
    site: Callable[[Site], HTTPServer], settings: Path
) -> None:
    server = site({"/known": (200, RSS, FEED)})
    done = run(settings, "try", "known")
    assert done.exit_code == 0, done.output
    for words in ("200 ok", "2 items, 1 duplicate; 1 match a brand.", "→ acme: 'Acme' in the title at 0", "negative"):
        assert words in done.output
    assert asked(server) == ["/known"]
    assert not (settings.parent / "real.db").exists()


def test_a_trial_as_json(site: Callable[[Site], HTTPServer], settings: Path) -> None:
    site({"/known": (200, RSS, FEED)})
    record = json.loads(run(settings, "try", "known", "--json").output)
    assert record["outcome"] == "ok"
    assert [len(item["matches"]) for item in record["items"]] == [1, 0]


def test_a_trial_of_a_page_shows_what_it_says(site: Callable[[Site], HTTPServer], settings: Path) -> None:
    server = site({"/pricing": (200, "text/html", PRICES)})
    with settings.open("a") as file:
        file.write(f'[sources.prices]\nscraper = "pricing"\nurl = "{server.url_for("/pricing")}"\n')
    done = run(settings, "try", "prices")
    assert done.exit_code == 0, done.output
    assert "49 USD" in done.output
    assert "0 items" not in done.output


def test_a_trial_of_a_source_that_fails_says_what_to_try(site: Callable[[Site], HTTPServer], settings: Path) -> None:
    site({"/known": (200, "text/html", "<html><title>Log in</title><p>Log in</p></html>")})
    done = run(settings, "try", "known")
    assert done.exit_code == 1
    assert "unreadable: an HTML page titled 'Log in' instead of a feed" in done.output
    assert "The content isn't in the expected format" in done.output


def test_a_trial_of_nothing_names_what_was_probably_meant(settings: Path) -> None:
    done = run(settings, "try", "knwon")
    assert done.exit_code == 1
    assert "Did you mean 'known'?" in str(done.exception)
