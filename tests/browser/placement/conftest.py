"""A served application, signed-in browsers, and a district with something to follow up."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from app.identity.queries import session_token
from app.placement import services
from app.platform import clock
from app.platform.access import Role
from app.platform.db import db
from tests import factories
from tests.browser.axe import Watched, chromium


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


@dataclass(frozen=True)
class Visitor:
    """Somebody signed in, at a browser whose every answer is watched."""

    page: Page
    watched: Watched
    address: str

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)


@pytest.fixture
def visit(
    committing_app: Flask, address: str, browser: Browser
) -> Iterator[Callable[..., Visitor]]:
    """`visit(Role.TOWNSHIP, width=375)`: a new account in that role."""
    contexts = []

    def make(role: Role, *, width: int = 1280, **scope: Any) -> Visitor:
        grant = factories.account(role, **scope)
        db.session.commit()
        token = session_token(grant_id=grant.id, epoch=grant.account.session_epoch)
        signer = committing_app.session_interface.get_signing_serializer(committing_app)  # type: ignore[attr-defined]
        value = signer.dumps({"_user_id": token, "_fresh": True, "_permanent": True})
        context = browser.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
        context.add_cookies([{"name": "session", "value": value, "url": address}])
        contexts.append(context)
        page = context.new_page()
        return Visitor(page, Watched(page), address)

    yield make
    for context in contexts:
        context.close()


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
