"""Where persons live: choices within an office's scope, and names."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select

from app.platform.access import Actor
from app.platform.db import db
from app.regions.models import Region

_TOWNSHIP_LENGTH = 9
_VILLAGE_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Place:
    """A township or village that a person can live in."""

    code: str
    label: str


def residence_choices(viewer: Actor, *, as_of: date, current: str | None = None) -> list[Place]:
    """Townships and villages of the viewer's scope that exist on a day, and the one that is chosen already."""
    exists_on = or_(Region.valid_to.is_(None), Region.valid_to > as_of)
    rows = db.session.execute(
        select(Region.code, Region.name)
        .where(
            func.length(Region.code).in_((_TOWNSHIP_LENGTH, _VILLAGE_LENGTH)),
            or_(
                Region.code.startswith(viewer.region_code or "-") & exists_on,
                Region.code == (current or ""),
            ),
        )
        .order_by(Region.code)
    ).all()
    names = {row.code: row.name for row in rows}
    if viewer.region_code and len(viewer.region_code) == _VILLAGE_LENGTH:
        names |= {one.code: one.label for one in township_choices(viewer, as_of=as_of)}
    return [Place(code, _label(code, names)) for code, _ in rows]


def _label(code: str, names: dict[str, str]) -> str:
    above = names.get(code[:_TOWNSHIP_LENGTH])
    return f"{above} {names[code]}" if above and len(code) > _TOWNSHIP_LENGTH else names[code]


def township_choices(viewer: Actor, *, as_of: date) -> list[Place]:
    """Townships that the viewer looks after; for an auditor all."""
    scope = viewer.region_code or ""
    rows = db.session.execute(
        select(Region.code, Region.name)
        .where(
            func.length(Region.code) == _TOWNSHIP_LENGTH,
            Region.code.startswith(scope[:_TOWNSHIP_LENGTH]),
            or_(Region.valid_to.is_(None), Region.valid_to > as_of),
        )
        .order_by(Region.code)
    ).all()
    return [Place(code, name) for code, name in rows]


def place_names(codes: Iterable[str]) -> dict[str, str]:
    """Full names of residences, township first; a code that is not known names itself."""
    wanted = set(codes)
    parts = {code[:length] for code in wanted for length in (_TOWNSHIP_LENGTH, _VILLAGE_LENGTH)}
    rows = db.session.execute(select(Region.code, Region.name).where(Region.code.in_(parts))).all()
    names = {row.code: row.name for row in rows}
    return {code: _label(code, names) if code in names else code for code in wanted}


def is_known_region(code: str) -> bool:
    """Whether a division of this code is or was in the table."""
    return db.session.scalar(select(Region.code).where(Region.code == code)) is not None
