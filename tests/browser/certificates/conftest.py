"""A class with certificates."""

from dataclasses import dataclass

import pytest
from flask import Flask

from app.attendance.types import CompletionState
from app.certificates import services
from app.certificates.models import Certificate
from app.courses.models import TrainingClass
from app.courses.types import ClassState
from app.platform.access import Role
from app.platform.db import db
from tests import factories


@dataclass(frozen=True)
class Scene:
    """A class of five: one certified, one revoked, one ready, one unprintable, one unconfirmed."""

    klass: TrainingClass
    valid: Certificate
    revoked: Certificate


@pytest.fixture
def scene(committing_app: Flask) -> Scene:
    course = factories.course(title="电子商务与直播带货", theory_hours=48, practice_hours=72)
    provider = factories.provider(name="振兴区启明职业培训学校")
    klass = factories.training_class(
        of=course, by=provider, state=ClassState.COMPLETED, title="直播带货 2024 第 2 期"
    )
    office = factories.actor(Role.FEDERATION)
    issued = []
    for name in ("王𬭎", "欧阳建国", "买买提·吐尔逊", "李\ue000", "赵敏"):
        enrolment = factories.enrolment(factories.person(name=name), into=klass)
        state = CompletionState.PROPOSED if name == "赵敏" else CompletionState.CONFIRMED
        completion = factories.completion(
            enrolment, state=state, hours_held=120, hours_attended=112
        )
        if len(issued) < 2:
            issued.append(services.issue(actor=office, completion=completion))
    services.revoke(
        actor=office, certificate=issued[1], reason="复核发现出勤不足 80%，见 2024年5月6日核查记录"
    )
    db.session.commit()
    return Scene(klass, issued[0], issued[1])
