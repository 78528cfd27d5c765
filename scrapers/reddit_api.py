"""Reddit: posts by search, posts and comments of subreddits, through its API.

Format: https://www.reddit.com/dev/api; things and listings: https://github.com/reddit-archive/reddit/wiki/JSON. Create
an app to sign in with (https://www.reddit.com/prefs/apps, of type "script" or "web app"): this allows a hundred
requests a minute instead of one for feeds (presets `reddit` and `subreddit`). Each poll signs in again.

Comments come without a title: that of the post isn't theirs. What was deleted has no author or no words.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from html import unescape
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec

from listener.channels import Secret
from listener.errors import ParseError
from listener.fields import Fields, read_json
from listener.html import text_of
from listener.searching import Dialect, PagedSearchOptions, Turn, page_read, questions_of, turns
from listener.types import Item, Parsed, Request, Response, Source
from listener.urls import absolute

_SITE = "https://www.reddit.com"
_API = "https://oauth.reddit.com"
_TOKEN = f"{_SITE}/api/v1/access_token"
_PER_PAGE = 100
_DIALECT = Dialect(longest=400)
_GONE = frozenset({"[deleted]", "[removed]", "[ Removed by Reddit ]", "[deleted by user]"})
#: Before the name of a subreddit, among the questions.
_NEW = "new in "
_COMMENTS = "comments in "
#: Posts and comments of one answer that are read.
_LIMIT = 5_000


class Options(PagedSearchOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of Reddit's API."""

    #: OAuth credential of your app.
    client_id: Annotated[str, msgspec.Meta(pattern=r"^[\x21-\x39\x3b-\x7e]{0,100}$")] = ""
    #: OAuth credential of your app.
    client_secret: Secret | None = None
    #: Read everything new in these subreddits, instead of searching all of Reddit.
    subreddits: tuple[Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_]{2,50}$")], ...] = ()
    #: What to read of subreddits.
    what: Literal["posts", "comments", "all"] = "all"

    def __post_init__(self) -> None:
        if bool(self.client_id) != (self.client_secret is not None):
            raise ValueError("client_secret: client_id and client_secret go together")


class RedditApi:
    """Reads listings."""

    name = "reddit-api"
    version = 1
    Options = Options

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Sign in; what is asked then travels in the tag. A source with an address is asked there, without signing in.

        Without an app nothing is asked: Reddit would not answer.
        """
        options = source.options if isinstance(source.options, Options) else Options()
        secret = options.client_secret.reveal() if options.client_secret is not None else ""
        if source.url:
            yield Request(url=source.url, robots=False)
            return
        asked = list(turns(source, _questions(source, options), state))
        if asked and secret:
            login = b64encode(f"{options.client_id}:{secret}".encode()).decode()
            yield Request(
                url=_TOKEN,
                method="POST",
                headers={"Authorization": f"Basic {login}", "Content-Type": "application/x-www-form-urlencoded"},
                body=b"grant_type=client_credentials",
                conditional=False,
                robots=False,
                tag=msgspec.json.encode(asked).decode(),
            )

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read a token, a listing, or a post with its comments. Raises ParseError for anything else."""
        answer = read_json(response)
        if response.request.url == _TOKEN:
            return Parsed(more=tuple(_signed_in(answer, response.request)))
        things = list(_things(answer))
        after = answer.raw("data", "after")[:100]
        posts = [thing for thing in things if thing.raw("kind") in ("t1", "t3")]
        items = (item for thing in posts if (item := _item(thing)))
        others = len(things) - len(posts)
        skipped = (f"{others} of {len(things)} things are neither posts nor comments",) if others else ()
        return page_read(response, items, following={"after": after} if after else None, skipped=skipped)


def _questions(source: Source, options: Options) -> tuple[str, ...]:
    if not options.subreddits:
        return questions_of(source, _DIALECT)
    together = "+".join(options.subreddits)
    kinds = {"posts": (_NEW,), "comments": (_COMMENTS,), "all": (_NEW, _COMMENTS)}[options.what]
    return tuple(kind + together for kind in kinds)


def _signed_in(answer: Fields, request: Request) -> Iterator[Request]:
    token = answer.raw("access_token")
    if not token or not token.isascii() or not token.isprintable():
        raise ParseError("no token: Reddit rejected this app")
    for turn in msgspec.json.decode(request.tag, type=list[Turn]) if request.tag else ():
        headers = {"Authorization": f"Bearer {token}"}
        yield Request(url=_url(turn), headers=headers, conditional=False, robots=False, tag=turn.tag)


def _url(turn: Turn) -> str:
    for start, page in ((_NEW, "new"), (_COMMENTS, "comments")):
        if turn.question.startswith(start):
            return f"{_API}/r/{turn.question.removeprefix(start)}/{page}?limit={_PER_PAGE}&raw_json=1"
    return f"{_API}/search?q={quote(turn.question)}&sort=new&type=link&limit={_PER_PAGE}&raw_json=1"


def _things(answer: Fields) -> Iterator[Fields]:
    """Yield the things of an answer, replies with them, in their order; not the note that there are more."""
    if "error" in answer and "kind" not in answer:
        raise ParseError(f"Reddit says: {(answer.line('message') or answer.line('error'))[:200]!r}")
    more = answer.within("json", "data", "things")
    if more.is_list():
        # Comments that a thread leaves out, as `/api/morechildren` gives them.
        todo = list(more.each())[::-1]
    elif answer.is_list():
        todo = list(answer.each())[::-1]
    elif "kind" in answer:
        todo = [answer]
    else:
        raise ParseError("JSON without a listing: not a response of Reddit")
    for _ in range(_LIMIT):
        if not todo:
            return
        thing = todo.pop()
        data = thing.within("data")
        if thing.raw("kind") == "Listing":
            todo += list(data.each("children"))[::-1]
            continue
        if thing.raw("kind") != "more":
            yield thing
        if "data" in data.within("replies"):
            todo.append(data.within("replies"))


def _item(thing: Fields) -> Item | None:
    data, is_comment = thing.within("data"), thing.raw("kind") == "t1"
    text = _words(data, "body" if is_comment else "selftext")
    title = "" if is_comment else " ".join(data.markup("title").split("\n"))[:1000]
    text, title = ("" if words in _GONE else words for words in (text, title))
    link = "" if is_comment or data.is_true("is_self") else data.line("url")
    if not (title or text):
        return None
    author, name = data.line("author"), data.raw("name") or f"{thing.raw('kind')}_{data.raw('id')}"
    return Item(
        title=title,
        text="\n".join(part for part in (text, link) if part),
        url=_address(data),
        guid=name[:100],
        author=None if author in _GONE else author or None,
        published=data.moment("created_utc"),
        # `edited` is false, or when; true for very old comments.
        updated=data.moment("edited"),
        kind="comment" if is_comment else "post",
        categories=tuple(place for place in (data.line("subreddit"),) if place),
        # Below a comment stands how many comments its post has.
        metrics=data.metrics(points="score") if is_comment else data.metrics(points="score", comments="num_comments"),
    )


def _words(data: Fields, name: str) -> str:
    """Return a text as it is shown; without `raw_json` its HTML comes escaped once more."""
    html = data.raw(f"{name}_html")
    if html:
        return text_of(html if "<" in html else unescape(html))[:100_000]
    return data.text(name)


def _address(data: Fields) -> str | None:
    """Return where people read a post or comment; older answers tell no permalink of comments."""
    path = data.raw("permalink")
    post = data.raw("link_id").removeprefix("t3_")
    if not path and post.isalnum() and data.raw("id").isalnum():
        path = f"/r/{quote(data.raw('subreddit'))}/comments/{post}/_/{data.raw('id')}/"
    return absolute(path, _SITE) if path else None


scraper = RedditApi()
