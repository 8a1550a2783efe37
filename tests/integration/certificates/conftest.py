"""A class whose trainees have completed, and certificates issued for it."""

from collections.abc import Callable

import pytest
from flask import Flask

from app.certificates import services
from app.certificates.models import Certificate
from app.people.models import Person
from app.platform.access import Role
from app.platform.db import db
from tests import factories

Issued = Callable[..., Certificate]


@pytest.fixture
def issued(app: Flask) -> Issued:
    """`issued(name="…", into=klass)`: a certificate of a new person."""

    def make(
        *, name: str = "王芳", into: object = None, of: Person | None = None, **person: object
    ) -> Certificate:
        trainee = of or factories.person(name=name, **person)  # type: ignore[arg-type]
        completion = factories.completion(factories.enrolment(trainee, into=into))  # type: ignore[arg-type]
        certificate = services.issue(actor=factories.actor(Role.FEDERATION), completion=completion)
        db.session.commit()
        return certificate

    return make
