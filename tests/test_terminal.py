"""Pasting and answering at a terminal, through a real one."""

from __future__ import annotations

import contextlib
import os
import re
import select
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest

if os.name == "nt":
    pytest.skip("there are no pseudo-terminals", allow_module_level=True)

import pty
import termios

NO = (
    "Thank you for applying. After careful consideration we regret that we will not be taking your application further."
)
INTERVIEW, STRENGTH = "Did you have one?", "why were you right for this?"
IN_ITS_OWN_TERMINAL = "import fcntl, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
PASTE = "from analyzer.terminal import read_paste; open(sys.argv[1], 'wb').write(read_paste(0))"
ANALYZER = "from analyzer.cli import main; main()"
PATIENCE = 120  # seconds until a test is given up


@dataclass
class Terminal:
    """A program at a terminal of its own: what it showed, and a keyboard to type on."""

    keyboard: int
    line: int
    process: subprocess.Popen
    shown: str = ""

    def wait(self, reached):
        """Show what comes until `reached()`; fail where it never is."""
        end = time.monotonic() + PATIENCE
        while not reached():
            assert time.monotonic() < end, f"never came; the screen shows:\n{self.shown}"
            self._read()

    def see(self, text):
        self.wait(lambda: text in self.shown)

    def paste_mode(self):
        """Wait until the program reads key by key."""
        self.wait(lambda: not self.mode()[3] & termios.ICANON)

    def type(self, keys: bytes):
        while keys:
            self._read()
            if select.select([], [self.keyboard], [], 0.1)[1]:
                keys = keys[os.write(self.keyboard, keys[:1000]) :]

    def end(self):
        """Wait for the program to end; return its exit code."""
        self.wait(lambda: self.process.poll() is not None)
        self._read()
        return self.process.returncode

    def mode(self):
        return termios.tcgetattr(self.line)

    def _read(self):
        if select.select([self.keyboard], [], [], 0.02)[0]:
            with contextlib.suppress(OSError):
                seen = os.read(self.keyboard, 65536).decode("utf-8", "replace")
                self.shown += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen).replace("\r\n", "\n")


@pytest.fixture
def at_terminal():
    """Start Python code at a new terminal."""
    opened = []

    def start(code, *args, **streams):
        keyboard, line = pty.openpty()
        command = [sys.executable, "-c", IN_ITS_OWN_TERMINAL + code, *map(str, args)]
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), line) | streams
        env = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200", "TERM": "xterm"}
        opened.append(Terminal(keyboard, line, subprocess.Popen(command, start_new_session=True, env=env, **streams)))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.process.kill()
        terminal.process.wait()
        os.close(terminal.keyboard)
        os.close(terminal.line)


LONG = ("We regret. " * 2000)[:20_000].encode()


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (LONG + b"\x04", LONG),
        (LONG + b"\r.\r", LONG),
        (b"two\rlines\r\x04", b"two\nlines\n"),
        (b"two\rlines\r.\r", b"two\nlines"),
        (b"a.\r..\r .\r. \r.x\r\x04", b"a.\n..\n .\n. \n.x\n"),  # a full stop is an end only when alone
        (b"a\r\r.\r", b"a\n"),
        (b"abd\x7fc\x04", b"abc"),
        (b"abd\x08c\x04", b"abc"),
        ("caf\u00e9\x7fe\x04".encode(), b"cafe"),
        ("\u20ac\U0001f600\x7f\x7f\x7fx\x04".encode(), b"x"),
        (b"\x7f\x7fa\r\x7fb\x04", b"a\nb"),  # what is on the line before stays
        (b"\x80\x7fb\x04", b"b"),
        (b"\x04", b""),
        (b".\r\x04", b""),
    ],
    ids=lambda value: repr(value[:12] + value[-5:]) if len(value) > 100 else repr(value),
)
def test_what_is_pasted_arrives_whole(at_terminal, tmp_path, keys, text):
    terminal = at_terminal(PASTE, tmp_path / "pasted")
    before = terminal.mode()
    terminal.paste_mode()
    terminal.type(keys)
    assert terminal.end() == 0, terminal.shown
    assert (tmp_path / "pasted").read_bytes() == text
    assert terminal.mode() == before


@pytest.mark.parametrize("code", [PASTE, ANALYZER])
def test_ctrl_c_leaves_the_terminal_as_it_was(at_terminal, tmp_path, code):
    terminal = at_terminal(code, *([tmp_path / "pasted"] if code is PASTE else []))
    before = terminal.mode()
    terminal.paste_mode()
    assert terminal.mode() != before
    terminal.type(b"We regret\r\x03")
    assert terminal.end() != 0
    assert terminal.mode() == before
    if code is ANALYZER:
        assert "Traceback" not in terminal.shown


def test_a_pasted_letter_is_answered_and_the_questions_come(at_terminal):
    terminal = at_terminal(ANALYZER)
    terminal.paste_mode()
    terminal.see("End with Ctrl-D")
    terminal.type(NO.encode() + b"\r.\r")
    terminal.see(INTERVIEW)
    terminal.type(b"y\r")
    terminal.see(STRENGTH)
    terminal.type(b"I know your trade\r")
    assert terminal.end() == 0
    assert "rejection" in terminal.shown
    assert "(as you say)" in terminal.shown
    assert "because I know your trade" in terminal.shown


def test_nothing_pasted_is_one_line(at_terminal):
    terminal = at_terminal(ANALYZER)
    terminal.paste_mode()
    terminal.type(b" \r\x04")
    assert terminal.end() == 1
    assert "error: the pasted letter: there is no text in it" in terminal.shown
    assert "Traceback" not in terminal.shown


@pytest.mark.parametrize("option", [["--stage", "interview"], ["--json"]])
def test_no_question_is_asked_that_is_answered_or_in_the_way(at_terminal, tmp_path, option):
    (tmp_path / "letter.txt").write_text(NO, "utf-8")
    terminal = at_terminal(ANALYZER, "analyze", tmp_path / "letter.txt", *option)
    if option != ["--json"]:
        terminal.see(STRENGTH)
        terminal.type(b"\r")
    assert terminal.end() == 0
    assert INTERVIEW not in terminal.shown


@pytest.mark.parametrize("piped", ["stdin", "stdout"])
def test_in_a_pipe_nothing_is_asked(at_terminal, tmp_path, piped):
    (tmp_path / "letter.txt").write_text(NO, "utf-8")
    code = ANALYZER if piped == "stdout" else f"import os; os.dup2(os.open(sys.argv[2], os.O_RDONLY), 0); {ANALYZER}"
    with (tmp_path / "out.txt").open("wb") as out:
        terminal = at_terminal(
            code, "analyze", tmp_path / "letter.txt", **({"stdout": out} if piped == "stdout" else {})
        )
        assert terminal.end() == 0
    said = terminal.shown + (tmp_path / "out.txt").read_text("utf-8")
    assert "rejection" in said
    assert INTERVIEW not in said
    assert STRENGTH not in said
