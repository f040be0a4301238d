"""Where a message lies -> its labels, the names of its folders as its reader knows them."""

from __future__ import annotations

import binascii
import re
from pathlib import PurePath

from analyzer.read.formats import unpacked_name

_MAILDIR = frozenset({"cur", "new", "tmp"})
_MADE_FOLDERS = (".mbox", ".mbx", ".sbd")  # Apple Mail's and Thunderbird's
_APPLES_OWN = re.compile(r"Data|Messages|Attachments|\d|[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}")
_UTF_7 = re.compile(r"&([A-Za-z0-9+,]*)-")


def folder_labels(tail: str) -> tuple[str, ...]:
    """Return the folders on the way to a file; `tail` is its path within what the user named."""
    folders = PurePath(tail.lstrip("/")).parts[:-1]
    in_maildir = bool(folders) and folders[-1] in _MAILDIR
    found: list[str] = []
    in_apple_mail = False
    for folder in folders[:-1] if in_maildir else folders:
        if in_apple_mail and _APPLES_OWN.fullmatch(folder):
            continue
        in_apple_mail = in_apple_mail or folder.lower().endswith(".mbox")
        found += _maildir_names(folder) if in_maildir and folder.startswith(".") else [_plain(folder)]
    return tuple(dict.fromkeys(found))


def mailbox_labels(tail: str) -> tuple[str, ...]:
    """Return the labels of a mailbox that is a file: its folders and its own name."""
    folders = folder_labels(tail)
    own = _plain(unpacked_name(tail.rpartition("/")[2]))
    if own == "mbox":  # Apple Mail's NAME.mbox/mbox, and every other nameless one
        return folders
    return tuple(dict.fromkeys((*folders, own)))


def root_labels(folder: str) -> tuple[str, ...]:
    """Return the labels that a folder gives when it is named itself: only one that is a mailbox has any."""
    if folder.lower().endswith(_MADE_FOLDERS):
        return (_plain(folder),)
    return ()


def _plain(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return stem if stem and (dot + suffix).lower() in _MADE_FOLDERS else name


def _maildir_names(folder: str) -> list[str]:
    """Maildir++ writes nested folders as ".Jobs.Applied", in the UTF-7 of IMAP."""
    return [_UTF_7.sub(_from_utf_7, name) for name in folder.split(".") if name]


def _from_utf_7(piece: re.Match[str]) -> str:
    if not piece[1]:
        return "&"
    digits = piece[1].replace(",", "/")
    try:
        return binascii.a2b_base64(digits + "=" * (-len(digits) % 4)).decode("utf-16-be")
    except ValueError:
        return piece[0]
