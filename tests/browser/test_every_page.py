"""Every page of every role in Chromium, at a desk's and at a phone's width: full, empty, and with each form refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Response
from sqlalchemy import select
from werkzeug.routing import Rule

from app.attendance.types import CompletionState
from app.courses.types import ClassState
from app.identity.models import Account, RoleGrant
from app.oversight import services as oversight
from app.people.models import AccountRequest, Consent, Person
from app.people.types import AccountRequestState
from app.placement.models import EmploymentSpell, Evidence
from app.platform import clock
from app.platform.access import Actor, Role
from app.platform.db import db
from app.providers.models import Provider
from tests import factories
from tests.browser.addresses import Numbers, is_file, rules_for
from tests.browser.axe import Watched
from tests.browser.conftest import new_context, session_cookie
from tests.contract import page_contract

DESK, PHONE = 1280, 375
#: Demo account of each role; the trainee's is made here, of somebody who has been through everything.
ACCOUNTS = {
    Role.SYSADMIN: "admin",
    Role.FEDERATION: "canlian",
    Role.TOWNSHIP: "langtou",
    Role.PROVIDER: "jidi1",
    Role.TRAINEE: "graduate",
    Role.JUDGE: "caipan",
    Role.AUDITOR: "shenji",
}
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


@pytest.fixture(scope="module")
def district(demo_app: Flask) -> Flask:
    """The demo with a few rows more: what waits for a decision now, and a graduate's account."""
    with demo_app.app_context():
        base = db.session.scalars(
            select(Provider)
            .join(RoleGrant, RoleGrant.provider_id == Provider.id)
            .join(Account, Account.id == RoleGrant.account_id)
            .where(Account.username == ACCOUNTS[Role.PROVIDER])
        ).one()
        _class_to_confirm(base)
        _account_request()
        _finding()
        _graduate()
        db.session.commit()
        db.session.remove()
    return demo_app


def _class_to_confirm(base: Provider) -> None:
    klass = factories.training_class(by=base, state=ClassState.RUNNING, title="等待确认的班")
    factories.class_session(klass)
    for name in ("甲一", "乙二"):
        enrolment = factories.enrolment(factories.person(name=name), into=klass)
        factories.completion(enrolment, state=CompletionState.PROPOSED)


def _account_request() -> None:
    person = factories.person(name="丙三")
    account = factories._add(
        Account(username="wants-in", display_name="丙三", must_change_password=False)
    )
    db.session.add(
        AccountRequest(
            person_id=person.id,
            account_id=account.id,
            state=AccountRequestState.WAITING,
            requested_at=clock.now(),
        )
    )


def _finding() -> None:
    oversight.note_finding(
        actor=factories.actor(Role.AUDITOR),
        subject_type="enrolment",
        subject_id=1,
        text="点名表上的签名看起来是同一个人写的。",
        nonce="every-page",
    )


def _graduate() -> None:
    """An account of somebody with evidence of work and a consent."""
    person = db.session.scalars(
        select(Person)
        .join(EmploymentSpell, EmploymentSpell.person_id == Person.id)
        .join(Evidence, Evidence.spell_id == EmploymentSpell.id)
        .join(Consent, Consent.person_id == Person.id)
        .where(EmploymentSpell.enrolment_id.is_not(None), Consent.withdrawn_at.is_(None))
        .order_by(Person.id)
        .limit(1)
    ).one()
    grant = factories.account(Role.TRAINEE, person_id=person.id, name=person.name)
    grant.account.username = ACCOUNTS[Role.TRAINEE]
    factories.enrolment(
        person, into=factories.training_class(starts_on=date(2027, 3, 1), ends_on=date(2027, 4, 1))
    )


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
        try:
            html = answer.text()
        except Exception as error:  # noqa: BLE001 - a browser that discarded the body says nothing of the page
            self.complaints.append(f"{where}: {error}")
            return
        self.complaints += [
            f"{where}: {breach}" for breach in page_contract.breaches_of(html, status=answer.status)
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


def grant_of(role: Role | None) -> RoleGrant | None:
    if role is None:
        return None
    return db.session.scalars(
        select(RoleGrant)
        .join(Account, Account.id == RoleGrant.account_id)
        .where(Account.username == ACCOUNTS[role], RoleGrant.role == role)
    ).one()


def _actor(grant: RoleGrant | None) -> Actor | None:
    if grant is None:
        return None
    return Actor(
        account_id=grant.account_id,
        name=grant.account.display_name,
        role=grant.role,
        grant_id=grant.id,
        region_code=grant.region_code,
        provider_id=grant.provider_id,
        person_id=grant.person_id,
    )


def _addresses(
    app: Flask, grant: RoleGrant | None, part: int, parts: int
) -> list[tuple[Rule, list[str]]]:
    """The rules of a part of a role, each with its addresses; signed in, the start page and account come once."""
    numbers = Numbers(app, _actor(grant))
    mine = list(rules_for(app, grant.role if grant else None))[part::parts]
    return [(rule, numbers.addresses(rule)) for rule in mine]


@pytest.mark.parametrize(("role", "part", "parts"), PARTS)
def test_every_page(
    district: Flask, demo_address: str, browser: Browser, role: Role | None, part: int, parts: int
) -> None:
    with district.app_context():
        grant = grant_of(role)
        pages = _addresses(district, grant, part, parts)
        with reading(district, demo_address, browser, grant) as reader:
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
    district: Flask, demo_address: str, browser: Browser, role: Role | None, part: int, parts: int
) -> None:
    """Every form with nothing filled in: 422, what is wrong, and a page that is still clean."""
    with district.app_context():
        grant = grant_of(role)
        pages = [
            (rule, found[0])
            for rule, found in _addresses(district, grant, part, parts)
            if found and "POST" in (rule.methods or ()) and rule.endpoint not in MAY_BE_EMPTY
        ]
        with reading(district, demo_address, browser, grant) as reader:
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
