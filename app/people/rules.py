"""Identity numbers, ages and validity: pure rules of the register."""

import re
from dataclasses import dataclass
from datetime import date

from app.people.types import Category, Sex
from app.platform.errors import DomainError

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"
_CATEGORY_OF_DIGIT = dict(enumerate(Category, start=1))
_FULL_WIDTH = str.maketrans("０１２３４５６７８９Ｘｘ", "0123456789XX")


@dataclass(frozen=True, slots=True)
class CitizenNumber:
    """A valid 公民身份号码 (GB 11643). Its first six digits say where it was assigned, not where the person lives."""

    text: str
    birth_date: date
    sex: Sex


@dataclass(frozen=True, slots=True)
class CertificateNumber:
    """A valid 残疾人证 number (GB/T 26341): citizen number, category, grade, and perhaps `B1`-`B9` of a reissue."""

    text: str
    citizen: CitizenNumber
    category: Category
    grade: int


def tidy_number(text: str) -> str:
    """A number as offices type it, without spaces and hyphens, in half-width capitals."""
    return re.sub(r"[\s\-]", "", text.translate(_FULL_WIDTH)).upper()


def check_character(first_17_digits: str) -> str:
    """Last character of a citizen number: weighted sum modulo 11 (GB 11643)."""
    total = sum(int(digit) * weight for digit, weight in zip(first_17_digits, _WEIGHTS, strict=True))
    return _CHECK_CHARACTERS[total % 11]


def parse_citizen_number(text: str, *, as_of: date, field: str = "citizen_number") -> CitizenNumber:
    """Read a citizen number. Raises DomainError that says which part is wrong; an unknown region is no error."""
    number = tidy_number(text)
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise DomainError("身份证号应为 18 位：17 位数字加 1 位数字或 X，请核对。", field)
    try:
        birth_date = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise DomainError("身份证号第 7 至 14 位不是真实的出生日期，请核对。", field) from None
    if not date(1900, 1, 1) <= birth_date <= as_of:
        raise DomainError("身份证号中的出生日期应在 1900 年以后且不晚于今天，请核对。", field)
    expected = check_character(number[:17])
    if number[17] != expected:
        raise DomainError(f"身份证号第 18 位应为 {expected}，请核对。", field)
    sex = Sex.MALE if int(number[16]) % 2 else Sex.FEMALE
    return CitizenNumber(number, birth_date, sex)


def parse_certificate_number(text: str, *, as_of: date, field: str = "certificate_number") -> CertificateNumber:
    """Read a disability certificate number. Raises DomainError that says which part is wrong."""
    number = tidy_number(text)
    if len(number) not in (20, 22):
        raise DomainError("残疾人证号应为 20 位（补发的为 22 位），请核对。", field)
    citizen = parse_citizen_number(number[:18], as_of=as_of, field=field)
    if not re.fullmatch(r"[1-7][1-4](B[1-9])?", number[18:]):
        raise DomainError(
            "残疾人证号第 19 位应为类别 1 至 7，第 20 位应为等级 1 至 4，补发的以 B1 至 B9 结尾，请核对。", field
        )
    return CertificateNumber(number, citizen, _CATEGORY_OF_DIGIT[int(number[18])], int(number[19]))


def category_digit(category: Category) -> int:
    """Digit of a category in a certificate number."""
    return list(Category).index(category) + 1


def age_on(birth_date: date, day: date) -> int:
    """Full years; somebody born on 29 February has the birthday on 1 March of a common year."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def mask_number(number: str) -> str:
    """`210603********0014`: enough to recognise, too little to use."""
    return number[:6] + "*" * (len(number) - 10) + number[-4:] if len(number) > 10 else "*" * len(number)


def mask_phone(phone: str) -> str:
    """`138****5678`."""
    return phone[:3] + "****" + phone[-4:] if len(phone) >= 11 else "*" * len(phone)


def mask_name(name: str) -> str:
    """The family name and an asterisk for each further character, as public lists print it."""
    return name[:1] + "*" * max(len(name) - 1, 1)
