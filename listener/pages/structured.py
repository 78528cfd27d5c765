"""Structured data of a page: JSON-LD offers and FAQ pages. Bounded, and never a reason to fail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import TypeAlias

from listener.pages.nodes import Page

_OBJECT_LIMIT = 5_000
_MARKUP = re.compile(r"<[^<>]{0,500}>")


Thing: TypeAlias = dict[str, object]


def objects_of(page: Page) -> Iterator[Thing]:
    """Yield the JSON-LD objects of a page, nested ones after those around them."""
    left = _OBJECT_LIMIT
    for block in page.linked_data:
        stack = [block]
        while stack and left:
            value = stack.pop()
            if isinstance(value, list):
                stack.extend(reversed(value))
            elif isinstance(value, dict):
                left -= 1
                yield value
                stack.extend(reversed(list(value.values())))


def type_of(thing: Thing) -> str:
    """Return an object's type without its vocabulary; the first of several."""
    kind = thing.get("@type", "")
    if isinstance(kind, list):
        kind = kind[0] if kind else ""
    return str(kind).rpartition("/")[2]


def text_of_value(value: object) -> str:
    """Return a text of JSON-LD as readable text."""
    if not isinstance(value, str):
        return ""
    return " ".join(unescape(_MARKUP.sub(" ", value[:20_000])).split())


def faq_of(page: Page) -> list[tuple[str, str]]:
    """Return the questions and answers of a FAQPage in JSON-LD, in its order."""
    found: list[tuple[str, str]] = []
    for thing in objects_of(page):
        if type_of(thing) == "Question":
            answer = thing.get("acceptedAnswer") or thing.get("suggestedAnswer")
            if isinstance(answer, list):
                answer = answer[0] if answer else None
            text = text_of_value(answer.get("text")) if isinstance(answer, dict) else ""
            name = text_of_value(thing.get("name") or thing.get("text"))
            if name:
                found.append((name, text))
    return found
