"""Resolves a host name to the addresses that may be contacted.

Checked is what will be connected to, after resolution and for each hop, so that neither spellings of an address
(decimal, octal, mapped into IPv6) nor a name that resolves differently the second time lead into a private network.
"""

from __future__ import annotations

import functools
import queue
import socket
import threading
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import msgspec

from listener.fetch.failure import Failure
from listener.types import Outcome

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
#: Host and port to the addresses of the host, as text. Raises OSError.
Resolve = Callable[[str, int], Sequence[str]]

#: https://www.iana.org/assignments/iana-ipv4-special-registry, and multicast.
_NOT_PUBLIC_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
#: The only part of IPv6 that is handed out for public use, and what in it is not public:
#: https://www.iana.org/assignments/iana-ipv6-special-registry
_PUBLIC_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "3fff::/20"))
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = IPv6Network("2002::/16")
#: Lookups that may hang at the same time; a hanging getaddrinfo can't be stopped, only left alone.
_LOOKUPS_LIMIT = 64
#: A host with more addresses than this is tried at the first ones (all of them are checked).
_TRIED_LIMIT = 4


class Endpoint(msgspec.Struct, frozen=True):
    """An address that may be connected to."""

    family: socket.AddressFamily
    address: str


def embedded_ipv4(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that packets to `address` end at: mapped, by NAT64 or 6to4; None where there is none."""
    number = int(address)
    if address in _MAPPED or address in _NAT64:
        return IPv4Address(number & 0xFFFF_FFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address((number >> 80) & 0xFFFF_FFFF)
    return None


def is_public(address: Address) -> bool:
    """Return whether `address` can be somebody on the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    inner = embedded_ipv4(address)
    if inner is not None:
        return is_public(inner)
    return address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)


def system_resolve(host: str, port: int) -> list[str]:
    """Return the addresses of `host` by the system's resolver, in its order of preference."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


class Resolver:
    """Finds the addresses of hosts, within a time, and lets through only those that may be asked."""

    def __init__(self, allow_networks: Sequence[Network] = (), *, resolve: Resolve = system_resolve) -> None:
        self._allow = tuple(allow_networks)
        self._resolve = resolve
        self._slots = threading.BoundedSemaphore(_LOOKUPS_LIMIT)
        self._check = functools.lru_cache(maxsize=4096)(lambda address: self._endpoint(ip_address(address)))

    def endpoints(self, host: str, port: int, timeout: float) -> list[Endpoint]:
        """Return where `host` can be reached, best first, found within `timeout` seconds.

        Raises Failure: DNS where there is no such host, TIMEOUT, ADDRESS when one of its addresses isn't public and
        no allowed network contains it. One bad address among good ones is enough: it is how a name is rebound.
        """
        literal = _literal(host)
        if literal is not None:
            addresses, endpoints = [str(literal)], [self._endpoint(literal)]
        else:
            addresses = self._look_up(host, port, timeout)
            endpoints = [self._check(address) for address in addresses]
        refused = [address for address, endpoint in zip(addresses, endpoints, strict=True) if endpoint is None]
        if refused:
            raise Failure(
                Outcome.ADDRESS,
                f"{host} resolves to {refused[0]}, which is neither public nor in a network of allow_networks.",
            )
        return [endpoint for endpoint in endpoints if endpoint is not None][:_TRIED_LIMIT]

    def _endpoint(self, address: Address) -> Endpoint | None:
        """Return the endpoint at an address; None if it may not be asked."""
        family = socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6
        inner = embedded_ipv4(address) if isinstance(address, IPv6Address) else None
        allowed = any(
            candidate.version == network.version and candidate in network
            for candidate in (address, inner)
            if candidate is not None
            for network in self._allow
        )
        return Endpoint(family, str(address)) if allowed or is_public(address) else None

    def _look_up(self, host: str, port: int, timeout: float) -> list[str]:
        """Resolve in a thread of its own: getaddrinfo knows no deadline."""
        if not self._slots.acquire(blocking=False):
            raise Failure(Outcome.DNS, f"{host} could not be looked up: {_LOOKUPS_LIMIT} lookups are hanging already.")
        answers: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

        def look_up() -> None:
            try:
                answers.put(list(self._resolve(host, port)))
            except OSError as error:
                answers.put(error)
            finally:
                self._slots.release()

        threading.Thread(target=look_up, name=f"lookup {host}", daemon=True).start()
        try:
            found = answers.get(timeout=timeout)
        except queue.Empty:
            raise Failure(Outcome.TIMEOUT, f"Looking up {host} took longer than {timeout:.0f} s.") from None
        if isinstance(found, OSError):
            raise Failure(Outcome.DNS, f"{host} can't be looked up: {found.strerror or found}.") from found
        if not found:
            raise Failure(Outcome.DNS, f"{host} has no address.")
        return found


def _literal(host: str) -> Address | None:
    """Return the address that `host` is in its usual spelling; other spellings are for the system's resolver."""
    if ":" not in host and not host[-1:].isdigit():
        return None
    try:
        return ip_address(host)
    except ValueError:
        return None
