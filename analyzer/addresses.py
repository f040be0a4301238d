"""A mail header -> the name and the address in it."""

from __future__ import annotations

from email.utils import parseaddr

MAX_COMMENTS = 50
"""Brackets in a header; the standard library goes one call deeper for each, and fails at some nine hundred."""


def name_and_address(header: str) -> tuple[str, str]:
    """Return ("Ana Ruiz", "ana@firm.example"), either of them "" where it is not there."""
    return parseaddr(header) if header.count("(") <= MAX_COMMENTS else ("", "")
