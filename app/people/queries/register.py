"""Persons: who is visible to whom, and the list of the register."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from app.people.models import DisabilityCertificate, NeedRegistration, Person, YearlyCheck
from app.people.rules import WorkingAge, number_candidates, search_key, tidy_number
from app.people.types import Category, HouseholdFlag, NeedKind, Sex
from app.platform.access import Actor, Role
from app.platform.crypto import blind_index
from app.platform.db import db
from app.platform.formats import masked_name
from app.regions.models import Region

_CITIZEN_LENGTH = 18


def in_scope(viewer: Actor) -> ColumnElement[bool]:
    """Which persons the viewer may see; a merged duplicate is seen by nobody."""
    if viewer.role in (Role.FEDERATION, Role.TOWNSHIP) and viewer.region_code:
        mine: ColumnElement[bool] = Person.residence_code.startswith(viewer.region_code)
    elif viewer.role is Role.TRAINEE:
        mine = Person.id == viewer.person_id
    elif viewer.role is Role.AUDITOR:
        return Person.merged_into_id.is_(None)
    else:
        return false()
    return and_(Person.merged_into_id.is_(None), mine)


def visible_persons(viewer: Actor) -> Select[Person]:
    """All persons in the viewer's scope, without order."""
    return select(Person).where(in_scope(viewer))


def find_person(*, viewer: Actor, person_id: int) -> Person | None:
    """One person with certificates and, for a family member, whose family it is."""
    return db.session.scalar(
        visible_persons(viewer)
        .where(Person.id == person_id)
        .options(selectinload(Person.certificates), joinedload(Person.family_member_of))
    )


def merged_into(person_id: int) -> int | None:
    """The record that a merged duplicate now belongs to, through later merges too."""
    target = db.session.scalar(select(Person.merged_into_id).where(Person.id == person_id))
    while target is not None:
        further = db.session.scalar(select(Person.merged_into_id).where(Person.id == target))
        if further is None:
            return target
        target = further
    return None


def find_by_number(*, viewer: Actor, number: str) -> list[Person]:
    """Persons in scope with exactly this citizen, certificate or telephone number."""
    tidy = tidy_number(number)
    index = blind_index(tidy)
    by_certificate = exists().where(
        DisabilityCertificate.person_id == Person.id,
        DisabilityCertificate.number_index.in_(
            [blind_index(one) for one in number_candidates(tidy)]
        ),
    )
    match: list[ColumnElement[bool]] = [Person.phone_index == index]
    if len(tidy) >= _CITIZEN_LENGTH:
        citizen = blind_index(tidy[:_CITIZEN_LENGTH])
        match = [Person.citizen_number_index == citizen, by_certificate]
    return list(
        db.session.scalars(visible_persons(viewer).where(or_(*match)).order_by(Person.id).limit(20))
    )


def find_by_certificate(*, number: str, name: str) -> Person | None:
    """The person whose certificate number and name are exactly these, in any region.

    The `B1` of a reissue may be left out. A family member, who has no certificate, is found by the citizen number.
    """
    tidy = tidy_number(number)
    statement = select(Person).where(Person.merged_into_id.is_(None), Person.name == name.strip())
    certificate_of = exists().where(DisabilityCertificate.person_id == Person.id)
    if len(tidy) == _CITIZEN_LENGTH:
        statement = statement.where(
            Person.citizen_number_index == blind_index(tidy),
            Person.family_member_of_id.is_not(None),
            ~certificate_of,
        )
    else:
        indexes = [blind_index(one) for one in number_candidates(tidy)]
        statement = statement.where(
            certificate_of.where(DisabilityCertificate.number_index.in_(indexes))
        )
    return db.session.scalar(statement.limit(1))


def certificate_on(person: Person, day: date) -> DisabilityCertificate | None:
    """The certificate in force on a day: the last one issued by then, unless it has expired."""
    newest = db.session.scalar(
        select(DisabilityCertificate)
        .where(DisabilityCertificate.person_id == person.id, DisabilityCertificate.issued_on <= day)
        .order_by(DisabilityCertificate.issued_on.desc(), DisabilityCertificate.id.desc())
        .limit(1)
    )
    return newest if newest is not None and day <= newest.expires_on else None


# The list


@dataclass(frozen=True, slots=True)
class ListFilter:
    """What the list of the register is narrowed to; empty means all."""

    words: str | None = None
    township: str | None = None
    category: Category | None = None
    flag: HouseholdFlag | None = None
    kind: str | None = None
    need: NeedKind | None = None
    unchecked: bool = False


def listed_persons(
    *, viewer: Actor, narrowed: ListFilter, today: date, working_age: WorkingAge
) -> Select[Any]:
    """Rows of the list: one per person, with the newest certificate and the names of the places."""
    township, village = aliased(Region), aliased(Region)
    columns: list[Any] = [
        Person.id,
        Person.name,
        Person.sex,
        Person.birth_date,
        Person.citizen_number,
        Person.phone,
        Person.residence_code,
        Person.hukou,
        Person.education,
        Person.zero_employment_household,
        Person.multiple_disabled_household,
        Person.poverty_monitored,
        Person.family_member_of_id,
        Person.deceased_on,
        _newest(DisabilityCertificate.category).label("category"),
        _newest(DisabilityCertificate.grade).label("grade"),
        _newest(DisabilityCertificate.expires_on).label("expires_on"),
        township.name.label("township"),
        village.name.label("village"),
    ]
    statement = (
        select(*columns)
        .select_from(Person)
        .outerjoin(township, township.code == func.left(Person.residence_code, 9))
        .outerjoin(
            village,
            and_(village.code == Person.residence_code, func.length(Person.residence_code) == 12),
        )
        .where(in_scope(viewer))
    )
    if narrowed.category is not None:
        statement = statement.where(_newest(DisabilityCertificate.category) == narrowed.category)
    return statement.where(*_conditions(narrowed, today, working_age))


def _newest(column: Any) -> Any:
    """A column of a person's newest certificate.

    NOTE: a subquery in the list of columns, so that it is asked for the rows of one page only and not by the count.
    """
    return (
        select(column)
        .where(DisabilityCertificate.person_id == Person.id)
        .order_by(DisabilityCertificate.issued_on.desc(), DisabilityCertificate.id.desc())
        .limit(1)
        .correlate(Person)
        .scalar_subquery()
    )


def _conditions(
    narrowed: ListFilter, today: date, working_age: WorkingAge
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if narrowed.words:
        found.append(_named(narrowed.words))
    if narrowed.township:
        found.append(Person.residence_code.startswith(narrowed.township, autoescape=True))
    if narrowed.flag is not None:
        found.append(getattr(Person, narrowed.flag.value).is_(True))
    if narrowed.kind == "family":
        found.append(Person.family_member_of_id.is_not(None))
    if narrowed.kind == "holder":
        found.append(Person.family_member_of_id.is_(None))
    if narrowed.need is not None:
        found.append(
            exists().where(
                NeedRegistration.person_id == Person.id,
                NeedRegistration.year == today.year,
                NeedRegistration.kind == narrowed.need,
            )
        )
    if narrowed.unchecked:
        found.append(_unchecked(today, working_age))
    return found


def _named(words: str) -> ColumnElement[bool]:
    """Part of the name as written, or the beginning of its pinyin or initials."""
    condition: ColumnElement[bool] = Person.name.contains(words, autoescape=True)
    key = search_key(words)
    if not key:
        return condition
    return or_(
        condition,
        Person.pinyin.startswith(key, autoescape=True),
        Person.initials.startswith(key, autoescape=True),
    )


def _unchecked(today: date, working_age: WorkingAge) -> ColumnElement[bool]:
    """Of working age, alive, holder of a certificate, and not checked this year."""
    male, female = (working_age.birth_dates(sex, today) for sex in (Sex.MALE, Sex.FEMALE))
    return and_(
        Person.deceased_on.is_(None),
        Person.family_member_of_id.is_(None),
        or_(
            and_(Person.sex == Sex.MALE, Person.birth_date.between(*male)),
            and_(Person.sex == Sex.FEMALE, Person.birth_date.between(*female)),
        ),
        ~exists().where(YearlyCheck.person_id == Person.id, YearlyCheck.year == today.year),
    )


def sort_columns() -> dict[str, Any]:
    """Columns that the list may be ordered by."""
    return {"name": Person.pinyin, "born": Person.birth_date, "residence": Person.residence_code}


def count_persons(viewer: Actor) -> int:
    """Persons in scope who are alive."""
    statement = select(func.count()).select_from(Person)
    return db.session.scalar(statement.where(in_scope(viewer), Person.deceased_on.is_(None))) or 0


def count_missing_checks(*, viewer: Actor, today: date, working_age: WorkingAge) -> int:
    """Persons whose yearly check is still to be made this year."""
    statement = select(func.count()).select_from(Person)
    return db.session.scalar(statement.where(in_scope(viewer), _unchecked(today, working_age))) or 0


def count_needs(*, viewer: Actor, year: int) -> dict[NeedKind, int]:
    """Persons in scope who told a need in a year, by its kind."""
    row = db.session.execute(
        select(
            *(
                func.count(case((NeedRegistration.kind == kind, NeedRegistration.person_id)))
                for kind in NeedKind
            )
        )
        .select_from(NeedRegistration)
        .join(Person, Person.id == NeedRegistration.person_id)
        .where(in_scope(viewer), NeedRegistration.year == year)
    ).one()
    return dict(zip(NeedKind, row, strict=True))


# Persons as the scope of a trainee's account


def scope_by_number_and_name(number: str, name: str) -> int | None:
    """The person whom an administrator, who may not see the register, names by number and name."""
    person = find_by_certificate(number=number, name=name)
    return None if person is None else person.id


def scope_label(person_id: int) -> str | None:
    """The masked name of a person."""
    name = db.session.scalar(select(Person.name).where(Person.id == person_id))
    return None if name is None else masked_name(name)
