"""Plans of classes that pass the opening checks."""

from datetime import date, time
from typing import Any

from app.courses.models import TrainingClass
from app.courses.types import ClassState, SessionPart
from app.platform.db import db
from app.providers.models import Provider, Teacher, TeacherQualification, Venue
from app.providers.types import TrainingKind
from tests import factories


def base(provider_id: int) -> Provider:
    found = db.session.get(Provider, provider_id)
    assert found is not None
    return found


def venue_of(provider_id: int, **columns: Any) -> Venue:
    return factories.venue(base(provider_id), **columns)


def teacher_of(provider_id: int, *, name: str = "测试教师", qualified: bool = True) -> Teacher:
    """A teacher of the base who may teach every kind since 2020, unless not `qualified`."""
    teacher = factories.teacher(base(provider_id), name=name)
    if qualified:
        factories._add(
            TeacherQualification(
                teacher_id=teacher.id,
                title="职业培训教师",
                number="T-1",
                kinds=[kind.value for kind in TrainingKind],
                valid_from=date(2020, 1, 1),
            )
        )
    return teacher


def complete_plan(
    *, by: int, state: ClassState = ClassState.DRAFT, **columns: Any
) -> TrainingClass:
    """A class of a 2 + 2 hour course with two sessions on its first day: nothing is missing for an approval."""
    klass = factories.training_class(by=base(by), state=state, **columns)
    teacher = teacher_of(by)
    factories.class_session(klass, teacher_id=teacher.id)
    factories.class_session(
        klass, starts=time(10, 30), part=SessionPart.PRACTICE, teacher_id=teacher.id
    )
    return klass
