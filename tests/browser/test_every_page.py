"""Every page of every role in Chromium, at a desk's and at a phone's width: full, empty, and with each form refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Response
from werkzeug.routing import Rule

from app.identity.models import RoleGrant
from app.platform.access import Role
from app.platform.db import db
from tests import factories
from tests.browser.addresses import Numbers, is_file, rules_for
from tests.browser.axe import Watched
from tests.browser.conftest import new_context, session_cookie
from tests.browser.demo import actor_of, grant_of
from tests.contract import page_contract

DESK, PHONE = 1280, 375
#: Roles with many pages are split, so that workers share them.
PARTS: list[tuple[Role | None, int, int]] = [
    (None, 0, 1),
    (Role.SYSADMIN, 0, 1),
    (Role.JUDGE, 0, 1),
    (Role.TRAINEE, 0, 1),
    *((Role.FEDERATION, part, 3) for part in range(3)),
    *((Role.TOWNSHIP, part, 2) for part in range(2)),
    *((Role.PROVIDER, part, 2) for part in range(2)),
    *((Role.AUDITOR, part, 2) for part in range(2)),
]
#: Forms that may be sent as they are with nothing filled in.
MAY_BE_EMPTY = {
    "identity.switch_role",
    "people.check",
    "attendance.roll_call",
    "enrolment.apply",
}


class Reader:
    """Somebody of a role who looks at pages and writes down what is wrong with them."""

    def __init__(self, page: Page, role: Role | None) -> None:
        self.page = page
        self.role = role
        self.watched = Watched(page)
        self.complaints: list[str] = []

    def open(self, address: str) -> None:
        self.page.set_viewport_size({"width": DESK, "height": 900})
        answer = self.page.goto(address)
        assert answer is not None
        self.look(address, answer)

    def fetch(self, address: str) -> None:
        answer = self.page.request.get(address)
        if answer.status >= 400:
            self.complaints.append(f"{address}: {answer.status}")

    def look(self, where: str, answer: Response) -> None:
        """The contract once, axe and the width at both sizes."""
        self.complaints += [
            f"{where}: {breach}"
            for breach in page_contract.breaches_of(answer.text(), status=answer.status)
        ]
        for width in (DESK, PHONE):
            self.page.set_viewport_size({"width": width, "height": 900})
            try:
                self.watched.check(where=f"{where} at {width}")
            except AssertionError as error:
                self.complaints.append(str(error))
                self.watched.failures.clear()

    def verdict(self) -> None:
        name = self.role.value if self.role else "stranger"
        assert not self.complaints, f"{name}:\n" + "\n".join(self.complaints)


@contextmanager
def reading(
    app: Flask, address: str, browser: Browser, grant: RoleGrant | None
) -> Iterator[Reader]:
    context = new_context(browser, address, DESK)
    context.set_default_timeout(20_000)
    if grant is not None:
        cookie = session_cookie(
            app, grant_id=grant.id, epoch=grant.account.session_epoch, address=address
        )
        context.add_cookies([cookie])  # type: ignore[list-item]
    reader = Reader(context.new_page(), grant.role if grant else None)
    try:
        yield reader
    finally:
        context.close()
    reader.verdict()


def _addresses(
    app: Flask, grant: RoleGrant | None, part: int, parts: int
) -> list[tuple[Rule, list[str]]]:
    """The rules of a part of a role, each with its addresses; signed in, the start page and account come once."""
    numbers = Numbers(app, actor_of(grant))
    mine = list(rules_for(app, grant.role if grant else None))[part::parts]
    return [(rule, numbers.addresses(rule)) for rule in mine]


@pytest.mark.parametrize(("role", "part", "parts"), PARTS)
def test_every_page(
    demo_app: Flask, demo_address: str, browser: Browser, role: Role | None, part: int, parts: int
) -> None:
    with demo_app.app_context():
        grant = grant_of(role)
        pages = _addresses(demo_app, grant, part, parts)
        with reading(demo_app, demo_address, browser, grant) as reader:
            reader.complaints += [f"{rule}: nothing to show" for rule, found in pages if not found]
            for rule, found in pages:
                for address in found:
                    reader.fetch(address) if is_file(rule) else reader.open(address)


@pytest.mark.parametrize("role", [None, *Role])
def test_every_list_while_it_is_empty(
    committing_app: Flask, address: str, browser: Browser, role: Role | None
) -> None:
    """Pages without a number in their address, on a day on which nothing has been entered yet."""
    factories.region(factories.DISTRICT, "振兴区")
    factories.region(factories.TOWNSHIP, "浪头镇")
    grant = factories.account(role) if role is not None else None
    db.session.commit()
    with reading(committing_app, address, browser, grant) as reader:
        for rule in rules_for(committing_app, role):
            if not rule.arguments and not is_file(rule):
                reader.open(rule.rule)


_CLEAR = """() => {
  const form = [...document.querySelectorAll("main form[method=post]")].find(
    (one) => one.querySelector("input:not([type=hidden]), select, textarea"));
  if (!form) return false;
  for (const one of form.elements) {
    if (one.type === "hidden" || one.tagName === "BUTTON" || one.tagName === "FIELDSET") continue;
    if (one.type === "checkbox" || one.type === "radio") one.checked = false;
    else if (one.tagName === "SELECT") one.value = "";
    else one.value = "";
  }
  form.noValidate = true;
  return true;
}"""
_SEND = """() => [...document.querySelectorAll("main form[method=post]")].find(
    (one) => one.querySelector("input:not([type=hidden]), select, textarea")).requestSubmit()"""


@pytest.mark.parametrize(
    ("role", "part", "parts"), [one for one in PARTS if one[0] not in (Role.AUDITOR, Role.JUDGE)]
)
def test_every_form_refused(
    demo_app: Flask, demo_address: str, browser: Browser, role: Role | None, part: int, parts: int
) -> None:
    """Every form with nothing filled in: 422, what is wrong, and a page that is still clean."""
    with demo_app.app_context():
        grant = grant_of(role)
        pages = [
            (rule, found[0])
            for rule, found in _addresses(demo_app, grant, part, parts)
            if found and "POST" in (rule.methods or ()) and rule.endpoint not in MAY_BE_EMPTY
        ]
        with reading(demo_app, demo_address, browser, grant) as reader:
            for rule, address in pages:
                _refuse(reader, rule, address)


def _refuse(reader: Reader, rule: Rule, address: str) -> None:
    page: Any = reader.page
    page.set_viewport_size({"width": DESK, "height": 900})
    page.goto(address)
    if not page.evaluate(_CLEAR):
        return
    with page.expect_response(lambda one: one.request.method == "POST") as answer:
        page.evaluate(_SEND)
    page.wait_for_load_state()
    if answer.value.status != 422:
        reader.complaints.append(f"{rule.endpoint} takes an empty form: {answer.value.status}")
        return
    reader.look(f"{address} refused", answer.value)
