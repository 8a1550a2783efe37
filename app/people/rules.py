"""Identity numbers, ages and validity: pure rules of the register."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from pypinyin import Style, lazy_pinyin

from app.people.types import Category, ConsentPurpose, Sex
from app.platform.errors import DomainError

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"
_CATEGORY_OF_DIGIT = dict(enumerate(Category, start=1))
_FULL_WIDTH = str.maketrans("０１２３４５６７８９Ｘｘ－＋", "0123456789XX-+")


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
    total = sum(
        int(digit) * weight for digit, weight in zip(first_17_digits, _WEIGHTS, strict=True)
    )
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


def parse_certificate_number(
    text: str, *, as_of: date, field: str = "certificate_number"
) -> CertificateNumber:
    """Read a disability certificate number. Raises DomainError that says which part is wrong."""
    number = tidy_number(text)
    if len(number) not in (20, 22):
        raise DomainError("残疾人证号应为 20 位（补发的为 22 位），请核对。", field)
    citizen = parse_citizen_number(number[:18], as_of=as_of, field=field)
    if not re.fullmatch(r"[1-7][1-4](B[1-9])?", number[18:]):
        raise DomainError(
            "残疾人证号第 19 位应为类别 1 至 7，第 20 位应为等级 1 至 4，补发的以 B1 至 B9 结尾，请核对。",
            field,
        )
    return CertificateNumber(number, citizen, _CATEGORY_OF_DIGIT[int(number[18])], int(number[19]))


def category_digit(category: Category) -> int:
    """Digit of a category in a certificate number."""
    return list(Category).index(category) + 1


def age_on(birth_date: date, day: date) -> int:
    """Full years; somebody born on 29 February has the birthday on 1 March of a common year."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


# Working age


@dataclass(frozen=True, slots=True)
class WorkingAge:
    """Full years of age, both ends included, in which a person is counted as of working age (就业年龄段)."""

    male_from: int = 16
    male_to: int = 59
    female_from: int = 16
    female_to: int = 54
    source: str = (
        "全国残疾人就业和职业培训信息管理系统：男 16-59 周岁，女 16-54 周岁；"
        "2025 年起延迟退休，按当地口径调整"
    )

    def bounds(self, sex: Sex) -> tuple[int, int]:
        if sex is Sex.MALE:
            return self.male_from, self.male_to
        return self.female_from, self.female_to

    def includes(self, *, sex: Sex, birth_date: date, day: date) -> bool:
        lowest, highest = self.bounds(sex)
        return lowest <= age_on(birth_date, day) <= highest

    def birth_dates(self, sex: Sex, day: date) -> tuple[date, date]:
        """First and last birth date of those who are of working age on `day`; agrees with `includes`."""
        lowest, highest = self.bounds(sex)
        # Born on 29 February: on the 28th of a common year relativedelta, like `age_on`, says not yet.
        return (
            day - relativedelta(years=highest + 1) + timedelta(days=1),
            day - relativedelta(years=lowest),
        )


# Names


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a name is typed on a keyboard, without tones: `maimaititu`, `mmttex`. Unknown characters stay."""

    pinyin: str
    initials: str


#: Characters that are read otherwise when they are a family name.
_FAMILY_NAMES = {
    "曾": "zeng", "单": "shan", "解": "xie", "仇": "qiu", "区": "ou", "查": "zha", "盖": "ge", "朴": "piao",
    "缪": "miao", "翟": "zhai", "乐": "yue", "尉": "wei", "种": "chong", "秘": "bi", "冼": "xian", "折": "she",
    "黑": "he", "员": "yun", "召": "shao", "繁": "po", "宓": "mi", "殷": "yin", "华": "hua", "任": "ren",
}  # fmt: skip


def spell(name: str) -> Spelling:
    """Pinyin and initials of a name, cut to what the register keeps."""
    syllables = [one for one in map(search_key, lazy_pinyin(name)) if one]
    if syllables and name[:1] in _FAMILY_NAMES:
        syllables[0] = _FAMILY_NAMES[name[0]]
    firsts = [one for one in map(search_key, lazy_pinyin(name, style=Style.FIRST_LETTER)) if one]
    if firsts and name[:1] in _FAMILY_NAMES:
        firsts[0] = _FAMILY_NAMES[name[0]][0]
    return Spelling("".join(syllables)[:200], "".join(firsts)[:40])


def search_key(text: str) -> str:
    """Letters, digits and characters alone, in lower case: `Mai-Mai Ti` and `maimaiti` are the same."""
    return "".join(character for character in text.lower() if character.isalnum())


# Telephones


def parse_phone(text: str, *, field: str = "phone") -> str:
    """A mobile number, or a fixed line with its area code. Raises DomainError that says what is expected."""
    phone = re.sub(r"^(\+|00)86", "", tidy_number(re.sub(r"[()（）]", "", text)))
    if not re.fullmatch(r"1[3-9][0-9]{9}|0[0-9]{9,11}", phone):
        raise DomainError("电话应为 11 位手机号，或带区号的固定电话，请核对。", field)
    return phone


def is_mobile(phone: str) -> bool:
    """Whether a text message reaches it."""
    return phone.startswith("1")


# Certificates

_VALID_YEARS = 10


def certificate_expiry(issued_on: date) -> date:
    """A certificate is valid for ten years."""
    return issued_on + relativedelta(years=_VALID_YEARS)


def check_certificate(
    number: CertificateNumber,
    *,
    issued_on: date,
    expires_on: date,
    components: frozenset[Category],
    as_of: date,
) -> None:
    """Raises DomainError where dates or components contradict the number."""
    if issued_on > as_of:
        raise DomainError("发证日期不能晚于今天，请核对。", "issued_on")
    if issued_on < number.citizen.birth_date:
        raise DomainError("发证日期早于出生日期，请核对。", "issued_on")
    if expires_on <= issued_on:
        raise DomainError("有效期止应晚于发证日期，请核对。", "expires_on")
    if number.category is Category.MULTIPLE and len(components - {Category.MULTIPLE}) < 2:
        raise DomainError("证号第 19 位是 7（多重），请勾选其中至少两种残疾类别。", "components")
    if number.category is not Category.MULTIPLE and components:
        raise DomainError(
            f"证号第 19 位表示{number.category.label}残疾，只有多重残疾才勾选类别，请取消勾选或核对证号。",
            "components",
        )


def check_same_citizen(number: CertificateNumber, citizen_number: str) -> None:
    """A person's certificates begin with the person's citizen number. Raises DomainError otherwise."""
    if number.citizen.text != citizen_number:
        raise DomainError(
            "残疾人证号的前 18 位与此人的身份证号不一致，请核对证号，或核对是不是同一个人。",
            "number",
        )


# Consent

#: What is agreed to, word for word; a changed wording does not change consents that were given.
CONSENT_WORDING: dict[ConsentPurpose, str] = {
    ConsentPurpose.TRAINING: (
        "我同意残联和镇街为了给我办理培训、就业、补贴和回访，登记和使用我的姓名、证件号码、电话、"
        "住址和残疾信息。培训机构只能看到我的姓名、上课需要的帮助和部分电话号码。我可以随时撤回。"
    ),
    ConsentPurpose.PUBLIC_CERTIFICATE: (
        "我同意任何人输入我的证书编号和姓名、或扫描证书上的二维码，可以查到我的证书是否真实有效。"
        "查验结果不显示证件号码和残疾信息。我可以随时撤回。"
    ),
}


def number_candidates(number: str) -> tuple[str, ...]:
    """Certificate numbers that are the same certificate: a reissue adds `B1`-`B9`, which people leave out."""
    base = number[:20]
    return (base, *(f"{base}B{issue}" for issue in range(1, 10)))
