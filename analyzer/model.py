"""A model is a folder: which ones there are, and how one is written, checked and read.

    manifest.json         format version, name, labels, thresholds, training facts, a hash of each other file
    weights.safetensors   every array; a format that cannot hold code
    MODEL_CARD.md         what the model is for, how it was trained, how well it does

This is the only format ever read. A folder that is cut short, changed by a byte or of another format is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from analyzer.bundle import bundled
from analyzer.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

FORMAT_VERSION = 2
DEFAULT = "default"
MANIFEST, WEIGHTS, CARD = "manifest.json", "weights.safetensors", "MODEL_CARD.md"


@dataclass(frozen=True)
class StoredModel:
    """A model folder after every check: `arrays` by name, `manifest` as JSON."""

    path: Path
    manifest: Mapping[str, Any]
    arrays: Mapping[str, NDArray[np.generic]]

    @property
    def name(self) -> str:
        """The name and version that stand in every result."""
        return str(self.manifest["name"])


def load_model(path: Path) -> StoredModel:
    """Read the model folder at `path`; raises ModelError for anything that is not exactly as it was written."""
    manifest = read_manifest(path)
    files: dict[str, bytes] = {}
    for name in (WEIGHTS, CARD):
        files[name] = _read(path / name)
        if hashlib.sha256(files[name]).hexdigest() != manifest["sha256"][name]:
            raise ModelError(f"{path / name}: was changed or cut short since it was trained; train or install it again")
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(files[WEIGHTS])
    except SafetensorError as error:
        raise ModelError(f"{path / WEIGHTS}: holds no weights ({error}); train or install the model again") from error
    return StoredModel(path, manifest, arrays)


def read_manifest(path: Path) -> dict[str, Any]:
    """Read and check the manifest alone: what `model list` and `model show` need."""
    if not path.is_dir():
        raise ModelError(f"{path}: there is no such model folder; `analyzer model list` shows those there are")
    where = path / MANIFEST
    content = _read(where)
    try:
        manifest = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{where}: is damaged (not JSON); train or install the model again") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("format_version"), int):
        raise ModelError(f"{where}: is no manifest of this program; train or install the model again")
    if manifest["format_version"] != FORMAT_VERSION:
        raise ModelError(
            f"{where}: is of format {manifest['format_version']}, this program reads format {FORMAT_VERSION}; "
            "update the program, or train the model again"
        )
    if content != _as_written(manifest) or manifest.get("manifest_sha256") != _manifest_hash(manifest):
        raise ModelError(f"{where}: was changed since it was trained; train or install the model again")
    files = manifest.get("sha256")
    if not isinstance(manifest.get("name"), str) or not isinstance(files, dict) or not {WEIGHTS, CARD} <= files.keys():
        raise ModelError(
            f"{where}: lacks the model's name or the hashes of its files; train or install the model again"
        )
    return manifest


def save_model(path: Path, manifest: Mapping[str, Any], arrays: Mapping[str, NDArray[np.generic]], card: str) -> None:
    """Write a model folder as a whole or not at all: beside its place first, then moved there.

    An older model at `path` is replaced; any other folder with content is refused.
    """
    from safetensors.numpy import save

    path = path.resolve()
    refuse_foreign(path)
    weights = save(dict(arrays))
    sha256 = {WEIGHTS: hashlib.sha256(weights).hexdigest(), CARD: hashlib.sha256(card.encode()).hexdigest()}
    whole = {"format_version": FORMAT_VERSION, **manifest, "sha256": sha256}
    whole["manifest_sha256"] = _manifest_hash(whole)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.mkdir(parents=True)
        (beside / WEIGHTS).write_bytes(weights)
        (beside / CARD).write_bytes(card.encode())
        (beside / MANIFEST).write_bytes(_as_written(whole))
        _swap(beside, path)
    except OSError as error:
        raise ModelError(
            f"{path}: cannot be written ({error.strerror}); name a folder that you may write to"
        ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def refuse_foreign(path: Path) -> None:
    """Raise ModelError where something else than an older model or an empty folder stands at `path`."""
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    try:
        manifest = json.loads((path / MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError):
        manifest = None
    if not isinstance(manifest, dict) or not {"format_version", "manifest_sha256"} <= manifest.keys():
        raise ModelError(f"{path}: exists and is no model folder; name another one with -o")


def find_model(name: str | None) -> Path:
    """Return the folder of a model by name, path or `default`; None asks for the one in use.

    Raises ModelError when there is none.
    """
    if name is None:
        chosen = _choice_file()
        name = chosen.read_text("utf-8", "replace").strip() if chosen.is_file() else DEFAULT
    for folder in _shelves():
        if folder.is_dir():
            for path in sorted(folder.iterdir()):
                if (path / MANIFEST).is_file() and name in (path.name, _name_of(path)):
                    return path
    if Path(name).is_dir():
        return Path(name)
    raise ModelError(f"{name}: there is no such model; `analyzer model list` shows those there are")


def list_models() -> list[Path]:
    """Return the folders of all models that go by a name: the bundled ones first, then the user's."""
    return [
        path
        for shelf in _shelves()
        if shelf.is_dir()
        for path in sorted(shelf.iterdir())
        if (path / MANIFEST).is_file()
    ]


def shelf(complain: Callable[[ModelError], object]) -> list[dict[str, Any]]:
    """Return a row for every model that goes by a name, and for the one in use; tell of those that are damaged."""
    used: Path | None = None
    try:
        used = find_model(None)
    except ModelError as error:
        complain(error)
    rows = []
    for path in [*list_models(), *([used] if used and used not in list_models() else [])]:
        try:
            name = str(read_manifest(path)["name"])
        except ModelError as error:
            complain(error)
            name = "damaged"
        rows.append({"name": path.name, "model": name, "path": str(path), "used": path == used})
    return rows


def use_model(name: str) -> Path:
    """Make a model the one in use from now on; raises ModelError if it cannot be loaded."""
    path = find_model(name)
    load_model(path)
    named = path.name if path in list_models() else str(path.resolve())
    choice = _choice_file()
    try:
        choice.parent.mkdir(parents=True, exist_ok=True)
        choice.write_text(named + "\n", "utf-8")
    except OSError as error:
        raise ModelError(
            f"{choice}: cannot be written ({error.strerror}); check the path and its permissions"
        ) from error
    return path


def user_models() -> Path:
    """Return the folder where a user's own models go by their names."""
    return Path(platformdirs.user_data_dir("analyzer")) / "models"


def _shelves() -> tuple[Path, Path]:
    return bundled("models"), user_models()


def _choice_file() -> Path:
    return Path(platformdirs.user_config_dir("analyzer")) / "model"


def _name_of(path: Path) -> str:
    try:
        return str(read_manifest(path)["name"])
    except ModelError:
        return path.name


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ModelError(f"{path}: is missing; train or install the model again") from None
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error


def _as_written(manifest: Mapping[str, Any]) -> bytes:
    """Return the one way in which a manifest is written: any other byte means that it was changed."""
    return json.dumps(manifest, indent=1, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def _manifest_hash(manifest: Mapping[str, Any]) -> str:
    content = {key: value for key, value in manifest.items() if key != "manifest_sha256"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _swap(new: Path, place: Path) -> None:
    old = place.with_name(f".{place.name}.{os.getpid()}.old")
    if place.exists():
        place.rename(old)
    new.rename(place)
    shutil.rmtree(old, ignore_errors=True)
