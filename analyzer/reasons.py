"""The label scheme: what a message, a reason, a stage and a vacancy can be, each with its definition.

A value is the word that stands in a corpus, in a model and in JSON. The headings are those of the article that the
product is built on: Mark Daniel, "How to get a job after being rejected" (Real Life Career Advice).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ARTICLE = 'Mark Daniel, "How to get a job after being rejected" (Real Life Career Advice)'


class Kind(StrEnum):
    """What sort of message it is."""

    REJECTION = "rejection"
    ACKNOWLEDGEMENT = "acknowledgement"
    INTERVIEW = "interview"
    OFFER = "offer"
    OTHER = "other"


class Reason(StrEnum):
    """Which of the article's reasons a rejection gives evidence for, the more specific first."""

    ON_HOLD = "on_hold"
    EOI = "eoi"
    SILVER_MEDALLIST = "silver_medallist"
    FIRST_CHOICE = "first_choice"
    HOLDING_OUT = "holding_out_for_perfection"


class Cue(StrEnum):
    """What one sentence can show, whatever the letter as a whole says. The first five are the reasons."""

    ON_HOLD = "on_hold"
    EOI = "eoi"
    SILVER_MEDALLIST = "silver_medallist"
    FIRST_CHOICE = "first_choice"
    HOLDING_OUT = "holding_out_for_perfection"
    REFUSAL = "refusal"
    INTERVIEWED = "interviewed"
    FINAL_ROUND = "final_round"
    OPEN = "open"
    CLOSED = "closed"
    INELIGIBLE = "ineligible"
    PENDING = "pending"
    CONDITION = "condition"
    INVITATION = "invitation"
    OFFER = "offer"
    THANKS = "thanks"
    PRAISE = "praise"
    KEEP_ON_FILE = "keep_on_file"


class Stage(StrEnum):
    """The furthest point that the reader is known to have reached, in rising order."""

    APPLICATION = "application"
    INTERVIEW = "interview"
    FINAL = "final"


class Vacancy(StrEnum):
    """What the letter says about the post itself."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class Action(StrEnum):
    """What the reader is advised to do after the thank-you email."""

    WAIT = "wait"
    FOLLOW_UP = "follow_up"
    MOVE_ON = "move_on"


@dataclass(frozen=True)
class Definition:
    """One reason, explained.

    `heading` is the article's own; `name` is how a sentence refers to it; `shows` and `but_not` draw the border.
    """

    reason: Reason
    heading: str
    name: str
    shows: str
    but_not: str


DEFINITIONS = {
    definition.reason: definition
    for definition in (
        Definition(
            Reason.ON_HOLD,
            "The job may have been placed on hold or cancelled",
            "the role was put on hold or cancelled",
            "The role itself stopped, on the employer's side: paused, frozen, withdrawn, cancelled, not funded.",
            'Not "filled" (that is first_choice), nor "we cannot move forward" alone.',
        ),
        Definition(
            Reason.EOI,
            "The job may have been placed on hold or cancelled: Expressions of Interest or EOI role",
            "there was no firm vacancy behind the advert",
            "There was no firm vacancy: a pool, a register, a pipeline, a bid that was not won, nothing open now.",
            'Not "we will keep your CV on file", which nearly every letter says.',
        ),
        Definition(
            Reason.SILVER_MEDALLIST,
            "You may be a silver medallist without knowing it",
            "you came close",
            "You came close: finalist, runner-up, reserve, one of the last few, or praise for you with a wish to hire you.",
            'Not praise that everybody gets ("impressed by your background", "a difficult decision").',
        ),
        Definition(
            Reason.FIRST_CHOICE,
            "Their first choice might let them down",
            "particular other people have the job",
            "Somebody has the job: filled, another candidate chosen, an offer made or accepted, an internal appointed.",
            'Not "we are moving forward with other candidates": nobody has the job yet.',
        ),
        Definition(
            Reason.HOLDING_OUT,
            "They were holding out for perfection",
            "you were measured against an ideal",
            "You are measured: others match more closely, other experience or skills wanted, the search goes on.",
            'Not "not selected" or "many qualified applicants" with no measuring.',
        ),
    )
}
