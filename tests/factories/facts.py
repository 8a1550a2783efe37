"""Builders of the facts behind the indicators, without a database."""

from datetime import date, timedelta
from itertools import count
from typing import Any

from app.courses.types import TrainingField
from app.oversight.types import ClosedFollowUp, Excluded, Facts, Spell, Training
from app.people.types import Category, Hukou, Sex
from app.placement.types import EvidenceGrade, ExclusionReason, FollowUpOutcome
from app.providers.types import TrainingKind

_serial = count(1)

START = date(2023, 3, 1)
COMPLETED = date(2023, 3, 31)


def training(**changes: Any) -> Training:
    """A passed training of a person of its own, taught 1 to 31 March 2023."""
    number = next(_serial)
    values: dict[str, Any] = {
        "enrolment_id": number,
        "person_id": number,
        "class_id": 1,
        "provider_id": 1,
        "kind": TrainingKind.EMPLOYABILITY,
        "field": TrainingField.ECOMMERCE,
        "sex": Sex.FEMALE,
        "hukou": Hukou.RURAL,
        "category": Category.VISUAL,
        "residence_code": "210603101",
        "applied_on": START - timedelta(days=20),
        "started_on": START,
        "attended": True,
        "employed_at_enrolment": False,
        "completed_on": COMPLETED,
    }
    return Training(**(values | changes))


def spell(
    of: Training, *, after: int = 30, days: int | None = None, workplace: str = "甲单位"
) -> Spell:
    """Verified work that begins `after` days after the completion and lasts `days`, or still goes on."""
    assert of.completed_on is not None
    begin = of.completed_on + timedelta(days=after)
    end = None if days is None else begin + timedelta(days=days - 1)
    return Spell(next(_serial), of.person_id, begin, end, workplace, EvidenceGrade.A)


def follow_up(
    of: Training, outcome: FollowUpOutcome = FollowUpOutcome.EMPLOYED, after: int = 31
) -> ClosedFollowUp:
    assert of.completed_on is not None
    return ClosedFollowUp(of.enrolment_id, of.completed_on + timedelta(days=after), outcome)


def excluded(
    of: Training, reason: ExclusionReason = ExclusionReason.MOVED, after: int = 10
) -> Excluded:
    assert of.completed_on is not None
    return Excluded(of.enrolment_id, of.completed_on + timedelta(days=after), reason)


def facts(*rows: Training | Spell | ClosedFollowUp | Excluded) -> Facts:
    """Sort rows of all kinds into Facts."""
    return Facts(
        tuple(row for row in rows if isinstance(row, Training)),
        tuple(row for row in rows if isinstance(row, Spell)),
        tuple(row for row in rows if isinstance(row, ClosedFollowUp)),
        tuple(row for row in rows if isinstance(row, Excluded)),
    )
