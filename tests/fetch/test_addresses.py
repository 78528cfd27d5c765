"""Only public addresses are asked, however they are spelled and whatever a name resolves to."""

from __future__ import annotations

import threading
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.fetch import Fetcher
from listener.fetch.addresses import Resolver, embedded_ipv4, is_public, system_resolve
from listener.fetch.failure import Failure
from listener.types import Outcome, Request
from tests.fetch.conftest import MakeFetcher
from tests.fetch.sites import Site, reply

PUBLIC = ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "64:ff9b::808:808"]
PRIVATE = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a00:1::",
    "3fff::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("text", PUBLIC)
def test_the_public_is_public(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize("text", PRIVATE)
def test_the_private_is_private(text: str) -> None:
    assert not is_public(ip_address(text))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_as_public_inside_ipv6_as_alone(address: IPv4Address) -> None:
    number = int(address)
    for outer in (
        IPv6Address(0xFFFF_0000_0000 | number),
        IPv6Address(int(IPv6Address("64:ff9b::")) | number),
        IPv6Address(int(IPv6Address("2002::")) | number << 80),
    ):
        assert embedded_ipv4(outer) == address
        assert is_public(outer) == is_public(address)


@given(st.ip_addresses())
def test_nothing_is_public_that_python_knows_as_private(address: IPv4Address | IPv6Address) -> None:
    if is_public(address) and not (isinstance(address, IPv6Address) and embedded_ipv4(address)):
        unfit = ("is_private", "is_loopback", "is_link_local", "is_multicast", "is_reserved", "is_unspecified")
        assert not [name for name in unfit if getattr(address, name)]


@pytest.mark.parametrize("host", ["2130706441", "0x7f000009", "0177.0.0.011", "127.9", "127.0.0.9"])
def test_other_spellings_of_an_address_are_seen_through(host: str) -> None:
    resolver = Resolver(resolve=system_resolve)
    with pytest.raises(Failure) as caught:
        resolver.endpoints(host, 80, 1.0)
    assert caught.value.outcome is Outcome.ADDRESS
    assert "127.0.0.9" in caught.value.detail


def test_one_private_address_among_public_ones_is_enough() -> None:
    resolver = Resolver(resolve=lambda host, port: ["1.1.1.1", "10.0.0.1"])
    with pytest.raises(Failure) as caught:
        resolver.endpoints("two.example", 80, 1.0)
    assert caught.value.outcome is Outcome.ADDRESS
    assert "10.0.0.1" in caught.value.detail


def test_a_network_that_is_allowed_lets_through_its_addresses_in_any_form() -> None:
    resolver = Resolver((IPv4Network("10.1.0.0/16"), IPv6Network("fd00::/8")), resolve=system_resolve)
    for host in ("10.1.2.3", "::ffff:10.1.2.3", "fd00::1"):
        assert [endpoint.address for endpoint in resolver.endpoints(host, 80, 1.0)] == [str(ip_address(host))]
    for host in ("10.2.0.1", "fe80::1"):
        with pytest.raises(Failure):
            resolver.endpoints(host, 80, 1.0)


def test_a_resolver_that_hangs_is_left_in_time() -> None:
    release = threading.Event()

    def hang(host: str, port: int) -> list[str]:
        release.wait(10)
        return ["1.1.1.1"]

    with pytest.raises(Failure) as caught:
        Resolver(resolve=hang).endpoints("slow.example", 80, 0.02)
    release.set()
    assert caught.value.outcome is Outcome.TIMEOUT


def test_lookups_that_hang_are_bounded() -> None:
    release = threading.Event()

    def hang(host: str, port: int) -> list[str]:
        release.wait(10)
        return ["1.1.1.1"]

    resolver = Resolver(resolve=hang)
    outcomes = []
    for number in range(65):
        with pytest.raises(Failure) as caught:
            resolver.endpoints(f"slow{number}.example", 80, 0.0001)
        outcomes.append(caught.value.outcome)
    release.set()
    assert outcomes == [Outcome.TIMEOUT] * 64 + [Outcome.DNS]


def test_a_name_without_addresses_is_not_found() -> None:
    with pytest.raises(Failure) as caught:
        Resolver(resolve=lambda host, port: []).endpoints("empty.example", 80, 1.0)
    assert caught.value.outcome is Outcome.DNS


def test_a_name_is_looked_up_once_and_what_was_checked_is_connected_to(site: Site, make_fetcher: MakeFetcher) -> None:
    asked = []

    def rebind(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.9"]

    site.scripts["/"] = reply(body=b"x", headers={"Connection": "close"})
    fetcher = make_fetcher()
    fetcher._transport._resolver = Resolver((IPv4Network("127.0.0.0/29"),), resolve=rebind)
    request = Request(url=f"http://rebind.example:{site.port}/", robots=False)
    assert fetcher.fetch(request).outcome is Outcome.OK
    assert asked == ["rebind.example"]
    assert fetcher.fetch(request).outcome is Outcome.ADDRESS


def test_the_next_address_is_tried_when_the_first_is_dead(
    site: Site, fetcher: Fetcher, names: dict[str, list[str]]
) -> None:
    names["two.example"] = ["127.0.0.5", "127.0.0.1"]
    site.scripts["/"] = reply(body=b"x")
    result = fetcher.fetch(Request(url=f"http://two.example:{site.port}/", robots=False))
    assert result.outcome is Outcome.OK, result.detail
    assert site.seen[0].headers["host"] == f"two.example:{site.port}"


def test_an_international_name_is_looked_up_in_ascii(site: Site, fetcher: Fetcher, names: dict[str, list[str]]) -> None:
    names["xn--strae-oqa.example"] = ["127.0.0.1"]
    site.scripts["/"] = reply(body=b"x")
    result = fetcher.fetch(Request(url=f"http://Straße.example.:{site.port}/", robots=False))
    assert result.outcome is Outcome.OK, result.detail
    assert result.response is not None
    assert result.response.url == f"http://xn--strae-oqa.example:{site.port}/"
