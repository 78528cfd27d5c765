"""Several alerts in one message: the worst and heaviest first, by brand, the rest counted. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from listener.notify.plain import clean, clean_line
from listener.types import Alert, Tone

#: What stands before a title where there is no colour.
MARKS: Mapping[Tone, str] = {"bad": "!", "plain": "*", "good": "+"}
FACTS_LIMIT = 20
TITLE_LIMIT = 300
ORDER: Mapping[Tone, int] = {"bad": 0, "plain": 1, "good": 2}
#: As `listener.alerts.words.word_diff` writes it.
DIFFERENCE = re.compile(r"\[-(?P<gone>.*?)-\]|\{\+(?P<new>.*?)\+\}", re.DOTALL)
#: Whose quotes are differences.
DIFFERENCES_ON = frozenset({"faq", "copy"})
#: Where people find what a message had no room for.
ALL_ALERTS = "listener alerts"


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts about one brand, the worst first."""

    #: Of the brand; for alerts about no brand, "sources" or "other".
    name: str
    alerts: tuple[Alert, ...]


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """What a message shows, and how many alerts it doesn't."""

    groups: tuple[Group, ...]
    total: int
    rest: int

    @property
    def single(self) -> Alert | None:
        """The only alert, if there is only one."""
        return self.groups[0].alerts[0] if self.total == 1 else None

    @property
    def named(self) -> bool:
        """Whether the groups need their names: where all alerts are about one brand, the heading says so."""
        return len(self.groups) > 1 or self.rest > 0

    @property
    def worst(self) -> Tone:
        """The worst tone of all alerts shown."""
        return min((alert.tone for group in self.groups for alert in group.alerts), key=ORDER.__getitem__)

    @property
    def rest_line(self) -> str:
        """Say how many are missing and where they are; empty if none is."""
        return f"and {self.rest} more: {ALL_ALERTS}" if self.rest else ""


def digest(alerts: Sequence[Alert], limit: int) -> Digest:
    """Put at most `limit` alerts in order: the worst, then the heaviest, then the oldest first.

    Brands stand in the order of their worst.

    Raises ValueError for no alerts.
    """
    if not alerts:
        raise ValueError("a message needs an alert")
    shown = sorted(alerts, key=lambda alert: (ORDER[alert.tone], -alert.weight, alert.created_at))[:limit]
    names: dict[str, list[Alert]] = {}
    for alert in shown:
        names.setdefault(about(alert), []).append(alert)
    groups = tuple(Group(name=name, alerts=tuple(members)) for name, members in names.items())
    return Digest(groups=groups, total=len(alerts), rest=len(alerts) - len(shown))


def merged(alerts: Sequence[Alert]) -> list[Alert]:
    """Tell once what several rules tell of one cause: the first of these alerts, with the names of all the rules."""
    told: dict[tuple[object, ...], list[Alert]] = {}
    seen: Counter[tuple[object, ...]] = Counter()
    for alert in alerts:
        cause = (alert.on, alert.brand, alert.source, alert.title, alert.quote, alert.url, alert.facts)
        # What one rule tells twice are two things that look alike.
        seen[alert.rule, *cause] += 1
        told.setdefault((seen[alert.rule, *cause], *cause), []).append(alert)
    return [
        replace(same[0], rule=", ".join(alert.rule for alert in same)) if len(same) > 1 else same[0]
        for same in told.values()
    ]


def about(alert: Alert) -> str:
    """Name what an alert is about."""
    return clean_line(alert.brand or "", 60) or ("sources" if alert.on == "source" else "other")


def counted(alerts: Sequence[Alert]) -> str:
    """Say how many alerts there are and about whom: "12 alerts: acme 9, globex 3", "acme: 9 alerts"."""
    names: dict[str, int] = {}
    for alert in alerts:
        name = about(alert)
        names[name] = names.get(name, 0) + 1
    said = sorted(names.items(), key=lambda pair: -pair[1])
    named = ", ".join(f"{name} {count}" for name, count in said[:5])
    more = f" and {len(said) - 5} others" if len(said) > 5 else ""
    total = f"{len(alerts)} alert{'s' if len(alerts) > 1 else ''}"
    return f"{said[0][0]}: {total}" if len(said) == 1 else f"{total}: {named}{more}"


def thread_of(alerts: Sequence[Alert]) -> str:
    """Return the thread that all alerts belong to; empty if there is none."""
    threads = {alert.thread for alert in alerts}
    return threads.pop() if len(threads) == 1 else ""


def title_of(alert: Alert) -> str:
    """Return what happened, on one line; never empty."""
    return clean_line(alert.title, TITLE_LIMIT) or f"alert of the rule {clean_line(alert.rule, 100)}"


def segments(quote: str) -> list[tuple[str, str]]:
    """Split a difference into runs of "same", "gone" and "new" words."""
    runs: list[tuple[str, str]] = []
    end = 0
    for match in DIFFERENCE.finditer(quote):
        if match.start() > end:
            runs.append(("same", quote[end : match.start()]))
        runs.append(("gone", match["gone"]) if match["gone"] is not None else ("new", match["new"]))
        end = match.end()
    if end < len(quote):
        runs.append(("same", quote[end:]))
    return runs


def quoted(alert: Alert, limit: int, *, lines: bool = True) -> str:
    """Return the quote as plain text: of a difference both sides, each on a line, as nothing can be struck out there.

    `limit` is in characters, of each side. Other quotes keep their line breaks, or are put on one line.
    """
    if alert.on not in DIFFERENCES_ON or not DIFFERENCE.search(alert.quote):
        return clean(alert.quote, limit) if lines else clean_line(alert.quote, limit)
    runs = segments(alert.quote)
    was, now = ("".join(words for kind, words in runs if kind != other) for other in ("new", "gone"))
    return f"Was: {clean_line(was, limit) or '–'}\nNow: {clean_line(now, limit) or '–'}"


def facts(alert: Alert) -> list[tuple[str, str]]:
    """Return labels and values, cleaned and not too many."""
    return [(clean_line(label, 40), clean_line(value, 300)) for label, value in alert.facts[:FACTS_LIMIT]]


def shown_at(moment: datetime, zone: ZoneInfo) -> str:
    """Say when, by the clocks of a zone."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}"
