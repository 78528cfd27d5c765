"""WordPress: posts and comments of a blog.

Format: https://developer.wordpress.org/rest-api/reference/posts/ and .../comments/. `url` is that of the blog.
If its API is disabled, `scraper = "feed"` reads the same from `/feed/` and `/comments/feed/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec

from listener.errors import ParseError
from listener.fields import Fields, read_json
from listener.html import text_of
from listener.types import Item, Parsed, Request, Response, Source
from listener.urls import absolute

_PAGE = re.compile(r"\bpage=(\d{1,5})\Z", re.ASCII)
_API = "/wp-json/wp/v2/"
_FIELDS = {
    "posts": "id,date_gmt,modified_gmt,link,title,content,excerpt,_links,_embedded",
    "comments": "id,post,parent,author_name,date_gmt,link,content,_links,_embedded",
}
#: Further parts that come in the same answer: the author's name of a post, the title of what a comment is about.
_EMBEDDED = {"posts": "author,wp:term", "comments": "up"}


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a blog in the settings."""

    #: What to read.
    read: Annotated[tuple[Literal["posts", "comments"], ...], msgspec.Meta(min_length=1, max_length=2)] = (
        "posts",
        "comments",
    )
    #: Only what the blog's own search finds for these words.
    ask: Annotated[str, msgspec.Meta(max_length=300)] = ""
    #: Pages of 50 that are read of each in one poll.
    pages: Annotated[int, msgspec.Meta(ge=1, le=10)] = 1


class WordPress:
    """Reads blogs."""

    name = "wordpress"
    version = 1
    Options = Options

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask for the newest posts and comments."""
        options = _options(source)
        search = f"search={quote(options.ask, safe='')}&" if options.ask else ""
        for what in dict.fromkeys(options.read):
            query = f"{search}per_page=50&_embed={_EMBEDDED[what]}&_fields={_FIELDS[what]}&page=1"
            yield Request(url=f"{source.url.partition('?')[0].rstrip('/')}{_API}{what}?{query}")

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read posts or comments. Raises ParseError."""
        answer = read_json(response)
        if not answer.is_list():
            said = answer.line("message")
            raise ParseError(f"other JSON instead of a list of posts{': ' + said[:80] if said else ''}")
        url = response.request.url
        found = [_comment(one) if "author_name" in one or "post" in one else _post(one) for one in answer.each()]
        items = tuple(item for item in found if item is not None)
        skipped = (f"{len(found) - len(items):,} entries without words",) if len(items) < len(found) else ()
        page, last = _PAGE.search(url), Fields(response.headers.get("x-wp-totalpages", "")).number() or 1
        if page is None or int(page[1]) >= last or not items:
            return Parsed(items=items, skipped=skipped)
        older = (Request(url=f"{url[: page.start()]}page={int(page[1]) + 1}"),)
        more = older if int(page[1]) < _options(source).pages else ()
        return Parsed(items=items, more=more, older=older, skipped=skipped)


def _options(source: Source) -> Options:
    return source.options if isinstance(source.options, Options) else Options()


def _post(post: Fields) -> Item | None:
    text = post.markup("content", "rendered") or post.markup("excerpt", "rendered")
    title = _title(post.within("title"))
    if not (title or text):
        return None
    terms = [term for group in _groups(post) for term in group.each()]
    return Item(
        title=title,
        text=text,
        url=absolute(post.raw("link")),
        guid=f"post {post.raw('id')}" if post.raw("id") else None,
        author=post.line("_embedded", "author", 0, "name")[:200] or None,
        published=post.moment("date_gmt"),
        updated=post.moment("modified_gmt"),
        kind="article",
        categories=tuple(dict.fromkeys(name for term in terms if (name := _title(term.within("name")))))[:50],
    )


def _groups(post: Fields) -> list[Fields]:
    return [post.within("_embedded", "wp:term", number) for number in range(10)]


def _comment(comment: Fields) -> Item | None:
    text = comment.markup("content", "rendered")
    if not text:
        return None
    about = _title(comment.within("_embedded", "up", 0, "title"))
    return Item(
        title=f"Re: {about}" if about else "",
        text=text,
        url=absolute(comment.raw("link")),
        guid=f"comment {comment.raw('id')}" if comment.raw("id") else None,
        author=comment.line("author_name")[:200] or None,
        published=comment.moment("date_gmt"),
        kind="comment",
    )


def _title(field: Fields) -> str:
    """Return a title, which is HTML here."""
    return " ".join(text_of(field.raw("rendered")[:4000] or field.raw()[:4000]).split("\n"))[:1000]


scraper = WordPress()
