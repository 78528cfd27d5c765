"""Sockets with a total deadline and byte limit, however slowly the other side sends.

The timeout of a socket begins anew with each byte; here each wait is cut to what is left of the whole. This holds for
request, status line, headers and body alike, so a server that trickles anywhere in them is left in time.
"""

from __future__ import annotations

import io
import socket
import ssl
import time
from collections.abc import Callable, Sequence

from listener.fetch.addresses import Endpoint, Resolver
from listener.fetch.failure import Failure
from listener.types import Outcome

#: Status line and headers together, and what a server may send before a redirect is followed.
HEAD_LIMIT_BYTES = 256 * 1024
_BUFFER_BYTES = 64 * 1024


class Deadline:
    """The network time left to one fetch. Waits for politeness are added back."""

    def __init__(self, *, total: float, read: float, connect: float) -> None:
        self.total = total
        self.read = read
        self.connect = connect
        self._expires = time.monotonic() + total

    def left(self, wanted: float) -> float:
        """Return `wanted` seconds, or fewer if fewer are left. Raises Failure (TIMEOUT) if none are."""
        left = self._expires - time.monotonic()
        if left <= 0:
            raise Failure(Outcome.TIMEOUT, f"The fetch took longer than {self.total:g} s in total.")
        return min(wanted, left)

    def extend(self, seconds: float) -> None:
        """Add `seconds` that were not spent on the network."""
        self._expires += seconds


class GuardedSocket:
    """What http.client needs of a socket, with each wait cut to a deadline and bytes counted."""

    def __init__(self, sock: socket.socket, host: str) -> None:
        self._sock = sock
        self._host = host
        self._deadline: Deadline | None = None
        self._allowance = 0
        #: Bytes read from the wire since `expect`.
        self.received = 0

    def expect(self, deadline: Deadline, allowance: int = HEAD_LIMIT_BYTES) -> None:
        """Begin an exchange that may last until `deadline` and bring `allowance` bytes."""
        self._deadline = deadline
        self._allowance = allowance
        self.received = 0

    def allow(self, more: int) -> None:
        """Let `more` bytes come beyond those that came already."""
        self._allowance = self.received + more

    def read_into(self, raw: socket.SocketIO, buffer: memoryview) -> int:
        """Read what is there, waiting for it. Raises Failure when time or bytes have run out."""
        assert self._deadline is not None
        if self.received > self._allowance:
            raise Failure(Outcome.TOO_LARGE, f"{self._host} sends more than the limit allows.")
        self._sock.settimeout(self._deadline.left(self._deadline.read))
        try:
            count = raw.readinto(buffer)
        except TimeoutError as error:
            self._deadline.left(0)
            raise Failure(
                Outcome.TIMEOUT,
                f"{self._host} sent nothing for {self._deadline.read:g} s in the middle of its response.",
            ) from error
        count = count or 0
        self.received += count
        return count

    def sendall(self, data: bytes) -> None:
        """Send all of `data`."""
        assert self._deadline is not None
        self._sock.settimeout(self._deadline.left(self._deadline.read))
        try:
            self._sock.sendall(data)
        except TimeoutError as error:
            raise Failure(Outcome.TIMEOUT, f"{self._host} didn't accept the request in time.") from error

    def makefile(self, mode: str, *args: object) -> io.BufferedReader:
        """Return a buffered reader of what comes in; http.client asks for nothing else."""
        return io.BufferedReader(_Reader(self, self._sock.makefile("rb", buffering=0)), _BUFFER_BYTES)

    def settimeout(self, seconds: float | None) -> None:
        """Ignore it: the deadline rules."""

    def fileno(self) -> int:
        """Return the file descriptor, to be polled."""
        return self._sock.fileno()

    def shutdown(self, how: int) -> None:
        """Shut one or both directions down."""
        self._sock.shutdown(how)

    def close(self) -> None:
        """Close, once all readers are closed, too."""
        self._sock.close()


class _Reader(io.RawIOBase):
    """Reads a guarded socket. `raw` holds the socket open until this is closed, as http.client expects."""

    def __init__(self, guarded: GuardedSocket, raw: socket.SocketIO) -> None:
        self._guarded = guarded
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        return self._guarded.read_into(self._raw, buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def dial(endpoints: Sequence[Endpoint], host: str, port: int, deadline: Deadline) -> socket.socket:
    """Connect to the first of `endpoints` that answers, all within the connect timeout.

    Each address gets its share of the time, so that a dead IPv6 route doesn't use up that of a living IPv4 one.
    Raises Failure: CONNECT or TIMEOUT.
    """
    expires = time.monotonic() + deadline.left(deadline.connect)
    problem: OSError | None = None
    for index, endpoint in enumerate(endpoints):
        share = (expires - time.monotonic()) / (len(endpoints) - index)
        sock = socket.socket(endpoint.family, socket.SOCK_STREAM)
        try:
            sock.settimeout(max(share, 0.001))
            sock.connect((endpoint.address, port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            problem = error
        else:
            return sock
    if isinstance(problem, TimeoutError):
        raise Failure(Outcome.TIMEOUT, f"{host} didn't accept a connection within {deadline.connect:g} s.") from problem
    reason = problem.strerror if problem and problem.strerror else "no address"
    raise Failure(Outcome.CONNECT, f"{host} can't be reached at port {port}: {reason}.") from problem


def connect(
    resolver: Resolver, host: str, port: int, deadline: Deadline, context: Callable[[], ssl.SSLContext] | None
) -> socket.socket:
    """Connect to a checked address of `host`, and with a `context` over TLS, the certificate checked for the name.

    Raises Failure.
    """
    endpoints = resolver.endpoints(host, port, deadline.left(deadline.connect))
    sock = dial(endpoints, host, port, deadline)
    return sock if context is None else encrypt(sock, host, deadline, context)


def encrypt(sock: socket.socket, host: str, deadline: Deadline, context: Callable[[], ssl.SSLContext]) -> ssl.SSLSocket:
    """Go on over TLS, the certificate checked for the name. Raises Failure, with the socket closed."""
    try:
        # OpenSSL's handshake as a whole keeps to this, not each of its reads.
        sock.settimeout(deadline.left(deadline.connect))
        return context().wrap_socket(sock, server_hostname=host)
    except (OSError, ValueError) as error:
        sock.close()
        raise tls_failure(host, error) from error


def tls_failure(host: str, error: Exception) -> Failure:
    """Tell why no TLS connection to `host` came about."""
    if isinstance(error, TimeoutError):
        return Failure(Outcome.TIMEOUT, f"{host} didn't finish the TLS handshake in time.")
    if isinstance(error, ssl.SSLCertVerificationError):
        return Failure(Outcome.TLS, f"The certificate of {host} is not trusted: {error.verify_message}.")
    if isinstance(error, ssl.SSLError):
        return Failure(Outcome.TLS, f"{host} doesn't respond in valid TLS: {error.reason or 'handshake failed'}.")
    return Failure(Outcome.TLS, f"{host} aborted the TLS handshake.")
