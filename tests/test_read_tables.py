"""Letters in tables: which column, how a file is written, records of any shape, and shards that give the same letters."""

from __future__ import annotations

import csv
import io
import sys
import zipfile
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import ReadError
from analyzer.read import delimited, table
from analyzer.read.columns import find_columns
from analyzer.read.table import plan_table, read_table
from analyzer.read.text import MAX_BYTES

TEXT = 'Dear Sam,\nwe have, "sadly", chosen somebody else; café \u2013 sorry.'
HEADER = ["Id", "Subject", "From: (Name)", "Sender", "Date Received", "Message", "Client", "Folder"]
few = settings(max_examples=60, deadline=None, derandomize=True)


def rows(count: int) -> list[list[str]]:
    return [
        [
            f"r{n}",
            f"Your post {n}",
            "Ann Lee",
            "ann@acme.example",
            f"3/{n % 28 + 1}/2026",
            f"{TEXT} {n}",
            f"c{n % 2}",
            "Jobs",
        ]
        for n in range(1, count + 1)
    ]


def written(lines, encoding="utf-8", **how) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, **how).writerows(lines)
    return text.getvalue().encode(encoding)


def read(path, column=None):
    """All items of a table, and its shards."""
    shards = list(plan_table(path, path.name, column=column))
    return [
        item for shard in shards for item in ([shard] if isinstance(shard, ReadError) else read_table(shard))
    ], shards


def save(tmp_path, data, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("encoding", "how"),
    [
        ("utf-8", {}),
        ("utf-8-sig", {"delimiter": ";"}),
        ("utf-16", {"delimiter": "\t"}),
        ("utf-16-le", {}),
        ("cp1252", {"delimiter": "|"}),
        ("utf-8", {"delimiter": "\t", "quoting": csv.QUOTE_ALL}),
        ("utf-8", {"lineterminator": "\r"}),
        ("utf-8", {"lineterminator": "\n"}),
        ("utf-8", {"doublequote": False, "escapechar": "\\"}),
    ],
)
def test_a_table_reads_the_same_however_a_program_writes_it(tmp_path, encoding, how):
    items, _ = read(save(tmp_path, written([HEADER, *rows(30)], encoding, **how)))
    assert [item.text for item in items] == [f"{TEXT} {n}" for n in range(1, 31)]
    first = items[0]
    assert (first.source, first.id, first.subject, first.person) == ("t.csv#1", "r1", "Your post 1", "c1")
    assert (first.sender, first.labels) == ("Ann Lee <ann@acme.example>", ("Jobs",))
    assert (first.sent, first.instant) == (date(2026, 3, 2), 1772409600.0)


@pytest.mark.parametrize("shard_rows", [1, 3, 7])
def test_shards_begin_and_end_between_records_and_number_them_through(tmp_path, monkeypatch, shard_rows):
    path = save(tmp_path, written([HEADER, *rows(10)]))
    whole, _ = read(path)
    monkeypatch.setattr(table, "SHARD_ROWS", shard_rows)
    parts, shards = read(path)
    assert parts == whole
    assert len(shards) == -(-10 // shard_rows)
    assert [shard.first for shard in shards] == list(range(1, 11, shard_rows))
    assert len({shard.digest for shard in shards}) == len(shards)


def test_a_shard_is_cut_at_bytes_too(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "SHARD_BYTES", 300)
    items, shards = read(save(tmp_path, written([HEADER, *rows(10)])))
    assert len(items) == 10
    assert len(shards) > 3


def test_rows_added_below_leave_the_shards_above_as_they_were(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "SHARD_ROWS", 8)
    _, before = read(save(tmp_path, written([HEADER, *rows(16)])))
    _, after = read(save(tmp_path, written([HEADER, *rows(20)])))
    assert after[:2] == before


def test_the_same_bytes_read_by_another_column_are_another_shard(tmp_path):
    path = save(tmp_path, written([HEADER, *rows(3)]))
    (named,) = plan_table(path, "t", column="Subject")
    (found,) = plan_table(path, "t")
    assert named.digest != found.digest
    assert [item.text for item in read_table(named)] == ["Your post 1", "Your post 2", "Your post 3"]


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\x1f\x0b\r"), max_size=30)


@few
@given(st.lists(CELL, min_size=1, max_size=20), st.sampled_from(",;\t|"), st.integers(1, 5))
def test_whatever_stands_in_the_cells_comes_out_in_every_cut(tmp_path_factory, cells, delimiter, shard_rows):
    kept = [["id", "body"], *([str(n), f"Dear Sam, no. {cell}"] for n, cell in enumerate(cells))]
    path = save(tmp_path_factory.mktemp("t"), written(kept, delimiter=delimiter, quoting=csv.QUOTE_ALL))
    before, table.SHARD_ROWS = table.SHARD_ROWS, shard_rows
    try:
        items, _ = read(path)
    finally:
        table.SHARD_ROWS = before
    assert [item.text for item in items] == [row[1] for row in kept[1:]]


@few
@given(st.binary(max_size=200))
def test_any_bytes_are_letters_or_errors_of_one_line(tmp_path_factory, data):
    for name in ("t.csv", "t.tsv", "t.xlsx", "t.parquet"):
        for item in read(save(tmp_path_factory.mktemp("t"), data, name))[0]:
            said = str(item) if isinstance(item, ReadError) else item.source
            assert said.startswith(name)
            assert "\n" not in said


# which column


@pytest.mark.parametrize(
    ("lines", "texts"),
    [
        (["sep=;", "body;x", "Dear Sam it is a no;2"], ["Dear Sam it is a no"]),
        (["1,Dear Sam it is a no", "2,Dear Pat it is a no"], ["Dear Sam it is a no", "Dear Pat it is a no"]),
        (["Dear Sam, it is a no", "Dear Pat it is a no"], ["Dear Sam, it is a no", "Dear Pat it is a no"]),
        (["letter", '"Dear Sam, it is a no"', "", '"Dear Pat, no"', ""], ["Dear Sam, it is a no", "Dear Pat, no"]),
        (["email,what they wrote", "a@x.example,Dear Sam no"], ["Dear Sam no"]),
        (["message_id,message", "<1@x>,Dear Sam no"], ["Dear Sam no"]),
        (["subject,notes", "Your post,a far longer text than that"], ["a far longer text than that"]),
        (["text,body", "1,Dear Sam no"], ["Dear Sam no"]),
        (["BODY ,Subject", "Dear Sam no,s"], ["Dear Sam no"]),
    ],
)
def test_the_column_with_the_letters_is_found(tmp_path, lines, texts):
    items, _ = read(save(tmp_path, "\n".join(lines).encode()))
    assert [item.text for item in items] == texts


@pytest.mark.parametrize("named", ["what they wrote", "What They  Wrote", "2"])
def test_the_column_can_be_named_or_numbered(tmp_path, named):
    items, _ = read(save(tmp_path, b"body,what they wrote\nlong words that are not it,no\n"), named)
    assert [item.text for item in items] == ["no"]


@pytest.mark.parametrize(
    ("data", "column", "said"),
    [
        (b"", None, "the table is empty"),
        (b"\n\n,,\n", None, "the table is empty"),
        (b"subject,body\n", None, "no rows below its names"),
        (b"a,b\n1,2\n", None, "none of its columns holds letters; name one with --column"),
        (b"who,what\nAnn,said no to me\n", "why", "has no column 'why'; its columns are who, what"),
        (b"who,what\nAnn,said no to me\n", "3", "has no column '3'"),
    ],
)
def test_a_table_without_letters_is_one_line_that_says_what_there_is(tmp_path, data, column, said):
    (error,), _ = read(save(tmp_path, data), column)
    assert isinstance(error, ReadError)
    assert said in str(error)
    assert error.source == "t.csv"


def test_an_id_that_rows_share_is_none():
    shared = [["id", "body"], ["7", "Dear Sam no"], ["7", "Dear Pat no"]]
    assert "id" not in find_columns(shared, "t").places


@pytest.mark.parametrize(
    ("days", "day"),
    [
        (["25/3/2026", "2/3/2026"], date(2026, 3, 2)),
        (["3/25/2026", "3/2/2026"], date(2026, 3, 2)),
        (["3/25/2026", "3/2/26, 9:14 PM"], date(2026, 3, 2)),
        (["1.1.2026", "2.3.2026 09:14"], date(2026, 3, 2)),
        (["1/1/2026", "2/3/2026"], None),  # nobody can tell
        (["x", "Mon, 2 Mar 2026 10:00:00 +0000"], date(2026, 3, 2)),
        (["13/13/2026", "99/99/2026"], None),
    ],
)
def test_a_day_is_read_as_the_other_days_of_its_column_are(tmp_path, days, day):
    lines = [["date", "body"], *([day, "Dear Sam no"] for day in days)]
    items, _ = read(save(tmp_path, written(lines)))
    assert items[-1].sent == day


def test_a_cell_with_a_whole_mail_or_a_page_is_read_as_one(tmp_path):
    mail = "Message-ID: <1@x>\nDate: Mon, 2 Mar 2026 10:00:00 +0000\nFrom: a@x.example\nSubject: hi\n\nDear Sam, no."
    path = save(
        tmp_path, written([["file", "message"], ["1", mail], ["2", "<html><p>Dear <b>Pat</b>, no.</p></html>"]])
    )
    first, second = read(path)[0]
    assert (first.text, first.subject, first.message_id, first.source) == ("Dear Sam, no.", "hi", "<1@x>", "t.csv#1")
    assert second.text.strip() == "Dear Pat, no."


def test_an_empty_cell_is_an_error_that_names_its_row_and_its_mail(tmp_path):
    _, error, _ = read(save(tmp_path, b"message_id,body\n<1@x>,Dear Sam no\n<2@x>, \n<3@x>,Dear Pat no\n"))[0]
    assert (str(error), error.source, error.message_id) == ("t.csv#2: there is no text in its cell", "t.csv#2", "<2@x>")


# hostile tables


def test_a_record_of_more_than_ten_megabytes_is_cut_and_the_next_is_read(tmp_path):
    line = "no line is long here\n"
    long = line * (MAX_BYTES // len(line) + 50_000)
    path = tmp_path / "t.csv"
    path.write_text(
        f'id,body\n1,"{long}"\n2,Dear Pat no\n3,Dear {"no " * 4_000_000}\n4,Dear Zed no\n', "utf-8", newline=""
    )
    items, _ = read(path)
    assert [item.id for item in items] == ["1", "2", "3", "4"]
    assert [[note.code for note in item.notes] for item in items] == [["cut"], [], ["cut"], []]
    assert max(len(item.text) for item in items) <= MAX_BYTES


def test_a_quote_that_is_never_closed_ends_with_the_file(tmp_path):
    items, _ = read(save(tmp_path, b'id,body\n1,Dear Sam no\n2,"Dear Pat no\n3,Dear Zed no\n'))
    assert [item.text for item in items] == ["Dear Sam no", "Dear Pat no\n3,Dear Zed no\n"]


@pytest.mark.parametrize(
    "bait", [b'"' * 3_000_000, b"," * 3_000_000, b'""\n' * 300_000, b"\0" * 999_999, b'\\"' * 999_999]
)
def test_bait_in_a_table_takes_linear_time(tmp_path, bait):
    items, _ = read(save(tmp_path, b"id,body\n1,Dear Sam no\n" + bait))
    assert items[0].text == "Dear Sam no"


def test_a_workbook_that_unpacks_to_far_more_than_it_weighs_is_not_opened(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(150_000_000))
    (error,), _ = read(path)
    assert "unpacks to far more than it weighs" in str(error)


# XLSX and Parquet


def save_workbook(path, sheets):
    openpyxl = pytest.importorskip("openpyxl")
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for title, lines in sheets.items():
        sheet = workbook.create_sheet(title)
        for line in lines:
            sheet.append(line)
    workbook.save(path)


def test_a_workbook_gives_the_rows_of_its_sheet(tmp_path, monkeypatch):
    lines = [HEADER, *rows(5)]
    lines[1][4] = datetime(2026, 3, 2, 9, 14)  # noqa: DTZ001  a cell has no zone
    lines.insert(3, [None] * 8)
    save_workbook(tmp_path / "t.xlsx", {"Mail": lines})
    monkeypatch.setattr(table, "_SHEET_SHARD_ROWS", 2)
    items, shards = read(tmp_path / "t.xlsx")
    assert [item.text for item in items] == [f"{TEXT} {n}" for n in range(1, 6)]
    assert [item.source for item in items] == [f"t.xlsx#{n}" for n in range(1, 6)]
    assert (items[0].sent, items[0].instant) == (date(2026, 3, 2), 1772442840.0)
    assert len(shards) == 3


def test_every_sheet_with_rows_is_read_under_its_name(tmp_path):
    save_workbook(tmp_path / "t.xlsx", {"2025": [HEADER, *rows(2)], "Blank": [], "2026": [HEADER, *rows(3)]})
    items, _ = read(tmp_path / "t.xlsx")
    assert [item.source for item in items] == [
        *("t.xlsx/2025#1", "t.xlsx/2025#2", "t.xlsx/2026#1", "t.xlsx/2026#2", "t.xlsx/2026#3"),
    ]


def test_a_formula_is_read_as_what_it_showed_last_and_never_as_text(tmp_path):
    save_workbook(
        tmp_path / "t.xlsx", {"S": [["id", "body"], ["1", "Dear Sam no"], ["2", '=HYPERLINK("http://x","y")']]}
    )
    letter, error = read(tmp_path / "t.xlsx")[0]
    assert letter.text == "Dear Sam no"
    assert "no text" in str(error)


@pytest.mark.parametrize("shard_rows", [2, 4, 100])
def test_parquet_is_read_by_row_groups(tmp_path, monkeypatch, shard_rows):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    columns = {name: [row[place] for row in rows(9)] for place, name in enumerate(HEADER)}
    columns["Date Received"] = [datetime(2026, 3, 2, 9, 14)] * 9  # noqa: DTZ001  nor has this column
    columns["Message"][3] = None
    parquet.write_table(pyarrow.table(columns), tmp_path / "t.parquet", row_group_size=5)
    monkeypatch.setattr(table, "SHARD_ROWS", shard_rows)
    items, shards = read(tmp_path / "t.parquet")
    assert [getattr(item, "id", str(item)[:11]) for item in items] == [
        *("r1", "r2", "r3", "t.parquet#4", "r5", "r6", "r7", "r8", "r9"),
    ]
    assert items[8].text == f"{TEXT} 9"
    assert (items[0].sent, items[0].source) == (date(2026, 3, 2), "t.parquet#1")
    assert len(shards) == {2: 5, 4: 3, 100: 2}[shard_rows]


@pytest.mark.parametrize(
    ("name", "module", "extra"), [("t.xlsx", "openpyxl", "documents"), ("t.parquet", "pyarrow", "parquet")]
)
def test_without_its_extra_a_table_is_one_line_that_says_how_to_get_it(tmp_path, monkeypatch, name, module, extra):
    monkeypatch.setitem(sys.modules, module, None)
    (error,), _ = read(save(tmp_path, b"PK", name))
    assert str(error).endswith(f"pip install 'analyzer[{extra}]'")


@pytest.mark.parametrize("name", ["t.xlsx", "t.parquet"])
@pytest.mark.parametrize("data", [b"", b"PK\3\4 and no more", b"PAR1 and no more PAR1", b"words"])
def test_a_damaged_table_is_one_line(tmp_path, name, data):
    (error,), _ = read(save(tmp_path, data, name))
    assert "is damaged or no" in str(error)


def test_a_layout_is_told_from_the_first_bytes_alone():
    layout = delimited.find_layout(written([HEADER, *rows(3)], "utf-16"))
    assert (layout.encoding, layout.delimiter, layout.start, layout.in_bytes) == ("utf-16-le", ",", 2, False)
