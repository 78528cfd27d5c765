"""A mail server with a certificate, and a source that reads its mailbox."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme
from msgspec.structs import replace

from listener.channels import Secret
from listener.fetch import Fetcher, FetchSettings, MemoryHosts
from listener.mailboxes import Mailboxes
from listener.pipeline import PollResult, poll
from listener.plugins import Scrapers
from listener.routing import Router
from listener.storage import Store
from listener.types import Source
from tests.mailboxes.mail_server import PASSWORD, USER, MailServer
from tests.pipeline.polling import Clock, PaperWeb, parts


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a certificate authority and a certificate for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("authority")
    made = trustme.CA()
    made.cert_pem.write_to_path(folder / "ca.pem")
    certificate = made.issue_cert("127.0.0.1")
    certificate.private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    return folder


@pytest.fixture
def server(authority: Path) -> Iterator[MailServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "server.pem")
    with MailServer(context) as running:
        yield running


class Reader:
    """A source that reads a mailbox, and its polls."""

    def __init__(self, port: int, ca_file: Path, root: Path, **options: Any) -> None:
        self.clock = Clock()
        kind = Scrapers().get("imap").Options
        assert kind is not None
        given = {"host": "127.0.0.1", "user": USER, "password": Secret(PASSWORD), "port": port} | options
        read = msgspec.convert(given, kind, dec_hook=lambda _, value: value)
        self.source = Source(name="box", scraper="imap", brand="acme", options=read)
        self.settings = FetchSettings(
            user_agent="test",
            allow_networks=(ip_network("127.0.0.0/8"),),
            ca_file=ca_file,
            # Tests of patience bring less of it.
            total_timeout=timedelta(seconds=30),
            read_timeout=timedelta(seconds=10),
        )
        self.root = root
        # Last: options that are refused leave nothing open.
        self.store = Store.open(root / "listener.db", now=self.clock())
        self.store.sync_sources([self.source], self.clock(), spread=timedelta(0))

    def poll(self) -> PollResult:
        """Poll the mailbox a minute later, with a program that was started anew."""
        self.clock.advance(timedelta(minutes=1))
        boxes = Mailboxes(self.settings, self.root, clock=self.clock)
        web = Fetcher(self.settings, MemoryHosts(), clock=self.clock, sleep=self.sleep)
        router = Router(web, {"imaps": boxes, "imap": boxes}, web)
        found = self.store.find_source("box")
        assert found is not None
        made = parts(self.store, PaperWeb(self.clock), self.clock)
        try:
            return poll(self.source, found.state, replace(made, fetcher=router))
        finally:
            web.close()

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.clock.advance(timedelta(seconds=seconds))

    def excerpts(self) -> list[str]:
        """Return what the mentions say below their subjects, sorted."""
        return sorted(re.sub(r"^Number \d+ ", "", mention.excerpt) for mention in self.store.iter_mentions())


@pytest.fixture
def reader(server: MailServer, authority: Path, tmp_path: Path) -> Iterator[Reader]:
    made = Reader(server.port, authority / "ca.pem", tmp_path)
    yield made
    made.store.close()
