"""Results -> what each section of the report says: words, counts and places, before they become a page.

The order of the page, its kindness and its caution are decided here: first what is open and when to act, never a count of
rejections in a headline, no pattern where too few letters stand behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analyzer import tally
from analyzer.companies import companies
from analyzer.outbox import What, in_words
from analyzer.reasons import DEFINITIONS, Kind, Reason
from analyzer.report_rows import NO_SIGNAL, REASONS, Cloak, View, email, is_fresh, names_of, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from analyzer.companies import Company
    from analyzer.outbox import Task
    from analyzer.tally import Application, Count, Month

UPCOMING = 12
DUE = 8  # things to do that stand in the page at once; the others unfold

_OUTCOMES = {"offer": "Offer", "interview": "Interview or a talk", "closed": "A no", "waiting": "No answer yet"}
_FURTHEST = {"offer": "an offer", "interview": "an interview", "closed": "a written answer", "waiting": "no answer yet"}


def opening_section(
    letters: Sequence[Mapping[str, Any]], found: Sequence[Application], tasks: Sequence[Task], view: View
) -> dict[str, Any]:
    """Return what stands at the top: what is due, what wants an answer, and what is coming up."""
    due = [_task(task, letters, view.hide) for task in tasks if task.due]
    later = sorted([*_later(tasks, letters, view), *_asking(letters, view)], key=lambda row: row["order"])
    news = list(_good_news(letters, view))
    headline = in_words(tasks) if letters else "No job mail so far"
    return {
        "title": f"Your applications, {view.hide.day(view.today)}",
        "made": made(view.today, view.hide),
        "headline": headline.rstrip("."),
        "lead": _lead(letters, due, news),
        "facts": _facts(found, letters),
        "due": due[:DUE],
        "more_due": due[DUE:],
        "good_news": news,
        "nothing_due": _nothing_due(letters, later),
        "upcoming": later[:UPCOMING],
        "more_upcoming": max(0, len(later) - UPCOMING),
    }


def _lead(letters: Sequence[object], due: Sequence[object], news: Sequence[object]) -> str:
    if not letters:
        return "None of the messages that were read is about a job application. What could not be read stands in skipped.csv."
    if news:
        return "Somebody wants to go on with you: answer that first."
    if due:
        return "Each is one short email; its text is below. Then keep applying elsewhere."
    return "Keep applying elsewhere. What comes next, and when, is below."


def _nothing_due(letters: Sequence[object], later: Sequence[Mapping[str, Any]]) -> str:
    if not letters:
        return "When letters come, what to do about them and when will stand here."
    return (
        f"No email is due. The next date is {later[0]['when']}." if later else "No email is due, and no date is near."
    )


def _facts(found: Sequence[Application], letters: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    back = {_application_id(letter) for letter in letters if letter["status"] == "came_back"}
    facts: list[dict[str, Any]] = [
        {"name": "applications" if len(found) != 1 else "application", "value": len(found)},
        {"name": "led to an interview or further", "value": tally.interviews_reached(found)},
        {"name": "without an answer so far", "value": sum(one.outcome == "waiting" for one in found)},
        {"name": "came back after a no", "value": len(back)},
    ]
    return facts[: 4 if back else 3] if found else []


_DO = {
    What.THANK_YOU: "Thank {whom}",
    What.WRITE_AGAIN: "Write once more to {whom}",
    What.LOOK_AGAIN: "Look again at {whom}",
}
_HOW = {
    What.THANK_YOU: "",
    What.WRITE_AGAIN: "It is time for the one short note that follows the letter. It asks once and presses nobody.",
    What.LOOK_AGAIN: "Has the post come up again, or has anything changed for you? If so, the note is for that. If not, leave it.",
}


def _task(task: Task, letters: Iterable[Mapping[str, Any]], hide: Cloak) -> dict[str, Any]:
    told = {
        "what": _DO[task.what].format(whom=_whom(task, letters, hide)),
        "role": "",
        "when": _when(task, hide),
        "why": [],
        "iso": hide.iso(task.day),
        "order": task.day,
        "draft": None,
        "open": False,
    }
    if hide.anonymous:
        return told
    return {
        **told,
        "role": plain(task.role),
        "why": [text for text in (" ".join(task.because), _met(task), _HOW[task.what] if task.due else "") if text],
        "draft": email(task.draft),
        "open": task.what is not What.LOOK_AGAIN,
    }


def _met(task: Task) -> str:
    """Say whom it may go to where nobody reads the address that the letter came from."""
    met = " or ".join(f"{plain(name)} <{plain(address)}>" if name else plain(address) for name, address in task.people)
    return f"The letter came from an address that nobody reads; you have been in touch with {met}." if met else ""


def _whom(task: Task, letters: Iterable[Mapping[str, Any]], hide: Cloak) -> str:
    if not hide.anonymous:
        return plain(task.company) or "the company"
    named = [
        hide.company(name) for letter in letters if str(letter["id"]) in task.ids for name in names_of(letter) if name
    ]
    return " and ".join(dict.fromkeys(named)) or "the company"


def _when(task: Task, hide: Cloak) -> str:
    if hide.anonymous or not task.due:
        return hide.day(task.day)
    if task.what is What.THANK_YOU:
        return (
            f"Best sent by {hide.day(task.by)}"
            if task.by >= task.day
            else f"Still welcome until {hide.day(task.until)}"
        )
    return f"Any day until {hide.day(task.until)}"


def _later(tasks: Iterable[Task], letters: Sequence[Mapping[str, Any]], view: View) -> Iterator[dict[str, Any]]:
    for task in tasks:
        if not task.due:
            yield _task(task, letters, view.hide)


def _asking(letters: Iterable[Mapping[str, Any]], view: View) -> Iterator[dict[str, Any]]:
    """Yield the days on which to ask where nobody has answered yet: one for each application, from its last letter."""
    seen: set[str] = set()
    for letter in letters:
        name, after = _application_id(letter), tally.day_of(letter["after"])
        if letter["kind"] != Kind.ACKNOWLEDGEMENT or name not in view.waiting or name in seen:
            continue
        seen.add(name)
        if after and after >= view.today:
            company = view.hide.company(next((name for name in names_of(letter) if name), None))
            yield {
                "what": f"Ask {company} kindly, if you have heard nothing",
                "when": view.hide.day(after),
                "iso": view.hide.iso(after),
                "role": "",
                "why": [] if view.hide.anonymous else ["They have your application and have not decided."],
                "order": after,
            }


def _good_news(letters: Iterable[Mapping[str, Any]], view: View) -> Iterator[dict[str, str]]:
    """Yield what wants an answer of the reader's own: invitations and offers of the last weeks."""
    seen: set[str] = set()
    for letter in letters:
        sent, name = tally.day_of(letter["date"]), _application_id(letter)
        if letter["kind"] not in {Kind.INTERVIEW, Kind.OFFER} or name in seen or not is_fresh(letter, sent, view.today):
            continue
        seen.add(name)
        company = view.hide.company(next((name for name in names_of(letter) if name), None))
        back = (letter["application"] or {}).get("came_back")
        reads = "an offer" if letter["kind"] == Kind.OFFER else "an invitation or a next step"
        again = "They came back to you. " if back else ""
        yield {
            "what": f"Answer {company}",
            "why": f"{again}Their message{f' of {view.hide.day(sent)}' if sent else ''} reads like {reads}.",
        }


def reasons_section(letters: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the reasons with their counts, and what the counts do not say."""
    counts = tally.reason_counts(letters)
    number = counts[0].of
    unclear = sum(letter["kind"] == Kind.REJECTION and not tally.is_sure(letter) for letter in letters)
    notes = [
        "A letter can show two reasons." if sum(count.count for count in counts) > number else "",
        f"Under {tally.ENOUGH} letters a pattern would be chance, so none is claimed." if number < tally.ENOUGH else "",
        f"{_letters(unclear)} too unclear to be counted." if unclear else "",
    ]
    return {
        "reasons": [_reason(count) for count in counts] if number else [],
        "reasons_lead": f"Of {_letters(number)} that answered an application: what the words point to, never what an employer thinks.",
        "reasons_note": " ".join(note for note in notes if note),
    }


def _reason(count: Count) -> dict[str, Any]:
    if count.name == NO_SIGNAL:
        return {"title": REASONS[NO_SIGNAL], "more": "That is usual, and it says nothing about you.", "count": count}
    return {"title": REASONS[count.name], "more": DEFINITIONS[Reason(count.name)].heading, "count": count}


def time_section(found: Sequence[Application], today: date) -> dict[str, Any]:
    """Return the applications by month and how far each got, drawn and as a table."""
    months, outside = tally.timeline(found, today)
    total, reached = sum(month.total for month in months), tally.interviews_reached(found)
    return {
        "months": months,
        "outcomes": [{"name": name, "words": words} for name, words in _OUTCOMES.items()],
        "chart": _chart(months),
        "chart_words": f"{total} applications in {len(months)} months, drawn as columns; {reached} led to an interview or further. "
        "The numbers stand in the table below.",
        "outside": f"{outside} more began before these months, or have no date." if outside else "",
    }


_TOP, _TALL, _HEIGHT = 20, 150, 214  # of the chart in pixels: room for the totals, the columns, all with the months


def _chart(months: Sequence[Month]) -> dict[str, Any]:
    """Place the columns: percent across, so that the page can be of any width, and pixels down."""
    step = 100 / max(1, len(months))
    width = min(step * 0.74, 7.0)
    most = max((month.total for month in months), default=1) or 1
    columns = [
        {
            "x": _number(index * step + (step - width) / 2),
            "middle": _number((index + 0.5) * step),
            "parts": (parts := list(_parts(month, most))),
            "top": _number(min((part["y"] for part in parts), default=_TOP + _TALL) - 6),
            "total": month.total,
            "counts": month.counts,
            "words": f"{month.first:%B} {month.first.year}",
            **_labels(index, months),
        }
        for index, month in enumerate(months)
    ]
    dense = "dense" if len(months) > 12 else ""
    return {"height": _HEIGHT, "base": _TOP + _TALL, "width": _number(width), "columns": columns, "dense": dense}


def _parts(month: Month, most: int) -> Iterator[dict[str, Any]]:
    """Yield the parts of a column from the ground up, the furthest first, so that they can be compared."""
    ground = float(_TOP + _TALL)
    for name, words in _OUTCOMES.items():
        count = month.counts.get(name, 0)
        if count:
            height = count * _TALL / most
            ground -= height
            yield {"name": name, "y": _number(ground), "height": _number(height), "words": f"{words}: {count}"}


def _labels(index: int, months: Sequence[Month]) -> dict[str, str]:
    first, few = months[index].first, len(months) <= 8
    often = few or (first.month - 1) % 3 == 0
    year = first.month == 1 or (often and index <= 2 and (index == 0 or not few) and months[0].first.month != 1)
    return {
        "label": f"{first:%b}" if len(months) <= 18 or often else "",
        "often": "often" if often else "",
        "year": str(first.year) if year else "",
    }


def _number(value: float) -> float | int:
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else rounded


def answers_section(found: Sequence[Application]) -> dict[str, Any]:
    """Return how long the answers took, and how many have not come."""
    times, middle = tally.answer_times(found), tally.middle_time(found)
    waiting = sum(one.outcome == "waiting" for one in found)
    half = f" Half of them came within {_days(middle)}." if middle is not None else ""
    return {
        "times": times,
        "times_lead": f"From the day of the application to the answer, where both are known.{half}",
        "waiting": f"{waiting} {'application has' if waiting == 1 else 'applications have'} no answer so far. Silence is usual too."
        if waiting
        else "",
    }


def companies_section(
    letters: Iterable[Mapping[str, Any]], found: Iterable[Application], view: View
) -> list[dict[str, Any]]:
    """Return a line for each company, those applied to most often first."""
    furthest: dict[str | None, str] = {}
    for application in found:
        known = furthest.get(application.company, "waiting")
        furthest[application.company] = min(known, application.outcome, key=tally.OUTCOMES.index)
    return [
        {
            "name": view.hide.company(company.name),
            "times": company.applications,
            "furthest": _FURTHEST[furthest.get(company.name, "waiting")],
            "took": _took(company.days_to_answer),
            **_again(company, view),
        }
        for company in companies(letters)
    ]


def _took(days: Sequence[int]) -> str:
    if not days:
        return "not known"
    return _days(days[0]) if days[0] == days[-1] else f"{days[0]} to {_days(days[-1])}"


def _again(company: Company, view: View) -> dict[str, str]:
    """Say when applying again makes sense; `again_why` is the letter's own word for it, if it has one."""
    if company.open:
        return {"again": "still open", "again_why": ""}
    if company.reapply is None:
        return {"again": "any time, for another role", "again_why": ""}
    after, because = company.reapply.after, company.reapply.because
    why = plain(because) if because.startswith("the letter says") and not view.hide.anonymous else ""
    return {"again": f"from {view.hide.day(after)}" if after > view.today else "from now on", "again_why": why}


def _application_id(letter: Mapping[str, Any]) -> str:
    return str((letter.get("application") or {}).get("id") or letter["id"])


def made(today: date, hide: Cloak | None = None) -> dict[str, str]:
    """Return the day of the page, for people and for programs."""
    hide = hide or Cloak(anonymous=False, companies={})
    return {"iso": hide.iso(today), "words": hide.day(today)}


def _letters(number: int) -> str:
    return "1 letter" if number == 1 else f"{number:,} letters"


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
