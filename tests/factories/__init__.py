"""Builders of valid synthetic rows. Each adds to the session, flushes and returns the mapped object."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.dialects.postgresql import Range
from stdnum.cn import uscc

from app.attendance.models import Completion
from app.attendance.types import CompletionOutcome, CompletionState
from app.courses.models import ClassSession, Course, TrainingClass
from app.courses.types import ClassState, Level, SessionPart, TrainingField
from app.employers.models import Employer
from app.employers.types import EmployerKind
from app.enrolment.models import Enrolment
from app.enrolment.types import AppliedBy, EnrolmentState
from app.identity.models import Account, RoleGrant
from app.identity.queries import session_token
from app.people.models import Consent, DisabilityCertificate, Person
from app.people.rules import category_digit, check_character, spell
from app.people.types import Category, ConsentPurpose, Hukou, Sex
from app.platform.access import Actor, Role
from app.platform.crypto import blind_index
from app.platform.db import db
from app.providers.models import Accreditation, Provider, Teacher, Venue
from app.providers.types import TrainingKind
from app.regions.models import Region
from app.regions.types import LEVEL_BY_LENGTH

SHANGHAI = ZoneInfo("Asia/Shanghai")
DISTRICT = "210603"
TOWNSHIP = "210603101"
OTHER_TOWNSHIP = "210603102"

_serial = count(1)


def _add(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row


def region(code: str, name: str | None = None) -> Region:
    """The region and those above it; the same row when it is there already."""
    existing = db.session.get(Region, code)
    if existing is not None:
        return existing
    parent = next((code[:n] for n in (9, 6, 4, 2) if n < len(code)), None)
    if parent is not None:
        region(parent)
    return _add(
        Region(
            code=code,
            name=name or f"区划{code}",
            level=LEVEL_BY_LENGTH[len(code)],
            parent_code=parent,
        )
    )


def citizen_number(
    birth_date: date = date(1985, 6, 15), sex: Sex = Sex.FEMALE, serial: int | None = None
) -> str:
    order = (next(_serial) if serial is None else serial) * 2 + (1 if sex is Sex.MALE else 0)
    digits = f"210603{birth_date:%Y%m%d}{order % 1000:03d}"
    return digits + check_character(digits)


def person(
    *,
    name: str = "测试学员",
    birth_date: date = date(1985, 6, 15),
    sex: Sex = Sex.FEMALE,
    category: Category | None = Category.VISUAL,
    grade: int = 2,
    residence_code: str = TOWNSHIP,
    consented: bool = True,
    certificate_issued_on: date = date(2020, 1, 10),
    **columns: Any,
) -> Person:
    """A person with a valid certificate, unless `category` is None, and with consent to training."""
    region(residence_code)
    number = columns.pop("citizen_number", None) or citizen_number(birth_date, sex)
    row = _add(
        Person(
            name=name,
            pinyin=spell(name).pinyin,
            initials=spell(name).initials,
            citizen_number=number,
            citizen_number_index=blind_index(number),
            sex=sex,
            birth_date=birth_date,
            residence_code=residence_code,
            **{"hukou": Hukou.RURAL, **columns},
        )
    )
    if category is not None:
        disability_certificate(row, category=category, grade=grade, issued_on=certificate_issued_on)
    if consented:
        _add(
            Consent(
                person_id=row.id,
                purpose=ConsentPurpose.TRAINING,
                wording="同意为办理培训与就业服务使用本人信息",
                given_at=datetime(2022, 1, 1, tzinfo=UTC),
                recorded_by_id=0,
            )
        )
    return row


def disability_certificate(
    of: Person,
    *,
    category: Category = Category.VISUAL,
    grade: int = 2,
    issued_on: date = date(2020, 1, 10),
) -> DisabilityCertificate:
    number = f"{of.citizen_number}{category_digit(category)}{grade}"
    return _add(
        DisabilityCertificate(
            person_id=of.id,
            number=number,
            number_index=blind_index(number),
            category=category,
            grade=grade,
            components=["visual", "physical"] if category is Category.MULTIPLE else [],
            issued_on=issued_on,
            expires_on=issued_on.replace(year=issued_on.year + 10),
        )
    )


def credit_code() -> str:
    """A valid 统一社会信用代码."""
    body = f"91210603{next(_serial):09d}"
    return body + uscc.calc_check_digit(body)


def provider(
    *, name: str = "测试培训基地", kinds: list[TrainingKind] | None = None, **columns: Any
) -> Provider:
    """A base accredited from 2020 to 2030 for `kinds` (all by default)."""
    region(DISTRICT)
    row = _add(
        Provider(
            **{
                "name": name,
                "credit_code": credit_code(),
                "region_code": DISTRICT,
                "address": "测试路 1 号",
                "contact_name": "测试联系人",
                "contact_phone": "13800000000",
                **columns,
            }
        )
    )
    _add(
        Accreditation(
            provider_id=row.id,
            valid_from=date(2020, 1, 1),
            valid_to=date(2030, 12, 31),
            kinds=[kind.value for kind in (kinds or list(TrainingKind))],
            document_number="测残培〔2020〕1号",
        )
    )
    return row


def venue(of: Provider, *, name: str | None = None, **columns: Any) -> Venue:
    values = {
        "name": name or f"教室 {next(_serial)}",
        "address": "测试路 1 号",
        "capacity": 30,
        "step_free": True,
    }
    return _add(Venue(provider_id=of.id, **(values | columns)))


def teacher(of: Provider, *, name: str = "测试教师") -> Teacher:
    return _add(Teacher(provider_id=of.id, name=name))


def course(**columns: Any) -> Course:
    """A course of 4 lesson hours that asks for 80 % attendance and no assessment."""
    values: dict[str, Any] = {
        "code": f"K{next(_serial):05d}",
        "title": "测试课程",
        "kind": TrainingKind.EMPLOYABILITY,
        "field": TrainingField.ECOMMERCE,
        "occupation": "互联网营销师",
        "level": Level.FIVE,
        "theory_hours": 2,
        "practice_hours": 2,
        "minimum_attendance": Decimal(80),
        "assessment_required": False,
    }
    return _add(Course(**(values | columns)))


def training_class(
    *,
    of: Course | None = None,
    by: Provider | None = None,
    state: ClassState = ClassState.ENROLLING,
    starts_on: date = date(2024, 3, 11),
    ends_on: date = date(2024, 4, 26),
    **columns: Any,
) -> TrainingClass:
    """A class without sessions; see `class_session`."""
    by = by or provider()
    values: dict[str, Any] = {
        "number": f"B{next(_serial):05d}",
        "title": "测试班期",
        "capacity": 20,
        "created_by_id": 0,
    }
    return _add(
        TrainingClass(
            course_id=(of or course()).id,
            provider_id=by.id,
            venue_id=columns.pop("venue_id", None) or venue(by).id,
            starts_on=starts_on,
            ends_on=ends_on,
            state=state,
            **(values | columns),
        )
    )


def class_session(
    of: TrainingClass,
    *,
    day: date | None = None,
    starts: time = time(8, 30),
    lesson_hours: int = 2,
    part: SessionPart = SessionPart.THEORY,
    **columns: Any,
) -> ClassSession:
    """A session of `lesson_hours` × 45 minutes on `day` (the first day of the class by default)."""
    begin = datetime.combine(day or of.starts_on, starts, SHANGHAI)
    return _add(
        ClassSession(
            class_id=of.id,
            venue_id=columns.pop("venue_id", None) or of.venue_id,
            teacher_id=columns.pop("teacher_id", None) or teacher(of.provider).id,
            during=Range(begin, begin + timedelta(minutes=45 * lesson_hours)),
            topic="测试课次",
            part=part,
            lesson_hours=lesson_hours,
            **columns,
        )
    )


def enrolment(
    of: Person | None = None,
    *,
    into: TrainingClass | None = None,
    state: EnrolmentState = EnrolmentState.ENROLLED,
    **columns: Any,
) -> Enrolment:
    moment = datetime(2024, 3, 1, tzinfo=UTC)
    values: dict[str, Any] = {
        "applied_at": moment,
        "applied_by": AppliedBy.SELF,
        "applied_by_id": 0,
        "nonce": f"test-{next(_serial)}",
        "employed_at_enrolment": False,
        "eligibility": [],
        "enrolled_at": moment if state is EnrolmentState.ENROLLED else None,
        "withdrawn_at": moment if state is EnrolmentState.WITHDRAWN else None,
    }
    return _add(
        Enrolment(
            class_id=(into or training_class()).id,
            person_id=(of or person()).id,
            state=state,
            **(values | columns),
        )
    )


def completion(
    of: Enrolment,
    *,
    completed_on: date = date(2024, 4, 26),
    outcome: CompletionOutcome = CompletionOutcome.PASSED,
    state: CompletionState = CompletionState.CONFIRMED,
    **columns: Any,
) -> Completion:
    moment = datetime.combine(completed_on, time(17), SHANGHAI)
    values: dict[str, Any] = {
        "hours_attended": 4,
        "hours_held": 4,
        "calculation": {},
        "proposed_at": moment,
        "proposed_by_id": 0,
        "confirmed_at": moment if state is CompletionState.CONFIRMED else None,
    }
    return _add(
        Completion(
            enrolment_id=of.id,
            state=state,
            outcome=outcome,
            completed_on=completed_on,
            **(values | columns),
        )
    )


def employer(**columns: Any) -> Employer:
    region(DISTRICT)
    values: dict[str, Any] = {
        "name": f"测试用人单位 {next(_serial)}",
        "credit_code": credit_code(),
        "kind": EmployerKind.ENTERPRISE,
        "region_code": DISTRICT,
        "posts": 80,
    }
    return _add(Employer(**(values | columns)))


def account(role: Role, *, name: str = "测试账号", **scope: Any) -> RoleGrant:
    """An account with one role. The scope defaults to the district, a new base or a new person."""
    if role is Role.FEDERATION:
        scope.setdefault("region_code", region(DISTRICT).code)
    elif role is Role.TOWNSHIP:
        scope.setdefault("region_code", region(TOWNSHIP).code)
    elif role is Role.PROVIDER and "provider_id" not in scope:
        scope["provider_id"] = provider().id
    elif role is Role.TRAINEE and "person_id" not in scope:
        scope["person_id"] = person().id
    owner = _add(
        Account(username=f"test{next(_serial)}", display_name=name, must_change_password=False)
    )
    return _add(RoleGrant(account_id=owner.id, role=role, **scope))


def actor(role: Role, **scope: Any) -> Actor:
    """What `current_actor()` is for a new account in `role`."""
    grant = account(role, **scope)
    return Actor(
        account_id=grant.account_id,
        name=grant.account.display_name,
        role=grant.role,
        grant_id=grant.id,
        region_code=grant.region_code,
        provider_id=grant.provider_id,
        person_id=grant.person_id,
    )


def signed_in_client(app: Flask, role: Role, **scope: Any) -> FlaskClient:
    """A client whose session is that of a new account in `role`."""
    grant = account(role, **scope)
    db.session.commit()
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = session_token(grant_id=grant.id, epoch=grant.account.session_epoch)
        session["_fresh"] = True
        session.permanent = True
    return client
