"""The frame around every command: global options, exit codes, and how failure is said."""

from __future__ import annotations

import errno
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from dynzuora._names import nearest
from dynzuora._zuora import ENVIRONMENTS
from dynzuora.errors import (
    ApiError,
    AuthError,
    DynzuoraError,
    InvalidRequest,
    ReadOnly,
    RequestWarning,
    SpecWarning,
    UnknownOperation,
)
from dynzuora.shell import completion
from dynzuora.shell.wording import told

if TYPE_CHECKING:
    from dynzuora import Client, Document
    from dynzuora.document import Entry
    from dynzuora.http import Request
    from dynzuora.operation import Operation

INTERRUPTED: Final = 130
_ACCOUNT_VARIABLES: Final = frozenset({"ZUORA_BASE_URL", "ZUORA_ENV", "DYNZUORA_PROFILE"})
_REFUSED_BEFORE_SENDING: Final = (InvalidRequest, ReadOnly, UnknownOperation)

Command = TypeVar("Command", bound=Callable[..., Any])


class Globals:
    """The global options, and what they mean for the library."""

    spec: str | None = None
    env: str | None = None
    profile: str | None = None
    sandbox: bool = False
    read_only: bool = False
    allow_writes: bool = False

    def document(self) -> Document:
        """Return the document that ``--spec`` names, or the default one."""
        import dynzuora

        return dynzuora.load(self.spec)

    def index(self) -> Mapping[str, Entry]:
        """Return what its index says of each operation: all that a list and Tab need, at once."""
        from dynzuora import document

        return document.prepare(self.spec).index

    def client(self) -> Client:
        """Return a client for the account that the options name, or for the sandbox."""
        import dynzuora

        if self.read_only and self.allow_writes:
            raise click.UsageError("--read-only and --allow-writes exclude each other.")
        if self.sandbox:
            if self.env or self.profile:
                raise click.UsageError("--sandbox and --env or --profile exclude each other.")
            return dynzuora.Client.sandbox(self.spec, read_only=self.read_only or None)
        if not self.names_an_account():
            raise click.UsageError(
                "No account was named. Use --env NAME or --profile NAME, or try --sandbox."
            )
        return dynzuora.Client(
            self.spec,
            self.env,
            profile=self.profile,
            read_only=self.read_only or None,
            allow_writes=self.allow_writes,
        )

    def prepare(self, operation: Operation, **arguments: Any) -> Request:
        """Return the checked request, with an absolute address where the options name an account."""
        if self.names_an_account():
            with self.client() as client:
                return client.prepare(operation.id, **arguments)
        return operation.prepare(**arguments)

    def names_an_account(self) -> bool:
        """Whether an option, a variable or the default profile says where to."""
        if self.env or self.profile or _ACCOUNT_VARIABLES & os.environ.keys():
            return True
        from dynzuora.configuration import profiles

        return "default" in profiles.every()


class Failure(click.ClickException):
    """A failure on this side, as the shell tells it: its message on standard error, exit code 1."""


class Refused(click.ClickException):
    """Something was wrong with what the user gave; nothing was sent."""

    exit_code = 2


class ServerRefused(click.ClickException):
    """The server said 4xx, or no in a reply of status 200."""

    exit_code = 4


class ServerFailed(click.ClickException):
    """The server said 5xx."""

    exit_code = 5


_MODULES: Final = {
    **dict.fromkeys(("ops", "show", "call"), "operations"),
    **dict.fromkeys(("diff", "history"), "diff"),
    **dict.fromkeys(("profile", "doctor"), "account"),
    **dict.fromkeys(("demo", "sandbox", "browse", "completion"), "local"),
    "specs": "specs",
    "stubs": "stubs",
}
"""Command → its module, which is imported when somebody asks for the command."""


class Shell(click.Group):
    """A group that turns every foreseen failure into a message and an exit code."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted(_MODULES)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in _MODULES:
            return None
        commands: tuple[click.Command, ...] = import_module(f"dynzuora.shell.{_MODULES[name]}").COMMANDS
        return next(each for each in commands if each.name == name)

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(context, args)
        except click.UsageError as error:
            close = nearest(args[0], _MODULES)
            meant = f" Did you mean {close[0]}?" if close else ""
            raise click.UsageError(f"{error.format_message()}{meant}", context) from None

    def invoke(self, context: click.Context) -> Any:
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _say_warning
                for category in (RequestWarning, SpecWarning):
                    warnings.simplefilter("always", category)
                super().invoke(context)
                sys.stdout.flush()
        except BrokenPipeError:  # the reader has seen enough: `dynzuora ops | head`
            _silence_standard_output()
        except (KeyboardInterrupt, click.Abort) as error:
            if isinstance(error.__context__, EOFError):  # click says Abort for both ends of a prompt
                raise Refused("Standard input ended before the question was answered.") from None
            click.echo("Interrupted.", err=True)
            context.exit(INTERRUPTED)
        except DynzuoraError as error:
            raise failure_of(error)(told(error)) from error
        except OSError as error:
            if error.filename is None and error.errno == errno.ENOSPC:
                _silence_standard_output()  # or Python tries once more at exit
            raise Failure(_file_message(error)) from error


def failure_of(error: DynzuoraError) -> type[click.ClickException]:
    """Return the failure whose exit code tells a script what kind of error this was."""
    if isinstance(error, _REFUSED_BEFORE_SENDING):
        return Refused
    if isinstance(error, ApiError | AuthError) and error.status:
        return ServerFailed if error.status >= 500 else ServerRefused
    return Failure


def _remember(context: click.Context, option: click.Parameter, value: Any) -> None:
    if option.name == "spec" and value and any(value.upper() == each.key for each in ENVIRONMENTS):
        raise click.UsageError(
            f"{value!r} is an environment, and --spec takes a document: --env {value.upper()}"
        )
    if value:
        setattr(context.ensure_object(Globals), str(option.name), value)


_GLOBAL_OPTIONS: Final = (
    click.option(
        "--spec",
        metavar="SOURCE",
        help="The OpenAPI document: a version, a file or an https address.",
        shell_complete=completion.versions,
    ),
    click.option(
        "--env",
        metavar="NAME",
        help=f"The environment ({', '.join(each.key for each in ENVIRONMENTS)}), or the address of your own.",
        shell_complete=completion.environments,
    ),
    click.option(
        "--profile",
        metavar="NAME",
        help="A profile with environment and credentials.",
        shell_complete=completion.profiles,
    ),
    click.option("--sandbox", is_flag=True, help="Use the built-in sandbox; it lasts one process."),
    click.option("--read-only", is_flag=True, help="Refuse every request that may change something."),
    click.option("--allow-writes", is_flag=True, help="Allow writes where the default is read-only."),
)


def with_global_options(command: Command) -> Command:
    """Give a command the global options, so that they may stand before or after its name."""
    for option in reversed(_GLOBAL_OPTIONS):
        command = _told_to_globals(option)(command)
    return command


def _told_to_globals(option: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same option, whose value goes into ``Globals`` rather than to the function."""

    def decorate(command: Any) -> Any:
        decorated = option(command)
        declared = decorated.__click_params__[-1]
        declared.expose_value, declared.callback = False, _remember
        return decorated

    return decorate


globals_of = click.make_pass_decorator(Globals, ensure=True)


def _print_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    import dynzuora

    click.echo(f"dynzuora {dynzuora.__version__}")
    context.exit()


@click.group(
    cls=Shell,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Try: dynzuora demo. A command's own help: dynzuora call --help.",
)
@with_global_options
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Print the version and exit.",
)
def shell() -> None:
    """Every operation of Zuora Billing's REST API, read from its OpenAPI document."""
    for stream in (sys.stdout, sys.stderr):
        if not speaks_unicode(stream) and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def speaks_unicode(stream: Any) -> bool:
    """Whether any character can be written to ``stream``."""
    return (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "").startswith("utf")


def _say_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    click.echo(f"Warning: {told(message)}", err=True)


def _file_message(error: OSError) -> str:
    if error.errno == errno.ENOSPC and error.filename is None:
        return f"The output could not be written whole: {error.strerror}."
    if error.filename is None:
        return str(error)
    return f"{error.filename}: {error.strerror}."


def _silence_standard_output() -> None:
    """Point standard output at nothing, or Python complains once more when it flushes at exit."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
