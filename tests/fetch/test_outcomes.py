"""Every end that a fetch can come to is reached by a real server, and told without secrets."""

from __future__ import annotations

import gzip
import socket
import ssl
from collections.abc import Callable
from datetime import timedelta

import pytest

from listener.fetch import ADVICE, Fetcher
from listener.types import Outcome, Request, Validators
from tests.fetch.conftest import MakeFetcher, MakeSite
from tests.fetch.sites import Clock, Site, redirect, reply

#: Those that are decided after the fetch.
LATER = {Outcome.PARSE, Outcome.BLOCKED, Outcome.RENDER, Outcome.ERROR}

BY_STATUS = {
    200: Outcome.OK,
    201: Outcome.OK,
    204: Outcome.OK,
    206: Outcome.PROTOCOL,
    300: Outcome.PROTOCOL,
    304: Outcome.PROTOCOL,
    400: Outcome.CLIENT_ERROR,
    401: Outcome.UNAUTHORIZED,
    403: Outcome.FORBIDDEN,
    404: Outcome.NOT_FOUND,
    405: Outcome.CLIENT_ERROR,
    407: Outcome.UNAUTHORIZED,
    408: Outcome.TIMEOUT,
    410: Outcome.GONE,
    418: Outcome.CLIENT_ERROR,
    429: Outcome.RATE_LIMITED,
    451: Outcome.FORBIDDEN,
    500: Outcome.SERVER_ERROR,
    503: Outcome.SERVER_ERROR,
    530: Outcome.SERVER_ERROR,
    999: Outcome.PROTOCOL,
}


@pytest.mark.parametrize(("status", "outcome"), BY_STATUS.items())
def test_a_status_ends_in_its_outcome(site: Site, fetcher: Fetcher, status: int, outcome: Outcome) -> None:
    site.scripts["/feed"] = reply(status, b"" if status in (204, 304) else b"hello")
    result = fetcher.fetch(Request(url=site.url("/feed?token=hush"), robots=False))
    assert result.outcome is Outcome.NOT_FOUND  # another path
    result = fetcher.fetch(Request(url=site.url("/feed"), robots=False))
    assert (result.outcome, result.status) == (outcome, status)
    assert result.worked == (outcome is Outcome.OK)
    assert (result.response is not None) == (outcome is Outcome.OK)
    if outcome is not Outcome.OK:
        assert site.key in result.detail
        assert str(status) in result.detail


def test_a_conditional_get_ends_in_not_modified(site: Site, fetcher: Fetcher) -> None:
    site.scripts["/feed"] = reply(304)
    result = fetcher.fetch(Request(url=site.url("/feed"), robots=False), Validators(etag='"a"'))
    assert (result.outcome, result.response, result.detail) == (Outcome.NOT_MODIFIED, None, "")
    assert result.worked


def put_off(site: Site, fetcher: Fetcher, clock: Clock) -> Request:
    site.scripts["/robots.txt"] = reply(body=b"User-agent: *\nCrawl-delay: 30")
    return Request(url=site.url("/page"))


def forbidden_by_robots(site: Site, fetcher: Fetcher, clock: Clock) -> Request:
    site.scripts["/robots.txt"] = reply(body=b"User-agent: *\nDisallow: /private")
    return Request(url=site.url("/private/page"))


def private_address(site: Site, fetcher: Fetcher, clock: Clock) -> Request:
    site.scripts["/"] = redirect("http://169.254.169.254/latest/meta-data/iam?token=hush")
    return Request(url=site.url(), robots=False)


def unknown_name(site: Site, fetcher: Fetcher, clock: Clock) -> Request:
    return Request(url="http://nowhere.example/?token=hush", robots=False)


def closed_port(site: Site, fetcher: Fetcher, clock: Clock) -> Request:
    with socket.create_server(("127.0.0.2", 0)) as server:
        port = server.getsockname()[1]
    return Request(url=f"http://127.0.0.2:{port}/?token=hush", robots=False)


def plain_where_tls_is_asked(site: Site, fetcher: Fetcher, clock: Clock) -> Request:
    return Request(url=site.url().replace("http:", "https:"), robots=False)


def silence(site: Site, fetcher: Fetcher, clock: Clock) -> Request:
    def wait(connection: socket.socket) -> None:
        connection.recv(1)  # until the other side goes

    site.scripts["/"] = wait
    return Request(url=site.url(), robots=False)


def no_http(site: Site, fetcher: Fetcher, clock: Clock) -> Request:
    site.scripts["/"] = b"220 mail.example ESMTP\r\n"
    return Request(url=site.url(), robots=False)


def too_much(site: Site, fetcher: Fetcher, clock: Clock) -> Request:
    site.scripts["/"] = reply(body=b"x" * 2_000_001)
    return Request(url=site.url(), robots=False)


def bomb(site: Site, fetcher: Fetcher, clock: Clock) -> Request:
    site.scripts["/"] = reply(body=gzip.compress(bytes(20_000_000)), headers={"Content-Encoding": "gzip"})
    return Request(url=site.url(), robots=False)


def circle(site: Site, fetcher: Fetcher, clock: Clock) -> Request:
    site.scripts["/"] = redirect("/b")
    site.scripts["/b"] = redirect("/")
    return Request(url=site.url(), robots=False)


ENDS: dict[Outcome, Callable[[Site, Fetcher, Clock], Request]] = {
    Outcome.DEFERRED: put_off,
    Outcome.ROBOTS: forbidden_by_robots,
    Outcome.ADDRESS: private_address,
    Outcome.DNS: unknown_name,
    Outcome.CONNECT: closed_port,
    Outcome.TLS: plain_where_tls_is_asked,
    Outcome.TIMEOUT: silence,
    Outcome.PROTOCOL: no_http,
    Outcome.TOO_LARGE: too_much,
    Outcome.BOMB: bomb,
    Outcome.REDIRECTS: circle,
}


@pytest.mark.parametrize("outcome", ENDS, ids=str)
def test_a_fetch_that_brings_nothing_ends_in_its_outcome(
    site: Site, make_fetcher: MakeFetcher, clock: Clock, outcome: Outcome
) -> None:
    fetcher = make_fetcher(read_timeout=timedelta(seconds=0.1 if outcome is Outcome.TIMEOUT else 10))
    before = Validators(etag='"kept"', body_hash="kept")
    result = fetcher.fetch(ENDS[outcome](site, fetcher, clock), before)
    assert result.outcome is outcome, result.detail
    assert result.response is None
    assert not result.worked
    assert result.detail.endswith(".")
    assert "hush" not in result.detail
    assert result.validators == before


def test_no_outcome_is_forgotten_here() -> None:
    assert {*BY_STATUS.values(), *ENDS, Outcome.NOT_MODIFIED} == set(Outcome) - LATER


def test_there_is_advice_for_every_outcome() -> None:
    assert set(ADVICE) == set(Outcome)
    assert all(text.endswith(".") for text in ADVICE.values())


def test_a_password_in_a_url_is_sent_but_never_told(site: Site, fetcher: Fetcher) -> None:
    site.scripts["/"] = reply(401)
    result = fetcher.fetch(Request(url=site.url().replace("//", "//jo%40x:s%3Acret@"), robots=False))
    assert site.seen[0].headers["authorization"] == "Basic am9AeDpzOmNyZXQ="
    assert result.outcome is Outcome.UNAUTHORIZED
    assert "cret" not in result.detail
    site.scripts["/"] = reply(200, b"x")
    response = fetcher.fetch(Request(url=site.url().replace("//", "//jo%40x:s%3Acret@"), robots=False)).response
    assert response is not None
    assert response.url == site.url()


def test_a_response_holds_what_came(site: Site, fetcher: Fetcher, clock: Clock) -> None:
    site.scripts["/a?q=%C3%A4"] = reply(
        203, b"hello", {"X-Two": "one", "x-two": "two", "ETag": 'W/"\xe4"', "Cache-Control": "max-age=600"}
    )
    request = Request(url=site.url("/a?q=ä#part"), robots=False, headers={"Accept": "text/xml"}, tag="t")
    result = fetcher.fetch(request)
    assert result.response is not None
    assert result.response.request is request
    assert result.response.url == site.url("/a?q=%C3%A4")
    assert result.response.status == 203
    assert result.response.headers["x-two"] in ("one, two", "two")
    assert result.response.body == b"hello"
    assert result.response.fetched_at == clock.now
    assert result.fresh_for == timedelta(minutes=10)
    assert result.bytes_received > 100
    assert timedelta(0) < result.elapsed < timedelta(seconds=20)
    sent = site.seen[0].headers
    assert sent["user-agent"] == "listener/1.0 (+https://example.com/bot)"
    assert sent["accept"] == "text/xml"
    assert sent["host"] == site.key
    assert sent["accept-encoding"] == "gzip, deflate"
    assert "if-none-match" not in sent


def test_a_repeated_header_is_joined(site: Site, fetcher: Fetcher) -> None:
    site.scripts["/"] = b"HTTP/1.1 200 OK\r\nVary: a\r\nvary: b\r\nX-Long: one\r\n  two\r\nContent-Length: 0\r\n\r\n"
    response = fetcher.fetch(Request(url=site.url(), robots=False)).response
    assert response is not None
    assert response.headers["vary"] == "a, b"
    assert response.headers["x-long"] == "one two"


def test_a_post_sends_its_body(site: Site, fetcher: Fetcher) -> None:
    site.scripts["/api"] = reply(200, b"{}")
    request = Request(
        url=site.url("/api"),
        method="POST",
        body=b'{"q": 1}',
        headers={"Content-Type": "application/json"},
        robots=False,
    )
    result = fetcher.fetch(request, Validators(etag='"x"'))
    assert result.outcome is Outcome.OK
    assert (site.seen[0].method, site.seen[0].body) == ("POST", b'{"q": 1}')
    assert site.seen[0].headers["content-length"] == "8"
    assert "if-none-match" not in site.seen[0].headers


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "http://",
        "http://exa mple.com/",
        "http://example.com\\@127.0.0.9/",
        "http://example.com\t/",
        "http://[::1",
        "http://example.com:99999/",
        "http://a..example/",
        "http://" + "a" * 64 + ".example/",
        "http://example.com/" + "x" * 9000,
    ],
)
def test_a_url_that_cannot_be_asked_is_refused(fetcher: Fetcher, url: str) -> None:
    result = fetcher.fetch(Request(url=url, robots=False))
    assert result.outcome is Outcome.ADDRESS
    assert result.detail


def test_a_scraper_cannot_pretend_to_be_a_browser(site: Site, fetcher: Fetcher) -> None:
    site.scripts["/"] = reply(200)
    headers = {"User-Agent": "Mozilla/5.0", "Host": "other.example", "X-Key": "k", "Accept-Encoding": "br"}
    fetcher.fetch(Request(url=site.url(), robots=False, headers=headers))
    sent = site.seen[0].headers
    assert sent["user-agent"].startswith("listener/")
    assert sent["host"] == site.key
    assert sent["accept-encoding"] == "gzip, deflate"
    assert sent["x-key"] == "k"


class TestTls:
    def test_a_trusted_certificate_is_accepted_by_name(
        self,
        make_site: MakeSite,
        make_fetcher: MakeFetcher,
        tls: Callable[..., ssl.SSLContext],
        ca_file: object,
        names: dict[str, list[str]],
    ) -> None:
        site = make_site(tls=tls("secure.example"))
        site.scripts["/"] = reply(200, b"safe")
        names["secure.example"] = names["other.example"] = ["127.0.0.1"]
        fetcher = make_fetcher(ca_file=ca_file)
        for _ in range(2):
            result = fetcher.fetch(Request(url=f"https://secure.example:{site.port}/", robots=False))
            assert result.outcome is Outcome.OK, result.detail
        assert site.seen[0].headers["host"] == f"secure.example:{site.port}"
        result = fetcher.fetch(Request(url=f"https://other.example:{site.port}/", robots=False))
        assert result.outcome is Outcome.TLS
        assert "other.example" in result.detail

    def test_an_unknown_authority_is_refused(
        self, make_site: MakeSite, fetcher: Fetcher, tls: Callable[..., ssl.SSLContext]
    ) -> None:
        site = make_site(tls=tls("127.0.0.1"))
        result = fetcher.fetch(Request(url=site.url(), robots=False))
        assert result.outcome is Outcome.TLS
        assert "certificate of 127.0.0.1" in result.detail
        assert not site.seen

    def test_an_address_may_have_a_certificate(
        self, make_site: MakeSite, make_fetcher: MakeFetcher, tls: Callable[..., ssl.SSLContext], ca_file: object
    ) -> None:
        site = make_site(tls=tls("127.0.0.1"))
        site.scripts["/"] = reply(200, b"x" * 300_000)
        result = make_fetcher(ca_file=ca_file).fetch(Request(url=site.url(), robots=False))
        assert result.outcome is Outcome.OK, result.detail

    def test_a_handshake_that_never_ends_is_left(self, make_fetcher: MakeFetcher) -> None:
        with socket.create_server(("127.0.0.3", 0)) as server:  # takes connections, says nothing
            url = f"https://127.0.0.3:{server.getsockname()[1]}/"
            result = make_fetcher(connect_timeout=timedelta(seconds=0.1)).fetch(Request(url=url, robots=False))
        assert result.outcome is Outcome.TIMEOUT
        assert "handshake" in result.detail
