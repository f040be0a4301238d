"""The results of a folder -> what `analyzer next` shows: what to do this week, why, and the text to send."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from analyzer.drafts import DRAFTS, file_name
from analyzer.errors import RunError
from analyzer.outbox import What, in_words, plan
from analyzer.present import day, print_email, printable
from analyzer.results import last_folder, read_results, result_folders

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from rich.console import Console

    from analyzer.outbox import Task

LATER = 5
"""So many of the things that come later are shown unless all are asked for."""


@dataclass(frozen=True)
class Agenda:
    """What one person has to do, from one output folder. `person` is "" where a run held one person's mail."""

    person: str
    folder: Path
    tasks: tuple[Task, ...]


def read_agendas(folder: Path | None, *, today: date) -> list[Agenda]:
    """Return what is to be done, of each person apart; without a folder that of the last run, else of this folder.

    Raises RunError where there are no results.
    """
    where = folder or last_folder() or Path()
    folders = result_folders(where)
    if not folders:
        hint = "" if folder else " and no run is remembered; name its folder: `analyzer next DIR`;"
        raise RunError(f"{where}: there are no results here{hint or ';'} `analyzer batch MAIL -o DIR` makes them")
    return [
        Agenda("" if path == where else path.name, path, tuple(plan(read_results(path), today=today)))
        for path in folders
    ]


def agenda_rows(agendas: Sequence[Agenda], *, every: bool) -> Iterator[dict[str, Any]]:
    """Yield a JSON object for each thing that is due, or with `every` for those that come later too."""
    for agenda in agendas:
        for task in agenda.tasks:
            if task.due or every:
                yield {"person": agenda.person, **task.as_dict()}


def print_agendas(agendas: Sequence[Agenda], out: Console, *, every: bool) -> None:
    """Print what is due, in full, then what comes later, a line each; of many people only those who have something."""
    shown = [agenda for agenda in agendas if not agenda.person or _now(agenda) or (every and agenda.tasks)]
    for number, agenda in enumerate(shown):
        if agenda.person:
            out.print(("\n" if number else "") + f"--- {printable(agenda.person)} ---\n")
        _print_agenda(agenda, out, every=every)
    if rest := len(agendas) - len(shown):
        people = "1 person" if rest == 1 else f"{rest} people"
        out.print(("\n" if shown else "") + f"Nothing to do this week for {people}{' more' if shown else ''}.")


def _print_agenda(agenda: Agenda, out: Console, *, every: bool) -> None:
    now, later = _now(agenda), [task for task in agenda.tasks if not task.due]
    out.print(Text(f"{in_words(now)}{':' if now else ''}", style="bold"))
    for number, task in enumerate(now, 1):
        out.print()
        out.print(Text(f"{number}. {title(task)}", style="bold cyan"))
        for line in _why(task):
            out.print(line)
        out.print()
        print_email(task.draft, out, nobody=_whom(task))
    if now and all((agenda.folder / DRAFTS / file_name(task)).is_file() for task in now):
        out.print()
        out.print(Text(f"Each is an unsent email in {printable(str(agenda.folder / DRAFTS))}, too.", style="dim"))
    if not now:
        out.print("That is all right: keep applying elsewhere, at your own pace.")
    _print_later(later if every else later[:LATER], len(later), out)


def _now(agenda: Agenda) -> list[Task]:
    return [task for task in agenda.tasks if task.due]


def _print_later(tasks: Sequence[Task], count: int, out: Console) -> None:
    if not tasks:
        return
    out.print()
    out.print(Text("LATER", style="bold cyan"))
    for task in tasks:
        out.print(f"{day(task.day)}: {title(task)}")
    if count > len(tasks):
        out.print(Text(f"and {count - len(tasks)} more; `--all` shows them.", style="dim"))


def title(task: Task) -> str:
    """Return what to do in one line."""
    whom = task.company or "the company"
    what = {
        What.THANK_YOU: f"Thank {whom}",
        What.WRITE_AGAIN: f"Write once more to {whom}",
        What.LOOK_AGAIN: f"Look again at {whom}",
    }[task.what]
    return f"{what} ({task.role})" if task.role else what


def _why(task: Task) -> list[str]:
    """Say what the letter was and when to do it, in sentences."""
    came = f"They wrote on {day(task.came)}." if task.came else ""
    because = " ".join(printable(sentence, 400) for sentence in task.because)
    return [line for line in (f"{came} {because}".strip(), _when(task)) if line]


def _when(task: Task) -> str:
    if task.what is What.THANK_YOU:
        if task.by >= task.day:
            return f"Best sent by {day(task.by)}."
        return f"Its best days have passed, and until {day(task.until)} it is still welcome."
    if task.what is What.WRITE_AGAIN:
        return "It is time for the one short note that follows the letter. It asks once and presses nobody."
    return "Has the post come up again, or has anything changed for you? If so, the note is for that. If not, leave it."


def _whom(task: Task) -> str:
    """Say whom it may go to where nobody reads the address that the letter came from."""
    met = " or ".join(f"{name} <{address}>" if name else address for name, address in task.people)
    return (
        f"perhaps {met}, whom you met" if met else "(nobody reads the address that it came from: whoever wrote to you)"
    )
