"""Completions handed in, confirmed, returned and contradicted at the same moment, through the web."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.attendance import services
from app.attendance.models import AttendanceMark, Completion
from app.attendance.types import CompletionOutcome, CompletionState, Mark
from app.courses.models import TrainingClass
from app.courses.types import ClassState
from app.placement.models import FollowUp
from app.platform.access import Role
from app.platform.db import db
from app.platform.eventlog import Event
from app.platform.unit_of_work import unit_of_work
from tests import factories

Posting = Callable[[], int]


def at_once(app: Flask, postings: list[Posting]) -> list[int]:
    """Statuses of requests that are sent at the same moment."""
    barrier = Barrier(len(postings))

    def send(posting: Posting) -> int:
        barrier.wait(timeout=10)
        return posting()

    with ThreadPoolExecutor(len(postings)) as pool:
        return list(pool.map(send, postings))


@pytest.fixture
def held(committing_app: Flask) -> tuple[int, int, list[int], int]:
    """A class with one session that everybody came to: class, session, enrolments, base."""
    committing_app.config["WTF_CSRF_ENABLED"] = False
    committing_app.test_client_class = None
    base = factories.provider()
    klass = factories.training_class(by=base, state=ClassState.RUNNING)
    session = factories.class_session(klass, day=date(2024, 3, 11), lesson_hours=4)
    enrolled = [factories.enrolment(into=klass) for _ in range(3)]
    actor = factories.actor(Role.PROVIDER, provider_id=base.id)
    db.session.commit()
    with unit_of_work():
        services.call_roll(
            actor=actor,
            session_id=session.id,
            marks={one.id: Mark.PRESENT for one in enrolled},
            nonce="first",
        )
    return klass.id, session.id, [one.id for one in enrolled], base.id


def posting(app: Flask, role: Role, path: str, /, scope: dict[str, int], **data: str) -> Posting:
    client = factories.signed_in_client(app, role, **scope)
    return lambda: client.post(path, data=data).status_code


def propose(app: Flask, class_id: int, base: int) -> Posting:
    path = f"/classes/{class_id}/completion"
    return posting(app, Role.PROVIDER, path, {"provider_id": base})


def confirm(app: Flask, class_id: int) -> Posting:
    return posting(app, Role.FEDERATION, f"/classes/{class_id}/completion/confirm", {})


def events(action: str) -> int:
    return db.session.scalar(select(func.count()).where(Event.action == action)) or 0


def test_two_hands_hand_in_once_and_two_officers_confirm_once(
    committing_app: Flask, held: tuple[int, int, list[int], int]
) -> None:
    class_id, _, enrolled, base = held
    statuses = at_once(committing_app, [propose(committing_app, class_id, base) for _ in range(4)])
    assert max(statuses) < 500
    assert events("completion.proposed") == 1
    statuses = at_once(committing_app, [confirm(committing_app, class_id) for _ in range(4)])
    assert max(statuses) < 500
    db.session.expire_all()
    assert events("completion.confirmed") == len(enrolled)
    assert events("class.completed") == 1
    assert db.session.scalar(select(func.count()).select_from(FollowUp)) == 4 * len(enrolled)


def test_of_confirming_and_returning_one_happens(
    committing_app: Flask, held: tuple[int, int, list[int], int]
) -> None:
    class_id, _, _enrolled, base = held
    assert propose(committing_app, class_id, base)() == 303
    back = posting(
        committing_app,
        Role.FEDERATION,
        f"/classes/{class_id}/completion/return",
        {},
        comment="请核对点名",
    )
    assert max(at_once(committing_app, [confirm(committing_app, class_id), back])) < 500
    db.session.expire_all()
    states = set(db.session.scalars(select(Completion.state)))
    assert states in ({CompletionState.CONFIRMED}, {CompletionState.RETURNED})
    completed = db.session.get_one(TrainingClass, class_id).state is ClassState.COMPLETED
    assert completed == (states == {CompletionState.CONFIRMED})


@pytest.mark.parametrize("_round", range(3))
def test_what_was_confirmed_is_what_the_marks_say(
    committing_app: Flask, held: tuple[int, int, list[int], int], _round: int
) -> None:
    class_id, session_id, enrolled, base = held
    assert propose(committing_app, class_id, base)() == 303
    path = f"/sessions/{session_id}/marks"
    absent = [
        posting(
            committing_app,
            Role.PROVIDER,
            path,
            {"provider_id": base},
            enrolment_id=str(one),
            mark="absent",
            nonce=f"late{one}",
        )
        for one in enrolled
    ]
    statuses = at_once(committing_app, [*absent, confirm(committing_app, class_id)])
    assert max(statuses) < 500
    db.session.expire_all()
    confirmed = db.session.execute(
        select(Completion.outcome, AttendanceMark.mark)
        .join(AttendanceMark, AttendanceMark.enrolment_id == Completion.enrolment_id)
        .where(Completion.state == CompletionState.CONFIRMED)
    ).all()
    for outcome, mark in confirmed:
        assert (outcome is CompletionOutcome.PASSED) == (mark is Mark.PRESENT)
