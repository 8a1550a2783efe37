"""Synthetic persons: valid numbers, invented names, all categories, urban and rural."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random

from app.people.models import (
    AbilityAssessment,
    Consent,
    DisabilityCertificate,
    Guardian,
    NeedRegistration,
    Person,
    YearlyCheck,
)
from app.people.rules import category_digit, check_character, spell
from app.people.types import (
    Category,
    CheckedEmployment,
    ConsentPurpose,
    Education,
    Hukou,
    NeedKind,
    Sex,
)
from app.platform.crypto import blind_index
from app.platform.db import db
from app.regions.models import Region
from app.regions.types import RegionLevel

COUNT = 1200
_FAMILY_MEMBERS = 60
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国春生海燕志文慧晓雪峰婷宇欣然子涵"
)
#: Names with characters that fonts often lack, and one of a minority.
_RARE_NAMES = ("王𬭎", "李䶮", "张㛃", "买买提·吐尔逊")
#: They are the first of the register.
RARE = len(_RARE_NAMES)
_CATEGORY_WEIGHTS = {
    Category.VISUAL: 24,
    Category.HEARING: 14,
    Category.SPEECH: 4,
    Category.PHYSICAL: 36,
    Category.INTELLECTUAL: 9,
    Category.MENTAL: 8,
    Category.MULTIPLE: 5,
}
_RURAL_TOWNSHIPS = ("210603101", "210603102", "210603103")


def villages(townships: Sequence[str]) -> list[str]:
    """Three synthetic villages or communities for each township; their codes."""
    codes = []
    for township in townships:
        rural = township in _RURAL_TOWNSHIPS
        for number, ordinal in enumerate("一二三", start=1):
            code = f"{township}{200 + number if rural else number:03d}"
            name = f"演示{ordinal}{'村' if rural else '社区'}"
            db.session.add(
                Region(code=code, name=name, level=RegionLevel.VILLAGE, parent_code=township)
            )
            codes.append(code)
    db.session.flush()
    return codes


def persons(rng: Random, places: Sequence[str]) -> list[Person]:
    """The register: the last ones are family members without a certificate."""
    made = [_person(rng, index, places) for index in range(COUNT)]
    db.session.add_all(made)
    db.session.flush()
    with_certificate, family = made[:-_FAMILY_MEMBERS], made[-_FAMILY_MEMBERS:]
    for person in with_certificate:
        db.session.add(_certificate(rng, person))
    _reissues(rng, with_certificate)
    made.append(_entered_twice(made[RARE]))
    rural = [person for person in with_certificate if person.hukou is Hukou.RURAL]
    for member, relative in zip(family, rural, strict=False):
        member.family_member_of_id = relative.id
        member.hukou = Hukou.RURAL
        member.residence_code = relative.residence_code
    _consents(rng, made)
    _guardians(rng, with_certificate)
    _assessments(rng, with_certificate)
    db.session.flush()
    return made


def _person(rng: Random, index: int, places: Sequence[str]) -> Person:
    name = _RARE_NAMES[index] if index < len(_RARE_NAMES) else _name(rng)
    sex = rng.choice(list(Sex))
    birth_date = date(1958, 1, 1) + timedelta(days=rng.randrange(365 * 46))
    if index < len(_RARE_NAMES):
        birth_date = date(1988, 3, 1) + timedelta(days=index * 40)
    place = rng.choice(places)
    digits = f"210603{birth_date:%Y%m%d}{(index // 2 * 2 + (sex is Sex.MALE)) % 1000:03d}"
    number = digits + check_character(digits)
    phone = f"1390000{index:04d}"
    return Person(
        name=name,
        pinyin=spell(name).pinyin,
        initials=spell(name).initials,
        citizen_number=number,
        citizen_number_index=blind_index(number),
        sex=sex,
        birth_date=birth_date,
        phone=phone,
        phone_index=blind_index(phone),
        residence_code=place,
        hukou=Hukou.RURAL if place[:9] in _RURAL_TOWNSHIPS or rng.random() < 0.15 else Hukou.URBAN,
        education=rng.choices(list(Education), weights=(4, 18, 40, 24, 9, 5))[0],
        zero_employment_household=rng.random() < 0.06,
        multiple_disabled_household=rng.random() < 0.05,
        poverty_monitored=rng.random() < 0.04,
    )


def _name(rng: Random) -> str:
    return rng.choice(_SURNAMES) + "".join(rng.sample(_GIVEN, rng.choice((1, 2, 2))))


def _reissues(rng: Random, holders: Sequence[Person]) -> None:
    """Some had a certificate of another grade before, whose ten years are over."""
    for person in rng.sample(list(holders), 20):
        present = person.certificates[0]
        issued_on = present.issued_on.replace(year=present.issued_on.year - 10, day=1)
        grade = present.grade % 4 + 1
        number = f"{present.number[:-1]}{grade}"
        db.session.add(
            DisabilityCertificate(
                person_id=person.id,
                number=number,
                number_index=blind_index(number),
                category=present.category,
                grade=grade,
                components=present.components,
                issued_on=issued_on,
                expires_on=issued_on.replace(year=issued_on.year + 10),
            )
        )


def _entered_twice(person: Person) -> Person:
    """The same person with a mistyped number, as a merge will find it."""
    digits = f"{person.citizen_number[:14]}{(int(person.citizen_number[14:17]) + 500) % 1000:03d}"
    number = digits + check_character(digits)
    again = Person(
        name=person.name,
        pinyin=person.pinyin,
        initials=person.initials,
        citizen_number=number,
        citizen_number_index=blind_index(number),
        sex=person.sex,
        birth_date=person.birth_date,
        phone=person.phone,
        phone_index=person.phone_index,
        residence_code=person.residence_code,
        hukou=person.hukou,
    )
    db.session.add(again)
    db.session.flush()
    return again


def _certificate(rng: Random, person: Person) -> DisabilityCertificate:
    category = rng.choices(list(_CATEGORY_WEIGHTS), weights=list(_CATEGORY_WEIGHTS.values()))[0]
    grade = rng.choices((1, 2, 3, 4), weights=(15, 30, 30, 25))[0]
    issued_on = date(2018, 1, 1) + timedelta(days=rng.randrange(365 * 3))
    number = f"{person.citizen_number}{category_digit(category)}{grade}"
    components = (
        rng.sample([c.value for c in list(Category)[:6]], 2)
        if category is Category.MULTIPLE
        else []
    )
    return DisabilityCertificate(
        person_id=person.id,
        number=number,
        number_index=blind_index(number),
        category=category,
        grade=grade,
        components=components,
        issued_on=issued_on,
        expires_on=issued_on.replace(year=issued_on.year + 10, day=min(issued_on.day, 28)),
    )


def _consents(rng: Random, made: Sequence[Person]) -> None:
    for person in made:
        given_at = datetime(2021, 12, 1, 2, tzinfo=UTC) + timedelta(hours=rng.randrange(500))
        purposes = [ConsentPurpose.TRAINING] if rng.random() < 0.97 else []
        if rng.random() < 0.5:
            purposes.append(ConsentPurpose.PUBLIC_CERTIFICATE)
        for purpose in purposes:
            db.session.add(
                Consent(
                    person_id=person.id,
                    purpose=purpose,
                    wording=f"本人同意区残联为“{purpose.label}”使用本人信息（演示）。",
                    given_at=given_at,
                    recorded_by_id=0,
                )
            )


def _guardians(rng: Random, made: Sequence[Person]) -> None:
    for person in made:
        if any(c.category in (Category.INTELLECTUAL, Category.MENTAL) for c in person.certificates):
            db.session.add(
                Guardian(
                    person_id=person.id,
                    name=_name(rng),
                    relation=rng.choice(("父亲", "母亲", "配偶", "兄弟姐妹")),
                    phone=f"1380000{rng.randrange(10000):04d}",
                )
            )


def _assessments(rng: Random, made: Sequence[Person]) -> None:
    for person in rng.sample(list(made), 300):
        scores = [rng.randrange(30, 96) for _ in range(4)]
        db.session.add(
            AbilityAssessment(
                person_id=person.id,
                assessed_on=date(2022, 1, 10) + timedelta(days=rng.randrange(900)),
                assessor="演示评估员",
                mobility=scores[0],
                communication=scores[1],
                learning=scores[2],
                work_endurance=scores[3],
                recommendation="适合参加短期实操培训（演示）。",
                recorded_by_id=0,
            )
        )


def yearly_records(rng: Random, made: Sequence[Person], *, last_year: int, today: date) -> None:
    """Checks and needs of each year; the last year is half done, as in a real autumn."""
    for year in range(2022, last_year + 1):
        share = 0.85 if year < last_year else 0.5
        for person in made:
            if rng.random() > share:
                continue
            day = min(date(year, 2, 1) + timedelta(days=rng.randrange(240)), today)
            employment = rng.choices(list(CheckedEmployment), weights=(30, 40, 30))[0]
            db.session.add(
                YearlyCheck(
                    person_id=person.id,
                    year=year,
                    checked_on=day,
                    employment=employment,
                    recorded_by_id=0,
                )
            )
            if employment is CheckedEmployment.SEEKING:
                kind = rng.choice(list(NeedKind))
                wish = rng.choice(
                    ("电商客服", "保健按摩", "草莓种植", "手工编织", "直播", "就近上班")
                )
                db.session.add(
                    NeedRegistration(
                        person_id=person.id,
                        year=year,
                        kind=kind,
                        wish=wish,
                        registered_on=day,
                        recorded_by_id=0,
                    )
                )
    db.session.flush()
