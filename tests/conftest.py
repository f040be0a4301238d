"""Fixtures: one fixed day, a home of its own for every test, and a small model that was really trained."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from analyzer.cli import app
from analyzer.corpus import bundled_letters
from analyzer.model import load_model
from analyzer.pipeline import Analyzer
from analyzer.train import train_model

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2026, 3, 2)
SMALL_VOICES = ("us-tech-ats", "bare-messages", "uk-nhs", "us-founders")


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch):
    """No test reads or writes the user's own profile, policy or models, and every test knows what day it is."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("ANALYZER_NOW", TODAY.isoformat())
    monkeypatch.delenv("ANALYZER_MODEL", raising=False)
    return home


@pytest.fixture
def run():
    """Run a command in this process: `run("analyze", path, input="...")` -> result with stdout, stderr, exit_code."""

    def call(*args, **kwargs):
        return CliRunner().invoke(app, [str(arg) for arg in args], catch_exceptions=False, **kwargs)

    return call


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    """The bundled model with its policy and an empty profile."""
    return Analyzer.load(today=TODAY)


@pytest.fixture(scope="session")
def small_corpus() -> list[Path]:
    """Four voices of the bundled corpus: enough to train on in seconds."""
    return [bundled_letters() / f"{voice}.jsonl" for voice in SMALL_VOICES]


@pytest.fixture(scope="session")
def small_model(tmp_path_factory, small_corpus) -> Path:
    """A model folder that was really trained, on four voices."""
    folder = tmp_path_factory.mktemp("models") / "small"
    train_model(small_corpus, folder, only=True, name="small-1", jobs=1, today=TODAY, say=lambda _: None)
    return folder


@pytest.fixture(scope="session")
def stored(small_model):
    """The small model, loaded and checked."""
    return load_model(small_model)


@pytest.fixture
def write_corpus(tmp_path):
    """Write rows to a .jsonl file and return its path."""

    def write(rows, name="corpus.jsonl"):
        path = tmp_path / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        return path

    return write
