"""What Tab suggests: operations, arguments and their values, versions, environments, profiles, files.

A broken document or configuration suggests nothing: nobody reads an error while typing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dynzuora._names import canonical
from dynzuora.display.cards import cell
from dynzuora.errors import DynzuoraError

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
"""Put behind click's script: what ends in ``=`` or ``/`` goes on without a space."""

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
"""In place of click's script, which puts a space behind ``name=``; it asks as click's does."""

_SCRIPTS: Final[Mapping[str, Callable[[str], str]]] = {
    "bash": lambda script: script + _BASH,
    "zsh": lambda script: _ZSH,
    "fish": lambda script: script,
}


def script(shell: str, command: click.Command) -> str:
    """Return what makes bash, zsh or fish ask for suggestions."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise LookupError(shell)
    return _SCRIPTS[shell](kind(command, {}, "dynzuora", "_DYNZUORA_COMPLETE").source())


SHELLS: Final = tuple(_SCRIPTS)

Suggest = Callable[["click.Context", "click.Parameter", str], "list[CompletionItem]"]


def _suggesting(found: Callable[[click.Context, str], Iterator[tuple[str, str]]]) -> Suggest:
    """Make click's completer of a function that yields values, each with a word about it."""

    def suggest(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        try:
            return [CompletionItem(value, help=text) for value, text in found(context, incomplete)]
        except (DynzuoraError, OSError):
            return []

    return suggest


@_suggesting
def operations(context: click.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """Suggest the operationIds that have what was typed anywhere in them."""
    for name, entry in _settings(context).index().items():
        if canonical(incomplete) in canonical(name):
            yield name, f"{entry.method} {entry.path}"


@_suggesting
def arguments(context: click.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """Suggest ``name=`` for the operation's parameters, and the values that an enum allows."""
    operation = _settings(context).document().operations.resolve(context.params["operation"])
    if context.params.get("body") == "@":  # bash gives `@sets.json` as two words and replaces both
        yield from ((f"@{path}", text) for path, text in _files(incomplete))
        return
    # bash cuts words at "=": `type=in` arrives as "type", "=", "in", and only "in" is replaced.
    cut = [word for word in context.params.get("values") or () if word != "="][-1:]
    if cut and "=" not in cut[0]:
        name, equals, text, kept = cut[0], "=", incomplete, ""
    else:
        name, equals, text = incomplete.partition("=")
        kept = f"{name}="
    for each in operation.parameters:
        if equals and canonical(each.name) == canonical(name):
            yield from ((f"{kept}{value}", "") for value in _allowed(each.schema) if value.startswith(text))
        if not equals and canonical(each.name).startswith(canonical(name)):
            yield f"{each.name}=", each.location


@_suggesting
def versions(_: click.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """Suggest the versions that are known, then files."""
    from dynzuora import document

    for each in document.specs():
        if each.version.startswith(incomplete):
            yield each.version, each.origin
    yield from _files(incomplete)


@_suggesting
def environments(_: click.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """Suggest the keys of the environments."""
    from dynzuora import _zuora

    for each in _zuora.ENVIRONMENTS:
        if each.key.startswith(incomplete.upper()):
            yield each.key, each.name


@_suggesting
def profiles(_: click.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """Suggest the names of the profiles."""
    from dynzuora.configuration import profiles

    for name, values in profiles.every().items():
        if name.startswith(incomplete):
            yield name, values.get("base_url") or values.get("environment") or ""


@_suggesting
def bodies(_: click.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """Suggest files behind the ``@`` that names one."""
    if incomplete.startswith("@"):
        for path, text in _files(incomplete[1:]):
            yield f"@{path}", text


def _files(incomplete: str) -> Iterator[tuple[str, str]]:
    typed = Path(incomplete)
    folder = typed if incomplete.endswith("/") else typed.parent
    start = "" if incomplete.endswith("/") else typed.name
    shown = folder if incomplete.startswith(("/", "./", "../")) or folder != Path() else Path()
    for path in sorted(folder.iterdir()) if incomplete and folder.is_dir() else ():
        if path.name.startswith(start):
            yield f"{shown / path.name}{'/' if path.is_dir() else ''}", ""


def _allowed(schema: Mapping[str, Any]) -> list[str]:
    return [cell(each) for each in schema.get("enum", schema.get("items", {}).get("enum", ()))]


def _settings(context: click.Context) -> Any:
    from dynzuora.shell.group import Globals

    return context.find_object(Globals) or Globals()
