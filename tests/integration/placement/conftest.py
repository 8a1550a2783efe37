"""A trainee with follow-ups, and documents to upload."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from app.enrolment.models import Enrolment
from app.people.models import Person
from app.placement import queries, services
from app.placement.models import EmploymentSpell, FollowUp
from app.placement.types import Document, EmploymentForm, EvidenceKind, SpellFacts
from app.platform import clock
from app.platform.access import Actor, Role
from app.platform.db import db
from tests import factories

COMPLETED_ON = date(2024, 4, 26)
NOW = datetime(2024, 6, 3, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now() -> Any:
    """3 June 2024: the follow-up of the first month (26 May) is overdue."""
    with clock.frozen(NOW):
        yield


@dataclass(frozen=True)
class Trainee:
    person: Person
    enrolment: Enrolment
    follow_ups: list[FollowUp]

    @property
    def provider_id(self) -> int:
        return self.enrolment.training_class.provider_id


@pytest.fixture
def make_trainee(app: Flask) -> Callable[..., Trainee]:
    """A person who completed a class with a pass, and the follow-ups planned then."""

    def make(*, name: str = "李小梅", completed_on: date = COMPLETED_ON, **columns: Any) -> Trainee:
        of = columns.pop("of", None) or factories.person(name=name, phone="13800138000", **columns)
        enrolment = factories.enrolment(of)
        services.plan_follow_ups(
            actor=factories.actor(Role.FEDERATION),
            enrolment_id=enrolment.id,
            person_id=of.id,
            completed_on=completed_on,
        )
        db.session.commit()
        return Trainee(of, enrolment, list(queries.follow_ups_of(enrolment.id)))

    return make


@pytest.fixture
def trainee(make_trainee: Callable[..., Trainee]) -> Trainee:
    return make_trainee()


def facts(**changes: Any) -> SpellFacts:
    values: dict[str, Any] = {
        "form": EmploymentForm.SELF_EMPLOYED,
        "employer_id": None,
        "workplace": "小梅网店",
        "post": "店主",
        "started_on": date(2024, 5, 6),
    }
    return SpellFacts(**(values | changes))


def photo(*, colour: str = "green", exif: bool = False) -> bytes:
    """A JPEG; with `exif` one that tells where it was taken."""
    image = Image.new("RGB", (40, 30), colour)
    data = Image.Exif()
    if exif:
        data[0x010F] = "CameraMaker"
        data[0x0112] = 6  # held upright: to be turned by a quarter
        data.get_ifd(0x8825)[1] = "N"
    told = {"comment": b"CameraNote", "xmp": b"<x:xmpmeta>CameraPlace</x:xmpmeta>"}
    target = io.BytesIO()
    image.save(target, "JPEG", exif=data, **(told if exif else {}))
    return target.getvalue()


def document(kind: EvidenceKind = EvidenceKind.LICENCE, **changes: Any) -> Document:
    return Document(kind, "执照.jpg", photo(**changes))


@pytest.fixture
def make_spell(trainee: Trainee) -> Callable[..., EmploymentSpell]:
    """A reported spell of the trainee, with a licence unless `documented` is false."""

    def make(
        *,
        actor: Actor | None = None,
        documented: bool = True,
        of: Trainee = trainee,
        **changes: Any,
    ) -> EmploymentSpell:
        spell = services.report_spell(
            actor=actor or factories.actor(Role.TOWNSHIP),
            person_id=of.person.id,
            birth_date=of.person.birth_date,
            facts=facts(**changes),
            document=document() if documented else None,
        )
        db.session.commit()
        return spell

    return make
