"""JSON-LD in a page, as the objects that it holds. Bounded, and never a reason to fail."""

from __future__ import annotations

import json
from typing import Any

from listener.fields import Fields
from listener.html import Element

_BLOCKS_LIMIT = 50
_BLOCK_CHARACTERS = 4_000_000
_OBJECTS_LIMIT = 20_000
_DEPTH_LIMIT = 40


def things_of(page: Element) -> tuple[list[Fields], list[str]]:
    """Return the objects of all blocks, nested ones after those around them, and what could not be read."""
    found: list[Fields] = []
    broken: list[str] = []
    for block in page.select('script[type*="ld+json"]')[:_BLOCKS_LIMIT]:
        text = block.text
        if len(text) > _BLOCK_CHARACTERS:
            broken.append(f"JSON-LD of {len(text):,} characters")
            continue
        try:
            # Pages that were put together by hand leave comments of HTML around it, and semicolons behind.
            value = json.loads(text.strip().removeprefix("<!--").removesuffix("-->").strip(" \t\r\n;"), strict=False)
        except (ValueError, RecursionError) as error:
            broken.append(f"JSON-LD that can't be read: {str(error)[:80]}")
            continue
        _gather(value, found)
    return found, broken


def _gather(value: Any, found: list[Fields]) -> None:
    todo: list[tuple[Any, int]] = [(value, 0)]
    while todo and len(found) < _OBJECTS_LIMIT:
        value, depth = todo.pop()
        if depth > _DEPTH_LIMIT:
            continue
        if isinstance(value, list):
            todo += ((part, depth + 1) for part in reversed(value))
        elif isinstance(value, dict):
            found.append(Fields(value))
            todo += ((part, depth + 1) for part in reversed(list(value.values())))
