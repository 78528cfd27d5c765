"""The unit in config/systemd is sound and stays as closed as it is."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from listener.cli.service import opened
from listener.plugins import bundled

UNIT = bundled("config") / "systemd" / "listener.service"
BROWSER = bundled("config") / "systemd" / "browser.conf"
#: What `systemd-analyze security --offline=true` of systemd 252 gives, from 0 (closed) to 10. May fall, not rise.
EXPOSURE_AT_MOST = 1.1
EXPOSURE_WITH_A_BROWSER_AT_MOST = 1.8

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze isn't installed")


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *arguments], capture_output=True, text=True, timeout=50, check=False
    )


@needs_systemd
def test_the_unit_exposes_no_more_than_it_did() -> None:
    done = analyze("security", "--offline=true", str(UNIT))
    exposure = re.search(r"Overall exposure level for listener.service: ([0-9.]+)", done.stdout)
    assert exposure is not None, done.stdout + done.stderr
    assert float(exposure[1]) <= EXPOSURE_AT_MOST


@needs_systemd
def test_systemd_knows_every_word_of_the_unit(tmp_path: Path) -> None:
    program = shutil.which("true")
    text = UNIT.read_text(encoding="utf-8").replace("/opt/listener/bin/listener", str(program))
    copy = tmp_path / "listener.service"
    copy.write_text(text, encoding="utf-8")
    done = analyze("verify", "--recursive-errors=no", str(copy))
    assert done.returncode == 0, done.stderr
    assert "listener.service" not in done.stderr, done.stderr


def test_what_a_browser_needs_is_taken_by_systemd_and_told_in_the_documentation(tmp_path: Path) -> None:
    drop_in = BROWSER.read_text(encoding="utf-8")
    wanted = [line for line in drop_in.splitlines() if line and not line.startswith("#")]
    documentation = (Path(__file__).resolve().parents[2] / "docs" / "systemd.md").read_text(encoding="utf-8")
    assert "\n".join(wanted) in documentation
    text = opened(UNIT.read_text(encoding="utf-8"), drop_in)
    lines = text.splitlines()
    assert [line for line in wanted if line not in lines] == []
    assert lines.index("SystemCallFilter=~@privileged @resources") < lines.index(wanted[3])
    assert "MemoryDenyWriteExecute=yes" not in lines
    if shutil.which("systemd-analyze") is None:
        return
    copy = tmp_path / "listener.service"
    copy.write_text(text.replace("/opt/listener/bin/listener", str(shutil.which("true"))), encoding="utf-8")
    done = analyze("verify", "--recursive-errors=no", str(copy))
    assert (done.returncode, "listener.service" in done.stderr) == (0, False), done.stderr
    exposure = re.search(
        r"level for listener.service: ([0-9.]+)", analyze("security", "--offline=true", str(copy)).stdout
    )
    assert exposure is not None
    assert float(exposure[1]) <= EXPOSURE_WITH_A_BROWSER_AT_MOST


#: What the unit's `MemoryDenyWriteExecute` forbids, said to the kernel itself (prctl(2), Linux 6.3), then all that the
#: program loads of machine code.
CLOSED = """
import ctypes, mmap, sys
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) != 0:
    sys.exit(77)
try:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    sys.exit("the kernel allows what it should not")
except PermissionError:
    pass
import ahocorasick_rs, css_inline, jinja2, lxml.html, msgspec, sqlalchemy, sqlite3, ssl, trafilatura, turbohtml
assert ahocorasick_rs.AhoCorasick(["acme"]).find_matches_as_indexes("the acme") == [(0, 4, 8)]
assert "color" in css_inline.inline("<style>p{color:red}</style><p>x</p>")
assert lxml.html.fromstring("<p>x</p>").text_content() == "x"
assert msgspec.json.decode(b"[1]") == [1]
assert sqlite3.connect(":memory:").execute("SELECT 1").fetchone() == (1,)
ssl.create_default_context()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a matter of Linux")
def test_nothing_that_the_program_loads_writes_machine_code() -> None:
    done = subprocess.run([sys.executable, "-c", CLOSED], capture_output=True, text=True, timeout=50, check=False)
    if done.returncode == 77:
        pytest.skip("the kernel can't forbid it (before Linux 6.3)")
    assert done.returncode == 0, done.stderr
