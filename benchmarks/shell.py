"""The shell: how long a prompt waits."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.subjects import Kind, Process, Setting, Subject, Target

CLICK = "import click"
COMMANDS = {
    "dynzuora --help": ("dynzuora", "--help"),
    "dynzuora ops": ("dynzuora", "ops"),
    "dynzuora ops cancle subscription": ("dynzuora", "ops", "cancle", "subscription"),
    "dynzuora show GET_SequenceSets": ("dynzuora", "show", "GET_SequenceSets"),
}
TAB = "Tab after dynzuora show GET_Seq"
CHECK = "dynzuora specs check, [fast]"


def subjects(setting: Setting) -> Sequence[Subject]:
    completing = {
        "_DYNZUORA_COMPLETE": "bash_complete",
        "COMP_WORDS": "dynzuora show GET_Seq",
        "COMP_CWORD": "2",
    }
    return (
        Process(CLICK, "fast", "import click"),
        *(Process(name, "fast", command=command) for name, command in COMMANDS.items()),
        Process(TAB, "fast", command=("dynzuora",), variables=completing),
        Process(CHECK, "fast", command=("dynzuora", "specs", "check", str(setting.old)), fresh=True),
    )


KIND = Kind(
    "Shell",
    "Whole processes, started as the shell starts them.",
    subjects,
    (
        *(
            Target(f"`{each}`, warm", each, 2, (CLICK,))
            for each in ("dynzuora --help", "dynzuora ops", "dynzuora show GET_SequenceSets", TAB)
        ),
        Target("`specs check` of a JSON document", CHECK, 1.0),
    ),
)
