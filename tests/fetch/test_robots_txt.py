"""robots.txt is asked for once a day, obeyed, and its absence or trouble understood as RFC 9309 says."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from listener.fetch import Fetcher, MemoryHosts
from listener.fetch.robots import decode_robots, parse_robots, product_token
from listener.types import FetchResult, Outcome, Request
from tests.fetch.conftest import MakeFetcher, MakeSite
from tests.fetch.sites import Clock, Site, redirect, reply

TOKEN = "listener"


def page(fetcher: Fetcher, site: Site, path: str = "/page") -> FetchResult:
    site.scripts.setdefault(path, reply(body=b"page"))
    return fetcher.fetch(Request(url=site.url(path)))


def test_it_is_asked_for_once_a_day(site: Site, fetcher: Fetcher, clock: Clock) -> None:
    site.scripts["/robots.txt"] = reply(body=b"User-agent: *\nDisallow: /admin")
    for _ in range(3):
        assert page(fetcher, site).outcome is Outcome.OK
    assert site.paths.count("/robots.txt") == 1
    clock.forward(timedelta(hours=25))
    page(fetcher, site)
    assert site.paths.count("/robots.txt") == 2


def test_it_is_remembered_across_a_restart(site: Site, make_fetcher: MakeFetcher) -> None:
    site.scripts["/robots.txt"] = reply(body=b"User-agent: *\nDisallow: /")
    hosts = MemoryHosts()
    assert page(make_fetcher(hosts), site).outcome is Outcome.ROBOTS
    assert page(make_fetcher(hosts), site).outcome is Outcome.ROBOTS
    assert site.paths == ["/robots.txt"]


def test_feeds_and_networks_of_ones_own_do_without(site: Site, make_fetcher: MakeFetcher) -> None:
    site.scripts["/robots.txt"] = reply(body=b"User-agent: *\nDisallow: /")
    site.scripts["/feed"] = reply(body=b"feed")
    assert make_fetcher().fetch(Request(url=site.url("/feed"), robots=False)).outcome is Outcome.OK
    assert make_fetcher(robots=False).fetch(Request(url=site.url("/feed"))).outcome is Outcome.OK
    assert "/robots.txt" not in site.paths


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_one_that_is_refused_allows_everything(site: Site, fetcher: Fetcher, status: int) -> None:
    site.scripts["/robots.txt"] = reply(status)
    assert page(fetcher, site).outcome is Outcome.OK


def test_one_that_redirects_too_often_allows_everything(site: Site, fetcher: Fetcher) -> None:
    site.scripts["/robots.txt"] = redirect("/0")
    for number in range(10):
        site.scripts[f"/{number}"] = redirect(f"/{number + 1}")
    assert page(fetcher, site).outcome is Outcome.OK
    assert site.paths[:-1] == ["/robots.txt", "/0", "/1", "/2", "/3", "/4"]


def test_its_redirects_are_followed_to_another_host(site: Site, make_site: MakeSite, fetcher: Fetcher) -> None:
    other = make_site("127.0.0.2")
    site.scripts["/robots.txt"] = redirect(other.url("/rules"), 301)
    other.scripts["/rules"] = reply(body=b"User-agent: listener\nDisallow: /page")
    assert page(fetcher, site).outcome is Outcome.ROBOTS
    assert other.paths == ["/rules"]


def test_its_redirects_lead_to_no_private_address(site: Site, fetcher: Fetcher) -> None:
    site.scripts["/robots.txt"] = redirect("http://169.254.169.254/")
    assert page(fetcher, site).outcome is Outcome.ADDRESS


def test_a_host_that_is_redirected_to_is_asked_for_its_own(site: Site, make_site: MakeSite, fetcher: Fetcher) -> None:
    other = make_site("127.0.0.2")
    site.scripts["/page"] = redirect(other.url("/private"))
    other.scripts["/robots.txt"] = reply(body=b"User-agent: *\nDisallow: /private")
    assert page(fetcher, site).outcome is Outcome.ROBOTS
    assert other.paths == ["/robots.txt"]


@pytest.mark.parametrize("status", [500, 503])
def test_one_in_trouble_forbids_until_it_answers(site: Site, fetcher: Fetcher, clock: Clock, status: int) -> None:
    site.scripts["/robots.txt"] = reply(status)
    result = page(fetcher, site)
    assert result.outcome is Outcome.SERVER_ERROR
    assert result.status == status
    assert "robots.txt can't be read" in result.detail
    clock.forward(timedelta(hours=1))
    site.scripts["/robots.txt"] = reply(404)
    assert page(fetcher, site).outcome is Outcome.OK
    assert site.paths == ["/robots.txt", "/robots.txt", "/page"]


def test_one_in_trouble_for_a_month_is_taken_for_none(site: Site, make_fetcher: MakeFetcher, clock: Clock) -> None:
    site.scripts["/robots.txt"] = reply(500)
    hosts = MemoryHosts()
    for _ in range(30):
        assert page(make_fetcher(hosts), site).outcome is Outcome.SERVER_ERROR
        clock.forward(timedelta(days=1))
    site.scripts["/page"] = reply(404)
    for _ in range(3):
        assert page(make_fetcher(hosts), site).outcome is Outcome.NOT_FOUND
        clock.forward(timedelta(days=1))


def test_an_older_copy_serves_while_it_is_in_trouble(site: Site, fetcher: Fetcher, clock: Clock) -> None:
    site.scripts["/robots.txt"] = reply(body=b"User-agent: *\nDisallow: /secret")
    assert page(fetcher, site).outcome is Outcome.OK
    site.scripts["/robots.txt"] = reply(503)
    clock.forward(timedelta(days=2))
    assert page(fetcher, site).outcome is Outcome.OK
    assert page(fetcher, site, "/secret").outcome is Outcome.ROBOTS
    assert site.paths.count("/robots.txt") == 2
    clock.forward(timedelta(hours=2))
    page(fetcher, site)
    assert site.paths.count("/robots.txt") == 3


def test_a_rate_limit_on_it_is_a_rate_limit(site: Site, fetcher: Fetcher) -> None:
    site.scripts["/robots.txt"] = reply(429, headers={"Retry-After": "60"})
    result = page(fetcher, site)
    assert result.outcome is Outcome.RATE_LIMITED
    assert result.retry_after is not None
    assert result.retry_after >= timedelta(seconds=60)


def test_one_that_is_too_long_counts_by_its_beginning(site: Site, fetcher: Fetcher) -> None:
    rules = b"User-agent: *\nDisallow: /page\n" + b"# padding\n" * 100_000 + b"Allow: /page\n"
    site.scripts["/robots.txt"] = reply(body=rules)
    assert page(fetcher, site).outcome is Outcome.ROBOTS


def test_a_short_crawl_delay_is_waited_for(site: Site, fetcher: Fetcher, clock: Clock) -> None:
    site.scripts["/robots.txt"] = reply(body=b"User-agent: *\nCrawl-delay: 7.5")
    assert page(fetcher, site).outcome is Outcome.OK
    assert clock.slept == [7.5]


def test_a_long_crawl_delay_gives_the_worker_back(site: Site, fetcher: Fetcher, clock: Clock) -> None:
    site.scripts["/robots.txt"] = reply(body=b"User-agent: *\nCrawl-delay: 90")
    result = page(fetcher, site)
    assert (result.outcome, result.retry_after) == (Outcome.DEFERRED, timedelta(seconds=90))
    assert fetcher.ready_at(site.url("/page"), clock.now) == clock.now + timedelta(seconds=90)
    clock.forward(timedelta(seconds=90))
    assert page(fetcher, site).outcome is Outcome.OK


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        (b"", "/a", True),
        (b"\xef\xbb\xbfUser-agent: *\r\nDisallow: /a", "/a", False),
        (b"User-agent: listener\nDisallow: /a\n\nUser-agent: *\nDisallow: /b", "/a", False),
        (b"User-agent: listener\nDisallow: /a\n\nUser-agent: *\nDisallow: /b", "/b", True),
        (b"User-agent: Listener/2.0\nDisallow: /a", "/a", False),
        (b"User-agent: other\nUser-agent: LISTENER\nDisallow: /a", "/a", False),
        (b"User-agent: other\nDisallow: /a", "/a", True),
        (b"User-agent: listener-images\nDisallow: /a", "/a", True),
        (b"User-agent: bot\nDisallow: /a", "/a", True),
        (b"User-agent: *\nDisallow: /\nAllow: /a$", "/a", True),
        (b"User-agent: *\nDisallow: /*?sort=", "/a?x=1&sort=", True),
        (b"User-agent: *\nDisallow: /*?sort=", "/a?sort=1", False),
        (b"User-agent: *\nDisallow: /\xc3\xa4", "/%C3%A4/b", False),
        (b"User-agent: *\nDisallow:", "/a", True),
        (b"Disallow: /a", "/a", True),
        (b"User-agent: *\nDisallow: /a # comment\n", "/a", False),
        (b"<html><body>User-agent: *\nDisallow: /</body></html>", "/a", True),
        (b"User-agent: *\nSitemap: https://x.example/map.xml\nDisallow: /a", "/a", False),
    ],
)
def test_rules_are_read_as_meant(text: bytes, path: str, allowed: bool) -> None:
    rules = parse_robots(decode_robots(text, TOKEN), TOKEN)
    assert rules.allows(f"https://example.com{path}") is allowed


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (b"User-agent: *\nCrawl-delay: 3", 3),
        (b"User-agent: *\nCrawl-delay: 99999", 3600),
        (b"User-agent: *\nCrawl-delay: -1", None),
        (b"User-agent: *\nCrawl-delay: nan", None),
        (b"User-agent: *\nCrawl-delay: inf", None),
        (b"User-agent: *\nCrawl-delay: 0", None),
        (b"User-agent: *\nRequest-rate: 1/10s", 10),
        (b"User-agent: other\nCrawl-delay: 9\nUser-agent: *\nDisallow: /x", None),
    ],
)
def test_a_crawl_delay_is_read_and_capped(text: bytes, seconds: int | None) -> None:
    delay = parse_robots(decode_robots(text, TOKEN), TOKEN).crawl_delay
    assert delay == (None if seconds is None else timedelta(seconds=seconds))


def test_ten_thousand_robots_with_ten_thousand_rules_each_are_no_harm() -> None:
    agents = b"".join(b"User-agent: robot%d\n" % number for number in range(8_000))
    rules = b"".join(b"Disallow: /%d*/x*$\n" % number for number in range(8_000))
    begun = time.process_time()
    text = decode_robots(agents + b"User-agent: *\n" + rules, TOKEN)
    assert not parse_robots(text, TOKEN).allows("https://example.com/7999/x1")
    assert time.process_time() - begun < 5


LINES = [
    b"User-agent: *",
    b"user agent listener",
    b"Disallow: /a*$",
    b"Allow:/%zz",
    b"Crawl-delay: 1e999",
    b"\xff\0",
    b"::",
]


@given(st.lists(st.one_of(st.sampled_from(LINES), st.binary(max_size=30)), max_size=20))
@hypothesis_settings(max_examples=50)
def test_whatever_it_holds_it_is_read(lines: list[bytes]) -> None:
    parse_robots(decode_robots(b"\n".join(lines), TOKEN), TOKEN).allows("https://example.com/a%zzb")


@pytest.mark.parametrize(
    ("user_agent", "token"),
    [("listener/1.0 (+https://x.example/bot)", "listener"), ("My-Bot/2", "my-bot"), ("4711", "*")],
)
def test_robots_txt_is_searched_for_the_products_name(user_agent: str, token: str) -> None:
    assert product_token(user_agent) == token
