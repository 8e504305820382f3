"""Profiles: a name for an environment and its credentials, in one TOML file of the user's.

The file is written whole and atomically with mode 0600. With the ``[keyring]`` extra
the secret goes to the system's keyring and the file only says so.
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

FIELDS = ("environment", "base_url", "client_id", "client_secret", "entity", "zuora_version")
"""What a profile may say; the secret may stand in the keyring instead."""

_SERVICE = "dynzuora"
_DEFAULT = "default"

Profile = Mapping[str, str]


def path() -> Path:
    """Return where the profiles lie; the file may not exist."""
    return folders.folder("config") / "profiles.toml"


def every() -> dict[str, Profile]:
    """Return all profiles by name, secrets of the keyring left out.

    Raises `DynzuoraError` for a file that is no TOML or that says something else.
    """
    try:
        content = path().read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except UnicodeDecodeError:
        raise DynzuoraError(f"{path()} is no UTF-8 text. Save it as UTF-8, or delete it.") from None
    except OSError as error:
        raise DynzuoraError(f"{path()} cannot be read: {error.strerror}.") from None
    try:
        profiles = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise DynzuoraError(f"{path()} is no TOML: {error}. Mend or delete it.") from None
    for name, profile in profiles.items():
        _check(name, profile)
    return profiles


def _check(name: str, profile: Any) -> None:
    if not isinstance(profile, dict):
        raise DynzuoraError(
            f"{path()}: {name} stands outside any profile. Put it below a line like [{_DEFAULT}]."
        )
    for field, value in profile.items():
        if field not in FIELDS and field != "keyring":
            close = nearest(field, FIELDS)
            hint = f" Did you mean {close[0]}?" if close else f" It may say {', '.join(FIELDS)}."
            raise DynzuoraError(f"{path()}: profile {name} says {field}, which means nothing.{hint}")
        if field == "keyring" and not isinstance(value, bool):
            raise DynzuoraError(f"{path()}: keyring of profile {name} must be true or false.")
        if field != "keyring" and not isinstance(value, str):
            raise DynzuoraError(f"{path()}: {field} of profile {name} must be text in quotes.")


def chosen(name: str | None, variables: Mapping[str, str]) -> tuple[str, Profile]:
    """Return the profile that is asked for, by argument, by ``DYNZUORA_PROFILE``, or named ``default``.

    Raises `DynzuoraError` when a profile is asked for by name and there is none.
    """
    wanted = name or variables.get("DYNZUORA_PROFILE")
    profiles = every()
    if wanted is None:
        return _DEFAULT, _revealed(_DEFAULT, profiles.get(_DEFAULT, {}))
    if wanted not in profiles:
        close = nearest(wanted, profiles)
        hint = f" Did you mean {close[0]}?" if close else " Make it with `dynzuora profile add`."
        raise DynzuoraError(f"There is no profile {wanted!r} in {path()}.{hint}")
    return wanted, _revealed(wanted, profiles[wanted])


def _revealed(name: str, profile: Profile) -> Profile:
    if not profile.get("keyring"):
        return profile
    secret = _keyring().get_password(_SERVICE, name)
    if secret is None:
        raise DynzuoraError(
            f"The keyring holds no secret for profile {name}. "
            f"Run `dynzuora profile add {name} --replace` with its options again."
        )
    return {**profile, "client_secret": secret}


def _keyring() -> Any:
    try:
        return import_module("keyring")
    except ImportError:
        raise DynzuoraError(
            "This profile's secret is in the system keyring: pip install 'dynzuora[keyring]'."
        ) from None


def add(name: str, profile: Profile, *, in_keyring: bool = False) -> Path:
    """Write one profile, over one of the same name, and return the file.

    Raises `DynzuoraError` for a field that means nothing, or when the file cannot be written.
    """
    stored = {field: value for field, value in profile.items() if value}
    _check(name, stored)
    if in_keyring and "client_secret" in stored:
        _keyring().set_password(_SERVICE, name, stored.pop("client_secret"))
        stored["keyring"] = True  # type: ignore[assignment]  # the one flag among texts
    with _alone():
        _write({**every(), name: stored})
    return path()


@contextmanager
def _alone() -> Iterator[None]:
    """Let no other process change the file between reading and writing it."""
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
        yield
    finally:
        os.close(descriptor)


def _write(profiles: Mapping[str, Profile]) -> None:
    import tomli_w

    try:
        for abandoned in path().parent.glob(f".{path().name}-*"):  # by a process that was killed
            abandoned.unlink()
        folders.write_whole(path(), tomli_w.dumps(profiles).encode())
    except OSError as error:
        raise DynzuoraError(f"{path()} cannot be written: {error.strerror}.") from None


def is_private() -> bool:
    """Whether only the user can read the file; true where there is none, or the system has no modes."""
    try:
        return os.name == "nt" or not path().stat().st_mode & 0o077
    except (FileNotFoundError, NotADirectoryError):
        return True
