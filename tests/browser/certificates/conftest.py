"""A served application, a browser, and a class with certificates."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from app.attendance.types import CompletionState
from app.certificates import services
from app.certificates.models import Certificate
from app.courses.models import TrainingClass
from app.courses.types import ClassState
from app.identity.queries import session_token
from app.platform.access import Role
from app.platform.db import db
from tests import factories
from tests.browser.axe import Watched, chromium


@dataclass(frozen=True)
class Visitor:
    """Somebody at a browser whose every answer is watched."""

    page: Page
    watched: Watched
    address: str

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)


@pytest.fixture
def address(committing_app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, committing_app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def visit(
    committing_app: Flask, address: str, browser: Browser
) -> Iterator[Callable[..., Visitor]]:
    """`visit(Role.TRAINEE, width=375, person_id=…)`: a new account in that role; `visit()` is a stranger."""
    contexts = []

    def make(
        role: Role | None = None, *, width: int = 1280, allowed: tuple[int, ...] = (), **scope: Any
    ) -> Visitor:
        context = browser.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
        contexts.append(context)
        if role is not None:
            grant = factories.account(role, **scope)
            db.session.commit()
            token = session_token(grant_id=grant.id, epoch=grant.account.session_epoch)
            signer = committing_app.session_interface.get_signing_serializer(committing_app)  # type: ignore[attr-defined]
            value = signer.dumps({"_user_id": token, "_fresh": True, "_permanent": True})
            context.add_cookies([{"name": "session", "value": value, "url": address}])
        page = context.new_page()
        return Visitor(page, Watched(page, allowed=allowed), address)

    yield make
    for context in contexts:
        context.close()


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
