"""Exported mail -> one folder of results: a line for every message, nothing lost, and a run that can stop and go on.

    plan the input in shards -> analyse them (pool, work) -> keep each (state) -> a last pass over all that is kept:
    threads, results, drafts, reminders, report

Everything that is written comes from the last pass, which needs neither the mail nor the model.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import threading
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.errors import ReadError, RunError
from analyzer.look import Filters, may_be_job_mail
from analyzer.progress import Progress
from analyzer.state import FOLDER, Maker, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date

    from analyzer.decide import Policy
    from analyzer.pool import Crew, Job
    from analyzer.records import Shard
    from analyzer.work import Settings

OUTPUTS = ("results.jsonl", "results.csv", "results.parquet", "skipped.csv", "report.html", "reminders.ics", "drafts")
"""What a run writes for each person."""

SMALL = 2_000_000
"""Bytes of input below which no processes are started unless a number is asked for: starting them takes longer."""

PART_FORMAT = 1
"""Raised when lines of parts change their meaning: then all are made again."""


@dataclass(frozen=True)
class Options:
    """What a run is asked for besides its paths. `jobs` None: as many as there are cores, one for little input."""

    today: date
    model: str | None = None
    profile: Path | None = None
    jobs: int | None = None
    scheduler: str | None = None
    people: bool = False
    keep: bool = False
    column: str | None = None
    since: date | None = None
    until: date | None = None
    folder: str = ""
    sender: str = ""
    limit: int | None = None

    def filters(self) -> Filters:
        """Return which messages are wanted."""
        return Filters(self.since, self.until, self.folder, self.sender)


@dataclass
class Total:
    """What a folder holds. Every message read is in exactly one of the next four; `due` counts things to do."""

    read: int = 0
    analysed: int = 0
    other: int = 0
    duplicates: int = 0
    skipped: int = 0
    due: int = 0
    left_out: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return it as JSON."""
        return asdict(self)

    def in_words(self, output: Path) -> str:
        """Return the last lines of a run: first what is to be done, then the sum."""
        things = "1 thing" if self.due == 1 else f"{self.due} things" if self.due else "Nothing"
        lines = [
            f"{things} to do this week: `analyzer next {output}` shows {'it' if self.due == 1 else 'them'}."
            if self.due
            else "Nothing to do this week.",
            f"{self.read} read = {self.analysed} about applications + {self.other} other mail "
            f"+ {self.duplicates} duplicates + {self.skipped} skipped"
            + (f" ({output / 'skipped.csv'} says why)." if self.skipped else "."),
        ]
        if self.left_out:
            lines.append(f"{self.left_out} more were left out, as the filters ask.")
        return "\n".join(lines)


@dataclass
class _Run:
    """All that the steps of a run share."""

    paths: list[Path]
    output: Path
    options: Options
    state: State
    settings: Settings
    maker: Maker
    progress: Progress
    say: Callable[[str], None]
    whole: bool = True
    planned: dict[str, int] = field(default_factory=dict)


def run_batch(paths: Sequence[Path], output: Path, options: Options, say: Callable[[str], None] | None = None) -> Total:
    """Analyse all mail in `paths` into `output`, or go on where a run before ended; `say` takes what is good to know.

    Raises ReadError where a path does not exist, RunError where the run cannot start or go on.
    """
    _check_paths(paths)
    maker, policy, profile, model = _what_makes(options)
    _prepare(output)
    try:
        with State.open(output) as state:
            inputs, size = _signature(paths, output, options)
            asked = _asked(paths, options)
            if (known := _nothing_new(state, asked, inputs, maker, options, output)) is not None:
                return known
            number = state.maker(maker)
            state.begin(today=options.today, asked=asked, people=options.people, maker=number, keep=options.keep)
            settings = _settings(model, maker, policy, profile, options, state)
            with Progress(size) as progress:
                run = _Run([*paths], output, options, state, settings, maker, progress, say or (lambda _: None))
                return _go(run, inputs)
    except OSError as error:
        raise RunError(
            f"{error.filename or output}: cannot be written ({error.strerror}); name a folder that you may write to"
        ) from error


def _go(run: _Run, inputs: str) -> Total:
    state = run.state
    interrupted = any(state.journal.iterdir())  # a run that was killed, perhaps by a message of its input
    for file in state.journal.iterdir():
        file.unlink()
    state.mend()
    _redo(run)
    _analyse(run, interrupted=interrupted)
    state.settle([str(path) for path in run.paths], whole=run.whole)
    if dropped := state.dropped():
        run.say(f"{dropped} messages of earlier exports are left out: what made them has changed, their mail is gone.")
    total = _last_pass(run)
    state.end(inputs=inputs, outputs=_outputs(run.output, state), total=json.dumps(total.as_dict()))
    return total


def _check_paths(paths: Sequence[Path]) -> None:
    for path in paths:
        if not os.path.lexists(path):
            raise ReadError(f"{path}: there is no such file or folder; check the spelling of the path")


def _prepare(output: Path) -> None:
    """Make the folder; one that holds results which no run of this program keeps is not written over."""
    try:
        if not output.exists():
            output.mkdir(parents=True, mode=0o700)
            output.chmod(0o700)
        elif not (output / FOLDER).is_dir():
            foreign = next((name for name in OUTPUTS if os.path.lexists(output / name)), None)
            if foreign:
                raise RunError(f"{output}: holds a {foreign} already that is of no run here; name another folder")
    except OSError as error:
        raise RunError(
            f"{output}: cannot be written ({error.strerror}); name a folder that you may write to"
        ) from error


def _what_makes(options: Options) -> tuple[Maker, Policy, dict[str, str], Path]:
    """Return what will make the rows, without loading the model."""
    from analyzer.decide import BUNDLED_POLICY, read_policy
    from analyzer.model import find_model, read_manifest
    from analyzer.profile import config_folder, read_profile

    model = find_model(options.model)
    manifest = read_manifest(model)
    own = config_folder() / "policy.toml"
    policy = own if own.is_file() else BUNDLED_POLICY
    if options.people and options.profile:
        raise RunError("--profile: under --people everyone has their own, DIR/PERSON/profile.toml; leave this one out")
    profile = {} if options.people else read_profile(options.profile)
    parsed = read_policy(policy)
    maker = Maker(
        str(manifest["name"]),
        str(manifest["manifest_sha256"]),
        _hash([PART_FORMAT, policy.read_text("utf-8")]),
        _hash(sorted(profile.items())),
    )
    return maker, parsed, profile, model


def _settings(
    model: Path, maker: Maker, policy: Policy, profile: Mapping[str, str], options: Options, state: State
) -> Settings:
    from analyzer.work import Settings

    return Settings(
        model=str(model.resolve()),
        model_hash=maker.model_hash,
        policy=policy,
        profile=profile,
        today=state.run.today,
        filters=options.filters(),
        journal=str(state.journal.resolve()),
    )


def _asked(paths: Sequence[Path], options: Options) -> str:
    what = [options.filters().name(), options.limit, options.column]
    return json.dumps({"paths": [[str(path), str(path.absolute())] for path in paths], "what": what})


def _nothing_new(state: State, asked: str, inputs: str, maker: Maker, options: Options, output: Path) -> Total | None:
    """Return the last run's total where this one would only do the same again."""
    last = state.last_run()
    if last is None:
        return None
    if last.people != options.people:
        how = "one subfolder a person" if last.people else "one person's mail"
        raise RunError(f"{output}: holds a run with {how}; say {'' if last.people else 'no '}--people, or name another")
    same = last.finished and (last.asked, last.today, last.inputs) == (asked, options.today, inputs)
    same = same and (options.keep or not last.keep)
    if not same or (not options.keep and last.maker != state.maker(maker)):
        return None
    state.reopen()
    return Total(**json.loads(last.total)) if last.outputs == _outputs(output, state) else None


def _redo(run: _Run) -> None:
    """Say what is made again, and read the mail of earlier runs again for that."""
    count, makers, earlier = run.state.stale()
    if not count:
        return
    why = " and ".join(dict.fromkeys(maker.differs(run.maker) for maker in makers))
    if run.options.keep:
        run.say(f"{count} messages stay as they are, though {why} made them, as --keep asks.")
        return
    run.say(f"{count} messages are analysed again, since {why} made them; --keep would leave them.")
    named = {str(path.absolute()) for path in run.paths}
    for asked in earlier:
        for shown, absolute in json.loads(asked)["paths"]:
            if absolute in named:
                continue
            named.add(absolute)
            path = Path(shown) if str(Path(shown).absolute()) == absolute else Path(absolute)
            if not os.path.lexists(path):
                raise RunError(
                    f"{path}: was read into this folder and is gone, so it cannot be analysed again; use --keep"
                )
            run.paths.append(path)


def _analyse(run: _Run, *, interrupted: bool) -> None:
    """Read what is not done yet."""
    jobs = _jobs(run)
    first = next(jobs, None)
    if first is None:
        return
    from analyzer.pool import analyze_all

    crew = _crew(run, interrupted=interrupted)
    try:
        for job, part in analyze_all(chain([first], jobs), crew, run.progress.beat):
            run.state.finish(job.number, part.entries, part.data, part.left_out)
            run.progress.done(job.shard, part.entries)
    finally:
        crew.close()


def _crew(run: _Run, *, interrupted: bool) -> Crew:
    from analyzer.pool import Cluster, Here, Processes

    options = run.options
    if options.scheduler:
        return Cluster(options.scheduler)
    if options.limit is not None or (options.jobs is None and run.progress.size < SMALL and not interrupted):
        return Here()
    return Processes(options.jobs or _cores())


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _jobs(run: _Run) -> Iterator[Job]:
    """Yield what is to be read, in the order of the plan; what is done already is counted, what has no reader noted."""
    from analyzer.pool import Job

    filters = run.settings.filters.name()
    left = run.options.limit
    for shard in _shards(run):
        if isinstance(shard, ReadError):
            run.state.add_unreadable(*_named(shard))
            continue
        limited = filters if left is None else f"{filters} at most {left}"
        number, todo = run.state.add(shard, limited)
        run.progress.planned(shard, todo=todo)
        if todo:
            yield Job(number, shard, replace(run.settings, limit=left))
        if left is not None:
            left -= run.state.messages(number)
            if left <= 0:
                run.whole = False
                return


def _shards(run: _Run) -> Iterator[Shard | ReadError]:
    from analyzer.read import plan

    options = run.options
    return plan(
        run.paths, scratch=run.state.scratch, leave_out=run.output, people=options.people, column=options.column
    )


def _named(error: ReadError) -> tuple[str, str]:
    """Return the place of an error and its text."""
    text = str(error)
    return error.source or text.split(": ", 1)[0], text


def _last_pass(run: _Run) -> Total:
    """Write everything that a run gives, for each person apart."""
    from analyzer.results import remember_folder

    state, total = run.state, Total(left_out=run.state.left_out())
    folders = person_folders(state.people()) if run.options.people else {"": ""}
    for person, name in folders.items():
        folder = run.output / name
        folder.mkdir(mode=0o700, exist_ok=True)
        run.progress.writing(name)
        total.due += _write(run, person, folder)
        counts = state.count(person)
        total.analysed += counts.analysed
        total.other += counts.other
        total.duplicates += counts.duplicates
        total.skipped += counts.skipped
    total.read = state.read()
    if total.read != total.analysed + total.other + total.duplicates + total.skipped:
        raise RunError(f"{run.output}: the sum does not add up ({total.in_words(run.output)}); please report this")
    if run.options.people:
        from analyzer.report import write_people_page

        clients = {name: _JobMail(run.output / name) for name in folders.values()}
        write_people_page(clients, run.output / "people.html", today=state.today)
    remember_folder(run.output)
    return total


def _write(run: _Run, person: str, folder: Path) -> int:
    """Write one person's files; return how many things they have to do."""
    from analyzer.drafts import DRAFTS, write_drafts
    from analyzer.outbox import plan
    from analyzer.reminders import write_reminders
    from analyzer.report import write_report
    from analyzer.results import write_results

    today = run.state.today
    written = write_results(_derived(run, person, folder), folder, skipped=run.state.skipped(person))
    counts = run.state.count(person)
    if (written.analysed, written.other, written.skipped) != (counts.analysed, counts.other, counts.skipped):
        raise RunError(f"{folder}: {counts} were kept and {written} written; please report this")
    job_mail = _JobMail(folder)
    tasks = plan(job_mail, today=today)
    write_drafts(tasks, folder / DRAFTS)
    write_reminders(tasks, folder / "reminders.ics", today=today)
    write_report(job_mail, folder / "report.html", today=today)
    return sum(task.due for task in tasks)


class _JobMail:
    """The results that were just written, but for other mail, of which nothing is to be done: read anew each time."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "results.jsonl"

    def __iter__(self) -> Iterator[dict[str, Any]]:
        with self._path.open("rb") as lines:
            for line in lines:
                if _OTHER not in line:  # within a text, its quotation marks would be escaped
                    yield json.loads(line)


_OTHER = b'"kind": "other", "kinds": '


def _derived(run: _Run, person: str, folder: Path) -> Iterator[Mapping[str, Any]]:
    from analyzer.derive import derive
    from analyzer.profile import read_profile

    profile = dict(run.settings.profile)
    if run.options.people:
        own = folder / "profile.toml"
        profile = read_profile(own) if own.is_file() else {}
    return derive(lambda: run.state.rows(person), today=run.state.today, policy=run.settings.policy, profile=profile)


def person_folders(people: Sequence[str]) -> dict[str, str]:
    """Return the name of each person's folder: their own where a folder may have it, else one made from it."""
    taken: set[str] = set()
    folders = {}
    for person in people:
        plain = "".join(char if char.isalnum() or char in " ._-" else "_" for char in person)
        plain = plain.strip(" .")[:_LONGEST].strip(" .") or "nobody"
        is_own = (
            plain == person and plain.split(".")[0].upper() not in _RESERVED and plain not in (*OUTPUTS, "people.html")
        )
        if not is_own or plain.casefold() in taken:
            plain = f"{plain.replace('.', '_')}-{hashlib.sha256(person.encode()).hexdigest()[:8]}"
        taken.add(plain.casefold())
        folders[person] = plain
    return folders


_LONGEST = 80
_RESERVED = frozenset("CON PRN AUX NUL".split()) | {f"{port}{n}" for port in ("COM", "LPT") for n in range(10)}


def _signature(paths: Sequence[Path], output: Path, options: Options) -> tuple[str, int]:
    """Return a hash of the names, sizes and times of all input, and how many bytes it has; no file is opened."""
    digest, size = hashlib.sha256(), 0
    leave_out = output.resolve()
    for path in paths:
        for name, stat in _files(path, leave_out):
            times = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
            digest.update(f"{name}\0{times}\n".encode("utf-8", "surrogateescape"))
            size += stat.st_size
    if options.people:
        for profile in sorted(output.glob("*/profile.toml")):
            digest.update(profile.read_bytes())
    return digest.hexdigest(), size


def _files(path: Path, leave_out: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield what is at and below `path`, in order; links are not followed."""
    waiting = [path]
    while waiting:
        at = waiting.pop()
        stat = at.stat() if at == path else at.lstat()
        if not at.is_dir() or (at != path and at.is_symlink()):
            yield str(at), stat
        elif at.resolve() != leave_out:
            with os.scandir(at) as inside:
                waiting.extend(at / name for name in sorted((entry.name for entry in inside), reverse=True))


def _outputs(output: Path, state: State) -> str:
    """Return the sizes and times of all that a run writes: changed or missing, it is written again."""
    found = []
    folders = [""] if not state.run.people else person_folders(state.people()).values()
    for name in folders:
        for file in OUTPUTS[:-1]:
            try:
                stat = (output / name / file).stat()
            except FileNotFoundError:
                continue
            found.append([name, file, stat.st_size, stat.st_mtime_ns])
    return _hash(found)


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode("utf-8", "surrogateescape")).hexdigest()


@dataclass
class Found:
    """What a run would read."""

    messages: int = 0
    left_out: int = 0
    skipped: int = 0
    may_be_job_mail: int = 0
    places: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return it as JSON."""
        return asdict(self)

    def in_words(self) -> str:
        """Return it as a sentence or two."""
        words = (
            f"Would read {self.messages} messages from {self.places} places: {self.may_be_job_mail} may be about "
            f"applications, {self.skipped} cannot be read."
        )
        return f"{words}\n{self.left_out} more would be left out, as the filters ask." if self.left_out else words


def count_batch(paths: Sequence[Path], output: Path, options: Options) -> Found:
    """Read everything as a run would, without the model, and write nothing that stays."""
    from tempfile import TemporaryDirectory

    from analyzer.read import plan

    _check_paths(paths)
    found, places = Found(), set()
    with TemporaryDirectory() as scratch:
        for shard in plan(paths, scratch=Path(scratch), leave_out=output, people=options.people, column=options.column):
            if isinstance(shard, ReadError):
                found.messages += 1
                found.skipped += 1
                places.add(_named(shard)[0])
                continue
            places.add(shard.source)
            _count_shard(shard, options, found)
            if options.limit is not None and found.messages >= options.limit:
                break
    found.places = len(places)
    return found


def _count_shard(shard: Shard, options: Options, found: Found) -> None:
    from analyzer.read import read_shard
    from analyzer.work import first_look

    filters = options.filters()
    for item in read_shard(shard):
        try:
            letter, _ = first_look(item)
        except ReadError:
            found.skipped += 1
        else:
            if not filters.want(letter):
                found.left_out += 1
                continue
            found.may_be_job_mail += may_be_job_mail(letter.subject, letter.sender, letter.text)
        found.messages += 1
        if options.limit is not None and found.messages >= options.limit:
            return


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM stop a run as Ctrl-C does: tidily, with all that is done kept."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
