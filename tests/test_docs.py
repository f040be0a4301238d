"""The documents and the code say the same: codes, extras, formats, files, options, hashes, links."""

from __future__ import annotations

import ast
import hashlib
import re
import tomllib
from pathlib import Path

import pytest
import typer

from analyzer.cli import app
from analyzer.corpus import read_corpus
from analyzer.read import formats
from scripts import fill_docs
from scripts.train_encoder import SHA256

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / name
    for name in (
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "data/README.md",
        "docs/columns.md",
        "docs/formats.md",
        "docs/many-machines.md",
        "models/encoder/README.md",
    )
]
README = (ROOT / "README.md").read_text("utf-8")
PLAIN = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
FOR_BUILDERS = {"encoder", "notebooks", "test", "dev"}
SOURCES = sorted((ROOT / "analyzer").rglob("*.py"))
NOT_CODE = {".py", ".toml", ".txt"}


def table(page, head):
    """Return the first cells of the table below a head, without their marks."""
    rows = page.split(head, 1)[1].split("\n\n", 1)[0].strip().splitlines()[1:]
    return [row.split("|")[1].strip().strip("`") for row in rows]


def commands(command, path=()):
    """Yield every command with its path, groups too."""
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))


COMMANDS = dict(commands(typer.main.get_command(app)))
OPTIONS = {word for command in COMMANDS.values() for each in command.params for word in each.opts}


def names_of(command):
    """Return the long names of a command's options."""
    return {name for each in command.params for name in each.opts if name.startswith("--")}


def note_codes():
    """Return the code of every note that is made anywhere; one that is no literal shows as None."""
    calls = (node for path in SOURCES for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    made = [node for node in calls if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Note"]
    return {getattr(call.args[0], "value", None) for call in made}


def test_every_note_code_stands_in_the_readme_and_no_other():
    assert sorted(note_codes()) == sorted(table(README, "| code | meaning |"))


def test_every_extra_for_users_stands_in_the_readme_and_those_for_builders_in_contributing():
    assert sorted(table(README, "| extra | what for |")) == sorted(EXTRAS.keys() - FOR_BUILDERS)
    contributing = (ROOT / "CONTRIBUTING.md").read_text("utf-8") + (ROOT / ".ci/run").read_text("utf-8") + README
    assert all(f".[{extra}]" in contributing for extra in FOR_BUILDERS - {"notebooks"})
    assert "analyzer[notebooks,test]" in EXTRAS["dev"]


def test_what_the_readme_says_needs_an_extra_names_one_that_exists():
    cells = [row.split("|")[3].strip() for row in README.splitlines() if row.count("|") == 4 and "`batch`" in row]
    assert {"`outlook`", "`documents`", "`parquet`", ""} == set(cells)


def test_the_help_of_every_command_is_filled_into_the_readme():
    ends = [" ".join(path) for path, command in COMMANDS.items() if not (path and hasattr(command, "commands"))]
    assert sorted(fill_docs.COMMANDS) == sorted(ends)


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda path: path.name
)
def test_every_option_that_is_named_exists(page):
    prose = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", " ".join(re.findall(r"`[^`\n]+`", prose))))
    others = {"--size", "--large", "--rounds"}  # of benchmarks/batch.py
    assert named - others <= OPTIONS | {"--install-completion", "--version"}


def test_every_option_that_batch_alone_has_is_explained_in_the_readme():
    elsewhere = {each for path, command in COMMANDS.items() if path != ("batch",) for each in names_of(command)}
    for name in names_of(COMMANDS[("batch",)]) - elsewhere:
        assert re.search(rf"`{name}[ `]", PLAIN), name


def test_the_exit_codes_are_those_of_the_program():
    from analyzer import cli

    assert table(README, "| exit code | meaning |")[1:] == ["1", "2", str(cli._STOPPED)]


def test_every_suffix_that_is_known_stands_in_the_page_about_formats():
    page = (ROOT / "docs/formats.md").read_text("utf-8")
    known = {*formats.LETTERS, *formats._BY_SUFFIX, *formats._MAILBOXES, *formats._PACKED}
    assert sorted(suffix for suffix in known if f"`{suffix}`" not in page) == []


def test_every_file_of_the_package_stands_in_contributing_and_every_file_named_there_exists():
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    inside, outside = page.split("| file in `read/` |")[1].split("\n\n")[0], page.split("| file in `read/` |")[0]
    for folder, text in ((ROOT / "analyzer", outside.split("| file |")[1]), (ROOT / "analyzer/read", inside)):
        named = {
            name for row in text.splitlines() if "|" in row for name in re.findall(r"`(\w+\.\w+)`", row.split("|")[1])
        }
        assert named == {path.name for path in folder.iterdir() if path.suffix in NOT_CODE}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_and_picture_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8"))
    assert all(link.startswith("https://") or (page.parent / link).exists() for link in links), links


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_script_and_benchmark_that_a_page_names_exists(page):
    text = page.read_text("utf-8")
    paths = re.findall(
        r"\b((?:scripts|benchmarks|tests|docs|models|data)/[\w./-]+\.(?:py|md|json|jsonl|safetensors))\b", text
    )
    modules = [f"scripts/{name}.py" for name in re.findall(r"python -m scripts\.(\w+)", text)]
    assert [path for path in (*paths, *modules) if not (ROOT / path).exists()] == []


def test_the_first_two_blocks_of_the_readme_try_it_and_test_it():
    first, second = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    assert "pip install" in first
    assert "analyzer analyze data/samples/rejection.txt" in first
    assert second.strip().endswith("python -m pytest")


def test_the_page_about_the_encoder_names_the_files_that_it_is_about():
    folder = ROOT / "models/encoder"
    page = (folder / "README.md").read_text("utf-8")
    assert hashlib.sha256((folder / "encoder.safetensors").read_bytes()).hexdigest() in page
    assert SHA256 in page
    assert "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION" in (folder / "LICENSE").read_text("utf-8")


def test_everything_in_the_data_folder_stands_in_its_page():
    page = (ROOT / "data/README.md").read_text("utf-8")
    names = {path.name for path in (ROOT / "data").iterdir()} - {"README.md"}
    assert sorted(name for name in names if f"`{name}" not in page) == []


def test_the_voices_that_the_data_page_names_are_there():
    named = re.findall(r"`([a-z]+(?:-[a-z]+){1,4})`", (ROOT / "data/README.md").read_text("utf-8"))
    assert len(named) == 19
    for voice in named:
        (first, *_) = read_corpus([ROOT / f"data/letters/{voice}.jsonl"])
        assert first.group == voice
