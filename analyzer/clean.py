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
    from collections.abc import Callable, Iterable

    from analyzer.records import Letter

MIN_SHARE = 0.25
"""Where cleaning would leave less than this share of the words, the whole text is kept and the result says so."""
MIN_WORDS = 5

_MAX_LINE = 300  # a line beyond this is prose, never a header, a signature or a quote mark
_LONG_TOKEN = 200  # beyond this many characters a run without a space is data: an address, a tracking link
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,5}|#x[0-9a-fA-F]{1,5});")
_TAG = re.compile(
    r"</?(?:(?P<block>p|br|div|ul|ol|li|table|tr|h[1-6])|(?P<cell>td)|span|b|i|strong|em|a|font|html|body|u)\b[^<>]{0,400}>",
    re.I,
)
_ROUNDS = 5  # what is packed deeper, as in "&amp;amp;amp;amp;amp;lt;", is bait
_URL_LINE = re.compile(r"\W{0,3}(?:https?://|www\.)\S+\W{0,3}")
_SPACE = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")

_WROTE = re.compile(
    r"(?=.{0,200}\d)(?:(?:On|Am|Le|El|Il) .{6,200}(?:wrote|schrieb|a \u00e9crit|escribi\u00f3|ha scritto)|Am .{6,150} schrieb .{1,100}) ?: ?"
)
_SEPARATOR = re.compile(
    r"[-_ ]{0,12}(?:Original Message|Forwarded message|Begin forwarded message:?|Forwarded by .{0,80})[-_ :]{0,12}",
    re.I,
)
_MAIL_HEADER = re.compile(r"\*?(?:From|Sent|To|Cc|Date|Subject|Reply-To)(?:\*? ?:|:\*) .{0,250}", re.I)
_QUOTE_MARKS = re.compile(r"(?:>\s*)+")
# On the labels of lines: what opens an older mail.
_OPENING = re.compile(r"(?:[ws]e*)+h*|h{2,}")
_OWN_WORDS = 12  # fewer words than these above a forwarded mail are a remark, not a letter
_DASHES = re.compile(r"--\s?|_{6,60}|-{6,60}|={6,60}")
_CLOSING = re.compile(
    r"(?:(?:with |my |our )?(?:very |many )?(?:best|kind|kindest|warm|warmest|warmly|sincere|friendly)(?: (?:regards|wishes|thanks))?|"
    r"(?:with )?(?:all )?(?:good|best|kind|warm)(?: and \w+)? (?:wishes|regards)|regards|(?:yours |very )?(?:sincerely|truly|faithfully)(?: yours)?|"
    r"yours|cheers|thanks(?: (?:again|and regards|& regards))?|thank you(?: (?:again|and regards))?|thanks ?(?:&|and) ?regards|respectfully(?: yours)?|"
    r"all the (?:very )?best|onward|take care|cordially|best of luck|good luck|with (?:respect|appreciation|gratitude|thanks)|slán)"
    r"\s{0,3}[,.!\u2013-]?",
    re.I,
)
_MAX_SIGNATURE_LINES = 10
_MAX_SIGNATURE_LINE_WORDS = 12
_FOOTER = re.compile(
    r"(?:unsubscribe|confidentiality notice|this (?:e-?mail|message|communication)(?:,? (?:and|including) .{0,60})? (?:may contain|was sent"
    r"|(?:is|are|may be|contains?) (?:\S{1,20} ){0,4}(?:confidential|privileged|proprietary|intended|private|personal|automat|auto-|generated|sent|solely|only))"
    r"|(?:please )?do not (?:reply|respond)\b|this is an? (?:automated|automatic|auto-generated|system|unattended|unmonitored)"
    r"|this (?:mailbox|inbox|address) is not monitored|repl(?:y|ies) to this (?:message|e-?mail|address) (?:are|is|will)"
    r"|if you (?:are not the intended|have received this (?:e-?mail|message) in error)|view (?:this )?(?:e-?mail )?in (?:your )?browser"
    r"|email (?:settings|preferences)|manage (?:your )?(?:email )?preferences|privacy (?:policy|notice)|all rights reserved|\u00a9|registered (?:office|in england|charity)"
    r"|please consider the environment|sent from my (?:iphone|ipad|phone|android|mobile)|get outlook for|powered by|sent (?:via|by|from) )",
    re.I,
)
_NO_REPLY = re.compile(
    r"do[ -]?not[ -]?(?:reply|respond)|not monitored|unmonitored|cannot be answered|no[- ]?reply|will not be (?:read|answered)",
    re.I,
)


def clean(letter: Letter) -> Cleaned:
    """Part `letter.text` into body and what stands around it. `clean` of a body gives that body again."""
    text = visible(letter.text)
    body, quoted = cut_history(text)
    body, footer, signature = _cut_end(body, _footer_start, _signature_start)
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
    for _ in range(_ROUNDS):
        seen = _unpacked(text)
        if seen == text:
            break
        text = seen
    return text


def _unpacked(text: str) -> str:
    if _ENTITY.search(text):
        text = html.unescape(text)
    if len(_TAG.findall(text)) > 1:
        text = _TAG.sub(lambda tag: "\n" if tag["block"] else " " if tag["cell"] else "", text)
    for end, line_end in _LINE_ENDS:
        text = text.replace(end, line_end)
    text = _ESCAPE.sub("", text)
    text = "".join(_as_seen(char) for char in text) if not text.isascii() or _has_control(text) else text
    lines = (_SPACE.sub(" ", line).strip() for line in text.split("\n"))
    return _tidy(_drop_data(line) for line in lines)


def cut_history(text: str) -> tuple[str, str]:
    """Part the newest message from the mail quoted below or above it.

    A forwarded letter with nothing but a line of the reader's own above it *is* the letter; so is one that is quoted
    as a whole.
    """
    lines = text.split("\n")
    own = [number for number, line in enumerate(lines) if not line.startswith(">")]
    opening = _OPENING.search(_history_labels([lines[number] for number in own]))
    end = own[opening.start()] if opening else len(lines)
    body = _tidy(lines[number] for number in own if number < end)
    if len(body.split()) < _OWN_WORDS and (forwarded := _cut_forwarded(lines)):
        return forwarded
    if not body:
        return _tidy(_QUOTE_MARKS.sub("", line) for line in lines), ""
    quotes = "\n".join(line for line in lines[:end] if line.startswith(">"))
    return body, _join(quotes, _tidy(lines[end:]))


def _cut_forwarded(lines: list[str]) -> tuple[str, str] | None:
    """Take the first of several messages that is more than a remark, else the last; None where there is but one."""
    lines = [_QUOTE_MARKS.sub("", line, count=1) if line.startswith(">") else line for line in lines]
    openings = list(_OPENING.finditer(_history_labels(lines)))
    starts = [0, *(opening.end() for opening in openings)]
    ends = [*(opening.start() for opening in openings), len(lines)]
    bodies = [_tidy(lines[start:end]) for start, end in zip(starts, ends, strict=True)]
    letter = next((number for number, body in enumerate(bodies) if len(body.split()) >= _OWN_WORDS), len(bodies) - 1)
    if not openings or not bodies[letter]:
        return None
    return bodies[letter], _join(_tidy(lines[: starts[letter]]), _tidy(lines[ends[letter] :]))


def cut_footer(text: str) -> tuple[str, str]:
    """Part the legal, unsubscribe and do-not-reply paragraphs at the end (never the first paragraph) from the rest."""
    body, footer = _cut_end(text, _footer_start)
    return body, footer


def cut_signature(text: str) -> tuple[str, str]:
    """Part the closing formula and the lines below it from the letter."""
    body, signature = _cut_end(text, _signature_start)
    return body, signature


def _cut_end(text: str, *cutters: Callable[[list[str], int], int]) -> tuple[str, ...]:
    """Cut from the end as long as any of `cutters` finds something; return the rest and what each has cut.

    A cutter gets the lines and where they end, and returns where its part begins. It looks back over a bounded number
    of lines, so that the whole is linear.
    """
    lines = text.split("\n")
    end = len(lines)
    cut: list[list[str]] = [[] for _ in cutters]
    while True:
        while end and not lines[end - 1]:
            end -= 1
        starts = [cutter(lines, end) for cutter in cutters]
        first = next((number for number, start in enumerate(starts) if start < end), None)
        if first is None:
            return _tidy(lines[:end]), *("\n\n".join(reversed(parts)) for parts in cut)
        cut[first].append("\n".join(lines[starts[first] : end]))
        end = starts[first]


def _footer_start(lines: list[str], end: int) -> int:
    start = end
    while start > max(0, end - _MAX_FOOTER_LINES) and lines[start - 1]:
        start -= 1
    if start == 0 or lines[start - 1]:  # the first paragraph, or no end of it in sight
        return end
    return start if _FOOTER.match(" ".join(lines[start:end])[:_MAX_LINE]) else end


_MAX_FOOTER_LINES = 40


def _signature_start(lines: list[str], end: int) -> int:
    """Look for a closing formula above a few short lines; without one the last lines are a name and its titles."""
    below: list[str] = []
    for index in range(end - 1, 0, -1):
        line = lines[index]
        if len(line) < _MAX_LINE and (_DASHES.fullmatch(line) or (_CLOSING.fullmatch(line) and _is_signed(below))):
            return index
        if line:
            below.append(line)
        if len(below) > _MAX_SIGNATURE_LINES or len(line.split()) > _MAX_SIGNATURE_LINE_WORDS:
            break
    return _bare_signature_start(lines, end)


def _bare_signature_start(lines: list[str], end: int) -> int:
    start = end
    while start > 1 and end - start < _NAME_LINES and _is_name(lines[start - 1], is_last=start == end):
        start -= 1
    if start == end or lines[start - 1] or any(char.isdigit() for char in lines[start]):
        return end  # a signature begins a paragraph, and a name has no figures
    return start


_NAME_LINES = 7
_NAME_WORDS = 8
_GREETING_WORDS = 4
_SMALL_WORDS = frozenset("of the and for at in on to de der van von la le di da al bin x xx xxx".split())


def _is_name(line: str, *, is_last: bool) -> bool:
    """Say whether the words have capitals as those of names and titles have, or are a greeting that goes before."""
    words = line.split()
    if not words or len(words) > _NAME_WORDS or line[-1] in ".!?:;" or not line[0].isupper():
        return False
    if line[-1] == "," or (not is_last and len(words) <= _GREETING_WORDS):
        return True
    lower = sum(word[0].islower() and word not in _SMALL_WORDS for word in words)
    return 2 * lower <= len(words)


def _is_signed(below: list[str]) -> bool:
    return not below or not below[-1].endswith("?")


def _history_labels(lines: list[str]) -> str:
    """Label each line; "On Monday ... <a@b>" and "wrote:" on the next are one line that a mail program has wrapped."""
    labels = [_history_label(line) for line in lines]
    for number in range(len(lines) - 1):
        pair = f"{lines[number]} {lines[number + 1]}"
        if labels[number : number + 2] == ["t", "t"] and len(pair) <= _MAX_LINE and _WROTE.fullmatch(pair):
            labels[number : number + 2] = "ww"
    return "".join(labels)


def _history_label(line: str) -> str:
    if not line:
        return "e"
    if len(line) > _MAX_LINE:
        return "t"
    if _WROTE.fullmatch(line):
        return "w"
    if _SEPARATOR.fullmatch(line):
        return "s"
    return "h" if _MAIL_HEADER.fullmatch(line) else "t"


def _tidy(lines: Iterable[str]) -> str:
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def _join(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


_LINE_ENDS = (("\r\n", "\n"), ("\r", "\n"), ("\f", "\n\n"), ("\u2028", "\n"), ("\u2029", "\n\n"))
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
    if len(line) > _LONG_TOKEN:
        line = " ".join(token for token in line.split(" ") if len(token) <= _LONG_TOKEN)
    return "" if len(line) <= _LONG_TOKEN and _URL_LINE.fullmatch(line) else line
