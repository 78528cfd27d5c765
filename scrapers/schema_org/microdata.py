"""Microdata in a page (https://html.spec.whatwg.org/multipage/microdata.html), as objects in the shape of JSON-LD.

Only what reviews need: an `itemscope` of a type that speaks of them, with its own properties.
"""

from __future__ import annotations

from typing import Any

from listener.fields import Fields
from listener.html import Element, children_of, readable

_SCOPES_LIMIT = 2_000
_DEPTH_LIMIT = 60
_TYPES = ("Review", "UserReview", "CriticReview", "AggregateRating")
#: Where the value of a property stands, by element; elsewhere its text.
_ATTRIBUTE = {"a": "href", "link": "href", "img": "src", "time": "datetime", "data": "value", "meter": "value"}


def marked_of(page: Element) -> list[Fields]:
    """Return the reviews and averages that a page marks."""
    scopes = page.select("[itemscope][itemtype]")[:_SCOPES_LIMIT]
    return [Fields(_object(scope, 0)) for scope in scopes if _type(scope) in _TYPES]


def _type(scope: Element) -> str:
    return (scope.attr("itemtype") or "").strip().partition(" ")[0].rstrip("/").rpartition("/")[2]


def _object(scope: Element, depth: int) -> dict[str, Any]:
    thing: dict[str, Any] = {"@type": _type(scope)}
    if address := scope.attr("itemid"):
        thing["@id"] = address
    todo = [(child, depth) for child in reversed(children_of(scope)) if not isinstance(child, str)]
    while todo:
        element, level = todo.pop()
        name = (element.attr("itemprop") or "").strip().partition(" ")[0]
        scoped = element.attr("itemscope") is not None
        if name:
            thing.setdefault(name, _object(element, level + 1) if scoped and level < _DEPTH_LIMIT else _value(element))
        # What is below a scope belongs to that one.
        if not scoped and level < _DEPTH_LIMIT:
            todo += [(child, level + 1) for child in reversed(children_of(element)) if not isinstance(child, str)]
    return thing


def _value(element: Element) -> str:
    content = element.attr("content")
    if content is not None:
        return content
    given = element.attr(_ATTRIBUTE.get(element.tag, ""))
    return given if given is not None else readable(element)
