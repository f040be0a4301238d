"""Make a mailbox of any size, mixed as real mail is: the same bytes for the same size and seed.

One message in twenty is job mail, three in two hundred are rejections; both are taken from the bundled corpus, as are
the job alerts. All other mail is of our own making: newsletters, receipts and notices in HTML, personal mail with
quoted history, mailing lists, attachments, and bodies with lines that begin with "From ".

Usage: python scripts/make_mailbox.py OUT.mbox --size 200M [--seed 1]
       python scripts/make_mailbox.py OUT.mbox --messages 500
"""

from __future__ import annotations

import argparse
import base64
import binascii
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from analyzer.corpus import bundled_letters, read_corpus
from analyzer.reasons import Kind

if TYPE_CHECKING:
    from analyzer.corpus import Example

REJECTIONS, OTHER_JOB_MAIL, JOB_ALERTS = 0.015, 0.035, 0.01
"""Shares of all messages."""

_KINDS_OF_OTHER = {"newsletter": 45, "receipt": 18, "notice": 15, "personal": 12, "discussion": 6, "attachment": 4}
"""Of a hundred other mails."""

_PLAIN = 0.25
"""Share of mail that is written in one way alone, as text or as HTML; all other has both."""

_START = datetime(2025, 3, 1, 8, tzinfo=UTC)
_YEAR = 364 * 86_400
_QUOTED = re.compile(r"^(>*From )", re.MULTILINE)

_NAMES = "Ada Ben Cleo Dan Edna Finn Gus Hana Ivo June Kofi Lena Milo Nora Otis Pia Quin Rosa Sam Tess Uma Vito Wen Yara".split()
_SHOPS = "Larkspur Bookery|Tin Kettle|Northbeam Lamps|Fernhill Garden|Copper Lane Shoes|Blue Harbour Travel|Maple Radio".split(
    "|"
)
_THINGS = "lamps|garden chairs|walking boots|kettles|bread tins|rain coats|maps|tea|bicycle bells|blankets|notebooks|seeds".split(
    "|"
)
_PLACES = "the harbour|the old market|the library|Lisbon|the lake|our allotment|the cinema|Ghent|the swimming pool|the north side".split(
    "|"
)
_OPENERS = (
    "The weather has turned and so has {place}",
    "We have been busy with {thing} all week",
    "Everyone who was at {place} asked about {thing}",
    "From Monday on {thing} can be collected at {place}",
    "{name} has written about {thing} again",
    "There is a new path from {place} to the station",
    "Nobody expected so many {thing} in one van",
    "In this issue {name} looks at {thing}, old and new",
)
_CLOSERS = (
    "which is more than last year",
    "and that was before lunch",
    "so please bring your own cup",
    "as the pictures below show",
    "while stocks last, and terms apply",
    "and the second one is half price",
    "though the neighbours see it in another light",
    "because the bridge is closed until spring",
)


@dataclass
class Made:
    """What was made."""

    messages: int = 0
    size: int = 0
    kinds: Counter[str] = field(default_factory=Counter)


def make_mailbox(path: Path, *, messages: int | None = None, size: int | None = None, seed: int = 1) -> Made:
    """Write so many messages, or so many bytes, as mboxrd; return what was written."""
    maker = _Maker(seed)
    made = Made()
    with path.open("wb") as file:
        while made.messages < messages if messages is not None else made.size < (size or 0):
            kind = maker.write(file, made.messages)
            made.messages += 1
            made.kinds[kind] += 1
            made.size = file.tell()
    return made


@cache
def _letters() -> tuple[Example, ...]:
    return tuple(example for example in read_corpus([bundled_letters()]) if not example.composed)


class _Maker:
    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(seed)  # noqa: S311  nothing is kept secret here
        letters = _letters()
        self.rejections = [example for example in letters if example.kind is Kind.REJECTION]
        self.alerts = [example for example in letters if example.kind is Kind.OTHER]
        self.job_mail = [example for example in letters if example.kind not in {Kind.REJECTION, Kind.OTHER}]

    def write(self, file: BinaryIO, number: int) -> str:
        """Write one message, and return what kind it is of."""
        draw = self.random.random()
        if draw < REJECTIONS + OTHER_JOB_MAIL:
            example = self.random.choice(self.rejections if draw < REJECTIONS else self.job_mail)
            kind, data = example.kind.value, self.letter(example, number)
        elif draw < REJECTIONS + OTHER_JOB_MAIL + JOB_ALERTS:
            kind, data = "alert", self.letter(self.random.choice(self.alerts), number)
        else:
            kind = self.random.choices([*_KINDS_OF_OTHER], [*_KINDS_OF_OTHER.values()])[0]
            data = getattr(self, kind)(number)
        moment = _START + timedelta(seconds=self.random.randrange(_YEAR))
        file.write(f"From sender@mail.example {moment:%a %b %e %H:%M:%S %Y}\n".encode())
        file.write(self.trace(moment, number))
        file.write(data if data.endswith(b"\n") else data + b"\n")
        file.write(b"\n")
        return kind

    def trace(self, moment: datetime, number: int) -> bytes:
        """Return the headers that the servers on a mail's way add: most of what a header is."""
        date = format_datetime(moment)
        hops = "".join(
            f"Received: from mx{hop}.mail.example (mx{hop}.mail.example. [192.0.2.{hop}])\n        by relay{hop}.mail.example "
            f"with ESMTPS id {self.signature(18)}\n        for <alex@home.example>\n"
            f"        (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256);\n        {date}\n"
            for hop in range(1, self.random.randint(3, 5))
        )
        signatures = "".join(
            f"{name}: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=20240113; t={moment.timestamp():.0f};\n"
            "        h=list-unsubscribe-post:list-unsubscribe:to:subject:message-id:mime-version:from:date:reply-to;\n"
            f"        bh={self.signature(32)};\n        b={self.folded(256)}\n"
            for name, domain in (("DKIM-Signature", "mail.example"), ("DKIM-Signature", "relay.example"))
        )
        seal = f"ARC-Seal: i=1; a=rsa-sha256; t={moment.timestamp():.0f}; cv=none; d=mail.example; s=arc-20240605;\n        b={self.folded(256)}\n"
        results = (
            "Authentication-Results: mx.home.example;\n       dkim=pass header.i=@mail.example header.s=20240113;\n"
            "       spf=pass (home.example: domain of bounce@mail.example designates 192.0.2.7 as permitted sender) "
            "smtp.mailfrom=bounce@mail.example;\n       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=mail.example\n"
        )
        own = f"X-GM-THRID: {number + 10**18}\nX-Gmail-Labels: Inbox,Opened\nDelivered-To: alex@home.example\n"
        last = f"Return-Path: <bounce@mail.example>\nDate: {date}\nMessage-ID: {self.name(number)}\n"
        return (own + hops + seal + "ARC-" + results + last + results + signatures).encode()

    def signature(self, size: int) -> str:
        return base64.b64encode(self.random.randbytes(size)).decode("ascii")

    def folded(self, size: int) -> str:
        """Return a signature on lines of their own, as headers are folded."""
        text = self.signature(size)
        return "\n         ".join(text[at : at + 68] for at in range(0, len(text), 68))

    def name(self, number: int) -> str:
        return f"<{self.seed}.{number}@mail.example>"

    def letter(self, example: Example, number: int) -> bytes:
        """Return a letter of the corpus, as plain text or as HTML with a plain part beside it."""
        letter = example.letter
        sender = letter.sender or f"Hiring <jobs@{self.random.choice(_NAMES).lower()}-works.example>"
        head = _head(sender, letter.subject or "Your application")
        if self.random.random() < _PLAIN:
            return head + _text(letter.text)
        page = "".join(f"<p>{_escaped(part)}</p>\n" for part in letter.text.split("\n\n"))
        return head + _alternative(letter.text, f"<html><body>{page}</body></html>", number)

    def newsletter(self, number: int) -> bytes:
        shop = self.random.choice(_SHOPS)
        head = _head(f"{shop} <news@{_slug(shop)}.example>", f"{shop}: {self.sentence()}")
        head += f"List-Unsubscribe: <https://{_slug(shop)}.example/u/{number}>\n".encode()
        return head + self.page(self.random.randint(5, 30), shop, number)

    def receipt(self, number: int) -> bytes:
        shop = self.random.choice(_SHOPS)
        head = _head(f"{shop} <orders@{_slug(shop)}.example>", f"Your order number {number} at {shop}")
        return head + self.page(self.random.randint(2, 8), shop, number)

    def notice(self, number: int) -> bytes:
        name = self.random.choice(_NAMES)
        head = _head("Pictures <no-reply@pictures.example>", f"{name} has shared {self.random.randint(2, 90)} pictures")
        words = f"{name} has shared pictures of {self.random.choice(_PLACES)}.\n\n{self.paragraph()}\n\nYou get this since you follow {name}. Unsubscribe: https://pictures.example/u/{number}\n"
        return head + _text(words)

    def personal(self, number: int) -> bytes:
        """Return a message between friends, most of them in a thread with all that was said before."""
        name = self.random.choice(_NAMES)
        words = f"Hi Alex,\n\n{self.paragraph()}\n\n{self.paragraph()}\n\nSee you soon\n{name}\n"
        earlier = max(0, number - self.random.randint(1, 40))
        head = _head(f"{name} <{name.lower()}@friends.example>", f"Re: {self.random.choice(_PLACES)}")
        for level in range(1, self.random.randint(1, 6)):
            quoted = "\n".join(">" * level + " " + line for line in self.paragraph().splitlines())
            words += f"\nOn Mon, 3 Mar 2025 at 10:0{level}, Alex <alex@home.example> wrote:\n{quoted}\n"
        head += f"In-Reply-To: {self.name(earlier)}\nReferences: {self.name(earlier)}\n".encode()
        if self.random.random() < _PLAIN:
            return head + _text(words)
        lines = "".join(f"<div>{_escaped(line) or '<br>'}</div>\n" for line in words.splitlines())
        return head + _alternative(words, f'<html><body><div dir="ltr">{lines}</div></body></html>', number)

    def discussion(self, _: int) -> bytes:
        """Return one of a list, with lines that begin with "From ", some of which no program has quoted."""
        words = "\n\n".join(self.paragraph() for _ in range(self.random.randint(3, 12)))
        words += f"\n\nFrom here on it is about {self.random.choice(_THINGS)}.\nFrom the other side too.\n"
        head = _head(f"{self.random.choice(_NAMES)} <list@talk.example>", f"[talk] {self.sentence()}")
        head += b"List-Id: <list.talk.example>\n"
        plain = b"Content-Type: text/plain; charset=utf-8\n\n" + words.encode()
        return head + (plain if self.random.random() < 0.1 else _text(words))

    def attachment(self, number: int) -> bytes:
        """Return pictures with a line or two."""
        name, size = self.random.choice(_NAMES), self.random.choice((30_000, 80_000, 150_000, 400_000))
        words = f"Hi Alex,\n\nhere are the pictures of {self.random.choice(_PLACES)}.\n\n{name}\n"
        content = base64.encodebytes(self.random.randbytes(size)).decode("ascii")
        edge = f"edge-{number}"
        return (
            _head(f"{name} <{name.lower()}@friends.example>", "Pictures")
            + (
                f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="{edge}"\n\n--{edge}\n'
                f"Content-Type: text/plain; charset=utf-8\n\n{words}\n--{edge}\n"
                f'Content-Type: image/jpeg; name="{number}.jpg"\nContent-Transfer-Encoding: base64\n'
                f'Content-Disposition: attachment; filename="{number}.jpg"\n\n{content}--{edge}--\n'
            ).encode()
        )

    def page(self, paragraphs: int, shop: str, number: int) -> bytes:
        """Return HTML as mail builders write it: tables in tables, styles on every cell."""
        cells, plain = [], []
        for place in range(paragraphs):
            words = self.paragraph()
            plain.append(words)
            cells.append(
                '<tr><td align="left" style="padding:12px 24px;font-family:Arial,Helvetica,sans-serif;font-size:14px;'
                f'line-height:21px;color:#333333"><h2 style="margin:0 0 8px 0">{_escaped(self.sentence())}</h2><p>{_escaped(words)}</p>'
                f'<a href="https://{_slug(shop)}.example/c/{number}/{place}?u=5f2c" style="color:#0b57d0">More</a>'
                f'<img src="https://{_slug(shop)}.example/i/{place}.png" width="600" height="200" alt=""></td></tr>\n'
            )
        foot = f'<p style="font-size:11px">&copy; {_escaped(shop)}. <a href="https://{_slug(shop)}.example/u">Unsubscribe</a></p>'
        style = "<style>body{margin:0}@media only screen and (max-width:600px){.w{width:100%!important}}</style>"
        page = (
            f"<html><head><title>{_escaped(shop)}</title>{style}</head><body>"
            f'<table class="w" width="600">{"".join(cells)}</table>{foot}</body></html>\n'
        )
        if self.random.random() > _PLAIN:
            return _alternative(
                "\n\n".join(plain) + f"\n\nUnsubscribe: https://{_slug(shop)}.example/u\n", page, number
            )
        return b"MIME-Version: 1.0\n" + _encoded("text/html", page)

    def paragraph(self) -> str:
        return "\n".join(f"{self.sentence()}." for _ in range(self.random.randint(2, 6)))

    def sentence(self) -> str:
        choose = self.random.choice
        start = choose(_OPENERS).format(place=choose(_PLACES), thing=choose(_THINGS), name=choose(_NAMES))
        return f"{start}, {choose(_CLOSERS)}"


def _head(sender: str, subject: str) -> bytes:
    name, _, address = sender.rpartition(" <")
    coded = f"{_word(name)} <{address}" if name else sender
    return f"From: {coded}\nTo: Alex <alex@home.example>\nSubject: {_word(subject)}\n".encode("ascii", "replace")


def _word(text: str) -> str:
    """Encode a header that is not ASCII."""
    return text if text.isascii() else f"=?utf-8?b?{base64.b64encode(text.encode()).decode()}?="


def _text(words: str) -> bytes:
    return b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n" + _quoted(
        words
    )


def _quoted(words: str) -> bytes:
    return _QUOTED.sub(r">\1", words).encode()


def _encoded(kind: str, words: str) -> bytes:
    head = f"Content-Type: {kind}; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n".encode()
    return head + binascii.b2a_qp(words.encode(), istext=True).replace(b"\nFrom ", b"\n=46rom ") + b"\n"


def _alternative(words: str, page: str, number: int) -> bytes:
    edge = f"edge-{number}".encode()
    return (
        b'MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary="'
        + edge
        + b'"\n\n--'
        + edge
        + b"\n"
        + _encoded("text/plain", words)
        + b"\n--"
        + edge
        + b"\n"
        + _encoded("text/html", page)
        + b"\n--"
        + edge
        + b"--\n"
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def bytes_of(text: str) -> int:
    """Return the number of bytes that "200M" means."""
    units = {"k": 1_000, "M": 1_000_000, "G": 1_000_000_000}
    return int(float(text.rstrip("kMG")) * units.get(text[-1], 1))


def main() -> None:
    """Write a mailbox and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--size", type=bytes_of, default=bytes_of("20M"))
    parser.add_argument("--messages", type=int)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    made = make_mailbox(asked.path, messages=asked.messages, size=asked.size, seed=asked.seed)
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(made.kinds.items()))
    print(f"{made.messages} messages, {made.size / 1e6:.1f} MB: {kinds}")


if __name__ == "__main__":
    main()
