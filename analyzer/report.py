r"""Results -> report.html: one file that works offline and runs nothing that came from mail.

Every text is escaped by the template, or stands in a data island where `<`, `>` and `&` are written as \u003c and the
like; the page's own script turns data into text nodes alone, and its policy lets nothing else run or load. A page is
written beside its place, readable by its owner alone, and moved there when it is whole.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer import tally
from analyzer.companies import companies
from analyzer.errors import RunError
from analyzer.outbox import What, in_words, plan
from analyzer.reasons import ARTICLE, DEFINITIONS, Kind, Reason
from analyzer.report_rows import (
    ACTIONS,
    KINDS,
    NO_SIGNAL,
    REASONS,
    STATUSES,
    Cloak,
    View,
    cloak,
    email,
    is_fresh,
    names_of,
    plain,
    table_row,
)
from analyzer.results import RESULTS, read_results, result_folders

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from analyzer.companies import Company
    from analyzer.outbox import Task
    from analyzer.tally import Application, Count, Month

REPORT = "report.html"
ANONYMOUS = "report-anonymous.html"
PEOPLE = "people.html"

TABLE_ROWS = 20_000
"""So many letters, the newest, stand in the table with their texts; a browser could not hold many more."""

COMPANIES = 12  # companies that are shown at once; the others unfold
UPCOMING = 12
DUE = 8  # things to do that stand in the page at once; the others unfold

_PAGE = Path(__file__).with_name("report_page")
_OUTCOMES = {"offer": "Offer", "interview": "Interview or a talk", "closed": "A no", "waiting": "No answer yet"}
_FURTHEST = {"offer": "an offer", "interview": "an interview", "closed": "a written answer", "waiting": "no answer yet"}
_KEPT = tuple("id date kind kinds shown stage company role status after until timeframe policy application".split())
"""What is kept in memory of each letter; the rest is read again for its row."""


def write_report(results: Iterable[Mapping[str, Any]], path: Path, *, today: date, anonymous: bool = False) -> None:
    """Write the page about one person's results. Raises RunError where it cannot be written.

    `results` is gone through several times; what can be iterated once alone is kept in memory.
    """
    if iter(results) is results:
        results = [result for result in results if result["kind"] != Kind.OTHER]
    letters = [{name: result.get(name) for name in _KEPT} for result in results if result["kind"] != Kind.OTHER]
    letters.sort(key=lambda letter: str(letter["date"] or ""), reverse=True)
    found = tally.applications(letters)
    tasks = plan(results, today=today)
    hide = cloak(letters, anonymous=anonymous)
    view = View(
        today,
        hide,
        {name: task for task in reversed(tasks) for name in task.ids},
        {one.id for one in found if one.outcome == "waiting"},
    )
    page = {
        **_opening(letters, found, tasks, view),
        **_reasons(letters),
        **_time(found, today),
        **_answers(found),
        "companies": _companies(letters, found, view),
        "letters": bool(letters),
        "left_out": _left_out(len(letters)),
        "island": _island(results, _oldest_shown(letters), view),
        "anonymous": anonymous,
    }
    _write(path, _render("page", page))


def write_people_page(people: Mapping[str, Iterable[Mapping[str, Any]]], path: Path, *, today: date) -> None:
    """Write one page with a line for each client, for a coach: no company and no word of a letter stands in it."""
    rows, due_in_all = [], 0
    for code, results in sorted(people.items()):
        letters = [result for result in results if result["kind"] != Kind.OTHER]
        due = sum(task.due for task in plan(letters, today=today))
        reached = tally.interviews_reached(found := tally.applications(letters))
        counts = [count for count in tally.reason_counts(letters) if count.count]
        due_in_all += due
        rows.append({"code": plain(code), "due": due, "applications": len(found), "reached": reached, "counts": counts})
    headline = "1 thing to do this week" if due_in_all == 1 else f"{due_in_all or 'No'} things to do this week"
    values = {"rows": rows, "made": _made(today), "headline": headline, "reasons": REASONS, "ENOUGH": tally.ENOUGH}
    _write(path, _render("people", values))


def remake(folder: Path, *, today: date, anonymous: bool = False, people: bool = False) -> Path:
    """Make a folder's page again from its results; return where it is. Raises RunError where there are none."""
    folders = result_folders(folder)
    if people:
        clients = {inside.name: Saved(inside) for inside in folders if inside != folder}
        if not clients:
            raise RunError(
                f"{folder}: holds no folders of several people's results; `analyzer batch --people` makes them"
            )
        write_people_page(clients, folder / PEOPLE, today=today)
        return folder / PEOPLE
    if folder not in folders:
        if folders:
            raise RunError(f"{folder}: holds the results of several people; add --people, or name the folder of one")
        raise RunError(f"{folder}: has no {RESULTS}; `analyzer batch PATH -o {folder}` makes it")
    path = folder / (ANONYMOUS if anonymous else REPORT)
    write_report(Saved(folder), path, today=today, anonymous=anonymous)
    return path


class Saved:
    """The results of a folder, read anew each time that they are gone through."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return read_results(self.folder)


def _opening(
    letters: Sequence[Mapping[str, Any]], found: Sequence[Application], tasks: Sequence[Task], view: View
) -> dict[str, Any]:
    due = [_task(task, letters, view.hide) for task in tasks if task.due]
    later = sorted([*_later(tasks, letters, view), *_asking(letters, view)], key=lambda row: row["order"])
    news = list(_good_news(letters, view))
    headline = in_words(tasks) if letters else "No job mail so far"
    return {
        "title": f"Your applications, {view.hide.day(view.today)}",
        "made": _made(view.today, view.hide),
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


def _reasons(letters: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
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


def _time(found: Sequence[Application], today: date) -> dict[str, Any]:
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


def _answers(found: Sequence[Application]) -> dict[str, Any]:
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


def _companies(letters: Iterable[Mapping[str, Any]], found: Iterable[Application], view: View) -> list[dict[str, Any]]:
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


def _left_out(number: int) -> str:
    return (
        f"The newest {TABLE_ROWS:,} of {number:,} letters stand here; all are in results.csv."
        if number > TABLE_ROWS
        else ""
    )


def _oldest_shown(letters: Sequence[Mapping[str, Any]]) -> str:
    return str(letters[TABLE_ROWS - 1]["date"] or "") if len(letters) > TABLE_ROWS else ""


def _island(results: Iterable[Mapping[str, Any]], oldest: str, view: View) -> Iterator[Any]:
    """Yield the rows of the table as JSON, one a line, safe inside of HTML."""
    left = TABLE_ROWS
    for result in results:
        if result["kind"] == Kind.OTHER or str(result.get("date") or "") < oldest or not left:
            continue
        if left < TABLE_ROWS:
            yield ",\n"
        left -= 1
        yield _json(table_row(result, view))


def _json(value: object) -> Any:  # noqa: ANN401  Markup, imported where it is used
    """Return JSON in plain ASCII in which nothing can end its island or be read as HTML."""
    from markupsafe import Markup

    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))  # noqa: S704  escaped


def _render(name: str, values: Mapping[str, Any]) -> Iterator[str]:
    """Fill a template, piece by piece; its style and script stand in it, each allowed by its hash alone."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    style, script = ((_PAGE / file).read_text("utf-8") for file in ("page.css", f"{name}.js"))
    policy = f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; base-uri 'none'; form-action 'none'"
    environment = Environment(
        loader=FileSystemLoader(_PAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(f"{name}.html.jinja").generate(
        **values,
        policy=policy,
        style=Markup(style),  # noqa: S704  the program's own file
        script=Markup(script),  # noqa: S704
        labels=_LABELS,
        labels_json=_json({**_LABELS, "order": _ORDER, "anonymous": bool(values.get("anonymous"))}),
        article=ARTICLE,
        COMPANIES=COMPANIES,
    )


_LABELS = {"kinds": KINDS, "reasons": REASONS, "actions": ACTIONS, "statuses": STATUSES}
_ORDER = {name: list(words) for name, words in _LABELS.items()}


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}"


def _write(path: Path, pieces: Iterable[str]) -> None:
    """Write a page beside its place, for its owner's eyes alone, and move it there when it is whole."""
    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.writelines(pieces)
        beside.replace(path)
    except OSError as error:
        raise RunError(f"{path}: cannot be written ({error.strerror}); name a folder that you may write to") from error
    finally:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            beside.unlink()


def _application_id(letter: Mapping[str, Any]) -> str:
    return str((letter.get("application") or {}).get("id") or letter["id"])


def _made(today: date, hide: Cloak | None = None) -> dict[str, str]:
    hide = hide or Cloak(anonymous=False, companies={})
    return {"iso": hide.iso(today), "words": hide.day(today)}


def _letters(number: int) -> str:
    return "1 letter" if number == 1 else f"{number:,} letters"


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
