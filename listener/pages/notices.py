"""Describes what was served instead of the page, with a suggested fix."""

from __future__ import annotations

import re
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

_RENDER = "`render = true` runs it in a browser (needs the extra `browser`)"
_IN_WORDS: Mapping[str, str] = {
    CAPTCHA: "a captcha was served instead of the page",
    BLOCKED: "the site refused this request",
    LOGIN: "a login form was served instead of the page",
    ERROR_PAGE: "an error page with a success status",
    EMPTY_SHELL: f"an empty page that a script fills in; {_RENDER}",
    SCRIPT_PRICES: f"prices are filled in by a script and not in the HTML; {_RENDER}",
    REDIRECTED_HOME: "the request was redirected to the home page",
    FACTS_GONE: "all plans and questions disappeared at once; if that is real, confirm it with `listener sources "
    "accept NAME`",
}
#: In a few words, for headings.
_SHORT: Mapping[str, str] = {
    CAPTCHA: "captcha",
    BLOCKED: "refused by the site",
    LOGIN: "login page",
    ERROR_PAGE: "error page",
    EMPTY_SHELL: "empty page",
    SCRIPT_PRICES: "prices filled in by a script",
    REDIRECTED_HOME: "redirected to the home page",
    FACTS_GONE: "no plans or questions any more",
}
_NAMED = re.compile(r"^Not the (?:usual )?page \((?P<trouble>[a-z-]+)\): ")
#: What a browser may mend.
BY_SCRIPT = frozenset({EMPTY_SHELL, SCRIPT_PRICES})


def in_words(trouble: str) -> str:
    """Return what is the matter with a page, as a person would say it, with the fix to try where there is one."""
    return _IN_WORDS.get(trouble, trouble)


def detail_of(trouble: str) -> str:
    """Return the detail of a poll that found this instead of its page."""
    return f"Not the page ({trouble}): {in_words(trouble)}."


def facts_gone(source: str) -> str:
    """Return the detail of a poll of a source whose page has lost all its facts."""
    return f"Not the usual page ({FACTS_GONE}): {in_words(FACTS_GONE)}.".replace("NAME", source)


def short(detail: str) -> str | None:
    """Return in a few words what `detail_of` or `facts_gone` wrote into a detail; None for any other detail."""
    found = _NAMED.match(detail)
    return None if found is None else _SHORT.get(found["trouble"])
