"""Files and folders -> shards: what is there, in sorted order, as it is found."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from analyzer.errors import ReadError
from analyzer.read import disk
from analyzer.read.disk import unreadable
from analyzer.read.formats import HEAD, PACKED, format_of, may_be_mail, unpacked_name
from analyzer.read.jsonl import plan_jsonl
from analyzer.read.labels import folder_labels, mailbox_labels, root_labels
from analyzer.read.mbox import plan_mbox
from analyzer.read.text import writable
from analyzer.records import Shard

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analyzer.read.archive import Budget

MAX_FILES = 500
"""Letters in files of their own that make a shard, if they are not of SHARD_BYTES before."""


@dataclass(frozen=True)
class _Run:
    """What holds for the whole plan."""

    scratch: Path
    left_out: tuple[Path, ...]  # resolved
    people: bool
    column: str | None


@dataclass(frozen=True)
class _Root:
    """What the user named, or an archive in it: what a file's source and labels are told from.

    `person` is None until a folder tells. `depth` counts the archives that it lies in.
    """

    path: Path
    source: str
    labels: tuple[str, ...] = ()
    person: str | None = None
    depth: int = 0
    budget: Budget | None = None


@dataclass(frozen=True)
class _File:
    """A file in `root`. `tail` leads to it from there, beginning with "/"; it is "" where the root is the file.

    `name` is the same way as its labels and its format are told from, which may differ from what the disk calls it.
    """

    path: Path
    root: _Root
    tail: str
    name: str
    size: int = 0
    time: int = 0

    @property
    def source(self) -> str:
        return self.root.source + self.tail


def plan(
    paths: Sequence[Path],
    *,
    scratch: Path,
    leave_out: Path | None = None,
    people: bool = False,
    column: str | None = None,
) -> Iterator[Shard | ReadError]:
    """Return what there is to read in `paths`, found as it is asked for; what cannot be read is among it as an error.

    Archives are unpacked into `scratch`. What stands in the folder `leave_out` (the output of a run) is no mail. With
    `people` each top-level folder, or archive, in a path is one person. `column` names the one of tables that holds
    the letter. Raises ReadError at once where a path does not exist.
    """
    for path in paths:
        _refuse_missing(path)
    left_out = tuple(folder.resolve() for folder in (scratch, leave_out) if folder)
    run = _Run(scratch, left_out, people, column)
    return (item for path in paths for item in _in_batches(_in_path(path, run), run))


def _refuse_missing(path: Path) -> None:
    source = writable(str(path))
    try:
        path.stat()
    except FileNotFoundError:
        raise ReadError(f"{source}: there is no such file or folder; check the spelling of the path") from None
    except OSError as error:
        raise unreadable(error, source) from error


def _in_batches(found: Iterator[_File | Shard | ReadError], run: _Run) -> Iterator[Shard | ReadError]:
    """Put neighbours that are letters of one person into one shard; all stays in order."""
    held: list[_File] = []
    for item in found:
        if not isinstance(item, _File):
            if held:
                yield _batch(held, run)
                held = []
            yield item
            continue
        if held and not _fits(item, held, run):
            yield _batch(held, run)
            held = []
        held.append(item)
    if held:
        yield _batch(held, run)


def _fits(file: _File, held: list[_File], run: _Run) -> bool:
    is_full = len(held) >= MAX_FILES or sum(other.size for other in held) >= disk.SHARD_BYTES
    return not is_full and file.root is held[0].root and _person(file, run) == _person(held[0], run)


def _batch(files: list[_File], run: _Run) -> Shard:
    root, person = files[0].root, _person(files[0], run)
    known = blake2b(digest_size=16)
    for file in files:
        known.update(f"{file.source}\0{file.size}\0{file.time}\n".encode())
    return Shard(
        source=root.source,
        path=str(root.path),
        format="files",
        stop=len(files),
        files=tuple(file.source for file in files),
        digest=known.hexdigest(),
        person=person,
        labels=tuple(label for label in root.labels if label != person),
    )


def _in_path(path: Path, run: _Run) -> Iterator[_File | Shard | ReadError]:
    source = writable(str(path))
    if _is_folder(path):
        yield from _in_folder(_Root(path, source, root_labels(writable(path.name))), run)
    else:
        yield from _in_file(_File(path, _Root(path, source), "", f"/{writable(path.name)}"), run, named=True)


def _in_folder(root: _Root, run: _Run) -> Iterator[_File | Shard | ReadError]:
    for found in _walk(root, run):
        if isinstance(found, ReadError):
            yield found
        else:
            yield from _in_file(found, run)


def _walk(root: _Root, run: _Run) -> Iterator[_File | ReadError]:
    """Yield the files in a folder, sorted, at all depths, and an error for each link that could be mail."""
    left_out = _left_out_in(root, run)
    if root.path in left_out:
        return
    waiting = [_names(_File(root.path, root, "", ""))]
    while waiting:
        found = next(waiting[-1], None)
        if found is None:
            waiting.pop()
        elif isinstance(found, ReadError):
            yield found
        elif (mode := _mode(found.path)) is None:
            reason = "cannot be reached (its path is too long, or it has just gone); move it up and run again"
            yield ReadError(f"{found.source}: {reason}", source=found.source)
        elif stat.S_ISLNK(mode):
            yield from _link(found)
        elif not stat.S_ISDIR(mode):
            yield found
        elif found.path not in left_out and not _is_clutter(found.path):
            waiting.append(_names(found))


def _mode(path: Path) -> int | None:
    try:
        return path.lstat().st_mode
    except OSError:
        return None


def _link(file: _File) -> Iterator[ReadError]:
    """Yield the error for a link, if it could lead to mail."""
    if may_be_mail(file.name) or _is_folder(file.path):
        reason = "is a link; links inside a folder are not followed, copy what it leads to"
        yield ReadError(f"{file.source}: {reason}", source=file.source)


def _names(folder: _File) -> Iterator[_File | ReadError]:
    """Yield what stands in one folder."""
    try:
        names = sorted(os.listdir(folder.path))  # noqa: PTH208  there may be a million, and paths weigh ten times as much
    except OSError as error:
        yield unreadable(error, folder.source)
        return
    for name in names:
        path, shown = folder.path / name, f"/{writable(name)}"
        found = _File(path, folder.root, folder.tail + shown, folder.name + shown)
        yield found if shown == f"/{name}" else _with_own_root(found)


def _with_own_root(file: _File) -> _File:
    """Return a file or folder whose name is no text: what is shown of it does not lead to it."""
    labels = folder_labels(f"{file.tail}/x" if _is_folder(file.path) else file.tail)
    root = replace(file.root, path=file.path, source=file.source, labels=(*file.root.labels, *labels))
    return _File(file.path, root, "", file.name)


def _left_out_in(root: _Root, run: _Run) -> frozenset[Path]:
    """Return the folders in `root` that hold no mail but what the program wrote. What is unpacked lies in one of them."""
    place = root.path.resolve()
    if root.depth:
        return frozenset()
    if any(place.is_relative_to(folder) for folder in run.left_out):
        return frozenset({root.path})
    return frozenset(root.path / folder.relative_to(place) for folder in run.left_out if folder.is_relative_to(place))


def _is_clutter(folder: Path) -> bool:
    """Say whether macOS added it to an archive, or a maildir keeps half mail in it."""
    return folder.name == "__MACOSX" or (folder.name == "tmp" and folder.with_name("cur").is_dir())


def _is_folder(path: Path) -> bool:
    """Ask what `Path.is_dir` does, which raises where a name is too long."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _in_file(file: _File, run: _Run, *, named: bool = False) -> Iterator[_File | Shard | ReadError]:
    try:
        about = file.path.stat()
        if not stat.S_ISREG(about.st_mode):  # a pipe would never end
            if named:
                yield ReadError(f"{file.source}: is no file; save what it gives into one", source=file.source)
            return
        with file.path.open("rb") as opened:
            head = opened.read(HEAD)
    except OSError as error:
        if named or may_be_mail(file.name):
            yield unreadable(error, file.source)
        return
    found = format_of(file.name, head, named=named)
    if found == "letter":
        yield replace(file, size=about.st_size, time=about.st_mtime_ns)
    elif found in PACKED:
        yield from _in_packed(file, found, run, named=named)
    elif found:
        yield from _in_mailbox(file, found, run)


def _in_mailbox(file: _File, found: str, run: _Run) -> Iterator[Shard | ReadError]:
    person = _person(file, run)
    own = mailbox_labels(file.tail or f"/{PurePath(file.name).name}") if found == "mbox" else folder_labels(file.tail)
    labels = tuple(label for label in dict.fromkeys((*file.root.labels, *own)) if label != person)
    try:
        for item in _shards(file, found, run):
            if isinstance(item, ReadError):
                yield item
            else:
                yield replace(item, person=person, labels=(*labels, *item.labels))
    except ReadError as error:
        error.source = error.source or file.source
        yield error


def _shards(file: _File, found: str, run: _Run) -> Iterator[Shard | ReadError]:
    if found == "mbox":
        return plan_mbox(file.path, file.source)
    if found == "jsonl":
        return plan_jsonl(file.path, file.source)
    if found == "pst":
        from analyzer.read.pst import plan_pst

        return plan_pst(file.path, file.source)
    from analyzer.read.table import plan_table

    return plan_table(file.path, file.source, column=run.column)


def _in_packed(file: _File, kind: str, run: _Run, *, named: bool) -> Iterator[_File | Shard | ReadError]:
    from analyzer.read.archive import NESTING, Packed, budget_of, unpack

    if file.root.depth >= NESTING:
        reason = f"lies in {NESTING} archives already; unpack them yourself and name the folder"
        yield ReadError(f"{file.source}: {reason}", source=file.source)
        return
    name = PurePath(file.name).name
    budget = file.root.budget or budget_of(file.path)
    try:
        unpacked = unpack(Packed(file.path, name, kind, named), file.source, run.scratch, budget)
    except ReadError as error:
        yield error
        return
    if unpacked is None:
        return
    labels = (*file.root.labels, *folder_labels(file.tail))
    root = replace(file.root, source=file.source, labels=labels, depth=file.root.depth + 1, budget=budget)
    if unpacked.single:
        path = unpacked.folder / unpacked.single
        inner = replace(root, path=path, person=_person(file, run))
        if path.exists():  # half a letter was not kept
            yield from _in_file(_File(path, inner, "", file.name[: -len(name)] + unpacked_name(name)), run, named=named)
    else:
        yield from _in_folder(_archive_as_folder(file, replace(root, path=unpacked.folder), run), run)
    yield from unpacked.errors(file.source)


def _archive_as_folder(file: _File, root: _Root, run: _Run) -> _Root:
    """Return the root for what is in an archive. Within what the user named it is a folder, a person's own too."""
    if not file.tail:
        return root
    own = PurePath(unpacked_name(PurePath(file.name).name)).stem
    if run.people and root.person is None:
        root = replace(root, person=_person(file, run) or own)
    return replace(root, labels=(*root.labels, own))


def _person(file: _File, run: _Run) -> str:
    """Return whose mail it is: the first folder's on the way to it, if no archive on that way decided before."""
    if not run.people:
        return ""
    if file.root.person is not None:
        return file.root.person
    folders = PurePath(file.name).parts[1:-1]
    return folders[0] if folders else ""
