"""Settings of the fetcher, with their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from types import MappingProxyType

import msgspec

#: Hosts that want longer gaps. Reddit answers 429 to more than about one anonymous request a minute from one address,
#: but takes a hundred at its API; GDELT asks for five seconds; GitHub's search takes ten a minute from those who don't
#: sign in.
HOST_GAPS: Mapping[str, timedelta] = MappingProxyType(
    {
        "reddit.com": timedelta(seconds=60),
        "oauth.reddit.com": timedelta(seconds=2),
        "gdeltproject.org": timedelta(seconds=6),
        "api.github.com": timedelta(seconds=6),
    }
)


class FetchSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How politely and how patiently the web is asked. The defaults are fit for the public web."""

    #: Sent as it is. Starts with the product's name, which robots.txt is searched for, and names a contact.
    user_agent: str
    #: Between the end of one request to a host and the start of the next.
    gap: timedelta = timedelta(seconds=2)
    #: Longer gaps, by domain; its subdomains are meant, too, unless they stand here themselves.
    host_gaps: Mapping[str, timedelta] = msgspec.field(default_factory=lambda: HOST_GAPS)
    #: For name resolution and connecting, all addresses of a host together; TLS has as long again.
    connect_timeout: timedelta = timedelta(seconds=10)
    #: Between two bytes.
    read_timeout: timedelta = timedelta(seconds=20)
    #: For a whole fetch with its redirects, without the waits that politeness asks for.
    total_timeout: timedelta = timedelta(seconds=60)
    #: Bytes of one body after decompression.
    body_limit: int = 10_000_000
    #: Networks that may be asked although they are not public.
    allow_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    #: False: robots.txt is not asked for. For networks of one's own.
    robots: bool = True
    max_redirects: int = 5
    #: Longest wish of a server (Retry-After, max-age) that is granted.
    retry_after_cap: timedelta = timedelta(days=30)
    #: PEM file of certificate authorities to trust besides the usual ones.
    ca_file: Path | None = None
