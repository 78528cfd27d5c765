"""GitHub: issues and pull requests, or discussions, in all public repositories, by search.

Format: https://docs.github.com/en/rest/search/search#search-issues-and-pull-requests, open to all at ten requests a
minute; discussions at https://docs.github.com/en/graphql/reference/queries#search, which needs a token. A fine-grained
token without any permissions is enough (https://github.com/settings/personal-access-tokens). `url` may name API
resources of one repository: its issues, comments (`/repos/OWNER/NAME/issues/comments?sort=created&direction=desc`) or
releases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from listener.channels import Secret
from listener.errors import ParseError
from listener.fields import Fields, read_json
from listener.searching import Dialect, PagedSearchOptions, Turn, oldest_of, page_read, questions_of, turn_of, turns
from listener.types import Item, Parsed, Request, Response, Source
from listener.urls import absolute

_REST = "https://api.github.com/search/issues"
_GRAPHQL = "https://api.github.com/graphql"
_PER_PAGE = 100
#: A question may have 256 characters besides its qualifiers, and five operators: so each name is asked for alone.
_DIALECT = Dialect(either=None, longest=200)
#: Beyond a thousand the search shows nothing; what was created earlier can be asked for.
_SHOWN = 1000
_DISCUSSIONS = """query($q: String!, $after: String) {
 search(query: $q, type: DISCUSSION, first: 50, after: $after) { pageInfo { hasNextPage endCursor }
 nodes { ... on Discussion { id title bodyText url createdAt updatedAt upvoteCount author { login }
 comments { totalCount } } } } }"""


class Options(PagedSearchOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a search on GitHub."""

    #: "issues", "pull-requests" or "discussions".
    what: Literal["issues", "pull-requests", "discussions"] = "issues"
    #: More qualifiers, such as "-repo:acme/db language:go".
    qualifiers: Annotated[str, msgspec.Meta(max_length=200)] = ""
    #: Required for discussions; raises the rate limit.
    token: Secret | None = None

    def __post_init__(self) -> None:
        if self.what == "discussions" and self.token is None:
            raise ValueError("token: GitHub shows discussions to those who sign in")


class GitHub:
    """Reads issues, pull requests and discussions."""

    name = "github"
    version = 1
    Options = Options

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask once for each name in the brands' queries."""
        options = source.options if isinstance(source.options, Options) else Options()
        headers = {"Accept": "application/vnd.github+json"}
        if options.token is not None and options.token.reveal():
            headers["Authorization"] = f"Bearer {options.token.reveal()}"
        if source.url:
            yield Request(url=source.url, headers=headers, robots=False)
            return
        for turn in turns(source, questions_of(source, _DIALECT), state):
            if options.what == "discussions":
                request = Request(url=_GRAPHQL, method="POST", headers=headers, conditional=False, robots=False)
                yield replace(request, body=_body(turn, options), tag=turn.tag)
            else:
                url = f"{_REST}?q={quote(_question(turn, options))}&sort=created&order=desc&per_page={_PER_PAGE}"
                yield Request(url=url, headers=headers, robots=False, tag=turn.tag)

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read one page of a search, a list or a single issue. Raises ParseError for anything else."""
        answer = read_json(response)
        if "errors" in answer:
            raise ParseError(f"GitHub says: {answer.line('errors', 0, 'message')[:200]!r}")
        found = answer.within("data", "search", "nodes")
        if found.is_list():
            items = [item for node in found.each() if (item := _discussion(node))]
            return page_read(response, items, following=_next_discussions(answer, response.request, source))
        if "html_url" in answer and ("title" in answer or "body" in answer):
            return Parsed(items=tuple(item for item in [_issue(answer)] if item))
        found = answer if answer.is_list() else answer.within("items")
        if not found.is_list():
            message = answer.line("message")[:200]
            raise ParseError(
                f"GitHub says: {message!r}" if message else "JSON without issues: not a response of GitHub"
            )
        turn = turn_of(response.request)
        total = answer.number("total_count") or 0
        more = min(total, _SHOWN) > turn.page * _PER_PAGE
        items = [item for entry in found.each() if (item := _issue(entry))]
        oldest = oldest_of(items)
        earlier: dict[str, str | int] | None = None
        if not more and total > _SHOWN and oldest is not None and isinstance(source.options, Options):
            earlier = {"q": _question(turn, source.options, until=oldest), "page": 1}
        return page_read(response, items, following={"page": turn.page + 1} if more else None, earlier=earlier)


def _question(turn: Turn, options: Options, *, until: int | None = None) -> str:
    kind = {"issues": " is:issue", "pull-requests": " is:pull-request", "discussions": ""}[options.what]
    since = turn.since_moment
    if until is not None:
        first = "*" if since is None else f"{since:%Y-%m-%dT%H:%M:%SZ}"
        created = f" created:{first}..{datetime.fromtimestamp(until, UTC):%Y-%m-%dT%H:%M:%SZ}"
    else:
        created = "" if since is None else f" created:>={since:%Y-%m-%dT%H:%M:%SZ}"
    return " ".join(f"{turn.question}{kind}{created} {options.qualifiers}".split())


def _body(turn: Turn, options: Options, after: str | None = None) -> bytes:
    """Return the question for discussions, from a cursor on."""
    variables = {"q": f"{_question(turn, options)} sort:created-desc", "after": after}
    return msgspec.json.encode({"query": _DISCUSSIONS, "variables": variables})


def _next_discussions(answer: Fields, request: Request, source: Source) -> Request | None:
    """Return the request for the next page of discussions, where there is one."""
    page = answer.within("data", "search", "pageInfo")
    cursor = page.raw("endCursor")[:500]
    if not (page.is_true("hasNextPage") and cursor and isinstance(source.options, Options)):
        return None
    return replace(request, body=_body(turn_of(request), source.options, cursor))


def _issue(entry: Fields) -> Item | None:
    """Return an issue, a pull request, a release, or a comment on any of them, which has no title."""
    title, text = entry.line("title") or entry.line("name") or entry.line("tag_name"), entry.text("body")
    is_comment = "#" in entry.raw("html_url")
    is_repository = "full_name" in entry
    if is_repository or not (text if is_comment else title):
        return None
    return Item(
        title="" if is_comment else title,
        text=text,
        url=absolute(entry.raw("html_url")),
        guid=entry.raw("html_url")[:1000] or entry.raw("id")[:100] or None,
        author=entry.line("user", "login") or entry.line("author", "login") or None,
        published=entry.moment("published_at") or entry.moment("created_at"),
        updated=entry.moment("updated_at"),
        kind="comment" if is_comment else "post",
        categories=tuple(label.line("name") for label in list(entry.each("labels"))[:50] if label.line("name")),
        metrics={
            **entry.metrics(comments="comments"),
            **entry.within("reactions").metrics(reactions="total_count"),
        },
    )


def _discussion(node: Fields) -> Item | None:
    title = node.line("title")
    if not title:
        return None
    return Item(
        title=title,
        text=node.text("bodyText"),
        url=absolute(node.raw("url")),
        guid=node.raw("url")[:1000] or node.raw("id")[:100] or None,
        author=node.line("author", "login") or None,
        published=node.moment("createdAt"),
        updated=node.moment("updatedAt"),
        metrics={**node.metrics(upvotes="upvoteCount"), **node.within("comments").metrics(comments="totalCount")},
    )


scraper = GitHub()
