"""Commands on enrolments: the only writers of their rows.

Every command that takes or frees a seat holds the class row until its transaction ends, so that seats are given in one
order; `seats_taken` itself is kept by a trigger and bounded by a CHECK.
"""

from collections.abc import Collection
from dataclasses import asdict
from typing import TYPE_CHECKING

from app.enrolment import queries, rules
from app.enrolment.models import Accommodation, Enrolment
from app.enrolment.types import (
    AccommodationKind,
    AccommodationState,
    AlreadyApplied,
    AppliedBy,
    EnrolmentState,
    Ineligible,
    Judgement,
    Verdict,
)
from app.platform import clock, eventlog, outbox
from app.platform.access import Actor, Role
from app.platform.db import db
from app.platform.errors import DomainError
from app.platform.unit_of_work import explain_constraints

if TYPE_CHECKING:
    from app.courses.models import TrainingClass
    from app.people.models import Person

explain_constraints(
    {
        "uq_enrolment_live": (None, "已经报过这个班期，不用再报一次。请刷新页面查看。"),
        "uq_enrolment_nonce": (None, "这份报名表已经提交过。请刷新页面查看。"),
    }
)


def apply(
    *,
    actor: Actor,
    klass: "TrainingClass",
    person: "Person",
    applied_by: AppliedBy,
    employed: bool,
    accommodations: Collection[AccommodationKind],
    nonce: str,
) -> Enrolment:
    """Give a seat, or a place at the end of the waiting list. The same nonce is one application.

    Raises:
        Ineligible: a rule says no.
        AlreadyApplied: the person has a place in this class or waits for one.
    """
    # The person first: of two applications of one person the second sees the first when hours and years are judged.
    queries.hold_person(person.id)
    if queries.person_by_id(person.id) is None:
        raise DomainError("这个人的记录刚刚并入了另一份，请重新查找后再报名。")
    klass = queries.hold_class(klass)
    made = queries.by_nonce(nonce)
    if made is not None and (made.class_id, made.person_id) == (klass.id, person.id):
        return made
    if made is not None:
        raise DomainError("这份报名表已经用过，请重新打开报名页再填一次。")
    live = queries.live_enrolment(class_id=klass.id, person_id=person.id)
    if live is not None:
        raise AlreadyApplied(live.id)
    judgements = judge(klass=klass, person=person, employed=employed)
    if rules.is_blocked(judgements):
        reasons = rules.reasons(judgements, Verdict.BLOCK, role=actor.role)
        raise Ineligible("不能报名：" + "".join(reasons), judgements)
    return _enrol(actor, klass, person, applied_by, employed, accommodations, nonce, judgements)


def judge(*, klass: "TrainingClass", person: "Person", employed: bool) -> tuple[Judgement, ...]:
    """What the rules of eligibility say today of this person and class."""
    facts = queries.facts_of(klass=klass, person=person, employed=employed, as_of=clock.today())
    return rules.judge(facts)


def _enrol(
    actor: Actor,
    klass: "TrainingClass",
    person: "Person",
    applied_by: AppliedBy,
    employed: bool,
    accommodations: Collection[AccommodationKind],
    nonce: str,
    judgements: tuple[Judgement, ...],
) -> Enrolment:
    now = clock.now()
    free = klass.seats_taken < klass.capacity and queries.first_waiting(klass.id) is None
    enrolment = Enrolment(
        class_id=klass.id,
        person_id=person.id,
        state=EnrolmentState.ENROLLED if free else EnrolmentState.WAITING,
        applied_at=now,
        applied_by=applied_by,
        applied_by_id=actor.account_id,
        nonce=nonce,
        employed_at_enrolment=employed,
        eligibility=[asdict(one) for one in judgements],
        enrolled_at=now if free else None,
    )
    enrolment.accommodations = [
        Accommodation(kind=kind) for kind in AccommodationKind if kind in accommodations
    ]
    db.session.add(enrolment)
    db.session.flush()
    eventlog.record(
        actor=actor,
        action="enrolment.applied",
        subject=enrolment,
        detail={
            "class_id": klass.id,
            "state": enrolment.state.value,
            "applied_by": applied_by.value,
        },
    )
    # Kept by the trigger on `enrolment`.
    db.session.refresh(klass, ["seats_taken"])
    return enrolment


def withdraw(*, actor: Actor, enrolment: Enrolment, reason: str) -> None:
    """Free the place; the first of the waiting list moves up. Withdrawing twice is once.

    Raises TransitionRefused once the class is over, DomainError without a reason.
    """
    klass = queries.hold_class(enrolment.training_class)
    db.session.refresh(enrolment)
    if enrolment.state is EnrolmentState.WITHDRAWN:
        return
    rules.refuse_withdrawal(klass.state)
    if not reason.strip():
        raise DomainError("请写明退出的原因。", "reason")
    before = enrolment.state
    enrolment.state = EnrolmentState.WITHDRAWN
    enrolment.withdrawn_at = clock.now()
    enrolment.withdrawal_reason = reason
    db.session.flush()
    # The reason is in the row: it may tell of an illness, and the log is never erased.
    eventlog.record(
        actor=actor,
        action="enrolment.withdrawn",
        subject=enrolment,
        detail={"class_id": klass.id, "from": before.value},
    )
    _fill_seats(actor, klass)


def _fill_seats(actor: Actor, klass: "TrainingClass") -> None:
    """Give free seats of a held class to the waiting list, in its order."""
    db.session.refresh(klass, ["seats_taken"])
    if not rules.moves_up(klass.state):
        return
    while klass.seats_taken < klass.capacity:
        first = queries.first_waiting(klass.id)
        if first is None:
            return
        first.state = EnrolmentState.ENROLLED
        first.enrolled_at = clock.now()
        db.session.flush()
        eventlog.record(
            actor=actor,
            action="enrolment.moved_up",
            subject=first,
            detail={"class_id": klass.id},
        )
        _tell_moved_up(first, klass)
        db.session.refresh(klass, ["seats_taken"])


def _tell_moved_up(enrolment: Enrolment, klass: "TrainingClass") -> None:
    phone = enrolment.person.phone
    if phone is None or not phone.startswith("1"):
        return
    day = klass.starts_on
    outbox.write(
        channel=outbox.Channel.SMS,
        recipient=phone,
        body=f"您候补的“{klass.title}”有名额了，已为您报上，{day.month}月{day.day}日开课。如不能参加，请尽早退出。",
        dedupe_key=f"enrolment.moved_up:{enrolment.id}",
    )


def answer_accommodation(
    *, actor: Actor, accommodation: Accommodation, state: AccommodationState, answer: str
) -> None:
    """The base says how it arranges what a trainee needs, or why it cannot.

    Raises DomainError where it cannot and does not say why.
    """
    if state is AccommodationState.UNMET and not answer.strip():
        raise DomainError("请写明为什么无法安排，残联会看到并想别的办法。", "answer")
    if (accommodation.state, accommodation.answer) == (state, answer):
        return
    accommodation.state = state
    accommodation.answer = answer
    eventlog.record(
        actor=actor,
        action="accommodation.answered",
        subject=accommodation,
        detail={"enrolment_id": accommodation.enrolment_id, "state": state.value},
    )


def applied_by(actor: Actor) -> AppliedBy:
    """How an application that this actor hands in is recorded."""
    return {
        Role.TOWNSHIP: AppliedBy.TOWNSHIP,
        Role.PROVIDER: AppliedBy.PROVIDER,
        Role.FEDERATION: AppliedBy.FEDERATION,
    }.get(actor.role, AppliedBy.SELF)
