"""Letters as documents: PDF and DOCX (the extra `documents`)."""

from __future__ import annotations

import io
import logging
import warnings
from typing import TYPE_CHECKING, Any

from analyzer.errors import ReadError
from analyzer.read.foreign import DAMAGE, damaged, extra_missing, refuse_bomb
from analyzer.read.text import writable
from analyzer.records import Letter

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_PAGES = 20
"""No letter is longer; of what is, the first pages are read."""

_MAX_PAGE = 3_000_000  # bytes of drawing instructions on one page
_MAX_OPERATIONS = 100_000  # of one document; a page can call a drawing that calls drawings, without end
_MAX_CHARS = 1_000_000
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"


def letter_from_pdf(data: bytes, source: str) -> Letter:
    """Read a PDF; one that is locked, scanned or broken raises ReadError."""
    try:
        import pypdf
        from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError
    except ImportError:
        raise extra_missing(source, "PDF", "documents") from None
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it talks about every comma that is wrong
    if b"%PDF-" not in data[:1024]:
        raise damaged(source, "PDF")
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise _locked(source)
        text = "\n\n".join(_pdf_pages(reader, source))
    except (DependencyError, FileNotDecryptedError):
        raise _locked(source) from None
    except (PyPdfError, *DAMAGE) as error:
        raise damaged(source, "PDF") from error
    return _letter(text, source, "it may be a scan, a picture of a letter")


def letter_from_docx(data: bytes, source: str) -> Letter:
    """Read a Word document: paragraphs and tables in their order."""
    try:
        import docx
        from docx.opc.exceptions import OpcError
    except ImportError:
        raise extra_missing(source, "DOCX", "documents") from None
    if data.startswith(_OLD_OFFICE):
        raise ReadError(f"{source}: is locked or in Word's old format; save it as .docx without a password")
    refuse_bomb(io.BytesIO(data), source)
    try:
        with warnings.catch_warnings(action="ignore"):
            text = "\n\n".join(_docx_lines(docx.Document(io.BytesIO(data))))
    except (OpcError, SyntaxError, *DAMAGE) as error:  # an error in XML is a SyntaxError
        raise damaged(source, "Word document") from error
    return _letter(text, source, "it may hold pictures only")


def _pdf_pages(reader: Any, source: str) -> Iterator[str]:  # noqa: ANN401  pypdf is imported only where it is used
    operations = 0

    def count(*_: object) -> None:
        nonlocal operations
        operations += 1
        if operations > _MAX_OPERATIONS:
            raise _too_drawn(source)

    for number, page in enumerate(reader.pages):
        if number == MAX_PAGES:
            return
        contents = page.get_contents()
        if contents is not None and len(contents.get_data()) > _MAX_PAGE:
            raise _too_drawn(source)
        yield page.extract_text(visitor_operand_before=count)


def _docx_lines(document: Any) -> Iterator[str]:  # noqa: ANN401  python-docx is imported only where it is used
    """Yield paragraphs, and rows of tables with their cells apart; a merged cell once."""
    from docx.table import Table

    left = _MAX_CHARS
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            lines = [" ".join(dict.fromkeys(cell.text for cell in row.cells)) for row in block.rows]
        else:
            lines = [block.text]
        for line in lines:
            yield line
            left -= len(line)
        if left < 0:
            return


def _letter(text: str, source: str, why_empty: str) -> Letter:
    if not any(char.isalnum() for char in text):
        raise ReadError(f"{source}: there is no text in it; {why_empty}: type or paste its words")
    return Letter(text=writable(text)[:_MAX_CHARS], source=source)


def _locked(source: str) -> ReadError:
    return ReadError(f"{source}: is locked with a password; open it, copy the letter's words and paste them")


def _too_drawn(source: str) -> ReadError:
    return ReadError(f"{source}: holds more drawing than any letter; open it, copy the letter's words and paste them")
