"""A process and its descendants: their memory, and killing them together. Linux, by /proc."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

#: Between two looks at a running process.
STEP_SECONDS = 0.2


def family(pid: int) -> list[int]:
    """Return a process and its descendants, as far as this system tells."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):  # gone meanwhile
            # After the name in brackets, which may hold anything: state, parent.
            children[int(entry.read_text().rpartition(")")[2].split()[1])].append(int(entry.parent.name))
    found = [pid]
    for each in found:
        found += children[each]
    return found


def memory_of(pids: list[int]) -> int:
    """Return the resident bytes of processes; memory that they share counts for each."""
    pages = 0
    for pid in pids:
        with suppress(OSError, ValueError, IndexError):
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def end_all(process: subprocess.Popen[bytes]) -> None:
    """End a process and everything that it started."""
    for pid in reversed(family(process.pid)):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


class Watchdog:
    """Ends a process and its family when time or memory runs out; `reason` says which, once it has."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: float, memory_limit: int) -> None:
        self.reason: str | None = None
        self._process = process
        self._end = time.monotonic() + seconds
        self._memory_limit = memory_limit
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=f"watch {process.pid}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the process and its family now, whatever it does."""
        self._over.set()
        self._thread.join()
        end_all(self._process)

    def _watch(self) -> None:
        while not self._over.wait(STEP_SECONDS):
            if time.monotonic() > self._end:
                self.reason = "time"
            elif memory_of(family(self._process.pid)) > self._memory_limit:
                self.reason = "memory"
            else:
                continue
            end_all(self._process)
            return
