"""FAQ pages: questions and answers in page order. See listener.pages.faq."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from listener.pages.response import FactsOptions, facts_read, page_request
from listener.types import Parsed, Request, Response, Source


class Options(FactsOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a FAQ page in the settings."""


class Faq:
    """Reads questions and answers."""

    name = "faq"
    version = 1
    Options = Options

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask for the page."""
        yield page_request(source)

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read the page's facts."""
        return facts_read(response, source, "faq")


scraper = Faq()
