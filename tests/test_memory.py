"""What is set for the whole process."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

#: Eight threads take memory in small pieces and give it back, each while the others hold theirs. Prints the number of
#: places (arenas) that glibc made for them.
THREADS = """
import ctypes, sys, threading
from listener.memory import share_arenas
if "share" in sys.argv:
    share_arenas()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
meet = threading.Barrier(8)
def take():
    libc.malloc(3000)
    meet.wait()
threads = [threading.Thread(target=take) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
libc.fdopen.restype = ctypes.c_void_p
out = libc.fdopen(1, b"w")
libc.malloc_info(0, out)
libc.fflush(ctypes.c_void_p(out))
"""


def arenas(*arguments: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", THREADS, *arguments], capture_output=True, text=True, timeout=30, check=True
    )
    return done.stdout.count("<heap nr=")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a matter of glibc")
def test_all_threads_take_memory_from_one_place() -> None:
    assert arenas() > 1
    assert arenas("share") == 1
