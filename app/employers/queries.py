"""Reads of employing units."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, false, or_, select

from app.employers.models import Employer
from app.employers.types import EmployerKind
from app.platform.access import Actor, Role
from app.platform.db import db
from app.regions.models import Region
from app.regions.types import RegionLevel

#: What the list shows of each employer.
ROW: tuple[Any, ...] = (
    Employer.id,
    Employer.name,
    Employer.credit_code,
    Employer.kind,
    Employer.posts,
    Region.name.label("region"),
)


def area(viewer: Actor) -> str | None:
    """Prefix of the region whose employers the viewer works with; None where the viewer may see none.

    A township works with the employers of its whole district, since people do not stop at its border to work.
    """
    match viewer.role:
        case Role.FEDERATION:
            return viewer.region_code
        case Role.TOWNSHIP:
            return (viewer.region_code or "")[:6] or None
        case Role.AUDITOR:
            return ""
    return None


def _scope(viewer: Actor) -> Any:
    prefix = area(viewer)
    return false() if prefix is None else Employer.region_code.startswith(prefix, autoescape=True)


def visible_employers(viewer: Actor) -> Select[Any]:
    """Employers that the viewer may see."""
    return select(Employer).where(_scope(viewer))


def find_employer(*, viewer: Actor, employer_id: int) -> Employer | None:
    """One employer."""
    found: Employer | None = db.session.scalar(
        visible_employers(viewer).where(Employer.id == employer_id)
    )
    return found


def employer_rows(
    viewer: Actor, *, words: str | None = None, kind: EmployerKind | None = None
) -> Select[Any]:
    """Rows of the list."""
    statement = select(*ROW).join(Region, Region.code == Employer.region_code).where(_scope(viewer))
    if words and _clean(words):
        statement = statement.where(_matches(_clean(words)))
    if kind is not None:
        statement = statement.where(Employer.kind == kind)
    return statement


def region_name(code: str) -> str:
    """Name of a region; the code where it is unknown."""
    return db.session.scalar(select(Region.name).where(Region.code == code)) or code


def places(viewer: Actor) -> Sequence[tuple[str, str]]:
    """Districts and townships of today in which the viewer may register an employer: (code, name)."""
    prefix = area(viewer)
    if not prefix:
        return ()
    rows = db.session.execute(
        select(Region.code, Region.name)
        .where(
            Region.code.startswith(prefix, autoescape=True),
            Region.level.in_((RegionLevel.DISTRICT, RegionLevel.TOWNSHIP)),
            Region.valid_to.is_(None),
        )
        .order_by(Region.code)
    )
    return [(row.code, row.name) for row in rows]


def _clean(text: str) -> str:
    return text.replace("\0", "").strip()


def _matches(words: str) -> Any:
    code = words.replace(" ", "").upper()
    return or_(
        Employer.name.contains(words, autoescape=True),
        Employer.credit_code.startswith(code, autoescape=True),
    )
