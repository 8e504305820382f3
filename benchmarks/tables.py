"""What was measured, as Markdown: the targets, a table per kind, and what else there is in short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from benchmarks import calls, start
from benchmarks.kinds import EVERY
from benchmarks.results import Results
from benchmarks.subjects import Growth, Kind, Measured, Outcome, Target

_TIMES = "×"  # noqa: RUF001  # the sign for it

IN_SHORT: tuple[tuple[str, str, str | None], ...] = (
    ("**dynzuora**", start.LOADED, calls.OURS_GET),
    ("requests alone", start.REQUESTS, calls.GET),
    ("boto3 (another service, in its own format)", start.BOTO, calls.BOTO_CALL),
    ("openapi-core over requests, document not checked", start.OPENAPI_CORE, calls.OPENAPI_CORE_GET),
    ("prance, document repaired for it", f"{start.PRANCE}, tidied for it", None),
    ("official zuora-sdk", start.SDK, calls.SDK_GET),
    ("aiopenapi3", start.AIOPENAPI3, calls.AIOPENAPI3_GET),
)
"""Who → what getting ready was measured as, and one GET."""


def everything(results: Results) -> str:
    """Return one page of all tables."""
    sections = [kind(name, results) for name in results.kinds]
    return "\n\n".join([about(results), "## Targets", targets(results), *sections]) + "\n"


def about(results: Results) -> str:
    """Return what everything ran on, and how."""
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    return (
        f"Measured {results.when} on {results.machine}; medians of up to {results.rounds} rounds;"
        f" everything byte-compiled. Documents: {results.documents}.\n\nVersions: {versions}."
    )


def targets(results: Results) -> str:
    """Return the table of targets."""
    return "\n".join(_targets(results))


def _targets(results: Results) -> Iterator[str]:
    yield "| what | target | measured | met |"
    yield "| --- | --- | --- | --- |"
    for target, value, met in results.outcomes():
        yield f"| {target.what} | {_limit(target)} | {_value(target, value)} | {'yes' if met else '**no**'} |"


def kind(name: str, results: Results) -> str:
    """Return the table of one kind under its heading."""
    which = EVERY[name]
    return "\n".join([f"## {which.heading}", "", which.note, "", *_rows(which, results.kinds.get(name, {}))])


def _rows(which: Kind, measured: Mapping[str, Measured]) -> Iterator[str]:
    yield f"| what | {which.shows} |" if which.shows else "| what | CPU | peak MB | wall |"
    yield "| --- | --- |" if which.shows else "| --- | --- | --- | --- |"
    for name, each in measured.items():
        yield f"| {_in_cell(name)} | {_figures(each, bool(which.shows))} |"


def _figures(found: Measured, shows: bool) -> str:
    if found.said:
        return f"cannot: {_in_cell(found.said)}" + ("" if shows else " | |")
    if shows:
        return _in_cell(found.shown)
    memory = f"{found.peak:.1f}" if found.peak else ""
    return f"{duration(found.cpu)} | {memory} | {duration(found.wall)}"


def in_short(results: Results) -> str:
    """Return the table of what people would use instead."""
    return "\n".join(_in_short(results))


def _in_short(results: Results) -> Iterator[str]:
    yield "| | ready to call, CPU | memory | one GET, CPU |"
    yield "| --- | --- | --- | --- |"
    for who, ready, called in IN_SHORT:
        began = results.of("start", ready)
        took = results.of("calls", called) if called else Measured()
        memory = f"{began.peak:.0f} MB" if began.peak else ""
        yield f"| {who} | {_short(began)} | {memory} | {_short(took)} |"


def _short(found: Measured) -> str:
    return f"cannot: {_in_cell(found.said)}" if found.said else duration(found.cpu)


def duration(seconds: float) -> str:
    """Return a time in the unit that people say it in; nothing where none was taken."""
    if not seconds:
        return ""
    for limit, factor, unit in ((1e-3, 1e6, "µs"), (1.0, 1e3, "ms")):
        if seconds < limit:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds:.2f} s"


def _limit(target: Target | Growth) -> str:
    if isinstance(target, Growth):
        return f"size to the power of {target.limit:g}"
    if target.limit is None:
        return "holds"
    if not target.against:
        return f"{target.limit:g} MB" if target.of == "peak" else duration(target.limit)
    quantity = {"cpu": "", "peak": " in memory", "wall": " in time"}[target.of]
    return f"{target.limit:g} {_TIMES} {' + '.join(target.against)}{quantity}"


def _value(target: Target | Growth, value: float | None) -> str:
    if value is None:
        return "not measured"
    if isinstance(target, Growth):
        return f"{value:.2f}"
    if target.limit is None:
        return "holds"
    if not target.against:
        return f"{value:.0f} MB" if target.of == "peak" else duration(value)
    return f"{value:.2f} {_TIMES}"


def unmet(results: Results) -> list[Outcome]:
    """Return the targets that are not met."""
    return [each for each in results.outcomes() if not each.met]


def _in_cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
