"""HTML -> the text that a person would see."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from analyzer.errors import ReadError
from analyzer.read.text import decode
from analyzer.records import Letter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resiliparse.parse.html.node import ElementNode

MAX_GIST = 50_000
"""Characters of text (of markup, ten times as many) that a gist holds; what a mail is about stands above."""

_HIDDEN = "script, style, template, noscript, head, title, svg, object, iframe, [hidden], [aria-hidden=true]"
_HIDING = re.compile(
    r"(?<![\w-])(?:display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden|(?:opacity|max-height)\s{0,9}:\s{0,9}0(?:\.0{1,9})?(?![\d.]))",
    re.IGNORECASE,
)
_FONT_SIZE = re.compile(r"(?<![\w-])font-size\s{0,9}:\s{0,9}(0(?:\.0{1,9})?(?![\d.]))?", re.IGNORECASE)
_SIZED = "data-analyzer-sized"  # an attribute of our own: below this node text has a size of its own
_CHARSET = re.compile(rb"""charset\s*=\s*["']?([\w-]{2,40})""", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,2000}>")
_MAX_TAG = 2000  # bytes; what is longer, and begins like no tag, stays as it stands
_IS_TAG = re.compile(rb"[a-z/!]", re.IGNORECASE)
_UNSEEN = {b"<style": b"</style>", b"<script": b"</script>", b"<head>": b"</head>", b"<!--": b"-->"}
_UNSEEN_START = re.compile(rb"<(?=[!sh])(?:style|script|head>|!--)", re.IGNORECASE)
_UNSEEN_STOP = {start: re.compile(re.escape(stop), re.IGNORECASE) for start, stop in _UNSEEN.items()}
_BLANKS = {b"&nbsp;": "\xa0", b"&zwnj;": "\u200c", b"&#847;": "\u034f", b"&#8203;": "\u200b", b"&#160;": "\xa0"}
"""What mail builders write by the hundred, to keep the page out of the line beside the subject."""
_QUOTED = "data-analyzer-quoted"  # another, on what Outlook puts below the headers of the mail that it quotes
_OUTLOOK_HEADERS = "#divRplyFwdMsg"
_QUOTE = f"blockquote[type=cite], .gmail_quote, .yahoo_quoted, [{_QUOTED}]"


def letter_from_html(data: bytes, source: str) -> Letter:
    """Read a saved web page or an HTML letter."""
    declared = _CHARSET.search(data[:2000])
    markup, notes = decode(data, source, declared[1].decode("ascii") if declared else None)
    text = visible_text(markup)
    if not any(char.isalnum() for char in text):
        raise ReadError(f"{source}: the page holds no text that a person would see; copy the letter's words instead")
    return Letter(text=text, source=source, notes=notes)


def visible_text(markup: str) -> str:
    """Return what a person would see: blocks on lines of their own, hidden text left out, quoted mail marked "> "."""
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree

    tree = HTMLTree.parse(markup)
    if tree.body is None:
        return ""
    _drop_hidden(tree.body)
    _mark_quoted(tree.body.query_selector(_OUTLOOK_HEADERS))
    quoted = []
    for node in _inside_out(tree.body, _QUOTE):
        quoted.append(extract_plain_text(node.html, preserve_formatting=True, list_bullets=False))
        node.decompose()
    text = extract_plain_text(tree, preserve_formatting=True, main_content=False, list_bullets=False)
    if not text.strip() and not quoted:  # a parser that gave up on a hostile page: never lose the letter
        text = _TAG.sub(" ", tree.body.text or "")
    history = "\n".join("> " + line for block in reversed(quoted) for line in block.splitlines())
    return f"{text}\n\n{history}" if history else str(text)


def plain_or_page(plain: str, markup: str) -> str:
    """Return the one of two versions of a mail that is the letter: the plain text, unless it is a stub.

    Some senders write there no more than "your mail program cannot show this message".
    """
    enough = 3 * len(plain.split())
    if enough and len(markup) <= MAX_GIST:
        gist = visible_gist(markup.encode("utf-8", "replace"))
        if gist is not None and len(gist.split()) <= enough:
            return plain  # a gist has rather too many words, and costs a tenth
    seen = visible_text(markup) if markup else ""
    return plain if enough and enough >= len(seen.split()) else seen


def visible_gist(markup: bytes) -> str | None:
    """Strip tags, styles and scripts from a page in UTF-8, crudely and fast, to one line; None where one never ends.

    Hidden text stays, and words in several colours fall apart. Most of a page is tags, so that it is parted at them
    while it is bytes, and only what is left is decoded.
    """
    seen = _without_unseen(markup[: 10 * MAX_GIST])
    if seen is None:
        return None
    first, *pieces = seen.split(b"<")
    texts = [first]
    for piece in pieces:
        tag, end, text = piece.partition(b">")
        if not end or (len(tag) > _MAX_TAG and not _IS_TAG.match(tag)):
            texts.append(b"<" + piece)
        elif text:
            texts.append(text)
    data = b" ".join(texts)
    for name, char in _BLANKS.items():
        data = data.replace(name, char.encode())
    return " ".join(html.unescape(data.decode("utf-8", "replace")).split())[:MAX_GIST]


def _without_unseen(markup: bytes) -> bytes | None:
    """Leave out styles, scripts, the head and comments; None where one never ends, or ends beyond what is looked at."""
    kept, last = [], 0
    while start := _UNSEEN_START.search(markup, last):
        stop = _UNSEEN_STOP[start[0].lower()].search(markup, start.start() + 2)
        if stop is None:
            return None
        kept.append(markup[last : start.start()])
        last = stop.end()
    return b"".join((*kept, markup[last:]))


def _drop_hidden(body: ElementNode) -> None:
    for node in _inside_out(body, _HIDDEN):
        node.decompose()
    for node in _inside_out(body, "[style]"):
        style = node.getattr("style") or ""
        size = _FONT_SIZE.search(style)
        if _HIDING.search(style) or (size and size[1] and not node.hasattr(_SIZED)):
            node.decompose()
        elif size and not size[1]:
            _mark_sized(node)


def _mark_sized(node: ElementNode | None) -> None:
    """Mark what holds `node`: mail builders wrap every section in font-size 0, and each text in it has its own size."""
    while node is not None and not node.hasattr(_SIZED):
        node.setattr(_SIZED, "")
        node = node.parent_element


def _mark_quoted(headers: ElementNode | None) -> None:
    """Mark what follows `headers`; a selector could say the same, but looks at all siblings once for each."""
    node = headers.next_element_sibling if headers else None
    while node is not None:
        node.setattr(_QUOTED, "")
        node = node.next_element_sibling


def _inside_out(body: ElementNode, selector: str) -> Sequence[ElementNode]:
    """Return what `selector` matches, what is inside before what holds it: nothing is read when it is gone already."""
    found = body.query_selector_all(selector)[:]  # a slice is one walk; each step of a loop over it would be one more
    return found[::-1]
