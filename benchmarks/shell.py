"""The shell: how long a prompt waits."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.subjects import Kind, Process, Setting, Subject, Target

CLICK = "import click"
COMMANDS = (
    "dynzuora --help",
    "dynzuora ops",
    "dynzuora ops cancle subscription",
    "dynzuora show GET_SequenceSets",
    "dynzuora show POST_Order",
)
TABS = {"dynzuora show GET_Seq": "2", "dynzuora call GET_SequenceSets page": "3"}
"""What is typed before Tab → which word of it is completed."""
CHECK = "dynzuora specs check"
EXTRAS = {"fast": ", [fast]", "plain": ""}


def tab(typed: str) -> str:
    """Return the name of completing what is ``typed``."""
    return f"Tab after {typed}"


def completing(typed: str) -> dict[str, str]:
    """Return the variables by which bash asks to complete what is ``typed``."""
    return {"_DYNZUORA_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": TABS[typed]}


def subjects(setting: Setting) -> Sequence[Subject]:
    check = (*CHECK.split(), str(setting.old))
    return (
        Process(CLICK, "fast", "import click"),
        *(Process(each, "fast", command=tuple(each.split())) for each in COMMANDS),
        *(Process(tab(each), "fast", command=("dynzuora",), variables=completing(each)) for each in TABS),
        *(Process(CHECK + extra, each, command=check, fresh=True) for each, extra in EXTRAS.items()),
    )


KIND = Kind(
    "Shell",
    "Whole processes, started as the shell starts them.",
    subjects,
    (
        *(Target(f"`{each}`, warm", each, 2, (CLICK,)) for each in COMMANDS),
        *(Target(f"Tab after `{each}`, warm", tab(each), 2, (CLICK,)) for each in TABS),
        Target("`specs check` of a JSON document, `[fast]`", CHECK + EXTRAS["fast"], 1.0),
    ),
)
