"""Letter text -> body: the letter's own words, parted from quoted history, signature, footer and invisible text.

Pure functions, the same for training and for serving. What is set aside is kept, named, for the steps that read it.
Lines are labelled with one letter each (`t`ext, `e`mpty, `q`uoted, `h`istory header ...) and the cuts are made on the
string of labels, an idea of talon's. Every pattern works on one line of bounded length, so no letter can make it slow.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import TYPE_CHECKING

from analyzer.records import Cleaned, Note

if TYPE_CHECKING:
    from analyzer.records import Letter

MIN_SHARE = 0.25
"""Where cleaning would leave less than this share of the words, the whole text is kept and the result says so."""
MIN_WORDS = 5

_MAX_LINE = 300  # a line beyond this is prose, never a header, a signature or a quote mark
_LONG_TOKEN = 200  # beyond this many characters a run without a space is data: an address, a tracking link
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,5}|#x[0-9a-fA-F]{1,5});")
_TAG = re.compile(
    r"</?(?:p|br|div|span|b|i|strong|em|a|ul|ol|li|table|tr|td|font|html|body|u|h[1-6])\b[^<>]{0,400}>", re.I
)
_URL_LINE = re.compile(r"\W{0,3}(?:https?://|www\.)\S+\W{0,3}")
_SPACE = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")

_WROTE = re.compile(r"(?:On|Am|Le|El|Il) .{6,200}(?:wrote|schrieb|a \u00e9crit|escribi\u00f3|ha scritto) ?: ?")
_SEPARATOR = re.compile(
    r"[-_ ]{0,12}(?:Original Message|Forwarded message|Begin forwarded message:?|Forwarded by .{0,80})[-_ :]{0,12}",
    re.I,
)
_MAIL_HEADER = re.compile(r"\*?(?:From|Sent|To|Cc|Date|Subject|Reply-To)\*? ?: .{0,250}", re.I)
_DASHES = re.compile(r"--\s?|_{6,60}|-{6,60}|={6,60}")
_CLOSING = re.compile(
    r"(?:(?:with |my |our )?(?:very |many )?(?:best|kind|kindest|warm|warmest|warmly|sincere|friendly)(?: (?:regards|wishes|thanks))?|"
    r"(?:with )?(?:all )?(?:good|best|kind|warm)(?: and \w+)? (?:wishes|regards)|regards|(?:yours |very )?(?:sincerely|truly|faithfully)(?: yours)?|"
    r"yours|cheers|thanks(?: (?:again|and regards|& regards))?|thank you(?: (?:again|and regards))?|thanks ?(?:&|and) ?regards|respectfully(?: yours)?|"
    r"all the (?:very )?best|onward|take care|cordially|best of luck|good luck|with (?:respect|appreciation|gratitude|thanks)|warmly|slán|sl\u00e1n)"
    r"\s{0,3}[,.!\u2013-]?",
    re.I,
)
_MAX_SIGNATURE_LINES = 10
_MAX_SIGNATURE_LINE_WORDS = 12
_FOOTER = re.compile(
    r"(?:unsubscribe|confidentiality notice|this (?:e-?mail|message|communication)(?:,? (?:and|including) .{0,60})? (?:is|may be|may contain|was sent|contains)"
    r"|(?:please )?do not (?:reply|respond)\b|this is an? (?:automated|automatic|auto-generated|system|unattended|unmonitored)"
    r"|this (?:mailbox|inbox|address) is not monitored|repl(?:y|ies) to this (?:message|e-?mail|address) (?:are|is|will)"
    r"|if you (?:are not the intended|have received this (?:e-?mail|message) in error)|view (?:this )?(?:e-?mail )?in (?:your )?browser"
    r"|email (?:settings|preferences)|manage (?:your )?(?:email )?preferences|privacy (?:policy|notice)|all rights reserved|\u00a9|registered (?:office|in england|charity)"
    r"|please consider the environment|sent from my (?:iphone|ipad|phone|android|mobile)|get outlook for|powered by|sent (?:via|by|from) )",
    re.I,
)
_NO_REPLY = re.compile(
    r"do not (?:reply|respond)|not monitored|unmonitored|cannot be answered|no[- ]?reply|will not be (?:read|answered)",
    re.I,
)


def clean(letter: Letter) -> Cleaned:
    """Part `letter.text` into body and what stands around it. `clean` of a body gives that body again."""
    text = visible(letter.text)
    body, quoted = cut_history(text)
    body, footer = cut_footer(body)
    body, signature = cut_signature(body)
    notes: tuple[Note, ...] = letter.notes
    if (footer and _NO_REPLY.search(footer)) or _NO_REPLY.search(letter.sender):
        notes = (*notes, Note("no_reply_wanted", "It was sent from an address that nobody reads."))
    if len(body.split()) < max(MIN_WORDS, MIN_SHARE * len(text.split())):
        kept = Note("little_text_left", "Hardly any text was left after cleaning, so all of it was read.")
        return Cleaned(body=text, notes=(*notes, kept))
    return Cleaned(body=body, signature=signature, quoted=quoted, footer=footer, notes=notes)


def visible(text: str) -> str:
    """Return the text as a person sees it: no markup, no invisible or control characters, plain spaces.

    Applied to every string that came from mail before it is shown, it also keeps terminal escapes and text that runs
    backwards away from the screen.
    """
    if _ENTITY.search(text):
        text = html.unescape(text)
    if len(_TAG.findall(text)) > 1:
        text = _TAG.sub(
            lambda tag: "\n" if tag[0][1:3].strip("/").lower() in {"p", "br", "di", "li", "tr"} else " ", text
        )
    text = (
        text.replace("\r\n", "\n")
        .replace("\r", "\n")
        .replace("\f", "\n\n")
        .replace("\u2028", "\n")
        .replace("\u2029", "\n\n")
    )
    text = _ESCAPE.sub("", text)
    text = "".join(_as_seen(char) for char in text) if not text.isascii() or _has_control(text) else text
    lines = (_SPACE.sub(" ", line).strip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(_drop_data(line) for line in lines)).strip()


def cut_history(text: str) -> tuple[str, str]:
    """Part the newest message from the mail quoted below or above it.

    A forwarded letter with nothing but a line of the reader's own above it *is* the letter.
    """
    lines = text.split("\n")
    labels = "".join(_history_label(line) for line in lines)
    cut = re.search(r"w|s|(?<![t])h{2,}|hh{2,}", labels)
    if cut is None:
        return _part_quotes(lines, labels)
    above, below = lines[: cut.start()], lines[cut.start() :]
    above_body, above_quoted = _part_quotes(above, labels[: cut.start()])
    if len(above_body.split()) >= _OWN_WORDS:
        return above_body, _join(above_quoted, "\n".join(below).strip())
    forwarded = re.sub(r"\A(?:(?:[wshe]))+", "", labels[cut.start() :])
    rest = lines[len(lines) - len(forwarded) :]
    unquoted = [re.sub(r"^(?:> ?)+", "", line) for line in rest]
    inner, older = cut_history("\n".join(unquoted).strip()) if forwarded else ("", "")
    return (inner, _join(above_body, older)) if inner else (text, "")


_OWN_WORDS = 12  # fewer words than these above a forwarded mail are a remark, not a letter


def cut_footer(text: str) -> tuple[str, str]:
    """Part the legal, unsubscribe and do-not-reply paragraphs at the end (never the first paragraph) from the rest."""
    paragraphs = text.split("\n\n")
    keep = len(paragraphs)
    while keep > 1 and _is_footer(paragraphs[keep - 1]):
        keep -= 1
    # A signature may stand between the letter and footers of several kinds: look once above it.
    return "\n\n".join(paragraphs[:keep]).strip(), "\n\n".join(paragraphs[keep:]).strip()


def cut_signature(text: str) -> tuple[str, str]:
    """Part the closing formula and the lines below it from the letter."""
    lines = text.split("\n")
    for index in range(len(lines) - 1, 0, -1):
        line = lines[index]
        below = [other for other in lines[index + 1 :] if other]
        if len(below) > _MAX_SIGNATURE_LINES:
            break
        if any(len(other.split()) > _MAX_SIGNATURE_LINE_WORDS for other in below):
            break
        if len(line) < _MAX_LINE and (_DASHES.fullmatch(line) or (_CLOSING.fullmatch(line) and _is_signed(below))):
            return "\n".join(lines[:index]).strip(), "\n".join(lines[index:]).strip()
    return _cut_bare_signature(lines)


def _cut_bare_signature(lines: list[str]) -> tuple[str, str]:
    """Without a closing formula: short lines in the last paragraphs that are no sentence are a name and its titles."""
    cut = len(lines)
    for index in range(len(lines) - 1, 0, -1):
        line = lines[index]
        if not line:
            continue
        if (
            len(line.split()) > _NAME_WORDS
            or line[-1] in ".!?:;"
            or not line[0].isupper()
            or len(lines) - index > _NAME_LINES
        ):
            break
        cut = index
    if cut == len(lines) or (cut > 0 and lines[cut - 1]):  # a signature begins a paragraph
        return "\n".join(lines).strip(), ""
    return "\n".join(lines[:cut]).strip(), "\n".join(lines[cut:]).strip()


_NAME_WORDS = 8
_NAME_LINES = 7


def _is_signed(below: list[str]) -> bool:
    return not below or below[0][-1] not in "?"


def _is_footer(paragraph: str) -> bool:
    lines = [line for line in paragraph.split("\n") if line]
    return all(_URL_LINE.fullmatch(line[:_MAX_LINE]) for line in lines) or bool(_FOOTER.match(paragraph[:_MAX_LINE]))


def _history_label(line: str) -> str:
    if not line:
        return "e"
    if line[0] == ">":
        return "q"
    if len(line) > _MAX_LINE:
        return "t"
    if _WROTE.fullmatch(line):
        return "w"
    if _SEPARATOR.fullmatch(line):
        return "s"
    return "h" if _MAIL_HEADER.fullmatch(line) else "t"


def _part_quotes(lines: list[str], labels: str) -> tuple[str, str]:
    own = "\n".join(line for line, label in zip(lines, labels, strict=True) if label != "q").strip()
    quoted = "\n".join(line for line, label in zip(lines, labels, strict=True) if label == "q").strip()
    if not own:  # a letter that is quoted as a whole is the letter
        return "\n".join(re.sub(r"^(?:> ?)+", "", line) for line in lines).strip(), ""
    return own, quoted


def _join(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


_ESCAPE = re.compile(r"\x1b(?:\[[0-?]{0,32}[ -/]{0,8}[@-~]|\][^\x07\x1b\n]{0,500}(?:\x07|\x1b\\)|[@-Z\\^_])")
_INVISIBLE = frozenset("\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u3164\ufeff\uffa0")


def _has_control(text: str) -> bool:
    return any(char < " " and char not in "\n\t" for char in text) or "\x7f" in text


def _as_seen(char: str) -> str:
    if char in "\n\t" or " " <= char <= "~":
        return char
    category = unicodedata.category(char)
    if category == "Zs":
        return " "
    return "" if category in {"Cc", "Cf", "Cs", "Co", "Cn"} or char in _INVISIBLE else char


def _drop_data(line: str) -> str:
    if len(line) <= _LONG_TOKEN:
        return "" if line and _URL_LINE.fullmatch(line) else line
    return " ".join(token for token in line.split(" ") if len(token) <= _LONG_TOKEN)
