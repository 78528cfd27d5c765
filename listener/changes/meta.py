"""Changes of a page's title and meta description."""

from __future__ import annotations

import re
from collections.abc import Iterator

from listener.changes.likeness import fold
from listener.facts import Change, PageFacts

_NUMBER = re.compile(r"\d+")


def meta_changes(before: PageFacts, after: PageFacts) -> Iterator[Change]:
    """Yield a change for a changed title or description. Changes of numbers only are ignored."""
    for old, new in ((before.title, after.title), (before.description, after.description)):
        if old and new and _told(old) != _told(new):
            yield Change(kind="meta_changed", subject=new, before=old, after=new)


def _told(text: str) -> str:
    return _NUMBER.sub("0", fold(text))
