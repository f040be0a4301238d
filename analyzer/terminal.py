"""Pasting at a terminal: lines of any length, ended by Ctrl-D or by a line with a full stop alone.

In its usual mode a Linux terminal hands over at most 4,095 bytes a line and drops the rest without a word; a paragraph
of web mail is one line. So the line mode is switched off while a letter is pasted, and always switched on again.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from analyzer.read import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

END_OF_TEXT = b"\x04"
_DOTS = (b".\n", b".\r\n")
_BACKSPACE = (b"\x7f", b"\x08")


def read_paste(descriptor: int) -> bytes:
    """Read what is typed or pasted at the terminal until its end; raises KeyboardInterrupt on Ctrl-C."""
    with _without_line_mode(descriptor):
        return _read_until_end(descriptor)


def _read_until_end(descriptor: int) -> bytes:
    text = bytearray()
    while len(text) <= MAX_BYTES:
        chunk = os.read(descriptor, 65536)
        if not chunk:
            return bytes(text)
        for byte in (chunk[i : i + 1] for i in range(len(chunk))):
            if byte == END_OF_TEXT:
                return bytes(text)
            if byte in _BACKSPACE:
                _rub_out(text)
            else:
                text += byte
                if byte == b"\n" and (text in _DOTS or text.endswith(tuple(b"\n" + dot for dot in _DOTS))):
                    return bytes(text[: text.rindex(b".")]).removesuffix(b"\n")
    return bytes(text)


def _rub_out(text: bytearray) -> None:
    """Take the last character of the line back, from the text and from the screen."""
    if not text or text.endswith(b"\n"):
        return
    while len(text) > 1 and text[-1] & 0xC0 == 0x80:
        text.pop()
    text.pop()
    sys.stderr.write("\b\b\b   \b\b\b")  # the character and the "^?" that the terminal echoed for the key
    sys.stderr.flush()


@contextlib.contextmanager
def _without_line_mode(descriptor: int) -> Iterator[None]:
    try:
        import termios
    except ImportError:  # Windows: its console has no such limit
        yield
        return
    before = termios.tcgetattr(descriptor)
    raw = termios.tcgetattr(descriptor)
    raw[3] &= ~termios.ICANON
    raw[6][termios.VMIN], raw[6][termios.VTIME] = 1, 0
    termios.tcsetattr(descriptor, termios.TCSADRAIN, raw)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
