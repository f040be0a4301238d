"""Tasks -> a calendar: an entry a task, none in the past, the same entry however often it is written or imported.

Calendars are often synchronised, so an entry names the company, what to do and the command that prints the text: no
word of a letter, and no address.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.errors import RunError
from analyzer.outbox import What

if TYPE_CHECKING:
    from collections.abc import Iterable

    from icalendar import Event

    from analyzer.outbox import Task

ALARM_HOUR = 9
"""When an entry rings, on the morning of its day."""

_TITLES = {
    What.THANK_YOU: "Send the thank-you to {whom}",
    What.WRITE_AGAIN: "Write once more to {whom}",
    What.LOOK_AGAIN: "Look again at {whom}",
}


def write_reminders(tasks: Iterable[Task], path: Path, *, today: date) -> int:
    """Write the calendar of an output folder to `path` and return how many entries it has.

    Raises RunError where it cannot be written.
    """
    entries = [(task, path.parent) for task in tasks]
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(calendar(entries, today=today))
        beside.replace(path)
    except OSError as error:
        raise RunError(f"{path}: cannot be written ({error.strerror}); name a folder that you may write to") from error
    finally:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            beside.unlink()
    return len(entries)


def calendar(entries: Iterable[tuple[Task, Path]], *, today: date) -> bytes:
    """Return the calendar of tasks, each with the output folder that it stands in."""
    from icalendar import Calendar

    whole = Calendar()
    whole.add("prodid", "-//analyzer//job applications//EN")
    whole.add("version", "2.0")
    for task, folder in sorted(entries, key=lambda entry: (entry[0].day, entry[0].ids)):
        whole.add_component(_event(task, folder, today))
    return bytes(whole.to_ical())


def _event(task: Task, folder: Path, today: date) -> Event:
    from icalendar import Alarm, Event

    title = _TITLES[task.what].format(whom=task.company or "the company that wrote to you")
    day = min(max(task.day, today), date.max - timedelta(days=1))
    event = Event()
    event.add("uid", f"{_mark(task)}@analyzer.invalid")
    # The moment of the run, not of the writing: written twice, the calendar is the same; imported later, it is newer.
    event.add("dtstamp", datetime.combine(today, time(0), UTC))
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", title)
    event.add("description", f"The text to send, and why: {_command(folder)}")
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", timedelta(hours=ALARM_HOUR))
    event.add_component(alarm)
    return event


def _mark(task: Task) -> str:
    """Return what an entry is known by: the oldest letter that it is about and what to do."""
    return hashlib.sha256(f"{task.ids[0]}\n{task.what}".encode("utf-8", "replace")).hexdigest()[:32]


def _command(folder: Path) -> str:
    """Return the command for a shell, with the home folder as ~: a calendar need not know the user's name."""
    place = folder.absolute()
    with contextlib.suppress(ValueError, RuntimeError):  # it is elsewhere, or there is no home
        return f"analyzer next ~/{shlex.quote(place.relative_to(Path.home()).as_posix())}"
    return f"analyzer next {shlex.quote(str(place))}"
