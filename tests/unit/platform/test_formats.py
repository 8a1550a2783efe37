"""How values are written."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.platform import formats


def test_dates_are_written_with_their_weekday_in_china() -> None:
    assert formats.date_zh(date(2024, 3, 1)) == "2024年3月1日 周五"
    assert formats.date_short(date(2024, 3, 11)) == "3月11日 周一"
    # 17:00 UTC is past midnight in Shanghai.
    assert formats.date_zh(datetime(2024, 2, 29, 17, 0, tzinfo=UTC)) == "2024年3月1日 周五"
    assert formats.datetime_zh(datetime(2024, 3, 1, 6, 5, tzinfo=UTC)) == "2024年3月1日 周五 14:05"
    assert formats.date_range(date(2024, 3, 1), None) == "2024年3月1日 周五 至 长期"
    assert formats.date_zh(None) == "—"


def test_a_moment_without_time_zone_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="time zone"):
        formats.datetime_zh(datetime(2024, 3, 1, 6, 5))  # noqa: DTZ001


def test_times_and_money() -> None:
    assert formats.time_range(time(8, 30), time(11, 30)) == "8:30-11:30"
    assert formats.money(Decimal("1234.5")) == "1,234.50 元"
    assert formats.money(None) == "—"


@pytest.mark.parametrize(
    ("numerator", "denominator", "written"),
    [
        (26, 40, "65.0 %"),
        (1, 8, "12.5 %"),
        (1, 2000, "0.1 %"),
        (2, 3, "66.7 %"),
        (0, 5, "0.0 %"),
        (0, 0, "—"),
        (None, 4, "—"),
        (3, None, "—"),
        (5, 5, "100.0 %"),
    ],
)
def test_a_rate_rounds_half_up_and_never_divides_by_nothing(
    numerator: int | None, denominator: int | None, written: str
) -> None:
    assert formats.rate(numerator, denominator) == written


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_rate_is_the_exact_one_to_half_a_tenth(numerator: int, denominator: int) -> None:
    written = Decimal(formats.rate(numerator, denominator).removesuffix(" %"))
    exact = Decimal(100 * numerator) / denominator
    assert abs(written - exact) <= Decimal("0.05")


def test_a_masked_number_shows_neither_birth_date_nor_category_nor_grade() -> None:
    assert formats.masked_number("21060319800101001442") == "210603********0014**"
    assert formats.masked_number("210603198001010014") == "210603********0014"
    assert formats.masked_phone("13800138000") == "138****8000"
    assert formats.masked_phone("2345") == "****"
    assert formats.masked_name("买买提·吐尔逊") == "买**"
    assert formats.masked_name("王") == "王*"
    assert formats.masked_number(None) == "—"
    assert formats.in_groups("21060319800101001442") == "210603 1980 0101 0014 42"
