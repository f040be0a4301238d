"""The profile: what is written is read again, by its owner alone, and what is wrong is named."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import ProfileError
from analyzer.profile import FIELDS, check_profile, profile_path, read_profile, save_profile

PROFILE = {"name": "Noor Bakker", "strength": 'I run "payroll" \\ for 300', "mention": "Ünïcode, 工作."}
line = st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" "), max_size=300)


def test_without_a_profile_there_is_an_empty_one():
    assert read_profile() == {}


def test_what_is_saved_is_read_again_and_lies_in_the_configuration_folder():
    assert save_profile(PROFILE) == profile_path()
    assert read_profile() == PROFILE


@settings(max_examples=60, deadline=None, derandomize=True)
@given(profile=st.dictionaries(st.sampled_from(sorted(FIELDS)), line))
def test_a_round_trip_keeps_every_field_that_says_something(tmp_path_factory, profile):
    path = save_profile(profile, tmp_path_factory.mktemp("p") / "profile.toml")
    try:
        expected = check_profile(profile, "test")
    except ProfileError:
        pytest.fail("saved what it would not read")
    assert read_profile(path) == expected
    assert expected == {field: value.strip() for field, value in profile.items() if value.strip()}


@pytest.mark.parametrize("existing", [False, True])
def test_only_its_owner_can_read_it(tmp_path, existing):
    path = tmp_path / "new" / "profile.toml"
    if existing:
        path.parent.mkdir()
        path.write_text('name = "Old"', "utf-8")
        path.chmod(0o644)
    before = os.umask(0)
    try:
        save_profile(PROFILE, path)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["profile.toml"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"name = ", "is not valid TOML"),
        (b'name = "Andr\xe9"', "is not valid TOML"),
        (b"name = " + b"[" * 5000 + b"]" * 5000, "is not valid TOML"),
        (b'nmae = "Noor"', "'nmae' is not a field of a profile; it has name, strength, why_applied, mention"),
        (b'[name]\nfirst = "Noor"', "'name' must be one line"),
        (b"name = 3", "'name' must be one line"),
        (b'name = ["Noor"]', "'name' must be one line"),
        (b'name = "Noor\\nBcc: spy@evil.example"', "'name' must be one line"),
        (b'name = "Noor\\u001b[2J"', "'name' must be one line"),
        (b'name = "Noor\\u202e"', "'name' must be one line"),
        (b'mention = "' + b"x" * 301 + b'"', "'mention' must be one line of at most 300 characters"),
    ],
)
def test_a_wrong_profile_is_refused_in_one_line(tmp_path, content, said):
    path = tmp_path / "profile.toml"
    path.write_bytes(content)
    with pytest.raises(ProfileError) as error:
        read_profile(path)
    assert str(error.value).startswith(f"{path}: ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("wrong", [{"nmae": "Noor"}, {"name": "Noor\nBakker"}, {"name": "x" * 301}])
def test_what_could_not_be_read_is_not_saved(tmp_path, wrong):
    path = save_profile(PROFILE, tmp_path / "profile.toml")
    with pytest.raises(ProfileError):
        save_profile(wrong, path)
    assert read_profile(path) == PROFILE


def test_a_named_profile_must_exist(tmp_path):
    with pytest.raises(ProfileError, match=r"me\.toml: there is no such profile; `analyzer profile` makes one"):
        read_profile(tmp_path / "me.toml")


def test_a_folder_is_no_profile(tmp_path):
    with pytest.raises(ProfileError, match="cannot be read"):
        read_profile(tmp_path)


@pytest.mark.parametrize("place", ["a-file/profile.toml", "a-file/deeper/profile.toml", "a-folder"])
def test_a_place_that_cannot_be_written_is_named(tmp_path, place):
    (tmp_path / "a-file").write_text("mine", "utf-8")
    (tmp_path / "a-folder" / "inside").mkdir(parents=True)
    with pytest.raises(ProfileError, match="cannot be written"):
        save_profile(PROFILE, tmp_path / place)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a-file", "a-folder"]
