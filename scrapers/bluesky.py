"""Bluesky: posts by search, the newest first.

Format: https://docs.bsky.app/docs/api/app-bsky-feed-search-posts. Without an account, the search answers only from
time to time and never with a second page; sign in with `identifier` and an app password
(https://bsky.app/settings/app-passwords). Each poll signs in again. Threads and account feeds (`url`) are read, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from listener.channels import Secret
from listener.errors import ParseError
from listener.fields import Fields, read_json
from listener.searching import Dialect, PagedSearchOptions, Turn, oldest_of, page_read, questions_of, turn_of, turns
from listener.types import Item, Parsed, Request, Response, Source
from listener.urls import absolute, is_web

_SEARCH = "/xrpc/app.bsky.feed.searchPosts"
_SESSION = "/xrpc/com.atproto.server.createSession"
_PER_PAGE = 100
#: Bluesky knows phrases but no OR.
_DIALECT = Dialect(either=None, longest=200)
#: Posts of one answer that are read, those of threads among them.
_LIMIT = 2_000


class Options(PagedSearchOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a search on Bluesky."""

    #: Server used without signing in.
    base: str = "https://api.bsky.app"
    #: Server to sign in at, which hosts the account.
    home: str = "https://bsky.social"
    #: Handle of an account, such as "acme.bsky.social".
    identifier: str = ""
    #: App password, not the account's own.
    password: Secret | None = None

    def __post_init__(self) -> None:
        for name in ("base", "home"):
            if not is_web(getattr(self, name)):
                raise ValueError(f"{name}: expected the address of a server, such as https://bsky.social")
        if bool(self.identifier) != (self.password is not None):
            raise ValueError("password: identifier and password go together")


class Bluesky:
    """Reads posts."""

    name = "bluesky"
    version = 1
    Options = Options

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask for each name in the brands' queries; sign in first where there is an account."""
        options = source.options if isinstance(source.options, Options) else Options()
        password = options.password.reveal() if options.password is not None else ""
        if source.url:
            yield Request(url=source.url, robots=False)
            return
        asked = list(turns(source, questions_of(source, _DIALECT), state))
        if not password:
            yield from (Request(url=_url(options.base, turn), robots=False, tag=turn.tag) for turn in asked)
        elif asked:
            yield Request(
                url=options.home.rstrip("/") + _SESSION,
                method="POST",
                headers={"Content-Type": "application/json"},
                body=msgspec.json.encode({"identifier": options.identifier, "password": password}),
                conditional=False,
                robots=False,
                tag=msgspec.json.encode(asked).decode(),
            )

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read a session, or posts. Raises ParseError for anything else."""
        answer = read_json(response)
        if response.request.url.endswith(_SESSION):
            return Parsed(more=tuple(_signed_in(answer, response.request)))
        if "error" in answer:
            raise ParseError(f"Bluesky says: {(answer.line('message') or answer.line('error'))[:200]!r}")
        items = [item for post in _posts(answer) if (item := _item(post))]
        cursor, oldest = answer.raw("cursor")[:500], oldest_of(items)
        if not cursor or "Authorization" not in response.request.headers:
            return page_read(response, items, following=None)
        earlier = None if oldest is None else _until(response.request, oldest)
        return page_read(response, items, following={"cursor": cursor}, earlier=earlier)


def _url(base: str, turn: Turn) -> str:
    url = f"{base.rstrip('/')}{_SEARCH}?q={quote(turn.question)}&sort=latest&limit={_PER_PAGE}"
    since = turn.since_moment
    return url if since is None else f"{url}&since={since:%Y-%m-%dT%H%%3A%M%%3A%SZ}"


def _until(request: Request, oldest: int) -> Request:
    """Return the request for what was posted before; its cursor counts posts, and only so many of a search."""
    before = datetime.fromtimestamp(oldest + 1, UTC)
    url = _url(request.url.partition(_SEARCH)[0], turn_of(request))
    return replace(request, url=f"{url}&until={before:%Y-%m-%dT%H%%3A%M%%3A%SZ}")


def _signed_in(answer: Fields, request: Request) -> Iterator[Request]:
    token = answer.raw("accessJwt")
    if not token or not token.isascii() or not token.isprintable():
        raise ParseError("a session without a token: Bluesky rejected this account")
    home = request.url.removesuffix(_SESSION)
    for turn in msgspec.json.decode(request.tag, type=list[Turn]) if request.tag else ():
        headers = {"Authorization": f"Bearer {token}"}
        yield Request(url=_url(home, turn), headers=headers, conditional=False, robots=False, tag=turn.tag)


def _posts(answer: Fields) -> Iterator[Fields]:
    if "posts" in answer:
        yield from answer.each("posts")
    elif "feed" in answer:
        yield from (entry.within("post") for entry in answer.each("feed"))
    elif "notifications" in answer:
        # Posts among them, of those who name the account; what is liked or followed has no words.
        yield from answer.each("notifications")
    elif answer.within("thread").is_list():
        yield from (entry.within("value", "post") for entry in answer.each("thread"))
    elif "thread" in answer:
        yield from _thread(answer.within("thread"))
    else:
        raise ParseError("JSON without posts: not a response of Bluesky")


def _thread(thread: Fields) -> Iterator[Fields]:
    todo = [thread]
    for _ in range(_LIMIT):
        if not todo:
            return
        node = todo.pop()
        yield node.within("post")
        todo += [node.within("parent")] if "post" in node.within("parent") else []
        todo += node.each("replies")


def _item(post: Fields) -> Item | None:
    record, author = post.within("record"), post.within("author")
    link = record.within("embed", "external")
    text = "\n".join(part for part in (record.text("text"), link.line("title"), link.line("uri")) if part)
    if not text:
        return None
    # The author's clock says when a post was written; the network knows when it came.
    written, came = record.moment("createdAt"), post.moment("indexedAt")
    published = min(written, came) if written is not None and came is not None else written or came
    return Item(
        text=text,
        url=_address(post.raw("uri"), author),
        guid=post.raw("uri")[:1000] or None,
        author=author.line("handle") or author.line("displayName") or None,
        published=published.astimezone(UTC) if published else None,
        lang=next(iter(record.lines("langs")), "")[:35] or None,
        kind="comment" if "reply" in record and record.within("reply").value else "post",
        metrics={
            **post.metrics(likes="likeCount", reposts="repostCount", replies="replyCount", quotes="quoteCount"),
            **author.metrics(followers="followersCount"),
        },
    )


def _address(uri: str, author: Fields) -> str | None:
    """Return where people read a post: `at://DID/app.bsky.feed.post/KEY` has its page at bsky.app."""
    did, _, key = uri.removeprefix("at://").partition("/app.bsky.feed.post/")
    name = author.line("handle") or did
    if not key or not name or not (key + name).isascii() or "/" in key:
        return None
    return absolute(f"https://bsky.app/profile/{quote(name, safe=':')}/post/{quote(key)}")


scraper = Bluesky()
