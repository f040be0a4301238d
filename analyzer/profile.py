"""Who signs the emails: one small TOML file of the user's own."""

from __future__ import annotations

import contextlib
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from analyzer.errors import ProfileError

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS = {
    "name": "your name, as you sign",
    "strength": 'why you were right for this, as half a sentence after "because": "I have run a payroll of 300 people"',
    "why_applied": "why you applied, as a sentence: used where no meeting is shown",
    "mention": "something true to say about them, as a sentence; it comes before all other compliments",
}
_MAX_LENGTH = 300
MAX_WORDS = 20
"""Longer fields would make the email run past its 150 words, and what the reader wrote is never cut."""


def config_folder() -> Path:
    """Return the folder that holds the profile, a policy of the user's own, and the choice of model."""
    return Path(platformdirs.user_config_dir("analyzer"))


def profile_path() -> Path:
    """Return where the profile is kept unless a command names another file."""
    return config_folder() / "profile.toml"


def read_profile(path: Path | None = None) -> dict[str, str]:
    """Read a profile: that at `path`, which must exist, or the user's own, which may not."""
    where = path or profile_path()
    try:
        content = tomllib.loads(where.read_text("utf-8"))
    except FileNotFoundError:
        if path is None:
            return {}
        raise ProfileError(f"{where}: there is no such profile; `analyzer profile` makes one") from None
    except OSError as error:
        raise ProfileError(f"{where}: cannot be read ({error.strerror}); check the path and its permissions") from error
    except (ValueError, RecursionError) as error:
        raise ProfileError(f"{where}: is not valid TOML ({error}); mend that line or make it again") from error
    return check_profile(content, str(where))


def check_profile(content: Mapping[str, object], where: str) -> dict[str, str]:
    """Return the fields of a profile; raises ProfileError for one that it cannot have."""
    profile = {}
    for field, value in content.items():
        if field not in FIELDS:
            raise ProfileError(f"{where}: {field!r} is not a field of a profile; it has {', '.join(FIELDS)}")
        if not isinstance(value, str) or len(value) > _MAX_LENGTH or not value.isprintable():
            raise ProfileError(f"{where}: {field!r} must be one line of at most {_MAX_LENGTH} characters")
        if len(value.split()) > MAX_WORDS:
            raise ProfileError(f"{where}: {field!r} has {len(value.split())} words; say it in at most {MAX_WORDS}")
        if value.strip():
            profile[field] = value.strip()
    return profile


def save_profile(profile: Mapping[str, str], path: Path | None = None) -> Path:
    """Write the profile, readable by its owner alone, as a whole or not at all."""
    import tomli_w

    where = path or profile_path()
    check_profile(profile, str(where))
    beside = where.with_name(f".{where.name}.{os.getpid()}.tmp")
    try:
        where.parent.mkdir(parents=True, exist_ok=True)
        beside.touch(mode=0o600)
        beside.write_text(tomli_w.dumps(dict(profile)), "utf-8")
        beside.replace(where)
    except OSError as error:
        raise ProfileError(
            f"{where}: cannot be written ({error.strerror}); check the path and its permissions"
        ) from error
    finally:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            beside.unlink()
    return where
