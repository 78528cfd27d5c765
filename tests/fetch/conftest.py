"""Sites on loopback and a Fetcher that may ask them."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import IPv4Network
from pathlib import Path

import pytest
import trustme
from msgspec.structs import replace

from listener.fetch import Fetcher, FetchSettings, HostStates, MemoryHosts
from tests.fetch.sites import Clock, Site

MakeSite = Callable[..., Site]
MakeFetcher = Callable[..., Fetcher]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Return a certificate authority that nobody trusts by itself."""
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    """Return the file that makes the authority trusted."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture
def tls(authority: trustme.CA) -> Callable[..., ssl.SSLContext]:
    """Return a maker of server contexts for names."""

    def make(*names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*names).configure_cert(context)
        return context

    return make


@pytest.fixture
def make_site() -> Iterator[MakeSite]:
    """Return a maker of sites, which are closed at the end."""
    sites: list[Site] = []

    def make(address: str = "127.0.0.1", *, tls: ssl.SSLContext | None = None) -> Site:
        sites.append(Site(address, tls=tls))
        return sites[-1]

    yield make
    for site in sites:
        site.close()


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    """Return one site."""
    return make_site()


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still."""
    return Clock()


@pytest.fixture
def names() -> dict[str, list[str]]:
    """Return the addresses of names, to be filled by a test."""
    return {}


@pytest.fixture
def settings() -> FetchSettings:
    """Return settings that allow loopback. Tests of timeouts bring shorter ones."""
    return FetchSettings(
        user_agent="listener/1.0 (+https://example.com/bot)",
        allow_networks=(IPv4Network("127.0.0.0/29"),),
        connect_timeout=timedelta(seconds=10),
        read_timeout=timedelta(seconds=10),
        total_timeout=timedelta(seconds=20),
        body_limit=2_000_000,
    )


@pytest.fixture
def make_fetcher(settings: FetchSettings, clock: Clock, names: dict[str, list[str]]) -> Iterator[MakeFetcher]:
    """Return a maker of fetchers, with settings changed by keyword."""
    fetchers: list[Fetcher] = []

    def resolve(host: str, port: int) -> list[str]:
        if host not in names:
            raise OSError(-2, "Name or service not known")
        return names[host]

    def make(hosts: HostStates | None = None, **changes: object) -> Fetcher:
        fetcher = Fetcher(
            replace(settings, **changes),
            hosts or MemoryHosts(),
            clock=clock,
            sleep=clock.sleep,
            resolve=resolve,
        )
        fetchers.append(fetcher)
        return fetcher

    yield make
    for fetcher in fetchers:
        fetcher.close()


@pytest.fixture
def fetcher(make_fetcher: MakeFetcher) -> Fetcher:
    """Return one fetcher."""
    return make_fetcher()
