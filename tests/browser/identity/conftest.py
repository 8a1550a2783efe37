"""A served application, a browser, and accounts with passwords."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from app.identity import services
from app.platform.access import SYSTEM, Role
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
    """Somebody at a browser whose every answer is watched."""

    page: Page
    watched: Watched

    def check(self, where: str) -> None:
        self.watched.check(where=where)


@pytest.fixture
def visit(address: str, browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """`visit(width=375)`: a stranger at the browser."""
    contexts = []

    def make(*, width: int = 1280) -> Visitor:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, locale="zh-CN", base_url=address
        )
        contexts.append(context)
        page = context.new_page()
        return Visitor(page, Watched(page))

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def make_account(committing_app: Flask) -> Callable[..., Any]:
    """An account with a password of its own, or with the initial one that is returned."""

    def make(
        username: str, *roles: Role, password: str | None = None, phone: str | None = None
    ) -> Any:
        account = services.create_account(
            actor=SYSTEM, username=username, display_name="张明", phone=phone
        )
        for role in roles:
            scope: dict[str, Any] = {}
            if role is Role.FEDERATION:
                scope["region_code"] = factories.region(factories.DISTRICT, "振兴区").code
            elif role is Role.TRAINEE:
                scope["person_id"] = factories.person().id
            services.grant_role(actor=SYSTEM, account=account, role=role, **scope)
        told = None
        if password is None:
            told = services.set_initial_password(actor=SYSTEM, account=account)
        else:
            services.set_password(actor=SYSTEM, account=account, password=password)
        db.session.commit()
        return told or account

    return make
