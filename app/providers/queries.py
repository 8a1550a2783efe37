"""Reads of training bases, within what the viewer may see."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, exists, false, func, or_, select
from sqlalchemy.orm import selectinload

from app.platform.access import Actor, Role
from app.platform.db import db
from app.providers.models import Accreditation, Provider, Teacher, TeacherQualification, Venue
from app.providers.types import TrainingKind
from app.regions.models import Region
from app.regions.types import RegionLevel


def visible_providers(viewer: Actor) -> Select[Any]:
    """Bases that the viewer may see: the federation those of its region, a base itself, auditors all."""
    statement = select(Provider)
    match viewer.role:
        case Role.FEDERATION:
            return statement.where(
                Provider.region_code.startswith(viewer.region_code or "-", autoescape=True)
            )
        case Role.TOWNSHIP:
            # A township sends its people to every base of its district.
            return statement.where(
                Provider.region_code.startswith((viewer.region_code or "-")[:6], autoescape=True)
            )
        case Role.PROVIDER:
            return statement.where(Provider.id == viewer.provider_id)
        case Role.AUDITOR | Role.SYSADMIN:
            return statement
        case _:
            return statement.where(false())


def find_provider(*, viewer: Actor, provider_id: int) -> Provider | None:
    """One base with its accreditations, venues, teachers and their qualifications."""
    found: Provider | None = db.session.scalar(
        visible_providers(viewer)
        .where(Provider.id == provider_id)
        .options(
            selectinload(Provider.accreditations),
            selectinload(Provider.venues),
            selectinload(Provider.teachers).selectinload(Teacher.qualifications),
        )
    )
    return found


def find_accreditation(*, viewer: Actor, accreditation_id: int) -> Accreditation | None:
    found: Accreditation | None = _within(viewer, Accreditation, accreditation_id)
    return found


def find_venue(*, viewer: Actor, venue_id: int) -> Venue | None:
    found: Venue | None = _within(viewer, Venue, venue_id)
    return found


def find_teacher(*, viewer: Actor, teacher_id: int) -> Teacher | None:
    found: Teacher | None = _within(viewer, Teacher, teacher_id)
    return found


def find_qualification(*, viewer: Actor, qualification_id: int) -> TeacherQualification | None:
    bases = visible_providers(viewer).with_only_columns(Provider.id)
    return db.session.scalar(
        select(TeacherQualification)
        .join(TeacherQualification.teacher)
        .where(TeacherQualification.id == qualification_id, Teacher.provider_id.in_(bases))
    )


def _within(viewer: Actor, model: Any, key: int) -> Any:
    bases = visible_providers(viewer).with_only_columns(Provider.id)
    return db.session.scalar(select(model).where(model.id == key, model.provider_id.in_(bases)))


def provider_list(
    *, viewer: Actor, as_of: date, text: str | None = None, kind: TrainingKind | None = None
) -> Select[Any]:
    """Rows of the list: the base with its accreditation on `as_of`, if any; ordered by the route."""
    scope = visible_providers(viewer).with_only_columns(Provider.id)
    current = (Accreditation.valid_from <= as_of) & (Accreditation.valid_to >= as_of)
    statement: Select[Any] = (
        select(
            Provider.id,
            Provider.name,
            Provider.credit_code,
            Region.name.label("region"),
            Accreditation.valid_to,
            Accreditation.kinds,
            _count(Venue).label("venues"),
            _count(Teacher).label("teachers"),
        )
        .join(Region, Region.code == Provider.region_code)
        .outerjoin(Accreditation, (Accreditation.provider_id == Provider.id) & current)
        .where(Provider.id.in_(scope))
    )
    if text:
        statement = statement.where(
            or_(
                Provider.name.icontains(text, autoescape=True),
                Provider.credit_code.startswith(text.upper(), autoescape=True),
            )
        )
    if kind is not None:
        statement = statement.where(Accreditation.kinds.contains([kind.value]))
    return statement


def _count(model: Any) -> Any:
    return (
        select(func.count())
        .select_from(model)
        .where(model.provider_id == Provider.id)
        .correlate(Provider)
        .scalar_subquery()
    )


def accredited_kinds(provider_id: int, day: date) -> frozenset[TrainingKind]:
    """Kinds a base may train on `day`."""
    kinds = db.session.scalar(
        select(Accreditation.kinds).where(
            Accreditation.provider_id == provider_id,
            Accreditation.valid_from <= day,
            Accreditation.valid_to >= day,
        )
    )
    return frozenset(kind for kind in TrainingKind if kind.value in (kinds or ()))


def accreditation_periods(provider_id: int) -> Sequence[Accreditation]:
    """All periods of a base, oldest first."""
    return db.session.scalars(
        select(Accreditation)
        .where(Accreditation.provider_id == provider_id)
        .order_by(Accreditation.valid_from)
    ).all()


def overlapping_accreditation(
    *, provider_id: int, valid_from: date, valid_to: date, besides: int | None = None
) -> Accreditation | None:
    """The first other period of the base that shares a day with this one."""
    return db.session.scalar(
        select(Accreditation)
        .where(
            Accreditation.provider_id == provider_id,
            Accreditation.valid_from <= valid_to,
            Accreditation.valid_to >= valid_from,
            Accreditation.id != (besides or 0),
        )
        .order_by(Accreditation.valid_from)
        .limit(1)
    )


def accreditations_ending(*, viewer: Actor, since: date, until: date) -> int:
    """How many bases in view have an accreditation that ends in the period and none after it."""
    later = Accreditation.__table__.alias("later")
    scope = visible_providers(viewer).with_only_columns(Provider.id)
    return (
        db.session.scalar(
            select(func.count()).where(
                Accreditation.provider_id.in_(scope),
                Accreditation.valid_to.between(since, until),
                ~exists().where(
                    later.c.provider_id == Accreditation.provider_id,
                    later.c.valid_from > Accreditation.valid_to,
                ),
            )
        )
        or 0
    )


def venues_of(provider_id: int, *, open_on: date) -> Sequence[Venue]:
    """Venues of a base that are not closed on that day."""
    return db.session.scalars(
        select(Venue)
        .where(
            Venue.provider_id == provider_id,
            or_(Venue.closed_on.is_(None), Venue.closed_on > open_on),
        )
        .order_by(Venue.name)
    ).all()


def teachers_of(provider_id: int, *, present_on: date) -> Sequence[Teacher]:
    """Teachers of a base who have not left by that day."""
    return db.session.scalars(
        select(Teacher)
        .where(
            Teacher.provider_id == provider_id,
            or_(Teacher.left_on.is_(None), Teacher.left_on > present_on),
        )
        .order_by(Teacher.name, Teacher.id)
    ).all()


def provider_choices(viewer: Actor) -> list[tuple[int, str]]:
    """Id and name of every base in view, for a filter."""
    return [(row.id, row.name) for row in db.session.execute(_choices(viewer))]


@lru_cache(maxsize=256)
def _choices(viewer: Actor) -> Select[int, str]:
    """Kept for the lists that are filtered by a base: building it takes longer than running it."""
    statement = visible_providers(viewer).with_only_columns(Provider.id, Provider.name)
    return statement.order_by(Provider.name)


def region_choices(viewer: Actor, *, as_of: date) -> list[tuple[str, str]]:
    """Districts and townships in which the viewer may enter a base."""
    rows = db.session.execute(
        select(Region.code, Region.name)
        .where(
            Region.code.startswith(viewer.region_code or "-", autoescape=True),
            Region.level.in_([RegionLevel.DISTRICT, RegionLevel.TOWNSHIP]),
            or_(Region.valid_to.is_(None), Region.valid_to > as_of),
        )
        .order_by(Region.code)
    )
    return [(row.code, row.name) for row in rows]


def region_name(code: str) -> str:
    """Name of a region; the code where it is unknown."""
    return db.session.scalar(select(Region.name).where(Region.code == code)) or code


def find_open_venue(
    *, provider_id: int, venue_id: int, open_on: date, hold: bool = False
) -> Venue | None:
    """A venue of this base that is not closed by that day.

    With `hold`, nobody else plans it until the transaction ends: who comes second sees what the first planned.
    """
    statement = select(Venue).where(
        Venue.id == venue_id,
        Venue.provider_id == provider_id,
        or_(Venue.closed_on.is_(None), Venue.closed_on > open_on),
    )
    return db.session.scalar(statement.with_for_update(key_share=True) if hold else statement)


def find_present_teacher(
    *, provider_id: int, teacher_id: int, present_on: date, hold: bool = False
) -> Teacher | None:
    """A teacher of this base who has not left by that day; `hold` as for a venue."""
    statement = select(Teacher).where(
        Teacher.id == teacher_id,
        Teacher.provider_id == provider_id,
        or_(Teacher.left_on.is_(None), Teacher.left_on > present_on),
    )
    return db.session.scalar(statement.with_for_update(key_share=True) if hold else statement)


def scope_choices() -> list[tuple[int, str]]:
    """(id, name) of all bases: what the administrator of accounts may grant."""
    rows = db.session.execute(
        select(Provider.id, Provider.name).order_by(Provider.name, Provider.id)
    )
    return [(row.id, row.name) for row in rows]


def scope_label(provider_id: int) -> str | None:
    """Name of a base, for a role that is bound to it."""
    return db.session.scalar(select(Provider.name).where(Provider.id == provider_id))
