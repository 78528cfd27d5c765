"""YouTube: comments on videos or a whole channel, and videos by search; needs an API key.

Format: https://developers.google.com/youtube/v3/docs/commentThreads/list and
https://developers.google.com/youtube/v3/docs/search/list. A key is free (https://console.cloud.google.com/apis/library)
and includes 10,000 units a day: a page of comments costs 1, a search 100, so set `every = "6h"` or more for a search.
For new videos of a channel, no key is needed: use the preset `youtube-channel`. `url` may name other lists of the API,
such as the videos of a playlist.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import quote

import msgspec

from listener.channels import Secret
from listener.errors import ParseError
from listener.fields import Fields, read_json
from listener.searching import Dialect, PagedSearchOptions, Turn, page_read, questions_of, search_requests
from listener.types import Item, Parsed, Request, Response, Source

_API = "https://www.googleapis.com/youtube/v3"
_DIALECT = Dialect(either="|", longest=200)
_VIDEO, _CHANNEL = "video ", "channel "


class Options(PagedSearchOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of YouTube."""

    #: Key of the YouTube Data API.
    key: Secret
    #: Channel ids, to read all comments on their videos.
    channels: tuple[Annotated[str, msgspec.Meta(pattern=r"^UC[A-Za-z0-9_-]{22}$")], ...] = ()
    #: Video ids, to read their comments.
    videos: tuple[Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{11}$")], ...] = ()


class YouTube:
    """Reads comments and videos."""

    name = "youtube"
    version = 1
    Options = Options

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask for the comments of channels and videos; where none are named, search for videos."""
        options = source.options if isinstance(source.options, Options) else None
        key = options.key.reveal() if options is not None else ""
        headers = {"X-Goog-Api-Key": key} if key else {}
        channels, videos = (options.channels, options.videos) if options is not None else ((), ())
        asked = [*(_CHANNEL + one for one in channels), *(_VIDEO + one for one in videos)]
        questions = asked or questions_of(source, _DIALECT)
        return search_requests(source, questions, state, lambda turn: _url(turn, comments=bool(asked)), headers=headers)

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read one page of comments or videos. Raises ParseError for anything else."""
        answer = read_json(response)
        if "error" in answer:
            raise ParseError(f"YouTube says: {answer.markup('error', 'message')[:200]!r}")
        if not answer.within("items").is_list():
            raise ParseError("JSON without a list of items: not a response of YouTube")
        token = answer.raw("nextPageToken")[:500]
        items = (item for entry in answer.each("items") for item in _items(entry))
        return page_read(response, items, following={"pageToken": token} if token else None)


def _url(turn: Turn, *, comments: bool) -> str:
    if comments:
        name = "videoId" if turn.question.startswith(_VIDEO) else "allThreadsRelatedToChannelId"
        about = turn.question.partition(" ")[2]
        return f"{_API}/commentThreads?part=snippet,replies&order=time&maxResults=100&{name}={about}"
    url = f"{_API}/search?part=snippet&type=video&order=date&maxResults=50&q={quote(turn.question)}"
    since = turn.since_moment
    return url if since is None else f"{url}&publishedAfter={since:%Y-%m-%dT%H%%3A%M%%3A%SZ}"


def _items(entry: Fields) -> Iterator[Item]:
    kind = entry.raw("kind")
    if kind == "youtube#commentThread":
        top = entry.within("snippet", "topLevelComment")
        yield from _comment(top, entry.within("snippet"))
        for reply in entry.each("replies", "comments"):
            yield from _comment(reply, entry.within("snippet"))
    elif kind == "youtube#comment":
        yield from _comment(entry, entry.within("snippet"))
    elif kind in ("youtube#video", "youtube#searchResult", "youtube#playlistItem"):
        yield from _video(entry)


def _comment(comment: Fields, thread: Fields) -> Iterator[Item]:
    snippet, number = comment.within("snippet"), comment.raw("id")
    video = snippet.raw("videoId") or thread.raw("videoId")
    text = snippet.text("textOriginal") or snippet.markup("textDisplay")
    if not text:
        return
    address = f"https://www.youtube.com/watch?v={quote(video[:50], safe='')}&lc={quote(number[:200], safe='')}"
    updated, published = snippet.moment("updatedAt"), snippet.moment("publishedAt")
    yield Item(
        text=text,
        url=address if video and number else None,
        guid=number[:200] or None,
        author=snippet.line("authorDisplayName") or None,
        published=published,
        updated=updated if updated != published else None,
        kind="comment",
        metrics={**snippet.metrics(likes="likeCount"), **thread.metrics(replies="totalReplyCount")},
    )


def _video(entry: Fields) -> Iterator[Item]:
    snippet = entry.within("snippet")
    # An entry of a playlist has an identifier of its own, beside that of its video.
    video = entry.raw("id", "videoId") or snippet.raw("resourceId", "videoId") or entry.raw("id")
    title = " ".join(snippet.markup("title").split("\n"))[:1000]
    if not video or title in ("", "Private video", "Deleted video"):
        return
    yield Item(
        title=title,
        text=snippet.text("description"),
        url=f"https://www.youtube.com/watch?v={quote(video[:50], safe='')}",
        guid=video[:50],
        author=snippet.line("videoOwnerChannelTitle") or snippet.line("channelTitle") or None,
        published=entry.moment("contentDetails", "videoPublishedAt") or snippet.moment("publishedAt"),
        lang=(snippet.line("defaultLanguage") or snippet.line("defaultAudioLanguage"))[:35] or None,
        categories=snippet.lines("tags"),
        metrics=entry.within("statistics").metrics(views="viewCount", likes="likeCount", comments="commentCount"),
    )


scraper = YouTube()
