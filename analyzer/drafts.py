"""Tasks -> unsent replies that a mail program opens, one file each; and only this program's own files are ever removed.

What came from mail reaches a header only as a checked address, a checked Message-ID or a line of plain text, so no
letter can add a header or a recipient. There is no From: the mail program knows whose mail it is.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import unicodedata
from email.header import Header
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.clean import visible
from analyzer.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from analyzer.outbox import Task

DRAFTS = "drafts"
"""The folder of them in an output folder."""

MANIFEST = ".written-by-analyzer.json"
"""Says which drafts this program wrote, and what they then held: those it may write again, or remove."""

_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
_SLUG = 40  # characters of a company or a role in a file name: enough to know it by, and legal everywhere


class _AsIs:
    """A header that is what it was set to.

    The standard classes decode "=?utf-8?q?...?=" when a header is *set*, and what such a word hides (a line end, a Bcc)
    then stands in the file.
    """

    max_count = 1

    @staticmethod
    def parse(value: str, parts: dict[str, Any]) -> None:
        """Take the value as it is, as the registry asks."""
        parts |= {"decoded": value, "parse_tree": None}


class _Tokens(_AsIs):
    """Addresses and Message-IDs, checked before: each is whole on a line of its own, however long."""

    def fold(self: Any, *, policy: EmailPolicy[EmailMessage]) -> str:
        """Return the header's lines."""
        return f"{self.name}: {f'{policy.linesep} '.join(self.split(' '))}{policy.linesep}"


class _Words(_AsIs):
    """Plain text; what looks like an encoded word is encoded once more, so that it is shown and not decoded."""

    def fold(self: Any, *, policy: EmailPolicy[EmailMessage]) -> str:
        """Return the header's lines."""
        charset = "us-ascii" if self.isascii() and "=?" not in self else "utf-8"
        words = Header(str(self), charset, header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {words}{policy.linesep}"


def _policy() -> EmailPolicy[EmailMessage]:
    registry = HeaderRegistry()
    for name in ("to", "cc", "in-reply-to", "references"):
        registry.map_to_type(name, _Tokens)  # type: ignore[arg-type]  # the registry mixes BaseHeader in
    registry.map_to_type("subject", _Words)  # type: ignore[arg-type]
    return SMTP.clone(header_factory=registry)


_POLICY = _policy()


def eml(task: Task) -> bytes:
    """Return the email of a task as a file that Thunderbird, Outlook and Apple Mail open as not yet sent."""
    draft, mail = task.draft, EmailMessage(policy=_POLICY)
    mail["X-Unsent"] = "1"
    mail["X-Uniform-Type-Identifier"] = "com.apple.mail-draft"
    for name, addresses in (("To", draft.to), ("Cc", draft.cc)):
        if addresses:
            mail[name] = ", ".join(addresses)
    mail["Subject"] = draft.subject
    if _MESSAGE_ID.fullmatch(task.message_id):
        mail["In-Reply-To"] = mail["References"] = task.message_id
    mail.set_content(f"{visible(draft.body)}\n", charset="utf-8", cte="quoted-printable")
    return mail.as_bytes()


def file_name(task: Task) -> str:
    """Return a name that is legal on every system: day, company, role and what parts it from all others."""
    mark = hashlib.sha256("\n".join((task.what, *task.ids)).encode("utf-8", "replace")).hexdigest()[:12]
    day = task.came.isoformat() if task.came else "undated"
    return f"{'_'.join(part for part in (day, _slug(task.company), _slug(task.role), mark) if part)}.eml"


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:_SLUG].strip("-")


def write_drafts(tasks: Iterable[Task], folder: Path) -> list[Path]:
    """Write the emails that are due into `folder` (an output folder's `drafts`) and return where each stands.

    A file of an earlier run that is no longer due is removed, and one that is due is written again, but neither where
    somebody changed it in the meantime. Raises RunError where the folder cannot be written.
    """
    due = {file_name(task): eml(task) for task in tasks if task.due}
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        known = _read_manifest(folder)
        # Noted before and after, so that a run that is killed between leaves nothing that the next takes for a stranger's.
        _write_manifest(
            folder, {name: [*known.get(name, []), _digest(due[name])] for name in due} | _without(known, due)
        )
        for name in _without(known, due):
            if _is_ours(folder / name, known):
                (folder / name).unlink()
        for name, content in due.items():
            if _is_ours(folder / name, known) or not os.path.lexists(folder / name):
                _write(folder / name, content)
        _write_manifest(folder, {name: [_digest(content)] for name, content in due.items()})
    except OSError as error:
        raise RunError(
            f"{folder}: cannot be written ({error.strerror}); name a folder that you may write to"
        ) from error
    return [folder / name for name in due]


def _without(known: Mapping[str, list[str]], due: Mapping[str, bytes]) -> dict[str, list[str]]:
    return {name: digests for name, digests in known.items() if name not in due}


def _is_ours(path: Path, known: Mapping[str, list[str]]) -> bool:
    """Say whether the file is as this program wrote it."""
    return path.is_file() and not path.is_symlink() and _digest(path.read_bytes()) in known.get(path.name, ())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read_manifest(folder: Path) -> dict[str, list[str]]:
    """Return the digests of each file that was written here; none where nobody can tell."""
    try:
        content = json.loads((folder / MANIFEST).read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {
        name: digests
        for name, digests in content.items()
        if Path(name).name == name and name.endswith(".eml") and isinstance(digests, list)
    }


def _write_manifest(folder: Path, digests: Mapping[str, list[str]]) -> None:
    _write(folder / MANIFEST, json.dumps(digests, indent=1, sort_keys=True).encode("ascii"))


def _write(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all, readable by its owner alone."""
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        beside.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            beside.unlink()
