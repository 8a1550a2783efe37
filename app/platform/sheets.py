"""Excel workbooks: text is always text, so that a cell beginning with = + - @ stays inert."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any

import xlsxwriter

from app.platform.clock import SHANGHAI

_FORMATS: dict[type, str] = {date: "yyyy-mm-dd", datetime: "yyyy-mm-dd hh:mm", time: "hh:mm"}


@dataclass(frozen=True)
class Column:
    """A column: its heading and its width in characters."""

    heading: str
    width: int = 16


@dataclass(frozen=True)
class Sheet:
    """One sheet: a heading row and the rows under it; `rows` may be an iterator."""

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]] = field(repr=False)


def notes_sheet(notes: Sequence[str]) -> Sheet:
    """A sheet of remarks: definition, filter, date."""
    return Sheet("说明", [Column("说明", 100)], [[note] for note in notes])


def workbook(sheets: Sequence[Sheet]) -> io.BytesIO:
    """The file's content. Rows are written as they come and never held together; moments in Asia/Shanghai."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    formats = {kind: book.add_format({"num_format": code}) for kind, code in _FORMATS.items()}
    heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
    for described in sheets:
        sheet = book.add_worksheet(described.title)
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(described.columns):
            sheet.set_column(place, place, column.width)
            sheet.write_string(0, place, column.heading, heading)
        for number, row in enumerate(described.rows, start=1):
            for place, value in enumerate(row):
                _write_cell(sheet, number, place, value, formats)
    book.close()
    target.seek(0)
    return target


def _write_cell(sheet: Any, row: int, place: int, value: Any, formats: dict[type, Any]) -> None:
    if value is None or value == "":
        return
    if isinstance(value, Enum):
        sheet.write_string(row, place, str(getattr(value, "label", value.value)))
    elif isinstance(value, bool):
        sheet.write_string(row, place, "是" if value else "否")
    elif isinstance(value, int | float | Decimal):
        sheet.write_number(row, place, value)
    elif isinstance(value, datetime):
        sheet.write_datetime(
            row, place, value.astimezone(SHANGHAI).replace(tzinfo=None), formats[datetime]
        )
    elif isinstance(value, date):
        sheet.write_datetime(row, place, value, formats[date])
    elif isinstance(value, time):
        sheet.write_datetime(row, place, value, formats[time])
    else:
        sheet.write_string(row, place, str(value))
