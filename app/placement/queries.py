"""Reads of follow-ups, spells and their documents, within the scope of who looks.

Officers see persons who live in their region, a base sees its own trainees' work, a trainee the own work, an auditor
everything. That somebody completed a training with a pass is told here by the follow-ups planned then: `attendance`
stands beside this capability and is not imported.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    false,
    func,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import contains_eager, selectinload

from app.courses.models import TrainingClass
from app.employers.models import Employer
from app.enrolment.models import Enrolment
from app.identity.models import Account, RoleGrant
from app.people.models import Person
from app.placement import rules
from app.placement.models import EmploymentSpell, Evidence, Exclusion, FollowUp, FollowUpAttempt
from app.placement.types import EmploymentForm, SpellFacts, SpellState, Training
from app.platform.access import Actor, Role
from app.platform.db import db
from app.regions.models import Region

#: A statement whose rows have the columns of a list.
Rows = Select[*tuple[Any, ...]]
#: Employers offered for one search.
MOST_EMPLOYERS = 20
#: Views of the work list.
SHOWN = ("overdue", "soon", "month", "open", "closed")
#: Follow-ups due within so many days are announced on the start page.
SOON_DAYS = 7
#: Code of a township within that of a village.
_TOWNSHIP_DIGITS = 9


# Scope


def _person_in_scope(viewer: Actor) -> ColumnElement[bool]:
    """Whether the joined `Person` lives where the viewer works."""
    if viewer.role is Role.AUDITOR:
        return true()
    if viewer.role in (Role.FEDERATION, Role.TOWNSHIP) and viewer.region_code:
        return Person.residence_code.startswith(viewer.region_code, autoescape=True)
    return false()


def _trained_at(provider_id: int | None) -> ColumnElement[bool]:
    """Whether the joined `Person` completed a class of this base."""
    return (
        exists()
        .where(
            FollowUp.person_id == Person.id,
            Enrolment.id == FollowUp.enrolment_id,
            TrainingClass.id == Enrolment.class_id,
            TrainingClass.provider_id == provider_id,
        )
        .correlate(Person)
    )


def _spell_in_scope(viewer: Actor) -> ColumnElement[bool]:
    """Whether the viewer may see the joined `EmploymentSpell` of the joined `Person`.

    A base sees work that stems from its own classes, and what its staff reported, of its own trainees only.
    """
    if viewer.role is Role.TRAINEE:
        return EmploymentSpell.person_id == viewer.person_id
    if viewer.role is Role.PROVIDER:
        stems_from_here = (
            exists()
            .where(
                Enrolment.id == EmploymentSpell.enrolment_id,
                TrainingClass.id == Enrolment.class_id,
                TrainingClass.provider_id == viewer.provider_id,
            )
            .correlate(EmploymentSpell)
        )
        reported_here = (
            exists()
            .where(
                RoleGrant.account_id == EmploymentSpell.reported_by_id,
                RoleGrant.provider_id == viewer.provider_id,
            )
            .correlate(EmploymentSpell)
        )
        return and_(_trained_at(viewer.provider_id), or_(stems_from_here, reported_here))
    return _person_in_scope(viewer)


def _named(text: str) -> ColumnElement[bool]:
    """Whether the joined `Person` is called so, by characters, pinyin or initials."""
    latin = text.lower().replace(" ", "")
    return or_(
        Person.name.contains(text, autoescape=True),
        Person.pinyin.startswith(latin, autoescape=True),
        Person.initials.startswith(latin, autoescape=True),
    )


# Persons


def reportable_persons(viewer: Actor) -> Select[Person]:
    """Persons whose work the viewer may report, by name."""
    own = (
        _trained_at(viewer.provider_id)
        if viewer.role is Role.PROVIDER
        else _person_in_scope(viewer)
    )
    return (
        select(Person)
        .where(own, Person.merged_into_id.is_(None))
        .order_by(Person.pinyin, Person.id)
    )


def search_persons(viewer: Actor, text: str) -> Rows:
    """Persons of that name whose work the viewer may report: rows of id, name and township."""
    columns: tuple[Any, ...] = (Person.id, Person.name, Person.birth_date, _TOWNSHIP)
    return (
        reportable_persons(viewer)
        .with_only_columns(*columns)
        .outerjoin(Region, _REGION_OF_PERSON)
        .where(_named(text))
    )


def find_person(*, viewer: Actor, person_id: int) -> Person | None:
    """A person whose work the viewer may see in full or report."""
    return db.session.scalar(reportable_persons(viewer).where(Person.id == person_id))


def hold_person(person_id: int) -> bool:
    """Let reports on one person wait for one another until the transaction ends.

    False where the record was merged into another one meanwhile.
    """
    held = select(Person.id).where(Person.id == person_id).with_for_update(key_share=True)
    db.session.execute(held)
    there = select(Person.id).where(Person.id == person_id, Person.merged_into_id.is_(None))
    return db.session.scalar(there) is not None


_REGION_OF_PERSON = Region.code == func.left(Person.residence_code, _TOWNSHIP_DIGITS)
_TOWNSHIP = Region.name.label("township")


def township_of(person: Person) -> str:
    """Name of the township in which somebody lives, or the code where it is not known."""
    code = person.residence_code[:_TOWNSHIP_DIGITS]
    return db.session.scalar(select(Region.name).where(Region.code == code)) or code


def trainings_of(person_id: int) -> list[Training]:
    """Classes that a person completed with a pass, the latest first."""
    rows = db.session.execute(
        select(
            FollowUp.enrolment_id,
            TrainingClass.title,
            TrainingClass.starts_on,
            TrainingClass.provider_id,
            FollowUp.months,
            FollowUp.due_on,
        )
        .join(Enrolment, Enrolment.id == FollowUp.enrolment_id)
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .where(FollowUp.person_id == person_id)
        .order_by(FollowUp.enrolment_id)
    ).all()
    trainings = []
    for enrolment_id, group in groupby(rows, key=lambda row: row.enrolment_id):
        of_one = list(group)
        trainings.append(
            Training(
                enrolment_id=enrolment_id,
                title=of_one[0].title,
                provider_id=of_one[0].provider_id,
                started_on=of_one[0].starts_on,
                completed_on=rules.completed_on((row.months, row.due_on) for row in of_one),
            )
        )
    return sorted(trainings, key=lambda one: (one.completed_on, one.enrolment_id), reverse=True)


# Follow-ups


@dataclass(frozen=True)
class FollowUpFilter:
    """What the work list shows: `show` is one of `SHOWN`; None for all."""

    show: str | None = "open"
    township: str | None = None
    text: str | None = None


_ATTEMPTS = (
    select(func.count())
    .where(FollowUpAttempt.follow_up_id == FollowUp.id)
    .correlate(FollowUp)
    .scalar_subquery()
)
_FOLLOW_UP_COLUMNS: tuple[Any, ...] = (
    FollowUp.id,
    FollowUp.months,
    FollowUp.due_on,
    FollowUp.outcome,
    FollowUp.closed_on,
    FollowUp.method,
    Person.name,
    _TOWNSHIP,
    TrainingClass.title,
)


def _shown(today: date) -> dict[str, ColumnElement[bool]]:
    """Conditions of the views of the work list, as of a day."""
    month = today.replace(day=1)
    is_open = FollowUp.outcome.is_(None)
    return {
        "overdue": and_(is_open, FollowUp.due_on < today),
        "soon": and_(
            is_open,
            FollowUp.due_on >= today,
            FollowUp.due_on <= today + timedelta(days=SOON_DAYS),
        ),
        "month": and_(
            is_open, FollowUp.due_on >= month, FollowUp.due_on < month + relativedelta(months=1)
        ),
        "open": is_open,
        "closed": FollowUp.outcome.is_not(None),
    }


def _joined(statement: Rows, viewer: Actor, wanted: FollowUpFilter) -> Rows:
    statement = (
        statement.select_from(FollowUp)
        .join(Person, Person.id == FollowUp.person_id)
        .join(Enrolment, Enrolment.id == FollowUp.enrolment_id)
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .outerjoin(Region, _REGION_OF_PERSON)
        .where(_person_in_scope(viewer))
    )
    if wanted.township:
        statement = statement.where(
            Person.residence_code.startswith(wanted.township, autoescape=True)
        )
    if wanted.text:
        in_title = TrainingClass.title.contains(wanted.text, autoescape=True)
        statement = statement.where(or_(_named(wanted.text), in_title))
    return statement


def follow_up_rows(viewer: Actor, wanted: FollowUpFilter, *, today: date) -> Rows:
    """Rows of the work list, with the telephone (to be masked) for those who work it and the number of attempts."""
    works = viewer.role in (Role.FEDERATION, Role.TOWNSHIP)
    phone = Person.phone if works else null().label("phone")
    columns = select(*_FOLLOW_UP_COLUMNS, phone, _ATTEMPTS.label("attempts"))
    statement = _joined(columns, viewer, wanted)
    condition = _shown(today).get(wanted.show or "")
    return statement if condition is None else statement.where(condition)


def follow_up_counts(viewer: Actor, wanted: FollowUpFilter, *, today: date) -> dict[str, int]:
    """How many each view would show, in one query."""
    conditions = _shown(today)
    counted = select(*(func.count().filter(c).label(name) for name, c in conditions.items()))
    row = db.session.execute(_joined(counted, viewer, wanted)).one()
    return {name: getattr(row, name) for name in conditions}


@dataclass(frozen=True)
class DueSoon:
    """What the start page says of a viewer's follow-ups."""

    overdue: int
    oldest: date | None
    soon: int
    next: date | None


def due_soon(viewer: Actor, *, today: date) -> DueSoon:
    """Follow-ups overdue, and those due soon."""
    shown = _shown(today)
    overdue, soon = shown["overdue"], shown["soon"]
    row = db.session.execute(
        select(
            func.count().filter(overdue),
            func.min(FollowUp.due_on).filter(overdue),
            func.count().filter(soon),
            func.min(FollowUp.due_on).filter(soon),
        )
        .select_from(FollowUp)
        .join(Person, Person.id == FollowUp.person_id)
        .where(shown["open"], _person_in_scope(viewer))
    ).one()
    return DueSoon(*row)


def find_follow_up(*, viewer: Actor, follow_up_id: int) -> FollowUp | None:
    """A follow-up with its person, class and attempts."""
    return db.session.scalar(
        select(FollowUp)
        .join(FollowUp.person)
        .join(FollowUp.enrolment)
        .join(Enrolment.training_class)
        .options(
            contains_eager(FollowUp.person),
            contains_eager(FollowUp.enrolment).contains_eager(Enrolment.training_class),
            selectinload(FollowUp.attempts),
        )
        .where(FollowUp.id == follow_up_id, _person_in_scope(viewer))
    )


def follow_ups_of(enrolment_id: int) -> Sequence[FollowUp]:
    """All follow-ups of one training, in order, with their attempts."""
    return db.session.scalars(
        select(FollowUp)
        .options(selectinload(FollowUp.attempts))
        .where(FollowUp.enrolment_id == enrolment_id)
        .order_by(FollowUp.months)
    ).all()


def find_exclusion(enrolment_id: int) -> Exclusion | None:
    return db.session.scalar(
        select(Exclusion)
        .options(selectinload(Exclusion.evidence))
        .where(Exclusion.enrolment_id == enrolment_id)
    )


def account_names(account_ids: Iterable[int | None]) -> dict[int, str]:
    """Names by account, in one query."""
    wanted = {one for one in account_ids if one}
    if not wanted:
        return {}
    rows = db.session.execute(
        select(Account.id, Account.display_name).where(Account.id.in_(wanted))
    )
    return {row.id: row.display_name for row in rows}


# Spells


@dataclass(frozen=True)
class SpellFilter:
    """What the list of spells shows; the period is that of the first day of work."""

    state: SpellState | None = None
    form: EmploymentForm | None = None
    township: str | None = None
    started_from: date | None = None
    started_to: date | None = None
    text: str | None = None
    person_id: int | None = None


_GRADE = (
    select(func.min(Evidence.grade))
    .where(Evidence.spell_id == EmploymentSpell.id)
    .correlate(EmploymentSpell)
    .scalar_subquery()
)
_SPELL_COLUMNS: tuple[Any, ...] = (
    EmploymentSpell.id,
    EmploymentSpell.form,
    EmploymentSpell.state,
    EmploymentSpell.workplace,
    EmploymentSpell.post,
    EmploymentSpell.started_on,
    EmploymentSpell.ended_on,
    EmploymentSpell.end_reason,
    EmploymentSpell.monthly_wage,
    EmploymentSpell.contract_months,
    EmploymentSpell.insurance_months,
    Person.name,
    _TOWNSHIP,
    TrainingClass.title,
    _GRADE.label("grade"),
)


def spell_rows(viewer: Actor, wanted: SpellFilter) -> Rows:
    """Rows of the list of spells, with the best grade of their evidence."""
    statement = (
        select(*_SPELL_COLUMNS)
        .select_from(EmploymentSpell)
        .join(Person, Person.id == EmploymentSpell.person_id)
        .outerjoin(Region, _REGION_OF_PERSON)
        .outerjoin(Enrolment, Enrolment.id == EmploymentSpell.enrolment_id)
        .outerjoin(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .where(_spell_in_scope(viewer), *_spell_conditions(wanted))
    )
    if wanted.text:
        at = EmploymentSpell.workplace.contains(wanted.text, autoescape=True)
        statement = statement.where(or_(_named(wanted.text), at))
    return statement


def _spell_conditions(wanted: SpellFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.state:
        yield EmploymentSpell.state == wanted.state
    if wanted.form:
        yield EmploymentSpell.form == wanted.form
    if wanted.township:
        yield Person.residence_code.startswith(wanted.township, autoescape=True)
    if wanted.started_from:
        yield EmploymentSpell.started_on >= wanted.started_from
    if wanted.started_to:
        yield EmploymentSpell.started_on <= wanted.started_to
    if wanted.person_id is not None:
        yield EmploymentSpell.person_id == wanted.person_id


def spell_counts(viewer: Actor) -> dict[SpellState, int]:
    """How many spells of each state the viewer sees."""
    rows = db.session.execute(
        select(EmploymentSpell.state, func.count())
        .join(Person, Person.id == EmploymentSpell.person_id)
        .where(_spell_in_scope(viewer))
        .group_by(EmploymentSpell.state)
    )
    return {row[0]: row[1] for row in rows}


def oldest_reported(viewer: Actor) -> datetime | None:
    """Since when the spell that has waited longest waits for verification."""
    return db.session.scalar(
        select(func.min(EmploymentSpell.reported_at))
        .join(Person, Person.id == EmploymentSpell.person_id)
        .where(EmploymentSpell.state == SpellState.REPORTED, _spell_in_scope(viewer))
    )


def find_spell(*, viewer: Actor, spell_id: int) -> EmploymentSpell | None:
    """A spell with its person, employer and evidence."""
    return db.session.scalar(
        select(EmploymentSpell)
        .join(EmploymentSpell.person)
        .options(
            contains_eager(EmploymentSpell.person),
            selectinload(EmploymentSpell.employer),
            selectinload(EmploymentSpell.evidence),
        )
        .where(EmploymentSpell.id == spell_id, _spell_in_scope(viewer))
    )


def spells_of(person_id: int) -> Sequence[EmploymentSpell]:
    """All spells of a person whom the caller may see, the latest first."""
    return db.session.scalars(
        select(EmploymentSpell)
        .where(EmploymentSpell.person_id == person_id)
        .order_by(EmploymentSpell.started_on.desc(), EmploymentSpell.id.desc())
    ).all()


def same_report(*, actor: Actor, person_id: int, facts: SpellFacts) -> EmploymentSpell | None:
    """A spell that the actor reported with just these facts: what a form sent twice finds."""
    return db.session.scalar(
        select(EmploymentSpell).where(
            EmploymentSpell.person_id == person_id,
            EmploymentSpell.reported_by_id == actor.account_id,
            EmploymentSpell.state == SpellState.REPORTED,
            EmploymentSpell.form == facts.form,
            EmploymentSpell.workplace == facts.workplace,
            EmploymentSpell.post == facts.post,
            EmploymentSpell.started_on == facts.started_on,
            EmploymentSpell.ended_on.is_not_distinct_from(facts.ended_on),
        )
    )


def contributor_ids(spell: EmploymentSpell) -> frozenset[int]:
    """Accounts that reported, changed or documented a spell in any of its versions."""
    older = EmploymentSpell.metadata.tables["employment_spell_history"]
    ids = db.session.scalars(
        union_all(
            select(older.c.reported_by_id).where(older.c.id == spell.id),
            select(Evidence.uploaded_by_id).where(Evidence.spell_id == spell.id),
        )
    )
    return frozenset(ids) | {spell.reported_by_id}


@dataclass(frozen=True)
class Change:
    """What a correction changed in a spell."""

    at: datetime
    facts: tuple[tuple[str, Any, Any], ...]


def changes_of(spell: EmploymentSpell) -> list[Change]:
    """What each change of a spell altered, the oldest first; read from the kept versions."""
    now_row = EmploymentSpell.__table__
    older = EmploymentSpell.metadata.tables["employment_spell_history"]
    names = [column.name for column in now_row.columns]
    rows = (
        db.session.execute(
            union_all(
                select(*(older.c[name] for name in names)).where(older.c.id == spell.id),
                select(*(now_row.c[name] for name in names)).where(now_row.c.id == spell.id),
            ).order_by("recorded_at")
        )
        .mappings()
        .all()
    )
    pairs = (
        (after["recorded_at"], rules.changes(dict(before), dict(after)))
        for before, after in pairwise(rows)
    )
    return [Change(at, facts) for at, facts in pairs if facts]


#: What the lists can be sorted by, and what keeps equal rows in place.
FOLLOW_UP_SORTS: dict[str, Any] = {
    "due_on": FollowUp.due_on,
    "name": Person.pinyin,
    "closed_on": FollowUp.closed_on,
}
FOLLOW_UP_TIE = FollowUp.id
SPELL_SORTS: dict[str, Any] = {
    "started_on": EmploymentSpell.started_on,
    "name": Person.pinyin,
    "workplace": EmploymentSpell.workplace,
}
SPELL_TIE = EmploymentSpell.id


# Employers and documents


def search_employers(text: str) -> Sequence[Employer]:
    """Units by part of the name, or by credit code; at most `MOST_EMPLOYERS`.

    Of any region, since units are public and people do not stop at a border to work.
    """
    return db.session.scalars(
        select(Employer)
        .where(
            or_(
                Employer.name.contains(text, autoescape=True),
                Employer.credit_code == text.replace(" ", "").upper(),
            )
        )
        .order_by(Employer.name, Employer.id)
        .limit(MOST_EMPLOYERS)
    ).all()


def find_employer(employer_id: int) -> Employer | None:
    return db.session.get(Employer, employer_id)


def find_evidence(*, viewer: Actor, evidence_id: int) -> Evidence | None:
    """A document of a spell that the viewer sees, or of an exclusion within the viewer's region.

    What proves an exclusion tells of illness or death: neither a base nor the trainee's account opens it.
    """
    visible: ColumnElement[bool] = exists().where(
        EmploymentSpell.id == Evidence.spell_id,
        Person.id == EmploymentSpell.person_id,
        _spell_in_scope(viewer),
    )
    if viewer.role in (Role.FEDERATION, Role.TOWNSHIP, Role.AUDITOR):
        visible |= exists().where(
            Exclusion.id == Evidence.exclusion_id,
            Enrolment.id == Exclusion.enrolment_id,
            Person.id == Enrolment.person_id,
            _person_in_scope(viewer),
        )
    return db.session.scalar(select(Evidence).where(Evidence.id == evidence_id, visible))
