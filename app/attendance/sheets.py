"""Columns of the attendance of a class as a workbook."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.attendance.queries import Trainee
from app.attendance.types import Hours, Mark
from app.platform.formats import date_short
from app.platform.sheets import Column


def grid_columns(sessions: Sequence[Any]) -> list[Column]:
    return [
        Column("姓名", 14),
        *(
            Column(f"{date_short(one.during.lower)} {one.lesson_hours} 课时", 14)
            for one in sessions
        ),
        Column("出勤课时", 10),
        Column("总课时", 10),
    ]


def grid_lines(
    trainees: Sequence[Trainee],
    sessions: Sequence[Any],
    marks: Mapping[int, Mapping[int, Mark]],
    hours: Mapping[int, Hours],
) -> Iterator[list[Any]]:
    for one in trainees:
        own = marks.get(one.enrolment_id, {})
        reckoned = hours[one.enrolment_id]
        yield [
            one.name,
            *(own.get(session.id) for session in sessions),
            reckoned.attended,
            reckoned.held,
        ]
