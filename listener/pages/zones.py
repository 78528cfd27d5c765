"""Which parts of a page never hold an offer: navigation, footers, calculators, testimonials, others' prices."""

from __future__ import annotations

from collections.abc import Iterator

from listener.pages.nodes import Node, Page

_TAGS = frozenset({"nav", "select", "blockquote", "template", "noscript", "dialog", "datalist"})
_CALCULATOR = frozenset(
    (
        "calculator calc estimator simulator simulador rechner kalkulator kalkulačka калькулятор roi slider "
        "configurator savings"
    ).split()
)
_OTHERS = frozenset(
    "testimonial testimonials review reviews quote quotes blockquote competitor competitors versus alternatives "
    "cookie cookies modal popup breadcrumb breadcrumbs navbar menu sidebar-nav toast cart checkout dropdown offcanvas "
    "marquee comments disqus invoice chat chatbot intercom crisp tawk drift".split()
)
_FOOTERS = frozenset({"footer", "site-footer", "page-footer", "main-footer", "colophon", "fusszeile"})
_TELLING = _CALCULATOR | _OTHERS | _FOOTERS
_CONTENT = frozenset({"main", "section", "article", "li", "table", "form"})


def offerless(page: Page) -> bytearray:
    """Return a flag for each line: 1 where it stands in a part that never holds an offer."""
    flags = bytearray(len(page.lines))
    for node in _offerless_nodes(page):
        for index in range(node.line, min(node.end_line, len(flags))):
            flags[index] = 1
    return flags


def _offerless_nodes(page: Page) -> Iterator[Node]:
    for tag in _TAGS:
        yield from page.by_tag.get(tag, ())
    yield from (node for node in page.by_tag.get("footer", ()) if _is_of_page(node))
    for names, nodes in page.by_names.items():
        words = names.words
        if not words.isdisjoint(_TELLING):
            yield from (node for node in nodes if node.line < node.end_line and _is_offerless(page, node, words))


def _is_of_page(footer: Node) -> bool:
    """Whether a footer is the page's own, not a card's."""
    return not any(above.tag in _CONTENT for above in footer.ancestors() if above is not footer)


def _is_offerless(page: Page, node: Node, words: frozenset[str]) -> bool:
    if node.tag in ("html", "body", "main", "footer"):
        return False
    if not words.isdisjoint(_FOOTERS) and _is_of_page(node):
        return "card" not in words
    if not words.isdisjoint(_OTHERS):
        return _is_chrome(node, words)
    return not words.isdisjoint(_CALCULATOR) and _has_controls(page, node)


def _is_chrome(node: Node, words: frozenset[str]) -> bool:
    """Whether one of the telling words is no accident of naming, such as `menu` on a restaurant's list of dishes."""
    if not words.isdisjoint({"menu", "dropdown", "quote", "quotes", "reviews", "checkout", "cart"}):
        return node.tag in ("nav", "ul", "header", "aside") or "nav" in words
    return True


def _has_controls(page: Page, node: Node) -> bool:
    controls = any(below.tag in ("input", "select", "output", "button") for below in page.walk(node))
    return controls or "result" in node.words
