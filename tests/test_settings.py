"""Profiles, which source wins, and what the doctor says of it."""

from __future__ import annotations

import json
import types
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import dynzuora
from dynzuora._zuora import ENVIRONMENTS
from dynzuora.configuration import profiles, settings
from dynzuora.errors import DynzuoraError
from dynzuora.http import Secret
from dynzuora.shell import doctor, shell
from tests.documents import TINY
from tests.servers import Answer, Seen, running

SECRET = "fake-sentinel-s3cret"


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("ENV", "BASE_URL", "CLIENT_ID", "CLIENT_SECRET", "TOKEN", "ENTITY", "READ_ONLY"):
        monkeypatch.delenv(f"ZUORA_{name}", raising=False)
    monkeypatch.setenv("DYNZUORA_HOME", str(tmp_path))
    return tmp_path


def profile(**values: str) -> Callable[[], tuple[str, dict[str, str]]]:
    return lambda: ("p", values)


SANDBOX = settings.Sources({"environment": "SBX"}, {}, profile()).settings().environment


@pytest.mark.parametrize(
    ("arguments", "variables", "stored", "expected"),
    [
        ({"token": "a"}, {"ZUORA_TOKEN": "v"}, {"token": "p"}, ("token", "the arguments", "", "a")),
        (
            {"client_id": "i", "client_secret": "s"},
            {"ZUORA_CLIENT_ID": "x", "ZUORA_CLIENT_SECRET": "y"},
            {},
            ("oauth", "the arguments", "i", "s"),
        ),
        (
            {"client_id": "i"},
            {"ZUORA_CLIENT_ID": "x", "ZUORA_CLIENT_SECRET": "y"},
            {},
            ("oauth", "the environment variables", "x", "y"),
        ),
        (
            {},
            {"ZUORA_ACCESS_KEY_ID": "k", "ZUORA_SECRET_ACCESS_KEY": "s"},
            {},
            ("keys", "the environment variables", "k", "s"),
        ),
        (
            {},
            {},
            {"environment": "SBX", "client_id": "i", "client_secret": "s"},
            ("oauth", "profile p", "i", "s"),
        ),
    ],
    ids=["argument", "arguments", "half an argument", "key pair", "profile"],
)
def test_the_first_source_with_whole_credentials_wins(
    arguments: dict[str, str], variables: dict[str, str], stored: dict[str, str], expected: tuple[str, ...]
) -> None:
    found = settings.Sources(arguments, variables, profile(**stored)).login(SANDBOX)
    assert (found.kind, found.source, found.name, found.secret.reveal()) == expected


def test_a_profile_s_secret_goes_to_no_other_environment() -> None:
    stored = profile(environment="PROD", client_id="i", client_secret=SECRET)
    with pytest.raises(
        DynzuoraError, match="Profile p has some for PROD; they are not sent to other hosts"
    ) as caught:
        settings.Sources({}, {}, stored).login(SANDBOX)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "variables", "stored", "said"),
    [
        ({"client_id": SECRET}, {}, {}, "client_secret is missing; client_id comes from the arguments."),
        (
            {},
            {"ZUORA_CLIENT_ID": SECRET},
            {},
            "ZUORA_CLIENT_SECRET is missing; ZUORA_CLIENT_ID comes from the environment variables.",
        ),
        (
            {},
            {"ZUORA_SECRET_ACCESS_KEY": SECRET},
            {},
            "ZUORA_ACCESS_KEY_ID is missing; ZUORA_SECRET_ACCESS_KEY comes from the environment variables.",
        ),
        (
            {"client_id": SECRET},
            {},
            {"environment": "SBX", "client_secret": SECRET},
            "client_secret is missing; client_id comes from the arguments. "
            "client_id is missing; client_secret comes from profile p.",
        ),
    ],
    ids=["argument", "variable", "key pair", "a half in each of two sources"],
)
def test_half_of_the_credentials_names_the_other_half(
    arguments: dict[str, str], variables: dict[str, str], stored: dict[str, str], said: str
) -> None:
    with pytest.raises(DynzuoraError) as caught:
        settings.Sources(arguments, variables, profile(**stored)).login(SANDBOX)
    assert str(caught.value).startswith(f"There are no complete credentials for SBX. {said} Pass client_id=")
    assert SECRET not in str(caught.value)


def test_a_profile_asked_for_by_name_precedes_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    profiles.add("test", {"environment": "SBX", "client_id": "i", "client_secret": "s", "entity": "e1"})
    variables = {"ENV": "CSBX", "TOKEN": "t", "ENTITY": "e2"}
    for name, value in variables.items():
        monkeypatch.setenv(f"ZUORA_{name}", value)
    clients = [dynzuora.Client(TINY, profile="test"), dynzuora.Client(TINY)]
    assert [
        (each.environment, each._settings.entity, each._connection.find_login().source) for each in clients
    ] == [
        ("SBX", "e1", "profile test"),
        ("CSBX", "e2", "the environment variables"),
    ]
    monkeypatch.setenv("DYNZUORA_PROFILE", "test")
    assert dynzuora.Client(TINY)._connection.find_login().source == "profile test"


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ("https://[::1", "This base URL is invalid"),
        ("https://host:99999", "This base URL is invalid"),
        ("https://host:abc", "This base URL is invalid"),
        (5, "environment must be text, not int"),
    ],
    ids=["bracket", "port too large", "no port", "number"],
)
def test_an_environment_that_cannot_be_one_is_refused(environment: str, message: str) -> None:
    with pytest.raises(DynzuoraError, match=message):
        dynzuora.Client(TINY, environment)


@pytest.mark.parametrize(
    ("words", "key"),
    [("production", "PROD"), ("live", "PROD"), ("production_eu", "PROD_EU"), ("prodna", "PROD_NA")],
)
def test_production_in_words_is_no_other_data_centre(words: str, key: str) -> None:
    try:
        environment = dynzuora.Client(TINY, words, token="t").environment
    except DynzuoraError as error:
        environment = str(error).partition("Did you mean ")[2].partition("?")[0]
    assert environment == key


def test_an_environment_that_cannot_be_one_names_the_source_it_came_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ZUORA_ENV", "PRD")
    with pytest.raises(DynzuoraError, match=r"'PRD' \(from the environment variables\)\. Did you mean PROD"):
        dynzuora.Client(TINY)


@pytest.mark.parametrize(
    ("url", "instead"),
    [
        ("https://rest.zuora.com/v1", "https://rest.zuora.com"),
        ("https://host.invalid/v1/", "https://host.invalid"),
        ("http://127.0.0.1:9/zuora/v1", "http://127.0.0.1:9/zuora"),
    ],
)
def test_a_base_url_that_ends_as_the_paths_begin_is_refused(url: str, instead: str) -> None:
    with pytest.raises(DynzuoraError) as caught:
        dynzuora.Client(environment=url)
    assert str(caught.value) == (
        f"The base URL {url.rstrip('/')} ends in /v1, and the document's paths start with it: "
        f"requests would go to /v1/v1/… Use {instead}."
    )


def test_a_base_url_may_have_a_path_of_its_own() -> None:
    client = dynzuora.Client(environment="http://127.0.0.1:9/zuora", token="t")
    assert client.call("GET_SequenceSets", dry_run=True).url == "http://127.0.0.1:9/zuora/v1/sequence-sets"


def test_a_home_below_a_file_has_no_profiles(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("DYNZUORA_HOME", str(home / "file"))
    assert (profiles.load(), profiles.is_private()) == ({}, True)


def test_a_profile_file_that_is_no_utf_8_is_named() -> None:
    profiles.path().parent.mkdir(parents=True)
    profiles.path().write_bytes(b'[p]\nentity = "\xff"\n')
    with pytest.raises(DynzuoraError, match=r"profiles\.toml is not UTF-8"):
        profiles.load()


def test_a_secret_shows_stars() -> None:
    assert (repr(Secret(SECRET)), f"{Secret(SECRET)}") == ("***", "***")


def test_a_profile_is_written_for_its_owner_only_and_read_back(home: Path) -> None:
    path = profiles.add("test", {"environment": "SBX", "client_id": "i", "client_secret": SECRET})
    assert (path.stat().st_mode & 0o777, profiles.load()) == (
        0o600,
        {"test": {"environment": "SBX", "client_id": "i", "client_secret": SECRET}},
    )
    assert dynzuora.Client(TINY, profile="test").environment == "SBX"


def test_a_second_profile_keeps_the_first() -> None:
    for name in ("one", "two"):
        profiles.add(name, {"environment": "SBX"})
    assert list(profiles.load()) == ["one", "two"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[default\n", "is not valid TOML"),
        ('environment = "SBX"\n', "environment is outside any profile"),
        ('[p]\nenvirnment = "SBX"\n', "unknown field envirnment in profile p. Did you mean environment?"),
        ("[p]\nentity = 5\n", "entity in profile p must be a string in quotes"),
        ("[p]\nenvironment = true\n", "environment in profile p must be a string in quotes"),
        ('[p]\nkeyring = "yes"\n', "keyring in profile p must be true or false"),
    ],
    ids=["broken", "outside", "misspelt", "number", "flag", "text for a flag"],
)
def test_a_profile_file_that_says_nonsense_is_told_where_and_how(
    home: Path, content: str, message: str
) -> None:
    profiles.path().parent.mkdir(parents=True)
    profiles.path().write_text(content)
    with pytest.raises(DynzuoraError) as caught:
        profiles.load()
    assert message in str(caught.value) and str(profiles.path()) in str(caught.value)


def test_a_profile_that_is_not_there_names_the_nearest() -> None:
    profiles.add("production", {"environment": "PROD"})
    with pytest.raises(DynzuoraError, match=r"no profile 'produktion' .* Did you mean production\?"):
        dynzuora.Client(TINY, profile="produktion")


def test_the_default_profile_is_used_when_nothing_else_names_an_environment() -> None:
    profiles.add("default", {"environment": "CSBX", "entity": "e1"})
    client = dynzuora.Client(TINY)
    assert (client.environment, client.prepare("GET_Things").headers["Zuora-Entity-Ids"]) == ("CSBX", "e1")


class Keyring:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def set_password(self, service: str, name: str, secret: str) -> None:
        self.kept[service, name] = secret

    def get_password(self, service: str, name: str) -> str | None:
        return self.kept.get((service, name))


def test_with_the_keyring_the_file_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "keyring", Keyring())
    path = profiles.add(
        "p", {"environment": "SBX", "client_id": "i", "client_secret": SECRET}, in_keyring=True
    )
    assert SECRET not in path.read_text()
    assert profiles.select("p", {})[1]["client_secret"] == SECRET


# The shell


def invoke(*words: str, text: str | None = None) -> Result:
    return CliRunner().invoke(shell, words, input=text)


def test_profile_add_asks_for_the_secret_and_prints_it_nowhere() -> None:
    result = invoke("profile", "add", "test", "--env", "SBX", "--client-id", "i", text=f"{SECRET}\n")
    listed = invoke("profile", "list")
    assert (result.exit_code, SECRET in result.output + listed.output) == (0, False)
    assert listed.stdout == "profile  environment  client id\ntest     SBX          i\n"
    assert profiles.load()["test"]["client_secret"] == SECRET


def test_profile_add_refuses_an_environment_that_is_none() -> None:
    result = invoke("profile", "add", "test", "--env", "SBXX", "--client-id", "i", text="s\n")
    assert (result.exit_code, "Did you mean SBX?" in result.stderr, profiles.load()) == (1, True, {})


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        ([], "--env NAME and --client-id ID"),
        (["--env", "SBX"], "--client-id ID"),
        (["--client-id", "i"], "--env NAME"),
    ],
    ids=["both", "id", "environment"],
)
def test_profile_add_names_all_that_is_missing_at_once(words: list[str], needed: str) -> None:
    result = invoke("profile", "add", "test", *words)
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, f"Error: A profile needs {needed}.")


@pytest.mark.parametrize("words", [["--help"], ["profile", "add", "--help"]], ids=["global", "profile add"])
def test_help_lists_every_environment(words: list[str]) -> None:
    described = " ".join(invoke(*words).stdout.split())
    assert ", ".join(each.key for each in ENVIRONMENTS) in described


def test_the_guide_lists_every_environment() -> None:
    guide = (Path(__file__).parent.parent / "docs" / "guide.md").read_text("utf-8")
    assert [each.key for each in ENVIRONMENTS if f"`{each.key}`" not in guide] == []


def test_profile_add_replaces_a_profile_only_when_told_to() -> None:
    words = ("profile", "add", "test", "--env", "SBX", "--client-id")
    assert invoke(*words, "first", text=f"{SECRET}\n").exit_code == 0
    again = invoke(*words, "second", text="fake-other\n")
    assert (again.exit_code, again.stderr) == (
        2,
        "Error: Profile test already exists. Choose another name, or use --replace.\n",
    )
    assert profiles.load()["test"]["client_secret"] == SECRET
    assert invoke(*words, "second", "--replace", text="fake-other\n").exit_code == 0
    assert profiles.load()["test"]["client_id"] == "second"


def test_an_interrupt_at_a_prompt_exits_with_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("click.termui.hidden_prompt_func", interrupted)
    monkeypatch.setattr("sys.stdin", types.SimpleNamespace(isatty=lambda: True))
    with pytest.raises(SystemExit) as ended:
        shell(["profile", "add", "test", "--env", "SBX", "--client-id", "i"])
    last = capsys.readouterr().err.splitlines()[-1]  # click writes the prompt before it, or not, by release
    assert (ended.value.code, last) == (130, "Interrupted.")


def test_standard_input_without_a_secret_is_an_error() -> None:
    result = invoke("profile", "add", "test", "--env", "SBX", "--client-id", "i", text="")
    assert (result.exit_code, result.stderr) == (2, "Error: Standard input has no client secret.\n")


def tenant(seen: Seen) -> Answer:
    reply = {"access_token": SECRET, "expires_in": 3599, "scope": "entity.e1 entity.e2"}
    return Answer(200, reply, headers={"Zuora-Request-Id": "r"})


def findings(client: dynzuora.Client, now: datetime) -> dict[str, tuple[str, bool | None]]:
    return {each.subject: (each.text, each.ok) for each in doctor.examine(lambda: client, lambda: now)}


def test_the_doctor_says_what_won_and_checks_token_and_clock() -> None:
    with running(tenant) as server:
        client = dynzuora.Client(TINY, server.url, client_id="i", client_secret=SECRET)
        now = datetime.now(UTC)
        good = findings(client, now)
        late = findings(client, now + timedelta(hours=1))
    assert good["credentials"] == ("oauth from the arguments", True)
    assert good["token"] == ("valid for 3599 s, 2 entities", True)
    assert (good["clock"][1], late["clock"][1]) == (True, False)
    assert SECRET not in json.dumps(good)


def test_the_doctor_says_that_a_profile_file_is_open_to_others() -> None:
    profiles.add("default", {"environment": "SBX"}).chmod(0o644)
    found = findings(dynzuora.Client(TINY, "SBX", token="t"), datetime.now(UTC))
    assert found["profiles"] == (f"other users can read {profiles.path()}: run chmod 600 on it.", False)


def test_doctor_in_the_shell_says_what_to_do_without_an_account() -> None:
    result = invoke("doctor")
    assert (result.exit_code, "environment: not set: use --env" in result.stdout) == (0, True)


def test_no_profile_is_said_beside_the_empty_list() -> None:
    result = invoke("profile", "list")
    assert (result.stdout, "There are no profiles" in result.stderr) == ("", True)


def test_doctor_in_the_shell_is_content_with_the_sandbox() -> None:
    result = invoke("doctor", "--sandbox")
    assert (result.exit_code, "ok   token: valid for" in result.stdout) == (0, True), result.output


def test_doctor_in_the_shell_names_missing_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZUORA_ENV", "SBX")
    result = invoke("doctor")
    assert (result.exit_code, "FAIL token: There are no credentials for SBX" in result.stdout) == (1, True)
