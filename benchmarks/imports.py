"""What is loaded when: which libraries are in a process after each step of a script."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.calls import client
from benchmarks.subjects import Kind, Process, Setting, Subject, Target

LIBRARIES = "requests jsonschema jsonschema_rs yaml prance jinja2 click werkzeug platformdirs pandas"
STEPS = {
    "import dynzuora": "import dynzuora",
    "a client": "",
    "one GET prepared": "client.prepare('GET_SequenceSets')",
    "one GET called": "client.call('GET_SequenceSets', pageSize=20)",
    "one valid POST called": "client.call('POST_Account', body=client.template('POST_Account'))",
    "one wrong POST refused": (
        "from dynzuora.errors import InvalidRequest\n"
        "try:\n"
        "    client.call('POST_Account', body={'nmae': 1})\n"
        "    raise SystemExit('it was not refused')\n"
        "except InvalidRequest:\n"
        "    pass"
    ),
}
"""Step → its code; a client is made before every step but the first."""
_TELL = f"import sys\nfound = [each for each in {LIBRARIES.split()!r} if each in sys.modules]\n"
_FIRST_CHECK = {"fast": "one wrong POST refused", "plain": "one valid POST called"}
"""Environment → the first step in which jsonschema itself has something to check."""


def holds(environment: str) -> str:
    """Return the name of what fails where jsonschema is loaded before it has a body to check."""
    return f"jsonschema waits for {_FIRST_CHECK[environment]}{_extra(environment)}"


def subjects(setting: Setting) -> Sequence[Subject]:
    return [
        each
        for environment in _FIRST_CHECK
        for each in (*_shown(setting, environment), _held(setting, environment))
    ]


def _extra(environment: str) -> str:
    return ", [fast]" if environment == "fast" else ""


def _shown(setting: Setting, environment: str) -> Sequence[Subject]:
    told = f"\n{_TELL}print(', '.join(found) or 'none of them')"
    made = {step: "" if step == "import dynzuora" else client(setting) for step in STEPS}
    return [
        Process(f"after {step}{_extra(environment)}", environment, made[step] + code + told, shows=True)
        for step, code in STEPS.items()
    ]


def _held(setting: Setting, environment: str) -> Subject:
    steps = list(STEPS)
    before = "\n".join(STEPS[each] for each in steps[1 : steps.index(_FIRST_CHECK[environment])])
    told = f"{_TELL}assert 'jsonschema' not in found, 'jsonschema is loaded before it checks anything'"
    first = f"{STEPS[_FIRST_CHECK[environment]]}\nassert 'jsonschema' in sys.modules\nprint('yes')"
    code = "\n".join([client(setting), before, told, first])
    return Process(holds(environment), environment, code, shows=True)


KIND = Kind(
    "What is loaded when",
    f"Each in a process of its own; looked for are {', '.join(LIBRARIES.split())}.",
    subjects,
    tuple(
        Target(f"jsonschema is imported only when it really checks a body, {name}", holds(environment))
        for environment, name in (("fast", "`[fast]`"), ("plain", "without"))
    ),
    shows="loaded",
)
