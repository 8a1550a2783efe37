"""Reads of administrative divisions."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import ColumnElement, and_, or_, select

from app.platform import clock
from app.platform.db import db
from app.regions.models import Region
from app.regions.rules import chain
from app.regions.types import RegionLevel


def find_region(code: str) -> Region | None:
    """A division, present or abolished."""
    return db.session.get(Region, code)


def region_names(codes: Iterable[str]) -> dict[str, str]:
    """Names by code, in one query; unknown codes are left out."""
    wanted = set(codes)
    if not wanted:
        return {}
    rows = db.session.execute(select(Region.code, Region.name).where(Region.code.in_(wanted)))
    return {row.code: row.name for row in rows}


def full_name(code: str) -> str:
    """辽宁省丹东市振兴区浪头镇; a part that is not known is shown as its code."""
    return full_names([code])[code]


def full_names(codes: Iterable[str]) -> dict[str, str]:
    """The same for several codes, in one query."""
    chains = {code: chain(code) for code in codes}
    names = region_names(part for parts in chains.values() for part in parts)
    return {
        code: "".join(names.get(part, part) for part in parts) or code
        for code, parts in chains.items()
    }


def township_choices(under: str, *, on: date | None = None) -> list[tuple[str, str]]:
    """(code, name) of the townships in a region that exist on a day, today by default."""
    return _choices([RegionLevel.TOWNSHIP], under, on)


def federation_choices(*, on: date | None = None) -> list[tuple[str, str]]:
    """(code, name) of the regions that have a federation of their own: provinces, cities and districts."""
    return _choices([RegionLevel.PROVINCE, RegionLevel.CITY, RegionLevel.DISTRICT], "", on)


def _choices(levels: list[RegionLevel], under: str, on: date | None) -> list[tuple[str, str]]:
    statement = (
        select(Region.code, Region.name)
        .where(
            Region.level.in_(levels),
            Region.code.startswith(under, autoescape=True),
            exists_on(on or clock.today()),
        )
        .order_by(Region.code)
    )
    return [(row.code, row.name) for row in db.session.execute(statement)]


def exists_on(day: date) -> ColumnElement[bool]:
    """Condition that a division exists on a day; `valid_to` is the first day it no longer does."""
    return and_(
        or_(Region.valid_from.is_(None), Region.valid_from <= day),
        or_(Region.valid_to.is_(None), Region.valid_to > day),
    )
