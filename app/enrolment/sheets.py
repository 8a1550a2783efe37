"""Columns of the roster as a workbook."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.enrolment.models import Accommodation
from app.platform.formats import masked_phone
from app.platform.sheets import Column

_ALL = (
    Column("姓名", 14),
    Column("电话", 16),
    Column("状态", 8),
    Column("报名时间", 18),
    Column("报名方式", 14),
    Column("需要的帮助", 40),
)
_DIAGNOSES = (Column("镇街", 14), Column("残疾类别", 10), Column("残疾等级", 10))


def roster_columns(*, diagnoses: bool) -> list[Column]:
    """A base's workbook has no column that tells category, grade or residence."""
    return [*_ALL, *(_DIAGNOSES if diagnoses else ())]


def roster_lines(
    rows: Iterable[Any], needs: Mapping[int, Sequence[Accommodation]], *, diagnoses: bool
) -> Iterator[list[Any]]:
    for row in rows:
        line = [
            row.name,
            masked_phone(row.phone) if row.phone else "",
            row.state,
            row.applied_at,
            row.applied_by,
            "；".join(_spoken(need) for need in needs.get(row.id, ())),
        ]
        if diagnoses:
            line += [row.township or "", row.category, row.grade]
        yield line


def _spoken(need: Accommodation) -> str:
    answer = f"，{need.answer}" if need.answer else ""
    return f"{need.kind.label}（{need.state.label}{answer}）"
