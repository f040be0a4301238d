"""An analysis -> what a person reads at a terminal, or one JSON object.

The terminal view is read top down on a bad day: first what it is and what to do, then why, then the email, ready to
copy. Every string that came from mail passes `visible` before it is printed, so that no letter can move the cursor.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from analyzer.clean import visible
from analyzer.pipeline import may_send
from analyzer.reasons import ARTICLE, DEFINITIONS, Action, Kind, Reason, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from typing import TextIO

    from analyzer.pipeline import Verdict
    from analyzer.records import Analysis, Draft, Prediction, Recommendation

WIDTH = 88
"""Lines longer than this are hard to read, however wide the window is."""

UNCLEAR = 0.25
"""From this probability of `rejection` on, a letter that is not surely one is called unclear, not something else."""

_KINDS = {
    Kind.ACKNOWLEDGEMENT: "They have your application, or are still deciding.",
    Kind.INTERVIEW: "They want to go on with you: it reads like an invitation or a next step.",
    Kind.OFFER: "It reads like an offer.",
    Kind.OTHER: "It is not an answer to a job application at all.",
}
_STAGES = {
    Stage.INTERVIEW: "an interview, a call or a test took place",
    Stage.FINAL: "you were in the last round",
}


def console(file: TextIO | None = None) -> Console:
    """Return a console whose colours vanish in a pipe and with NO_COLOR, and that reads no markup in letters."""
    out = Console(file=file or sys.stdout, highlight=False, markup=False, emoji=False, soft_wrap=False)
    out.width = min(out.width, WIDTH)
    return out


def print_headline(verdict: Verdict, out: Console) -> None:
    """Print what kind of message it is, which reason it points to and how plainly it says so."""
    prediction = verdict.prediction
    if any(note.code == "not_english" for note in verdict.notes):
        out.print(Text("This letter is not in English, and this model knows English alone.", style="bold"))
        out.print("Nothing is guessed about it. A translation, pasted as text, can be read.")
    elif _is_unclear(prediction):
        out.print(
            Text("I cannot tell whether this is a rejection: read it yourself before you answer.", style="bold yellow")
        )
        out.print(_unclear_words(prediction))
    elif prediction.kind is not Kind.REJECTION:
        out.print(Text("THIS IS NOT A REJECTION.", style="bold green"))
        out.print(f"{_KINDS[prediction.kind]} {_sure(prediction.kinds[prediction.kind])}")
    else:
        out.print(Text("This is a rejection. I am sorry.", style="bold"))
        out.print(Text(_reason_words(prediction), style="bold"))
        if prediction.shown:
            out.print(
                Text("(The per cent says how plainly the letter says it; it is no chance of being hired.)", style="dim")
            )
    out.file.flush()


def print_rest(analysis: Analysis, out: Console) -> None:
    """Print what to do and when, why, and the email."""
    prediction = analysis.prediction
    out.print()
    if prediction.kind is Kind.REJECTION or analysis.recommendation.action is not None:
        _heading("What to do", out)
        for line in advice(analysis):
            out.print(line)
    elif prediction.kind is not Kind.OTHER and analysis.recommendation.because:
        out.print(analysis.recommendation.because)
    if prediction.kind is Kind.REJECTION:
        out.print()
        _heading("Why", out)
        _print_why(analysis, out)
        if may_send(prediction) and analysis.draft is not None:
            out.print()
            _heading("The email", out)
            print_email(analysis.draft, out)
    if analysis.notes:
        out.print()
        for note in analysis.notes:
            if note.code != "not_english":
                out.print(Text(f"Note: {note.text}", style="dim"))


def advice(analysis: Analysis) -> list[str]:
    """Say the action in words, with its dates; never the bare label."""
    what = analysis.recommendation
    after = day(what.after) if what.after else None
    if analysis.prediction.kind is not Kind.REJECTION:
        return (
            [f"Wait; there is nothing to answer. If you hear nothing, ask kindly after {after}."]
            if after
            else ["Wait."]
        )
    if not may_send(analysis.prediction):
        return ["Nothing yet. No email is offered here, since thanking for a rejection that is none would do harm."]
    if analysis.draft and analysis.draft.purpose == "later_note":
        return list(_LATER[what.action or Action.WAIT])
    if analysis.status == "upcoming":
        verb = "Write once more" if what.action is Action.FOLLOW_UP else "Look again"
        return [
            f"It is late for a thank-you, and early for more. {verb} on {after}. Until then, keep applying elsewhere."
        ]
    if what.action is Action.WAIT:
        first = f"Thank them, then leave it. Look again on {after}." if after else "Thank them, then leave it."
        more = "The next move is theirs; write again only if something has changed by then. Keep applying elsewhere."
    elif what.action is Action.FOLLOW_UP:
        first = f"Thank them now, write once more on {after}." if after else "Thank them now, write once more later."
        more = "The next move is yours, and it is one short note. Until then, keep applying elsewhere."
    else:
        first = "Thank them, and give your energy to the next one. They said no for now; that is not never."
        again = f"The letter names a time to apply again: from {after}." if after else "Nothing here needs watching."
        more = f"{again} Keep applying elsewhere."
    if analysis.status == "lapsed":
        return ["This letter is from some time ago: a thank-you now would read oddly. Keep applying elsewhere."]
    sent = f"The thank-you is best sent by {day(what.send_by)}." if what.send_by else ""
    return [first, f"{more} {sent}".strip()]


_LATER = {
    Action.WAIT: (
        "Look again now. Has the post come up again, or has anything changed for you?",
        "If so, the note below is for that. If not, leave it. Keep applying elsewhere.",
    ),
    Action.FOLLOW_UP: (
        "It is time for the one short note that follows the letter: send it now.",
        "It asks once and presses nobody. Whatever comes back, keep applying elsewhere.",
    ),
    Action.MOVE_ON: (
        "The letter named a time to apply again, and it has come.",
        "If you still want to, the note below asks whether something is open. Keep applying elsewhere.",
    ),
}
"""What to do when it is too late for a thank-you and time for the later note."""


def day(when: date | None) -> str:
    """Return a day as people write it: 2 April 2026."""
    return f"{when.day} {when:%B %Y}" if when else ""


def to_json(analysis: Analysis) -> dict[str, Any]:
    """Return the result in the shape that other programs rely on."""
    letter, prediction, entities, what = (
        analysis.letter,
        analysis.prediction,
        analysis.entities,
        analysis.recommendation,
    )
    body, draft = analysis.cleaned.body, analysis.draft
    return {
        "id": analysis.id,
        "source": letter.source,
        "message_id": letter.message_id or None,
        "date": letter.sent.isoformat() if letter.sent else None,
        "subject": letter.subject,
        "from": letter.sender,
        "kind": prediction.kind.value,
        "kinds": _rounded(prediction.kinds),
        "reason": prediction.shown[0].value if prediction.shown else None,
        "shown": [reason.value for reason in prediction.shown],
        "reasons": {reason.value: round(value, 4) for reason, value in prediction.reasons.items()},
        "evidence": [
            {"reason": span.label, "start": span.start, "end": span.end, "text": body[span.start : span.end]}
            for span in prediction.evidence
        ],
        "body": body,
        "stage": analysis.stage.value if analysis.stage else None,
        "stage_from": analysis.stage_from,
        "vacancy": prediction.vacancy.value if prediction.vacancy else None,
        "ineligible": prediction.ineligible,
        "timeframe": entities.timeframe,
        "company": entities.company,
        "role": entities.role,
        "contact": entities.contact,
        **advice_json(what, draft, analysis.status),
        "notes": [{"code": note.code, "text": note.text} for note in analysis.notes],
        "model": analysis.model,
    }


def advice_json(what: Recommendation, draft: Draft | None, status: str | None) -> dict[str, Any]:
    """Return the part of a result that a thread can change: what to do, when, and with which words."""
    return {
        "action": what.action.value if what.action else None,
        "send_by": what.send_by.isoformat() if what.send_by else None,
        "after": what.after.isoformat() if what.after else None,
        "until": what.until.isoformat() if what.until else None,
        "status": status,
        "because": what.because,
        "would_change": what.would_change,
        "policy": {"rule": what.rule, "source": what.source},
        "draft": {
            "purpose": draft.purpose,
            "to": list(draft.to),
            "cc": list(draft.cc),
            "subject": draft.subject,
            "body": draft.body,
            "missing": list(draft.missing),
        }
        if draft
        else None,
    }


def json_line(value: Mapping[str, Any]) -> str:
    """Return one line of JSON that a terminal can show safely: control characters are escaped."""
    text = json.dumps(value, ensure_ascii=False)
    if text.isascii():
        return text.replace("\x7f", "\\u007f")
    if text.isprintable():
        return text
    return "".join(json.dumps(char)[1:-1] if unicodedata.category(char) in _UNSEEN else char for char in text)


_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


def shelf_line(row: Mapping[str, Any]) -> str:
    """Return one line of the list of models; a star marks the one in use."""
    return f"{'*' if row['used'] else ' '} {row['name']:<16} {row['model']:<20} {printable(row['path'])}"


def print_reasons(out: Console) -> None:
    """Print the label scheme, under the article's own headings."""
    out.print(
        "What a rejection letter can give evidence for. A label says what the letter shows, never what the employer thinks."
    )
    for definition in DEFINITIONS.values():
        out.print()
        out.print(Text(definition.heading, style="bold"))
        out.print(f"{definition.reason.value}: {definition.shows}")
        out.print(Text(definition.but_not, style="dim"))
    out.print()
    out.print(Text("No signal", style="bold"))
    out.print("About half of all letters give no reason. That is usual, and it says nothing about you.")
    out.print()
    out.print(f"The headings are those of {ARTICLE}.")


def printable(text: str, limit: int = 200) -> str:
    """Return mail text that is safe in one line of a terminal."""
    return " ".join(visible(text).split())[:limit]


def _heading(text: str, out: Console) -> None:
    out.print(Text(text.upper(), style="bold cyan"))


def _is_unclear(prediction: Prediction) -> bool:
    return not may_send(prediction) and (
        prediction.kind is Kind.REJECTION or prediction.kinds[Kind.REJECTION] >= UNCLEAR
    )


def _unclear_words(prediction: Prediction) -> str:
    others = sorted(prediction.kinds.items(), key=lambda item: -item[1])[:2]
    names = {Kind.REJECTION: "a rejection", Kind.ACKNOWLEDGEMENT: "an acknowledgement", Kind.INTERVIEW: "an invitation",
             Kind.OFFER: "an offer", Kind.OTHER: "something else"}  # fmt: skip
    return "It may be " + " or ".join(f"{names[kind]} ({_per_cent(value)})" for kind, value in others) + "."


def _reason_words(prediction: Prediction) -> str:
    if not prediction.shown:
        return "The letter gives no reason. That is usual, and it says nothing about you."
    reason = prediction.shown[0]
    return f"The reason that it points to: {DEFINITIONS[reason].name}. {_plainly(prediction.reasons[reason])}"


def _plainly(probability: float) -> str:
    words = (
        "says this clearly"
        if probability >= 0.85
        else "says this fairly plainly"
        if probability >= 0.65
        else "hints at this"
    )
    return f"The letter {words} ({_per_cent(probability)})."


def _sure(probability: float) -> str:
    words = (
        "That is clear"
        if probability >= 0.9
        else "That is fairly clear"
        if probability >= 0.7
        else "That is not certain"
    )
    return f"{words} ({_per_cent(probability)})."


def _per_cent(probability: float) -> str:
    """Never claim certainty: 99 % at most, 1 % at least."""
    return f"{min(99, max(1, round(100 * probability)))}\u00a0%"  # not to be parted at the end of a line


def _print_why(analysis: Analysis, out: Console) -> None:
    prediction, body = analysis.prediction, analysis.cleaned.body
    for reason in prediction.shown:
        quotes = [body[span.start : span.end] for span in prediction.evidence if span.label == reason.value]
        if len(prediction.shown) > 1:
            out.print(f"{DEFINITIONS[reason].heading} ({_per_cent(prediction.reasons[reason])}):")
        for quote in quotes:
            out.print(Padding(Text(f"\u201c{' '.join(quote.split())}\u201d", style="italic"), (0, 0, 0, 2)))
    if prediction.shown or not (analysis.recommendation.because or "").startswith(_NO_REASON):
        out.print(analysis.recommendation.because or "")
    else:
        rest = (analysis.recommendation.because or "").removeprefix(_NO_REASON).strip()
        out.print(
            rest or "None of the article's reasons stands in it in so many words, and guessing would not help you."
        )
    if analysis.stage in _STAGES:
        out.print(
            f"How far it went: {_STAGES[analysis.stage]}{' (as you say)' if analysis.stage_from == 'reader' else ''}."
        )
    if analysis.recommendation.would_change:
        out.print(analysis.recommendation.would_change)


_NO_REASON = "The letter gives no reason. That is usual, and it says nothing about you."


def print_email(draft: Draft, out: Console, *, nobody: str = "(whoever wrote to you)") -> None:
    """Print an email to be copied; `nobody` stands where it has no address."""
    out.print(Text(f"To: {printable(', '.join((*draft.to, *draft.cc))) or nobody}", style="dim"))
    out.print(Text(f"Subject: {printable(draft.subject)}", style="dim"))
    out.print()
    # Printed without wrapping: what is copied from here must not carry the window's line breaks.
    out.print(Text(visible(draft.body)), soft_wrap=True)
    gaps = {"name": "your name", "strength": "half a sentence on why you were right for it"}
    if draft.missing:
        out.print()
        missing = " and ".join(gaps[gap] for gap in draft.missing)
        out.print(Text(f"Still yours to fill in: {missing}. `analyzer profile` keeps them for next time.", style="dim"))


def _rounded(kinds: Mapping[Kind, float]) -> dict[str, float]:
    """Round so that the sum stays 1."""
    values = {kind.value: round(value, 4) for kind, value in kinds.items()}
    largest = max(values, key=lambda name: values[name])
    values[largest] = round(values[largest] + 1 - sum(values.values()), 4)
    return values


def reason_rows() -> Sequence[Mapping[str, str]]:
    """Return the label scheme as JSON objects."""
    return [
        {"reason": reason.value, "heading": d.heading, "shows": d.shows, "but_not": d.but_not}
        for reason, d in ((reason, DEFINITIONS[reason]) for reason in Reason)
    ]
