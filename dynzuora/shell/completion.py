"""Tab completion: operations, arguments and their values, versions, environments, profiles, files.

A broken document or configuration yields no suggestions instead of an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dynzuora import _zuora, document
from dynzuora._names import canonical
from dynzuora.document import kept
from dynzuora.errors import DynzuoraError
from dynzuora.shell.globals import Globals

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

_BASH = """
_dynzuora_open_completion() {
    _dynzuora_completion "$@"
    [[ ${COMPREPLY[0]} == *[=/] ]] && compopt -o nospace
    return 0
}
complete -o nosort -F _dynzuora_open_completion dynzuora
"""
"""Appended to click's script: no space after ``=`` or ``/``."""

_ZSH = """#compdef dynzuora

_dynzuora_completion() {
    local -a closed open response
    local kind key description
    (( ! $+commands[dynzuora] )) && return 1
    response=("${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) \\
        _DYNZUORA_COMPLETE=zsh_complete dynzuora)}")
    for kind key description in ${response}; do
        [[ "$description" != "_" ]] && key="$key:$description"
        [[ "${key%%:*}" == *[=/] ]] && open+=("$key") || closed+=("$key")
    done
    (( $#closed )) && _describe -V unsorted closed -U
    (( $#open )) && _describe -V unsorted open -U -S ''
    (( $#closed + $#open ))
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _dynzuora_completion "$@"
else
    compdef _dynzuora_completion dynzuora
fi
"""
"""Replaces click's script, which adds a space after ``name=``; the protocol is click's."""

_SCRIPTS: Final[Mapping[str, Callable[[str], str]]] = {
    "bash": lambda script: script + _BASH,
    "zsh": lambda script: _ZSH,
    "fish": lambda script: script,
}


def script(shell: str, command: click.Command) -> str:
    """Return the completion script for bash, zsh or fish.

    Raises LookupError for any other shell.
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise LookupError(shell)
    return _SCRIPTS[shell](kind(command, {}, "dynzuora", "_DYNZUORA_COMPLETE").source())


SHELLS: Final = tuple(_SCRIPTS)

Suggest = Callable[["click.Context", "click.Parameter", str], "list[CompletionItem]"]


def _suggesting(values_of: Callable[[click.Context, str], Iterator[tuple[str, str]]]) -> Suggest:
    """Return a click completer from a function that yields values with a short description."""

    def suggest(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        try:
            return [CompletionItem(value, help=text) for value, text in values_of(context, incomplete)]
        except (DynzuoraError, OSError):
            return []

    return suggest


@_suggesting
def operations(context: click.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """Suggest the operationIds that contain what was typed."""
    for name, entry in _settings(context).index().items():
        if canonical(incomplete) in canonical(name):
            yield name, f"{entry.method} {entry.path}"


@_suggesting
def arguments(context: click.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """Suggest ``name=`` for the operation's parameters, and the values that an enum allows."""
    operation = _settings(context).document().operations.resolve(context.params["operation"])
    if context.params.get("body") == "@":  # bash splits `@sets.json` into two words and replaces both
        yield from ((f"@{path}", text) for path, text in _files(incomplete))
        return
    # bash splits words at "=": `type=in` arrives as "type", "=", "in", and only "in" is replaced.
    last = [word for word in context.params.get("values") or () if word != "="][-1:]
    if last and "=" not in last[0]:
        name, equals, text, prefix = last[0], "=", incomplete, ""
    else:
        name, equals, text = incomplete.partition("=")
        prefix = f"{name}="
    for parameter in operation.parameters:
        if equals and canonical(parameter.name) == canonical(name):
            allowed = (value for value in _allowed(parameter.schema) if value.startswith(text))
            yield from ((f"{prefix}{value}", "") for value in allowed)
        if not equals and canonical(parameter.name).startswith(canonical(name)):
            yield f"{parameter.name}=", parameter.location


@_suggesting
def versions(_: click.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """Suggest the bundled and added versions and the names of published documents, then files."""
    rows = [(source.version, source.origin) for source in document.specs()]
    rows += [(document.LATEST, "the newest of them"), *((name, "published") for name in kept.names())]
    yield from (row for row in rows if row[0].startswith(incomplete))
    yield from _files(incomplete)


@_suggesting
def published(_: click.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """Suggest the names of published documents."""
    from dynzuora.document.published import published

    yield from (
        (source.name, source.what) for source in published().values() if source.name.startswith(incomplete)
    )


@_suggesting
def environments(_: click.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """Suggest the keys of the environments."""
    for environment in _zuora.ENVIRONMENTS:
        if environment.key.startswith(incomplete.upper()):
            yield environment.key, environment.name


@_suggesting
def profiles(_: click.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """Suggest the names of the profiles."""
    from dynzuora.configuration import profiles

    for name, values in profiles.load().items():
        if name.startswith(incomplete):
            yield name, values.get("base_url") or values.get("environment") or ""


@_suggesting
def bodies(_: click.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """Suggest files after ``@``."""
    if incomplete.startswith("@"):
        for path, text in _files(incomplete[1:]):
            yield f"@{path}", text


def _files(incomplete: str) -> Iterator[tuple[str, str]]:
    typed = Path(incomplete)
    folder = typed if incomplete.endswith("/") else typed.parent
    start = "" if incomplete.endswith("/") else typed.name
    display_folder = folder if incomplete.startswith(("/", "./", "../")) or folder != Path() else Path()
    for path in sorted(folder.iterdir()) if incomplete and folder.is_dir() else ():
        if path.name.startswith(start):
            yield f"{display_folder / path.name}{'/' if path.is_dir() else ''}", ""


def _allowed(schema: Mapping[str, Any]) -> list[str]:
    from dynzuora.display.cards import cell

    return [cell(value) for value in schema.get("enum", schema.get("items", {}).get("enum", ()))]


def _settings(context: click.Context) -> Globals:

    return context.find_object(Globals) or Globals()
