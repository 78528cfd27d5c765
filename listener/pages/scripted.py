"""Detects pages whose prices are filled in by a script."""

from __future__ import annotations

import re

from listener.pages.nodes import Node, Page

_WORDS = (
    r"pricing|prices?|plans?|preise|tarife?|tarifs|prix|precios|planes|prezzi|planos|preços|precos|prijzen|priser|"
    r"cennik|ceník|цены|тарифы|料金|价格|가격"
)
#: Of an id or of the name of a custom element. Classes don't count: lines and shadows are called so, too.
_STAGE = re.compile(rf"(?:^|[-_])(?:{_WORDS})(?:[-_]|$)", re.IGNORECASE)
_TALK = re.compile(rf"(?<!\w)(?:{_WORDS})(?!\w)", re.IGNORECASE)
_TAGS = frozenset({"div", "section", "main", "ul", "ol", "tbody", "table", "article"})


def awaits_plans(page: Page) -> bool:
    """Whether a page that calls itself one of prices has an empty element that is named for them, and a script."""
    return bool(page.scripts) and _is_about_prices(page) and any(_is_stage(node) for node in page.nodes)


def _is_about_prices(page: Page) -> bool:
    headings = [line.text[:200] for line in page.lines if line.node.tag == "h1"]
    return _TALK.search(" ".join((page.title[:200], *headings[:3]))) is not None


def _is_stage(node: Node) -> bool:
    if not node.is_leaf or node.line < node.end_line or node.hidden:
        return False
    if node.tag in _TAGS:
        return _STAGE.search(node.attr("id")[:200]) is not None
    return "-" in node.tag and _STAGE.search(node.tag[:200]) is not None
