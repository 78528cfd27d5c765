"""Pages whose prices a script fills in: the stage is set, and nobody is on it yet."""

from __future__ import annotations

import re

from listener.pages.tree import Node, Page

#: Of an id or of the name of a custom element. Classes don't count: lines and shadows are called so, too.
_STAGE = re.compile(
    r"(?:^|[-_])(?:pricing|prices?|plans?|preise|tarife?|tarifs|precios|planes|prezzi|planos|precos|cennik)(?:[-_]|$)",
    re.IGNORECASE,
)
_TAGS = frozenset({"div", "section", "main", "ul", "ol", "tbody", "table", "article"})


def awaits_plans(page: Page) -> bool:
    """Whether an empty element is named for the plans that a script is to put into it."""
    return bool(page.scripts) and any(_is_stage(node) for node in page.nodes)


def _is_stage(node: Node) -> bool:
    if node.children or node.line < node.end_line or node.hidden:
        return False
    if node.tag in _TAGS:
        return _STAGE.search(node.attr("id")[:200]) is not None
    return "-" in node.tag and _STAGE.search(node.tag[:200]) is not None
