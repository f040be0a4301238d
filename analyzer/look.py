"""The cheap first look at a message: whether it is wanted, and whether it may be about a job application at all.

Mail that names nothing of an application is other mail, without the model. Whoever writes in person may refuse in any
words ("we shook hands with a girl from Motueka"), so a message from one person to another goes to the model too, if it
names an occupation or speaks of deciding more than once. `tests/test_look.py` measures what this misses, also where a
letter stands between pages of quoted mail or legal text.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from analyzer.records import Letter

FIRST = 4000
"""Characters of a text that are looked at: what an application is about is said early."""

LAST = 1500
"""Characters at the end of a longer one that are looked at too: there stands that it was sent to many."""

LONG = 3000
"""In a text of more characters than these a word that is common elsewhere may stand by chance."""

JOB = """
applicat applied applican applying candida vacanc interview recruit hiring hire_ hired_ resume_ resumes_ r_sum cv_ cvs_
curriculum shortlist short_list position_ positions_ role_ roles_ job career employ talent appoint opportunit opening_
regret unsuccessful unfortunately sorry internship trainee apprentice probation background_check start_date salary
successful selected_ selection an_offer offer_of offer_letter offer_you pleased_to_offer onboarding going_forward
moving_forward move_forward go_forward taking_you proceed next_stage next_step final_stage final_round panel_
assessment someone_else somebody_else other_person finalist cover_letter submission portfolio references_ registration eligible audition workforce
worker_ going_to_pass civil_service advertisement posts_ crew_
""".split()
"""What words of job mail begin with; "_" is the end of a word."""

COMMON = """
opportunit job career talent role_ roles_ position_ positions_ opening_ sorry unfortunately successful selected_ salary
portfolio worker_ crew_ posts_
""".split()
"""Those of them that all sorts of mail use: in a long text in which one of them stands once, and no other, it says little."""

MANY = """
unsubscribe opt_out manage_preferences manage_your_preferences view_online view_in_your_browser in_browser no_reply
noreply do_not_reply donotreply newsletter order_no order_number order_confirm your_order invoice_no invoice_number
your_invoice your_receipt tracking_number track_your sale_ends verification_code one_time password_reset
your_statement privacy_policy all_rights_reserved notification notifications_ marketing_ alerts_ billing_
orders_
""".split()
"""Marks of mail that was sent to many, or by a machine."""

DECIDING = """
letter work_ saturday hours_ gig_ temp_ wanted_ staff still_in_the decided decision chose choice gone_with went_with go_with going_with engage signed contract the_other said_yes not_going
is_no_ a_no_ luck wish_you trial test_ taking_on take_on taken_on join_us team_ committee board_ result score full_
filled afraid disappoint owe_you place_for put_you leave_it leave_you licen visa ticket papers thanks_for_coming
thank_you_for_coming advert ad_ notice starts_ shift_ wage pay_you training experience qualif round_ feedback spot_
seat_ chair_ refus accept answer
""".split()
"""Words with which people decide on somebody, each of them common elsewhere."""

ONE = "you thank thx_ ta_ u_ ur_".split()
"""How one person speaks to another."""

_KEPT = "abcdefghijklmnopqrstuvwxyz0123456789"
_PLAIN = bytes(ord(char) if (char := chr(code).lower()) in _KEPT else ord(" ") for code in range(256))


def _finder(words: list[str]) -> re.Pattern[bytes]:
    """Return what finds words that begin so, in one way through a text: told apart by their first letters first."""
    rests: dict[str, list[str]] = {}
    for word in words:
        rests.setdefault(word[0], []).append(word[1:].replace("_", " +"))
    stems = "|".join(f"{letter}(?:{'|'.join(those)})" for letter, those in rests.items())
    return re.compile(f" (?=[{''.join(rests)}])(?=({stems}))".encode())


_JOB, _MANY, _DECIDING, _ONE = _finder(JOB), _finder(MANY), _finder(DECIDING), _finder(ONE)
_COMMON = frozenset(word.strip("_").encode() for word in COMMON)


@cache
def _occupations() -> frozenset[bytes]:
    return frozenset(Path(__file__).with_name("occupations.txt").read_bytes().split())


def may_be_job_mail(subject: str, sender: str, text: str) -> bool:
    """Return False where a message is surely not about an application of the reader's."""
    line = _line(f"{subject} {sender} {text[:FIRST]}")
    named = _JOB.findall(line)
    in_passing = len(text) > LONG and len(named) == 1 and named[0].strip() in _COMMON
    if named and not (in_passing and _JOB.search(_line(f"{subject} {sender}")) is None):
        return True
    if not _ONE.search(line) or _MANY.search(line) or _MANY.search(_line(text[FIRST:][-LAST:])):
        return False
    said = {b" ".join(words.split()) for words in (*_DECIDING.findall(line), *named)}
    return len(said) > 1 or not _occupations().isdisjoint(line.split())


def _line(text: str) -> bytes:
    """Return the words of a text in small letters, each with a space on either side at least."""
    return b" %b " % text.encode("ascii", "replace").translate(_PLAIN)


@dataclass(frozen=True)
class Filters:
    """Which messages are wanted. A message without a date is within all dates."""

    since: date | None = None
    until: date | None = None
    folder: str = ""
    sender: str = ""

    def name(self) -> str:
        """Return what tells one set of filters from another; "" for none."""
        values = [str(self.since or ""), str(self.until or ""), self.folder, self.sender]
        return json.dumps(values) if any(values) else ""

    def want(self, letter: Letter) -> bool:
        """Return whether a message passes."""
        if letter.sent and ((self.since and letter.sent < self.since) or (self.until and letter.sent > self.until)):
            return False
        if self.sender and self.sender.casefold() not in letter.sender.casefold():
            return False
        folder = self.folder.casefold()
        return not folder or any(folder in place.casefold() for place in (*letter.labels, letter.source))
