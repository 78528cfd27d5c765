"""A page as a stream of start, text and end events, in the nesting a browser would build.

For readers that make a compact tree of their own: no library's object is made for a node.
"""

from __future__ import annotations

from typing import Protocol

try:
    from turbohtml import saxparse
except ImportError:  # no wheel for this platform
    saxparse = None  # type: ignore[assignment]


class Events(Protocol):
    """What hears a page go by. An exception raised in here ends the stream."""

    def start_element(self, tag: str, attrs: tuple[tuple[str, str | None], ...]) -> None:
        """An element opens: its name in lower case, and its attributes; one without a value has None or ""."""

    def end_element(self, tag: str) -> None:
        """An element closes; void ones close, too."""

    def characters(self, data: str) -> None:
        """A run of text; that of scripts and styles included."""


def stream(markup: str, events: Events) -> None:
    """Read a page and tell `events` of it. Whatever the input is, each start has its end, in order."""
    if saxparse is None:
        _stream_soup(markup, events)
        return
    handler = saxparse.SaxHandler()
    # Bound methods in the instance: a call each, and none through a wrapper, for thousands of events a page.
    handler.start_element = events.start_element  # type: ignore[method-assign]
    handler.end_element = events.end_element  # type: ignore[method-assign]
    handler.characters = events.characters  # type: ignore[method-assign]
    saxparse.sax_parse(markup, handler)


def _stream_soup(markup: str, events: Events) -> None:
    """Walk without recursion: markup may nest deeper than Python does."""
    from listener.html import soup

    stack: list[tuple[str, soup.SoupElement | str]] = [("start", soup.parse(markup))]
    while stack:
        step, node = stack.pop()
        if isinstance(node, str):
            (events.end_element if step == "end" else events.characters)(node)
            continue
        events.start_element(node.tag, tuple(node.attributes()))
        stack.append(("end", node.tag))
        stack.extend(("start", child) for child in reversed(list(node.children())))
