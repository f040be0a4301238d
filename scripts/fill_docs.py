"""Fill the parts of README.md and data/README.md that the program itself says; with --check, fail if they are stale.

Usage: python scripts/fill_docs.py [--check]
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
COMMANDS = [
    "",
    "analyze",
    "batch",
    "next",
    "report",
    "train",
    "evaluate",
    "profile",
    "reasons",
    "model list",
    "model show",
    "model use",
]


def run(*args: str) -> str:
    """Run the program as a user would, at a fixed width and day, with nobody's own profile."""
    env = {
        **os.environ,
        "COLUMNS": "88",
        "TERMINAL_WIDTH": "88",
        "ANALYZER_NOW": "2026-03-02",
        "XDG_CONFIG_HOME": "/nonexistent",
        "XDG_DATA_HOME": "/nonexistent",
        "NO_COLOR": "1",
    }
    command = [sys.executable, "-m", *args]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=env, check=True)
    return "\n".join(line.rstrip() for line in done.stdout.strip("\n").split("\n"))


def program_help() -> str:
    """Return the help of every command."""
    blocks = []
    for command in COMMANDS:
        text = run("analyzer", *command.split(), "--help").strip("\n")
        blocks.append(
            f"<details><summary><code>{f'analyzer {command}'.strip()} --help</code></summary>\n\n```text\n{text}\n```\n\n</details>"
        )
    return "\n".join(blocks)


def card_figures() -> str:
    """Return the table of figures of the bundled model's card."""
    card = (ROOT / "models/default/MODEL_CARD.md").read_text("utf-8")
    match = re.search(r"\| figure \|.*?\n\n", card, re.DOTALL)
    if match is None:
        raise SystemExit("models/default/MODEL_CARD.md: has no table of figures; train the model again")
    return match[0].strip()


def fill(path: Path, parts: dict[str, str]) -> tuple[str, str]:
    """Return the text of a file, before and after its marked parts are filled."""
    before = after = path.read_text("utf-8")
    for name, content in parts.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        if not pattern.search(after):
            raise SystemExit(f"{path}: has no part named {name}")
        after = pattern.sub(lambda match, content=content: f"{match[1]}{content}\n{match[2]}", after)
    return before, after


def main() -> None:
    """Fill, or check."""
    sample = run("analyzer", "analyze", "data/samples/rejection.txt")
    parts = {
        ROOT / "README.md": {
            "sample": f"```text\n$ analyzer analyze data/samples/rejection.txt\n{sample}\n```",
            "help": program_help(),
            "figures": card_figures(),
        },
        ROOT / "data/README.md": {"figures": run("scripts.corpus_figures")},
    }
    stale = []
    for path, content in parts.items():
        before, after = fill(path, content)
        if before != after:
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(after, "utf-8")
    if "--check" in sys.argv and stale:
        raise SystemExit(f"stale: {', '.join(stale)}; run python scripts/fill_docs.py")


if __name__ == "__main__":
    main()
