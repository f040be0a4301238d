"""The tables of an output folder: whole or not there, one line a message, and nothing in them that runs."""

from __future__ import annotations

import csv
import json
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from results_made import made, other

from analyzer import results as results_module
from analyzer.errors import RunError
from analyzer.results import (
    COLUMNS,
    MAX_CELL,
    Written,
    cell,
    last_folder,
    pointer,
    read_results,
    remember_folder,
    result_folders,
    write_results,
)

ROOT = Path(__file__).parent.parent
FORMULAS = [
    "=cmd|' /C calc'!A0", "@SUM(1+1)*cmd|' /C calc'!A0", "+1+1", "-1+1", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "\u200b=1+1",
    "\uff1d1+1", "\uff0b1+1", "\uff0d1+1", "\uff201+1", "\u22121+1", "\ufeff=1+1", "\u202e=1+1", '=HYPERLINK("http://x.example","y")',
    "x;=1+1", 'x";=1+1', "x; \"'=1+1", "a\n=1+1", "a,=1+1", "=DDE(\"soffice\";\"/etc/passwd\";\"A1\")",
]  # fmt: skip


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_result_has_one_line_in_each_table(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [made(1), other(2), made(3)]
    written = write_results(iter(rows), tmp_path / "out", skipped=iter([("x", "<m@x>", "in.mbox#4: is empty")]))
    assert written == Written(analysed=2, other=1, skipped=1)
    assert list(read_results(tmp_path / "out")) == rows
    ids = [row["id"] for row in rows]
    assert [row["id"] for row in table(tmp_path / "out" / "results.csv")] == ids
    assert parquet.read_table(tmp_path / "out" / "results.parquet").column("id").to_pylist() == ids
    assert table(tmp_path / "out" / "skipped.csv") == [
        {"id": "x", "message_id": "<m@x>", "reason": "in.mbox#4: is empty"}
    ]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "results.jsonl",
        "results.csv",
        "results.parquet",
        "skipped.csv",
    }


def test_a_row_says_what_the_result_says(tmp_path):
    row = made(
        1, "2026-02-01", after=42, shown=["on_hold", "eoi"], notes=[{"code": "not_english", "text": "..."}],
        application={"answered": "2026-02-03", "came_back": {"date": "2026-02-20", "kind": "interview", "message_id": "<2>"}, "days_to_answer": 12},
    )  # fmt: skip
    write_results([row], tmp_path)
    (line,) = table(tmp_path / "results.csv")
    assert list(line) == [column.name for column in COLUMNS]
    for name in (
        "id",
        "source",
        "message_id",
        "date",
        "from",
        "subject",
        "company",
        "role",
        "contact",
        "because",
        "after",
    ):
        assert line[name] == row[name]
    assert (line["rejection"], line["ineligible"], line["reason"]) == ("0.98", "false", "")
    assert (line["shown"], line["notes"], line["to"]) == ("on_hold; eoi", "not_english", "ana@firm1.example")
    assert (line["answered"], line["came_back"], line["days_to_answer"]) == ("2026-02-03", "2026-02-20", "12")


def test_parquet_holds_days_numbers_and_truths(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    write_results([made(1, "2026-02-01"), {**other(2), "date": "31 February"}], tmp_path)
    columns = parquet.read_table(tmp_path / "results.parquet").to_pydict()
    assert [str(day) for day in columns["date"]] == ["2026-02-01", "None"]
    assert (columns["rejection"], columns["ineligible"]) == ([0.98, 0.0], [False, None])
    assert list(columns) == [column.name for column in COLUMNS]


def test_more_rows_than_are_in_memory_at_once_all_arrive(tmp_path, monkeypatch):
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(results_module, "_BATCH", 3)
    write_results((made(n) for n in range(10)), tmp_path)
    assert parquet.read_table(tmp_path / "results.parquet").num_rows == len(table(tmp_path / "results.csv")) == 10


def test_a_result_is_written_before_the_next_batch_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(results_module, "_BATCH", 2)
    monkeypatch.setattr(results_module.csv, "writer", lambda *_, **__: Table())
    asked = []

    class Table:
        def writerow(self, row):
            asked.append(row[0])

    def rows():
        for number in range(4):
            asked.append(f"row {number}")
            yield made(number)

    write_results(rows(), tmp_path)
    assert asked.index("row 2") > asked.index(made(1)["id"])


def test_without_pyarrow_there_is_no_parquet_and_no_old_one_stays(tmp_path, monkeypatch):
    (tmp_path / "results.parquet").write_bytes(b"of an earlier run")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    write_results([made()], tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"results.jsonl", "results.csv", "skipped.csv"}


def test_the_files_are_for_their_owner_alone(tmp_path):
    write_results([made()], tmp_path / "out")
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").iterdir()} == {0o600}
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700


def test_a_run_that_breaks_off_leaves_the_old_files_as_they_were(tmp_path):
    write_results([made(1)], tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def broken():
        yield made(2)
        raise RunError("the state is damaged")

    with pytest.raises(RunError, match="damaged"):
        write_results(broken(), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_a_killed_run_left_is_written_over_and_a_link_is_not_followed(tmp_path):
    (tmp_path / ".results.jsonl.part").write_text("half a line", "utf-8")
    (tmp_path / "elsewhere").write_text("keep", "utf-8")
    (tmp_path / ".results.csv.part").symlink_to(tmp_path / "elsewhere")
    write_results([made()], tmp_path)
    assert (tmp_path / "elsewhere").read_text("utf-8") == "keep"
    assert not list(tmp_path.glob(".*"))
    assert len(list(read_results(tmp_path))) == 1


def test_the_same_results_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_results([made(1), other(2)], tmp_path / name)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(RunError, match=r"file: cannot be written \(.*\); name a folder"):
        write_results([made()], tmp_path / "file")


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_begins_like_a_formula_for_any_separator(text):
    shown = cell(text)
    for part in re.split("[;\t]", shown):
        assert part.strip(" \"'")[:1] not in "=+-@" or part.strip(' "').startswith("'"), part
    assert shown.isprintable()


@given(st.text(max_size=60))
@settings(deadline=None)
def test_any_text_is_a_cell_of_one_line_that_is_no_formula(text):
    shown = cell(text)
    assert shown.isprintable()
    assert shown[:1] not in set("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
    assert not re.search('[;\t][ "]*[=+@-]', shown)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, ""), (True, "true"), (-3, "-3"), (0.5, "0.5"), ("", ""), ((), ""), (["a", "b"], "a; b"), (["a", "=b"], "a; '=b"),
     ("a-b", "a-b"), ("C++ (=)", "C++ (=)"), ("a\r\nb\u2028c\x00d\u202ee\x1b[31m", "a b cde[31m"), ("<b>x</b> &amp;", "<b>x</b> &amp;"),
     ("x" * 3000, "x" * (MAX_CELL - 1) + "\u2026")],
)  # fmt: skip
def test_what_a_cell_looks_like(value, shown):
    assert cell(value) == shown


@pytest.mark.parametrize("value", ["; " * 1_000_000, ";=" * 1_000_000, "\u202e" * 1_000_000, ["=1"] * 1_000_000])
def test_a_cell_of_megabytes_is_cut(value):
    assert len(cell(value)) <= 2 * MAX_CELL


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not here")
@pytest.mark.parametrize("separator", ["44,34", "59,"], ids=["commas", "semicolons, and quotes are text"])
def test_libreoffice_finds_no_formula(tmp_path, separator):
    def formulas(name):
        how = f"--infilter=CSV:{separator},76,1,,0,false,true,false,false,false,-1,true"
        profile = f"-env:UserInstallation=file://{tmp_path}/profile"
        command = ["soffice", "--headless", profile, how, "--convert-to", "fods", "--outdir", tmp_path, tmp_path / name]
        subprocess.run(command, check=True, capture_output=True, timeout=180)
        sheet = (tmp_path / name).with_suffix(".fods").read_text("utf-8")
        assert "calc" in sheet
        return sheet.count("table:formula")

    rows = [made(n, subject=text, company=text, role=text, source=text) for n, text in enumerate(FORMULAS)]
    write_results(rows, tmp_path, skipped=[(text, text, text) for text in FORMULAS])
    (tmp_path / "unguarded.csv").write_text("=1+1,calc\n=1+1;calc\n", "utf-8")
    assert formulas("unguarded.csv") > 0
    assert formulas("results.csv") == formulas("skipped.csv") == 0


def test_every_column_is_documented():
    page = (ROOT / "docs" / "columns.md").read_text("utf-8")
    documented = re.findall(r"^\| `(\w+)` \| (\w+) \| (.+) \|$", page, re.M)
    assert documented == [(column.name, column.type, column.meaning) for column in COLUMNS]


@pytest.mark.parametrize("line", [b"{", b"[]", b"\xff\xfe", b'{"id": 1}', b'{"id": "a"}', b"[" * 100_000])
def test_a_line_that_is_no_result_is_named(tmp_path, line):
    (tmp_path / "results.jsonl").write_bytes(json.dumps(made()).encode() + b"\n" + line + b"\n")
    with pytest.raises(RunError, match=r"results\.jsonl:2: is not a result; run `analyzer batch`"):
        list(read_results(tmp_path))


def test_each_person_has_a_folder_of_results(tmp_path):
    for name in ("b", "a"):
        write_results([made()], tmp_path / name)
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert result_folders(tmp_path) == [tmp_path / "a", tmp_path / "b"]
    write_results([made()], tmp_path)
    assert result_folders(tmp_path) == [tmp_path]
    assert result_folders(tmp_path / "nowhere") == []


def test_the_last_output_folder_is_remembered_in_a_private_file(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert last_folder() is None
    (tmp_path / "a\nb").mkdir()
    monkeypatch.chdir(tmp_path)
    remember_folder(Path("a\nb"))
    assert last_folder() == tmp_path / "a\nb"
    assert stat.S_IMODE(pointer().stat().st_mode) == 0o600
    remember_folder(tmp_path / "gone")
    assert last_folder() is None


def test_a_state_folder_that_cannot_be_written_stops_no_run(tmp_path, monkeypatch):
    (tmp_path / "state").write_text("a file", "utf-8")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    remember_folder(tmp_path)
    assert last_folder() is None
