"""A roll is complete when every trainee has a mark of that very session."""

from datetime import UTC, datetime, time

import pytest

from app.attendance import queries, services
from app.attendance.types import Mark
from app.courses.types import ClassState
from app.platform import clock
from app.platform.access import Role
from tests import factories

EVENING = datetime(2024, 3, 11, 12, tzinfo=UTC)


def test_a_mark_of_one_session_leaves_the_other_open(app):
    klass = factories.training_class(state=ClassState.RUNNING)
    morning = factories.class_session(klass)
    afternoon = factories.class_session(klass, starts=time(13))
    enrolment = factories.enrolment(factories.person(), into=klass)
    actor = factories.actor(Role.PROVIDER, provider_id=klass.provider_id)
    with clock.frozen(EVENING):
        services.call_roll(
            actor=actor, session_id=morning.id, marks={enrolment.id: Mark.PRESENT}, nonce="one"
        )
        count, _ = queries.count_open_roll_calls(viewer=actor, before=EVENING)
        ready = services.readiness(klass, services.calculations(klass))
    assert count == 1
    assert ready.missing_marks == 1
    assert afternoon.id


@pytest.mark.parametrize("mark", list(Mark))
def test_every_kind_of_mark_completes_a_roll(app, mark):
    klass = factories.training_class(state=ClassState.RUNNING)
    session = factories.class_session(klass)
    enrolment = factories.enrolment(factories.person(), into=klass)
    actor = factories.actor(Role.PROVIDER, provider_id=klass.provider_id)
    with clock.frozen(EVENING):
        services.call_roll(
            actor=actor, session_id=session.id, marks={enrolment.id: mark}, nonce="one"
        )
        assert queries.count_open_roll_calls(viewer=actor, before=EVENING) == (0, None)
