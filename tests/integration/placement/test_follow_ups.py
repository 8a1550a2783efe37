"""Follow-ups: planned by a completion, worked and closed."""

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.placement import queries, services
from app.placement.models import Evidence, Exclusion, FollowUp, FollowUpAttempt
from app.placement.types import (
    ContactMethod,
    EvidenceKind,
    ExclusionReason,
    FollowUpOutcome,
)
from app.platform.access import Role
from app.platform.db import db
from app.platform.errors import DomainError, NotAllowed
from app.platform.eventlog import Event
from app.platform.signals import completion_confirmed
from tests import factories
from tests.integration.placement.conftest import Trainee, document

TODAY = date(2024, 6, 3)


def confirm(*, passed: bool = True, completed_on: date = date(2023, 11, 30)) -> int:
    enrolment = factories.enrolment()
    completion_confirmed.send(
        None,
        actor=factories.actor(Role.FEDERATION),
        enrolment_id=enrolment.id,
        person_id=enrolment.person_id,
        completed_on=completed_on,
        passed=passed,
    )
    return enrolment.id


def test_a_confirmed_completion_plans_them(app: Flask) -> None:
    planned = queries.follow_ups_of(confirm())
    assert [(one.months, one.due_on) for one in planned] == [
        (1, date(2023, 12, 30)),
        (3, date(2024, 2, 29)),
        (6, date(2024, 5, 30)),
        (12, date(2024, 11, 30)),
    ]


def test_a_completion_without_a_pass_plans_none(app: Flask) -> None:
    assert queries.follow_ups_of(confirm(passed=False)) == []


def test_planning_twice_adds_none_and_moves_none(trainee: Trainee) -> None:
    again = services.plan_follow_ups(
        actor=factories.actor(Role.FEDERATION),
        enrolment_id=trainee.enrolment.id,
        person_id=trainee.person.id,
        completed_on=date(2024, 5, 30),
    )
    assert again == 0
    kept = queries.follow_ups_of(trainee.enrolment.id)
    assert [one.due_on for one in kept] == [one.due_on for one in trainee.follow_ups]


def attempt(trainee: Trainee, nonce: str, **changes: object) -> FollowUpAttempt:
    values: dict[str, object] = {
        "actor": factories.actor(Role.TOWNSHIP),
        "follow_up": trainee.follow_ups[0],
        "method": ContactMethod.PHONE,
        "on": TODAY,
        "note": "无人接听",
        "nonce": nonce,
    }
    made = services.record_attempt(**(values | changes))  # type: ignore[arg-type]
    db.session.flush()
    return made


def close(trainee: Trainee, outcome: FollowUpOutcome, **changes: object) -> None:
    values: dict[str, object] = {
        "actor": factories.actor(Role.TOWNSHIP),
        "follow_up": trainee.follow_ups[0],
        "outcome": outcome,
        "method": ContactMethod.VISIT,
        "on": TODAY,
        "note": "",
    }
    services.close_follow_up(**(values | changes))  # type: ignore[arg-type]


def test_an_attempt_leaves_it_open_and_the_same_nonce_is_one(trainee: Trainee) -> None:
    assert attempt(trainee, "one").id == attempt(trainee, "one").id
    attempt(trainee, "two")
    assert len(trainee.follow_ups[0].attempts) == 2
    assert trainee.follow_ups[0].outcome is None


def test_not_reached_closes_after_three_attempts_only(trainee: Trainee) -> None:
    attempt(trainee, "1")
    attempt(trainee, "2")
    with pytest.raises(DomainError) as refusal:
        close(trainee, FollowUpOutcome.NOT_REACHED)
    assert refusal.value.field == "result"
    attempt(trainee, "3")
    close(trainee, FollowUpOutcome.NOT_REACHED)
    assert trainee.follow_ups[0].outcome is FollowUpOutcome.NOT_REACHED


def test_the_number_of_attempts_can_be_set(trainee: Trainee) -> None:
    attempt(trainee, "1")
    close(trainee, FollowUpOutcome.NOT_REACHED, attempts_needed=1)
    assert trainee.follow_ups[0].outcome is FollowUpOutcome.NOT_REACHED


def test_closing_twice_in_the_same_words_is_once(trainee: Trainee) -> None:
    actor = factories.actor(Role.TOWNSHIP)
    close(trainee, FollowUpOutcome.EMPLOYED, actor=actor)
    close(trainee, FollowUpOutcome.EMPLOYED, actor=actor)
    closings = select(func.count()).where(Event.action == "follow_up.closed")
    assert db.session.scalar(closings) == 1


def test_the_second_to_close_sees_what_the_first_did(trainee: Trainee) -> None:
    close(trainee, FollowUpOutcome.EMPLOYED, actor=factories.actor(Role.TOWNSHIP))
    with pytest.raises(DomainError, match="已由测试账号结束，结果是“已联系，在业”"):
        close(trainee, FollowUpOutcome.REFUSED)
    with pytest.raises(DomainError, match="没有保存"):
        attempt(trainee, "late")
    assert trainee.follow_ups[0].outcome is FollowUpOutcome.EMPLOYED


@pytest.mark.parametrize("day", [date(2024, 6, 4), date(2024, 4, 25)])
def test_contact_is_neither_in_the_future_nor_before_completion(
    trainee: Trainee, day: date
) -> None:
    with pytest.raises(DomainError) as refusal:
        close(trainee, FollowUpOutcome.REFUSED, on=day)
    assert refusal.value.field == "on"


def test_who_only_reads_cannot_work_one(trainee: Trainee) -> None:
    with pytest.raises(NotAllowed):
        close(trainee, FollowUpOutcome.REFUSED, actor=factories.actor(Role.AUDITOR))


def exclude(trainee: Trainee, number: int = 1, **changes: object) -> Exclusion:
    values: dict[str, object] = {
        "actor": factories.actor(Role.TOWNSHIP),
        "follow_up": trainee.follow_ups[number],
        "reason": ExclusionReason.EDUCATION,
        "since": date(2024, 6, 1),
        "method": ContactMethod.VISIT,
        "note": "",
        "document": document(EvidenceKind.OTHER),
    }
    return services.exclude(**(values | changes))  # type: ignore[arg-type]


def test_an_exclusion_ends_the_later_ones_and_keeps_the_earlier(trainee: Trainee) -> None:
    exclusion = exclude(trainee)
    outcomes = [one.outcome for one in queries.follow_ups_of(trainee.enrolment.id)]
    assert outcomes == [None, *[FollowUpOutcome.EXCLUDED] * 3]
    assert [one.kind for one in exclusion.evidence] == [EvidenceKind.OTHER]
    assert exclusion.recorded_at_follow_up_id == trainee.follow_ups[1].id


def test_an_exclusion_needs_a_real_document_and_a_past_date(trainee: Trainee) -> None:
    fake = document(EvidenceKind.OTHER).__class__(EvidenceKind.OTHER, "a.jpg", b"<html></html>")
    with pytest.raises(DomainError) as refusal:
        exclude(trainee, document=fake)
    assert refusal.value.field == "file"
    db.session.rollback()
    with pytest.raises(DomainError) as refusal:
        exclude(trainee, since=date(2024, 6, 4))
    assert refusal.value.field == "since"
    assert db.session.scalar(select(func.count()).select_from(Exclusion)) == 0
    assert db.session.scalar(select(func.count()).select_from(Evidence)) == 0


def test_excluded_is_no_outcome_of_a_plain_closing(trainee: Trainee) -> None:
    with pytest.raises(DomainError, match="登记排除情形"):
        close(trainee, FollowUpOutcome.EXCLUDED)


def test_the_log_does_not_tell_of_illness_or_death(trainee: Trainee) -> None:
    exclude(trainee, reason=ExclusionReason.DECEASED)
    db.session.flush()
    logged = str(db.session.scalars(select(Event.detail)).all())
    assert "deceased" not in logged
    assert "excluded" not in logged


def test_counts_are_those_of_the_lists(
    trainee: Trainee, make_trainee: Callable[..., Trainee]
) -> None:
    other = make_trainee(name="王建国", completed_on=date(2024, 5, 20))
    close(other, FollowUpOutcome.EMPLOYED)
    viewer = factories.actor(Role.TOWNSHIP)
    counts = queries.follow_up_counts(viewer, queries.FollowUpFilter(), today=TODAY)
    for show, count in counts.items():
        rows = queries.follow_up_rows(viewer, queries.FollowUpFilter(show=show), today=TODAY)
        assert len(db.session.execute(rows).all()) == count, show
    assert counts == {"overdue": 1, "soon": 0, "month": 0, "open": 7, "closed": 1}


def test_due_on_the_day_is_not_overdue(make_trainee: Callable[..., Trainee]) -> None:
    make_trainee(completed_on=date(2024, 5, 3))
    counts = queries.follow_up_counts(
        factories.actor(Role.TOWNSHIP), queries.FollowUpFilter(), today=TODAY
    )
    assert (counts["overdue"], counts["soon"], counts["month"]) == (0, 1, 1)
    assert db.session.scalar(select(func.count()).select_from(FollowUp)) == 4
