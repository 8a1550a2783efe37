"""Guardians, consent, ability assessments, yearly checks and needs."""

from app.people import queries
from app.people.models import (
    AbilityAssessment,
    Consent,
    Guardian,
    NeedRegistration,
    Person,
    YearlyCheck,
)
from app.people.rules import CONSENT_WORDING, parse_phone
from app.people.types import AssessmentFacts, CheckFacts, ConsentPurpose, GuardianFacts, NeedKind
from app.platform import clock, eventlog
from app.platform.access import Actor
from app.platform.db import db
from app.platform.errors import DomainError
from app.platform.unit_of_work import explain_constraints

explain_constraints(
    {
        "uq_consent_live": ("purpose", "这项同意已经记录过，仍然有效，不用再记。"),
        "ck_consent_withdrawn_after_given": (None, "撤回时间不能早于同意时间，请核对电脑的时间。"),
        "ck_consent_purpose_known": ("purpose", "请从列出的选项中选择同意的事项。"),
        "ck_ability_assessment_scores_low": (None, "各项得分不能小于 0，请核对。"),
        "ck_ability_assessment_scores_high": (None, "各项得分不能大于 100，请核对。"),
        "uq_yearly_check_once": (
            "checked_on",
            "这个人这一年已经核查过，可能是同事刚刚保存的。请刷新页面，在原来的核查上更正。",
        ),
        "ck_yearly_check_year": ("checked_on", "核查日期应在 2000 年到 2100 年之间，请核对。"),
        "ck_yearly_check_employment_known": ("employment", "请从列出的选项中选择就业情况。"),
        "uq_need_registration_once": (None, "这个人这一年的这类需求已经登记过，请刷新页面后更正。"),
        "ck_need_registration_year": ("checked_on", "登记日期应在 2000 年到 2100 年之间，请核对。"),
        "ck_need_registration_kind_known": (None, "需求只能是培训或就业，请重新选择。"),
        "fk_guardian_person_id": (None, "没有找到这个人，请回到人员列表重新选择。"),
        "fk_consent_person_id": (None, "没有找到这个人，请回到人员列表重新选择。"),
        "fk_consent_given_by_guardian_id": ("given_by", "没有找到这位监护人，请重新选择。"),
        "fk_ability_assessment_person_id": (None, "没有找到这个人，请回到人员列表重新选择。"),
        "fk_yearly_check_person_id": (None, "没有找到这个人，请回到人员列表重新选择。"),
        "fk_need_registration_person_id": (None, "没有找到这个人，请回到人员列表重新选择。"),
    }
)


def add_guardian(*, actor: Actor, person: Person, facts: GuardianFacts) -> Guardian:
    """Record who acts for a person."""
    phone = parse_phone(facts.phone)
    guardian = Guardian(person_id=person.id, name=facts.name, relation=facts.relation, phone=phone)
    db.session.add(guardian)
    db.session.flush()
    eventlog.record(
        actor=actor,
        action="person.guardian_added",
        subject=person,
        detail={"guardian_id": guardian.id},
    )
    return guardian


def end_guardian(*, actor: Actor, person: Person, guardian: Guardian) -> None:
    """From today on the guardian no longer acts for the person; the record stays."""
    if guardian.ended_on is not None:
        raise DomainError("这位监护人已经停止代办，不用重复操作。")
    guardian.ended_on = clock.today()
    eventlog.record(
        actor=actor,
        action="person.guardian_ended",
        subject=person,
        detail={"guardian_id": guardian.id},
    )


def record_consent(
    *, actor: Actor, person: Person, purpose: ConsentPurpose, given_by: Guardian | None = None
) -> Consent:
    """Record that the person, or `given_by` for the person, agreed to the present wording of a purpose."""
    if given_by is not None and (given_by.person_id != person.id or given_by.ended_on is not None):
        raise DomainError("这位监护人现在不能代表此人，请重新选择。", "given_by")
    if queries.has_consent(person.id, purpose):
        raise DomainError(f"“{purpose.label}”的同意已经记录过，仍然有效，不用再记。", "purpose")
    consent = Consent(
        person_id=person.id,
        purpose=purpose,
        wording=CONSENT_WORDING[purpose],
        given_at=clock.now(),
        given_by_guardian_id=given_by.id if given_by else None,
        recorded_by_id=actor.account_id,
    )
    db.session.add(consent)
    db.session.flush()
    eventlog.record(
        actor=actor,
        action="person.consent_given",
        subject=person,
        detail={
            "purpose": purpose,
            "by": "guardian" if given_by else "self",
            "note": f"{purpose.label}，{'监护人同意' if given_by else '本人同意'}",
        },
    )
    return consent


def withdraw_consent(*, actor: Actor, person: Person, consent: Consent) -> None:
    """End a consent; what was agreed to and when stays on record."""
    if consent.withdrawn_at is not None:
        raise DomainError("这项同意已经撤回，不用重复操作。")
    consent.withdrawn_at = max(clock.now(), consent.given_at)
    db.session.flush()
    eventlog.record(
        actor=actor,
        action="person.consent_withdrawn",
        subject=person,
        detail={"purpose": consent.purpose, "note": consent.purpose.label},
    )


def record_assessment(*, actor: Actor, person: Person, facts: AssessmentFacts) -> AbilityAssessment:
    """Record an assessment of vocational ability."""
    if not person.birth_date <= facts.assessed_on <= clock.today():
        raise DomainError("评估日期应在出生日期以后且不晚于今天，请核对。", "assessed_on")
    row = AbilityAssessment(
        person_id=person.id,
        assessed_on=facts.assessed_on,
        assessor=facts.assessor,
        mobility=facts.mobility,
        communication=facts.communication,
        learning=facts.learning,
        work_endurance=facts.work_endurance,
        recommendation=facts.recommendation,
        recorded_by_id=actor.account_id,
    )
    db.session.add(row)
    db.session.flush()
    eventlog.record(
        actor=actor, action="person.assessed", subject=person, detail={"assessment_id": row.id}
    )
    return row


def record_yearly_check(*, actor: Actor, person: Person, facts: CheckFacts) -> YearlyCheck:
    """Record the check of a year and the needs told at it; a second one in the year corrects the first.

    Raises DomainError where the date lies in the future, or after the person's death.
    """
    if facts.checked_on > clock.today():
        raise DomainError("核查日期不能晚于今天，请核对。", "checked_on")
    if person.deceased_on is not None and facts.checked_on >= person.deceased_on:
        raise DomainError("登记显示此人已经去世，请先核对资料。", "checked_on")
    year = facts.checked_on.year
    check = queries.check_of_year(person, year)
    corrected = check is not None
    if check is None:
        check = YearlyCheck(person_id=person.id, year=year)
        db.session.add(check)
    check.checked_on = facts.checked_on
    check.employment = facts.employment
    check.note = facts.note
    check.recorded_by_id = actor.account_id
    _register_needs(actor, person, facts)
    db.session.flush()
    eventlog.record(
        actor=actor,
        action="person.check_corrected" if corrected else "person.checked",
        subject=person,
        detail={"year": year, "needs": sorted(facts.wishes), "note": f"{year} 年"},
    )
    return check


def _register_needs(actor: Actor, person: Person, facts: CheckFacts) -> None:
    """The needs of the year are what was told at the last check of it."""
    year = facts.checked_on.year
    known = {need.kind: need for need in queries.needs_of(person, year)}
    for kind in NeedKind:
        need = known.get(kind)
        wish = facts.wishes.get(kind)
        if wish is None:
            if need is not None:
                db.session.delete(need)
            continue
        if need is None:
            need = NeedRegistration(person_id=person.id, year=year, kind=kind)
            db.session.add(need)
        elif need.wish == wish:
            continue
        need.wish = wish
        need.registered_on = facts.checked_on
        need.recorded_by_id = actor.account_id
