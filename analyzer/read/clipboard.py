"""The letter that the reader has just copied, by the system's own tools: no library can do it without them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from analyzer.errors import ReadError
from analyzer.read.text import MAX_BYTES, letter_from_text

if TYPE_CHECKING:
    from analyzer.records import Letter

_SOURCE = "the clipboard"
_WAIT = 10  # seconds; the program that holds what was copied may no longer answer
_UTF_8 = "[Console]::OutputEncoding = [Text.Encoding]::UTF8; Get-Clipboard -Raw"
_TOOLS = {
    "darwin": (("pbpaste", "-Prefer", "txt"),),
    "win32": (("powershell", "-NoProfile", "-NonInteractive", "-Command", _UTF_8),),
    "wayland": (("wl-paste", "--no-newline", "--type", "text"),),
    "x11": (("xclip", "-selection", "clipboard", "-out"), ("xsel", "--clipboard", "--output")),
    "wsl": (("powershell.exe", "-NoProfile", "-NonInteractive", "-Command", _UTF_8),),
}


def read_clipboard() -> Letter:
    """Read the text that was copied last; raises ReadError where there is none, or no tool that gives it."""
    commands = [command for system in _systems() for command in _TOOLS[system] if shutil.which(command[0])]
    if not commands:
        raise ReadError(f"{_SOURCE}: cannot be read ({_what_is_missing()}); start analyzer alone, and paste the letter")
    for command in commands:
        data = _output_of(command)
        if data is not None:
            return _letter(data)
    raise ReadError(f"{_SOURCE}: holds no text that could be read; copy the letter's words and try again")


def _systems() -> list[str]:
    """Name the ways of this system to its clipboard, the likeliest first."""
    if sys.platform in _TOOLS:
        return [sys.platform]
    asked = {"WAYLAND_DISPLAY": "wayland", "DISPLAY": "x11", "WSL_DISTRO_NAME": "wsl"}
    return [system for variable, system in asked.items() if os.environ.get(variable)]


def _what_is_missing() -> str:
    if os.environ.get("WAYLAND_DISPLAY"):
        return "wl-paste is not installed; it is in wl-clipboard"
    return "xclip is not installed" if os.environ.get("DISPLAY") else "there is no desktop here"


def _output_of(command: tuple[str, ...]) -> bytes | None:
    environment = {**os.environ, "LC_CTYPE": "UTF-8"} if sys.platform == "darwin" else None
    try:
        done = subprocess.run(  # noqa: S603  the commands are those above, their program found on the user's own path
            [shutil.which(command[0]) or command[0], *command[1:]],
            capture_output=True,
            timeout=_WAIT,
            check=True,
            env=environment,
        )
    except (OSError, subprocess.SubprocessError):  # nothing was copied, or what was is no text
        return None
    return done.stdout


def _letter(data: bytes) -> Letter:
    if len(data) > MAX_BYTES:
        raise ReadError(
            f"{_SOURCE}: holds more than {MAX_BYTES // 1_000_000} MB, as no letter does; copy the letter alone"
        )
    if not data.strip():
        raise ReadError(f"{_SOURCE}: is empty; copy the letter's words and try again")
    return letter_from_text(data, _SOURCE)
