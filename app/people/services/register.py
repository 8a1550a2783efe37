"""Registering persons, changing what is known of them, and their certificates."""

from datetime import date

from app.people import queries
from app.people.models import DisabilityCertificate, Person
from app.people.rules import (
    CertificateNumber,
    CitizenNumber,
    certificate_expiry,
    check_certificate,
    check_same_citizen,
    parse_certificate_number,
    parse_citizen_number,
    parse_phone,
    spell,
)
from app.people.types import CertificateFacts, HouseholdFlag, PersonFacts
from app.platform import clock, eventlog
from app.platform.access import Actor
from app.platform.crypto import blind_index
from app.platform.db import db
from app.platform.errors import DomainError
from app.platform.types import LabelledEnum
from app.platform.unit_of_work import explain_constraints

explain_constraints(
    {
        "uq_person_citizen_number": (
            "number",
            "这个身份证号已经登记过。请用“按号码查找”打开原来的记录；如果查不到，说明登记在其他镇街，请联系区残联。",
        ),
        "uq_disability_certificate_number": ("number", "这个残疾人证号已经登记过，请核对。"),
        "ck_person_birth_date": ("number", "出生日期应在 1900 年以后，请核对证件号码。"),
        "ck_person_not_family_of_itself": (None, "一个人不能是自己的家属，请选择另一个人。"),
        "ck_person_not_merged_into_itself": (None, "一份记录不能与自己合并，请选择另一份。"),
        "ck_person_sex_known": (None, "性别只能是男或女，请核对证件号码。"),
        "ck_person_hukou_known": ("hukou", "请从列出的选项中选择户口类型。"),
        "ck_person_education_known": ("education", "请从列出的选项中选择文化程度。"),
        "ck_disability_certificate_grade": (
            "number",
            "残疾等级只能是 1 至 4，请核对证号第 20 位。",
        ),
        "ck_disability_certificate_validity": ("expires_on", "有效期止应晚于发证日期，请核对。"),
        "ck_disability_certificate_components_of_multiple": (
            "components",
            "多重残疾请勾选至少两种类别；其他类别不用勾选。",
        ),
        "ck_disability_certificate_category_known": (
            "number",
            "残疾类别只能是 1 至 7，请核对证号第 19 位。",
        ),
        "fk_person_residence_code": ("residence_code", "没有这个居住地，请从列表中重新选择。"),
        "fk_person_family_member_of_id": (None, "没有找到这位残疾人，请先登记残疾人本人。"),
        "fk_person_merged_into_id": (None, "没有找到要保留的记录，请重新选择。"),
        "fk_disability_certificate_person_id": (None, "没有找到这个人，请回到人员列表重新选择。"),
    }
)

_TOWNSHIP_LENGTH = 9


class ShownNumber(LabelledEnum):
    """What may be shown in full."""

    CITIZEN = "citizen_number", "身份证号"
    CERTIFICATE = "certificate_number", "残疾人证号"
    PHONE = "phone", "电话"


def register_person(*, actor: Actor, facts: PersonFacts, certificate: CertificateFacts) -> Person:
    """Register a disabled person by the certificate, whose number says citizen number, birth date and sex.

    Raises DomainError where a number, a date or the residence is wrong.
    """
    today = clock.today()
    number = parse_certificate_number(certificate.number, as_of=today, field="number")
    person = _new_person(actor, facts, number.citizen, today)
    _write_certificate(person, number, certificate, today)
    eventlog.record(actor=actor, action="person.registered", subject=person)
    return person


def register_family_member(
    *, actor: Actor, facts: PersonFacts, citizen_number: str, of: Person
) -> Person:
    """Register a family member of a disabled person, who has no certificate and may take rural courses only."""
    today = clock.today()
    if of.family_member_of_id is not None:
        raise DomainError("请先打开残疾人本人的记录，再登记家属：这里打开的也是家属。")
    number = parse_citizen_number(citizen_number, as_of=today, field="number")
    person = _new_person(actor, facts, number, today)
    person.family_member_of_id = of.id
    db.session.flush()
    eventlog.record(
        actor=actor,
        action="person.family_member_registered",
        subject=person,
        detail={"family_member_of_id": of.id},
    )
    return person


def change_person(*, actor: Actor, person: Person, facts: PersonFacts) -> None:
    """Change what is known of a person; the old version is kept. Numbers, birth date and sex do not change."""
    today = clock.today()
    if facts.residence_code != person.residence_code:
        _check_residence(actor, facts.residence_code, today)
    if facts.deceased_on is not None and not person.birth_date <= facts.deceased_on <= today:
        raise DomainError("去世日期应在出生日期以后且不晚于今天，请核对。", "deceased_on")
    _apply(person, facts)
    db.session.flush()
    eventlog.record(actor=actor, action="person.changed", subject=person)


def add_certificate(
    *, actor: Actor, person: Person, certificate: CertificateFacts
) -> DisabilityCertificate:
    """Add the certificate of a re-evaluation or a renewal; older ones stay."""
    today = clock.today()
    number = parse_certificate_number(certificate.number, as_of=today, field="number")
    check_same_citizen(number, person.citizen_number)
    row = _write_certificate(person, number, certificate, today)
    if person.family_member_of_id is not None:
        # Somebody with a certificate takes courses in his or her own right.
        person.family_member_of_id = None
        db.session.flush()
    eventlog.record(
        actor=actor,
        action="person.certificate_added",
        subject=person,
        detail={"certificate_id": row.id},
    )
    return row


def show_number(*, actor: Actor, person: Person, what: ShownNumber) -> str:
    """A number in full, for an office that needs it; that it was shown is logged."""
    shown = _full_number(person, what)
    if shown is None:
        raise DomainError(f"没有登记{what.label}，请先补充登记。")
    eventlog.record(
        actor=actor,
        action="person.number_shown",
        subject=person,
        detail={"what": what, "note": what.label},
    )
    return shown


def _full_number(person: Person, what: ShownNumber) -> str | None:
    if what is ShownNumber.CITIZEN:
        return person.citizen_number
    if what is ShownNumber.PHONE:
        return person.phone
    return person.certificates[0].number if person.certificates else None


def _new_person(actor: Actor, facts: PersonFacts, number: CitizenNumber, today: date) -> Person:
    _check_residence(actor, facts.residence_code, today)
    person = Person(
        citizen_number=number.text,
        citizen_number_index=blind_index(number.text),
        birth_date=number.birth_date,
        sex=number.sex,
    )
    _apply(person, facts)
    db.session.add(person)
    db.session.flush()
    return person


def _apply(person: Person, facts: PersonFacts) -> None:
    spelling = spell(facts.name)
    phone = parse_phone(facts.phone) if facts.phone else None
    person.name, person.pinyin, person.initials = facts.name, spelling.pinyin, spelling.initials
    if phone != person.phone:
        person.phone = phone
        person.phone_index = blind_index(phone) if phone else None
    person.residence_code = facts.residence_code
    person.hukou = facts.hukou
    person.education = facts.education
    person.deceased_on = facts.deceased_on
    for flag in HouseholdFlag:
        setattr(person, flag.value, flag in facts.flags)


def _check_residence(actor: Actor, code: str, today: date) -> None:
    allowed = {place.code for place in queries.residence_choices(actor, as_of=today)}
    if len(code) < _TOWNSHIP_LENGTH or code not in allowed:
        raise DomainError(
            "居住地应是您负责的、现有的镇街或村（社区），请从列表中选择。", "residence_code"
        )


def _write_certificate(
    person: Person, number: CertificateNumber, facts: CertificateFacts, today: date
) -> DisabilityCertificate:
    expires_on = facts.expires_on or certificate_expiry(facts.issued_on)
    check_certificate(
        number,
        issued_on=facts.issued_on,
        expires_on=expires_on,
        components=facts.components,
        as_of=today,
    )
    row = DisabilityCertificate(
        person_id=person.id,
        number=number.text,
        number_index=blind_index(number.text),
        category=number.category,
        grade=number.grade,
        components=sorted(component.value for component in facts.components),
        issued_on=facts.issued_on,
        expires_on=expires_on,
    )
    db.session.add(row)
    db.session.flush()
    db.session.expire(person, ["certificates"])
    return row
