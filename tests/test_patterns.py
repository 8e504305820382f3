"""Patterns cannot stall the process and mean what ECMA-262 says; what is not checked is said."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

import dynzuora
from dynzuora._patterns import longest, sample
from dynzuora.document import DocumentWarning
from dynzuora.pages import browse
from dynzuora.schema import Checker
from tests.documents import body_of, document, operation
from tests.limits import run_limited

STALLING = {
    "repeated repetition": ("^(a+)+$", "a" * 5_000 + "!"),
    "repeated choice": ("^(a|a)*$", "a" * 5_000 + "!"),
    "repeated choice of lengths": ("^(a|aa)+$", "a" * 5_000 + "!"),
    "words": (r"^(\w+\s?)*$", "word " * 1_000 + "!"),
    "groups of groups": ("^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 5_000),
    "two repetitions repeated": ("(x+x+)+y", "x" * 5_000),
    "optional characters": ("a?" * 40 + "a" * 40, "a" * 40),
    "optional character repeated": ("^(a?){40}a{40}$", "a" * 40),
    "optional within optional": ("^" + "(a?b?)?" * 30 + "$", "ab" * 20 + "!"),
    "anything before equals": (".*.*.*=.*", "=" * 5_000),
    "counted": ("(.*a){25}b", "a" * 5_000),
    "spaces at either end": (r"^\s+|\s+$", "a" + " " * 200_000 + "a"),
    "mail": (r"^([a-zA-Z0-9._-]+)@([a-z0-9-]+\.)+[a-z]{2,4}$", "a@" + "a." * 5_000 + "!"),
    "address": (r"^.+@.+\..+$", "@." * 50_000),
    "many anythings": ("^.*a.*a.*a.*a$", "a" * 5_000 + "b"),
    "before a lookahead": (r"^(?=(a+)+b)a*$", "a" * 5_000),
    "long": ("(" * 900 + "a" + ")" * 900, "a"),
    "counted behind a repetition": ("^.*[a-z]{0,60000}$", "a" * 4_000 + "!"),
    "counted from anywhere": ("[a-z]{0,60000}!", "a" * 4_000),
    "choices of repetitions": ("^(?:a*|b)(?:a*|b)(?:a*|b)(?:a*|b)c", "a" * 30),
    "a group counted": ("^(?:[a-z][0-9]){60000}$", "a1" * 1_000),
    "huge counts": ("((a{1000}){1000}){1000}", "a"),
}


@pytest.mark.parametrize("engine", ["fastest", "jsonschema"])
def test_no_pattern_stalls_the_process(engine: str) -> None:
    ended = run_limited("tests.test_patterns", engine)
    assert (ended.stderr, ended.returncode) == ("", 0)


def check_every_stalling_pattern(engine: Any) -> None:
    """What the child process does."""
    for pattern, text in STALLING.values():
        schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}}
        warnings_of(schema)
        for level in ("standard", "strict"):
            Checker(schema, {}, level=level, engine=engine).check({"a": text})  # type: ignore[arg-type]


def warnings_of(schema: dict[str, Any]) -> tuple[DocumentWarning, ...]:
    content = {"/a": {"post": operation("a", requestBody=body_of("application/json", schema))}}
    return dynzuora.load(json.dumps(document(content)).encode()).warnings


SAMPLES = {
    "[^]": "A",
    "^a[^]b$": "aAb",
    "[z-a]": "z",
    "^a{4000000000}$": None,
    "^((a{1000}){1000}){1000}$": None,
    "^a{4000000000}|b$": None,
    "(" * 900 + "a" + ")" * 900: None,
    "(": "",
}


@pytest.mark.parametrize("pattern", SAMPLES, ids=lambda pattern: pattern[:30])
def test_a_sample_of_any_pattern_is_a_short_text_or_none(pattern: str) -> None:
    assert sample(pattern) == SAMPLES[pattern]


LIMITS = {
    "^[a-z]{0,60000}$": None,
    "^(?:[0-9]{4}|[a-z]+)$": None,
    "[a-z]{0,60000}!": 4_472,
    "^.*[a-z]{0,50}!": 400_000,
    "^(?:a*|b)(?:a*|b)c": 2_236,
}


@pytest.mark.parametrize("pattern", LIMITS)
def test_a_pattern_is_used_up_to_the_length_at_which_its_steps_are_bounded(pattern: str) -> None:
    assert longest(pattern) == LIMITS[pattern]


@pytest.mark.parametrize("pattern", ["[z-a]", "a{2,1}", "[^]", "(", "[a-z]{0,60000}!"])
def test_no_pattern_ends_the_template_or_the_page(pattern: str) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}}
    content = {"/a": {"post": operation("a", requestBody=body_of("application/json", schema))}}
    loaded = dynzuora.load(json.dumps(document(content)).encode())
    assert list(loaded.operations["a"].template()) == ["a"]
    assert "<html" in browse.page(loaded)


HERE = "#/paths/~1a/post/requestBody/content/application~1json/schema"


@pytest.mark.parametrize("pattern", ["^(a+)+$", r"\p{Lu}", "(?<=a)b", r"(a)\1", "(", "(?i)a", r"\bword"])
def test_a_pattern_that_is_not_checked_is_said_with_its_place(pattern: str) -> None:
    [said] = warnings_of({"type": "string", "pattern": pattern})
    assert (said.rule, said.pointer) == ("pattern", HERE)
    assert said.message.startswith(f"the pattern {pattern!r} is not checked: ")


def test_a_pattern_that_is_checked_in_short_texts_only_is_said_unless_the_texts_are_short() -> None:
    slow = {"type": "string", "pattern": r"^.+@.+\..+$"}
    message = f"the pattern {slow['pattern']!r} is only checked in text of at most 271 characters."
    assert warnings_of(slow) == (DocumentWarning("pattern", HERE, message),)
    assert warnings_of({**slow, "maxLength": 200}) == ()


@pytest.mark.parametrize("engine", ["fastest", "jsonschema"])
@pytest.mark.parametrize("level", ["standard", "strict"])
def test_longer_texts_than_a_pattern_is_good_for_are_taken(level: Any, engine: Any) -> None:
    checker = Checker({"type": "string", "pattern": r"^.+@.+\..+$"}, {}, level=level, engine=engine)
    [problem] = checker.problems("a" * 271)
    assert problem.message.endswith(r"allowed: text matching ^.+@.+\..+$.")
    assert checker.problems("a" * 272) == ()
    assert checker.not_checked == (r"pattern '^.+@.+\\..+$' in texts of more than 271 characters",)


ECMA = [
    (r"^\d$", "7", True),
    (r"^\d$", "\u0667", False),
    (r"^\w$", "é", False),
    (r"^\w$", "_", True),
    (r"^\W$", "é", True),
    (r"^\s$", "\ufeff", True),
    (r"^\s$", "\x1c", False),
    (r"^[\s]$", "\u2003", True),
    (r"^\S$", "\x85", True),
    ("^a$", "a\n", False),
    ("^a$", "b\na", False),
    ("^.$", "\u2028", False),
    ("^.$", "\r", False),
    ("^.$", "\x85", True),
    (r"^[^x]$", "\n", True),
    ("b", "abc", True),
    (r"^(?<year>\d{4})-\d\d$", "2026-11", True),
    (r"^(?!no)[a-z]+$", "nonsense", False),
    (r"^\u0041\x42\/$", "AB/", True),
    (r"^[\w.-]+$", "a.b-c", True),
]


@pytest.mark.parametrize(("pattern", "text", "fits"), ECMA, ids=[f"{p} {t!a}" for p, t, _ in ECMA])
@pytest.mark.parametrize("engine", ["fastest", "jsonschema"])
def test_a_pattern_means_what_it_means_in_a_browser(pattern: str, text: str, fits: bool, engine: Any) -> None:
    checker = Checker({"type": "string", "pattern": pattern}, {}, level="strict", engine=engine)
    assert (checker.problems(text) == (), checker.not_checked) == (fits, ())


if __name__ == "__main__":
    check_every_stalling_pattern(sys.argv[1])
