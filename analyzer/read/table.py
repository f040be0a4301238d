"""Letters in the rows of a table: CSV and TSV, XLSX (the extra `documents`), Parquet (the extra `parquet`)."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.errors import ReadError
from analyzer.read.columns import SAMPLE_ROWS, Columns, as_text, find_columns, letter_of
from analyzer.read.delimited import HEAD, Layout, find_layout, read_records
from analyzer.read.disk import SHARD_BYTES, digest_of, unreadable
from analyzer.read.foreign import DAMAGE, damaged, extra_missing, refuse_bomb
from analyzer.read.text import writable
from analyzer.records import Letter, Note, Shard

if TYPE_CHECKING:
    from io import BufferedReader

SHARD_ROWS = 2_000
_SHEET_SHARD_ROWS = 20_000  # a sheet is a stream: what lies before a shard is read, too
_MAX_COLUMNS = 200
_BATCH_BYTES = 16_000_000

Row = Sequence[Any]
Sheet = Any  # openpyxl's, which has no types
Table = Any  # pyarrow's, which has none either


def plan_table(path: Path, source: str, *, column: str | None = None) -> Iterator[Shard | ReadError]:
    """Cut a table into shards; one that cannot be read is yielded as the error that says why.

    `column` is the name or the number (from 1) of the column with the letters; it is found where None.
    """
    try:
        yield from _PLANS[_format(path)](path, source, column or "")
    except ReadError as error:
        error.source = error.source or source
        yield error
    except OSError as error:
        yield unreadable(error, source)


def read_table(shard: Shard) -> Iterator[Letter | ReadError]:
    """Read the rows of a shard, one item each; where it breaks off, the last item is the error that says why."""
    try:
        yield from _READERS[shard.format](shard)
    except ReadError as error:
        error.source = error.source or shard.source
        yield error
    except OSError as error:
        yield unreadable(error, shard.source)


def _format(path: Path) -> str:
    suffix = path.suffix.lower()[1:]
    return suffix if suffix in _PLANS else "csv"


# CSV


def _plan_csv(path: Path, source: str, column: str) -> Iterator[Shard]:
    with path.open("rb") as file:
        layout, columns = _csv_columns(file, path, source, column)
        size = os.fstat(file.fileno()).st_size
        rows = read_records(file, layout, layout.start, size)
        if columns.header:
            next(rows, None)
        start, first, count = -1, 1, 0
        for row in rows:
            start, count, end = row.begin if count == 0 else start, count + 1, row.end
            if layout.in_bytes and (count == SHARD_ROWS or end - start >= SHARD_BYTES):
                yield _csv_shard(path, source, column, (start, end), first, (layout, columns))
                first, count = first + count, 0
        if count:
            whole = (start, end) if layout.in_bytes else (layout.start, size)
            yield _csv_shard(path, source, column, whole, first, (layout, columns))


def _csv_shard(
    path: Path, source: str, column: str, place: tuple[int, int], first: int, seen_as: tuple[Layout, Columns]
) -> Shard:
    with path.open("rb") as file:
        digest = _digest(digest_of(file, *place), seen_as)
    return Shard(source, str(path), "csv", *place, first, digest=digest, column=column)


def _read_csv(shard: Shard) -> Iterator[Letter | ReadError]:
    path = Path(shard.path)
    with path.open("rb") as file:
        layout, columns = _csv_columns(file, path, shard.source, shard.column)
        rows = read_records(file, layout, shard.start, shard.stop)
        if columns.header and not layout.in_bytes:
            next(rows, None)
        for number, row in enumerate(rows, shard.first):
            item = letter_of(row.cells, columns, f"{shard.source}#{number}", shard.person)
            yield _noted(item) if row.cut else item


def _csv_columns(file: BufferedReader, path: Path, source: str, column: str) -> tuple[Layout, Columns]:
    layout = find_layout(file.read(HEAD), tabs=path.suffix.lower() == ".tsv")
    rows = [row.cells for row in islice(read_records(file, layout, layout.start, HEAD), SAMPLE_ROWS)]
    return layout, find_columns(rows or [[]], source, column)


def _noted(item: Letter | ReadError) -> Letter | ReadError:
    if isinstance(item, ReadError):
        return item
    why = Note("cut", "Its row was longer than 10 MB (a quote that is never closed?); the rest was left out.")
    return replace(item, notes=(*item.notes, why))


# XLSX


def _plan_xlsx(path: Path, source: str, column: str) -> Iterator[Shard | ReadError]:
    with _workbook(path, source) as workbook:
        sheets = workbook.worksheets
        for sheet in sheets:
            name = f"{source}/{_sheet_name(sheet)}" if len(sheets) > 1 else source
            try:
                yield from _plan_sheet(sheet, path, name, column)
            except ReadError as error:
                if len(sheets) == 1 or not _is_blank(sheet):
                    yield error


def _plan_sheet(sheet: Sheet, path: Path, source: str, column: str) -> Iterator[Shard]:
    columns = _sheet_columns(sheet, source, column)
    known = hashlib.blake2b(repr((columns, column)).encode(), digest_size=16)
    first, count = 1, 0
    for row in _sheet_rows(sheet, columns):
        known.update(repr(row).encode("utf-8", "replace"))
        count += 1
        if count == _SHEET_SHARD_ROWS:
            yield _rows_shard(path, source, "xlsx", column, first, count, known.hexdigest())
            first, count = first + count, 0
    if count:
        yield _rows_shard(path, source, "xlsx", column, first, count, known.hexdigest())


def _rows_shard(path: Path, source: str, kind: str, column: str, first: int, count: int, digest: str) -> Shard:
    start = first - 1
    return Shard(source, str(path), kind, start, start + count, first, digest=digest, column=column)


def _read_xlsx(shard: Shard) -> Iterator[Letter | ReadError]:
    with _workbook(Path(shard.path), shard.source) as workbook:
        sheets = workbook.worksheets
        named = (sheet for sheet in sheets if shard.source.endswith(f"/{_sheet_name(sheet)}"))
        sheet = sheets[0] if len(sheets) == 1 else next(named)
        columns = _sheet_columns(sheet, shard.source, shard.column)
        rows = islice(_sheet_rows(sheet, columns), shard.start, shard.stop)
        for number, row in enumerate(rows, shard.first):
            yield letter_of(row, columns, f"{shard.source}#{number}", shard.person)


def _sheet_columns(sheet: Sheet, source: str, column: str) -> Columns:
    rows = [[as_text(cell) for cell in row] for row in islice(_full_rows(sheet), SAMPLE_ROWS)]
    return find_columns(rows or [[]], source, column)


def _sheet_rows(sheet: Sheet, columns: Columns) -> Iterator[Row]:
    rows = _full_rows(sheet)
    if columns.header:
        next(rows, None)
    return rows


def _full_rows(sheet: Sheet) -> Iterator[Row]:
    """Yield the rows with something in them; a sheet may say that it has a million more."""
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_col=_MAX_COLUMNS, values_only=True)
    return (row for row in rows if any(as_text(cell).strip() for cell in row))


def _is_blank(sheet: Sheet) -> bool:
    return next(_full_rows(sheet), None) is None


def _sheet_name(sheet: Sheet) -> str:
    return writable(sheet.title)


@contextmanager
def _workbook(path: Path, source: str) -> Iterator[Any]:
    try:
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError:
        raise extra_missing(source, "XLSX", "documents") from None
    refuse_bomb(path, source)
    try:
        with warnings.catch_warnings(action="ignore"):  # styles that it does not know
            workbook = load_workbook(path, read_only=True, data_only=True, keep_links=False)
            try:
                yield workbook
            finally:
                workbook.close()
    except (InvalidFileException, SyntaxError, *DAMAGE) as error:  # an error in XML is a SyntaxError
        raise damaged(source, "Excel workbook") from error


# Parquet


def _plan_parquet(path: Path, source: str, column: str) -> Iterator[Shard]:
    with _parquet(path, source) as table:
        columns = _parquet_columns(table, source, column)
        with path.open("rb") as file:
            whole = _digest(digest_of(file, 0, os.fstat(file.fileno()).st_size), columns)
        first = 1
        for group in range(table.metadata.num_row_groups):
            left = table.metadata.row_group(group).num_rows
            while left > 0:
                count = min(left, SHARD_ROWS)
                yield _rows_shard(path, source, "parquet", column, first, count, f"{whole}-{first}")
                first, left = first + count, left - count


def _read_parquet(shard: Shard) -> Iterator[Letter | ReadError]:
    with _parquet(Path(shard.path), shard.source) as table:
        columns = _parquet_columns(table, shard.source, shard.column)
        for number, row in enumerate(_parquet_rows(table, columns, shard.start, shard.stop), shard.first):
            yield letter_of(row, columns, f"{shard.source}#{number}", shard.person)


def _parquet_rows(table: Table, columns: Columns, start: int, stop: int) -> Iterator[Row]:
    """Yield the rows from `start` to `stop`, of the columns that are needed; the others are None."""
    names = table.schema_arrow.names
    wanted = {names[place]: place for place in columns.places.values()}
    before = 0
    for number in range(table.metadata.num_row_groups):
        group = table.metadata.row_group(number)
        if before < stop and before + group.num_rows > start:
            yield from _group_rows(table, number, wanted, max(start - before, 0), stop - before)
        before += group.num_rows


def _group_rows(table: Table, number: int, wanted: dict[str, int], start: int, stop: int) -> Iterator[Row]:
    group = table.metadata.row_group(number)
    size = max(1, min(1_000, _BATCH_BYTES * group.num_rows // max(group.total_byte_size, 1)))
    before = 0
    for batch in table.iter_batches(batch_size=size, row_groups=[number], columns=list(wanted)):
        for values in batch.slice(max(start - before, 0), max(stop - max(before, start), 0)).to_pylist():
            row = [None] * (max(wanted.values()) + 1)
            for name, value in values.items():
                row[wanted[name]] = value
            yield row
        before += batch.num_rows
        if before >= stop:
            return


def _parquet_columns(table: Table, source: str, column: str) -> Columns:
    names = table.schema_arrow.names
    if len(set(names)) < len(names):
        raise ReadError(f"{source}: has two columns of the same name; write it again with a name for each")
    batch = next(table.iter_batches(batch_size=SAMPLE_ROWS), None)
    rows = [[as_text(value) for value in row.values()] for row in batch.to_pylist()] if batch else []
    return find_columns([names, *rows], source, column, header=True)


@contextmanager
def _parquet(path: Path, source: str) -> Iterator[Table]:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise extra_missing(source, "Parquet", "parquet") from None
    try:
        with ParquetFile(path) as table:
            yield table
    except (ArrowException, *DAMAGE) as error:
        raise damaged(source, "Parquet file") from error


def _digest(content: str, seen_as: object) -> str:
    """Tell apart the same bytes that are read in another way."""
    return hashlib.blake2b(f"{content} {seen_as}".encode("utf-8", "replace"), digest_size=16).hexdigest()


_PLANS = {"csv": _plan_csv, "tsv": _plan_csv, "xlsx": _plan_xlsx, "parquet": _plan_parquet}
_READERS = {"csv": _read_csv, "xlsx": _read_xlsx, "parquet": _read_parquet}
