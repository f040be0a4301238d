"""The attachment that is the letter: a PDF, a document, a page or an invitation below a mail that says little itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.errors import ReadError
from analyzer.read.document import letter_from_docx, letter_from_pdf
from analyzer.read.html import letter_from_html
from analyzer.read.text import decode_bytes, letter_from_text
from analyzer.records import Note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from analyzer.records import Letter

MAX_STUB_WORDS = 60
"""A longer mail is a letter itself, whatever it has attached."""

_FEW_WORDS = 12
"""With no more than a greeting and a name, an attachment that is called a letter is one."""

_POINTS_TO_IT = re.compile(
    r"\b(?:attach(?:ed|ment|ments)?|enclos(?:ed|ure)|anbei|anhang|ci-joint|adjunt[oa])\b|\bin the (?:pdf|document)\b"
    r"|\b(?:see|find|open|read) the (?:letter|file|pdf|document)\b",
    re.IGNORECASE,
)
_SENT_FROM = re.compile(r"(?m)^\s{0,9}(?:Sent from|Get Outlook for|Von meinem|Envoy\u00e9 de|Enviado desde) .{0,60}$")
_OF_THE_READER = re.compile(
    r"cv|resum|r\u00e9sum|curriculum|lebenslauf|cover|portfolio|transcript|certificat|privacy|terms|policy|logo|map",
    re.I,
)
_SAYS_LETTER = re.compile(
    r"letter|decision|outcome|result|applica|regret|reject|unsuccess|interview|brief|absage", re.I
)
_ADAPTERS: dict[str, Callable[[bytes, str], Letter]] = {
    ".pdf": letter_from_pdf,
    ".docx": letter_from_docx,
    ".txt": letter_from_text,
    ".html": letter_from_html,
    ".htm": letter_from_html,
}
_SUFFIX_OF = {
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "text/plain": ".txt",
    "text/html": ".html",
}
_MAX_TRIED = 5  # attachments of one mail that are opened
_CALENDAR_LINE = re.compile(r"^(SUMMARY|DESCRIPTION|LOCATION)(?:;[^:\n]{0,500})?:(.*)$", re.IGNORECASE | re.MULTILINE)
_ESCAPED = re.compile(r"\\([nN,;\\])")


@dataclass(frozen=True)
class Attachment:
    """A part of a mail that is not its text. `data` decodes it, which is only done where it is read."""

    kind: str
    name: str
    data: Callable[[], bytes]


def is_stub(text: str) -> bool:
    """Tell whether a mail may say nothing itself, or little more than that there is something attached."""
    words = len(_own_words(text).split())
    return words <= _FEW_WORDS or (words <= MAX_STUB_WORDS and _POINTS_TO_IT.search(text) is not None)


def read_attached(stub: str, attachments: Iterable[Attachment], source: str) -> tuple[str, tuple[Note, ...]]:
    """Return the text of the attachment that is the letter, below the `stub`; where there is none, the stub alone.

    An attachment that cannot be read gets a note where the mail has words of its own, else its error is raised.
    """
    own = _own_words(stub)
    says_nothing = not any(char.isalnum() for char in own)
    found = sorted((each for each in attachments if _may_be_letter(each)), key=_rank)[:_MAX_TRIED]
    if not says_nothing and not _POINTS_TO_IT.search(own):
        found = [each for each in found if _SAYS_LETTER.search(each.name)]
    failed: ReadError | None = None
    for attachment in found:
        name = _shown(attachment)
        try:
            text = _text_of(attachment, f"{source}: its attachment {name}")
        except ReadError as error:
            failed = failed or error
            continue
        note = Note("attachment_read", f"The letter is in the attachment {name}; that is what was read.")
        return (text if says_nothing else f"{stub.rstrip()}\n\n{text}"), (note,)
    if failed and says_nothing:
        raise failed
    return stub, (Note("attachment_unread", f"The letter may be in an attachment: {failed}"),) if failed else ()


def _own_words(text: str) -> str:
    return _SENT_FROM.sub("", text[:5_000])


def _may_be_letter(attachment: Attachment) -> bool:
    return _suffix(attachment) != "" and not (
        _OF_THE_READER.search(attachment.name) and not _SAYS_LETTER.search(attachment.name)
    )


def _suffix(attachment: Attachment) -> str:
    if attachment.kind in {"text/calendar", "application/ics"} or attachment.name.lower().endswith(".ics"):
        return ".ics"
    by_name = next((suffix for suffix in _ADAPTERS if attachment.name.lower().endswith(suffix)), "")
    return by_name or _SUFFIX_OF.get(attachment.kind, "")


def _rank(attachment: Attachment) -> tuple[bool, bool]:
    return _SAYS_LETTER.search(attachment.name) is None, _suffix(attachment) == ".ics"


def _text_of(attachment: Attachment, source: str) -> str:
    suffix = _suffix(attachment)
    if suffix == ".ics":
        return calendar_text(attachment.data(), source)
    return _ADAPTERS[suffix](attachment.data(), source).text


def calendar_text(data: bytes, source: str) -> str:
    """Return what an invitation says: its title, its place and its description; raises ReadError where it is silent."""
    text, _ = decode_bytes(data)
    lines = re.sub(r"\r?\n[ \t]", "", text).replace("\r\n", "\n")
    start = lines.upper().find("BEGIN:VEVENT")
    said: dict[str, str] = {}
    for line in _CALENDAR_LINE.finditer(lines, max(start, 0)):
        said.setdefault(
            line[1].upper(), _ESCAPED.sub(lambda mark: "\n" if mark[1] in "nN" else mark[1], line[2]).strip()
        )
    found = "\n\n".join(said[field] for field in ("SUMMARY", "LOCATION", "DESCRIPTION") if said.get(field))
    if not any(char.isalnum() for char in found):
        raise ReadError(f"{source}: is an appointment without a word; open it in your calendar")
    return found


def _shown(attachment: Attachment) -> str:
    name = "".join(char for char in attachment.name if char.isprintable())
    return f'"{name[:80]}"' if name.strip() else f"without a name ({_suffix(attachment)[1:]})"
