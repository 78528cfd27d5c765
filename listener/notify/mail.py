"""Mail: handing a message over to an SMTP server."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from listener.channels import EmailSettings
from listener.errors import MessageDeferred, MessageRefused, PermanentDeliveryError, TemporaryDeliveryError
from listener.notify.deadline import Deadline, deadline
from listener.notify.mail_message import ALERTS_LIMIT, MailWriter
from listener.notify.plain import clean_line
from listener.notify.post import reason, tls_context
from listener.types import Alert

#: Replies to a message that would be the same for any other: closing down, out of storage (RFC 5321, 4.2.3).
ABOUT_THE_SERVER = frozenset({421, 452})
SERVER_SAID_LIMIT = 200


class Conversation(smtplib.SMTP):
    """An SMTP client whose socket is ours: with an end in time, and in TLS from the first byte where that is set."""

    def __init__(self, settings: EmailSettings, tls: ssl.SSLContext | None, stack: contextlib.ExitStack) -> None:
        """Prepare; `open` connects. The stack closes what was opened."""
        super().__init__(local_hostname=own_name(), timeout=settings.timeout.total_seconds())
        self._host = settings.host
        self._own_port = settings.server_port
        self._stack = stack
        self._tls_from_start = tls if settings.security == "tls" else None
        self._end: Deadline | None = None

    @property
    def struck(self) -> bool:
        """Whether the time for the conversation is over."""
        return self._end is not None and self._end.struck

    def open(self) -> None:
        """Connect and read the greeting. Raises SMTPConnectError for an unfriendly one, OSError for none."""
        code, said = self.connect(self._host, self._own_port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)

    # smtplib has no public way to bring a socket along; its own SMTP_SSL overrides this, too.
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), timeout)
        self._stack.callback(plain.close)
        self._end = self._stack.enter_context(deadline(plain, timeout))
        if self._tls_from_start is None:
            return plain
        return self._tls_from_start.wrap_socket(plain, server_hostname=host)


class EmailChannel:
    """Sends mail."""

    MESSAGE_LIMIT = ALERTS_LIMIT

    def __init__(self, name: str, settings: EmailSettings, zone: ZoneInfo) -> None:
        """Take the settings and the zone in which times are shown. Connects only to send."""
        self.name = name
        self._settings = settings
        self._writer = MailWriter(settings, zone)
        self._tls = tls_context(settings.ca_file) if settings.security != "none" else None

    def render(self, alerts: Sequence[Alert], *, message_id: str, now: datetime) -> str:
        """Return headers and text part as they would be sent, without the encoding of the latter."""
        message = self._writer.write(alerts, message_id=message_id, now=now)
        headers = "\n".join(f"{name}: {value}" for name, value in message.items() if name != "Content-Type")
        text = message.get_body(("plain",))
        assert text is not None
        return f"{headers}\n\n{text.get_content()}"

    def send(
        self, alerts: Sequence[Alert], *, message_id: str, now: datetime, delivered: Collection[str] = ()
    ) -> str | None:
        """Send one message to everybody who hasn't got it yet; see `listener.types.Channel`.

        A receiver that the server puts off makes another attempt, to those only that were put off. One that it
        refuses for good is left out and returned, unless all are refused.
        """
        message = self._writer.write(alerts, message_id=message_id, now=now).as_bytes()
        receivers = [address for address in self._writer.receivers if address not in delivered]
        if not receivers:
            return None  # those who hadn't got it are no longer in the settings
        with self._conversation() as client:
            try:
                refused = client.sendmail(self._writer.sender, receivers, message)
            except smtplib.SMTPRecipientsRefused as error:
                # Nobody has it, neither those that the server wasn't asked about before it hung up.
                refused = {address: error.recipients.get(address, (421, b"")) for address in receivers}
            except smtplib.SMTPSenderRefused as error:
                too_large = error.smtp_code == 552
                raise refusal(error.smtp_code, error.smtp_error, about_message=too_large) from None
            except smtplib.SMTPDataError as error:
                raise refusal(error.smtp_code, error.smtp_error, about_message=True) from None
        return self._account({*delivered, *receivers} - set(refused), refused)

    def _account(self, have: Collection[str], refused: Mapping[str, tuple[int, bytes]]) -> str | None:
        """Raise what the refused ones call for, or return who they are where others `have` the message."""
        later = {address: said for address, said in refused.items() if said[0] < 500}
        never = [address for address in refused if address not in later]
        if later:
            code, said = next(iter(later.values()))
            error = refusal(code, said, about_message=False)
            raise MessageDeferred(str(error), delivered=sorted(have)) if have else error
        if never and not have:
            code, said = refused[never[0]]
            raise refusal(code, said, about_message=False)
        replies = (f"{address} ({code} {server_said(said)})" for address, (code, said) in refused.items())
        return f"the server refuses {', '.join(replies)}" if never else None

    @contextlib.contextmanager
    def _conversation(self) -> Iterator[Conversation]:
        """Connect, encrypt and log in. Whatever fails there is temporary: it is not about the message."""
        host = self._settings.host
        with contextlib.ExitStack() as stack:
            client = Conversation(self._settings, self._tls, stack)
            stack.callback(client.close)
            try:
                client.open()
                self._log_in(client)
                yield client
                with contextlib.suppress(OSError):
                    client.quit()
            except smtplib.SMTPResponseException as error:
                said = server_said(error.smtp_error)
                raise TemporaryDeliveryError(f"{host} said {error.smtp_code} {said}".rstrip()) from None
            except OSError as error:
                # smtplib wraps the time-out of a greeting that never comes into an error of its own.
                late = client.struck or any(isinstance(one, TimeoutError) for one in (error, error.__context__))
                raise TemporaryDeliveryError(f"{host} {'did not answer in time' if late else lost(error)}") from None

    def _log_in(self, client: Conversation) -> None:
        """Encrypt where the settings say so, and log in. Never goes on in clear text instead."""
        if self._settings.security == "starttls" and self._tls is not None:
            client.starttls(context=self._tls)
        if self._settings.password is not None:
            client.login(self._settings.username, self._settings.password.reveal())


def refusal(code: int, said: bytes | str, *, about_message: bool) -> TemporaryDeliveryError | PermanentDeliveryError:
    """Return the error for a reply: 4xx is worth another try (greylisting is one), 5xx is not (RFC 5321, 4.2.1)."""
    text = f"the server said {code} {server_said(said)}".rstrip()
    if code < 500:
        return MessageDeferred(text) if about_message and code not in ABOUT_THE_SERVER else TemporaryDeliveryError(text)
    return MessageRefused(text) if about_message else PermanentDeliveryError(text)


def server_said(said: bytes | str) -> str:
    """Return a reply on one line, fit to be shown."""
    return clean_line(said.decode("utf-8", "replace") if isinstance(said, bytes) else said, SERVER_SAID_LIMIT)


def lost(error: OSError) -> str:
    """Say why there is no conversation. smtplib's own errors, which are OSErrors too, say it themselves."""
    if isinstance(error, smtplib.SMTPException):
        return f"ended the session: {clean_line(str(error), SERVER_SAID_LIMIT)}"
    return f"can't be reached: {reason(error)}"


def own_name() -> str:
    """Return what to call ourselves. `socket.getfqdn`, which smtplib would use, can wait for a name server."""
    name = socket.gethostname()
    return name if name.isascii() and name.replace("-", "").replace(".", "").isalnum() else "localhost"
