"""A district with somebody to follow up, and a photo to upload."""

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from app.placement import services
from app.platform import clock
from app.platform.access import Role
from app.platform.db import db
from tests import factories


@pytest.fixture
def make_trained(committing_app: Flask) -> Callable[..., Any]:
    """A person who completed a class some days ago, with the follow-ups planned then."""

    def make(name: str = "李小梅", *, days_ago: int = 40) -> Any:
        completed_on: date = clock.today() - timedelta(days=days_ago)
        starts_on = completed_on - timedelta(days=30)
        training_class = factories.training_class(
            title="直播带货第 2 期", starts_on=starts_on, ends_on=completed_on
        )
        factories.region(factories.TOWNSHIP).name = "浪头镇"
        enrolment = factories.enrolment(
            factories.person(name=name, phone="13800138000"), into=training_class
        )
        services.plan_follow_ups(
            actor=factories.actor(Role.FEDERATION),
            enrolment_id=enrolment.id,
            person_id=enrolment.person_id,
            completed_on=completed_on,
        )
        db.session.commit()
        return enrolment

    return make


@pytest.fixture
def photo() -> dict[str, Any]:
    """A photo as a file input takes it."""
    target = io.BytesIO()
    Image.new("RGB", (60, 40), "green").save(target, "JPEG")
    return {"name": "店铺.jpg", "mimeType": "image/jpeg", "buffer": target.getvalue()}
