"""Any page: its main text, or the parts selected in the settings.

The main text is extracted by trafilatura: on 251 pages of its evaluation set it has an F-score of 0.93, turbohtml's
main text 0.78. If it finds next to nothing, the page's whole text is used.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import regex

from listener.errors import ParseError
from listener.facts import PageFacts
from listener.html import Element, children_of, collapse, parent_of, parse, readable
from listener.pages.facts import readable_text
from listener.pages.response import PageOptions, markup_of, page_request
from listener.pages.tree import read_page
from listener.pages.trouble import REDIRECTED_HOME, find_trouble, redirected_home
from listener.types import Parsed, Request, Response, Source

#: Less main text than this is a page whose text isn't an article: all it shows is taken.
_ARTICLE_CHARACTERS = 250
#: Characters of a line that an expression is tried on, and lines of a page.
_LINE_CHARACTERS = 500
_LINE_LIMIT = 20_000
#: Seconds that all expressions of a page may take: one that goes back and back could take for ever.
_IGNORE_SECONDS = 3.0
#: Beyond these a page is no article, and looking for one would take longer than all else.
_ARTICLE_NODES = 30_000
_ARTICLE_MARKUP_CHARACTERS = 3_000_000
#: A group that repeats without end and holds what repeats without end: exponential time on the wrong line. Told when
#: the settings are read; what this misses, the clock ends.
_NESTED_REPEAT = re.compile(r"\((?:[^()\\]|\\.)*(?:[*+]|\{\d*,\})(?:[^()\\]|\\.)*\)\s*(?:[*+]|\{\d*,\})")


class Options(PageOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a page in the settings."""

    #: CSS selectors of the parts to watch. Default: the main text.
    select: tuple[str, ...] = ()
    #: CSS selectors of parts to leave out.
    exclude: tuple[str, ...] = ()
    #: Regular expressions; matching parts of a line are ignored.
    ignore: tuple[str, ...] = ()
    #: "main": without menus, footers and the like; "all": all visible text.
    text: Literal["main", "all"] = "main"

    def __post_init__(self) -> None:
        blank = parse("")
        for selector in (*self.select, *self.exclude):
            try:
                blank.matches(selector)
            except ValueError:
                raise ValueError(f"{selector!r} is not a CSS selector") from None
        for pattern in self.ignore:
            _compiled(pattern)


class Page:
    """Reads any page as text."""

    name = "page"
    version = 1
    Options = Options

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask for the page."""
        yield page_request(source)

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read the text that is watched."""
        options = source.options if isinstance(source.options, Options) else Options()
        markup = markup_of(response)
        page = read_page(markup)
        trouble = find_trouble(page, facts=False, priced=True)
        if redirected_home(response.request.url, response.url):
            trouble = REDIRECTED_HOME
        if options.select or options.exclude:
            text = _selected(parse(markup), options)
        else:
            short = len(page.nodes) <= _ARTICLE_NODES and len(markup) <= _ARTICLE_MARKUP_CHARACTERS
            text = _main_text(markup) if options.text == "main" and short else ""
            text = text if len(text) >= _ARTICLE_CHARACTERS else readable_text(page)
        if options.select and not text and trouble is None:
            raise ParseError(f"nothing on the page matches {', '.join(options.select)}")
        facts = PageFacts(
            title=page.title, lang=page.lang or None, text=_without(text, options.ignore), trouble=trouble
        )
        return Parsed(facts=facts)


def _main_text(markup: str) -> str:
    import trafilatura  # half a second to import, and only for this scraper

    return collapse(trafilatura.extract(markup, include_comments=False, deduplicate=False) or "")


def _selected(root: Element, options: Options) -> str:
    """Return the readable text of what is selected, without what is excluded, in page order, nothing twice."""
    excluded = {part for selector in options.exclude for part in root.select(selector)}
    selected = [part for selector in options.select for part in root.select(selector)]
    selected = selected if options.select else [root]
    chosen = set(selected)
    kept = [part for part in dict.fromkeys(selected) if not any(above in chosen for above in _around(part))]
    touched = {above for part in excluded for above in _around(part)}
    return "\n".join(text for part in kept for text in _readable(part, excluded, touched) if text)


def _around(part: Element) -> Iterator[Element]:
    above = parent_of(part)
    while above is not None:
        yield above
        above = parent_of(above)


def _readable(part: Element, excluded: set[Element], touched: set[Element]) -> Iterator[str]:
    """Yield the texts of a part without the excluded ones; `touched` are the elements around those."""
    stack: list[Element | str] = [part]
    while stack:
        piece = stack.pop()
        if isinstance(piece, str):
            yield collapse(piece)
        elif piece in touched and piece not in excluded:
            stack.extend(reversed(children_of(piece)))
        elif piece not in excluded:
            yield readable(piece)


def _without(text: str, patterns: Iterable[str]) -> str:
    """Free each line of what is to be ignored. Raises ParseError where that takes too long."""
    lines = [line[:_LINE_CHARACTERS] for line in text.splitlines()[:_LINE_LIMIT]]
    rests = [line[_LINE_CHARACTERS:] for line in text.splitlines()[:_LINE_LIMIT]]
    # This clock ends a search that would not; it says nothing about the page.
    end = time.monotonic() + _IGNORE_SECONDS
    for pattern in patterns:
        compiled = _compiled(pattern)
        try:
            lines = [compiled.sub("", line, timeout=max(end - time.monotonic(), 0.001)) for line in lines]
        except TimeoutError:
            raise ParseError(f"ignore: {pattern!r} takes too long on this page; make it simpler") from None
    return collapse("\n".join(line + rest for line, rest in zip(lines, rests, strict=True)))


def _compiled(pattern: str) -> regex.Pattern[str]:
    if len(pattern) > _LINE_CHARACTERS or _NESTED_REPEAT.search(pattern):
        raise ValueError(f"{pattern!r} repeats what repeats and could take for ever; leave the outer repeat out")
    try:
        return regex.compile(pattern)
    except regex.error as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None


scraper = Page()
