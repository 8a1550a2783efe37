"""How values are written, in messages, pages and files: dates, money, rates, and numbers that are partly hidden."""

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from app.platform.clock import SHANGHAI

_WEEKDAYS = "一二三四五六日"
NOTHING = "—"


def local(moment: datetime) -> datetime:
    """An aware moment in Asia/Shanghai; a naive one is a mistake."""
    if moment.tzinfo is None:
        raise ValueError("a moment without time zone cannot be shown")
    return moment.astimezone(SHANGHAI)


def _day(value: date | datetime) -> date:
    return local(value).date() if isinstance(value, datetime) else value


def day_zh(day: date) -> str:
    """2024年3月1日."""
    return f"{day.year}年{day.month}月{day.day}日"


def date_zh(value: date | datetime | None, weekday: bool = True) -> str:
    """2024年3月1日 周五."""
    if value is None:
        return NOTHING
    day = _day(value)
    return f"{day_zh(day)} 周{_WEEKDAYS[day.weekday()]}" if weekday else day_zh(day)


def date_short(value: date | datetime | None) -> str:
    """3月11日 周一, where the year is plain from the context."""
    if value is None:
        return NOTHING
    day = _day(value)
    return f"{day.month}月{day.day}日 周{_WEEKDAYS[day.weekday()]}"


def datetime_zh(value: datetime | None) -> str:
    """2024年3月1日 周五 14:05."""
    return NOTHING if value is None else f"{date_zh(value)} {local(value):%H:%M}"


def clock_time(value: datetime | time | None) -> str:
    """8:30."""
    if value is None:
        return NOTHING
    shown = local(value) if isinstance(value, datetime) else value
    return f"{shown.hour}:{shown.minute:02}"


def time_range(start: datetime | time | None, end: datetime | time | None) -> str:
    """8:30-11:30."""
    return f"{clock_time(start)}-{clock_time(end)}"


def date_range(start: date | None, end: date | None) -> str:
    """2024年3月1日 周五 至 2024年3月8日 周五; an open end is 长期."""
    return f"{date_zh(start)} 至 {date_zh(end) if end else '长期'}"


def money(value: Decimal | int | None) -> str:
    """1,234.50 元."""
    if value is None:
        return NOTHING
    return f"{Decimal(value).quantize(Decimal('0.01'), ROUND_HALF_UP):,} 元"


def rate(numerator: int | None, denominator: int | None, places: int = 1) -> str:
    """65.0 %, rounded half up to `places` decimals; — where there is nothing to divide by."""
    if numerator is None or not denominator:
        return NOTHING
    percent = Decimal(100 * numerator) / denominator
    return f"{percent.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)} %"


def number_zh(value: int | Decimal | None) -> str:
    """1,234."""
    return NOTHING if value is None else f"{value:,}"


def masked_number(value: str | None) -> str:
    """An identity or certificate number with birth date, category and grade hidden: 210603********0014."""
    if not value:
        return NOTHING
    if len(value) < 15:
        return (
            value[:2] + "*" * (len(value) - 4) + value[-2:] if len(value) > 4 else "*" * len(value)
        )
    return f"{value[:6]}********{value[14:18]}{'*' * max(0, len(value) - 18)}"


def masked_phone(value: str | None) -> str:
    """138****0001."""
    if not value:
        return NOTHING
    return f"{value[:3]}****{value[-4:]}" if len(value) >= 10 else "*" * len(value)


def masked_name(value: str | None) -> str:
    """王**: the family name alone, for the public."""
    return value[0] + "*" * min(max(len(value) - 1, 1), 2) if value else NOTHING


def in_groups(value: str | None) -> str:
    """A full number in groups that the eye can follow: 210603 1980 0101 0014 42."""
    if not value:
        return NOTHING
    parts = (value[start:end] for start, end in pairwise((0, 6, 10, 14, 18, 20, 22)))
    return " ".join(part for part in parts if part)


def or_dash(value: Any) -> Any:
    """The value, or — for None and empty text (zero stays zero); an enum by its Chinese name."""
    if value is None or value == "":
        return NOTHING
    return getattr(value, "label", value)


def nice_top(value: float) -> float:
    """End of a chart's scale: the next of 2, 4, 6, 8, 10, 20 … so that its middle is a round number too."""
    step = 1.0
    while value > 10 * step:
        step *= 10
    return next(factor * step for factor in (2, 4, 6, 8, 10) if value <= factor * step)


#: As Jinja knows them.
FILTERS: dict[str, Callable[..., Any]] = {
    "clock_time": clock_time,
    "date_range": date_range,
    "date_short": date_short,
    "date_zh": date_zh,
    "datetime_zh": datetime_zh,
    "in_groups": in_groups,
    "masked_name": masked_name,
    "masked_number": masked_number,
    "masked_phone": masked_phone,
    "money": money,
    "nice_top": nice_top,
    "number_zh": number_zh,
    "or_dash": or_dash,
    "rate": rate,
    "time_range": time_range,
}
