"""Archives and packed mailboxes: read as if they were folders, and never to the harm of the disk they lie on."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
import zstandard

from analyzer.errors import ReadError
from analyzer.read import archive, plan, read_letters, read_shard
from analyzer.read.formats import format_of, unpacked_name
from analyzer.records import RawMail

FROM = b"From ann@acme.example Mon Jan  5 10:00:00 2026\n"


def mail(number: object, body: str = "Dear Sam, it is a no.\n") -> bytes:
    return f"From: ann@acme.example\nSubject: {number}\nMessage-ID: <{number}@acme.example>\n\n{body}".encode()


def mbox_of(*messages: bytes) -> bytes:
    return b"".join(FROM + message + b"\n" for message in messages)


def read_all(path: Path, scratch: Path | None = None, **options) -> list:
    found = []
    for item in plan([path], scratch=scratch or path.parent / "scratch", **options):
        found += [item] if isinstance(item, ReadError) else read_shard(item)
    return found


def sources(items: list) -> list[str]:
    return [item.source for item in items]


def zip_of(**members: bytes) -> bytes:
    return zip_of_pairs(members.items())


def zip_of_pairs(pairs, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as packed:
        for name, data in pairs:
            packed.writestr(name, data)
    return buffer.getvalue()


def tar_of(members: list[tuple[tarfile.TarInfo | str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as packed:
        for member, data in members:
            info = tarfile.TarInfo(member) if isinstance(member, str) else member
            info.size = len(data)
            packed.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zstd(data: bytes) -> bytes:
    """Pack as the zstd program does by default, with a checksum, and in several blocks where there is much."""
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd}
packers = pytest.mark.parametrize("suffix", PACKERS)


# whole ones


@packers
def test_a_packed_mailbox_is_read_under_its_own_name(tmp_path, suffix):
    path = tmp_path / "in" / f"Jobs.mbox.{suffix}"
    path.parent.mkdir()
    path.write_bytes(PACKERS[suffix](mbox_of(mail(1), mail(2))))
    for named in (path, path.parent):
        found = read_all(named, tmp_path / "scratch")
        assert [item.data for item in found] == [mail(1), mail(2)]
        assert sources(found) == [f"{path}#1", f"{path}#2"]
        assert {item.labels for item in found} == {("Jobs",)}


@packers
def test_a_file_packed_in_several_pieces_is_read_to_its_end(tmp_path, suffix):
    path = tmp_path / f"x.mbox.{suffix}"
    path.write_bytes(b"".join(PACKERS[suffix](mbox_of(mail(number))) for number in range(3)))
    assert [item.data for item in read_all(path)] == [mail(0), mail(1), mail(2)]


@packers
def test_a_packed_tar_is_read_like_a_folder(tmp_path, suffix):
    data = tar_of([("./mail/a.mbox", mbox_of(mail(1))), ("mail/sub/b.eml", mail(2)), ("photo.png", b"\x89PNG")])
    names = [f"takeout.tar.{suffix}", f"short.t{suffix}", f"lies.{suffix}"]
    for name in names:
        path = tmp_path / name
        path.write_bytes(PACKERS[suffix](data))
        found = read_all(path)
        assert sources(found) == [f"{path}/mail/a.mbox#1", f"{path}/mail/sub/b.eml"]
        assert [item.labels for item in found] == [("mail", "a"), ("mail", "sub")]


@pytest.mark.parametrize("name", ["takeout.zip", "takeout", "takeout.ZIP"])
def test_a_zip_is_read_like_a_folder(tmp_path, name):
    path = tmp_path / name
    jsonl = b'{"body": "Dear Sam"}\n'
    members = {
        "Takeout/Mail/All mail.mbox": mbox_of(mail(1)), "Takeout/x.jsonl": jsonl, "Takeout/b.txt": b"Dear Sam",
        "Takeout/Drive/film.mp4": b"\0" * 100, "__MACOSX/Takeout/._b.txt": b"\0", "box/cur/170.M1.home:2,S": mail(2),
    }  # fmt: skip
    path.write_bytes(zip_of(**members))
    inside = ["Takeout/Mail/All mail.mbox#1", "Takeout/b.txt", "Takeout/x.jsonl#1", "box/cur/170.M1.home:2,S"]
    found = read_all(path)
    assert sources(found) == [f"{path}/{name}" for name in inside]
    assert found[0].labels == ("Takeout", "Mail", "All mail")


def test_names_that_a_windows_program_wrote_into_a_zip_are_paths_too(tmp_path):
    path = tmp_path / "x.zip"
    path.write_bytes(zip_of(**{"mail\\a.eml": mail(1)}))
    assert sources(read_all(path)) == [f"{path}/mail/a.eml"]


def test_only_what_may_be_mail_is_written_and_for_its_owner_alone(tmp_path):
    path = tmp_path / "x.zip"
    path.write_bytes(zip_of(**{"a/b.eml": mail(1), "film.mp4": b"\0" * 9000, "c.jpg": b"\xff\xd8"}))
    read_all(path)
    written = [found for found in (tmp_path / "scratch").rglob("*") if found.is_file()]
    assert sorted(found.name for found in written) == ["b.eml", "unpacked.json"]
    assert all(found.stat().st_mode & 0o077 == 0 for found in (tmp_path / "scratch").rglob("b*"))


def test_an_archive_in_a_folder_is_a_folder_in_it_and_under_people_a_persons_own(tmp_path):
    clients = tmp_path / "clients"
    (clients / "ben").mkdir(parents=True)
    (clients / "anna.zip").write_bytes(zip_of(**{"Takeout/a.mbox": mbox_of(mail(1))}))
    (clients / "ben" / "takeout.zip").write_bytes(zip_of(**{"Takeout/a.mbox": mbox_of(mail(2))}))
    (clients / "carl.mbox.gz").write_bytes(gzip.compress(mbox_of(mail(3))))
    found = read_all(clients, tmp_path / "scratch", people=True)
    assert [item.person for item in found] == ["anna", "ben", ""]
    assert found[0].labels == ("Takeout", "a")
    named = read_all(clients / "anna.zip", tmp_path / "scratch", people=True)
    assert [item.person for item in named] == ["Takeout"]


def test_archives_in_archives_are_read_to_the_third_and_refused_from_the_fourth_on(tmp_path):
    data = mail("deep")
    for depth in range(4):
        data = zip_of(**{f"in{depth}.zip" if depth else "deep.eml": data, f"at{depth}.eml": mail(depth)})
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    found = read_all(path)
    read = [item.source for item in found if isinstance(item, RawMail)]
    assert read == [f"{path}/at3.eml", f"{path}/in3.zip/at2.eml", f"{path}/in3.zip/in2.zip/at1.eml"]
    (error,) = [item for item in found if isinstance(item, ReadError)]
    assert str(error).startswith(f"{path}/in3.zip/in2.zip/in1.zip: lies in 3 archives already")


# again


def test_what_was_unpacked_is_used_again_and_what_was_half_unpacked_is_not(tmp_path):
    path = tmp_path / "x.zip"
    path.write_bytes(zip_of_pairs([("a.eml", mail(1)), ("../b.eml", mail(2))]))
    scratch = tmp_path / "scratch"
    before = [str(item) for item in plan([path], scratch=scratch)]
    (place,) = scratch.iterdir()
    (place / "mail" / "a.eml").unlink()
    assert [str(item) for item in plan([path], scratch=scratch)] != before  # it was not unpacked again
    place.rename(scratch / f".{place.name}.tmp")  # as a run leaves it that was killed
    assert [str(item) for item in plan([path], scratch=scratch)] == before
    assert list(scratch.iterdir()) == [place]


def test_another_archive_of_the_same_name_is_unpacked_anew(tmp_path):
    path = tmp_path / "x.zip"
    for number in range(2):
        path.write_bytes(zip_of(**{"a.eml": mail(number)}))
        os.utime(path, ns=(number, number))
        assert [item.data for item in read_all(path)] == [mail(number)]


def test_unpacked_elsewhere_it_is_the_same_work(tmp_path):
    path = tmp_path / "x.zip"
    path.write_bytes(zip_of(**{"a.eml": mail(1), "b.mbox": mbox_of(mail(2))}))
    digests = [[shard.digest for shard in plan([path], scratch=tmp_path / name)] for name in "ab"]
    assert digests[0] == digests[1]


def test_read_letters_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    path = tmp_path / "x.zip"
    path.write_bytes(zip_of(**{"a.eml": mail(1)}))
    assert [letter.subject for letter in read_letters(path)] == ["1"]
    assert list((tmp_path / "temporary").iterdir()) == []


# hostile ones

ELSEWHERE = ["../out.eml", "a/../../out.eml", "/tmp/out.eml", "C:\\out.eml", "\\\\server\\out.eml", "..\\out.eml"]  # noqa: S108


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_member_that_climbs_out_of_a_zip_is_refused_by_name_and_the_rest_is_read(tmp_path, name):
    path = tmp_path / "deep" / "x.zip"
    path.parent.mkdir()
    path.write_bytes(zip_of_pairs([("a.eml", mail(1)), (name, mail(2)), ("b.eml", mail(3))]))
    before = {found for found in tmp_path.rglob("*.eml") if "scratch" not in found.parts}
    *read, error = read_all(path)
    assert [item.data for item in read] == [mail(1), mail(3)]
    assert "lies outside of the archive" in str(error)
    assert error.source == f"{path}/" + name.replace("\\", "/")
    outside = {found for found in tmp_path.rglob("*.eml") if "scratch" not in found.parts}
    assert outside == before
    assert not Path("/tmp/out.eml").exists()  # noqa: S108


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        ("../out.eml", "lies outside"),
        ("/etc/out.eml", "lies outside"),
        (special("a.eml", tarfile.SYMTYPE, "/etc/passwd"), "is a link"),
        (special("a.eml", tarfile.LNKTYPE, "../../x.tar"), "is a link"),
        (special("a.eml", tarfile.CHRTYPE), "is no plain file"),
        (special("a.eml", tarfile.FIFOTYPE), "is no plain file"),
        ("d/" * 200 + "a.eml", "lies in more than 100 folders"),
        ("n" * 300 + ".eml", "has a name that no file can have"),
    ],
)
def test_a_member_of_a_tar_that_is_no_plain_file_in_it_is_refused_and_the_rest_is_read(tmp_path, member, reason):
    path = tmp_path / "x.tar"
    path.write_bytes(
        tar_of([("1.eml", mail(1)), (member, b"" if not isinstance(member, str) else mail(2)), ("3.eml", mail(3))])
    )
    first, last, error = read_all(path)
    assert [first.data, last.data] == [mail(1), mail(3)]
    assert reason in str(error)
    assert not any(found.is_symlink() for found in (tmp_path / "scratch").rglob("*"))


def test_a_link_in_a_zip_is_refused(tmp_path):
    link = zipfile.ZipInfo("link.eml")
    link.external_attr = 0o120777 << 16
    path = tmp_path / "x.zip"
    path.write_bytes(zip_of_pairs([(link, b"/etc/passwd")]))
    (error,) = read_all(path)
    assert "is a link" in str(error)


def test_members_of_one_name_or_in_each_others_way_are_all_read_or_named(tmp_path):
    path = tmp_path / "x.tar"
    path.write_bytes(tar_of([("a.eml", mail(1)), ("a.eml", mail(2)), ("a.eml/b.eml", mail(3))]))
    first, second, error = read_all(path)
    assert {first.data, second.data} == {mail(1), mail(2)}
    assert str(error).startswith(f"{path}/a.eml/b.eml: ")


@pytest.fixture
def tight(monkeypatch):
    """Make a bomb of what unpacks to more than 100 kB and a hundred times its size."""
    monkeypatch.setattr(archive, "FREE_BYTES", 100_000)


def letters(number: int) -> bytes:
    return mbox_of(*(mail(one) for one in range(number)))


@packers
def test_a_packed_bomb_is_refused_with_a_reason_and_its_good_beginning_is_kept(tmp_path, tight, suffix):
    path = tmp_path / f"x.mbox.{suffix}"
    path.write_bytes(PACKERS[suffix](letters(2000) + b"\0" * 30_000_000))
    *read, error = read_all(path, tmp_path / "scratch")
    assert "unpacks to more than a hundred times" in str(error)
    assert [item.data for item in read[:100]] == [mail(number) for number in range(100)]
    assert (
        sum(found.stat().st_size for found in (tmp_path / "scratch").rglob("*")) < 101 * path.stat().st_size + 200_000
    )


def test_a_zip_bomb_is_refused_with_a_reason_and_the_members_before_it_are_kept(tmp_path, tight):
    path = tmp_path / "x.zip"
    path.write_bytes(zip_of(**{"1.eml": mail(1), "2.eml": mail(2, "0" * 30_000_000), "3.eml": mail(3)}))
    read, error = read_all(path)
    assert read.data == mail(1)
    assert "unpacks to more than a hundred times" in str(error)


def test_bombs_in_bombs_share_what_the_outermost_may_unpack_to(tmp_path, tight):
    inner = zip_of(**{f"{number}.eml": mail(number, "0" * 80_000) for number in range(2)})
    path = tmp_path / "x.zip"
    path.write_bytes(zip_of(**{f"{number}.zip": inner for number in range(40)}))
    found = read_all(path)
    assert sum(len(item.data) for item in found if isinstance(item, RawMail)) < 100 * path.stat().st_size + 200_000
    assert any("unpacks to more than" in str(item) for item in found)


def test_a_sparse_file_of_any_size_is_refused(tmp_path):
    """In the old format of GNU tar: one byte of data, a terabyte of holes."""
    info = special("a.eml", tarfile.GNUTYPE_SPARSE)
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[386:410] = b"%011o\0" % (1 << 32) + b"%011o\0" % 0
    header[483:495] = b"%011o\0" % (1 << 32)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    path = tmp_path / "x.tar"
    path.write_bytes(bytes(header) + tar_of([("b.eml", mail(2))]))
    read, error = read_all(path)
    assert (read.data, "is no plain file" in str(error)) == (mail(2), True)


def test_a_million_small_members_are_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_MEMBERS", 3)
    path = tmp_path / "x.zip"
    path.write_bytes(zip_of(**{f"{number}.eml": mail(number) for number in range(5)}))
    *read, error = read_all(path)
    assert len(read) == 3
    assert "holds more than 3 members" in str(error)


def test_many_refused_members_are_counted_from_a_thousand_on(tmp_path):
    path = tmp_path / "x.tar"
    path.write_bytes(tar_of([(special(f"{number}.eml", tarfile.SYMTYPE, "x"), b"") for number in range(1200)]))
    found = read_all(path)
    assert len(found) == 1001
    assert "200 more members" in str(found[-1])


# broken ones


@packers
@pytest.mark.parametrize("part", [0.3, 0.9])
def test_of_a_packed_mailbox_that_was_cut_the_good_part_is_read_and_one_error_says_so(tmp_path, suffix, part):
    import random

    noise = random.Random(1).randbytes(400_000).hex()  # noqa: S311
    data = PACKERS[suffix](mbox_of(mail(1), mail(2, noise), mail(3, noise)))
    path = tmp_path / f"x.mbox.{suffix}"
    path.write_bytes(data[: int(len(data) * part)])
    found = read_all(path)
    assert [type(item) for item in found].count(ReadError) == 1
    assert "is damaged or not whole" in str(found[-1])
    assert suffix == "bz2" or part < 0.5 or found[0].data == mail(1)


@pytest.mark.parametrize("suffix", ["zip", "gz", "bz2", "xz", "zst", "tar", "tar.gz", "tgz"])
@pytest.mark.parametrize("data", [b"", b"no archive at all, but words"])
def test_what_only_has_the_name_of_an_archive_is_one_error(tmp_path, suffix, data):
    path = tmp_path / "in" / f"x.{suffix}"
    path.parent.mkdir()
    path.write_bytes(data)
    for named in (path, path.parent):
        (error,) = read_all(named, tmp_path / "scratch")
        assert str(error).startswith(f"{path}: is damaged or not whole")


def test_of_a_zip_with_a_broken_member_the_others_are_read(tmp_path):
    data = zip_of_pairs([(f"{number}.eml", mail(number)) for number in range(3)], zipfile.ZIP_STORED)
    path = tmp_path / "x.zip"
    path.write_bytes(data.replace(b"Subject: 1", b"Subject: 9", 1))
    first, last, error = read_all(path)
    assert [first.data, last.data] == [mail(0), mail(2)]
    assert str(error).startswith(f"{path}/1.eml: is damaged")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("streamed", [False, True])
def test_of_a_zip_that_was_cut_the_members_before_the_cut_are_read(tmp_path, method, streamed):
    """A download that broke off: the table of contents, which stands at the end, is missing."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as packed:
        if streamed and method == zipfile.ZIP_DEFLATED:
            buffer.seekable = lambda: False
        for number in range(9):
            data = mail(number, f"{number} no " * 99 + "\n")
            packed.writestr(*((f"m/{number}.eml", data) if number != 1 else ("film.mp4", b"\0" + data)))
    path = tmp_path / "x.zip"
    path.write_bytes(buffer.getvalue()[: buffer.getvalue().find(b"m/5.eml") + 60])
    *read, error = read_all(path)
    assert [int(Path(item.source).stem) for item in read] == [0, 2, 3, 4]
    assert read[1].data == mail(2, "2 no " * 99 + "\n")
    assert "is damaged or not whole" in str(error)


def test_of_a_tar_that_was_cut_or_spoilt_the_members_before_that_are_read(tmp_path):
    data = tar_of([(f"{number}.eml", mail(number)) for number in range(4)])
    spoilt = data[:2048] + b"\1" * 512 + data[2560:]
    for broken in (spoilt, data[:2100], data[:2600]):
        path = tmp_path / "x.tar"
        path.write_bytes(broken)
        os.utime(path, ns=(len(broken), hash(broken) % 10**9))
        *read, error = read_all(path)
        assert [item.data for item in read] == [mail(0), mail(1)]
        assert "is damaged or not whole" in str(error)


def test_a_locked_zip_is_named_and_its_open_members_are_read(tmp_path):
    data = bytearray(zip_of(**{"a.eml": mail(1), "b.eml": mail(2)}))
    at = data.rfind(b"PK\1\2")
    data[at + 8] |= 1
    path = tmp_path / "x.zip"
    path.write_bytes(bytes(data))
    read, error = read_all(path)
    assert (read.data, str(error)) == (mail(1), f"{path}/b.eml: is locked with a password; it was left out")


def test_a_full_disk_is_one_error_that_says_so_and_leaves_nothing(tmp_path, monkeypatch):
    path = tmp_path / "x.zip"
    path.write_bytes(zip_of(**{"a.eml": mail(1)}))

    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "_write", full)
    (error,) = read_all(path)
    assert "No space left" in str(error)
    assert list((tmp_path / "scratch").iterdir()) == []


# what a file is


@pytest.mark.parametrize(
    ("name", "head", "named", "expected"),
    [
        ("x.docx", b"PK\3\4", False, "letter"),
        ("x.xlsx", b"PK\3\4", True, "table"),
        ("x.pptx", b"PK\3\4", False, None),
        ("x.jar", b"PK\3\4", False, None),
        ("x", b"PK\3\4", False, "zip"),
        ("x.bin", b"\x1f\x8b\x08", True, "gz"),
        ("x.bin", b"\x1f\x8b\x08", False, None),
        ("x.mbox", b"\x1f\x8b\x08", False, "gz"),
        ("x.pst", b"!BDN", False, "pst"),
        ("x.OST", b"!BDN", False, "pst"),
        ("x.ndjson", b"{}", False, "jsonl"),
        ("x.parquet", b"PAR1", False, "table"),
        ("x.PDF", b"%PDF", False, "letter"),
        ("README", b"words", False, None),
        ("README", b"words", True, "letter"),
        ("x.py", b"From here import x\n", False, None),
        ("From.txt", b"From the team\nNote: x\n", False, "letter"),
    ],
)
def test_what_a_file_is_shows_in_its_name_or_else_in_how_it_begins(name, head, named, expected):
    assert format_of(name, head, named=named) == expected


@pytest.mark.parametrize(
    ("packed", "name"),
    [
        ("a.mbox.gz", "a.mbox"),
        ("a.tgz", "a.tar"),
        ("a.tar.xz", "a.tar"),
        ("a.zip", "a"),
        ("a.eml", "a.eml"),
        ("gz", "gz"),
    ],
)
def test_an_unpacked_file_is_called_what_it_was(packed, name):
    assert unpacked_name(packed) == name
