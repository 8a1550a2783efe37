"""What all browser tests share: a served application, one Chromium, visitors who are signed in or not."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from app.demo import district
from app.identity.queries import session_token
from app.platform.access import Role
from app.platform.db import db
from app.platform.postgres import EmbeddedPostgres
from app.platform.unit_of_work import unit_of_work
from tests import factories
from tests.browser.axe import Watched, chromium
from tests.browser.demo import furnish
from tests.conftest import build_app, clone_database


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application on a free port of this process; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # One for all: a second Playwright in the same thread refuses to start.
    with chromium() as running:
        yield running


@pytest.fixture
def address(committing_app: Flask) -> Iterator[str]:
    with served(committing_app) as url:
        yield url


@dataclass(frozen=True)
class Visitor:
    """Somebody at a browser whose every answer is watched."""

    page: Page
    watched: Watched
    address: str

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def check(self, where: str | None = None) -> None:
        """Assert that everything loaded, that nothing scrolls sideways, and that axe finds nothing."""
        self.watched.check(where=where)


def session_cookie(app: Flask, *, grant_id: int, epoch: int, address: str) -> dict[str, str]:
    """The cookie of somebody who signed in with this role."""
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    token = session_token(grant_id=grant_id, epoch=epoch)
    value = signer.dumps({"_user_id": token, "_fresh": True, "_permanent": True})
    return {"name": "session", "value": value, "url": address}


def new_context(browser: Browser, address: str, width: int) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, locale="zh-CN", base_url=address
    )
    context.set_default_timeout(10_000)
    return context


@pytest.fixture
def visit(
    committing_app: Flask, address: str, browser: Browser
) -> Iterator[Callable[..., Visitor]]:
    """`visit(Role.TOWNSHIP, width=375)`: a new account in that role; `visit()` is a stranger."""
    contexts = []

    def make(
        role: Role | None = None, *, width: int = 1280, allowed: tuple[int, ...] = (), **scope: Any
    ) -> Visitor:
        context = new_context(browser, address, width)
        contexts.append(context)
        if role is not None:
            grant = factories.account(role, **scope)
            db.session.commit()
            cookie = session_cookie(
                committing_app,
                grant_id=grant.id,
                epoch=grant.account.session_epoch,
                address=address,
            )
            context.add_cookies([cookie])  # type: ignore[list-item]
        page = context.new_page()
        return Visitor(page, Watched(page, allowed=allowed), address)

    yield make
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def demo_app(
    postgres: EmbeddedPostgres,
    template_database: str,
    worker_id: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Flask]:
    """The application with the demo district, for tests that only read; no context is pushed."""
    database = f"demo_{worker_id}_{secrets.token_hex(4)}"
    clone_database(postgres, template_database, database)
    app = build_app(postgres, database, tmp_path_factory.mktemp("demo"))
    with app.app_context(), unit_of_work():
        district.load()
        furnish()
    yield app
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture(scope="session")
def demo_address(demo_app: Flask) -> Iterator[str]:
    with served(demo_app) as url:
        yield url
