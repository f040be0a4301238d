"""A model folder is written whole, read only if it is exactly as written, and found by its name."""

from __future__ import annotations

import contextlib
import hashlib
import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.bundle import bundled
from analyzer.errors import ModelError
from analyzer.model import (
    CARD,
    DEFAULT,
    FORMAT_VERSION,
    MANIFEST,
    WEIGHTS,
    find_model,
    list_models,
    load_model,
    read_manifest,
    save_model,
    use_model,
    user_models,
)

FILES = (MANIFEST, WEIGHTS, CARD)


@pytest.fixture
def folder(small_model, tmp_path):
    """A copy of the small model, to be damaged."""
    return Path(shutil.copytree(small_model, tmp_path / "copy"))


@pytest.fixture
def mine(small_model):
    """The small model on the user's own shelf, in a folder with another name than the model's."""
    return Path(shutil.copytree(small_model, user_models() / "mine"))


def sign(folder, **changes):
    """Change the manifest and vouch for it and for the files that lie there."""
    manifest = {**json.loads((folder / MANIFEST).read_text("utf-8")), **changes}
    manifest.pop("manifest_sha256")
    if "sha256" not in changes:
        manifest["sha256"] = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES[1:]}
    manifest = {key: value for key, value in manifest.items() if value is not None}
    manifest["manifest_sha256"] = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", "utf-8")


class Trap:
    """Creates a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def save_again(stored, path):
    save_model(path, stored.manifest, stored.arrays, (stored.path / CARD).read_text("utf-8"))


# --- writing and reading


def test_a_round_trip_keeps_everything(stored, tmp_path):
    save_again(stored, tmp_path / "deep" / "again")
    again = load_model(tmp_path / "deep" / "again")
    assert (again.name, again.manifest) == ("small-1", stored.manifest)
    assert again.arrays.keys() == stored.arrays.keys()
    assert all(np.array_equal(again.arrays[name], array) for name, array in stored.arrays.items())
    assert (again.path / CARD).read_bytes() == (stored.path / CARD).read_bytes()
    assert sorted(path.name for path in again.path.iterdir()) == sorted(FILES)


def test_an_older_model_is_replaced_and_nothing_is_left_beside_it(stored, folder):
    save_model(folder, {**stored.manifest, "name": "newer"}, stored.arrays, "card")
    assert load_model(folder).name == "newer"
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_an_empty_folder_may_become_a_model(stored, tmp_path):
    (tmp_path / "empty").mkdir()
    save_again(stored, tmp_path / "empty")
    assert load_model(tmp_path / "empty").name == "small-1"


@pytest.mark.parametrize("name", ["thesis.txt", MANIFEST])
def test_a_foreign_folder_is_refused_and_left_alone(stored, tmp_path, name):
    """Browser extensions and web apps have a manifest.json too."""
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / name).write_text('{"manifest_version": 3}', "utf-8")
    with pytest.raises(ModelError, match="exists and is no model folder"):
        save_again(stored, foreign)
    assert [(path.name, path.read_text("utf-8")) for path in foreign.iterdir()] == [(name, '{"manifest_version": 3}')]


def test_a_file_is_no_place_for_a_model(stored, tmp_path):
    (tmp_path / "file").write_text("mine", "utf-8")
    for place in (tmp_path / "file", tmp_path / "file" / "model"):
        with pytest.raises(ModelError):
            save_again(stored, place)
    assert (tmp_path / "file").read_text("utf-8") == "mine"


def test_the_folder_one_stands_in_is_a_place_or_is_refused(stored, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with contextlib.suppress(ModelError):
        save_again(stored, Path())
        assert load_model(tmp_path / "here").name == "small-1"
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


# --- what is not exactly as it was written


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ModelError, match="absent: there is no such model folder; `analyzer model list`"):
        load_model(tmp_path / "absent")


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(ModelError, match=f"{name}: is missing"):
        load_model(folder)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("keep", [0.0, 0.5, 0.999])
def test_a_file_that_is_cut_short_is_named(folder, name, keep):
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: int(keep * len(data))])
    with pytest.raises(ModelError, match=name):
        load_model(folder)


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=30, deadline=None, derandomize=True)
@given(data=st.data())
def test_a_byte_that_was_changed_is_noticed(small_model, tmp_path_factory, name, data):
    folder = Path(shutil.copytree(small_model, tmp_path_factory.mktemp("changed") / "model"))
    content = bytearray((folder / name).read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.sampled_from([1, 2, 32, 128]))
    (folder / name).write_bytes(content)
    with pytest.raises(ModelError, match=name):
        load_model(folder)


def test_a_byte_that_was_changed_is_noticed_even_where_it_means_the_same(folder):
    text = (folder / MANIFEST).read_text("utf-8")
    (folder / MANIFEST).write_text(text.replace("\n ", "\n\t", 1), "utf-8")
    with pytest.raises(ModelError, match="was changed"):
        load_model(folder)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"null", b"\xff\xfe", b"[" * 100_000, b'{"format_version": "1"}']
)
def test_a_manifest_that_is_none_is_named(folder, content):
    (folder / MANIFEST).write_bytes(content)
    with pytest.raises(ModelError, match=MANIFEST):
        read_manifest(folder)


@pytest.mark.parametrize("key", ["sha256", "name"])
def test_a_manifest_that_lacks_a_part_is_named(folder, key):
    sign(folder, **{key: None})
    with pytest.raises(ModelError, match=MANIFEST):
        load_model(folder)


def test_a_model_of_a_newer_format_says_what_to_do(folder):
    sign(folder, format_version=FORMAT_VERSION + 1)
    with pytest.raises(ModelError, match=f"is of format {FORMAT_VERSION + 1}, this program reads.*update the program"):
        load_model(folder)


@pytest.mark.parametrize("signed", [False, True])
def test_a_pickle_instead_of_weights_is_never_loaded(folder, tmp_path, signed):
    (folder / WEIGHTS).write_bytes(pickle.dumps(Trap(tmp_path / "it ran")))
    if signed:
        sign(folder)
    with pytest.raises(ModelError, match=WEIGHTS):
        load_model(folder)
    assert not (tmp_path / "it ran").exists()


# --- finding, listing, using


def test_a_model_is_found_by_its_folder_its_name_and_its_path(mine, folder):
    assert find_model("mine") == find_model("small-1") == find_model(str(mine)) == mine
    assert find_model(str(folder)) == folder


def test_the_default_is_the_bundled_one(mine):
    assert find_model(None) == find_model(DEFAULT) == bundled("models") / DEFAULT
    assert list_models()[-1] == mine
    assert find_model(DEFAULT) in list_models()


def test_a_folder_called_default_does_not_take_its_place(folder, monkeypatch):
    folder.rename(folder.with_name(DEFAULT))
    monkeypatch.chdir(folder.parent)
    assert find_model(DEFAULT) == bundled("models") / DEFAULT


def test_a_name_that_no_model_has_is_named():
    with pytest.raises(ModelError, match="mein: there is no such model; `analyzer model list`"):
        find_model("mein")


def test_the_choice_is_remembered_until_another_is_made(mine):
    assert use_model("small-1") == mine
    assert find_model(None) == mine
    use_model(DEFAULT)
    assert find_model(None) == bundled("models") / DEFAULT


def test_a_choice_by_path_is_remembered_wherever_one_stands(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(folder.parent)
    use_model(folder.name)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert find_model(None) == folder


def test_a_model_that_cannot_be_loaded_is_not_chosen(mine, folder):
    use_model("mine")
    (folder / WEIGHTS).unlink()
    with pytest.raises(ModelError, match="is missing"):
        use_model(str(folder))
    assert find_model(None) == mine


def test_a_choice_that_is_gone_is_an_error_that_leads_back(mine, run):
    """`model list` is what the message names, so it must work then, and `model use default` must lead back."""
    use_model("mine")
    for path in mine.iterdir():
        path.unlink()
    mine.rmdir()
    with pytest.raises(ModelError, match="mine: there is no such model; `analyzer model list`"):
        find_model(None)
    listed = run("model", "list")
    assert (listed.exit_code, DEFAULT in listed.stdout) == (0, True)
    assert run("model", "use", DEFAULT).exit_code == 0
    assert find_model(None) == bundled("models") / DEFAULT


def test_a_damaged_model_does_not_hide_the_others(mine, folder, run):
    (mine / MANIFEST).write_text("{", "utf-8")
    shutil.copytree(folder, user_models() / "other")
    listed = run("model", "list")
    assert (listed.exit_code, "other" in listed.stdout) == (0, True)
    assert find_model("other") == user_models() / "other"
