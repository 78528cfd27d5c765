"""GDELT: news articles worldwide in 65 languages, by search.

Format: https://blog.gdeltproject.org/gdelt-doc-2-0-api-debuts/; no key needed, one request per five seconds. It returns
title, site, language and time seen. It also finds articles that name a brand only in their text; since the text is not
returned, these can't be matched and are not kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

import msgspec

from listener.errors import ParseError
from listener.fields import Fields, read_json
from listener.searching import Dialect, SearchOptions, Turn, oldest_of, page_read, questions_of, search_requests
from listener.types import Item, Parsed, Request, Response, Source
from listener.urls import absolute

_API = "https://api.gdeltproject.org/api/v2/doc/doc"
_RECORDS = 250
_DIALECT = Dialect(longest=230)
#: The languages that most articles are in, as GDELT names them.
_LANGUAGES = dict(
    pair.split("=")
    for pair in "english=en german=de french=fr spanish=es italian=it portuguese=pt dutch=nl polish=pl russian=ru "
    "ukrainian=uk turkish=tr arabic=ar chinese=zh japanese=ja korean=ko swedish=sv danish=da norwegian=no finnish=fi "
    "czech=cs slovak=sk hungarian=hu romanian=ro bulgarian=bg greek=el croatian=hr serbian=sr hebrew=he persian=fa "
    "hindi=hi indonesian=id vietnamese=vi thai=th catalan=ca slovenian=sl lithuanian=lt latvian=lv estonian=et".split()
)


class Options(SearchOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a search in GDELT."""

    #: Only articles in these languages, as English words: "german", "french".
    languages: tuple[Annotated[str, msgspec.Meta(pattern=r"^[a-z]{3,20}$")], ...] = ()


class Gdelt:
    """Reads lists of articles."""

    name = "gdelt"
    version = 1
    Options = Options

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask once for the names in each brand's query."""
        options = source.options if isinstance(source.options, Options) else Options()
        return search_requests(source, questions_of(source, _DIALECT), state, lambda turn: _url(turn, options))

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read a list of articles. Raises ParseError for anything else, which GDELT explains in plain text."""
        if not response.body.strip(b" \r\n\t{}"):
            return page_read(response, (), following=None)
        answer = read_json(response)
        if not answer.within("articles").is_list():
            raise ParseError("JSON without articles: not a response of GDELT")
        items = list(_items(answer))
        oldest = oldest_of(items)
        earlier = None if oldest is None else {"enddatetime": f"{datetime.fromtimestamp(oldest, UTC):%Y%m%d%H%M%S}"}
        # An answer that isn't full holds all there is.
        return page_read(response, items, following=None, earlier=earlier if len(items) >= _RECORDS else None)


def _url(turn: Turn, options: Options) -> str:
    question = f"({turn.question})" if " OR " in turn.question else turn.question
    languages = " OR ".join(f"sourcelang:{language}" for language in options.languages)
    question += f" ({languages})" if len(options.languages) > 1 else f" {languages}" if languages else ""
    url = f"{_API}?query={quote(question)}&mode=artlist&format=json&sort=datedesc&maxrecords={_RECORDS}"
    since = turn.since_moment
    return f"{url}&timespan=1d" if since is None else f"{url}&startdatetime={since:%Y%m%d%H%M%S}"


def _items(answer: Fields) -> Iterator[Item]:
    for article in answer.each("articles"):
        title = " ".join(article.markup("title").split("\n"))[:1000]
        if not title:
            continue
        yield Item(
            title=title,
            url=absolute(article.raw("url")),
            guid=article.raw("url")[:1000] or None,
            author=article.line("domain") or None,
            published=_moment(article.raw("seendate")),
            lang=_LANGUAGES.get(article.line("language").lower()),
            kind="article",
            categories=tuple(name for name in (article.line("sourcecountry"),) if name),
        )


def _moment(text: str) -> datetime | None:
    """Read "20260115T101500Z"."""
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


scraper = Gdelt()
