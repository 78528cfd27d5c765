"""Which parts of a page never hold an offer: navigation, footers, calculators, testimonials, others' prices."""

from __future__ import annotations

from listener.pages.tree import Node, Page

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
_CONTENT = frozenset({"main", "section", "article", "li", "table", "form"})


def offerless(page: Page) -> bytearray:
    """Return a flag for each line: 1 where it stands in a part that never holds an offer."""
    flags = bytearray(len(page.lines))
    for node in page.nodes:
        if node.line < node.end_line and _is_offerless(node):
            for index in range(node.line, min(node.end_line, len(flags))):
                flags[index] = 1
    return flags


def _is_offerless(node: Node) -> bool:
    tag = node.tag
    if tag in _TAGS:
        return True
    if tag == "footer":
        return not any(above.tag in _CONTENT for above in node.ancestors() if above is not node)
    if not node.named or tag in ("html", "body", "main"):
        return False
    words = node.words
    if not words.isdisjoint(_FOOTERS) and not any(
        above.tag in _CONTENT for above in node.ancestors() if above is not node
    ):
        return "card" not in words
    if not words.isdisjoint(_OTHERS):
        return _is_chrome(node, words)
    return not words.isdisjoint(_CALCULATOR) and _has_controls(node)


def _is_chrome(node: Node, words: frozenset[str]) -> bool:
    """Whether one of the telling words is no accident of naming, such as `menu` on a restaurant's list of dishes."""
    if not words.isdisjoint({"menu", "dropdown", "quote", "quotes", "reviews", "checkout", "cart"}):
        return node.tag in ("nav", "ul", "header", "aside") or "nav" in words
    return True


def _has_controls(node: Node) -> bool:
    return any(below.tag in ("input", "select", "output", "button") for below in node.walk()) or "result" in node.words
