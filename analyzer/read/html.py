"""HTML -> the text that a person would see."""

from __future__ import annotations

import re

from analyzer.errors import ReadError
from analyzer.read.text import decode
from analyzer.records import Letter

_HIDDEN = (
    "script, style, template, noscript, head, svg, object, iframe, [hidden], [aria-hidden=true], "
    '[style*="display:none"], [style*="display: none"], [style*="visibility:hidden"], [style*="visibility: hidden"], '
    '[style*="font-size:0"], [style*="font-size: 0"], [style*="max-height:0"], [style*="max-height: 0"], '
    '[style*="opacity:0;"], [style*="opacity: 0;"]'
)
_CHARSET = re.compile(rb"""charset\s*=\s*["']?([\w-]{2,40})""", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,2000}>")
_QUOTE = "blockquote[type=cite], .gmail_quote, #divRplyFwdMsg ~ *, .yahoo_quoted"


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
    for node in tree.body.query_selector_all(_HIDDEN):
        node.decompose()
    quoted = []
    for node in tree.body.query_selector_all(_QUOTE):
        quoted.append(extract_plain_text(node.html, preserve_formatting=True, list_bullets=False))
        node.decompose()
    text = extract_plain_text(tree, preserve_formatting=True, main_content=False, list_bullets=False)
    if not text.strip() and not quoted:  # a parser that gave up on a hostile page: never lose the letter
        text = _TAG.sub(" ", tree.body.text or "")
    history = "\n".join("> " + line for block in quoted for line in block.splitlines())
    return f"{text}\n\n{history}" if history else str(text)
