"""Keeping the list of administrative divisions."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from app.platform import eventlog
from app.platform.access import SYSTEM, Actor
from app.platform.db import db
from app.platform.errors import DomainError
from app.regions.models import Region
from app.regions.rules import is_code, parent_of
from app.regions.types import LEVEL_BY_LENGTH, RegionRow


def read_rows(lines: Iterable[Mapping[str, str]]) -> list[RegionRow]:
    """Rows of a list of codes with the columns code, name, valid_from, valid_to.

    Raises DomainError naming the line of each fault; nothing is taken from a list with faults.
    """
    rows: list[RegionRow] = []
    faults: list[str] = []
    for number, line in enumerate(lines, start=2):
        code, name = (line.get("code") or "").strip(), (line.get("name") or "").strip()
        if not is_code(code):
            faults.append(f"第 {number} 行：区划代码“{code}”应为 2、4、6、9 或 12 位数字。")
        elif not name:
            faults.append(f"第 {number} 行：没有名称。")
        else:
            try:
                rows.append(RegionRow(code, name, _day(line, "valid_from"), _day(line, "valid_to")))
            except ValueError:
                faults.append(f"第 {number} 行：日期应写成 2020-12-31。")
    if faults:
        raise DomainError("".join(faults))
    return rows


def _day(line: Mapping[str, str], column: str) -> date | None:
    text = (line.get(column) or "").strip()
    return date.fromisoformat(text) if text else None


def load_regions(*, rows: Sequence[RegionRow], actor: Actor = SYSTEM) -> tuple[int, int]:
    """Add or update divisions; (added, changed). Those not in `rows` stay: history is never deleted.

    Raises DomainError where a division lies in one that is neither there nor in `rows`.
    """
    added = changed = 0
    for row in sorted(rows, key=lambda row: (len(row.code), row.code)):
        parent = parent_of(row.code)
        if parent is not None and db.session.get(Region, parent) is None:
            raise DomainError(
                f"“{row.name}”（{row.code}）的上级区划 {parent} 没有登记，请先登记上级。"
            )
        region = db.session.get(Region, row.code)
        if region is None:
            region = Region(code=row.code, level=LEVEL_BY_LENGTH[len(row.code)], parent_code=parent)
            db.session.add(region)
            added += 1
        elif (region.name, region.valid_from, region.valid_to) != (
            row.name,
            row.valid_from,
            row.valid_to,
        ):
            changed += 1
        region.name, region.valid_from, region.valid_to = row.name, row.valid_from, row.valid_to
        db.session.flush()
    if added or changed:
        eventlog.record(
            actor=actor, action="regions.loaded", detail={"added": added, "changed": changed}
        )
    return added, changed
