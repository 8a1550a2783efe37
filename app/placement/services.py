"""Commands on follow-ups, spells and their documents: the only writers of these rows."""

from dataclasses import asdict
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.placement import policies, queries, rules
from app.placement.models import EmploymentSpell, Evidence, Exclusion, FollowUp, FollowUpAttempt
from app.placement.types import (
    ContactMethod,
    Document,
    ExclusionReason,
    FollowUpOutcome,
    SpellFacts,
    SpellState,
)
from app.platform import clock, eventlog, storage
from app.platform.access import Actor
from app.platform.db import db
from app.platform.errors import DomainError, NotAllowed
from app.platform.formats import day_zh
from app.platform.unit_of_work import explain_constraints

explain_constraints(
    {
        "ex_employment_spell_same_post": (
            "started_on",
            "此人在同一单位、同一岗位已有一条时间重叠的就业记录。"
            "请核对起止日期，或打开原来的记录修改。",
        ),
        "uq_evidence_once": ("file", "这份文件已经上传过，不用再传。"),
        "uq_exclusion_enrolment": (None, "这次培训已经登记过排除情形，请刷新页面查看。"),
    }
)


# Follow-ups


def plan_follow_ups(*, actor: Actor, enrolment_id: int, person_id: int, completed_on: date) -> int:
    """Create the follow-ups of a completed training that are not there yet. How many were."""
    rows = [
        {"enrolment_id": enrolment_id, "person_id": person_id, "months": months, "due_on": due_on}
        for months, due_on in rules.due_dates(completed_on)
    ]
    planned = db.session.scalars(
        insert(FollowUp)
        .values(rows)
        .on_conflict_do_nothing(constraint="uq_follow_up_once")
        .returning(FollowUp.id)
    ).all()
    if planned:
        eventlog.record(
            actor=actor,
            action="follow_ups.planned",
            detail={"enrolment_id": enrolment_id, "follow_ups": list(planned)},
        )
    return len(planned)


def on_completion_confirmed(
    sender: Any,
    *,
    actor: Actor,
    enrolment_id: int,
    person_id: int,
    completed_on: date,
    passed: bool,
    **_: Any,
) -> None:
    """Plan the follow-ups of a completion with a pass, and let work found meanwhile stem from it."""
    if not passed:
        return
    planned = plan_follow_ups(
        actor=actor, enrolment_id=enrolment_id, person_id=person_id, completed_on=completed_on
    )
    if planned:
        _relate_spells(actor=actor, person_id=person_id)


def _relate_spells(*, actor: Actor, person_id: int) -> None:
    """Say again which training each spell of a person stems from."""
    trainings = queries.trainings_of(person_id)
    for spell in queries.spells_of(person_id):
        training = rules.training_behind(spell.started_on, trainings).training
        enrolment_id = training.enrolment_id if training else None
        if spell.enrolment_id != enrolment_id:
            spell.enrolment_id = enrolment_id
            eventlog.record(
                actor=actor,
                action="spell.related",
                subject=spell,
                detail={"enrolment_id": enrolment_id},
            )


def show_phone(*, actor: Actor, follow_up: FollowUp) -> None:
    """Somebody who works a follow-up sees the whole telephone number, which is logged."""
    eventlog.record(actor=actor, action="follow_up.phone_shown", subject=follow_up)


def record_attempt(
    *,
    actor: Actor,
    follow_up: FollowUp,
    method: ContactMethod,
    on: date,
    note: str,
    nonce: str,
) -> FollowUpAttempt:
    """Note that somebody was not reached; the follow-up stays open. The same nonce is one attempt."""
    _hold(follow_up)
    known = db.session.scalar(select(FollowUpAttempt).where(FollowUpAttempt.nonce == nonce))
    if known is not None and known.follow_up_id == follow_up.id:
        return known
    _check_open(actor, follow_up)
    _check_contact_date(follow_up, on)
    attempt = FollowUpAttempt(
        attempted_at=_moment(on),
        method=method,
        note=note,
        attempted_by_id=actor.account_id,
        nonce=nonce,
    )
    follow_up.attempts.append(attempt)
    eventlog.record(
        actor=actor,
        action="follow_up.attempted",
        subject=follow_up,
        detail={"method": method.value, "on": on.isoformat()},
    )
    return attempt


def close_follow_up(
    *,
    actor: Actor,
    follow_up: FollowUp,
    outcome: FollowUpOutcome,
    method: ContactMethod,
    on: date,
    note: str,
    attempts_needed: int = rules.ATTEMPTS_BEFORE_NOT_REACHED,
) -> None:
    """Close with an outcome. Closing twice in the same words by the same officer is once.

    Raises DomainError where somebody else closed it meanwhile, or too few attempts were made to give up.
    """
    if outcome is FollowUpOutcome.EXCLUDED:
        raise DomainError("排除情形要写明原因、日期并上传证明，请用“登记排除情形”。", "result")
    _hold(follow_up)
    told = (outcome, method, on, note, actor.account_id)
    if told == (
        follow_up.outcome,
        follow_up.method,
        follow_up.closed_on,
        follow_up.note,
        follow_up.interviewer_id,
    ):
        return
    _check_open(actor, follow_up)
    _check_contact_date(follow_up, on)
    if outcome is FollowUpOutcome.NOT_REACHED:
        rules.check_not_reached(len(follow_up.attempts), attempts_needed)
    _close(actor, follow_up, outcome, method, on, note)


def exclude(
    *,
    actor: Actor,
    follow_up: FollowUp,
    reason: ExclusionReason,
    since: date,
    method: ContactMethod,
    note: str,
    document: Document,
) -> Exclusion:
    """Record that somebody left the cohort of a training, with evidence.

    The follow-up closes as excluded, and with it those that come later or are due since then.
    """
    _hold(follow_up)
    _check_open(actor, follow_up)
    today = clock.today()
    if since > today:
        raise DomainError("排除情形的开始日不能晚于今天，请核对。", "since")
    exclusion = Exclusion(
        enrolment_id=follow_up.enrolment_id,
        reason=reason,
        since=since,
        recorded_at_follow_up_id=follow_up.id,
        recorded_by_id=actor.account_id,
    )
    db.session.add(exclusion)
    db.session.flush()
    db.session.add(_evidence(actor, document, exclusion_id=exclusion.id))
    for one in queries.follow_ups_of(follow_up.enrolment_id):
        ends = one.id == follow_up.id or rules.closes_with(
            one.months, one.due_on, of_months=follow_up.months, since=since
        )
        if one.outcome is None and ends:
            _close(actor, one, FollowUpOutcome.EXCLUDED, method, today, note)
    eventlog.record(
        actor=actor,
        action="exclusion.recorded",
        subject=exclusion,
        detail={"enrolment_id": follow_up.enrolment_id, "since": since.isoformat()},
    )
    return exclusion


def _close(
    actor: Actor,
    follow_up: FollowUp,
    outcome: FollowUpOutcome,
    method: ContactMethod,
    on: date,
    note: str,
) -> None:
    follow_up.outcome = outcome
    follow_up.method = method
    follow_up.closed_on = on
    follow_up.note = note
    follow_up.interviewer_id = actor.account_id
    db.session.flush()
    # An exclusion may tell of illness or death, so the log does not name the outcome.
    eventlog.record(
        actor=actor,
        action="follow_up.closed",
        subject=follow_up,
        detail={"method": method.value, "on": on.isoformat()},
    )


def _hold(row: FollowUp | EmploymentSpell) -> None:
    """Read a row again and keep others from writing it until the transaction ends."""
    db.session.expire(row)
    db.session.refresh(row, with_for_update={"key_share": True})


def _check_open(actor: Actor, follow_up: FollowUp) -> None:
    if not policies.can_work_follow_ups(actor):
        raise NotAllowed
    if follow_up.outcome is None:
        return
    who = queries.account_names([follow_up.interviewer_id]).get(
        follow_up.interviewer_id or 0, "系统"
    )
    closed = follow_up.closed_on
    day = day_zh(closed) if closed else ""
    raise DomainError(
        f"这次回访已由{who}结束，结果是“{follow_up.outcome.label}”（{day}）。您填写的内容没有保存。"
    )


def _check_contact_date(follow_up: FollowUp, on: date) -> None:
    if on > clock.today():
        raise DomainError("联系日期不能晚于今天，请核对。", "on")
    dues = ((one.months, one.due_on) for one in queries.follow_ups_of(follow_up.enrolment_id))
    completed_on = rules.completed_on(dues)
    if on < completed_on:
        raise DomainError(
            f"联系日期不能早于结业日（{day_zh(completed_on)}），请核对。",
            "on",
        )


def _moment(on: date) -> datetime:
    """Now when it was today, else noon of the day told."""
    if on == clock.today():
        return clock.now()
    return datetime.combine(on, time(12), clock.SHANGHAI)


# Spells


def report_spell(
    *, actor: Actor, person_id: int, birth_date: date, facts: SpellFacts, document: Document | None
) -> EmploymentSpell:
    """Report that a person works, perhaps with a first document. The same report twice is one spell."""
    if not policies.can_report_spells(actor):
        raise NotAllowed
    if not queries.hold_person(person_id):
        raise DomainError("这个人的记录刚刚并入了另一份，请重新查找后再登记。")
    known = queries.same_report(actor=actor, person_id=person_id, facts=facts)
    if known is not None:
        return known
    _check_facts(facts, birth_date)
    spell = EmploymentSpell(
        person_id=person_id,
        enrolment_id=_training_behind(person_id, facts.started_on),
        state=SpellState.REPORTED,
        reported_at=clock.now(),
        reported_by_id=actor.account_id,
        **asdict(facts),
    )
    db.session.add(spell)
    db.session.flush()
    eventlog.record(
        actor=actor, action="spell.reported", subject=spell, detail={"form": facts.form.value}
    )
    if document is not None:
        add_evidence(actor=actor, spell=spell, document=document)
    return spell


def revise_spell(
    *,
    actor: Actor,
    spell: EmploymentSpell,
    birth_date: date,
    facts: SpellFacts,
    reason: str,
    seen: datetime | None,
) -> None:
    """Change what is told of a spell; one that was returned or verified has to be verified (again).

    `seen` is the version that the actor looked at. Raises DomainError where somebody changed it meanwhile.
    """
    _hold(spell)
    if all(getattr(spell, name) == value for name, value in asdict(facts).items()) and (
        spell.state is SpellState.REPORTED
    ):
        return
    if spell.recorded_at != seen:
        raise DomainError(
            "您打开这一页之后，别人修改过这条记录，您填写的内容没有保存。请返回查看后再改。"
        )
    if not policies.can_report_spells(actor):
        raise NotAllowed
    before = spell.state
    if before is not SpellState.REPORTED:
        rules.check_transition(before, SpellState.REPORTED, actor.role)
    if before is SpellState.VERIFIED and not reason:
        raise DomainError("请写明更正原因。", "reason")
    _check_facts(facts, birth_date)
    # Read first: a query between the changes would make two versions of one.
    spell.enrolment_id = _training_behind(spell.person_id, facts.started_on)
    for name, value in asdict(facts).items():
        setattr(spell, name, value)
    spell.state = SpellState.REPORTED
    spell.reported_at, spell.reported_by_id = clock.now(), actor.account_id
    spell.decided_at = spell.decided_by_id = None
    spell.decision_comment = ""
    db.session.flush()
    action = {
        SpellState.REPORTED: "spell.edited",
        SpellState.RETURNED: "spell.resubmitted",
        SpellState.VERIFIED: "spell.corrected",
    }[before]
    eventlog.record(actor=actor, action=action, subject=spell, detail={"note": reason})


def end_spell(*, actor: Actor, spell: EmploymentSpell, ended_on: date, reason: str) -> None:
    """Say on which day the work ended, and why; a verified spell stays verified."""
    _hold(spell)
    if (spell.ended_on, spell.end_reason) == (ended_on, reason):
        return
    if spell.ended_on is not None:
        raise DomainError(
            f"这段就业已登记在 {day_zh(spell.ended_on)} 结束"
            f"（{spell.end_reason or '未写原因'}）。要改，请用“修改”或“更正”。"
        )
    if not policies.can_end(actor, spell):
        raise NotAllowed
    rules.check_end(started_on=spell.started_on, ended_on=ended_on, as_of=clock.today())
    spell.ended_on, spell.end_reason = ended_on, reason
    db.session.flush()
    eventlog.record(actor=actor, action="spell.ended", subject=spell, detail={"note": reason})


def decide_spell(
    *,
    actor: Actor,
    spell: EmploymentSpell,
    decision: SpellState,
    comment: str,
    seen: datetime | None,
) -> None:
    """Verify a reported spell, or return it with a comment.

    `seen` is the version that the actor looked at: nobody vouches for what was changed meanwhile.
    """
    _hold(spell)
    if spell.state is decision and spell.decided_by_id == actor.account_id:
        return
    rules.check_transition(spell.state, decision, actor.role)
    if spell.recorded_at != seen:
        raise DomainError("您打开这一页之后，登记人修改过这条记录。请返回查看后再决定。")
    if decision is SpellState.VERIFIED:
        rules.check_verifiable(
            kinds={one.kind for one in spell.evidence},
            decider_id=actor.account_id,
            contributor_ids=queries.contributor_ids(spell),
        )
    elif not comment:
        raise DomainError("请写明退回原因，让登记人知道要补什么。", "comment")
    spell.state = decision
    spell.decided_at, spell.decided_by_id = clock.now(), actor.account_id
    spell.decision_comment = comment
    db.session.flush()
    eventlog.record(
        actor=actor, action=f"spell.{decision.value}", subject=spell, detail={"note": comment}
    )


def _check_facts(facts: SpellFacts, birth_date: date) -> None:
    rules.check_spell(
        form=facts.form,
        has_employer=facts.employer_id is not None,
        started_on=facts.started_on,
        ended_on=facts.ended_on,
        end_reason=facts.end_reason,
        birth_date=birth_date,
        as_of=clock.today(),
    )


def _training_behind(person_id: int, started_on: date) -> int | None:
    training = rules.training_behind(started_on, queries.trainings_of(person_id)).training
    return training.enrolment_id if training else None


# Documents


def add_evidence(*, actor: Actor, spell: EmploymentSpell, document: Document) -> Evidence:
    """Keep a document of a spell; the grade of all follows from the kinds that are there.

    Raises DomainError where the file is not what it says, or the spell was verified without it.
    """
    _hold(spell)
    if spell.state is SpellState.VERIFIED:
        raise DomainError("这条记录已经核实。要补材料，请先用“更正”改回待核实。", document.field)
    if not policies.can_add_evidence(actor, spell):
        raise NotAllowed
    evidence = _evidence(actor, document, spell_id=spell.id)
    for one in spell.evidence:
        if one.sha256 == evidence.sha256 and one.kind is evidence.kind:
            return one
    db.session.add(evidence)
    db.session.flush()
    db.session.expire(spell, ["evidence"])
    grade = rules.grade_of({one.kind for one in spell.evidence})
    for one in spell.evidence:
        one.grade = grade
    eventlog.record(
        actor=actor,
        action="spell.documented",
        subject=spell,
        detail={"evidence_id": evidence.id, "kind": document.kind.value},
    )
    return evidence


def open_evidence(*, actor: Actor, evidence: Evidence) -> bytes:
    """The content of a document; that it was opened is logged.

    Raises DomainError where the stored file is missing or was changed.
    """
    try:
        content = storage.read(evidence.sha256)
    except (FileNotFoundError, ValueError) as error:
        raise DomainError("这份文件在存储中缺失或已损坏，请联系系统管理员。") from error
    eventlog.record(actor=actor, action="evidence.opened", subject=evidence)
    return content


def _evidence(
    actor: Actor,
    document: Document,
    *,
    spell_id: int | None = None,
    exclusion_id: int | None = None,
) -> Evidence:
    stored = storage.store_upload(document.content, field=document.field)
    return Evidence(
        spell_id=spell_id,
        exclusion_id=exclusion_id,
        kind=document.kind,
        grade=rules.grade_of({document.kind}),
        sha256=stored.sha256,
        content_type=stored.content_type,
        size=stored.size,
        filename=document.filename[-120:] or "证明材料",
        uploaded_at=clock.now(),
        uploaded_by_id=actor.account_id,
    )
