"""The unified social credit code."""

import pytest

from app.employers.rules import parse_credit_code
from app.platform.errors import DomainError
from tests.factories import credit_code

VALID = "91110000600037341L"


@pytest.mark.parametrize(
    "typed",
    [VALID, VALID.lower(), "9111 0000 6000 3734 1L", "９１１１００００６０００３７３４１Ｌ"],
)
def test_codes_are_read_as_people_type_them(typed: str) -> None:
    assert parse_credit_code(typed) == VALID


def test_made_codes_are_valid() -> None:
    code = credit_code()
    assert parse_credit_code(code) == code


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "应为 18 位，现在是 0 位"),
        (VALID[:-1], "现在是 17 位"),
        (VALID[:-1] + "A", "第 18 位应为 L"),
        ("9I110000600037341L", "第 2 位“I”"),
        ("91A10000600037341L", "第 3 至 8 位应为数字"),
        ("911100006000373王1L", "第 16 位“王”"),
    ],
)
def test_what_is_wrong_is_named(typed: str, says: str) -> None:
    with pytest.raises(DomainError, match=says) as refused:
        parse_credit_code(typed)
    assert refused.value.field == "credit_code"
