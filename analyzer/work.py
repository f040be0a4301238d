"""A shard -> its part: a line of JSON for every message in it. Any process can do it, and a second time the same way.

    {"n": 0, "known_by": "<sha256>", "person": "", "error": null, "instant": 1772409600.0, "thread": ["<id>"],
     "labels": ["Inbox"], "to": "...", "cc": "...", "reply_to": "...", "result": {...}}

`result` is what `analyze --json` prints, without `source`; for other mail it leaves out what is empty (state.py puts it
back). What goes wrong with one message is its `error`, and the shard goes on.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import mmap
import re
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.decide import Policy, decide
from analyzer.errors import ModelError, ReadError
from analyzer.look import Filters, may_be_job_mail
from analyzer.read import read_mail, read_shard
from analyzer.read.peek import peek
from analyzer.reasons import Kind
from analyzer.records import Letter, RawMail
from analyzer.state import Entry, shard_key, source_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

    from analyzer.pipeline import Analyzer
    from analyzer.records import Shard


@dataclass(frozen=True)
class Settings:
    """All that a worker must know, on whatever machine it runs. `journal` is a folder, "" for none."""

    model: str
    model_hash: str
    policy: Policy
    profile: Mapping[str, str]
    today: date
    filters: Filters = field(default_factory=Filters)
    limit: int | None = None
    journal: str = ""


@dataclass(frozen=True)
class Part:
    """What became of a shard. `data` holds the lines, `entries` says where each stands; filters left out the rest."""

    entries: tuple[Entry, ...]
    data: bytes
    left_out: int = 0


def analyze_shard(shard: Shard, settings: Settings, skip: frozenset[int] = frozenset(), cut: int | None = None) -> Part:
    """Analyse every message of a shard, but for those in `skip`, which kill; from `cut` on not even reading is safe."""
    with _ONE_AT_A_TIME:
        analyzer = _analyzer(settings)
        with _journal(shard, settings) as note:
            writer = _Writer(shard)
            for n, item in _items(shard, cut, note):
                if n in skip or n == cut:
                    writer.error(n, _KILLS if n != cut else _KILLS_READING, _message_id(item))
                else:
                    _answer(n, item, analyzer, settings, writer)
                if settings.limit is not None and len(writer.entries) >= settings.limit:
                    break
            return writer.part()


def work_journal(folder: str, shard: Shard) -> Path:
    """Return the file that says at which message of `shard` its worker is."""
    return Path(folder) / shard_key(shard)


def read_journal(folder: str, shard: Shard) -> int | None:
    """Return the message at which the worker of a shard died, None if it had not begun."""
    try:
        return int.from_bytes(work_journal(folder, shard).read_bytes()[:8], "little")
    except FileNotFoundError:
        return None


class _Writer:
    """Collects the lines of a part."""

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self.entries: list[Entry] = []
        self.left_out = 0
        self._lines: list[bytes] = []
        self._length = 0

    def line(self, n: int, letter: Letter, known_by: str, result: Mapping[str, Any]) -> None:
        about = {"instant": letter.instant, "thread": letter.thread, "labels": letter.labels}
        people = {"to": letter.to, "cc": letter.cc, "reply_to": letter.reply_to}
        row = {"n": n, "known_by": known_by, "person": letter.person, "error": None}
        self._add({**row, **about, **people, "result": result}, bytes.fromhex(known_by), result["kind"])

    def error(self, n: int, text: str, message_id: str = "", number: str = "") -> None:
        person = self.shard.person
        result = {"id": number, "message_id": message_id}
        text = text.removeprefix(f"{source_of(self.shard, n)}: ")
        self._add({"n": n, "known_by": "", "person": person, "error": text, "result": result}, b"", "")

    def _add(self, row: Mapping[str, Any], known_by: bytes, kind: str) -> None:
        line = json.dumps(row, separators=(",", ":")).encode() + b"\n"
        self.entries.append(Entry(row["n"], self._length, len(line), row["person"], known_by, kind))
        self._lines.append(line)
        self._length += len(line)

    def part(self) -> Part:
        return Part(tuple(self.entries), b"".join(self._lines), self.left_out)


def _items(
    shard: Shard, cut: int | None, note: Callable[[int], None]
) -> Iterator[tuple[int, RawMail | Letter | ReadError]]:
    """Yield what is in a shard, numbered; where reading itself fails, the failure is the last item."""
    items = read_shard(shard)
    n = 0
    while True:
        note(n)
        if n == cut:
            yield n, ReadError(_KILLS_READING)
            return
        try:
            item = next(items)
        except StopIteration:
            return
        except Exception as error:  # noqa: BLE001  whatever fails in one mailbox, the others are read
            yield n, _unforeseen(error, "from here on it cannot be read")
            return
        yield n, item
        n += 1


def _answer(
    n: int, item: RawMail | Letter | ReadError, analyzer: Analyzer, settings: Settings, writer: _Writer
) -> None:
    """Write the line of one message."""
    try:
        letter, raw = first_look(item)
        if not settings.filters.want(letter):
            writer.left_out += 1
            return
        number = letter.id or _hash(letter)
        known_by = _sha256(f"id\0{letter.id}") if letter.id else number
        if may_be_job_mail(letter.subject, letter.sender, letter.text):
            result = _result(analyzer, read_mail(raw) if raw else letter)
        else:
            result = _other(letter, analyzer)
        result["id"] = letter.id or number[:12]
    except ReadError as error:
        writer.error(n, str(error), error.message_id or _message_id(item))
    except Exception as error:  # noqa: BLE001  errors of one message are data, never the end of a run
        writer.error(n, str(_unforeseen(error, "the program failed on it")), _message_id(item))
    else:
        writer.line(n, letter, known_by, result)


def first_look(item: RawMail | Letter | ReadError) -> tuple[Letter, RawMail | None]:
    """Return what a fast reading shows of a message, and its bytes where the thorough reading is still to come."""
    if isinstance(item, ReadError):
        raise item
    if isinstance(item, Letter):
        return item, None
    seen = peek(item.data)
    if seen is None or not seen.headers.message_id:  # what has no name is known by all of its text
        return read_mail(item), None
    head = seen.headers
    letter = Letter(
        text=seen.text,
        source=item.source,
        subject=head.subject,
        sender=head.sender,
        reply_to=head.reply_to,
        to=head.to,
        cc=head.cc,
        message_id=head.message_id,
        sent=head.sent,
        notes=item.notes,
        thread=head.thread,
        labels=tuple(dict.fromkeys((*item.labels, *head.labels))),
        person=item.person,
        instant=head.instant,
    )
    return letter, item


def _hash(letter: Letter) -> str:
    from analyzer.pipeline import message_hash

    return message_hash(letter)


def _result(analyzer: Analyzer, letter: Letter) -> dict[str, Any]:
    from analyzer.present import to_json

    result = to_json(analyzer.analyze(letter))
    del result["source"]
    if result["kind"] == Kind.OTHER:
        return {**_other(letter, analyzer), "kinds": result["kinds"], "notes": result["notes"]}
    return result


def _other(letter: Letter, analyzer: Analyzer) -> dict[str, Any]:
    """Return the short result of other mail."""
    result: dict[str, Any] = {
        "id": "",
        "message_id": letter.message_id or None,
        "date": letter.sent.isoformat() if letter.sent else None,
        "subject": letter.subject,
        "from": letter.sender,
        "kind": Kind.OTHER.value,
        "model": analyzer.classifier.name,
    }
    if letter.notes:
        result["notes"] = [{"code": note.code, "text": note.text} for note in letter.notes]
    if Kind.OTHER in analyzer.policy.kinds:  # a policy of the reader's own has something to say of it
        result.update(_advice(letter, analyzer))
    return result


def _advice(letter: Letter, analyzer: Analyzer) -> dict[str, Any]:
    what = decide(
        kind=Kind.OTHER,
        shown=(),
        stage=None,
        vacancy=None,
        ineligible=None,
        timeframe=None,
        arrived=letter.sent or analyzer.today,
        policy=analyzer.policy,
    )
    return {
        "action": what.action.value if what.action else None,
        "after": what.after.isoformat() if what.after else None,
        "because": what.because,
        "policy": {"rule": what.rule, "source": what.source},
    }


def _unforeseen(error: Exception, what: str) -> ReadError:
    """Say what failed without a word of the message, which may stand in the error's own text."""
    where = ""
    trace = error.__traceback__
    while trace is not None:
        where = f"{Path(trace.tb_frame.f_code.co_filename).name}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return ReadError(f"{what} ({type(error).__name__} in {where}); read it in your mail program")


def _message_id(item: RawMail | Letter | ReadError) -> str:
    """Return the Message-ID, found without parsing what may be fatal to parse."""
    if not isinstance(item, RawMail):
        return item.message_id
    match = _MESSAGE_ID.search(item.data[:_HEADER])
    return match[1].decode("ascii", "replace") if match else ""


_MESSAGE_ID = re.compile(rb"^message-id:[ \t\r\n]{0,9}(<[^<>\s]{1,998}>)", re.IGNORECASE | re.MULTILINE)
_HEADER = 64_000
_KILLS = "it was set aside, since the process that analysed it was killed twice; read it in your mail program"
_KILLS_READING = (
    "from here on it is not read, since the process that read it was killed twice; export this mailbox again"
)


@contextlib.contextmanager
def _journal(shard: Shard, settings: Settings) -> Iterator[Callable[[int], None]]:
    """Note which message is worked on, in memory shared with a file: it stands there however the process ends."""
    folder = Path(settings.journal)
    if not settings.journal or not folder.is_dir():
        yield lambda _: None
        return
    path = work_journal(settings.journal, shard)
    try:
        with path.open("w+b") as file:
            file.truncate(mmap.PAGESIZE)
            with mmap.mmap(file.fileno(), mmap.PAGESIZE) as memory:

                def note(n: int) -> None:
                    memory[:8] = n.to_bytes(8, "little")

                yield note
    finally:  # which nobody comes to who is killed
        path.unlink(missing_ok=True)


_ONE_AT_A_TIME = threading.Lock()
"""A worker of a cluster may have several threads; spaCy's vocabulary is not for two."""

_loaded: dict[int, tuple[Settings, Analyzer]] = {}


def _analyzer(settings: Settings) -> Analyzer:
    """Load the model once a process; the run itself, which only hands out work, does without what that takes."""
    from analyzer.classify import Classifier
    from analyzer.extract import Extractor
    from analyzer.model import load_model
    from analyzer.pipeline import Analyzer

    known, analyzer = _loaded.get(0, (None, None))
    key = _what_made_it(settings)
    if analyzer is None or known is None or _what_made_it(known) != key:
        stored = load_model(Path(settings.model))
        if stored.manifest.get("manifest_sha256") != settings.model_hash:
            raise ModelError(f"{settings.model}: is another model than the one the run was started with; copy that one")
        analyzer = Analyzer(
            Classifier(stored), Extractor.from_model(stored), settings.policy, settings.today, settings.profile
        )
        _loaded[0] = (settings, analyzer)
    return analyzer


def _what_made_it(settings: Settings) -> tuple[object, ...]:
    return settings.model, settings.model_hash, settings.policy, dict(settings.profile), settings.today


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
