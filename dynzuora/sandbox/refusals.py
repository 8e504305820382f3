"""Error responses: one refusal, in the shape that each family of paths uses.

E1 to E9 are the error shapes of Zuora's API: E1 the envelope, E2 CRUD, E3 Actions, E4
reasons alone, E5 code and message, E6 custom object batches, E7 message alone, E8 workflows,
E9 an empty query result for a missing CRUD object.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from dynzuora.sandbox.rules import Rules, by_prefix


class Category(NamedTuple):
    """The last two digits of an error code: its HTTP status, and its names in other shapes."""

    status: int
    crud: str
    word: str


CATEGORIES = {
    10: Category(403, "API_DISABLED", "PermissionDenied"),
    11: Category(401, "INVALID_SESSION", "Unauthorized"),
    20: Category(400, "INVALID_VALUE", "FieldConstraintViolation"),
    21: Category(400, "INVALID_FIELD", "FieldConstraintViolation"),
    22: Category(400, "MISSING_REQUIRED_VALUE", "MissingRequiredField"),
    23: Category(400, "MISSING_REQUIRED_VALUE", "MissingRequiredField"),
    27: Category(400, "INVALID_VALUE", "FieldConstraintViolation"),
    30: Category(400, "TRANSACTION_FAILED", "ConstraintViolated"),
    40: Category(404, "INVALID_ID", "ObjectNotFound"),
    45: Category(405, "UNKNOWN_ERROR", "405"),
    50: Category(200, "LOCK_COMPETITION", "LOCK_COMPETITION"),
    60: Category(500, "UNKNOWN_ERROR", "SystemError"),
    61: Category(503, "SERVER_UNAVAILABLE", "SystemError"),
    70: Category(429, "REQUEST_EXCEEDED_RATE", "429"),
    90: Category(400, "INVALID_VALUE", "FieldConstraintViolation"),
    99: Category(200, "TRANSACTION_FAILED", "SystemError"),
}


class Reason(NamedTuple):
    """One error: its category and message."""

    category: int
    message: str


class Refusal(Exception):
    """A refused request. ``status`` is the category's by default; ``shape`` is the path's."""

    def __init__(
        self,
        *reasons: Reason,
        status: int | None = None,
        shape: str = "",
        missing: bool = False,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__("; ".join(reason.message for reason in reasons))
        self.reasons = reasons
        self.status = status or CATEGORIES[reasons[0].category].status
        self.shape = shape
        self.missing = missing
        self.headers = headers or {}


def refusal(category: int, message: str, **more: Any) -> Refusal:
    """Return a refusal with one reason."""
    return Refusal(Reason(category, message), **more)


def not_found(kind: str, key: str) -> Refusal:
    """Return the refusal of an unknown key."""
    return refusal(40, f"There is no {kind} {key!r}.", missing=True)


FLAGGED = frozenset({"envelope", "crud", "action"})
"""Shapes whose body says that the request failed, and which may therefore come with HTTP 200."""


def answer(rules: Rules, path: str, method: str, refused: Refusal) -> tuple[int, Any]:
    """Return the status and body of a refusal in the shape of the path's family."""
    shape = refused.shape or by_prefix(rules.refusals, path, "envelope")
    if shape == "crud" and refused.missing and method == "GET":
        return refused.status, {"done": True, "records": [], "size": 0}
    status = 400 if refused.status == 200 and shape not in FLAGGED else refused.status
    return status, SHAPES[shape](refused)


def failed_row(refused: Refusal, *, lower: bool = False) -> dict[str, Any]:
    """Return a failed row of an Action's reply; a delete has lower-case names."""
    errors = crud_errors(refused)
    if lower:
        lower_case = [{name.lower(): text for name, text in error.items()} for error in errors]
        return {"success": False, "errors": lower_case}
    return {"Success": False, "Errors": errors}


def failed_records(refused: Refusal, records: list[Any]) -> dict[str, Any]:
    """Return the reply of a custom object batch (E6), with the records to send again in ``details``."""
    [reason] = refused.reasons
    code = 71000000 + reason.category
    details = [{"code": code, "message": reason.message, "record": record} for record in records]
    return {"code": code, "message": reason.message, "details": details}


def _envelope(refused: Refusal) -> Any:
    reasons = [{"code": 50000000 + reason.category, "message": reason.message} for reason in refused.reasons]
    return {"success": False, "processId": "5A4D0B0C00000000", "reasons": reasons}


def _crud(refused: Refusal) -> Any:
    return {"Success": False, "Errors": crud_errors(refused)}


def crud_errors(refused: Refusal) -> list[dict[str, str]]:
    """Return the ``Errors`` of a CRUD or Action reply."""
    return [
        {"Code": CATEGORIES[reason.category].crud, "Message": reason.message} for reason in refused.reasons
    ]


def _reasons(refused: Refusal) -> Any:
    return {
        "reasons": [
            {"code": CATEGORIES[reason.category].word, "message": reason.message}
            for reason in refused.reasons
        ]
    }


def _code(refused: Refusal) -> Any:
    first = refused.reasons[0]
    code = 1001 if refused.missing else 71000000 + first.category
    return {"code": code, "message": str(refused)}


def _errors(refused: Refusal) -> Any:
    return {
        "errors": [
            {"code": str(reason.category), "status": str(refused.status), "title": reason.message}
            for reason in refused.reasons
        ]
    }


SHAPES: dict[str, Callable[[Refusal], Any]] = {
    "envelope": _envelope,
    "crud": _crud,
    "action": lambda refused: [{"Success": False, "Errors": crud_errors(refused)}],
    "reasons": _reasons,
    "code": _code,
    "errors": _errors,
    "message": lambda refused: {"message": str(refused)},
}
