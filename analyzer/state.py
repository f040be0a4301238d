"""What a run knows, kept so that it can be killed at any instant: one SQLite file, and a part a shard.

    OUTPUT/.analyzer/state.sqlite   runs, the shards of their input, and where each message's line stands
    OUTPUT/.analyzer/parts/         a line of JSON for every message of a shard (work.py says what is in it)
    OUTPUT/.analyzer/scratch/       what was unpacked from archives
    OUTPUT/.analyzer/lock           held by the run that writes

A part is written beside its place, synced and moved; then one transaction says that its shard is done. SQLite writes
ahead with `synchronous = NORMAL`: a killed process loses nothing, and after a power cut the last shards are at worst
read again, for a shard whose part is not there as it was written counts as not done.

Messages add up over all runs of a folder. A shard that was read again in another shape, since its mailbox has grown,
is superseded: what the new shards hold as well counts once, and nothing that only the old one holds is lost.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
from dataclasses import asdict, astuple, dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from analyzer.errors import RunError
from analyzer.reasons import Kind
from analyzer.records import Row, Shard

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO, Self

FOLDER = ".analyzer"
SCHEMA = 1
"""A folder of another schema is refused: nobody's results are changed by a guess."""

UNREADABLE = "unreadable"
"""The format of a shard that stands for a file of which nothing could be read."""

_APPLICATION = 0x616E6C7A
_FIRST, _AGAIN, _HIDDEN, _NEW = 0, 1, 2, 3
"""What a message is to the results: its own line, a duplicate, superseded, or of a run that has not ended."""

_TABLES = """
CREATE TABLE makers (id INTEGER PRIMARY KEY, model TEXT, model_hash TEXT, policy_hash TEXT, profile_hash TEXT,
    UNIQUE (model, model_hash, policy_hash, profile_hash));
CREATE TABLE runs (id INTEGER PRIMARY KEY, today TEXT, asked TEXT, people INTEGER, maker INTEGER, keep INTEGER,
    finished INTEGER DEFAULT 0, inputs TEXT DEFAULT '', outputs TEXT DEFAULT '', total TEXT DEFAULT '');
CREATE TABLE shards (id INTEGER PRIMARY KEY, key TEXT UNIQUE, source TEXT, format TEXT, digest TEXT, filters TEXT,
    shard TEXT, run INTEGER, superseded INTEGER DEFAULT 0, maker INTEGER, part TEXT, size INTEGER,
    left_out INTEGER DEFAULT 0);
CREATE INDEX shards_digest ON shards (digest);
CREATE TABLE messages (person TEXT, shard INTEGER, n INTEGER, offset INTEGER, length INTEGER, known_by BLOB, kind TEXT,
    role INTEGER, PRIMARY KEY (person, shard, n)) WITHOUT ROWID;
CREATE INDEX messages_shard ON messages (shard);
"""


@dataclass(frozen=True)
class Maker:
    """What made a row: another of any of these would have made another."""

    model: str
    model_hash: str
    policy_hash: str
    profile_hash: str

    def differs(self, other: Maker) -> str:
        """Say in words what is not the same."""
        names = {"model": self.model_hash != other.model_hash, "policy": self.policy_hash != other.policy_hash}
        names["profile"] = self.profile_hash != other.profile_hash
        return " and ".join(f"another {name}" for name, changed in names.items() if changed)


class Entry(NamedTuple):
    """Where a message's line stands in its part, and what the state must know of it. `kind` is "" for an error."""

    n: int
    offset: int
    length: int
    person: str
    known_by: bytes
    kind: str


class Counts(NamedTuple):
    """What the messages of a folder add up to."""

    analysed: int = 0
    other: int = 0
    duplicates: int = 0
    skipped: int = 0


@dataclass
class RunRow:
    """A run as the state keeps it. `asked` is what was asked for (paths and options) as JSON."""

    id: int
    today: date
    asked: str
    people: bool
    maker: int
    keep: bool
    finished: bool
    inputs: str
    outputs: str
    total: str


def shard_key(shard: Shard, filters: str = "") -> str:
    """Return the name of a shard: the same for the same letters at the same place, read with the same filters."""
    return hashlib.sha256(json.dumps([astuple(shard), filters]).encode()).hexdigest()[:32]


def source_of(shard: Shard, n: int) -> str:
    """Return what people see as the place of message `n` of a shard."""
    if shard.format == UNREADABLE:
        return shard.source
    return shard.files[n] if n < len(shard.files) else f"{shard.source}#{shard.first + n}"


class Stored:
    """The state, for reading: what `open_run` gives."""

    def __init__(self, folder: Path, database: sqlite3.Connection) -> None:
        self.folder = folder
        self._inside = folder / FOLDER
        self._db = database
        self._run: RunRow | None = None

    @property
    def run(self) -> RunRow:
        """The run whose results these are."""
        if self._run is None:
            raise RunError(f"{self.folder}: no run has ended here yet; start `analyzer batch` again to go on")
        return self._run

    @property
    def today(self) -> date:
        """The day that the run took as today."""
        return self.run.today

    def people(self) -> list[str]:
        """Return whose mail the folder holds, sorted; [""] where a run holds one person's."""
        with _as_run_errors(self._inside):
            found = self._db.execute("SELECT DISTINCT person FROM messages WHERE role IN (0, 1)").fetchall()
        return sorted(person for (person,) in found) or [""]

    def rows(self, person: str = "") -> Iterator[Row]:
        """Yield the messages of a person that are letters and no duplicates, in order, each with its line."""
        for number, (entry, shard, part) in enumerate(self._entries(person, letters=True)):
            line = self._line(part, entry)
            line["result"] = {**_BLANK, **line["result"]}
            yield Row(number, source_of(shard, entry.n), line)

    def skipped(self, person: str = "") -> Iterator[tuple[str, str, str]]:
        """Yield (id, Message-ID, reason) of what could not be read."""
        for entry, shard, part in self._entries(person, letters=False):
            line = self._line(part, entry)
            reason = f"{source_of(shard, entry.n)}: {line['error']}"
            yield line["result"].get("id") or "", line["result"].get("message_id") or "", reason

    def count(self, person: str | None = None) -> Counts:
        """Count the messages of a person, or all."""
        with _as_run_errors(self._inside):
            return Counts(*self._db.execute(_COUNT, (person is None, person)).fetchone())

    def _entries(self, person: str, *, letters: bool) -> Iterator[tuple[Entry, Shard, Path]]:
        at, shard, path = -1, Shard("", "", ""), self._inside
        with _as_run_errors(self._inside):
            for superseded in (0, 1):
                for *entry, number, part, written in self._db.execute(_ENTRIES, (person, letters, superseded)):
                    if number != at:
                        at, shard, path = number, _shard(written), self._inside / "parts" / part
                    yield Entry(*entry), shard, path

    _part: tuple[Path, BinaryIO] | None = None

    def _open_part(self, path: Path) -> BinaryIO:
        if self._part is None or self._part[0] != path:
            self._close_part()
            self._part = (path, path.open("rb"))
        return self._part[1]

    def _close_part(self) -> None:
        if self._part is not None:
            self._part[1].close()
            self._part = None

    def _line(self, part: Path, entry: Entry) -> dict[str, Any]:
        with _as_run_errors(self._inside):
            file = self._open_part(part)
            file.seek(entry.offset)
            data = file.read(entry.length)
        try:
            line = json.loads(data)
        except ValueError:
            line = None
        if not isinstance(line, dict):
            raise RunError(f"{part}: was changed or cut short since it was written; {_START_OVER}")
        return line

    def close(self) -> None:
        """Let go of the files."""
        self._close_part()
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class State(Stored):
    """The state, for the one run that writes it."""

    def __init__(self, folder: Path, database: sqlite3.Connection, lock: BinaryIO) -> None:
        super().__init__(folder, database)
        self._lock = lock

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the state of an output folder, made where there is none; raises RunError where another run holds it."""
        inside = folder / FOLDER
        for name in ("parts", "scratch", "journal"):
            (inside / name).mkdir(parents=True, exist_ok=True)
        inside.chmod(0o700)
        lock = _lock(inside / "lock", folder)
        try:
            return cls(folder, _connect(inside / "state.sqlite", new=True), lock)
        except BaseException:
            lock.close()
            raise

    @property
    def scratch(self) -> Path:
        """Where archives are unpacked."""
        return self._inside / "scratch"

    @property
    def journal(self) -> Path:
        """Where workers note which message they are at."""
        return self._inside / "journal"

    def last_run(self) -> RunRow | None:
        """Return the run before, ended or not."""
        with _as_run_errors(self._inside):
            return _run_row(self._db, "1")

    def maker(self, maker: Maker) -> int:
        """Return the number of a maker, given to it where it has none."""
        with self._writing() as db:
            values = tuple(asdict(maker).values())
            db.execute(
                "INSERT OR IGNORE INTO makers (model, model_hash, policy_hash, profile_hash) VALUES (?, ?, ?, ?)",
                values,
            )
            sql = "SELECT id FROM makers WHERE (model, model_hash, policy_hash, profile_hash) = (?, ?, ?, ?)"
            return int(db.execute(sql, values).fetchone()[0])

    def begin(self, *, today: date, asked: str, people: bool, maker: int, keep: bool) -> None:
        """Start a run, or go on with the last one if it asked for the same and has not ended."""
        last = self.last_run()
        if last is None or last.finished or last.asked != asked:
            with self._writing() as db:
                db.execute(
                    "INSERT INTO runs (today, asked, people, maker, keep) VALUES (?, ?, ?, ?, ?)",
                    (today.isoformat(), asked, people, maker, keep),
                )
            self._run = self.last_run()
        else:
            with self._writing() as db:
                db.execute("UPDATE runs SET maker = ?, keep = ? WHERE id = ?", (maker, keep, last.id))
            self._run = replace(last, maker=maker, keep=keep)

    def reopen(self) -> None:
        """Take the last run up as it stands."""
        self._run = self.last_run()

    def stale(self) -> tuple[int, list[Maker], list[str]]:
        """Return how many messages others made than this run would, who they are, and what was asked for then."""
        run = self.run
        sql = "SELECT count(*) FROM messages m JOIN shards s ON s.id = m.shard WHERE s.maker != ? AND s.format != ?"
        with _as_run_errors(self._inside):
            (count,) = self._db.execute(sql, (run.maker, UNREADABLE)).fetchone()
            makers = self._db.execute(
                "SELECT model, model_hash, policy_hash, profile_hash FROM makers WHERE id IN"
                " (SELECT maker FROM shards WHERE maker != ? AND format != ?)",
                (run.maker, UNREADABLE),
            ).fetchall()
            asked = self._db.execute("SELECT DISTINCT asked FROM runs WHERE id != ?", (run.id,)).fetchall()
        return int(count), [Maker(*row) for row in makers], [row[0] for row in asked]

    def add(self, shard: Shard, filters: str = "") -> tuple[int, bool]:
        """Take a shard into the run; return its number and whether it is still to be read."""
        key = shard_key(shard, filters)
        with self._writing() as db:
            found = None
            for name in dict.fromkeys((shard_key(shard), key)):  # one that was read without filters will do
                found = found or db.execute("SELECT id, maker FROM shards WHERE key = ?", (name,)).fetchone()
                if found and self._is_done(found[1]):
                    break
                found = found if name == key else None
            if found:
                db.execute("UPDATE shards SET run = ?, superseded = 0 WHERE id = ?", (self.run.id, found[0]))
                return found[0], not self._is_done(found[1])
            number = db.execute(
                "INSERT INTO shards (key, source, format, digest, filters, shard, run) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (key, shard.source, shard.format, shard.digest, filters, json.dumps(asdict(shard)), self.run.id),
            ).lastrowid
            return int(number or 0), not self._copy(db, int(number or 0), shard, filters)

    def add_unreadable(self, source: str, error: str) -> None:
        """Take in a file of which nothing could be read."""
        line = {"n": 0, "known_by": "", "person": "", "error": error.removeprefix(f"{source}: ")}
        data = json.dumps({**line, "result": {"id": "", "message_id": ""}}).encode()
        number, todo = self.add(Shard(source, "", UNREADABLE, digest=hashlib.sha256(data).hexdigest()))
        if todo:
            self.finish(number, [Entry(0, 0, len(data), "", b"", "")], data)

    def finish(self, number: int, entries: Sequence[Entry], data: bytes, left_out: int = 0) -> None:
        """Write the part of a shard, then say that it is done."""
        name = f"{number:08d}-{self.run.maker}.jsonl"
        write_private(self._inside / "parts" / name, data)
        with self._writing() as db:
            old = db.execute("SELECT part FROM shards WHERE id = ?", (number,)).fetchone()[0]
            db.execute("DELETE FROM messages WHERE shard = ?", (number,))
            db.executemany(
                "INSERT INTO messages (shard, n, offset, length, person, known_by, kind, role) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                ((number, *entry, _NEW) for entry in entries),
            )
            db.execute(
                "UPDATE shards SET maker = ?, part = ?, size = ?, left_out = ? WHERE id = ?",
                (self.run.maker, name, len(data), left_out, number),
            )
        if old and old != name:
            self._drop_part(old)

    def mend(self) -> None:
        """Forget what is half written: temporary files, and shards whose part is not there as it was written."""
        sizes = {}
        with os.scandir(self._inside / "parts") as parts:
            for part in parts:
                if part.name.endswith(".tmp"):
                    Path(part.path).unlink()
                else:
                    sizes[part.name] = part.stat().st_size
        with self._writing() as db:
            for number, name, size in db.execute("SELECT id, part, size FROM shards WHERE part != ''").fetchall():
                if sizes.get(name) != size:
                    db.execute("DELETE FROM messages WHERE shard = ?", (number,))
                    db.execute("UPDATE shards SET maker = NULL, part = NULL WHERE id = ?", (number,))

    def settle(self, paths: Sequence[str], *, whole: bool) -> None:
        """Decide, when all shards are done, which message is a duplicate. `whole`: the plan was followed to its end."""
        run = self.run
        with self._writing() as db:
            if whole:
                db.execute(_SUPERSEDE, (run.id, run.id, UNREADABLE))
                for path in paths:
                    db.execute(_SUPERSEDE_UNREADABLE, (run.id, UNREADABLE, path, path, path + "/"))
            db.execute(
                "CREATE TEMP TABLE alive AS SELECT id FROM shards WHERE maker = ? OR (? AND maker IS NOT NULL)"
                " OR (format = ? AND maker IS NOT NULL)",
                (run.maker, run.keep, UNREADABLE),
            )
            db.execute(f"UPDATE messages SET role = {_FIRST} WHERE role != {_FIRST}")  # noqa: S608  a constant
            db.execute(f"UPDATE messages SET role = {_HIDDEN} WHERE shard NOT IN (SELECT id FROM alive)")  # noqa: S608
            db.execute(_REPEATED)
            db.execute(
                "UPDATE messages SET role = r.role FROM repeated r"
                " WHERE messages.person = r.person AND messages.shard = r.shard AND messages.n = r.n"
            )
            db.execute("DROP TABLE repeated")
            db.execute("DROP TABLE alive")

    def read(self) -> int:
        """Count the messages that were read, each as often as the input of all runs holds it."""
        with _as_run_errors(self._inside):
            return int(self._db.execute("SELECT count(*) FROM messages WHERE role IN (0, 1)").fetchone()[0])

    def messages(self, number: int) -> int:
        """Count the messages of a shard."""
        with _as_run_errors(self._inside):
            return int(self._db.execute("SELECT count(*) FROM messages WHERE shard = ?", (number,)).fetchone()[0])

    def left_out(self) -> int:
        """Count what the filters of this run left out."""
        with _as_run_errors(self._inside):
            row = self._db.execute("SELECT coalesce(sum(left_out), 0) FROM shards WHERE run = ?", (self.run.id,))
            return int(row.fetchone()[0])

    def dropped(self) -> int:
        """Count the messages that stay out of the results since another model, policy or profile made them."""
        sql = "SELECT count(*) FROM messages m JOIN shards s ON s.id = m.shard WHERE m.role = 2 AND s.maker != ? AND NOT ?"
        with _as_run_errors(self._inside):
            return int(self._db.execute(sql, (self.run.maker, self.run.keep)).fetchone()[0])

    def end(self, *, inputs: str, outputs: str, total: str) -> None:
        """Say that the run is done and all its files are written."""
        with self._writing() as db:
            db.execute(
                "UPDATE runs SET finished = 1, inputs = ?, outputs = ?, total = ? WHERE id = ?",
                (inputs, outputs, total, self.run.id),
            )
        with _as_run_errors(self._inside):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let go of the files and the lock."""
        super().close()
        self._lock.close()

    def _is_done(self, maker: int | None) -> bool:
        return maker is not None and (maker == self.run.maker or self.run.keep)

    def _copy(self, db: sqlite3.Connection, number: int, shard: Shard, filters: str) -> bool:
        """Take the results of a shard that holds the same letters at another place, if there is one."""
        if not shard.digest or shard.format == UNREADABLE:
            return False
        twins = db.execute(
            "SELECT id, shard, maker, part, size, left_out FROM shards WHERE digest = ? AND filters = ? AND part != ''",
            (shard.digest, filters),
        ).fetchall()
        for twin, written, maker, part, size, left_out in twins:
            if self._is_done(maker) and _what_matters(_shard(written)) == _what_matters(shard):
                db.execute(
                    "INSERT INTO messages SELECT person, ?, n, offset, length, known_by, kind, ? FROM messages"
                    " WHERE shard = ?",
                    (number, _NEW, twin),
                )
                db.execute(
                    "UPDATE shards SET maker = ?, part = ?, size = ?, left_out = ? WHERE id = ?",
                    (maker, part, size, left_out, number),
                )
                return True
        return False

    def _drop_part(self, name: str) -> None:
        (users,) = self._db.execute("SELECT count(*) FROM shards WHERE part = ?", (name,)).fetchone()
        if not users:
            (self._inside / "parts" / name).unlink(missing_ok=True)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with _as_run_errors(self._inside):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")


_COUNT = """
SELECT coalesce(sum(role = 0 AND kind NOT IN ('', 'other')), 0), coalesce(sum(role = 0 AND kind = 'other'), 0),
    coalesce(sum(role = 1), 0), coalesce(sum(role = 0 AND kind = ''), 0) FROM messages WHERE ? OR person = ?
"""
_ENTRIES = """
SELECT m.n, m.offset, m.length, m.person, m.known_by, m.kind, m.shard, s.part, s.shard FROM messages m
JOIN shards s ON s.id = m.shard WHERE m.person = ? AND m.role = 0 AND (m.kind != '') = ? AND s.superseded = ?
ORDER BY m.shard, m.n
"""
_SUPERSEDE = """
UPDATE shards SET superseded = 1 WHERE run < ? AND source IN (SELECT source FROM shards WHERE run = ? AND format != ?)
"""
_SUPERSEDE_UNREADABLE = """
UPDATE shards SET superseded = 1 WHERE run < ? AND format = ? AND (source = ? OR substr(source, 1, length(?) + 1) = ?)
"""
_REPEATED = f"""
CREATE TEMP TABLE repeated AS SELECT person, shard, n, CASE WHEN superseded THEN {_HIDDEN} ELSE {_AGAIN} END AS role
FROM (SELECT m.person, m.shard, m.n, s.superseded, ROW_NUMBER() OVER
        (PARTITION BY m.person, m.known_by ORDER BY s.superseded, m.shard, m.n) AS nth
      FROM messages m JOIN shards s ON s.id = m.shard WHERE m.kind != '' AND m.role = {_FIRST})
WHERE nth > 1
UNION ALL SELECT m.person, m.shard, m.n, {_HIDDEN} FROM messages m JOIN shards s ON s.id = m.shard
WHERE m.kind = '' AND s.superseded
"""  # noqa: S608  constants

_BLANK: dict[str, Any] = {
    "id": "",
    "message_id": None,
    "date": None,
    "subject": "",
    "from": "",
    "kind": Kind.OTHER.value,
    "kinds": {kind.value: float(kind is Kind.OTHER) for kind in Kind},
    "reason": None,
    "shown": [],
    "reasons": {},
    "evidence": [],
    **dict.fromkeys("body stage stage_from vacancy ineligible timeframe company role contact".split()),
    **dict.fromkeys("action send_by after until status because would_change".split()),
    "policy": {"rule": Kind.OTHER.value, "source": "the label guide"},
    "draft": None,
    "notes": [],
    "model": "",
}
"""What a line leaves out of its result: most messages are other mail, of which there is hardly anything to say."""

_START_OVER = "remove the folder .analyzer beside the results to start over, or name another output folder"


def open_run(folder: Path) -> Stored:
    """Open the results of the last run that ended in `folder`, for reading."""
    path = folder / FOLDER / "state.sqlite"
    if not path.is_file():
        raise RunError(f"{folder}: holds no run; `analyzer batch PATH -o {folder}` makes one")
    stored = Stored(folder, _connect(path))
    with _as_run_errors(path.parent):
        stored._run = _run_row(stored._db, "finished")
    return stored


def write_private(path: Path, data: bytes) -> None:
    """Write a file that its owner alone can read, whole or not at all."""
    beside = path.with_name(f".{path.name}.tmp")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _what_matters(shard: Shard) -> tuple[object, ...]:
    return shard.format, shard.person, shard.labels, shard.files


def _shard(written: str) -> Shard:
    fields: dict[str, Any] = json.loads(written)
    fields.update({name: tuple(value) for name, value in fields.items() if isinstance(value, list)})
    return Shard(**fields)


def _run_row(db: sqlite3.Connection, which: str) -> RunRow | None:
    names = "id, today, asked, people, maker, keep, finished, inputs, outputs, total"
    row = db.execute(f"SELECT {names} FROM runs WHERE {which} ORDER BY id DESC LIMIT 1").fetchone()  # noqa: S608
    if row is None:
        return None
    number, today, asked, people, maker, keep, finished, *rest = row
    return RunRow(number, date.fromisoformat(today), asked, bool(people), maker, bool(keep), bool(finished), *rest)


def _connect(path: Path, *, new: bool = False) -> sqlite3.Connection:
    with _as_run_errors(path.parent):
        if new:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        db = sqlite3.connect(path, isolation_level=None, timeout=30)
        try:
            db.execute("PRAGMA cache_size = -8000")  # 8 MB, however large the mailbox
            db.execute("PRAGMA temp_store = FILE")
            if new:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = NORMAL")
            _check_schema(db, path, new=new)
        except BaseException:
            db.close()
            raise
        return db


def _check_schema(db: sqlite3.Connection, path: Path, *, new: bool) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version == 0 and new:
        db.executescript(
            f"BEGIN IMMEDIATE; {_TABLES} PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {SCHEMA}; COMMIT;"
        )
    elif version != SCHEMA:
        raise RunError(f"{path}: is of schema {version}, this program uses {SCHEMA}; name another output folder")


@contextlib.contextmanager
def _as_run_errors(where: Path) -> Iterator[None]:
    """Say in one line what SQLite or the disk complains of."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise RunError(
            f"{where}: the state of the run cannot be used ({error}); look at the disk and its permissions"
        ) from error
    except sqlite3.DatabaseError as error:
        raise RunError(f"{where}: the state of the run is damaged ({error}); {_START_OVER}") from error
    except FileNotFoundError as error:
        raise RunError(f"{error.filename}: a part of the run is missing; {_START_OVER}") from error


def _lock(path: Path, folder: Path) -> BinaryIO:
    """Take the lock, which the system lets go of when this process ends, however it ends."""
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise RunError(f"{folder}: another run is writing here; wait until it ends, or name another folder") from None
    return file
