"""Adapter: notifies systemd of readiness, status and watchdog, by the protocol of sd_notify(3).

One datagram for each message to the socket that `$NOTIFY_SOCKET` names. Without one nothing is sent and nothing fails:
the same program runs in a terminal. A message that can't be delivered is dropped, for a service manager that doesn't
listen is no reason to stop.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from datetime import timedelta

#: systemd empties its queue at once; a full one means that it is being replaced, and the next message will do.
SEND_TIMEOUT_SECONDS = 1.0
#: Of the status line; systemd shows it in one line of `systemctl status`.
STATUS_LIMIT = 500


class Notifier:
    """Sends messages about this process to the service manager."""

    def __init__(self, address: str | None, watchdog: timedelta | None = None) -> None:
        """Send to `address`, a path or "@" and an abstract name; None: nowhere.

        `watchdog` is how often the manager wants to hear `watchdog()` at least, if it does.
        """
        self._address = address
        #: Call `watchdog()` more often than this; None where nobody waits for it.
        self.watchdog_interval = watchdog

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], pid: int | None = None) -> Notifier:
        """Read what systemd says to the process `pid` (this one): NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID."""
        address = environ.get("NOTIFY_SOCKET") or None
        if address is not None and address[0] not in "/@":
            # Other families (vsock) are for virtual machines, and reach the manager of the host.
            address = None
        return cls(address, _watchdog(environ, os.getpid() if pid is None else pid))

    def ready(self) -> bool:
        """Say that the start, or a reload, is done."""
        return self._send("READY=1")

    def status(self, text: str) -> bool:
        """Show one line of `text` in `systemctl status`."""
        return self._send(f"STATUS={' '.join(text.split())[:STATUS_LIMIT]}")

    def watchdog(self) -> bool:
        """Say that the service is alive."""
        return self._send("WATCHDOG=1")

    def reloading(self) -> bool:
        """Say that the settings are being read again; `ready` ends it."""
        # systemd tells an old message from a new one by the clock that it uses itself.
        microseconds = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        return self._send(f"RELOADING=1\nMONOTONIC_USEC={microseconds}")

    def stopping(self) -> bool:
        """Say that the service is on its way out."""
        return self._send("STOPPING=1")

    def _send(self, message: str) -> bool:
        """Send a message and return whether it was taken."""
        if self._address is None:
            return False
        # A leading NUL byte marks a name in Linux' abstract namespace (unix(7)); systemd writes it as "@".
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as client:
                client.settimeout(SEND_TIMEOUT_SECONDS)
                client.sendto(message.encode("utf-8", "replace"), address)
        except OSError:
            return False
        return True


def _watchdog(environ: Mapping[str, str], pid: int) -> timedelta | None:
    """Return the interval that systemd asks of the process `pid`; None if it asks nothing of it."""
    interval, whose = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not (interval.isascii() and interval.isdecimal()) or (whose and whose != str(pid)):
        return None
    # The largest value is the manager's way to say never; it has more microseconds than a timedelta.
    microseconds = int(interval[:20])
    return timedelta(microseconds=microseconds) if 0 < microseconds < 10**15 else None
