"""Make a mailbox of any size, mixed as real mail is: the same bytes for the same size and seed.

One message in twenty is job mail, three in two hundred are rejections; both are taken from the bundled corpus, as are
the job alerts. All other mail is of our own making: newsletters, receipts and notices in HTML, personal mail with
quoted history, mailing lists, attachments, and bodies with lines that begin with "From ".

What it weighs is reasoned from what mail builders write, since no real mailbox may be handed out. Gmail clips a page of
more than 102 kB, and newsletters stay just below that: of each picture and link there are a table in a table, styles on
every cell, a comment for Outlook and a tracking address of some hundred characters, so that a page of 10 to 80 kB shows
one to four kB of text. The mean is about 50 kB a message, most of it in attachments, which one message in twelve has:
pictures and documents of 30 kB to 6 MB, half of them above 160 kB. Headers are 4 kB, as Gmail's are. One page in eight
is in base64, one message in ten in an older encoding than UTF-8, and one other mail in eight uses a word of job mail
("a great opportunity", "Careers" in a footer), so that the first look does not have it easier than it is.

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

_KINDS_OF_OTHER = {"newsletter": 43, "receipt": 18, "notice": 15, "personal": 12, "discussion": 6, "attachment": 6}
"""Of a hundred other mails."""

_BILLED = 0.12
"""Share of receipts with the bill attached."""

_BAIT = 0.12
"""Share of other mail with a word in it that job mail uses too."""

_DOCUMENTS, _SILENT = 0.35, 0.3
"""Of mail with something attached, how much of it is a document, and how much says no more than that it is attached."""

_BASE64, _OLDER = 0.12, 0.1
"""Share of pages that are sent in base64, and of mail in an older encoding than UTF-8."""

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
    "It\u2019s time for {thing} \u2013 at \u00a319.90, {name}\u2019s favourites",
    "F\u00fcr {thing} sind wir auch samstags da, gleich neben {place}",
    "D\u00e9couvrez d\u00e8s aujourd\u2019hui {thing} \u00e0 {place}",
)
_BAITS = (
    "a great opportunity for everyone who likes {thing}",
    "{name} has a new job at {place}",
    "we are sorry that {thing} came late",
    "the role of {thing} in the story of {place}",
    "About us | Careers | Press | Privacy",
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
        page = "".join(
            f'<p style="margin:0 0 16px 0;{_STYLE}">{_escaped(part)}</p>\n' for part in letter.text.split("\n\n")
        )
        page = f'<table role="presentation" width="600"><tr><td style="{_STYLE}">{page}</td></tr></table>'
        top = _PAGE_HEAD.replace("SHOP", "") if self.random.random() < 0.5 else "<html>"
        return head + _alternative(letter.text, f"{top}<body>{page}</body></html>", number)

    def newsletter(self, number: int) -> bytes:
        shop = self.random.choice(_SHOPS)
        mark = self.random.choice(("", "", "", "\U0001f6d2 ", "\u2728 "))
        head = _head(f"{shop} <news@{_slug(shop)}.example>", f"{mark}{shop}: {self.sentence()}")
        head += f"List-Unsubscribe: <https://{_slug(shop)}.example/u/{number}>\n".encode()
        return head + self.page(min(40, int(self.random.lognormvariate(2.1, 0.6)) + 2), shop, number)

    def receipt(self, number: int) -> bytes:
        shop = self.random.choice(_SHOPS)
        head = _head(f"{shop} <orders@{_slug(shop)}.example>", f"Your order number {number} at {shop}")
        page = self.page(self.random.randint(2, 8), shop, number)
        if self.random.random() > _BILLED:
            return head + page
        return head + self.mixed(
            page, "application/pdf", f"bill-{number}.pdf", self.pdf(self.random.randint(25_000, 150_000))
        )

    def notice(self, number: int) -> bytes:
        name = self.random.choice(_NAMES)
        head = _head("Pictures <no-reply@pictures.example>", f"{name} has shared {self.random.randint(2, 90)} pictures")
        if self.random.random() > _PLAIN:
            return head + self.page(self.random.randint(1, 4), "Pictures", number)
        words = f"{name} has shared pictures of {self.random.choice(_PLACES)}.\n\n{self.paragraph()}\n\nYou get this since you follow {name}. Unsubscribe: https://pictures.example/u/{number}\n"
        return head + _text(words)

    def personal(self, number: int) -> bytes:
        """Return a message between friends, most of them in a thread with all that was said before."""
        name = self.random.choice(_NAMES)
        bait = f"{self.filled(self.random.choice(_BAITS[:4]))}. " if self.random.random() < _BAIT else ""
        words = f"Hi Alex,\n\n{self.paragraph()}\n\n{bait}{self.paragraph()}\n\nSee you soon\n{name}\n"
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
        """Return a picture or a document with a line or two."""
        name = self.random.choice(_NAMES)
        size = int(min(6_000_000, max(30_000, self.random.lognormvariate(12.0, 1.0))))
        place = self.random.choice(_PLACES)
        said = (
            "it is attached."
            if self.random.random() < _SILENT
            else f"here is what we spoke of at {place}. {self.paragraph()}"
        )
        head = _head(
            f"{name} <{name.lower()}@friends.example>", self.random.choice(("Pictures", "Scan", "As promised"))
        )
        text = b"MIME-Version: 1.0\n" + _encoded("text/plain", f"Hi Alex,\n\n{said}\n\n{name}\n")
        if self.random.random() < _DOCUMENTS:
            return head + self.mixed(text, "application/pdf", f"{number}.pdf", self.pdf(size))
        return head + self.mixed(text, "image/jpeg", f"{number}.jpg", self.random.randbytes(size))

    def mixed(self, text: bytes, kind: str, name: str, data: bytes) -> bytes:
        """Return a text with something attached."""
        edge = f"mixed-{name}"
        head = f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="{edge}"\n\n--{edge}\n'
        between = (
            f'\n--{edge}\nContent-Type: {kind}; name="{name}"\nContent-Transfer-Encoding: base64\n'
            f'Content-Disposition: attachment; filename="{name}"\n\n'
        )
        part = text.removeprefix(b"MIME-Version: 1.0\n")
        return head.encode() + part + between.encode() + base64.encodebytes(data) + f"--{edge}--\n".encode()

    def pdf(self, size: int) -> bytes:
        """Return a document of one page: some lines of text, and a picture that makes it so large."""
        lines = " T* ".join(f"({self.sentence().encode('ascii', 'replace').decode()}) Tj" for _ in range(20))
        text, picture = f"BT /F 11 Tf 14 TL 60 760 Td {lines} ET".encode(), self.random.randbytes(size)
        objects = (
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>/XObject<</I 6 0 R>>>>>>",
            b"<</Length %d>>stream\n%b\nendstream" % (len(text), text),
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            b"<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Length %d>>stream\n%b\nendstream"
            % (len(picture), picture),
        )
        document, places = b"%PDF-1.4\n", []
        for count, content in enumerate(objects, 1):
            places.append(len(document))
            document += b"%d 0 obj%b\nendobj\n" % (count, content)
        table = b"".join(b"%010d 00000 n \n" % place for place in places)
        trailer = b"xref\n0 7\n0000000000 65535 f \n%btrailer<</Size 7/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
        return document + trailer % (table, len(document))

    def page(self, paragraphs: int, shop: str, number: int) -> bytes:
        """Return HTML as mail builders write it: tables in tables, styles on every cell."""
        home = f"https://click.{_slug(shop)}.example"
        plain = [self.paragraph() for _ in range(paragraphs)]
        if self.random.random() < _BAIT:
            plain.insert(self.random.randrange(len(plain)), f"{self.filled(self.random.choice(_BAITS))}.")
        cells = "".join(self.cell(words, home) for words in plain)
        page = (
            f"{_PAGE_HEAD.replace('SHOP', _escaped(shop))}<body>{self.before(plain[0])}"
            f'<table class="w" role="presentation" width="600" cellpadding="0" cellspacing="0">{cells}</table>'
            f'<p style="font-size:11px">&copy; {_escaped(shop)}. <a href="{self.link(home)}">Unsubscribe</a></p>'
            f'<img src="{self.link(home)}" width="1" height="1" alt=""></body></html>\n'
        )
        encoding = "latin-1" if self.random.random() < _OLDER else "utf-8"
        as_base64 = self.random.random() < _BASE64
        if self.random.random() > _PLAIN:
            words = "\n\n".join(f"{part}\n{self.link(home)}" for part in plain)
            return _alternative(f"{words}\n\nUnsubscribe: {home}/u\n", page, number, encoding, as_base64=as_base64)
        return b"MIME-Version: 1.0\n" + _encoded("text/html", page, encoding, as_base64=as_base64)

    def cell(self, words: str, home: str) -> str:
        """Return a section of a page: a picture, a heading, some text and a button, with all that is around them."""
        return _CELL.format(
            picture=self.link(home),
            link=self.link(home),
            button=self.link(home),
            heading=_escaped(self.sentence()),
            words=_escaped(words).replace("\n", "<br>\n"),
            style=_STYLE,
        )

    def before(self, words: str) -> str:
        """Return the line that mail programs show beside the subject, and the blanks that keep the page out of it."""
        return f'<div style="display:none;max-height:0;overflow:hidden">{_escaped(words)}{"&#847;&zwnj;&nbsp;" * 90}</div>\n'

    def link(self, home: str) -> str:
        """Return an address that tells the sender who clicked."""
        token = base64.urlsafe_b64encode(self.random.randbytes(self.random.choice((60, 120, 180)))).decode("ascii")
        return f"{home}/ls/click?upn={token}"

    def paragraph(self) -> str:
        return "\n".join(f"{self.sentence()}." for _ in range(self.random.randint(2, 6)))

    def sentence(self) -> str:
        return f"{self.filled(self.random.choice(_OPENERS))}, {self.random.choice(_CLOSERS)}"

    def filled(self, words: str) -> str:
        """Return a sentence with its gaps filled."""
        choose = self.random.choice
        return words.format(place=choose(_PLACES), thing=choose(_THINGS), name=choose(_NAMES))


_STYLE = "font-family:Arial,'Helvetica Neue',Helvetica,sans-serif;font-size:14px;line-height:21px;color:#333333;"
_CELL = """<tr><td align="center" valign="top" style="padding:12px 24px;{style}">
<!--[if mso]><table role="presentation" width="552" cellpadding="0" cellspacing="0"><tr><td width="552" valign="top"><![endif]-->
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="border-collapse:collapse;mso-table-lspace:0pt;mso-table-rspace:0pt">
<tr><td align="center" style="padding:0 0 12px 0;{style}"><a href="{link}" target="_blank" style="text-decoration:none"><img src="{picture}" width="552" height="200" alt="" border="0" style="display:block;width:100%;max-width:552px;height:auto;border:0;outline:none"></a></td></tr>
<tr><td align="left" style="padding:0 0 8px 0;{style}"><h2 style="margin:0;{style}font-size:20px;font-weight:bold">{heading}</h2></td></tr>
<tr><td align="left" style="padding:0 0 16px 0;{style}"><p style="margin:0;{style}">{words}</p></td></tr>
<tr><td align="left"><table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr><td align="center" bgcolor="#0b57d0" style="border-radius:4px;{style}"><a href="{button}" target="_blank" style="display:inline-block;padding:10px 20px;color:#ffffff;text-decoration:none;{style}">More</a></td></tr></table></td></tr>
</table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr>
"""
_RULES = "\n".join(
    f".{name}-{size}{{padding:{size}px!important;font-size:{size}px!important;line-height:{size + 6}px!important;width:100%!important}}"
    for name in ("text", "cell", "row", "button")
    for size in range(8, 17)
)
_PAGE_HEAD = f"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">
<head><meta name="viewport" content="width=device-width, initial-scale=1"><title>SHOP</title>
<!--[if gte mso 9]><xml><o:OfficeDocumentSettings><o:AllowPNG/><o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings></xml><![endif]-->
<style type="text/css">body{{margin:0;padding:0;-webkit-text-size-adjust:100%}}
@media only screen and (max-width:600px){{
{_RULES}
}}</style></head>
"""


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


def _encoded(kind: str, words: str, encoding: str = "utf-8", *, as_base64: bool = False) -> bytes:
    name, data = (
        ("iso-8859-1", words.encode("latin-1", "replace")) if encoding == "latin-1" else (encoding, words.encode())
    )
    way = "base64" if as_base64 else "quoted-printable"
    head = f"Content-Type: {kind}; charset={name}\nContent-Transfer-Encoding: {way}\n\n".encode()
    if as_base64:
        return head + base64.encodebytes(data)
    return head + binascii.b2a_qp(data, istext=True).replace(b"\nFrom ", b"\n=46rom ") + b"\n"


def _alternative(words: str, page: str, number: int, encoding: str = "utf-8", *, as_base64: bool = False) -> bytes:
    edge = f"--edge-{number}".encode()
    return (
        f'MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary="edge-{number}"\n\n'.encode()
        + edge
        + b"\n"
        + _encoded("text/plain", words, encoding)
        + b"\n"
        + edge
        + b"\n"
        + _encoded("text/html", page, encoding, as_base64=as_base64)
        + b"\n"
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
