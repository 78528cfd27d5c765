"""Connections are kept for a while, replaced when they died, and go nowhere but to the host."""

from __future__ import annotations

import gzip
import socket
from pathlib import Path

import pytest
import requests

from listener.fetch import Fetcher, FetchSettings
from listener.fetch import transport as transport_module
from listener.fetch.addresses import Resolver
from listener.fetch.failure import Failure
from listener.fetch.transport import Transport
from listener.types import Outcome, Request
from tests.fetch.conftest import MakeFetcher, MakeSite
from tests.fetch.sites import Site, reply


def get(fetcher: Fetcher, site: Site, path: str = "/") -> Outcome:
    return fetcher.fetch(Request(url=site.url(path), robots=False)).outcome


def test_a_connection_serves_again(site: Site, fetcher: Fetcher) -> None:
    site.scripts["/"] = reply(body=b"x" * 200_000)
    site.scripts["/moved"] = reply(302, headers={"Location": "/"})
    site.scripts["/packed"] = reply(body=gzip.compress(b"x"), headers={"Content-Encoding": "gzip"})
    assert [get(fetcher, site, path) for path in ("/", "/moved", "/packed", "/")] == [Outcome.OK] * 4
    assert site.connections == 1


@pytest.mark.parametrize(
    "script",
    [
        reply(body=b"x", headers={"Connection": "close"}),
        reply(404, b"a page that nobody reads"),
        reply(body=b"x" * 3_000_000),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\nrubbish\r\n",
    ],
)
def test_a_connection_that_was_not_read_to_the_end_is_closed(site: Site, fetcher: Fetcher, script: bytes) -> None:
    site.queue["/"] = [script]
    site.scripts["/"] = reply(body=b"x")
    get(fetcher, site)
    assert get(fetcher, site) is Outcome.OK
    assert site.connections == 2


def test_a_connection_that_the_server_closed_meanwhile_is_replaced(site: Site, fetcher: Fetcher) -> None:
    def answer_and_close(connection: socket.socket) -> None:
        connection.sendall(reply(body=b"x"))

    def close_without_a_word(connection: socket.socket) -> None:
        pass

    site.scripts["/"] = answer_and_close
    assert [get(fetcher, site) for _ in range(3)] == [Outcome.OK] * 3
    # Or only when it gets the next request:
    site.queue["/"] = [reply(body=b"x"), close_without_a_word]
    assert [get(fetcher, site) for _ in range(2)] == [Outcome.OK] * 2
    # But a new connection that brings nothing is a failure.
    site.queue["/"] = [close_without_a_word, close_without_a_word]
    assert get(fetcher, site) is Outcome.PROTOCOL


def test_an_old_connection_is_not_used(site: Site, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "_IDLE_SECONDS", 0.0)
    site.scripts["/"] = reply(body=b"x")
    assert [get(fetcher, site) for _ in range(2)] == [Outcome.OK] * 2
    assert site.connections == 2


def test_few_connections_are_kept(
    make_site: MakeSite, make_fetcher: MakeFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_module, "_IDLE_LIMIT", 2)
    fetcher, sites = make_fetcher(), [make_site() for _ in range(4)]
    for site in sites * 2:
        site.scripts["/"] = reply(body=b"x")
        assert get(fetcher, site) is Outcome.OK
    assert len(fetcher._transport._idle) == 2


def test_a_post_gets_a_connection_of_its_own(site: Site, fetcher: Fetcher) -> None:
    site.scripts["/"] = reply(body=b"x")
    post = Request(url=site.url(), method="POST", body=b"q", robots=False)
    assert get(fetcher, site) is Outcome.OK
    assert fetcher.fetch(post).outcome is Outcome.OK
    assert [seen.connection for seen in site.seen] == [0, 1]


def test_neither_proxies_nor_netrc_nor_cookies_interfere(
    site: Site, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login jo password secret")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.4:9")
    site.scripts["/"] = reply(body=b"x", headers={"Set-Cookie": "id=1"})
    assert [get(fetcher, site) for _ in range(2)] == [Outcome.OK] * 2
    assert not {"authorization", "cookie"} & set(site.seen[1].headers)


class TestOnASession:
    @pytest.fixture
    def session(self, settings: FetchSettings) -> requests.Session:
        session = requests.Session()
        transport = Transport(settings, Resolver(settings.allow_networks))
        session.mount("http://", transport)
        session.mount("https://", transport)
        return session

    def test_it_sends_and_reads(self, site: Site, session: requests.Session) -> None:
        site.scripts["/?q=1"] = reply(
            body=gzip.compress(b"hello" * 10_000), headers={"Content-Encoding": "gzip", "X-Own": "1"}
        )
        with session:
            response = session.get(site.url("/"), params={"q": "1"})
        assert response.text == "hello" * 10_000
        assert response.headers["X-OWN"] == "1"
        assert response.url == site.url("/?q=1")

    def test_it_checks_addresses(self, session: requests.Session) -> None:
        with session, pytest.raises(Failure) as caught:
            session.get("http://127.0.0.9/")
        assert caught.value.outcome is Outcome.ADDRESS
