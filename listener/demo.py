"""The made-up web of `listener demo`, and the mailbox and Slack webhook that receive its alerts.

Real servers on loopback, real formats; only the words are made up and the clock runs fast. Nothing here is used
outside the demo.
"""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape as xml

import msgspec
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

#: Entries that a feed shows, as most feeds do not show all they ever had.
SHOWN = 15
#: The press feed is down in these days of the demo, so that there is trouble to report and a recovery.
DOWN = (10.0, 11.5)


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the demo's web."""

    feed: str
    day: float
    author: str
    text: str
    title: str = ""
    points: int | None = None
    comments: int | None = None
    rating: int | None = None

    @property
    def path(self) -> str:
        """Return where the post itself would be read."""
        return f"/{self.feed}/{hashlib.sha256(self.text.encode()).hexdigest()[:10]}"


class Clock:
    """The demo's time: stands still until it is set."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def __call__(self) -> datetime:
        """Return the demo's now."""
        return self._now

    def set(self, now: datetime) -> None:
        """Move on. Never goes back."""
        self._now = max(self._now, now)


def load_posts(path: Path) -> list[Post]:
    """Read the made-up posts, newest last."""
    return [Post(**entry) for entry in tomllib.loads(path.read_text(encoding="utf-8"))["items"]]


def read_page(path: Path) -> tuple[str, float, str]:
    """Return name, first day and HTML of one version of a page: `name@day.html`."""
    name, _, day = path.stem.partition("@")
    return name, float(day), path.read_text(encoding="utf-8")


def rss(posts: Iterable[tuple[Post, datetime]], base: str, title: str) -> str:
    """Return an RSS 2.0 feed as forums and news wires write it."""
    entries = "".join(
        f"<item>{f'<title>{xml(post.title)}</title>' if post.title else ''}"
        f"<link>{base}{post.path}?utm_source=rss</link><guid isPermaLink='false'>{post.path}</guid>"
        f"<dc:creator>{xml(post.author)}</dc:creator><pubDate>{format_datetime(at, usegmt=True)}</pubDate>"
        f"<description>{xml(f'<p>{escape(post.text)}</p>')}</description>"
        f"{f'<slash:comments>{post.comments}</slash:comments>' if post.comments is not None else ''}</item>"
        for post, at in posts
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:slash="http://purl.org/rss/1.0/modules/slash/"><channel>'
        f"<title>{xml(title)}</title><link>{base}</link><description>{xml(title)}</description>{entries}"
        "</channel></rss>"
    )


def atom(posts: Iterable[tuple[Post, datetime]], base: str, title: str) -> str:
    """Return an Atom feed; posts with a rating get it as an app store's review feed writes it."""
    entries = "".join(
        f"<entry><id>tag:demo,{post.path}</id><title>{xml(post.title)}</title>"
        f"<link rel='alternate' href='{base}{post.path}'/><updated>{at.isoformat()}</updated>"
        f"<published>{at.isoformat()}</published><author><name>{xml(post.author)}</name></author>"
        f"{f'<im:rating>{post.rating}</im:rating>' if post.rating is not None else ''}"
        f"<content type='text'>{xml(post.text)}</content></entry>"
        for post, at in posts
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" '
        f'xmlns:im="http://itunes.apple.com/rss"><id>{base}</id><title>{xml(title)}</title>{entries}</feed>'
    )


def json_feed(posts: Iterable[tuple[Post, datetime]], base: str, title: str) -> str:
    """Return a JSON Feed 1.1."""
    entries = [
        {
            "id": post.path,
            "url": base + post.path,
            "title": post.title,
            "content_text": post.text,
            "date_published": at.isoformat(),
            "authors": [{"name": post.author}],
        }
        for post, at in posts
    ]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": title, "items": entries})


Render = Callable[[Iterable[tuple[Post, datetime]], str, str], str]

#: Feed: how it is written, its media type, its title.
FEEDS: Mapping[str, tuple[Render, str, str]] = {
    "forum": (rss, "application/rss+xml", "Ops Forum"),
    "hn": (rss, "application/rss+xml", "Hacker News: cloud"),
    "reddit": (atom, "application/atom+xml", "r/selfhosted search"),
    "press": (json_feed, "application/feed+json", "Cloud Weekly"),
    "wire": (rss, "text/xml", "Newswire"),
    "social": (rss, "application/rss+xml", "#acmecloud"),
    "reviews": (atom, "text/xml", "Customer reviews"),
}

#: Page: how it is read.
PAGES: Mapping[str, str] = {"globex-pricing": "pricing", "globex-faq": "faq"}


class Web:
    """Serves the feeds and pages as they stand at the demo's now, on 127.0.0.1, and takes what Slack would get."""

    def __init__(self, data: Path, clock: Clock, start: datetime) -> None:
        self._posts = load_posts(data / "web.toml")
        self._pages = [read_page(path) for path in data.glob("pages/*.html")]
        self._clock = clock
        self._start = start
        self.slack: list[dict[str, Any]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, name="demo-web", daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str) -> tuple[int, str, str]:
        """Return status, media type and body of a page at the demo's now."""
        now = self._clock()
        day = (now - self._start) / timedelta(days=1)
        name = path.strip("/").removesuffix(".xml")
        if name == "press" and DOWN[0] <= day < DOWN[1]:
            return 503, "text/plain", "down for maintenance"
        if name in FEEDS:
            render, media_type, title = FEEDS[name]
            posts = [post for post in self._posts if post.feed == name and post.day <= day][-SHOWN:]
            dated = [(post, self._start + timedelta(days=post.day)) for post in reversed(posts)]
            return 200, media_type, render(dated, self.base, title)
        versions = [(since, html) for page, since, html in self._pages if page == name and since <= day]
        if not versions:
            return 404, "text/plain", "not found"
        return 200, "text/html; charset=utf-8", max(versions)[1]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body are two writes: with Nagle's algorithm the second waits for an acknowledgement.
            wbufsize = -1

            def do_GET(self) -> None:
                status, media_type, text = web.answer(self.path)
                body = text.encode()
                etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
                if status == 200 and self.headers.get("If-None-Match") == etag:
                    status, body = 304, b""
                self.send_response(status)
                self.send_header("Content-Type", media_type)
                self.send_header("Content-Length", str(len(body)))
                if status in (200, 304):
                    self.send_header("ETag", etag)
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                length = min(int(self.headers.get("Content-Length", 0)), 1 << 20)
                web.slack.append(json.loads(self.rfile.read(length)))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing: the demo's screen is for the demo."""

        return Handler


class Mailbox(msgspec.Struct):
    """Takes mail by SMTP on 127.0.0.1."""

    mails: list[EmailMessage] = msgspec.field(default_factory=list)
    port: int = 0
    _controller: Any = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep one mail."""
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        message = BytesParser(policy=default).parsebytes(content)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        return "250 OK"

    def open(self) -> None:
        """Listen on a free port."""
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def close(self) -> None:
        """Stop listening."""
        self._controller.stop()


SETTINGS = """\
# Written by `listener demo`: the settings that it ran with.
[listener]
database = "demo.db"
contact = "https://example.com/demo"

[fetch]
gap = "0s"
allow_networks = ["127.0.0.0/8"]
every = "3h"
min_every = "3h"
max_every = "4h"

[brands.acme]
query = '"Acme Cloud" OR AcmeCloud OR @acmecloud'

[brands.globex]
query = 'Globex NEAR/12 (hosting OR cloud OR pricing OR support)'
role = "competitor"

{sources}
[channels.mail]
type = "email"
host = "127.0.0.1"
port = {smtp_port}
security = "none"
from = "listener@demo.example"
to = ["team@demo.example"]

[channels.slack]
type = "slack"
url = "{base}/hooks/slack"

[alerts.angry]
on = "mention"
brands = ["acme"]
sentiment_at_most = -0.5
channels = ["mail", "slack"]

[alerts.competitor-pain]
on = "mention"
brands = ["globex"]
sentiment_at_most = -0.4
channels = ["mail"]
send = "07:00"

[alerts.globex-prices]
on = "price"
brands = ["globex"]
channels = ["mail", "slack"]

[alerts.globex-answers]
on = "faq"
brands = ["globex"]
channels = ["mail"]

[alerts.loud]
on = "spike"
brands = ["acme"]
channels = ["mail", "slack"]

[alerts.hurts]
on = "pain"
brands = ["acme"]
channels = ["mail"]

[alerts.trouble]
on = "source"
failing_for = "6h"
channels = ["mail"]
"""


def settings(web: Web, mailbox: Mailbox) -> str:
    """Return the settings file that the demo's daemon runs with."""
    sources = ""
    for name in FEEDS:
        brand = 'brand = "acme"\n' if name == "reviews" else ""
        sources += f'[sources.{name}]\nurl = "{web.base}/{name}.xml"\n{brand}\n'
    for name, scraper in PAGES.items():
        sources += f'[sources.{name}]\nscraper = "{scraper}"\nurl = "{web.base}/{name}"\nbrand = "globex"\n\n'
    return SETTINGS.format(sources=sources, base=web.base, smtp_port=mailbox.port)
