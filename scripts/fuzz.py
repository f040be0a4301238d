"""Mutate mail: seeds of our own, damaged in bytes, headers and structure; the same for the same seed and number.

The seeds are letters of the bundled corpus as mail, made-up other mail, and what real mail programs wrote in
tests/fixtures. Half of what is written is one file a message, half is in mailboxes, where a mutation may also cut one
message in two.

Usage: python scripts/fuzz.py FOLDER --messages 2000 [--seed 1]     then `analyzer batch FOLDER -o OUT`
       python scripts/fuzz.py --show 17 [--seed 1]                  prints one message
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent))
from analyzer.corpus import bundled_letters, read_corpus
from scripts.make_mailbox import make_mailbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.corpus import Example

FIXTURES = Path(__file__).parent.parent / "tests/fixtures/mailboxes"
SEEDS = 400
"""Letters of the corpus that are mutated, and half as much other mail."""

_IN_MAILBOX = 500  # messages of one mailbox
_START = re.compile(rb"^From .*\n", re.MULTILINE)

JUNK = (
    b"\0", b"\xff\xfe", b"\xed\xa0\xbd", b"\x1b[2J\x1b]0;owned\x07", b"\xe2\x80\xae", b"\xe2\x80\x8b" * 50, b"\r", b"\n\n", b"\n.\n",
    b"=?utf-8?b?", b"=?utf-7?q?+ADw-script+AD4-?=", b"=cmd|' /C calc'!A0", b"@SUM(1+1)", b"<script>alert(1)</script>",
    b"<svg onload=alert(1)>", b"</script><!--", b"]]>", b"{{7*7}}", b"../../../.bashrc", b"\nFrom nobody Mon Jan  1 00:00:00 2026\n",
    b"\nBcc: spy@evil.example\n", b"> " * 400, b"<div>" * 300, b"-- \n" * 60, b"&#x202e;&#0;&#xd800;&#1114112;", b"a" * 5000, b"\xc3",
)  # fmt: skip

HEADERS = (
    b"Subject: =?utf-8?q?=0D=0ABcc:_spy@evil.example?=", b"Subject: " + b"../" * 900 + b".bashrc", b"Subject:", b"Subject: CON.eml",
    b"From: \"<script>\" <a@b.example>, c@d.example", b"From: =?x?b?////?= <@>", b"From:", b"From: a@b.example\n\t\n c",
    b"To: " + b"a@b.example, " * 4000, b"Reply-To: <javascript:alert(1)>", b"Cc: undisclosed-recipients:;",
    b"Date: Mon, 99 Foo 99999 99:99:99 +9999", b"Date: Thu, 1 Jan 1 00:00:00 +0000", b"Date: Fri, 31 Dec 9999 23:59:59 -2359",
    b"Date: 2026-03-02", b"Date: 99999999999999999999", b"Message-ID: <a b>", b"Message-ID: " + b"<" * 2000, b"Message-ID: <same@x.example>",
    b"References: " + b"<r@x.example> " * 3000, b"In-Reply-To: <same@x.example>", b"X-GM-THRID: 1", b"X-Gmail-Labels: \"a\",=?utf-8?q?=22?=",
    b"Content-Type: text/html; charset=utf-16", b"Content-Type: text/plain; charset=\"\0\"", b"Content-Type: text/plain; charset=x-user-defined",
    b"Content-Type: multipart/mixed", b"Content-Type: multipart/mixed; boundary=\"\"", b"Content-Type: multipart/alternative; boundary=b",
    b"Content-Type: message/rfc822", b"Content-Type: message/delivery-status", b"Content-Type: text/calendar", b"Content-Type: application/pdf",
    b"Content-Type: text/plain; charset*0*=utf-8''u; charset*2=x", b"Content-Disposition: attachment; filename*=utf-8''%2e%2e%2f%00.docx",
    b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: quoted-printable", b"Content-Transfer-Encoding: x-uuencode",
    b"Content-Transfer-Encoding: \xff", b"Content-Length: -1", b"MIME-Version: 0", b": no name", b"\xff\xfe: x", b"no colon at all",
)  # fmt: skip

CHARSETS = (
    b"utf-8",
    b"utf-7",
    b"utf-16",
    b"utf-32-be",
    b"cp037",
    b"iso-2022-jp",
    b"hz",
    b"gb18030",
    b"idna",
    b"rot13",
    b"zlib",
    b"none",
)


def make_mail(folder: Path, *, messages: int, seed: int) -> int:
    """Write so many mutated messages into `folder`; return how many of them are files of their own."""
    (folder / "files").mkdir(parents=True)
    alone = 0
    for number in range(messages):
        data = mutated(number, seed)
        if number % 2:
            (folder / "files" / f"{number:06}.eml").write_bytes(data)
            alone += 1
        else:
            with (folder / f"{number // _IN_MAILBOX:04}.mbox").open("ab") as mailbox:
                mailbox.write(b"From sender@mail.example Mon Mar  2 08:00:00 2026\n" + data + b"\n\n")
    return alone


def mutated(number: int, seed: int) -> bytes:
    """Return the mutated message of this number: one to five mutations of one of the seeds."""
    draw = random.Random(f"{seed} {number}")  # noqa: S311  nothing is kept secret here
    data = draw.choice(seeds())
    for _ in range(draw.choice((1, 1, 2, 3, 5))):
        data = draw.choice(MUTATIONS)(draw, data)
    return data


@cache
def seeds() -> tuple[bytes, ...]:
    """Return the messages that are mutated: letters, other mail, and what mail programs wrote."""
    examples = [example for example in read_corpus([bundled_letters()]) if not example.composed]
    letters = [_rendered(example, number) for number, example in enumerate(examples[:: len(examples) // SEEDS])]
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "seeds.mbox"
        make_mailbox(path, messages=SEEDS // 2, seed=5)
        other = [message for message in _START.split(path.read_bytes()) if 0 < len(message) < 30_000]
    fixtures = [file.read_bytes() for file in sorted(FIXTURES.glob("*/*/*")) if file.is_file()]
    return (*letters, *other, *fixtures)


def _rendered(example: Example, number: int) -> bytes:
    """Return a letter of the corpus as the mail it was: every second one with an HTML part, every third one in a thread."""
    letter, mail = example.letter, EmailMessage()
    mail["From"] = f"Hiring <people{number}@firm{number % 40}.example>"
    mail["To"] = "Sam <sam@home.example>"
    mail["Subject"] = " ".join((letter.subject or "Your application").split())
    mail["Date"] = format_datetime(datetime(2026, 3, 1, tzinfo=UTC) - timedelta(hours=7 * number))
    mail["Message-ID"] = f"<{number}@firm.example>"
    if number % 3 == 0:
        mail["In-Reply-To"] = f"<{number + 3}@firm.example>"
    mail.set_content(letter.text)
    if number % 2:
        mail.add_alternative("".join(f"<p>{escape(part)}</p>" for part in letter.text.split("\n\n")), subtype="html")
    return mail.as_bytes()


def _place(draw: random.Random, data: bytes) -> int:
    """Return a place in a message, as often in its header as in its body."""
    return draw.randrange(min(len(data), 3000) + 1) if draw.random() < 0.5 else draw.randrange(len(data) + 1)


def flip(draw: random.Random, data: bytes) -> bytes:
    """Change up to thirty bytes."""
    changed = bytearray(data)
    for _ in range(draw.randint(1, 30)):
        if changed:
            changed[_place(draw, data) % len(changed)] = draw.randrange(256)
    return bytes(changed)


def insert(draw: random.Random, data: bytes) -> bytes:
    """Put something hostile somewhere."""
    at = _place(draw, data)
    return data[:at] + draw.choice(JUNK) * draw.choice((1, 1, 1, 20)) + data[at:]


def cut(draw: random.Random, data: bytes) -> bytes:
    """End it early."""
    return data[: _place(draw, data)]


def leave_out(draw: random.Random, data: bytes) -> bytes:
    """Take a stretch out."""
    at = _place(draw, data)
    return data[:at] + data[at + draw.choice((1, 10, 1000)) :]


def repeat(draw: random.Random, data: bytes) -> bytes:
    """Say a stretch many times."""
    at = _place(draw, data)
    stretch = data[at : at + draw.choice((1, 40, 2000))]
    return data[:at] + stretch * draw.choice((2, 50)) + data[at:]


def add_header(draw: random.Random, data: bytes) -> bytes:
    """Put a header first, where it goes before the message's own."""
    return draw.choice(HEADERS) + b"\n" + data


def replace_header(draw: random.Random, data: bytes) -> bytes:
    """Put a header in the place of the message's own."""
    header = draw.choice(HEADERS)
    name = header.split(b":")[0]
    own = re.compile(rb"^" + re.escape(name) + rb":.*(?:\n[ \t].*)*", re.IGNORECASE | re.MULTILINE)
    return own.sub(lambda _: header, data, count=1)


def mix_headers(draw: random.Random, data: bytes) -> bytes:
    """Put the lines of the header in another order, folded ones too."""
    head, _, body = data.partition(b"\n\n")
    lines = head.split(b"\n")
    draw.shuffle(lines)
    return b"\n".join(lines) + b"\n\n" + body


def recode(draw: random.Random, data: bytes) -> bytes:
    """Declare another charset, or another encoding, than it is in."""
    data = re.sub(rb"charset=[^\s;]+", lambda _: b"charset=" + draw.choice(CHARSETS), data)
    encoding = draw.choice((b"base64", b"quoted-printable", b"8bit", b"x-unknown"))
    return re.sub(
        rb"(?i)(content-transfer-encoding:) *\S+", lambda own: own[1] + b" " + encoding, data, count=draw.randint(0, 2)
    )


def nest(draw: random.Random, data: bytes) -> bytes:
    """Make it a part of parts, some of them never closed."""
    for level in range(draw.choice((1, 3, 30, 300))):
        if draw.random() < 0.5:
            data = b"Content-Type: message/rfc822\n\n" + data
        else:
            end = draw.choice((b"\n--b%d--\n" % level, b"\n--b%d\n" % level, b""))
            data = b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (level, level) + data + end
    return b"Subject: nested\nMIME-Version: 1.0\n" + data


def cross(draw: random.Random, data: bytes) -> bytes:
    """Begin as one message and end as another."""
    other = draw.choice(seeds())
    return data[: _place(draw, data)] + other[_place(draw, other) :]


def break_lines(draw: random.Random, data: bytes) -> bytes:
    """End lines as other systems do, or not at all."""
    return data.replace(b"\n", draw.choice((b"\r\n", b"\r", b"\n\n", b"\r\r\n", b" ", b"\n\t")))


def break_boundaries(draw: random.Random, data: bytes) -> bytes:
    """Lose, double or rename the lines between parts."""
    change: Callable[[re.Match[bytes]], bytes] = draw.choice(
        (lambda _: b"", lambda line: line[0] * 2, lambda _: b"--b\n", lambda line: line[0].lower())
    )
    return re.sub(rb"^--\S+\n", change, data, count=draw.randint(1, 3), flags=re.MULTILINE)


MUTATIONS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    *(flip, insert, cut, leave_out, repeat, add_header, replace_header, mix_headers),
    *(recode, nest, cross, break_lines, break_boundaries),
)


def main() -> None:
    """Write mutated mail, or print one message of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, help="print the message of this number")
    arguments = parser.parse_args()
    if arguments.show is not None:
        sys.stdout.buffer.write(mutated(arguments.show, arguments.seed))
    elif arguments.folder:
        make_mail(arguments.folder, messages=arguments.messages, seed=arguments.seed)
    else:
        parser.error("name a folder, or --show a message")


if __name__ == "__main__":
    main()
