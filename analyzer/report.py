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
from analyzer.errors import RunError
from analyzer.outbox import plan
from analyzer.reasons import ARTICLE, Kind
from analyzer.report_rows import ACTIONS, KINDS, REASONS, STATUSES, View, cloak, plain, table_row
from analyzer.report_sections import (
    answers_section,
    companies_section,
    made,
    opening_section,
    reasons_section,
    time_section,
)
from analyzer.results import RESULTS, read_results, result_folders

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date


REPORT = "report.html"
ANONYMOUS = "report-anonymous.html"
PEOPLE = "people.html"

TABLE_ROWS = 20_000
"""So many letters, the newest, stand in the table with their texts; a browser could not hold many more."""

COMPANIES = 12  # companies that are shown at once; the others unfold

_PAGE = Path(__file__).with_name("report_page")
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
        **opening_section(letters, found, tasks, view),
        **reasons_section(letters),
        **time_section(found, today),
        **answers_section(found),
        "companies": companies_section(letters, found, view),
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
    values = {"rows": rows, "made": made(today), "headline": headline, "reasons": REASONS, "ENOUGH": tally.ENOUGH}
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
