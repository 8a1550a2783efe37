"""Excel columns of courses and classes."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from app.platform.sheets import Column

COURSES: Sequence[Column] = (
    Column("编号", 12),
    Column("课程", 30),
    Column("培训类别", 20),
    Column("领域", 18),
    Column("职业（工种）", 18),
    Column("等级", 16),
    Column("理论课时", 10),
    Column("实操课时", 10),
    Column("最低出勤比例（%）", 12),
    Column("需要考核", 10),
    Column("证书名称", 16),
    Column("停开日期", 12),
)

CLASSES: Sequence[Column] = (
    Column("班号", 16),
    Column("班期", 30),
    Column("课程", 26),
    Column("培训类别", 20),
    Column("培训基地", 26),
    Column("开课日期", 12),
    Column("结束日期", 12),
    Column("计划招收", 10),
    Column("已报名", 10),
    Column("状态", 10),
)


def course_rows(rows: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        yield (
            row.code,
            row.title,
            row.kind,
            row.field,
            row.occupation,
            row.level,
            row.theory_hours,
            row.practice_hours,
            row.minimum_attendance,
            row.assessment_required,
            row.certificate_title,
            row.retired_on,
        )


def class_rows(rows: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        yield (
            row.number,
            row.title,
            row.course,
            row.kind,
            row.provider,
            row.starts_on,
            row.ends_on,
            row.capacity,
            row.seats_taken,
            row.state,
        )
