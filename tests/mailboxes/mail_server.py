"""A mail server for tests: the part of IMAP that reading takes, and whatever a server can do wrong."""

from __future__ import annotations

import base64
import re
import socket
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime

USER, PASSWORD = "feedback@example.com", "päss word"
_WORDS = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')


@dataclass(slots=True)
class Stored:
    """A mail as the server has it."""

    uid: int
    arrived: datetime
    body: bytes


@dataclass
class MailServer:
    """A mailbox on 127.0.0.1 over TLS. Attributes may be changed while it runs."""

    context: ssl.SSLContext
    validity: int = 7
    mails: list[Stored] = field(default_factory=list)
    folder: str = "INBOX"
    capabilities: str = "IMAP4rev1 AUTH=PLAIN"
    greeting: bytes = b"* OK ready\r\n"
    #: In place of an answer, by command: bytes to send, after which the connection is closed.
    instead: dict[str, bytes] = field(default_factory=dict)
    #: Gives whole mails where a part is asked for.
    ignores_parts: bool = False
    #: Begins in clear text.
    clear: bool = False
    #: What it takes by XOAUTH2.
    token: str = ""
    #: Sent in clear text together with the word that TLS begins, as somebody in between could.
    injected: bytes = b""
    commands: list[str] = field(default_factory=list)

    def __enter__(self) -> MailServer:
        server = self

        class Handler(socketserver.StreamRequestHandler):
            disable_nagle_algorithm = True

            def handle(self) -> None:
                try:
                    Session(server, self).run()
                finally:
                    # TLS that began later has a socket of its own.
                    self.connection.close()

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

            def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
                accepted, address = super().get_request()
                if server.clear:
                    return accepted, address
                return server.context.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False), address

            def handle_error(self, request: object, client_address: object) -> None:
                """Clients that hang up are what some tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def put(self, body: str, arrived: datetime = datetime(2026, 11, 2, 7, tzinfo=UTC)) -> None:
        """Let a mail arrive."""
        uid = self.mails[-1].uid + 1 if self.mails else 1
        self.mails.append(Stored(uid, arrived, body.replace("\n", "\r\n").encode()))

    def renumber(self) -> None:
        """Number all mails anew, as servers do when a mailbox was restored."""
        self.validity += 1
        for uid, mail in enumerate(self.mails, start=1):
            mail.uid = uid


class Session:
    """One connection."""

    def __init__(self, server: MailServer, handler: socketserver.StreamRequestHandler) -> None:
        self.server, self.handler = server, handler
        self.read, self.write = handler.rfile, handler.wfile
        self.encrypted = not server.clear

    def say(self, *lines: str) -> None:
        self.write.write("".join(f"{line}\r\n" for line in lines).encode())

    def run(self) -> None:
        self.write.write(self.server.greeting)
        while line := self.read.readline().decode().rstrip("\r\n"):
            tag, _, rest = line.partition(" ")
            words = [quoted or bare for quoted, bare in _WORDS.findall(rest)]
            name = words.pop(0).upper()
            name = f"UID {words.pop(0).upper()}" if name == "UID" else name
            self.server.commands.append(f"{name} {' '.join(words)}".strip())
            if name in self.server.instead:
                self.write.write(self.server.instead[name].replace(b"TAG", tag.encode()))
                return
            method = getattr(self, f"do_{name.lower().replace(' ', '_')}", None)
            said = method(*words) if method is not None else "BAD unknown command"
            self.say(f"{tag} {said}")
            if name == "LOGOUT":
                return
            if name == "STARTTLS":
                self.begin_tls()

    def begin_tls(self) -> None:
        """Go on over TLS."""
        wrapped = self.server.context.wrap_socket(self.handler.connection, server_side=True)
        self.handler.connection = self.handler.request = wrapped
        self.handler.setup()
        self.read, self.write = self.handler.rfile, self.handler.wfile
        self.encrypted = True

    def do_capability(self) -> str:
        able = self.server.capabilities
        self.say(
            f"* CAPABILITY {able if self.encrypted else f'{able} STARTTLS'.replace('AUTH=PLAIN', 'LOGINDISABLED')}"
        )
        return "OK done"

    def do_starttls(self) -> str:
        return "OK go\r\n" + self.server.injected.decode() if self.server.injected else "OK go"

    def do_authenticate(self, mechanism: str) -> str:
        assert self.encrypted, "a secret in clear text"
        self.say("+ ")
        given = base64.b64decode(self.read.readline()).decode()
        if mechanism == "XOAUTH2":
            if self.server.token and given == f"user={USER}\x01auth=Bearer {self.server.token}\x01\x01":
                return "OK in"
            self.say("+ " + base64.b64encode(b'{"status":"400","schemes":"Bearer"}').decode())
            assert self.read.readline() == b"\r\n"
            return "NO [AUTHENTICATIONFAILED] Invalid credentials"
        return "OK in" if given == f"\0{USER}\0{PASSWORD}" else "NO [AUTHENTICATIONFAILED] Invalid credentials"

    def do_login(self, user: str, password: str) -> str:
        assert self.encrypted, "a secret in clear text"
        return "OK in" if (user, password) == (USER, "plain") else f"NO no such password: {password}"

    def do_examine(self, folder: str) -> str:
        if folder != self.server.folder:
            return "NO Mailbox doesn't exist"
        following = self.server.mails[-1].uid + 1 if self.server.mails else 1
        self.say(
            f"* {len(self.server.mails)} EXISTS",
            f"* OK [UIDVALIDITY {self.server.validity}] valid",
            f"* OK [UIDNEXT {following}] next",
        )
        return "OK [READ-ONLY] opened"

    def do_uid_search(self, *words: str) -> str:
        assert words[0] == "UNDELETED"
        if words[1] == "SINCE":
            since = datetime.strptime(words[2], "%d-%b-%Y").replace(tzinfo=UTC).date()
            found = [mail.uid for mail in self.server.mails if mail.arrived.date() >= since]
        else:
            first = int(words[2].removesuffix(":*"))
            found = [mail.uid for mail in self.server.mails if mail.uid >= first]
            # RFC 3501, 6.4.8: the range always holds the last mail.
            found = found or [mail.uid for mail in self.server.mails[-1:]]
        self.say(f"* SEARCH {' '.join(map(str, found))}".rstrip())
        return "OK found"

    def do_uid_fetch(self, number: str, *what: str) -> str:
        mail = next((mail for mail in self.server.mails if mail.uid == int(number)), None)
        size = re.search(r"BODY\.PEEK\[\]<0\.(\d+)>", " ".join(what))
        assert size is not None
        if mail is not None:
            body = mail.body if self.server.ignores_parts else mail.body[: int(size[1])]
            self.write.write(
                f'* 1 FETCH (UID {number} INTERNALDATE "{mail.arrived:%d-%b-%Y %H:%M:%S} +0000" '
                f"BODY[]<0> {{{len(body)}}}\r\n".encode()
                + body
                + b")\r\n"
            )
        return "OK fetched"

    def do_logout(self) -> str:
        self.say("* BYE")
        return "OK bye"
