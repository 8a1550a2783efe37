"""Credit codes and periods."""

from datetime import date

import pytest
from stdnum.cn import uscc

from app.platform.errors import DomainError
from app.providers.rules import check_credit_code, refuse_period

VALID = "91110000600037341L"


def test_a_valid_code_is_stored_without_separators():
    assert check_credit_code(" 91110000-600037341l ") == VALID


@pytest.mark.parametrize("place", range(17))
def test_any_single_wrong_digit_is_found(place):
    digit = "0" if VALID[place] != "0" else "1"
    with pytest.raises(DomainError) as refused:
        check_credit_code(VALID[:place] + digit + VALID[place + 1 :])
    assert refused.value.field == "credit_code"


def test_the_message_names_the_expected_check_character():
    wrong = VALID[:-1] + "A"
    with pytest.raises(DomainError, match=f"第 18 位应为 {uscc.calc_check_digit(VALID[:-1])}"):
        check_credit_code(wrong)


@pytest.mark.parametrize("letter", "IOSVZ")
def test_letters_that_no_code_has_are_named(letter):
    with pytest.raises(DomainError, match=f"第 10 位的“{letter}”"):
        check_credit_code(VALID[:9] + letter + VALID[10:])


def test_a_period_ends_after_it_begins():
    refuse_period(date(2024, 1, 1), None)
    refuse_period(date(2024, 1, 1), date(2024, 1, 2))
    with pytest.raises(DomainError):
        refuse_period(date(2024, 1, 1), date(2024, 1, 1))
