"""Profiles: named environments with credentials, in one TOML file in the user's config folder.

The file is written atomically with mode 0600. With the ``[keyring]`` extra, a profile's
secret can be stored in the system keyring instead.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from dynzuora import _locks
from dynzuora._names import nearest
from dynzuora.configuration import folders
from dynzuora.errors import DynzuoraError

FIELDS = ("environment", "base_url", "client_id", "client_secret", "token_url", "entity", "zuora_version")
"""The fields of a profile; ``keyring = true`` replaces the secret."""

_SERVICE = "dynzuora"
_DEFAULT = "default"

Profile = Mapping[str, str]


def path() -> Path:
    """Return the path of the profiles file, which may not exist."""
    return folders.folder("config") / "profiles.toml"


def load() -> dict[str, Profile]:
    """Return all profiles by name, without secrets from the keyring.

    Raises `DynzuoraError` for a file that is not valid TOML or has unknown fields.
    """
    try:
        content = path().read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except UnicodeDecodeError:
        raise DynzuoraError(f"{path()} is not UTF-8. Save it as UTF-8, or delete it.") from None
    except OSError as error:
        raise DynzuoraError(f"{path()} cannot be read: {error.strerror}.") from None
    try:
        profiles = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise DynzuoraError(f"{path()} is not valid TOML: {error}. Fix or delete it.") from None
    for name, profile in profiles.items():
        _check(name, profile)
    return profiles


def _check(name: str, profile: Any) -> None:
    if not isinstance(profile, dict):
        raise DynzuoraError(
            f"{path()}: {name} is outside any profile. Move it below a line like [{_DEFAULT}]."
        )
    for field, value in profile.items():
        if field not in FIELDS and field != "keyring":
            close = nearest(field, FIELDS)
            hint = f" Did you mean {close[0]}?" if close else f" Fields are {', '.join(FIELDS)}."
            raise DynzuoraError(f"{path()}: unknown field {field} in profile {name}.{hint}")
        if field == "keyring" and not isinstance(value, bool):
            raise DynzuoraError(f"{path()}: keyring in profile {name} must be true or false.")
        if field != "keyring" and not isinstance(value, str):
            raise DynzuoraError(f"{path()}: {field} in profile {name} must be a string in quotes.")


def select(name: str | None, variables: Mapping[str, str]) -> tuple[str, Profile]:
    """Return the profile selected by ``name``, else by ``DYNZUORA_PROFILE``, else ``default``.

    Raises `DynzuoraError` if the selected profile does not exist; ``default`` may be missing.
    """
    requested = name or variables.get("DYNZUORA_PROFILE")
    profiles = load()
    if requested is None:
        return _DEFAULT, _with_secret(_DEFAULT, profiles.get(_DEFAULT, {}))
    if requested not in profiles:
        close = nearest(requested, profiles)
        hint = f" Did you mean {close[0]}?" if close else " Add it with `dynzuora profile add`."
        raise DynzuoraError(f"There is no profile {requested!r} in {path()}.{hint}")
    return requested, _with_secret(requested, profiles[requested])


def _with_secret(name: str, profile: Profile) -> Profile:
    if not profile.get("keyring"):
        return profile
    secret = _keyring().get_password(_SERVICE, name)
    if secret is None:
        raise DynzuoraError(
            f"The keyring has no secret for profile {name}. "
            f"Run `dynzuora profile add {name} --replace` again with all its options."
        )
    return {**profile, "client_secret": secret}


def _keyring() -> Any:
    try:
        return import_module("keyring")
    except ImportError:
        from dynzuora._extras import install

        raise DynzuoraError(
            f"This profile's secret is in the system keyring: {install('keyring')}."
        ) from None


def add(name: str, profile: Profile, *, in_keyring: bool = False) -> Path:
    """Add or replace a profile and return the path of the file.

    Raises `DynzuoraError` for an unknown field, or if the file cannot be written.
    """
    stored = {field: value for field, value in profile.items() if value}
    _check(name, stored)
    if in_keyring and "client_secret" in stored:
        _keyring().set_password(_SERVICE, name, stored.pop("client_secret"))
        stored["keyring"] = True  # type: ignore[assignment]  # the only field that is not text
    with _locked():
        _write({**load(), name: stored})
    return path()


@contextmanager
def _locked() -> Iterator[None]:
    """Keep other processes from changing the file between reading and writing it."""
    lock = path().with_name(".profiles.lock")
    try:
        lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError as error:
        raise DynzuoraError(f"{path()} cannot be written: {error.strerror}.") from None
    try:
        try:
            _locks.wait_for(descriptor)
        except OSError as error:
            raise DynzuoraError(f"{path()} is being written by another process: {error.strerror}.") from None
        try:
            yield
        finally:
            _locks.release(descriptor)
    finally:
        os.close(descriptor)


def _write(profiles: Mapping[str, Profile]) -> None:
    import tomli_w

    try:
        for leftover in path().parent.glob(f".{path().name}-*"):  # of a killed process
            leftover.unlink()
        folders.write_whole(path(), tomli_w.dumps(profiles).encode())
    except OSError as error:
        raise DynzuoraError(f"{path()} cannot be written: {error.strerror}.") from None


def is_private() -> bool:
    """Whether only the user can read the file; True if it is missing or the system has no file modes."""
    try:
        return os.name == "nt" or not path().stat().st_mode & 0o077
    except (FileNotFoundError, NotADirectoryError):
        return True
