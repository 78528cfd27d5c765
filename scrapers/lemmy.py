"""Lemmy: posts and comments by search, on any server and those federated with it.

Format: https://join-lemmy.org/api/main (`/api/v3/search`); open to all.

Comments have no title.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from listener.errors import ParseError
from listener.fields import Fields, read_json
from listener.searching import Dialect, PagedSearchOptions, Turn, page_read, questions_of, search_requests, turn_of
from listener.types import Item, Parsed, Request, Response, Source
from listener.urls import absolute, host_of, is_web

_PER_PAGE = 50
#: The search looks for the words as they stand; quotation marks would be looked for, too.
_DIALECT = Dialect(quotes="", either=None, longest=200)


class Options(PagedSearchOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a search on Lemmy."""

    #: Server to use.
    base: str = "https://lemmy.world"

    def __post_init__(self) -> None:
        if not is_web(self.base):
            raise ValueError("base: expected the address of a server, such as https://lemmy.world")


class Lemmy:
    """Reads posts and comments."""

    name = "lemmy"
    version = 1
    Options = Options

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask once for each name in the brands' queries."""
        options = source.options if isinstance(source.options, Options) else Options()
        return search_requests(source, questions_of(source, _DIALECT), state, lambda turn: _url(turn, options))

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read one page of posts and comments. Raises ParseError for anything else."""
        answer = read_json(response)
        if answer.raw("error"):
            raise ParseError(f"the server says: {answer.line('error')[:200]!r}")
        if not (answer.within("posts").is_list() or answer.within("comments").is_list()):
            raise ParseError("JSON without posts and comments: not a response of Lemmy")
        full = max(len(list(answer.each(name))) for name in ("posts", "comments")) >= _PER_PAGE
        following = {"page": turn_of(response.request).page + 1} if full else None
        return page_read(response, _items(answer), following=following)


def _url(turn: Turn, options: Options) -> str:
    search = f"{options.base.rstrip('/')}/api/v3/search?q={quote(turn.question)}"
    return f"{search}&type_=All&listing_type=All&sort=New&limit={_PER_PAGE}"


def _items(answer: Fields) -> Iterator[Item]:
    for view in answer.each("posts"):
        post = view.within("post")
        text = "\n".join(part for part in (post.text("body"), post.line("url")) if part)
        if post.line("name") and not _gone(post):
            yield _item(view, post, title=post.line("name"), text=text, comment=False)
    for view in answer.each("comments"):
        comment = view.within("comment")
        if comment.text("content") and not _gone(comment):
            yield _item(view, comment, title="", text=comment.text("content"), comment=True)


def _gone(entry: Fields) -> bool:
    return entry.is_true("deleted") or entry.is_true("removed")


def _item(view: Fields, entry: Fields, *, title: str, text: str, comment: bool) -> Item:
    # Version 1.0 of Lemmy counts in the post itself.
    counts = view.within("counts") if "counts" in view else entry
    return Item(
        title=title,
        text=text[:100_000],
        url=absolute(entry.raw("ap_id")),
        guid=entry.raw("ap_id")[:1000] or entry.raw("id")[:100] or None,
        author=_author(view.within("creator")),
        published=entry.moment("published") or entry.moment("published_at"),
        updated=entry.moment("updated") or entry.moment("updated_at"),
        kind="comment" if comment else "post",
        categories=tuple(name for name in (view.line("community", "name"),) if name),
        metrics=counts.metrics(points="score", comments="child_count" if comment else "comments"),
    )


def _author(creator: Fields) -> str | None:
    name = creator.line("name")
    if not name or creator.is_true("deleted"):
        return None
    host = host_of(creator.raw("actor_id") or creator.raw("ap_id"))
    return f"{name[:200]}@{host[:200]}" if host else name[:200]


scraper = Lemmy()
