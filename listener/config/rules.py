"""Alert rules, [alerts.*], checked against the names they use; a rule that can never match is a problem."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any, TypeAlias, get_args

import msgspec

from listener.config import values
from listener.config.documents import Entry
from listener.config.lines import KeyPath
from listener.config.named import Reading
from listener.config.report import nearest
from listener.config.tables import Table, reader_of
from listener.types import ItemKind, Rule, Speech

#: Returns the names of the pain points that come with the program.
KnownPains: TypeAlias = Callable[[], Collection[str]]

COMPOUND = reader_of(Annotated[float, msgspec.Meta(ge=-1, le=1)])
RULE = Table(
    Rule,
    given=frozenset({"name"}),
    special={
        "send": values.send_time,
        "sentiment_at_most": COMPOUND,
        "sentiment_at_least": COMPOUND,
        "reach_at_least": reader_of(Annotated[float, msgspec.Meta(ge=0, le=100)]),
        "relevance_at_least": reader_of(Annotated[float, msgspec.Meta(ge=0, le=1)]),
        "percent_at_least": reader_of(Annotated[float, msgspec.Meta(ge=0)]),
        "severity_at_least": reader_of(Annotated[int, msgspec.Meta(ge=0, le=4)]),
        "fresh_within": values.positive_duration,
        "window": values.positive_duration,
        "stories_at_least": reader_of(Annotated[int, msgspec.Meta(ge=1)]),
        "times_at_least": reader_of(Annotated[float, msgspec.Meta(ge=1)]),
    },
)

#: Conditions that a rule may set whatever it watches.
EVERYWHERE = frozenset({"on", "channels", "brands", "sources", "send"})
#: And those that only make sense for what it watches.
CONDITIONS: Mapping[str, frozenset[str]] = {
    "mention": frozenset(
        {"words", "sentiment_at_most", "sentiment_at_least", "reach_at_least", "relevance_at_least"}
        | {"pains", "severity_at_least", "kinds", "fresh_within"}
    ),
    "source": frozenset({"failing_for"}),
    "price": frozenset({"percent_at_least", "plans", "kinds"}),
    "faq": frozenset({"kinds"}),
    "copy": frozenset({"kinds"}),
    "status": frozenset({"kinds"}),
    "spike": frozenset({"counts", "window", "stories_at_least", "times_at_least", "cool_down"}),
    "pain": frozenset({"pains", "severity_at_least", "window", "stories_at_least", "times_at_least", "cool_down"}),
}


def read_rules(reading: Reading, known_pains: KnownPains | None) -> tuple[Rule, ...]:
    """Read [alerts.*]. Without `known_pains` the names of pain points stay unchecked."""
    found = []
    for entry, path in reading.entries("alerts"):
        for kind in ("channels", "brands", "sources"):
            for index, name in enumerate(_list(entry, kind)):
                reading.check_known(kind, name, entry, (*path, kind, index))
        reading.check_query(entry.table.get("words"), entry, (*path, "words"), narrows=True)
        _check_conditions(reading, entry, path)
        if known_pains is not None and _list(entry, "pains"):
            known = {*known_pains(), *reading.book.named["pains"]}
            _check_words(reading, "pains", known, entry, path)
        rule = RULE.read(entry.table, entry.document, path, reading.report, name=entry.name)
        if rule is None:
            continue
        if not rule.channels:
            reading.report.warning(entry.document, path, "no channels: its alerts are stored but not sent.")
        found.append(rule)
    return tuple(found)


def _list(entry: Entry, key: str) -> list[Any]:
    """Return a list of the table, or an empty one; what isn't a list is reported by whoever reads the table."""
    names = entry.table.get(key)
    return names if isinstance(names, list) else []


def _check_conditions(reading: Reading, entry: Entry, path: KeyPath) -> None:
    """Note conditions that can't hold for what the rule watches."""
    on = entry.table.get("on", "mention")
    if not isinstance(on, str) or on not in CONDITIONS:
        return
    for key in entry.table:
        if key in RULE.keys and key not in EVERYWHERE and key not in CONDITIONS[on]:
            where = " or ".join(f'"{name}"' for name, keys in CONDITIONS.items() if key in keys)
            message = f'does not apply to a rule on "{on}", only for one on {where}.'
            reading.report.problem(entry.document, (*path, key), message)
    if on == "mention":
        _check_words(reading, "kinds", (*get_args(Speech), *get_args(ItemKind)), entry, path)
    elif _list(entry, "kinds"):
        from listener.alerts.changes import WATCHED_BY

        _check_words(reading, "kinds", [kind for kind, watched in WATCHED_BY.items() if watched == on], entry, path)


def _check_words(reading: Reading, key: str, known: Collection[str], entry: Entry, path: KeyPath) -> None:
    """Note words of a list that aren't among the known ones."""
    for index, word in enumerate(_list(entry, key)):
        if isinstance(word, str) and word not in known:
            message = f"expected one of {', '.join(sorted(known))}, got {word!r}."
            reading.report.problem(entry.document, (*path, key, index), message, nearest(word, known))
