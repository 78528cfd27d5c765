"""Kill the daemon at random moments and count what is lost.

A real daemon polls feeds that grow, on a loopback server, and sends mail to a real SMTP server; it is killed with
SIGKILL after a random time, again and again. In the end each item that was served must be stored once, each mention
once, trend rows must equal a rebuild, each angry mention must have been mailed, and twice only if a kill fell between
a send and its mark.

`python -m benchmarks.kill [KILLS] [SEED]` prints the figures; the exit status is 1 if any of them is wrong.
"""

from __future__ import annotations

import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from listener.storage import Store

FEEDS = 8
#: Every so many items one is angry: each feed has a rule of its own, and stays below what is collected as a flood.
ANGRY = 30
#: Feeds that are so many items ahead of what is stored wait for it.
BEHIND = 12
TOKEN = re.compile(r"token-\d+-\d+")

SETTINGS = """\
[listener]
database = "kill.db"
contact = "https://example.com/kill"
workers = 4

[fetch]
gap = "0s"
allow_networks = ["127.0.0.0/8"]
min_every = "1s"
every = "1s"

[brands.acme]
query = "Acme"

{sources}
[channels.mail]
type = "email"
host = "127.0.0.1"
port = {port}
security = "none"
gap = "0s"
from = "listener@kill.example"
to = ["team@kill.example"]

{rules}"""
RULE = """\
[alerts.angry-{n}]
sources = ["feed-{n}"]
sentiment_at_most = -0.4
channels = ["mail"]

"""


class GrowingFeeds:
    """Feeds that get longer as time passes; some items are angry."""

    def __init__(self, growth: float) -> None:
        #: Seconds between two new items of a feed.
        self._growth = growth
        self._started: float | None = time.monotonic()
        self._grown = 0.0
        feeds = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def do_GET(self) -> None:
                if not self.path.startswith("/feed/"):
                    self.send_error(404)
                    return
                body = feeds.render(int(self.path.removeprefix("/feed/"))).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/rss+xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

            def handle(self) -> None:
                """Serve one connection; a client that was killed in the middle is what this is about."""
                try:
                    super().handle()
                except ConnectionError:
                    self.close_connection = True

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def length(self) -> int:
        """Return how many items each feed has by now."""
        since = 0.0 if self._started is None else time.monotonic() - self._started
        return int((self._grown + since) / self._growth) + 1

    def freeze(self) -> int:
        """Stop growing; return the length."""
        if self._started is not None:
            self._grown += time.monotonic() - self._started
            self._started = None
        return self.length()

    def thaw(self) -> None:
        """Grow again."""
        if self._started is None:
            self._started = time.monotonic()

    def render(self, feed: int) -> str:
        """Return a feed as RSS."""
        now = format_datetime(datetime.now(UTC), usegmt=True)
        length = self.length()
        items = "".join(
            f"<item><title>{'Terrible, broken, awful' if n % ANGRY == 0 else 'News of'} Acme token-{feed}-{n}</title>"
            f"<link>https://example.com/{feed}/{n}</link><guid>{feed}-{n}</guid><pubDate>{now}</pubDate>"
            f"<description>{words(feed, n)}</description></item>"
            for n in range(length - 1, -1, -1)
        )
        return f'<rss version="2.0"><channel><title>Feed {feed}</title>{items}</channel></rss>'

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


#: Of these each item's text is made up: English, and without feelings.
NOUNS = """apple arm autumn bakery barn basket bicycle bird blanket boat book bottle bowl box branch bread
brick bridge bucket button cabin candle carpet castle cat chair cheese church circle clock cloud
coast coat coffee coin corner cow cup curtain desk dish door drawer duck egg engine farm feather
fence field finger flag floor flower forest fork garden gate glass goat grape grass hall hammer hat
hill horse house island jacket jar kettle key kitchen kite ladder lake lamp leaf lemon letter
library map meadow mirror moon mountain mouse needle notebook oven paper pencil piano pillow plate
pocket pond rabbit river roof rope sail scarf school shelf ship shoe shovel spoon stable station
stone street table teapot tent tower train tree umbrella valley village wagon wall window winter""".split()


def words(feed: int, n: int) -> str:
    """Return a text that no other item shares, so that no two items are copies of one story."""
    chance = random.Random(f"{feed}/{n}")  # the same words each time it is asked
    return ". ".join(" ".join(chance.sample(NOUNS, 7)).capitalize() for _ in range(6))


class Mailbox:
    """An SMTP server that keeps what it gets."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep one mail."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        mail = BytesParser(policy=default).parsebytes(content)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    def tokens(self) -> dict[str, list[str]]:
        """Return the ids of the messages in which each item was mailed."""
        found: dict[str, list[str]] = {}
        for mail in self.mails:
            body = mail.get_body(("plain",))
            assert body is not None
            for token in set(TOKEN.findall(body.get_content())):
                found.setdefault(token, []).append(mail["Message-ID"])
        return found

    def close(self) -> None:
        """Stop listening."""
        self._controller.stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was found after the last run."""

    kills: int
    #: After which more was stored than before.
    kills_at_work: int
    items_served: int
    items_lost: int
    items_twice: int
    mentions_twice: int
    trend_differences: int
    alerts_expected: int
    alerts_lost: int
    alerts_twice: int
    #: Of these, in messages with different ids: no kill between a send and its mark explains that.
    alerts_in_two_messages: int
    integrity: str

    def right(self) -> bool:
        """Whether all is as it must be. A kill may repeat one message, as it was, and no more."""
        lost = self.items_lost + self.items_twice + self.mentions_twice + self.trend_differences + self.alerts_lost
        return lost == 0 and self.integrity == "ok" and self.alerts_in_two_messages == 0


def run(kills: int, folder: Path, seed: int, *, longest: float = 2.0, growth: float = 2.0) -> Report:
    """Kill a daemon `kills` times in `folder`, let the last one finish its work, and look.

    One half is killed up to `longest` seconds after it was ready, the other up to a quarter of that after its first
    poll that brought something. The feeds grow by an item every `growth` seconds.
    """
    at_work = stored = 0
    feeds, mailbox, chance = GrowingFeeds(growth), Mailbox(), random.Random(seed)
    sources = "".join(f'[sources.feed-{n}]\nurl = "{feeds.base}/feed/{n}"\nevery = "1s"\n\n' for n in range(FEEDS))
    rules = "".join(RULE.format(n=n) for n in range(FEEDS))
    (folder / "listener.toml").write_text(SETTINGS.format(sources=sources, rules=rules, port=mailbox.port))
    command = [sys.executable, "-m", "listener", "-c", str(folder / "listener.toml"), "run"]
    with (folder / "log").open("ab") as log:
        for count in range(1, kills + 1):
            with subprocess.Popen(command, stdout=log, stderr=log) as daemon:
                wait_for(folder / "log", "ready sources=", count, daemon)
                if count % 2:
                    # On a busy machine hardly any would get to work: every other one is let begin.
                    wait_for(folder / "log", "poll source=", polls(folder / "log") + 1, daemon)
                    time.sleep(chance.random() * longest / 4)
                else:
                    time.sleep(chance.random() * longest)
                daemon.send_signal(signal.SIGKILL)
            before, stored = stored, count_items(folder / "kill.db")
            at_work += stored > before
            # On a busy machine a daemon may be killed before it got to store anything, and the next one has more to do.
            if feeds.length() * FEEDS - stored > BEHIND * FEEDS:
                feeds.freeze()
            else:
                feeds.thaw()
        length = feeds.freeze()
        subprocess.run([*command, "--once"], stdout=log, stderr=log, check=True, timeout=600)
        with subprocess.Popen(command, stdout=log, stderr=log) as daemon:
            try:
                wait_for_outbox(folder / "kill.db")
            finally:
                daemon.send_signal(signal.SIGTERM)
                daemon.wait(timeout=90)
    feeds.close()
    mailbox.close()
    return look(kills, at_work, folder / "kill.db", length, mailbox.tokens())


def polls(log: Path) -> int:
    """Return how many polls that brought something are in the log."""
    return log.read_text().count("poll source=")


def wait_for(log: Path, words: str, count: int, daemon: subprocess.Popen[bytes]) -> None:
    """Wait until the log holds `words` so often. Raises RuntimeError where the daemon has ended instead."""
    while log.read_text().count(words) < count:
        if daemon.poll() is not None:
            raise RuntimeError(f"the daemon ended by itself: {log.read_text()[-2000:]}")
        time.sleep(0.05)


def count_items(path: Path) -> int:
    """Return how many items are stored."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT count(*) FROM items").fetchone()[0])


def wait_for_outbox(path: Path) -> None:
    """Wait until nothing is left to deliver. Raises TimeoutError after three minutes."""
    for _ in range(360):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            pending = database.execute("SELECT count(*) FROM deliveries WHERE status = 'pending'").fetchone()[0]
        if not pending:
            return
        time.sleep(0.5)
    raise TimeoutError(f"{pending} deliveries are pending still")


def look(kills: int, at_work: int, path: Path, length: int, mailed: dict[str, list[str]]) -> Report:
    """Compare what is stored and mailed with what was served."""
    served = {f"token-{feed}-{n}" for feed in range(FEEDS) for n in range(length)}
    angry = {f"token-{feed}-{n}" for feed in range(FEEDS) for n in range(0, length, ANGRY)}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        titles = [row[0] for row in database.execute("SELECT title FROM items")]
        mentions = database.execute("SELECT item_id, brand, count(*) FROM mentions GROUP BY 1, 2").fetchall()
        integrity = database.execute("PRAGMA integrity_check").fetchone()[0]
    stored = Counter(token for title in titles for token in TOKEN.findall(title))
    store = Store.open(path, now=datetime.now(UTC))
    differences = len(store.verify_trends())
    store.close()
    return Report(
        kills=kills,
        kills_at_work=at_work,
        items_served=len(served),
        items_lost=len(served - set(stored)),
        items_twice=sum(count > 1 for count in stored.values()),
        mentions_twice=sum(count > 1 for _, _, count in mentions),
        trend_differences=differences,
        alerts_expected=len(angry),
        alerts_lost=len(angry - set(mailed)),
        alerts_twice=sum(len(messages) > 1 for messages in mailed.values()),
        alerts_in_two_messages=sum(len(set(messages)) > 1 for messages in mailed.values()),
        integrity=integrity,
    )


if __name__ == "__main__":
    arguments = [int(word) for word in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as folder:
        report = run(arguments[0] if arguments else 200, Path(folder), arguments[1] if len(arguments) > 1 else 1)
    print(report)
    sys.exit(0 if report.right() else 1)
