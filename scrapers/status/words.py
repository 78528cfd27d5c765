"""What updates of an incident are called, and how bad one is by its words."""

from __future__ import annotations

import re

_STATES = re.compile(
    r"\b(resolved|completed|postmortem|monitoring|identified|investigating|update|scheduled|in progress|verifying)\b",
    re.IGNORECASE,
)
_IMPACTS = (
    ("maintenance", re.compile(r"\b(?:maintenance|scheduled|planned|upgrade|migration|wartung)\b", re.IGNORECASE)),
    ("critical", re.compile(r"\b(?:critical|(?:major|full|complete) outage|down for everyone)\b", re.IGNORECASE)),
    ("major", re.compile(r"\b(?:outage|unavailable|unreachable|down|major|failing|ausfall)\b", re.IGNORECASE)),
    ("minor", re.compile((
        r"\b(?:degrad\w+|slow\w*|latenc\w+|delay\w*|partial\w*|elevated|intermittent\w*|minor|errors?|"
        r"störung\w*)\b"
    ), re.IGNORECASE)),
)  # fmt: skip
#: States after which an incident is over.
ENDED = frozenset({"resolved", "completed", "postmortem"})


def state_in(text: str) -> str | None:
    """Return the first state that a text names."""
    found = _STATES.search(text)
    return found[1].lower() if found else None


def impact_in(text: str) -> str | None:
    """Return how bad an incident is by its title; None where the words don't say."""
    return next((name for name, pattern in _IMPACTS if pattern.search(text)), None)
