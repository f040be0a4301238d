"""What a run knows survives a kill at any instant, and says in one line what is wrong with it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from datetime import date

import pytest

from analyzer.errors import RunError
from analyzer.records import Shard
from analyzer.state import FOLDER, Counts, Entry, Maker, State, open_run, shard_key, source_of, write_private

TODAY = date(2026, 3, 2)
MAKER = Maker("m", "1", "2", "3")


def begin(state, *, asked="{}", maker=MAKER, keep=False, today=TODAY):
    state.begin(today=today, asked=asked, people=False, maker=state.maker(maker), keep=keep)
    state.mend()


def shard(name="a.mbox", digest="", **changes):
    return Shard(name, f"/mail/{name}", "mbox", 0, 10, digest=digest or name, **changes)


def fill(state, one, known_by="abc", kinds=None, filters=""):
    """Take in a shard with a message for each letter of `known_by`; return whether it had to be read."""
    number, todo = state.add(one, filters)
    if todo:
        lines, entries, offset = [], [], 0
        for n, name in enumerate(known_by):
            kind = (kinds or {}).get(name, "other")
            result = {"id": name, "kind": kind} if kind else {"id": "", "message_id": f"<{name}>"}
            row = {"n": n, "person": "", "error": None if kind else f"{name} is broken", "result": result}
            lines.append(json.dumps(row).encode() + b"\n")
            entries.append(Entry(n, offset, len(lines[-1]), "", name.encode() if kind else b"", kind))
            offset += len(lines[-1])
        state.finish(number, entries, b"".join(lines))
    return todo


def end(state, *, whole=True):
    state.settle(["/mail"], whole=whole)
    state.end(inputs="", outputs="", total="")


def rows(folder):
    with open_run(folder) as run:
        return [(row.seq, row.source, row.line["result"]["id"]) for row in run.rows()]


def test_rows_come_in_the_order_of_the_plan_without_duplicates(tmp_path):
    with State.open(tmp_path) as state:
        begin(state)
        first, second = shard("a.mbox", first=4), shard("b.mbox")
        number, _ = state.add(first)
        fill(state, second, "cad")
        fill(state, first, "ab")
        assert number == 1
        end(state)
        assert state.count() == Counts(analysed=0, other=4, duplicates=1, skipped=0)
        assert state.read() == 5
    assert rows(tmp_path) == [(0, "a.mbox#4", "a"), (1, "a.mbox#5", "b"), (2, "b.mbox#1", "c"), (3, "b.mbox#3", "d")]


def test_what_a_line_leaves_out_is_put_back(tmp_path):
    with State.open(tmp_path) as state:
        begin(state)
        fill(state, shard(), "a")
        end(state)
        (row,) = state.rows()
    assert row.line["result"]["kinds"]["other"] == 1
    assert row.line["result"]["policy"]["rule"] == "other"


def test_what_cannot_be_read_is_skipped_with_its_place_and_message_id(tmp_path):
    with State.open(tmp_path) as state:
        begin(state)
        fill(state, shard(), "ab", kinds={"b": ""})
        state.add_unreadable("c.pst", "c.pst: is damaged")
        end(state)
        assert list(state.skipped()) == [("", "<b>", "a.mbox#2: b is broken"), ("", "", "c.pst: is damaged")]
        assert state.count() == Counts(other=1, skipped=2)


def test_an_error_is_no_duplicate_and_makes_none(tmp_path):
    with State.open(tmp_path) as state:
        begin(state)
        fill(state, shard(), "aa", kinds={"a": ""})
        fill(state, shard("b.mbox"), "a")
        end(state)
        assert state.count() == Counts(other=1, skipped=2)


def test_a_shard_is_read_once_and_the_same_letters_at_another_place_are_only_counted(tmp_path):
    with State.open(tmp_path) as state:
        begin(state)
        assert fill(state, shard("a.mbox", "same"), "ab")
        assert not fill(state, shard("a.mbox", "same"))
        assert not fill(state, shard("copy.mbox", "same"))
        assert fill(state, shard("copy.mbox", "same", labels=("Sent",)), "x")
        end(state)
        assert state.count() == Counts(other=3, duplicates=2)


def test_a_shard_that_was_read_whole_need_not_be_read_through_a_filter(tmp_path):
    with State.open(tmp_path) as state:
        begin(state)
        assert fill(state, shard(), "a", filters="some")
        assert fill(state, shard(), "ab")
        assert not fill(state, shard(), filters="others")


def test_an_older_shape_of_the_same_mailbox_counts_only_for_what_it_alone_holds(tmp_path):
    with State.open(tmp_path) as state:
        begin(state)
        fill(state, shard(digest="old"), "abx", kinds={"x": ""})
        end(state)
        begin(state, asked="again")
        fill(state, shard(digest="new"), "bc")
        end(state)
        assert state.count() == Counts(other=3)
    assert [name for _, _, name in rows(tmp_path)] == ["b", "c", "a"]


def test_a_run_that_did_not_see_all_of_its_input_supersedes_nothing(tmp_path):
    with State.open(tmp_path) as state:
        begin(state)
        fill(state, shard(digest="old"), "ab")
        end(state)
        begin(state, asked="again")
        fill(state, shard(digest="new"), "a")
        end(state, whole=False)
        assert state.count() == Counts(other=2, duplicates=1)


def test_a_file_that_can_be_read_now_is_no_longer_skipped(tmp_path):
    with State.open(tmp_path) as state:
        begin(state)
        state.add_unreadable("/mail/c.pst", "is damaged")
        state.add_unreadable("/elsewhere/d.pst", "is damaged")
        end(state)
        begin(state, asked="again")
        end(state)
        assert [reason for _, _, reason in state.skipped()] == ["/elsewhere/d.pst: is damaged"]


def test_another_maker_makes_all_rows_again_unless_they_are_kept(tmp_path):
    other = Maker("m2", "9", "2", "8")
    with State.open(tmp_path) as state:
        begin(state)
        fill(state, shard(), "ab")
        end(state)
        begin(state, asked="again", maker=other, keep=True)
        assert state.stale()[0] == 2
        assert not fill(state, shard())
        begin(state, asked="once more", maker=other)
        assert [maker.differs(other) for maker in state.stale()[1]] == ["another model and another profile"]
        assert fill(state, shard(), "ab")
        assert state.stale()[0] == 0
        end(state)
        assert len(list((tmp_path / FOLDER / "parts").iterdir())) == 1


def test_what_another_maker_made_and_nobody_could_make_again_stays_out(tmp_path):
    with State.open(tmp_path) as state:
        begin(state)
        fill(state, shard(), "ab")
        end(state)
        begin(state, asked="again", maker=Maker("m2", "9", "2", "3"))
        fill(state, shard("b.mbox"), "b")
        end(state)
        assert (state.count(), state.dropped()) == (Counts(other=1), 2)


def test_a_run_that_did_not_end_keeps_its_day_and_one_that_did_gives_way(tmp_path):
    later = date(2026, 4, 1)
    with State.open(tmp_path) as state:
        begin(state)
    with State.open(tmp_path) as state:
        begin(state, today=later)
        assert state.today == TODAY
        end(state)
        begin(state, today=later)
        assert state.today == later


def test_a_run_that_goes_on_for_other_mail_is_a_new_one(tmp_path):
    with State.open(tmp_path) as state:
        begin(state)
        begin(state, asked="other", today=date(2026, 4, 1))
        assert state.today == date(2026, 4, 1)


def test_until_a_run_has_ended_the_one_before_is_shown(tmp_path):
    with State.open(tmp_path) as state:
        begin(state)
        with open_run(tmp_path) as run, pytest.raises(RunError, match="no run has ended here yet"):
            run.today  # noqa: B018  it raises
        fill(state, shard(), "a")
        end(state)
        begin(state, asked="more", today=date(2026, 4, 1))
        fill(state, shard("b.mbox"), "b")
        with open_run(tmp_path) as run:
            assert run.today == TODAY
        assert [name for _, _, name in rows(tmp_path)] == ["a"]


def test_a_half_written_part_is_forgotten_and_its_shard_read_again(tmp_path):
    parts = tmp_path / FOLDER / "parts"
    with State.open(tmp_path) as state:
        begin(state)
        fill(state, shard(), "ab")
        fill(state, shard("b.mbox"), "c")
    (cut, whole) = sorted(parts.iterdir())
    cut.write_bytes(cut.read_bytes()[:-5])
    (parts / ".00000009-1.jsonl.tmp").write_bytes(b"half")
    with State.open(tmp_path) as state:
        begin(state)
        assert fill(state, shard(), "ab")
        assert not fill(state, shard("b.mbox"))
        end(state)
        assert state.count() == Counts(other=3)
    assert sorted(parts.iterdir()) == [cut, whole]


def test_two_runs_at_once_on_one_folder_are_refused(tmp_path):
    code = "import sys; from pathlib import Path; from analyzer.state import State; State.open(Path(sys.argv[1]))"
    with State.open(tmp_path):
        other = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert other.stderr.splitlines()[-1].startswith(
        f"analyzer.errors.RunError: {tmp_path}: another run is writing here"
    )
    with State.open(tmp_path):
        pass


def test_a_run_can_be_looked_at_while_another_writes(tmp_path):
    with State.open(tmp_path) as state:
        begin(state)
        fill(state, shard(), "a")
        end(state)
        assert len(rows(tmp_path)) == 1


def use(folder):
    with State.open(folder) as state:
        begin(state)
        state.count()
        list(state.rows())


@pytest.mark.parametrize("damage", [b"not a database at all" * 9, b""])
def test_a_damaged_state_is_one_line(tmp_path, damage):
    with State.open(tmp_path) as state:
        begin(state)
        fill(state, shard(), "a")
        end(state)
    path = tmp_path / FOLDER / "state.sqlite"
    path.write_bytes(damage or path.read_bytes()[:4096] + os.urandom(4096) * 9)
    with pytest.raises(RunError) as failure:
        use(tmp_path)
    assert "\n" not in str(failure.value)
    assert str(tmp_path) in str(failure.value)


def test_a_state_of_another_schema_is_refused(tmp_path):
    with State.open(tmp_path):
        pass
    database = sqlite3.connect(tmp_path / FOLDER / "state.sqlite")
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(RunError, match="is of schema 99, this program uses 1; name another output folder"):
        State.open(tmp_path)


def test_a_part_that_somebody_changed_is_one_line(tmp_path):
    with State.open(tmp_path) as state:
        begin(state)
        fill(state, shard(), "a")
        end(state)
    (part,) = (tmp_path / FOLDER / "parts").iterdir()
    part.write_bytes(b"x" * part.stat().st_size)
    with pytest.raises(RunError, match=r"was changed or cut short .* start over"):
        rows(tmp_path)
    part.unlink()
    with pytest.raises(RunError, match="is missing"):
        rows(tmp_path)


def test_a_folder_without_a_run_says_how_to_make_one(tmp_path):
    with pytest.raises(RunError, match=r"holds no run; `analyzer batch PATH -o .*` makes one"):
        open_run(tmp_path)


def test_a_private_file_is_whole_or_not_there_and_its_owners_alone(tmp_path):
    path = tmp_path / "part"
    write_private(path, b"one")
    write_private(path, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_shard_is_named_by_all_that_it_is():
    names = [shard(), shard("b.mbox"), shard(digest="x"), shard(person="p"), shard(labels=("x",)), shard(column="c")]
    assert len({shard_key(one) for one in names} | {shard_key(shard(), "some")}) == len(names) + 1
    assert source_of(shard(first=7), 2) == "a.mbox#9"
    assert source_of(Shard("mail", "/mail", "files", files=("mail/a.eml", "mail/b.eml")), 1) == "mail/b.eml"
