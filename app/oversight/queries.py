"""Loads the facts behind the indicators, as far as the viewer may see them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, cast, exists, func, select
from sqlalchemy.types import Date

from app.attendance.models import AttendanceMark, Completion
from app.attendance.types import CompletionOutcome, CompletionState, Mark
from app.courses.models import Course, TrainingClass
from app.courses.types import ClassState
from app.enrolment.models import Enrolment
from app.enrolment.types import EnrolmentState
from app.oversight.models import Plan
from app.oversight.types import ClosedFollowUp, Excluded, Facts, Spell, Training
from app.people.models import DisabilityCertificate, Person
from app.placement.models import EmploymentSpell, Evidence, Exclusion, FollowUp
from app.placement.types import SpellState
from app.platform.access import Actor, Role
from app.platform.db import db


def _visible(viewer: Actor) -> ColumnElement[bool]:
    """Which enrolments a viewer may see: by the person's residence, or by the base that taught."""
    if viewer.role is Role.AUDITOR:
        return Enrolment.id.is_not(None)
    if viewer.role in (Role.FEDERATION, Role.TOWNSHIP):
        return Person.residence_code.startswith(viewer.region_code or "-", autoescape=True)
    if viewer.role is Role.PROVIDER:
        return TrainingClass.provider_id == viewer.provider_id
    return Enrolment.id.is_(None)


def load_facts(*, viewer: Actor) -> Facts:
    """Everything that the indicators need, in four queries."""
    trainings = _trainings(viewer)
    persons = {t.person_id for t in trainings}
    enrolments = {t.enrolment_id for t in trainings}
    follow_ups = db.session.execute(
        select(FollowUp.enrolment_id, FollowUp.closed_on, FollowUp.outcome).where(
            FollowUp.outcome.is_not(None)
        )
    )
    exclusions = db.session.execute(
        select(Exclusion.enrolment_id, Exclusion.since, Exclusion.reason)
    )
    return Facts(
        trainings=trainings,
        spells=tuple(s for s in load_spells() if s.person_id in persons),
        follow_ups=tuple(
            ClosedFollowUp(row.enrolment_id, row.closed_on, row.outcome)
            for row in follow_ups
            if row.enrolment_id in enrolments and row.closed_on and row.outcome
        ),
        exclusions=tuple(Excluded(*row) for row in exclusions if row.enrolment_id in enrolments),
    )


def _trainings(viewer: Actor) -> tuple[Training, ...]:
    # The category that held on the first day of the class.
    category = (
        select(DisabilityCertificate.category)
        .where(
            DisabilityCertificate.person_id == Person.id,
            DisabilityCertificate.issued_on <= TrainingClass.starts_on,
        )
        .order_by(DisabilityCertificate.issued_on.desc(), DisabilityCertificate.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    attended = exists().where(
        AttendanceMark.enrolment_id == Enrolment.id,
        AttendanceMark.mark.in_([Mark.PRESENT, Mark.LATE]),
    )
    confirmed_pass = and_(
        Completion.enrolment_id == Enrolment.id,
        Completion.state == CompletionState.CONFIRMED,
        Completion.outcome == CompletionOutcome.PASSED,
    )
    rows = db.session.execute(
        select(
            Enrolment.id,
            Enrolment.person_id,
            TrainingClass.id,
            TrainingClass.provider_id,
            Course.kind,
            Course.field,
            Person.sex,
            Person.hukou,
            category,
            Person.residence_code,
            cast(func.timezone("Asia/Shanghai", Enrolment.applied_at), Date),
            TrainingClass.starts_on,
            attended,
            Enrolment.employed_at_enrolment,
            Completion.completed_on,
        )
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .join(Course, Course.id == TrainingClass.course_id)
        .join(Person, Person.id == Enrolment.person_id)
        .outerjoin(Completion, confirmed_pass)
        .where(
            Enrolment.state == EnrolmentState.ENROLLED,
            TrainingClass.state != ClassState.CANCELLED,
            _visible(viewer),
        )
        .order_by(Enrolment.id)
    )
    return tuple(Training(*row) for row in rows)


def load_spells(*, region_code: str | None = None) -> tuple[Spell, ...]:
    """Verified spells with the best grade of their evidence; of persons living in a region, if one is given.

    Not for showing as they are: whoever calls keeps to the persons that the viewer may see.
    """
    grade = (
        select(func.min(Evidence.grade))
        .where(Evidence.spell_id == EmploymentSpell.id)
        .scalar_subquery()
    )
    query = (
        select(
            EmploymentSpell.id,
            EmploymentSpell.person_id,
            EmploymentSpell.started_on,
            EmploymentSpell.ended_on,
            EmploymentSpell.employer_id,
            EmploymentSpell.workplace,
            grade.label("grade"),
        )
        .where(EmploymentSpell.state == SpellState.VERIFIED)
        .order_by(EmploymentSpell.id)
    )
    if region_code is not None:
        query = query.join(Person, Person.id == EmploymentSpell.person_id).where(
            Person.residence_code.startswith(region_code, autoescape=True)
        )
    return tuple(
        Spell(row.id, row.person_id, row.started_on, row.ended_on, _workplace(row), row.grade)
        for row in db.session.execute(query)
    )


def _workplace(row: Any) -> str:
    """An employer is told apart by its id, an own business or farm by its name."""
    return f"#{row.employer_id}" if row.employer_id is not None else row.workplace


def plans(*, viewer: Actor, on: date | None = None) -> Sequence[Plan]:
    """Plans of the viewer's region and above or below it, newest first."""
    query = select(Plan).order_by(Plan.starts_on.desc(), Plan.id)
    if viewer.role in (Role.FEDERATION, Role.TOWNSHIP):
        code = viewer.region_code or "-"
        query = query.where(
            Plan.region_code.startswith(code, autoescape=True)
            | Plan.region_code.in_([code[:n] for n in (2, 4, 6, 9)])
        )
    if on is not None:
        query = query.where(Plan.starts_on <= on, Plan.ends_on >= on)
    return db.session.scalars(query).all()
