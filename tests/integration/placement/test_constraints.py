"""What the database itself makes impossible."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from app.placement import services
from app.placement.models import EmploymentSpell, Evidence, Exclusion, FollowUp, FollowUpAttempt
from app.placement.types import (
    ContactMethod,
    EmploymentForm,
    EvidenceGrade,
    EvidenceKind,
    ExclusionReason,
    FollowUpOutcome,
    SpellState,
)
from app.platform.access import Role
from app.platform.db import db
from app.platform.errors import DomainError
from app.platform.unit_of_work import unit_of_work
from tests import factories
from tests.integration.placement.conftest import Trainee, document

MOMENT = datetime(2024, 6, 3, tzinfo=UTC)


def broken(table: Any, values: dict[str, Any]) -> str:
    """Name of the constraint that refuses the row."""
    with pytest.raises(IntegrityError) as refusal, db.session.begin_nested():
        db.session.execute(insert(table).values(values))
    return str(refusal.value.orig.diag.constraint_name)  # type: ignore[union-attr]


def spell_values(person_id: int) -> dict[str, Any]:
    return {
        "person_id": person_id,
        "form": EmploymentForm.FLEXIBLE,
        "workplace": "家里",
        "post": "客服",
        "started_on": date(2024, 5, 6),
        "end_reason": "",
        "state": SpellState.REPORTED,
        "reported_at": MOMENT,
        "reported_by_id": 0,
        "decision_comment": "",
    }


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"ended_on": date(2024, 5, 5)}, "ck_employment_spell_dates"),
        ({"monthly_wage": Decimal(-1)}, "ck_employment_spell_monthly_wage"),
        ({"contract_months": 601}, "ck_employment_spell_contract_months"),
        ({"insurance_months": -1}, "ck_employment_spell_insurance_months"),
        ({"decided_at": MOMENT}, "ck_employment_spell_decided_at"),
        ({"state": SpellState.VERIFIED}, "ck_employment_spell_decided_at"),
        ({"person_id": 0}, "fk_employment_spell_person_id"),
        ({"enrolment_id": 0}, "fk_employment_spell_enrolment_id"),
        ({"employer_id": 0}, "fk_employment_spell_employer_id"),
    ],
)
def test_spells(trainee: Trainee, changes: dict[str, Any], name: str) -> None:
    assert broken(EmploymentSpell, spell_values(trainee.person.id) | changes) == name


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("employment_spell", "form"),
        ("employment_spell", "state"),
        ("follow_up", "outcome"),
        ("follow_up", "method"),
        ("exclusion", "reason"),
        ("follow_up_attempt", "method"),
        ("evidence", "kind"),
        ("evidence", "grade"),
    ],
)
def test_only_words_of_the_field_are_kept(
    trainee: Trainee, make_spell: Callable[..., EmploymentSpell], table: str, column: str
) -> None:
    """A word that no type names is refused in each column that holds one."""
    make_spell()
    actor = factories.actor(Role.TOWNSHIP)
    first, last = trainee.follow_ups[0], trainee.follow_ups[-1]
    services.record_attempt(
        actor=actor,
        follow_up=first,
        method=ContactMethod.PHONE,
        on=date(2024, 6, 3),
        note="",
        nonce="one",
    )
    services.exclude(
        actor=actor,
        follow_up=last,
        reason=ExclusionReason.MOVED,
        since=date(2024, 6, 1),
        method=ContactMethod.PHONE,
        note="",
        document=document(EvidenceKind.OTHER, colour="red"),
    )
    db.session.flush()
    decided = ", decided_at = now()" if column == "state" else ""
    of = {"follow_up": f"WHERE id = {last.id}"}.get(table, "")
    with (
        pytest.raises(IntegrityError, match=f"ck_{table}_{column}_known"),
        db.session.begin_nested(),
    ):
        db.session.execute(text(f"UPDATE {table} SET {column} = 'else'{decided} {of}"))


@pytest.mark.parametrize(
    ("first", "second", "overlaps"),
    [
        ((date(2024, 5, 6), None), (date(2025, 1, 1), None), True),
        ((date(2024, 5, 6), date(2024, 5, 31)), (date(2024, 5, 31), None), True),
        ((date(2024, 5, 6), date(2024, 5, 31)), (date(2024, 6, 1), None), False),
    ],
)
def test_one_post_at_a_time(
    trainee: Trainee,
    first: tuple[date, date | None],
    second: tuple[date, date | None],
    overlaps: bool,
) -> None:
    values = spell_values(trainee.person.id)
    rows = [values | {"started_on": start, "ended_on": end} for start, end in (first, second)]
    db.session.execute(insert(EmploymentSpell).values(rows[0]))
    if overlaps:
        assert broken(EmploymentSpell, rows[1]) == "ex_employment_spell_same_post"
    else:
        db.session.execute(insert(EmploymentSpell).values(rows[1]))


def test_a_returned_report_bars_no_other(trainee: Trainee) -> None:
    values = spell_values(trainee.person.id)
    returned = values | {"state": SpellState.RETURNED, "decided_at": MOMENT}
    db.session.execute(insert(EmploymentSpell).values(returned))
    db.session.execute(insert(EmploymentSpell).values(values))


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"months": 1}, "uq_follow_up_once"),
        ({"months": 0}, "ck_follow_up_months"),
        ({"outcome": FollowUpOutcome.EMPLOYED}, "ck_follow_up_closed_on"),
        ({"closed_on": date(2024, 6, 1)}, "ck_follow_up_closed_on"),
        (
            {"outcome": FollowUpOutcome.EMPLOYED, "closed_on": date(2024, 6, 1)},
            "ck_follow_up_method",
        ),
        ({"enrolment_id": 0}, "fk_follow_up_enrolment_id"),
        ({"person_id": 0}, "fk_follow_up_person_id"),
    ],
)
def test_follow_ups(trainee: Trainee, changes: dict[str, Any], name: str) -> None:
    values = {
        "enrolment_id": trainee.enrolment.id,
        "person_id": trainee.person.id,
        "months": 24,
        "due_on": date(2026, 4, 26),
        "note": "",
    }
    assert broken(FollowUp, values | changes) == name


def test_attempts(trainee: Trainee) -> None:
    values = {
        "follow_up_id": trainee.follow_ups[0].id,
        "attempted_at": MOMENT,
        "method": ContactMethod.PHONE,
        "note": "",
        "attempted_by_id": 0,
        "nonce": "one",
    }
    db.session.execute(insert(FollowUpAttempt).values(values))
    assert broken(FollowUpAttempt, values) == "uq_follow_up_attempt_nonce"
    other = values | {"follow_up_id": 0, "nonce": "two"}
    assert broken(FollowUpAttempt, other) == "fk_follow_up_attempt_follow_up_id"


def exclusion_values(trainee: Trainee) -> dict[str, Any]:
    return {
        "enrolment_id": trainee.enrolment.id,
        "reason": ExclusionReason.MOVED,
        "since": date(2024, 6, 1),
        "recorded_by_id": 0,
    }


def test_exclusions(trainee: Trainee) -> None:
    values = exclusion_values(trainee)
    db.session.execute(insert(Exclusion).values(values))
    assert broken(Exclusion, values) == "uq_exclusion_enrolment"
    assert broken(Exclusion, values | {"enrolment_id": 0}) == "fk_exclusion_enrolment_id"
    elsewhere = values | {"enrolment_id": factories.enrolment().id, "recorded_at_follow_up_id": 0}
    assert broken(Exclusion, elsewhere) == "fk_exclusion_recorded_at_follow_up_id"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"spell_id": None}, "ck_evidence_one_subject"),
        ({"size": 0}, "ck_evidence_size"),
        ({}, "uq_evidence_once"),
        ({"spell_id": 0}, "fk_evidence_spell_id"),
        ({"spell_id": None, "exclusion_id": 0}, "fk_evidence_exclusion_id"),
    ],
)
def test_evidence(
    make_spell: Callable[..., EmploymentSpell], changes: dict[str, Any], name: str
) -> None:
    spell = make_spell()
    values = {
        "spell_id": spell.id,
        "kind": EvidenceKind.LICENCE,
        "grade": EvidenceGrade.B,
        "sha256": spell.evidence[0].sha256,
        "content_type": "image/jpeg",
        "size": 9,
        "filename": "a.jpg",
        "uploaded_at": MOMENT,
        "uploaded_by_id": 0,
    }
    assert broken(Evidence, values | changes) == name


def test_an_exclusion_told_twice_is_explained(trainee: Trainee) -> None:
    db.session.execute(insert(Exclusion).values(exclusion_values(trainee)))
    db.session.commit()
    with pytest.raises(DomainError, match="已经登记过排除情形"), unit_of_work():
        services.exclude(
            actor=factories.actor(Role.TOWNSHIP),
            follow_up=trainee.follow_ups[0],
            reason=ExclusionReason.MOVED,
            since=date(2024, 6, 1),
            method=ContactMethod.PHONE,
            note="",
            document=document(EvidenceKind.OTHER),
        )
