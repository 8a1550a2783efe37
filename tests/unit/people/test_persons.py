"""Names, telephones and working age."""

from datetime import date

import pytest

from app.people import policies
from app.people.rules import (
    WorkingAge,
    age_on,
    certificate_expiry,
    parse_phone,
    search_key,
    spell,
)
from app.people.types import Sex
from app.platform.access import Actor, Role
from app.platform.errors import DomainError


@pytest.mark.parametrize(
    ("name", "pinyin", "initials"),
    [
        ("王小草", "wangxiaocao", "wxc"),
        ("买买提·吐尔逊", "maimaitituerxun", "mmttex"),
        ("李𬭎", "lihong", "lh"),
        ("䶮", "yan", "y"),
        ("曾小贤", "zengxiaoxian", "zxx"),
        ("单雄信", "shanxiongxin", "sxx"),
        ("王𱀀", "wang𱀀", "w𱀀"),
        ("O'Neil Anna", "oneilanna", "oneilanna"),
    ],
)
def test_spelling_of_names(name: str, pinyin: str, initials: str) -> None:
    spelled = spell(name)
    assert (spelled.pinyin, spelled.initials) == (pinyin, initials)


def test_spelling_fits_the_columns() -> None:
    spelled = spell("张" * 80)
    assert len(spelled.pinyin) <= 200
    assert len(spelled.initials) <= 40


def test_words_are_searched_without_what_keyboards_add() -> None:
    assert search_key("Mai-Mai Ti·") == "maimaiti"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("13800415001", "13800415001"),
        ("+86 138 0041 5001", "13800415001"),
        ("0086-138-0041-5001", "13800415001"),
        ("（0415）2345678", "04152345678"),
        ("０４１５－２３４５６７８", "04152345678"),
    ],
)
def test_telephones(typed: str, kept: str) -> None:
    assert parse_phone(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", "1380041500", "12800415001", "138004150011", "2345678", "abc"]
)
def test_what_is_no_telephone(typed: str) -> None:
    with pytest.raises(DomainError, match="11 位手机号"):
        parse_phone(typed)


@pytest.mark.parametrize(
    ("sex", "birth_date", "day", "inside"),
    [
        (Sex.MALE, date(2010, 3, 1), date(2026, 2, 28), False),
        (Sex.MALE, date(2010, 3, 1), date(2026, 3, 1), True),
        (Sex.MALE, date(1966, 3, 2), date(2026, 3, 1), True),
        (Sex.MALE, date(1966, 3, 1), date(2026, 3, 1), False),
        (Sex.FEMALE, date(1971, 3, 2), date(2026, 3, 1), True),
        (Sex.FEMALE, date(1971, 3, 1), date(2026, 3, 1), False),
        (Sex.MALE, date(2008, 2, 29), date(2024, 2, 28), False),
        (Sex.MALE, date(2008, 2, 29), date(2024, 2, 29), True),
    ],
)
def test_working_age(sex: Sex, birth_date: date, day: date, inside: bool) -> None:
    assert WorkingAge().includes(sex=sex, birth_date=birth_date, day=day) is inside


def test_working_age_is_configuration_with_its_source() -> None:
    reformed = WorkingAge(male_to=63, female_to=58, source="2025 年延迟退休办法")
    assert reformed.includes(sex=Sex.FEMALE, birth_date=date(1968, 6, 1), day=date(2026, 3, 1))
    assert reformed.source


def test_ages_count_full_years() -> None:
    assert age_on(date(2000, 2, 29), date(2023, 2, 28)) == 22
    assert age_on(date(2000, 2, 29), date(2023, 3, 1)) == 23


def test_a_certificate_is_valid_for_ten_years() -> None:
    assert certificate_expiry(date(2020, 2, 29)) == date(2030, 2, 28)


def test_who_may_do_what_with_the_register() -> None:
    allowed = {
        policy.__name__: {role for role in Role if policy(Actor(1, "x", role, person_id=1))}
        for policy in (
            policies.can_read_register,
            policies.can_write_register,
            policies.can_merge_persons,
            policies.can_decide_account_requests,
            policies.is_trainee,
        )
    }
    offices = {Role.FEDERATION, Role.TOWNSHIP}
    assert allowed == {
        "can_read_register": offices | {Role.AUDITOR},
        "can_write_register": offices,
        "can_merge_persons": {Role.FEDERATION},
        "can_decide_account_requests": offices,
        "is_trainee": {Role.TRAINEE},
    }
