"""Discourse: posts and topics of a forum, or of one of its categories or tags, and what its search finds.

Format: https://docs.discourse.org/ (`/posts.json`, `/latest.json`, `/search.json`). `url` is that of the forum,
or of a category (`/c/support/6`) or tag (`/tag/billing`); for those two, topics are read, with the beginning of
their first post if the forum shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

import msgspec
from msgspec.structs import replace

from listener.errors import ParseError
from listener.fields import Fields, read_json
from listener.searching import Dialect, SiteSearchOptions, page_read, questions_of, turn_of, turns
from listener.types import Item, ItemKind, Parsed, Request, Response, Source
from listener.urls import absolute

_PART = re.compile(r"(?:/(?:c|tags?)/[^/?#]++(?:/[^/?#]++)*+)")
_PAGE = re.compile(r"([?&])page=(\d{1,5})\b", re.ASCII)
#: Kinds of posts that people wrote; others say that a topic was closed, moved, renamed.
_WRITTEN = frozenset({None, 1.0})
#: Its search knows phrases but no OR.
_DIALECT = Dialect(either=None, longest=200)


class Options(SiteSearchOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a forum in the settings."""

    #: "posts": every post in full; "topics": titles and the beginning of each topic.
    read: Literal["posts", "topics"] = "posts"
    #: Maximum pages per poll, if there are more new items than fit into one.
    pages: Annotated[int, msgspec.Meta(ge=1, le=20)] = 1


class Discourse:
    """Reads forums."""

    name = "discourse"
    version = 1
    Options = Options

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask for the latest posts or topics, or search."""
        options, forum = _options(source), _forum(source.url)
        part = _PART.search(urlsplit(source.url).path)
        if options.ask or options.search:
            for turn in turns(source, questions_of(source, _DIALECT), state):
                words = quote(f"{turn.question} order:latest", safe="")
                yield Request(url=f"{forum}/search.json?q={words}", tag=replace(turn, pages=options.pages).tag)
        elif part is not None:
            yield Request(url=f"{forum}{part[0].rstrip('/').removesuffix('.json')}.json?page=0")
        else:
            yield Request(url=f"{forum}/posts.json" if options.read == "posts" else f"{forum}/latest.json?page=0")

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read posts, topics, one topic's posts, or what a search found. Raises ParseError."""
        answer = read_json(response)
        forum = _forum(response.request.url)
        topics = {topic.raw("id"): topic for topic in answer.each("topics")}
        if answer.within("latest_posts").is_list():
            items = [_post(post, forum, Fields({})) for post in answer.each("latest_posts")]
        elif answer.within("post_stream", "posts").is_list():
            items = [_post(post, forum, answer) for post in answer.each("post_stream", "posts")]
        elif answer.within("topic_list", "topics").is_list():
            users = {user.raw("id"): user for user in answer.each("users")}
            items = [_topic(topic, forum, users) for topic in answer.each("topic_list", "topics")]
        elif answer.within("posts").is_list() or "grouped_search_result" in answer:
            items = [_post(post, forum, topics.get(post.raw("topic_id"), Fields({}))) for post in answer.each("posts")]
            found = [item for item in items if item is not None]
            return page_read(response, found, following=_next_found(answer, response.request))
        elif answer.within("user_actions").is_list():
            items = [_action(action, forum) for action in answer.each("user_actions")]
        elif answer.is_list() and "cooked" in answer.within(0):
            items = [_post(post, forum, Fields({})) for post in answer.each()]
        elif "cooked" in answer:
            items = [_post(answer, forum, Fields({}))]
        elif answer.is_list() and all("results" in group for group in answer.each()):
            # An older form of the search's answer: titles alone.
            groups = [group for group in answer.each() if group.raw("type") == "topic"]
            items = [_topic(topic, forum, {}) for group in groups for topic in group.each("results")]
        else:
            raise ParseError("other JSON instead of a forum's posts, topics or search")
        kept = tuple(item for item in items if item is not None)
        read = _pages_read(response.request)
        older = tuple(_next(answer, response, read)) if kept else ()
        return Parsed(items=kept, more=older if read < _options(source).pages else (), older=older)


def _options(source: Source) -> Options:
    return source.options if isinstance(source.options, Options) else Options()


def _forum(url: str) -> str:
    """Return the address that all paths of a forum are added to; some live in a folder of a site."""
    parts = urlsplit(url)
    path = re.split(r"/(?:c|t|tags?|posts|latest|search|top|new|categories)(?:[/.]|\Z)", parts.path, maxsplit=1)[0]
    return f"{parts.scheme}://{parts.netloc}{path.rstrip('/')}"


def _pages_read(request: Request) -> int:
    """Return the number of a page among those that are read."""
    return int(request.tag) if request.tag.isdecimal() and len(request.tag) < 6 else 1


def _next(answer: Fields, response: Response, read: int) -> Iterator[Request]:
    """Yield the request for the next page, where there is one to read."""
    url = response.request.url
    found = _PAGE.search(url)
    if answer.within("latest_posts").is_list():
        # Posts are turned by the number of the oldest one seen.
        numbers = [number for post in answer.each("latest_posts") if (number := post.number("id")) is not None]
        if numbers and min(numbers) > 1:
            yield Request(url=f"{url.partition('?')[0]}?before={min(numbers) - 1:.0f}", tag=str(read + 1))
    elif found is not None and answer.raw("topic_list", "more_topics_url"):
        page = f"{found[1]}page={int(found[2]) + 1}"
        yield Request(url=url[: found.start()] + page + url[found.end() :], tag=str(read + 1))


def _next_found(answer: Fields, request: Request) -> dict[str, str | int] | None:
    """Return what differs in the request for the next page of a search."""
    more = answer.is_true("grouped_search_result", "more_full_page_results")
    return {"page": turn_of(request).page + 1} if more else None


def _action(action: Fields, forum: str) -> Item | None:
    """Return what somebody wrote, as their activity shows it: its beginning."""
    title, text, topic_id = action.line("title"), action.markup("excerpt"), action.raw("topic_id")
    if action.is_true("deleted") or action.is_true("hidden") or not topic_id.isdecimal() or not (title or text):
        return None
    number = action.number("post_number") or 1
    post_id = action.raw("post_id")
    return Item(
        title=title,
        text=text,
        url=absolute(f"{forum}/t/{quote(action.raw('slug')[:300] or '-', safe='')}/{topic_id}/{number:.0f}"),
        guid=f"post {post_id}" if post_id else f"topic {topic_id}",
        author=_author(action),
        published=action.moment("created_at"),
        kind="post" if number <= 1 else "comment",
    )


def _post(post: Fields, forum: str, topic: Fields) -> Item | None:
    if post.number("post_type") not in _WRITTEN or post.is_true("hidden") or post.raw("deleted_at"):
        return None
    text = post.markup("cooked") or post.text("raw") or post.markup("blurb")
    number = post.number("post_number") or 1
    first = number <= 1
    title = post.line("topic_title") or topic.line("title")
    topic_id = post.raw("topic_id") or topic.raw("id")
    if not text or not post.raw("id"):
        return None
    slug = post.raw("topic_slug") or topic.raw("slug") or "-"
    kind: ItemKind = "post" if first else "comment"
    return Item(
        title=title,
        text=text,
        url=absolute(f"{forum}/t/{quote(slug[:300], safe='')}/{topic_id}/{number:.0f}")
        if topic_id.isdecimal()
        else None,
        guid=f"post {post.raw('id')}",
        author=_author(post),
        published=post.moment("created_at"),
        updated=post.moment("updated_at"),
        kind=kind,
        categories=topic.lines("tags"),
        metrics={
            **post.metrics(comments="reply_count", views="reads", likes="like_count"),
            **({"likes": likes} if (likes := _likes(post)) is not None else {}),
        },
    )


def _likes(post: Fields) -> float | None:
    """Return how many liked a post: the action with the number 2."""
    return next((one.number("count") for one in post.each("actions_summary") if one.number("id") == 2), None)


def _topic(topic: Fields, forum: str, users: Mapping[str, Fields]) -> Item | None:
    number, title = topic.raw("id"), topic.line("title")
    if not number.isdecimal() or not title:
        return None
    opener = users.get(topic.raw("posters", 0, "user_id"), Fields({}))
    answers = topic.number("posts_count")
    return Item(
        title=title,
        text=topic.markup("excerpt"),
        url=absolute(f"{forum}/t/{quote(topic.raw('slug')[:300] or '-', safe='')}/{number}"),
        guid=f"topic {number}",
        author=_author(opener),
        published=topic.moment("created_at"),
        kind="post",
        categories=topic.lines("tags"),
        metrics={
            **topic.metrics(views="views", likes="like_count"),
            **({"comments": answers - 1} if answers is not None and answers >= 1 else {}),
        },
    )


def _author(person: Fields) -> str | None:
    return (person.line("username") or person.line("name"))[:200] or None


scraper = Discourse()
