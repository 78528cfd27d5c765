"""Mastodon: posts with a hashtag, and with a token also a server's full-text search.

Format: https://docs.joinmastodon.org/entities/Status/; tag timelines at
https://docs.joinmastodon.org/methods/timelines/#tag are open to all; the search at
https://docs.joinmastodon.org/methods/search/ needs an account. Without a token and without `tags`, the names in the
brands' queries are searched for as hashtags: Acme Cloud as #acmecloud.

`url` may name another API resource, such as mentions of the token's account:
`https://mastodon.social/api/v1/notifications?types[]=mention`.

A boost is read as the boosted post. Other servers with a Mastodon-compatible API work, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import quote

import msgspec

from listener.channels import Secret
from listener.errors import ParseError
from listener.fields import Fields, read_json
from listener.searching import Dialect, PagedSearchOptions, page_read, questions_of, tags_of, turns
from listener.types import Item, Parsed, Request, Response, Source
from listener.urls import absolute, is_web

_PER_PAGE = 40
_DIALECT = Dialect(either=None, longest=100)


class Options(PagedSearchOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a Mastodon server."""

    #: Server to use.
    base: str = "https://mastodon.social"
    #: Hashtags without the #, instead of those made from the brands' queries.
    tags: tuple[Annotated[str, msgspec.Meta(pattern=r"^\w{1,100}$")], ...] = ()
    #: Token of an account on that server with the scope read:search, to use its search.
    token: Secret | None = None

    def __post_init__(self) -> None:
        if not is_web(self.base):
            raise ValueError("base: expected the address of a server, such as https://mastodon.social")


class Mastodon:
    """Reads statuses."""

    name = "mastodon"
    version = 1
    Options = Options

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask for each tag, or the search for each name; a source with an address at that."""
        options = source.options if isinstance(source.options, Options) else Options()
        token = options.token.reveal() if options.token is not None else ""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        base = options.base.rstrip("/")
        if source.url:
            yield Request(url=source.url, headers=headers, robots=False)
        elif token and not options.tags:
            for turn in turns(source, questions_of(source, _DIALECT), state):
                url = f"{base}/api/v2/search?q={quote(turn.question)}&type=statuses&limit={_PER_PAGE}"
                yield Request(url=url, headers=headers, robots=False, tag=turn.tag)
        else:
            for turn in turns(source, options.tags or tags_of(source), state):
                url = f"{base}/api/v1/timelines/tag/{quote(turn.question)}?limit={_PER_PAGE}"
                yield Request(url=url, headers=headers, robots=False, tag=turn.tag)

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read a timeline, a search's answer, a thread or a single status. Raises ParseError for anything else."""
        statuses = list(_statuses(read_json(response)))
        last = statuses[-1].raw("id") if statuses else ""
        following = {"max_id": last} if last.isalnum() and "/timelines/" in response.request.url else None
        return page_read(response, (item for one in statuses if (item := _item(one))), following=following)


def _statuses(answer: Fields) -> Iterator[Fields]:
    """Yield the statuses of an answer. What else is in it (accounts, tags) is no post."""
    if "error" in answer and "id" not in answer:
        raise ParseError(f"the server says: {answer.line('error')[:200]!r}")
    if answer.is_list():
        # Of those who wrote to the account that the token is for, and of conversations, each holds one.
        for one in answer.each():
            held = (one.within(name) for name in ("status", "last_status"))
            yield next((status for status in held if "content" in status), one)
    elif "statuses" in answer or "descendants" in answer:
        for name in ("ancestors", "statuses", "descendants"):
            yield from answer.each(name)
    elif "content" in answer:
        yield answer
    else:
        raise ParseError("JSON without statuses: not a response of Mastodon")


def _item(status: Fields) -> Item | None:
    if "content" in status.within("reblog"):
        status = status.within("reblog")
    if not status.raw("content") and "account" not in status:
        return None
    warning, words = status.line("spoiler_text"), status.markup("content")
    pictures = [picture.text("description") for picture in status.each("media_attachments")]
    text = "\n".join(part for part in (words, *pictures) if part)
    if not (text or warning):
        return None
    address = absolute(status.raw("url")) or absolute(status.raw("uri"))
    return Item(
        title=warning,
        text=text[:100_000],
        url=address,
        guid=status.raw("uri")[:1000] or status.raw("id")[:100] or None,
        author=status.line("account", "acct") or status.line("account", "username") or None,
        published=status.moment("created_at"),
        updated=status.moment("edited_at"),
        lang=status.line("language")[:35] or None,
        # Of an answer to what was deleted only the account is left that it went to.
        kind="comment" if status.raw("in_reply_to_id") or status.raw("in_reply_to_account_id") else "post",
        categories=tuple(tag.line("name") for tag in list(status.each("tags"))[:50] if tag.line("name")),
        metrics={
            **status.metrics(likes="favourites_count", boosts="reblogs_count", replies="replies_count"),
            **status.within("account").metrics(followers="followers_count"),
        },
    )


scraper = Mastodon()
