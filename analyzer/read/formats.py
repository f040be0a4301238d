"""What a file is: from its name where that tells, else from how it begins.

A mailbox is known by its first line whatever it is called, for Thunderbird's has no suffix and others have any.
"""

from __future__ import annotations

import re
from pathlib import PurePath

LETTERS = frozenset({".txt", ".md", ".eml", ".emlx", ".html", ".htm", ".msg", ".pdf", ".docx"})
"""One letter a file."""

HEAD = 4096
"""Bytes of a file that are looked at."""

_BY_SUFFIX = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".pst": "pst",
    ".ost": "pst",
    ".csv": "table",
    ".tsv": "table",
    ".xlsx": "table",
    ".parquet": "table",
}
_MAILBOXES = frozenset({".mbox", ".mbx"})
_PACKED = {
    ".zip": "zip",
    ".tar": "tar",
    ".gz": "gz",
    ".bz2": "bz2",
    ".xz": "xz",
    ".zst": "zst",
    ".tgz": "gz",
    ".tbz": "bz2",
    ".tbz2": "bz2",
    ".txz": "xz",
    ".tzst": "zst",
}
PACKED = frozenset(_PACKED.values())
_MAGIC = (
    *((b"PK\3\4", "zip"), (b"PK\5\6", "zip"), (b"\x1f\x8b\x08", "gz"), (b"BZh", "bz2")),
    *((b"\xfd7zXZ\0", "xz"), (b"\x28\xb5\x2f\xfd", "zst")),
)
_BOM = b"\xef\xbb\xbf"

FROM_LINE = re.compile(
    rb"""
    From[ ]
    # An address: one word ("-" in Thunderbird, "123@xxx" in Takeout), "ann at acme.example" in list archives, anything
    # with an @ ("Ann Lee <ann@acme.example>"), or none at all.
    (?: \S{1,300}[ \t]{1,4} | [^\s@]{1,300}[ ]at[ ]\S{1,300}[ \t]{1,4} | [^\r\n@]{1,200}@[^\r\n]{1,200}?[ \t]{1,4} | [ \t]{0,4} )
    (?: # Mon Jan  5 10:00:00 2026, with the zone on either side of the year, or without seconds
        (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?[ ]{1,3}
        (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[ ]{1,3} \d{1,2},?[ ]{1,3}
        \d{1,2}:\d\d(?::\d\d)?
        (?:[ ]{1,3}(?:[A-Z][A-Za-z]{1,4}|[+-]\d{4})){0,2} [ ]{1,3}\d{4} (?:[ ]{1,3}(?:[A-Z]{1,5}|[+-]\d{4}|\([A-Za-z ]{1,30}\))){0,2}
      | # Mon, 5 Jan 2026 10:00:00 +0100 (CET), as in a Date header
        (?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?[ ]{1,3})?
        \d{1,2}[ -](?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[ -]\d{2,4},?[ ]{1,3}
        \d{1,2}:\d\d(?::\d\d)? (?:[ ]{1,3}(?:[A-Z]{1,5}|[+-]\d{4}|\([A-Za-z ]{1,30}\))){0,2}
      | # 2026-01-05 10:00:00
        \d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?(?:Z|[ ]?[+-]\d\d:?\d\d)?
    )
    (?:[ ]remote[ ]from[ ][^\r\n]{1,200})?
    [ \t]{0,20}\r?\n
    (?=>?From[ ]|[!-9;-~]{1,100}[ \t]{0,9}:)  # a header; old relays left a second From_ line, quoted
    """,
    re.VERBOSE,
)
"""The line that begins a message of an mbox, with the beginning of the header below it."""

_HEADER = re.compile(rb"([!-9;-~]{1,100})[ \t]{0,9}:|[ \t]")
_FIRST = re.compile(rb"(?:From|>From) [^\r\n]{0,1000}\r?\n")
_OF_MAIL = frozenset(
    b"received return-path delivered-to message-id mime-version x-mozilla-status x-gm-thrid x-received "
    b"content-type dkim-signature authentication-results".split()
)
_OF_LETTERS = frozenset(b"from date subject to reply-to sender".split())
_MAILDIR_NAME = re.compile(r"\d+\.|.*[:;!]2,[A-Za-z]*$")


def format_of(name: str, head: bytes, *, named: bool = False) -> str | None:
    """Return "letter", "mbox", "jsonl", "table", "pst", one of PACKED, or None for what is no mail.

    `name` may have folders before it; `head` holds the first HEAD bytes. What the user `named` is always something.
    """
    path = PurePath(name)
    suffix = path.suffix.lower()
    if _is_clutter(path):
        return None
    if is_maildir_name(path):
        return "letter"
    if begins_as_mbox(head):
        return "mbox"
    if suffix in LETTERS:
        return "letter"
    found = _BY_SUFFIX.get(suffix) or _packing(suffix, head, named=named)
    if found:
        return found
    if suffix in _MAILBOXES:
        return "mbox" if head.strip() else None
    return "letter" if named or looks_like_mail(head) else None


def begins_as_mbox(head: bytes) -> bool:
    """Say whether the first line that is not blank begins a message."""
    return FROM_LINE.match(head.removeprefix(_BOM).lstrip(b"\r\n")) is not None


def looks_like_mail(head: bytes) -> bool:
    """Say whether a file without a telling name begins with the header of a mail, as in an MH folder."""
    found = set()
    for line in _FIRST.sub(b"", head.removeprefix(_BOM).lstrip(b"\r\n"), count=1).split(b"\n"):
        header = _HEADER.match(line)
        if not header:
            break
        found.add((header[1] or b"").lower())
    return not found.isdisjoint(_OF_MAIL) and not found.isdisjoint(_OF_LETTERS)


def is_maildir_name(path: PurePath) -> bool:
    """Say whether `path` is a message of a maildir, where names have no suffix and flags at their end."""
    return path.parent.name in {"cur", "new"} and _MAILDIR_NAME.match(path.name) is not None


def may_be_mail(name: str) -> bool:
    """Say whether a file could be mail when its name is all that is known of it, as of a link."""
    path = PurePath(name)
    known = LETTERS | _BY_SUFFIX.keys() | _MAILBOXES | _PACKED.keys() | {""}
    return not _is_clutter(path) and (path.suffix.lower() in known or is_maildir_name(path))


def unpacked_name(name: str) -> str:
    """Return what a file is called when it is unpacked: "inbox.mbox" for "inbox.mbox.gz"."""
    path = PurePath(name)
    suffix = path.suffix.lower()
    if suffix not in _PACKED:
        return path.name
    return path.stem + (".tar" if suffix.startswith(".t") and suffix != ".tar" else "")


def is_tar(head: bytes) -> bool:
    """Say whether a file that begins with `head` is a tar archive."""
    return head[257:262] == b"ustar"


def _packing(suffix: str, head: bytes, *, named: bool) -> str | None:
    """Return how a file is packed. Office files and programs are zip archives too: in folders the name must allow it."""
    if named or suffix in {"", *_MAILBOXES, *_PACKED}:
        found = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
        if found or is_tar(head):
            return found or "tar"
    return _PACKED.get(suffix)


def _is_clutter(path: PurePath) -> bool:
    """Say whether macOS or an office program put it beside a file, under a name of the same suffix."""
    return path.name.startswith(("._", "~$")) or "__MACOSX" in path.parts
