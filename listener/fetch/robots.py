"""robots.txt: kept as the lines that concern us, read by protego. Pure. RFC 9309."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from listener.lazy import LazyModule

if TYPE_CHECKING:
    import protego
else:
    protego = LazyModule("protego")

#: RFC 9309, 2.5: a crawler reads at least 500 KiB.
ROBOTS_LIMIT_BYTES = 500 * 1024
#: RFC 9309, 2.4: no longer than a day without asking again.
ROBOTS_FRESH = timedelta(hours=24)
#: How soon an unreachable robots.txt is asked for again while an older copy serves.
ROBOTS_RETRY = timedelta(hours=1)
#: RFC 9309, 2.3.1.4: unreachable for so long means that there is none.
ROBOTS_PATIENCE = timedelta(days=30)
#: A longer Crawl-delay is taken for this.
CRAWL_DELAY_CAP = timedelta(hours=1)

_LINE = re.compile(r"\s*(user[ -]?agent)\s*[: ]\s*([^\s#/]*)", re.IGNORECASE)
_PRODUCT = re.compile(r"[A-Za-z_-]+")


def product_token(user_agent: str) -> str:
    """Return the name in `user_agent` that robots.txt is searched for, in lower case."""
    found = _PRODUCT.match(user_agent)
    return found[0].lower() if found else "*"


def decode_robots(body: bytes, token: str) -> str:
    """Return the text of a robots.txt, without what concerns other robots.

    That keeps the stored text short, and a file of ten thousand robots with ten thousand rules each harmless: protego
    multiplies the two.
    """
    text = body[:ROBOTS_LIMIT_BYTES].decode("utf-8-sig", "replace")
    lines = []
    naming = False
    ours: set[str] = set()
    for line in text.splitlines():
        line = line.partition("#")[0].strip()
        agent = _LINE.match(line)
        if agent:
            if not naming:
                ours = set()
            naming = True
            name = agent[2].lower()
            if name in ("*", token) and name not in ours:
                ours.add(name)
                lines.append(f"User-agent: {name}")
        elif line:
            naming = False
            if ours:
                lines.append(line)
    return "\n".join(lines)


class RobotsRules(msgspec.Struct, frozen=True):
    """What a robots.txt says to one robot."""

    _protego: protego.Protego
    _token: str
    crawl_delay: timedelta | None

    def allows(self, url: str) -> bool:
        """Return whether `url` may be asked."""
        return bool(self._protego.can_fetch(url, self._token))


def parse_robots(text: str, token: str) -> RobotsRules:
    """Read the text of a robots.txt for the robot called `token`."""
    parsed = protego.Protego.parse(text)
    seconds = parsed.crawl_delay(token) or 0.0
    rate = parsed.request_rate(token)
    if rate is not None:
        seconds = max(seconds, rate.seconds / rate.requests)
    delay = timedelta(seconds=min(seconds, CRAWL_DELAY_CAP.total_seconds()))
    return RobotsRules(parsed, token, delay or None)
