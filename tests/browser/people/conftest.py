"""A served application and browsers that are signed in, or not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from app.identity.queries import session_token
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
    """Somebody at a browser whose every answer is watched."""

    page: Page
    watched: Watched
    address: str

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)


@pytest.fixture
def visit(
    committing_app: Flask, address: str, browser: Browser
) -> Iterator[Callable[..., Visitor]]:
    """`visit(Role.TOWNSHIP, width=375)`: a new account in that role; without a role a stranger."""
    contexts = []

    def make(role: Role | None = None, *, width: int = 1280, **scope: Any) -> Visitor:
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
        return Visitor(page, Watched(page), address)

    yield make
    for context in contexts:
        context.close()
