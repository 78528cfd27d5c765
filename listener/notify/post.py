"""One HTTP POST to a secret URL from the settings: no redirects, proxies or cookies, and a deadline.

Private addresses are allowed: the operator chose them. Nothing of the address but its host appears in an error.
"""

from __future__ import annotations

import http.client
import math
import socket
import ssl
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import msgspec

from listener import __version__
from listener.channels import Secret
from listener.errors import PermanentDeliveryError, TemporaryDeliveryError
from listener.notify.deadline import deadline

#: What is read of an answer; nobody needs more to say yes or no.
ANSWER_LIMIT_BYTES = 16_384
RETRY_AFTER_LIMIT = timedelta(days=30)
USER_AGENT = f"listener/{__version__}"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back."""

    status: int
    #: At most `ANSWER_LIMIT_BYTES` of it.
    body: bytes
    #: As the server wrote it; empty if it didn't.
    retry_after: str


class Poster:
    """Posts to one address. Holds no connection between two posts."""

    def __init__(self, url: Secret, *, timeout: timedelta, ca_file: str = "") -> None:
        """Take the address, the time for a whole request, and a PEM file of authorities beside the system's own.

        Raises PermanentDeliveryError where that file can't be read.
        """
        parts = urlsplit(url.reveal())
        self.host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._host_header = parts.netloc
        self._seconds = timeout.total_seconds()
        self._tls = tls_context(ca_file) if parts.scheme == "https" else None

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send one request and return the answer, whatever its status. Raises TemporaryDeliveryError for no answer."""
        try:
            with socket.create_connection((self.host, self._port), timeout=self._seconds) as connection:
                return self._talk(connection, body, headers)
        except TimeoutError:
            raise TemporaryDeliveryError(f"{self.host} did not answer within {self._seconds:g} s") from None
        except (OSError, http.client.HTTPException) as error:
            raise TemporaryDeliveryError(f"{self.host} can't be reached: {reason(error)}") from None

    def _talk(self, plain: socket.socket, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Make one request on a connected socket."""
        with deadline(plain, self._seconds) as end:
            try:
                connection = plain if self._tls is None else self._tls.wrap_socket(plain, server_hostname=self.host)
                with connection:
                    return self._request(connection, body, headers)
            except (OSError, http.client.HTTPException):
                if end.struck:
                    raise TimeoutError from None
                raise

    def _request(self, connection: socket.socket, body: bytes, headers: Mapping[str, str]) -> Answer:
        client = http.client.HTTPConnection(self.host, self._port)
        client.sock = connection
        try:
            client.request(
                "POST",
                self._path,
                body=body,
                headers={**headers, "Host": self._host_header, "User-Agent": USER_AGENT, "Connection": "close"},
            )
            with client.getresponse() as response:
                return Answer(
                    status=response.status,
                    body=response.read(ANSWER_LIMIT_BYTES),
                    retry_after=response.getheader("Retry-After") or "",
                )
        finally:
            client.close()


def tls_context(ca_file: str) -> ssl.SSLContext:
    """Return a context that verifies certificates and names. Raises PermanentDeliveryError for an unusable file."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            raise PermanentDeliveryError(f"ca_file {ca_file}: {reason(error)}") from error
    return context


def reason(error: Exception) -> str:
    """Say in a few words why a connection failed, without what the other side said."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted ({error.verify_message})"
    if isinstance(error, ssl.SSLError):
        return f"no TLS ({error.reason or 'handshake failed'})"
    if isinstance(error, socket.gaierror):
        return "its name has no address"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return f"the connection broke ({type(error).__name__})"


def retry_after(value: str, now: datetime) -> timedelta | None:
    """Read a Retry-After header: seconds or a date. None for nonsense; at most `RETRY_AFTER_LIMIT`."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - now).total_seconds()
        except (TypeError, ValueError, OverflowError):
            return None
    if not math.isfinite(seconds):
        return None
    return timedelta(seconds=min(max(seconds, 0.0), RETRY_AFTER_LIMIT.total_seconds()))
