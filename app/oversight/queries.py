"""Loads the facts behind the indicators, as far as the viewer may see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, cast, exists, false, func, select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.types import Date

from app.attendance.models import AssessmentResult, AttendanceMark, Completion
from app.attendance.types import CompletionOutcome, CompletionState, Mark
from app.certificates.models import Certificate
from app.courses.models import Course, TrainingClass
from app.courses.types import ClassState
from app.enrolment.models import Enrolment
from app.enrolment.types import EnrolmentState
from app.identity.models import Account
from app.oversight.models import AuditFinding, Plan
from app.oversight.types import ClosedFollowUp, Excluded, Facts, FindingState, Spell, Training
from app.people.models import DisabilityCertificate, Person
from app.placement.models import EmploymentSpell, Evidence, Exclusion, FollowUp
from app.placement.types import SpellState
from app.platform.access import Actor, Role
from app.platform.clock import SHANGHAI
from app.platform.db import db
from app.platform.eventlog import Event, EventSeal, actions_in_words, subjects_in_words
from app.providers.models import Provider


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


def plans(*, viewer: Actor) -> Sequence[Plan]:
    """Plans of the viewer's region and above or below it, newest first."""
    query = select(Plan).order_by(Plan.starts_on.desc(), Plan.id)
    if viewer.role in (Role.FEDERATION, Role.TOWNSHIP):
        code = viewer.region_code or "-"
        query = query.where(
            Plan.region_code.startswith(code, autoescape=True)
            | Plan.region_code.in_([code[:n] for n in (2, 4, 6, 9)])
        )
    return db.session.scalars(query).all()


def find_own_plan(*, viewer: Actor, plan_id: int) -> Plan | None:
    """A plan that the viewer's federation itself made."""
    return db.session.scalar(
        select(Plan).where(Plan.id == plan_id, Plan.region_code == viewer.region_code)
    )


def find_finding_by_nonce(nonce: str) -> AuditFinding | None:
    return db.session.scalar(select(AuditFinding).where(AuditFinding.nonce == nonce))


def find_finding(*, viewer: Actor, finding_id: int) -> AuditFinding | None:
    finding: AuditFinding | None = db.session.scalar(
        _visible_findings(viewer).where(AuditFinding.id == finding_id)
    )
    return finding


def list_findings(*, viewer: Actor, state: FindingState | None = None) -> Select[Any]:
    """Findings with the account that noted them, newest first."""
    query = (
        _visible_findings(viewer)
        .join(Account, Account.id == AuditFinding.noted_by_id, isouter=True)
        .add_columns(Account.display_name)
        .order_by(AuditFinding.id.desc())
    )
    return query if state is None else query.where(AuditFinding.state == state)


def findings_on(*, subject_type: str, subject_id: int) -> Sequence[AuditFinding]:
    return db.session.scalars(
        select(AuditFinding)
        .where(AuditFinding.subject_type == subject_type, AuditFinding.subject_id == subject_id)
        .order_by(AuditFinding.id)
    ).all()


def count_open_findings(*, viewer: Actor) -> int:
    rows = _visible_findings(viewer).where(AuditFinding.state == FindingState.OPEN).subquery()
    return db.session.scalar(select(func.count()).select_from(rows)) or 0


def _visible_findings(viewer: Actor) -> Select[Any]:
    """Auditors see all findings, a federation those on enrolments of persons living in its region."""
    query = select(AuditFinding)
    if viewer.role is Role.AUDITOR:
        return query
    if viewer.role is Role.FEDERATION:
        own = (
            select(Enrolment.id)
            .join(Person, Person.id == Enrolment.person_id)
            .where(Person.residence_code.startswith(viewer.region_code or "-", autoescape=True))
        )
        return query.where(
            AuditFinding.subject_type == "enrolment", AuditFinding.subject_id.in_(own)
        )
    return query.where(false())


def describe_rows(enrolment_ids: Sequence[int]) -> dict[int, Any]:
    """Names for the rows of one page: person, class and base by enrolment."""
    rows = db.session.execute(
        select(
            Enrolment.id,
            Person.name.label("person_name"),
            Person.residence_code,
            TrainingClass.number,
            TrainingClass.title,
            Provider.name.label("provider_name"),
        )
        .join(Person, Person.id == Enrolment.person_id)
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .join(Provider, Provider.id == TrainingClass.provider_id)
        .where(Enrolment.id.in_(enrolment_ids))
    )
    return {row.id: row for row in rows}


def describe_spells(spell_ids: Sequence[int]) -> dict[int, Any]:
    """Names for the rows of one page: person, workplace and form by spell."""
    rows = db.session.execute(
        select(EmploymentSpell.id, Person.name, EmploymentSpell.workplace, EmploymentSpell.form)
        .join(Person, Person.id == EmploymentSpell.person_id)
        .where(EmploymentSpell.id.in_(spell_ids))
    )
    return {row.id: row for row in rows}


def provider_names(*, viewer: Actor) -> list[tuple[int, str]]:
    """Bases a viewer may choose from, by name."""
    query = select(Provider.id, Provider.name).order_by(Provider.name)
    if viewer.role is Role.PROVIDER:
        query = query.where(Provider.id == viewer.provider_id)
    return [(row.id, row.name) for row in db.session.execute(query)]


@dataclass(frozen=True)
class Case:
    """One person's training with everything recorded of it and after it."""

    enrolment: Enrolment
    person: Person
    klass: TrainingClass
    marks: Mapping[Mark, int]
    results: Sequence[AssessmentResult]
    completion: Completion | None
    certificates: Sequence[Certificate]
    spells: Sequence[EmploymentSpell]
    follow_ups: Sequence[FollowUp]
    exclusion: Exclusion | None


def find_case(*, viewer: Actor, enrolment_id: int) -> Case | None:
    """The case of an enrolment, if the viewer may see it; a base sees no work it did not train for."""
    enrolment = db.session.scalar(
        select(Enrolment)
        .join(Person, Person.id == Enrolment.person_id)
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .options(
            joinedload(Enrolment.person),
            joinedload(Enrolment.training_class).joinedload(TrainingClass.course),
            joinedload(Enrolment.training_class).joinedload(TrainingClass.provider),
        )
        .where(Enrolment.id == enrolment_id, _visible(viewer))
    )
    if enrolment is None:
        return None
    spells = (
        select(EmploymentSpell)
        .where(EmploymentSpell.person_id == enrolment.person_id)
        .options(selectinload(EmploymentSpell.evidence))
        .order_by(EmploymentSpell.started_on, EmploymentSpell.id)
    )
    if viewer.role is Role.PROVIDER:
        spells = spells.where(EmploymentSpell.enrolment_id == enrolment.id)
    of_enrolment = {"enrolment_id": enrolment.id}
    completion = db.session.scalar(select(Completion).filter_by(**of_enrolment))
    return Case(
        enrolment=enrolment,
        person=enrolment.person,
        klass=enrolment.training_class,
        marks={
            row.mark: row.times
            for row in db.session.execute(
                select(AttendanceMark.mark, func.count().label("times"))
                .filter_by(**of_enrolment)
                .group_by(AttendanceMark.mark)
            )
        },
        results=db.session.scalars(select(AssessmentResult).filter_by(**of_enrolment)).all(),
        completion=completion,
        certificates=db.session.scalars(
            select(Certificate)
            .where(Certificate.completion_id == completion.id)
            .order_by(Certificate.id)
        ).all()
        if completion
        else [],
        spells=db.session.scalars(spells).all(),
        follow_ups=db.session.scalars(
            select(FollowUp).filter_by(**of_enrolment).order_by(FollowUp.months)
        ).all(),
        exclusion=db.session.scalar(
            select(Exclusion).filter_by(**of_enrolment).options(selectinload(Exclusion.evidence))
        ),
    )


def list_events(
    *,
    text: str | None = None,
    subject: str | None = None,
    start: date | None = None,
    end: date | None = None,
) -> Select[Any]:
    """The log, newest first; `text` is part of a name or of an action's words.

    `subject` is a kind of object, in words or as its table, and perhaps its number: 班期 12.
    """
    query = select(Event).order_by(Event.id.desc())
    if text:
        actions = [action for action, words in actions_in_words().items() if text in words]
        query = query.where(
            Event.account_name.contains(text, autoescape=True) | Event.action.in_(actions)
        )
    if subject:
        kind, _, number = subject.partition(" ")
        tables = [table for table, words in subjects_in_words().items() if kind in (table, words)]
        query = query.where(Event.subject_type.in_(tables))
        if number:
            # No longer than a bigint holds.
            known = number.isdecimal() and len(number) <= 18
            query = query.where(Event.subject_id == int(number) if known else false())
    if start:
        query = query.where(Event.at >= datetime.combine(start, time.min, SHANGHAI))
    if end:
        query = query.where(
            Event.at < datetime.combine(end + timedelta(days=1), time.min, SHANGHAI)
        )
    return query


def last_seal() -> EventSeal | None:
    return db.session.scalar(select(EventSeal).order_by(EventSeal.number.desc()).limit(1))
