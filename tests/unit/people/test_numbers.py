"""Rules of identity and certificate numbers, with the published vectors."""

from datetime import date

import pytest

from app.people.rules import (
    check_certificate,
    check_same_citizen,
    number_candidates,
    parse_certificate_number,
    parse_citizen_number,
    tidy_number,
)
from app.people.types import Category, Sex
from app.platform.errors import DomainError

TODAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("number", "birth_date", "sex"),
    [
        ("210603198001010014", date(1980, 1, 1), Sex.MALE),
        ("21060319720229002X", date(1972, 2, 29), Sex.FEMALE),
        ("21060319900101006X", date(1990, 1, 1), Sex.FEMALE),
    ],
)
def test_valid_citizen_numbers(number: str, birth_date: date, sex: Sex) -> None:
    read = parse_citizen_number(number, as_of=TODAY)
    assert (read.text, read.birth_date, read.sex) == (number, birth_date, sex)


@pytest.mark.parametrize(
    "typed", ["21060319720229002x", "210603 1972 0229 002X", "２１０６０３１９７２０２２９００２Ｘ"]
)
def test_numbers_are_read_as_offices_type_them(typed: str) -> None:
    assert parse_citizen_number(typed, as_of=TODAY).text == "21060319720229002X"


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("210603197002290017", "第 7 至 14 位不是真实的出生日期"),
        ("210603198001010015", "第 18 位应为 4"),
        ("21060319800101001", "应为 18 位"),
        ("2106031980010100140", "应为 18 位"),
        ("2106031980010A0014", "应为 18 位"),
        ("", "应为 18 位"),
        ("٢١٠٦٠٣١٩٨٠٠١٠١٠٠١٤", "应为 18 位"),
    ],
)
def test_invalid_citizen_numbers_say_which_part(number: str, told: str) -> None:
    with pytest.raises(DomainError, match=told):
        parse_citizen_number(number, as_of=TODAY)


def test_nobody_is_born_tomorrow() -> None:
    number = "210603198001010014"
    assert parse_citizen_number(number, as_of=date(1980, 1, 1))
    with pytest.raises(DomainError, match="不晚于今天"):
        parse_citizen_number(number, as_of=date(1979, 12, 31))


@pytest.mark.parametrize("number", ["21060319800101001442", "21060319800101001442B1"])
def test_valid_certificate_numbers(number: str) -> None:
    read = parse_certificate_number(number, as_of=TODAY)
    assert read.text == number
    assert (read.category, read.grade) == (Category.PHYSICAL, 2)
    assert read.citizen.text == "210603198001010014"


@pytest.mark.parametrize(
    "number",
    [
        "210603198001010014",
        "2106031980010100148",
        "21060319800101001482",
        "21060319800101001402",
        "21060319800101001445",
        "21060319800101001440",
        "21060319800101001442B0",
        "21060319800101001442C1",
        "21060319800101001542",
        "21060319700229001742",
    ],
)
def test_invalid_certificate_numbers(number: str) -> None:
    with pytest.raises(DomainError):
        parse_certificate_number(number, as_of=TODAY)


def test_the_digit_of_the_category_is_its_position() -> None:
    read = [
        parse_certificate_number(f"210603198001010014{digit}1", as_of=TODAY).category.label
        for digit in range(1, 8)
    ]
    assert read == ["视力", "听力", "言语", "肢体", "智力", "精神", "多重"]


def test_certificates_of_a_person_share_the_first_18_characters() -> None:
    number = parse_certificate_number("21060319800101001442", as_of=TODAY)
    check_same_citizen(number, "210603198001010014")
    with pytest.raises(DomainError, match="前 18 位"):
        check_same_citizen(number, "21060319900101006X")


@pytest.mark.parametrize(
    ("number", "components", "field"),
    [
        ("21060319800101001472", frozenset(), "components"),
        ("21060319800101001472", frozenset({Category.VISUAL}), "components"),
        ("21060319800101001442", frozenset({Category.VISUAL, Category.MENTAL}), "components"),
    ],
)
def test_only_multiple_disability_has_components(
    number: str, components: frozenset[Category], field: str
) -> None:
    read = parse_certificate_number(number, as_of=TODAY)
    with pytest.raises(DomainError) as refused:
        check_certificate(
            read,
            issued_on=date(2020, 1, 1),
            expires_on=date(2030, 1, 1),
            components=components,
            as_of=TODAY,
        )
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("issued_on", "expires_on", "field"),
    [
        (date(2026, 3, 2), date(2036, 3, 2), "issued_on"),
        (date(1979, 12, 31), date(1989, 12, 31), "issued_on"),
        (date(2020, 1, 1), date(2020, 1, 1), "expires_on"),
    ],
)
def test_dates_of_a_certificate(issued_on: date, expires_on: date, field: str) -> None:
    read = parse_certificate_number("21060319800101001442", as_of=TODAY)
    with pytest.raises(DomainError) as refused:
        check_certificate(
            read, issued_on=issued_on, expires_on=expires_on, components=frozenset(), as_of=TODAY
        )
    assert refused.value.field == field


def test_a_reissued_certificate_is_found_with_and_without_its_suffix() -> None:
    assert "21060319800101001442" in number_candidates("21060319800101001442B3")
    assert "21060319800101001442B3" in number_candidates("21060319800101001442")


def test_tidy_number() -> None:
    assert tidy_number(" 2106-03 x") == "210603X"
