"""Properties of numbers and ages."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.people.rules import (
    WorkingAge,
    check_character,
    parse_certificate_number,
    parse_citizen_number,
    spell,
)
from app.people.types import Category, Sex
from app.platform.errors import DomainError

TODAY = date(2026, 3, 1)
births = st.dates(date(1900, 1, 1), TODAY)


@st.composite
def citizen_numbers(draw: st.DrawFn) -> str:
    region = draw(st.integers(110000, 820000))
    order = draw(st.integers(0, 999))
    digits = f"{region}{draw(births):%Y%m%d}{order:03d}"
    return digits + check_character(digits)


@given(citizen_numbers())
def test_any_well_formed_number_is_read(number: str) -> None:
    read = parse_citizen_number(number, as_of=TODAY)
    assert f"{read.birth_date:%Y%m%d}" == number[6:14]
    assert (read.sex is Sex.MALE) == (int(number[16]) % 2 == 1)


@given(citizen_numbers(), st.integers(0, 17), st.sampled_from("0123456789X"))
def test_any_single_changed_character_is_caught(number: str, place: int, other: str) -> None:
    if number[place] == other:
        return
    with pytest.raises(DomainError):
        parse_citizen_number(number[:place] + other + number[place + 1 :], as_of=TODAY)


@given(citizen_numbers(), st.integers(0, 15))
def test_any_two_neighbours_that_changed_places_are_caught(number: str, place: int) -> None:
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if swapped == number:
        return
    with pytest.raises(DomainError):
        parse_citizen_number(swapped, as_of=TODAY)


@given(
    citizen_numbers(),
    st.integers(1, 7),
    st.integers(1, 4),
    st.sampled_from(["", *(f"B{issue}" for issue in range(1, 10))]),
)
def test_any_certificate_number_is_read(number: str, category: int, grade: int, issue: str) -> None:
    read = parse_certificate_number(f"{number}{category}{grade}{issue}", as_of=TODAY)
    assert read.category is list(Category)[category - 1]
    assert read.grade == grade
    assert read.citizen.text == number


@given(st.text(max_size=24))
def test_no_text_breaks_the_reader(text: str) -> None:
    for parse in (parse_citizen_number, parse_certificate_number):
        with suppress(DomainError):
            parse(text, as_of=TODAY)


@given(births, st.dates(date(1990, 1, 1), date(2060, 12, 31)), st.sampled_from(Sex))
def test_birth_dates_of_working_age_agree_with_the_rule(birth: date, day: date, sex: Sex) -> None:
    rule = WorkingAge()
    earliest, latest = rule.birth_dates(sex, day)
    assert (earliest <= birth <= latest) == rule.includes(sex=sex, birth_date=birth, day=day)


@given(st.text(min_size=1, max_size=80))
def test_no_name_breaks_the_spelling(name: str) -> None:
    spelled = spell(name)
    assert len(spelled.pinyin) <= 200
    assert len(spelled.initials) <= 40
