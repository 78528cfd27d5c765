"""What stands in a page's place, in words, and what may help."""

from __future__ import annotations

from collections.abc import Mapping

from listener.pages.trouble import (
    BLOCKED,
    CAPTCHA,
    EMPTY_SHELL,
    ERROR_PAGE,
    FACTS_GONE,
    LOGIN,
    REDIRECTED_HOME,
    SCRIPT_PRICES,
)

_RENDER = "`render = true` has a browser run it (needs the extra `browser`)"
_IN_WORDS: Mapping[str, str] = {
    CAPTCHA: "a captcha stands in the page's place",
    BLOCKED: "the site refused this request",
    LOGIN: "a login stands in the page's place",
    ERROR_PAGE: "an error page, although the server calls it fine",
    EMPTY_SHELL: f"an empty shell that a script would fill; {_RENDER}",
    SCRIPT_PRICES: f"its prices are filled in by a script, and are not in the page; {_RENDER}",
    REDIRECTED_HOME: "the request ended at the site's front page",
    FACTS_GONE: "everything that it said is gone at once, plans and questions; if that is so, `listener sources "
    "accept` and its name take it as it is",
}
#: What a browser may mend.
BY_SCRIPT = frozenset({EMPTY_SHELL, SCRIPT_PRICES})


def in_words(trouble: str) -> str:
    """Return what is the matter with a page, as a person would say it, with the fix to try where there is one."""
    return _IN_WORDS.get(trouble, trouble)
