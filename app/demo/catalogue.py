"""Synthetic bases, teachers, venues, employers, and the catalogue of courses."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random

from stdnum.cn import uscc

from app.courses.models import Course
from app.courses.types import Level, TrainingField
from app.employers.models import Employer
from app.employers.types import EmployerKind
from app.platform.db import db
from app.providers.models import Accreditation, Provider, Teacher, TeacherQualification, Venue
from app.providers.types import TrainingKind

DISTRICT = "210603"

#: name, fields it teaches, whether its rooms are step-free
_BASES: tuple[tuple[str, tuple[TrainingField, ...], bool], ...] = (
    (
        "演示江海职业培训学校",
        (TrainingField.ECOMMERCE, TrainingField.LIVE_STREAMING, TrainingField.SHORT_VIDEO),
        True,
    ),
    ("演示盲人按摩实训基地", (TrainingField.MASSAGE, TrainingField.MASSAGE_CONTINUING), True),
    ("演示农业技术推广站", (TrainingField.PLANTING, TrainingField.BREEDING), False),
    ("演示巧手工坊", (TrainingField.HANDICRAFT, TrainingField.PROCESSING), True),
    (
        "演示鸭绿江电商产业园",
        (TrainingField.RURAL_ECOMMERCE, TrainingField.SUPPLY_CHAIN, TrainingField.RURAL_LOGISTICS),
        True,
    ),
    ("演示乡村旅游合作社", (TrainingField.RURAL_TOURISM,), False),
)

_E, _U, _N, _R = (
    TrainingKind.EMPLOYABILITY,
    TrainingKind.UPSKILLING,
    TrainingKind.ENTREPRENEURSHIP,
    TrainingKind.RURAL,
)
_F = TrainingField
#: code, title, kind, field, occupation, level, theory hours, practice hours, assessed, certificate title
_COURSES: tuple[
    tuple[str, str, TrainingKind, TrainingField, str, Level, int, int, bool, str], ...
] = (
    (
        "EC-01",
        "电子商务客服",
        _E,
        _F.ECOMMERCE,
        "互联网营销师",
        Level.FIVE,
        40,
        80,
        True,
        "结业证书",
    ),
    (
        "EC-02",
        "直播带货入门",
        _E,
        _F.LIVE_STREAMING,
        "互联网营销师",
        Level.FIVE,
        40,
        80,
        True,
        "结业证书",
    ),
    (
        "EC-03",
        "短视频拍摄与剪辑",
        _U,
        _F.SHORT_VIDEO,
        "互联网营销师",
        Level.FOUR,
        36,
        68,
        True,
        "结业证书",
    ),
    ("EC-04", "网店创业", _N, _F.ECOMMERCE, "网店经营", Level.NONE, 20, 20, False, "结业证书"),
    (
        "EC-05",
        "电商供应链选品",
        _U,
        _F.SUPPLY_CHAIN,
        "互联网营销师",
        Level.THREE,
        32,
        56,
        True,
        "结业证书",
    ),
    (
        "MA-01",
        "盲人保健按摩（初级）",
        _E,
        _F.MASSAGE,
        "保健按摩师",
        Level.FIVE,
        40,
        80,
        True,
        "盲人保健按摩培训结业证书",
    ),
    (
        "MA-02",
        "盲人保健按摩（中级）",
        _U,
        _F.MASSAGE,
        "保健按摩师",
        Level.FOUR,
        28,
        52,
        True,
        "盲人保健按摩培训结业证书",
    ),
    (
        "MA-03",
        "盲人按摩继续教育",
        _U,
        _F.MASSAGE_CONTINUING,
        "保健按摩师",
        Level.NONE,
        8,
        12,
        False,
        "继续教育证明",
    ),
    (
        "RU-01",
        "草莓大棚种植技术",
        _R,
        _F.PLANTING,
        "果蔬种植",
        Level.NONE,
        8,
        16,
        False,
        "结业证书",
    ),
    (
        "RU-02",
        "肉鸡生态养殖技术",
        _R,
        _F.BREEDING,
        "畜禽养殖",
        Level.NONE,
        8,
        16,
        False,
        "结业证书",
    ),
    (
        "RU-03",
        "手工编织与刺绣",
        _R,
        _F.HANDICRAFT,
        "手工编织",
        Level.NONE,
        8,
        32,
        False,
        "结业证书",
    ),
    ("RU-04", "来料加工技能", _R, _F.PROCESSING, "来料加工", Level.NONE, 4, 12, False, "结业证书"),
    (
        "RU-05",
        "农村电商",
        _R,
        _F.RURAL_ECOMMERCE,
        "农产品网销",
        Level.NONE,
        12,
        20,
        False,
        "结业证书",
    ),
    (
        "RU-06",
        "乡村旅游接待",
        _R,
        _F.RURAL_TOURISM,
        "乡村民宿服务",
        Level.NONE,
        8,
        16,
        False,
        "结业证书",
    ),
    (
        "RU-07",
        "农村寄递物流",
        _R,
        _F.RURAL_LOGISTICS,
        "快递服务",
        Level.NONE,
        8,
        16,
        False,
        "结业证书",
    ),
)


@dataclass(frozen=True)
class Base:
    """A base with what a timetable needs of it."""

    provider: Provider
    venues: list[Venue]
    teachers: list[Teacher]
    fields: tuple[TrainingField, ...]


def credit_code(serial: int) -> str:
    """A valid synthetic 统一社会信用代码."""
    body = f"91210603{serial:09d}"
    return body + str(uscc.calc_check_digit(body))


def bases() -> list[Base]:
    return [_base(index, *spec) for index, spec in enumerate(_BASES, start=1)]


def _base(index: int, name: str, fields: tuple[TrainingField, ...], step_free: bool) -> Base:
    provider = Provider(
        name=name,
        credit_code=credit_code(index),
        region_code=DISTRICT,
        address=f"丹东市振兴区演示路 {index} 号",
        contact_name="演示联系人",
        contact_phone=f"1370000000{index}",
    )
    db.session.add(provider)
    db.session.flush()
    kinds = sorted({course[2].value for course in _COURSES if course[3] in fields})
    for start in (2020, 2024):
        db.session.add(
            Accreditation(
                provider_id=provider.id,
                valid_from=date(start, 1, 1),
                valid_to=date(start + 3, 12, 31),
                kinds=kinds,
                document_number=f"演示残培〔{start}〕{index}号",
            )
        )
    venues = [
        Venue(
            provider_id=provider.id,
            name=room,
            address=provider.address,
            capacity=capacity,
            step_free=step_free,
            accessible_toilet=step_free,
            tactile_guidance=TrainingField.MASSAGE in fields,
            screen_readers=TrainingField.MASSAGE in fields or TrainingField.ECOMMERCE in fields,
            way_there="乘演示 1 路公交车到演示路站，下车后向东 100 米；站点到门口有盲道。",
        )
        for room, capacity in (("一号教室", 30), ("二号实训室", 24))
    ]
    teachers = [Teacher(provider_id=provider.id, name=f"演示教师{letter}") for letter in "甲乙丙"]
    db.session.add_all([*venues, *teachers])
    db.session.flush()
    for teacher in teachers:
        db.session.add(
            TeacherQualification(
                teacher_id=teacher.id,
                title="职业培训师资证（演示）",
                number=f"DEMO-{teacher.id:04d}",
                kinds=kinds,
                valid_from=date(2020, 1, 1),
            )
        )
    db.session.flush()
    return Base(provider, venues, teachers, fields)


def courses() -> list[Course]:
    made = [
        Course(
            code=code,
            title=title,
            summary=f"学习{title}所需的知识和操作，全程免费，提供合理便利（演示）。",
            kind=kind,
            field=field,
            occupation=occupation,
            level=level,
            theory_hours=theory,
            practice_hours=practice,
            minimum_attendance=Decimal(80),
            assessment_required=assessed,
            certificate_title=certificate,
        )
        for code, title, kind, field, occupation, level, theory, practice, assessed, certificate in _COURSES
    ]
    db.session.add_all(made)
    db.session.flush()
    return made


def employers(rng: Random) -> list[Employer]:
    kinds = list(EmployerKind)
    made = [
        Employer(
            name=f"演示{label}{number}",
            credit_code=credit_code(100 + number * 10 + index),
            kind=kinds[(number + index) % len(kinds)],
            region_code=DISTRICT,
            posts=rng.choice((12, 40, 66, 67, 120, 300)),
        )
        for index, label in enumerate(
            ("商贸有限公司", "电子商务有限公司", "服务中心", "食品有限公司")
        )
        for number in range(1, 7)
    ]
    db.session.add_all(made)
    db.session.flush()
    return made
