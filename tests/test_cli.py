"""The commands as people meet them: help, exit codes, one line for what goes wrong, and what is never loaded."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
import typer

from analyzer.cli import app
from analyzer.model import CARD, MANIFEST, WEIGHTS, load_model, save_model

ROOT = Path(__file__).parent.parent
NO = "Thank you for applying. We regret that we will not be taking your application further. We wish you well."
ASIDE = "Could you come to an interview on Monday at ten? Please tell us whether that suits you."


def commands(command, path=()):
    """Yield the path of every command, the program itself first."""
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))


COMMANDS = list(commands(typer.main.get_command(app)))


def python(code, *args, **kwargs):
    """Run Python code in a process of its own, as `code` with `args` in sys.argv."""
    command = [sys.executable, "-W", "error", "-c", code, *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, **kwargs)


@pytest.fixture
def letter(tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text(NO, "utf-8")
    return path


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_command_has_help(run, path, flag):
    result = run(*path, flag)
    assert result.exit_code == 0
    assert result.stderr == ""
    said = click.unstyle(result.stdout)
    assert " ".join(("analyzer", *path)) in said
    command = typer.main.get_command(app)
    for name in path:
        command = command.commands[name]
    assert command.help
    assert command.help.split()[0] in said
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{parameter.name} is not explained"


@pytest.mark.parametrize("path", [path for path in COMMANDS if path and path != ("model",)], ids=" ".join)
def test_every_command_stands_in_the_readme(path):
    readme = (ROOT / "README.md").read_text("utf-8")
    assert re.search(rf"\banalyzer {' '.join(path)}\b", readme)


def test_the_version_is_that_of_the_package(run):
    from importlib.metadata import version

    result = run("--version")
    assert (result.exit_code, result.stdout) == (0, f"analyzer {version('analyzer')}\n")


def test_the_completion_script_shows():
    done = subprocess.run(
        [sys.executable, "-m", "analyzer", "--show-completion", "bash"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "complete" in done.stdout
    assert "analyzer" in done.stdout


def test_python_m_analyzer_is_the_program(letter):
    command = [sys.executable, "-W", "error", "-m", "analyzer", "analyze", str(letter)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "rejection" in done.stdout


@pytest.mark.parametrize(
    "args",
    [
        ["--nope"],
        ["nope"],
        ["analyze"],
        ["analyze", "letter.txt", "--nope"],
        ["analyze", "letter.txt", "--date", "next week"],
        ["analyze", "letter.txt", "--date", "2026-02-30"],
        ["analyze", "letter.txt", "--stage", "application"],
        ["batch", "letter.txt"],
        ["batch", "letter.txt", "-o", "out", "-j", "0"],
        ["batch", "letter.txt", "-o", "out", "--since", "spring"],
        ["next", "out", "--nope"],
        ["report"],
        ["report", "out", "--people", "--anonymous"],
        ["train", "letter.txt"],
        ["train", "letter.txt", "-o", "out", "-j", "0"],
        ["evaluate"],
        ["model", "nope"],
        ["model", "use"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(run, letter, monkeypatch, args):
    monkeypatch.chdir(letter.parent)
    result = run(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr
    assert "Traceback" not in result.stderr


def complaint(result):
    """Return the one line that a failure is told in."""
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: ")
    assert result.stderr.endswith("\n")
    assert result.stderr.count("\n") == 1
    return result.stderr


NESTED = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(5000))
BAD_LETTERS = {
    "empty.txt": (b"", "no text"),
    "empty.eml": (b"", "no text"),
    "empty.html": (b"", "no text"),
    "white.txt": (b" \n\t\xc2\xa0\r\n" * 20, "no text"),
    "invisible.txt": ("\u200b\ufeff\u00ad".encode() * 9, "no text"),
    "punctuation.txt": (b"--- ... !?", "no text"),
    "nul.txt": (b"Dear Ann,\0\0\0 We regret", "NUL"),
    "binary.txt": (bytes(range(1, 32)) * 40, "not text"),
    "binary.eml": (b"Content-Type: text/plain\n\n" + bytes(range(1, 32)) * 40, "not text"),
    "large.txt": (b"We regret. " * 910_000, "10 MB"),
    "headers.eml": (b"Subject: No\nFrom: ann@x.example\n\n", "no text"),
    "nested.eml": (NESTED.encode(), "nested parts"),
    "letters-in-letters.eml": (b"Content-Type: message/rfc822\n\n" * 5000, ""),
    "markup.html": (b"<html><head><title>No</title></head><body><div style='display:none'>We regret</div></body>", "no text"),
    "tags.html": (b"<p><b><img src=x></b><br>" * 400, "no text"),
    "script.html": (b"<body><script>document.write('We regret')</script><style>p {}</style></body>", "no text"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_LETTERS)
def test_a_bad_letter_is_one_line(run, tmp_path, name):
    data, reason = BAD_LETTERS[name]
    (tmp_path / name).write_bytes(data)
    line = complaint(run("analyze", tmp_path / name))
    assert name in line
    assert reason in line
    if name.endswith(".txt"):
        assert reason in complaint(run("analyze", "-", input=data))


def test_a_mail_of_more_than_ten_megabytes_is_read_in_part_and_says_so(run, tmp_path):
    head = 'Subject: No\nContent-Type: multipart/mixed; boundary="b"\n\n--b\n\n'
    film = "\n--b\nContent-Type: video/mp4\nContent-Transfer-Encoding: base64\n\n" + f"{'A' * 76}\n" * 140_000
    (tmp_path / "large.eml").write_text(f"{head}{NO}\n{film}", "ascii")
    result = run("analyze", "--json", tmp_path / "large.eml")
    assert (result.exit_code, result.stderr) == (0, "")
    row = json.loads(result.stdout)
    assert row["body"].startswith("Thank you for applying.")
    assert "cut" in [note["code"] for note in row["notes"]]


def test_a_folder_is_one_line(run, tmp_path):
    assert "is a folder" in complaint(run("analyze", tmp_path))


@pytest.mark.parametrize("command", [["analyze"], ["batch", "-o", "out"], ["evaluate"], ["train", "-o", "out"]])
def test_a_path_that_does_not_exist_is_one_line(run, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    assert "missing.txt: there is no such file" in complaint(run(*command, "missing.txt"))


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("command", [["analyze"], ["evaluate"]])
def test_a_file_that_may_not_be_read_is_one_line(run, letter, command):
    letter.chmod(0)
    assert "cannot be read" in complaint(run(*command, letter))


def test_a_name_cannot_speak_to_the_terminal(run, tmp_path):
    line = complaint(run("analyze", tmp_path / "no\x1b[2J\nsuch\u202e.txt"))
    assert not set("\x1b\u202e") & set(line)


BAD_CORPORA = {
    "empty": "",
    "blank": "\n \n",
    "text": "Dear Ann,\nno.",
    "list": "[1]",
    "nested": "[" * 100_000,
    "latin-1": "\udcff",
    "no body": '{"kind": "other"}',
    "body": '{"body": 5, "kind": "other"}',
    "no kind": '{"body": "No."}',
    "kind": '{"body": "No.", "kind": "refusal"}',
    "kinds": '{"body": "No.", "kind": ["other"]}',
    "reason": '{"body": "No.", "kind": "rejection", "reasons": ["luck"]}',
    "reasons": '{"body": "No.", "kind": "rejection", "reasons": "on_hold"}',
    "reasons of an offer": '{"body": "No.", "kind": "offer", "reasons": ["on_hold"]}',
    "stage": '{"body": "No.", "kind": "rejection", "stage": "Final"}',
    "ineligible": '{"body": "No.", "kind": "rejection", "ineligible": "no"}',
    "evidence": '{"body": "No.", "reasons": ["on_hold"], "evidence": ["No."]}',
    "quote": '{"body": "No.", "reasons": ["on_hold"], "evidence": {"on_hold": ["Yes."]}}',
    "quotes": '{"body": "No.", "reasons": ["on_hold"], "evidence": {"on_hold": [5]}}',
    "evidence for another": '{"body": "No.", "reasons": ["on_hold"], "evidence": {"eoi": ["No."]}}',
    "cues": '{"body": "No.", "kind": "rejection", "cues": {"refusal": 5}}',
    "cue": '{"body": "No.", "kind": "rejection", "cues": {"denial": ["No."]}}',
    "cue without a list": '{"body": "No.", "kind": "rejection", "cues": {"refusal": "No."}}',
    "disputed": '{"body": "No.", "kind": "other", "disputed": "kind"}',
    "same id": '{"id": "a", "body": "No.", "kind": "other"}\n{"id": "a", "body": "Yes.", "kind": "other"}',
}


@pytest.mark.parametrize("name", BAD_CORPORA)
@pytest.mark.parametrize(
    "command", [["evaluate"], ["train", "--json", "--only", "-o", "out"]], ids=["evaluate", "train"]
)
def test_a_bad_corpus_is_one_line(run, tmp_path, monkeypatch, name, command):
    monkeypatch.chdir(tmp_path)
    Path("mine.jsonl").write_bytes(BAD_CORPORA[name].encode("utf-8", "surrogateescape"))
    line = complaint(run(*command, "mine.jsonl"))
    if name not in {"empty", "blank"}:
        assert "mine.jsonl" in line
    assert not Path("out").exists()


def spoil_manifest(**changes):
    def spoil(folder):
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        (folder / MANIFEST).write_text(json.dumps(manifest | changes), "utf-8")

    return spoil


def rewrite(folder, keep):
    """Write the model again, whole and with all its hashes, but for some arrays or thresholds."""
    stored = load_model(folder)
    manifest = {name: value for name, value in stored.manifest.items() if keep(name)}
    arrays = {name: array for name, array in stored.arrays.items() if keep(name)}
    save_model(folder, manifest, arrays, "A card.")


def cut(name):
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-1])


def flip(folder):
    data = bytearray((folder / WEIGHTS).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / WEIGHTS).write_bytes(data)


BROKEN_MODELS = {
    "no folder": lambda folder: shutil.rmtree(folder),
    "empty": lambda folder: [path.unlink() for path in folder.iterdir()],
    "no manifest": lambda folder: (folder / MANIFEST).unlink(),
    "no weights": lambda folder: (folder / WEIGHTS).unlink(),
    "no card": lambda folder: (folder / CARD).unlink(),
    "weights cut": cut(WEIGHTS),
    "weights changed": flip,
    "card cut": cut(CARD),
    "manifest cut": cut(MANIFEST),
    "manifest a list": lambda folder: (folder / MANIFEST).write_text("[]", "utf-8"),
    "manifest binary": lambda folder: (folder / MANIFEST).write_bytes(b"\xff\0"),
    "manifest a folder": lambda folder: [(folder / MANIFEST).unlink(), (folder / MANIFEST).mkdir()],
    "name changed": spoil_manifest(name="better-9"),
    "newer format": spoil_manifest(format_version=99),
    "without weights inside": lambda folder: rewrite(folder, lambda name: not name.startswith("cues")),
    "without thresholds": lambda folder: rewrite(folder, lambda name: name != "thresholds"),
}


@pytest.mark.parametrize("name", BROKEN_MODELS)
def test_a_broken_model_is_one_line(run, small_model, letter, tmp_path, name):
    folder = tmp_path / "broken"
    shutil.copytree(small_model, folder)
    BROKEN_MODELS[name](folder)
    if name != "manifest cut":  # what it lacks is its last line break
        complaint(run("analyze", letter, "--model", folder))
        complaint(run("batch", letter, "-o", tmp_path / "out", "--model", folder))
        assert {path.name for path in (tmp_path / "out").glob("*")} <= {".analyzer"}  # what was begun, and no results
        if "without" not in name:
            complaint(run("model", "use", folder))
        assert run("batch", letter, "-o", tmp_path / "out").exit_code == 0
    assert run("analyze", letter).exit_code == 0


@pytest.mark.parametrize("choice", [b"\xff\xfe", b"", b"gone\n"])
def test_a_damaged_choice_of_model_is_one_line_and_can_be_mended(run, letter, own_home, choice):
    (own_home / "config" / "analyzer").mkdir(parents=True)
    (own_home / "config" / "analyzer" / "model").write_bytes(choice)
    complaint(run("analyze", letter))
    assert run("model", "use", "default").exit_code == 0
    assert run("analyze", letter).exit_code == 0


def test_a_choice_that_cannot_be_kept_is_one_line(run, own_home):
    (own_home / "config").write_text("a file in the place of the folder", "utf-8")
    complaint(run("model", "use", "default"))


def test_of_several_letters_the_good_ones_are_answered(run, letter, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text(ASIDE, "utf-8")
    result = run("analyze", "--json", letter, tmp_path / "missing.txt", other)
    assert result.exit_code == 1
    assert [json.loads(line)["source"] for line in result.stdout.splitlines()] == [str(letter), str(other)]
    assert result.stderr.count("\n") == 1
    assert "missing.txt" in result.stderr
    said = run("analyze", tmp_path / "missing.txt", letter, other)
    assert (said.exit_code, said.stderr) == (1, result.stderr)
    assert said.stdout.index(letter.name) < said.stdout.index(other.name)


@pytest.mark.parametrize("args", [["reasons"], ["model", "list"], ["model", "show"], ["profile"]], ids=" ".join)
def test_json_is_one_object_a_line(run, args):
    result = run(*args, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()
    assert all(isinstance(json.loads(line), dict) for line in result.stdout.splitlines())


@pytest.mark.parametrize("args", [[], ["analyze", "-"]], ids=["no command", "analyze -"])
def test_a_letter_can_be_piped_in(run, small_model, monkeypatch, args):
    """With or without the command it is the same, also with the model that the environment names."""
    monkeypatch.setenv("ANALYZER_MODEL", str(small_model))
    result = run(*args, "--json", input=NO)
    assert (result.exit_code, result.stderr) == (0, "")
    (row,) = map(json.loads, result.stdout.splitlines())
    assert (row["source"], row["body"], row["model"]) == ("standard input", NO, "small-1")


def test_what_the_reader_knows_reaches_the_answer(run, letter):
    row = json.loads(run("analyze", letter, "--json", "--stage", "final", "--date", "2026-01-31").stdout)
    assert (row["stage"], row["stage_from"], row["send_by"]) == ("final", "reader", "2026-02-02")


LOADED = "import sys; print(*sorted(set(sys.argv[1].split()) & {name.split('.')[0] for name in sys.modules}), file=sys.stderr)"


@pytest.mark.parametrize(
    ("code", "never"),
    [
        ("import analyzer.cli", "spacy sklearn pandas joblib numpy scipy rich.console safetensors"),
        ("from analyzer.cli import app; app(['analyze', sys.argv[2]], standalone_mode=False)", "sklearn pandas joblib scipy"),
        ("from analyzer.cli import app; app(['reasons'], standalone_mode=False)", "spacy sklearn pandas joblib scipy"),
    ],
    ids=["import", "analyze", "reasons"],
)  # fmt: skip
def test_what_takes_long_to_load_is_not_loaded_without_need(letter, code, never):
    done = python(f"import sys; {code}; {LOADED}", never, letter)
    assert (done.returncode, done.stderr) == (0, "\n")


OFFLINE = """
import os, sys

def watch(event, args):
    probe = event == "socket.bind" and args[1] == ("::1", 0)  # urllib3, when imported, tries whether there is IPv6
    if event in {"socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo"} and not probe:
        os._exit(99)

sys.addaudithook(watch)
"""


def test_a_network_that_is_asked_for_is_noticed():
    """Else the next test could not fail."""
    for ask in (
        "create_connection(('127.0.0.1', 9))",
        "getaddrinfo('localhost', 80)",
        "socket().bind(('127.0.0.1', 0))",
    ):
        assert python(f"{OFFLINE}\nimport socket; socket.{ask}").returncode == 99


@pytest.mark.parametrize(
    "args",
    ["analyze {letter}", "batch {letter} -o out", "evaluate {corpus}", "model list", "profile --json", "reasons"],
)
def test_no_command_opens_a_network_connection(letter, write_corpus, args):
    corpus = write_corpus([{"body": NO, "kind": "rejection"}])
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    code = f"{OFFLINE}\nfrom analyzer.cli import main; main()"
    done = python(code, *args.format(letter=letter, corpus=corpus).split(), cwd=letter.parent, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_the_model_in_use_can_be_told_as_json(run, small_model):
    """`--json` holds wherever a person would read text."""
    told = run("model", "use", small_model, "--json")
    assert json.loads(told.stdout) == {"used": str(small_model)}
    assert run("model", "use", "default").stdout.startswith("Now in use: ")
