"""Labelled letters: read, check, split, fingerprint. `data/README.md` describes the bundled ones."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from analyzer.bundle import bundled
from analyzer.errors import CorpusError
from analyzer.reasons import Cue, Kind, Reason, Stage, Vacancy
from analyzer.records import Letter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

Label = TypeVar("Label", bound=StrEnum)


@dataclass(frozen=True)
class Example:
    """A labelled letter.

    `group` names the voice that wrote it: letters of a group never stand on both sides of a split. `disputed` names
    the fields on which two readers differed, which are left out of that field's score. What is None is not labelled,
    or does not apply. `cues` gives, for letters that were read sentence by sentence, the sentences that show each cue.
    """

    id: str
    letter: Letter
    kind: Kind
    reasons: tuple[Reason, ...] = ()
    evidence: Mapping[Reason, tuple[str, ...]] = field(default_factory=dict)
    cues: Mapping[Cue, tuple[str, ...]] | None = None
    stage: Stage | None = None
    vacancy: Vacancy | None = None
    ineligible: bool | None = None
    company: str | None = None
    role: str | None = None
    contact: str | None = None
    timeframe: str | None = None
    group: str = ""
    disputed: tuple[str, ...] = ()
    composed: bool = False

    @property
    def reason(self) -> Reason | None:
        """The first reason, None for no signal."""
        return self.reasons[0] if self.reasons else None


@dataclass(frozen=True)
class Sentence:
    """A sentence of the bank. `shows` maps a cue to whether the sentence shows it; what is not in it is not known.

    `kind` is what a message of this sentence alone would be.
    """

    text: str
    shows: Mapping[Cue, bool]
    kind: Kind


def read_corpus(paths: Iterable[Path]) -> list[Example]:
    """Read every .jsonl file named or inside a named folder; a file that is named twice is read once.

    Raises CorpusError, with file and line, for a label that the scheme lacks, a quote that is not in its letter, or
    an id that two letters share.
    """
    examples: list[Example] = []
    seen: dict[str, str] = {}
    for file in _files(paths):
        for number, row in _rows(file):
            where = f"{file}:{number}"
            default_id = f"{file.stem}-{number}"
            if default_id in seen:  # a file of the same name in another folder
                default_id = f"{default_id}-{len(examples)}"
            example = _example(row, where, default_group=file.stem, default_id=default_id)
            if example.id in seen:
                raise CorpusError(f"{where}: the id {example.id!r} is taken by {seen[example.id]}; give it another")
            seen[example.id] = where
            examples.append(example)
    return examples


def read_sentences(folder: Path) -> list[Sentence]:
    """Read the sentence bank: one .jsonl file a family, each line with a `text`.

    The family says what its sentences show: that of a reason the reason, that of a stock phrase its cue and no reason,
    and `near_REASON` shares the words of that reason but does not show it.
    """
    sentences = []
    for file in sorted(folder.glob("*.jsonl")):
        shows = _family(file.stem, str(file))
        for number, row in _rows(file):
            text = row.get("text")
            if not isinstance(text, str) or not text.strip():
                raise CorpusError(f"{file}:{number}: has no 'text'; write the sentence there")
            sentences.append(Sentence(text, shows, _ALONE.get(file.stem, Kind.OTHER)))
    return sentences


def _family(name: str, where: str) -> dict[Cue, bool]:
    if name.startswith("near_"):
        return {Cue(_label(Reason, name.removeprefix("near_"), "reason", where).value): False}
    if name in set(Reason):
        return {Cue(name): True}
    cue = _label(Cue, _FAMILIES.get(name, name), "cue", where)
    return {**{Cue(reason.value): False for reason in Reason}, Cue.REFUSAL: False, cue: True}


_FAMILIES = {"conditional_refusal": Cue.CONDITION, "delay": Cue.PENDING}
_ALONE = {
    **{reason.value: Kind.REJECTION for reason in Reason},
    "refusal": Kind.REJECTION,
    "conditional_refusal": Kind.ACKNOWLEDGEMENT,
    "delay": Kind.ACKNOWLEDGEMENT,
    "invitation": Kind.INTERVIEW,
}


def bundled_letters() -> Path:
    """Return the folder of the bundled corpus."""
    return bundled("data") / "letters"


def bundled_sentences() -> Path:
    """Return the folder of the bundled sentence bank."""
    return bundled("data") / "sentences"


def held_out_groups() -> frozenset[str]:
    """Return the voices of the bundled corpus that no model is trained on: its test split."""
    path = bundled("data") / "splits.json"
    try:
        return frozenset(json.loads(path.read_text("utf-8"))["test"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorpusError(f"{path}: the list of held-out voices cannot be read; install the program again") from error


def fingerprint(examples: Iterable[Example], bank: Iterable[Sentence] = ()) -> str:
    """Return a hash of all that training reads, the same whatever the order of the files."""
    rows = sorted(
        json.dumps(
            [
                example.id,
                example.group,
                example.letter.text,
                example.letter.subject,
                example.letter.sender,
                example.kind,
                [*example.reasons],
                {reason: list(quotes) for reason, quotes in sorted(example.evidence.items())},
                None if example.cues is None else {cue: list(quotes) for cue, quotes in sorted(example.cues.items())},
                example.stage,
                example.vacancy,
                example.ineligible,
                example.company,
                example.role,
                example.contact,
                example.timeframe,
            ]
        )
        for example in examples
    )
    rows += sorted(json.dumps([sentence.text, sorted(sentence.shows.items())]) for sentence in bank)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def find_quote(quote: str, body: str) -> tuple[int, int] | None:
    """Return where `quote` stands in `body`, whatever the white space in between; None if nowhere."""
    match = re.search(r"\s+".join(map(re.escape, quote.split())), body)
    return match.span() if match else None


def folded(name: str | None) -> str | None:
    """Return a name without its case and white space: two names are the same where these are equal."""
    return " ".join(name.lower().split()) if name else None


def _files(paths: Iterable[Path]) -> list[Path]:
    found: dict[Path, Path] = {}
    for path in paths:
        if not path.exists():
            raise CorpusError(f"{path}: there is no such file or folder; check the spelling of the path")
        inside = sorted(path.rglob("*.jsonl")) if path.is_dir() else [path]
        if not inside:
            raise CorpusError(f"{path}: holds no .jsonl file; a corpus is one labelled letter a line")
        for file in inside:
            found.setdefault(file.resolve(), file)
    return list(found.values())


def _rows(file: Path) -> Iterable[tuple[int, dict[str, Any]]]:
    try:
        lines = file.read_text("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise CorpusError(f"{file}: is not UTF-8; save it as UTF-8 and try again") from error
    except OSError as error:
        raise CorpusError(f"{file}: cannot be read ({error.strerror}); check the path and its permissions") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise CorpusError(f"{file}:{number}: is not a JSON object; each line must be one") from error
        if not isinstance(row, dict):
            raise CorpusError(f"{file}:{number}: is not a JSON object; each line must be one")
        yield number, row


def _example(row: dict[str, Any], where: str, *, default_group: str, default_id: str) -> Example:
    body = row.get("body")
    if not isinstance(body, str) or not body.strip():
        raise CorpusError(f"{where}: has no 'body'; put the letter's text there")
    reasons = tuple(_label(Reason, value, "reason", where) for value in _list(row, "reasons", where))
    kind = _label(Kind, row.get("kind") or ("rejection" if reasons else None), "kind", where)
    if reasons and kind is not Kind.REJECTION:
        raise CorpusError(f"{where}: has reasons but is of kind {kind.value!r}; only a rejection has reasons")
    letter = Letter(
        text=body,
        source=where,
        subject=_text(row, "subject") or "",
        sender=_text(row, "from") or "",
        id=_text(row, "id") or "",
    )
    ineligible = row.get("ineligible")
    if ineligible is not None and not isinstance(ineligible, bool):
        raise CorpusError(f"{where}: 'ineligible' must be true, false or null, not {ineligible!r}")
    return Example(
        id=letter.id or default_id,
        letter=letter,
        kind=kind,
        reasons=reasons,
        evidence=_evidence(row, reasons, body, where),
        cues=_cues(row, body, where),
        stage=_optional(Stage, row.get("stage"), "stage", where),
        vacancy=_optional(Vacancy, row.get("vacancy"), "vacancy", where),
        ineligible=ineligible,
        company=_text(row, "company"),
        role=_text(row, "role"),
        contact=_text(row, "contact"),
        timeframe=_text(row, "timeframe"),
        group=_text(row, "group") or default_group,
        disputed=tuple(map(str, _list(row, "disputed", where))),
        composed=bool(row.get("composed")),
    )


def _evidence(row: dict[str, Any], reasons: Sequence[Reason], body: str, where: str) -> dict[Reason, tuple[str, ...]]:
    given = row.get("evidence") or {}
    if not isinstance(given, dict):
        raise CorpusError(f"{where}: 'evidence' must give a list of quotes for each reason")
    evidence = {}
    for name, quotes in given.items():
        reason = _label(Reason, name, "reason", where)
        if reason not in reasons:
            raise CorpusError(f"{where}: has evidence for {name!r}, which is not among its reasons")
        for quote in quotes if isinstance(quotes, list) else [quotes]:
            if not isinstance(quote, str) or not quote.split() or find_quote(quote, body) is None:
                raise CorpusError(f"{where}: the quote {str(quote)[:60]!r} is not in the letter; copy it word for word")
        evidence[reason] = tuple(quotes if isinstance(quotes, list) else [quotes])
    return evidence


def _cues(row: dict[str, Any], body: str, where: str) -> dict[Cue, tuple[str, ...]] | None:
    given = row.get("cues")
    if given is None:
        return None
    if not isinstance(given, dict):
        raise CorpusError(f"{where}: 'cues' must give a list of sentences for each cue")
    cues = {}
    for name, quotes in given.items():
        cue = _label(Cue, name, "cue", where)
        if not isinstance(quotes, list):
            raise CorpusError(f"{where}: 'cues' must give a list of sentences for each cue")
        for quote in quotes:
            if not isinstance(quote, str) or not quote.split() or find_quote(quote, body) is None:
                raise CorpusError(
                    f"{where}: the sentence {str(quote)[:60]!r} is not in the letter; copy it word for word"
                )
        cues[cue] = tuple(quotes)
    return cues


def _list(row: dict[str, Any], name: str, where: str) -> list[Any]:
    value = row.get(name) or []
    if not isinstance(value, list):
        raise CorpusError(f'{where}: {name!r} must be a list, such as ["on_hold"] or []')
    return value


def _label(scheme: type[Label], value: object, name: str, where: str) -> Label:
    try:
        return scheme(str(value))
    except ValueError:
        known = ", ".join(scheme)
        raise CorpusError(f"{where}: {value!r} is not a {name}; it must be one of {known}") from None


def _optional(scheme: type[Label], value: object, name: str, where: str) -> Label | None:
    return None if value is None else _label(scheme, value, name, where)


def _text(row: dict[str, Any], name: str) -> str | None:
    value = row.get(name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and str(value) else None
