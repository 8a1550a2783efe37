"""Columns of the Excel exports."""

from collections.abc import Iterable, Iterator
from typing import Any

from app.platform.sheets import Column

FOLLOW_UP_COLUMNS = (
    Column("姓名", 12),
    Column("镇街", 14),
    Column("培训班期", 32),
    Column("结业后第几个月", 10),
    Column("应回访日期", 14),
    Column("未联系上次数", 10),
    Column("结果", 18),
    Column("回访日期", 14),
    Column("方式", 12),
)

SPELL_COLUMNS = (
    Column("姓名", 12),
    Column("镇街", 14),
    Column("就业形式", 20),
    Column("工作单位", 32),
    Column("岗位", 16),
    Column("开始日", 14),
    Column("结束日", 14),
    Column("结束原因", 24),
    Column("月收入（元）", 12),
    Column("合同期限（月）", 10),
    Column("参保月数", 10),
    Column("对应培训", 32),
    Column("证明等级", 24),
    Column("状态", 12),
)


def follow_up_cells(rows: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """One line a follow-up. No telephone: a file travels further than a page."""
    for row in rows:
        yield (
            row.name,
            row.township,
            row.title,
            row.months,
            row.due_on,
            row.attempts,
            row.outcome,
            row.closed_on,
            row.method,
        )


def spell_cells(rows: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """One line a spell."""
    for row in rows:
        yield (
            row.name,
            row.township,
            row.form,
            row.workplace,
            row.post,
            row.started_on,
            row.ended_on,
            row.end_reason,
            row.monthly_wage,
            row.contract_months,
            row.insurance_months,
            row.title,
            row.grade,
            row.state,
        )
