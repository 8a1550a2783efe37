"""How a trainee gets an account, and that nobody learns from it who is registered."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.identity.models import Account, RoleGrant
from app.people import queries
from app.people.models import AccountRequest, Consent, Guardian, Person
from app.people.types import AccountRequestState, ConsentPurpose
from app.platform.access import Role
from app.platform.db import db
from app.platform.eventlog import Event
from app.platform.outbox import OutboxMessage
from tests import factories
from tests.integration.people.test_pages import send

SignIn = Callable[..., FlaskClient]
PHONE = "13800415001"
PASSWORD = "Chunnuan-Huakai-7"


def registered(name: str = "张三", **columns: Any) -> Person:
    from app.platform.crypto import blind_index

    return factories.person(name=name, phone=PHONE, phone_index=blind_index(PHONE), **columns)


def wish(person: Person | None, **changes: Any) -> dict[str, Any]:
    number = person.certificates[0].number if person else f"{factories.citizen_number()}12"
    return {"number": number, "name": "张三", "phone": PHONE, "agreed": "y"} | changes


def texts() -> list[str]:
    return [message.body for message in db.session.scalars(select(OutboxMessage))]


def code_sent() -> str:
    found = re.search(r"\d{6}", texts()[-1])
    assert found is not None
    return found[0]


def test_the_registered_telephone_gets_a_code_that_opens_the_account(client: FlaskClient) -> None:
    person = registered(consented=False)
    answer = send(client, "/register", wish(person))
    assert answer.headers["Location"].endswith("/register/code")
    passwords = {"password": PASSWORD, "repeated": PASSWORD}
    opened = send(client, "/register/code", {"code": code_sent(), **passwords})
    assert opened.status_code == 303
    grant = db.session.scalars(select(RoleGrant).where(RoleGrant.person_id == person.id)).one()
    assert grant.role is Role.TRAINEE
    assert queries.has_consent(person.id, ConsentPurpose.TRAINING)
    assert queries.has_account(person.id)
    from datetime import timedelta

    from app.identity.services import sign_in
    from app.identity.types import LockOut, SignIn

    lock_out = LockOut(5, timedelta(minutes=15))
    assert isinstance(sign_in(username=PHONE, password=PASSWORD, lock_out=lock_out), SignIn)


def test_a_foreign_telephone_waits_for_the_township(client: FlaskClient, sign_in: SignIn) -> None:
    person = registered()
    send(client, "/register", wish(person, phone="13900415002"))
    assert texts() == []
    township = sign_in(Role.TOWNSHIP)
    assert "张三" in township.get("/account-requests").text
    assert "开户申请等待确认" in township.get("/start").text
    request = db.session.scalars(select(AccountRequest)).one()
    page = f"/account-requests/{request.id}"
    opened = send(township, f"{page}/confirm", {}, page=page)
    assert opened.status_code == 200
    assert re.search(r"\w{4}-\w{4}-\w{4}", opened.text)
    assert opened.headers["Cache-Control"] == "no-store"
    assert queries.has_account(person.id)
    again = send(township, f"{page}/confirm", {}, page=page)
    assert again.status_code == 409
    assert "同事" in again.text


def test_the_telephone_to_call_is_shown_on_purpose_and_logged(
    client: FlaskClient, sign_in: SignIn
) -> None:
    person = registered()
    send(client, "/register", wish(person, phone="13900415002"))
    request = db.session.scalars(select(AccountRequest)).one()
    township = sign_in(Role.TOWNSHIP)
    page = f"/account-requests/{request.id}"
    assert "13900415002" not in township.get(page).text
    assert "13900415002" in send(township, f"{page}/phone", {}, page=page).text
    event = db.session.scalars(select(Event).where(Event.action == "person.number_shown")).one()
    assert event.subject_id == person.id
    assert "13900415002" not in str(event.detail)


def test_a_refused_wish_stays_without_account(client: FlaskClient, sign_in: SignIn) -> None:
    person = registered()
    send(client, "/register", wish(person, phone="13900415002"))
    request = db.session.scalars(select(AccountRequest)).one()
    page = f"/account-requests/{request.id}"
    assert send(sign_in(Role.TOWNSHIP), f"{page}/refuse", {}, page=page).status_code == 303
    assert request.state is AccountRequestState.REFUSED
    assert not queries.has_account(person.id)


def test_requests_of_other_towns_are_not_found(client: FlaskClient, sign_in: SignIn) -> None:
    person = registered(residence_code=factories.OTHER_TOWNSHIP)
    send(client, "/register", wish(person, phone="13900415002"))
    request = db.session.scalars(select(AccountRequest)).one()
    township = sign_in(Role.TOWNSHIP)
    assert "张三" not in township.get("/account-requests").text
    assert township.get(f"/account-requests/{request.id}").status_code == 404
    for act in ("confirm", "refuse", "phone"):
        path = f"/account-requests/{request.id}/{act}"
        assert send(township, path, {}, page="/persons/find").status_code == 404


def test_strangers_cannot_tell_who_is_registered(app: Flask) -> None:
    """The same pages, addresses and cookie sizes, whatever the register holds."""
    known = registered()
    dead = registered(name="李四", deceased_on=known.birth_date.replace(year=2020))
    holder = registered(name="王五")
    factories.account(Role.TRAINEE, person_id=holder.id)
    seen = set()
    for data in (
        wish(known),
        wish(known, phone="13900415002"),
        wish(None),
        wish(known, name="不是他"),
        wish(dead, name="李四"),
        wish(holder, name="王五"),
    ):
        client = app.test_client()
        answer = send(client, "/register", data)
        with client.session_transaction() as session:
            sealed = len(session["registration"])
            assert set(session) == {"registration", "csrf_token"}
        passwords = {"password": PASSWORD, "repeated": PASSWORD}
        refused = send(client, "/register/code", {"code": "000000", **passwords})
        told = re.findall(r'<div class="err"[^>]*>.*?</div>', refused.text)
        seen.add((answer.status_code, answer.headers["Location"], sealed, tuple(told)))
    assert len(seen) == 1


def test_a_weak_password_is_told_alike_for_everybody(app: Flask) -> None:
    answers = set()
    for data in (wish(registered()), wish(None)):
        client = app.test_client()
        send(client, "/register", data)
        refused = send(
            client, "/register/code", {"code": "000000", "password": "12345", "repeated": "12345"}
        )
        assert refused.status_code == 422
        answers.add(tuple(re.findall(r'<div class="err"[^>]*>.*?</div>', refused.text)))
    assert len(answers) == 1


def test_who_forgot_the_account_is_reminded_once(client: FlaskClient) -> None:
    person = registered()
    factories.account(Role.TRAINEE, person_id=person.id)
    for _ in range(2):
        send(client, "/register", wish(person))
    assert len(texts()) == 1
    assert "已经有账户" in texts()[0]
    assert db.session.scalars(select(AccountRequest)).all() == []


def test_a_foreign_wish_does_not_block_the_person(client: FlaskClient) -> None:
    """Somebody asks with a telephone of their own; the person asks later with the registered one."""
    person = registered()
    send(client, "/register", wish(person, phone="13900415002"))
    send(client, "/register", wish(person))
    request = db.session.scalars(select(AccountRequest)).one()
    account = db.session.get_one(Account, request.account_id)
    assert account.phone == PHONE
    assert len(texts()) == 1


def test_a_family_member_who_asks_becomes_the_guardian(client: FlaskClient) -> None:
    person = registered(consented=False)
    data = wish(person, for_family="y", guardian_name="张大", guardian_relation="parent")
    send(client, "/register", data)
    passwords = {"password": PASSWORD, "repeated": PASSWORD}
    send(client, "/register/code", {"code": code_sent(), **passwords})
    guardian = db.session.scalars(select(Guardian).where(Guardian.person_id == person.id)).one()
    assert (guardian.name, guardian.relation) == ("张大", "父母")
    consent = db.session.scalars(select(Consent).where(Consent.person_id == person.id)).one()
    assert consent.given_by_guardian_id == guardian.id


def test_acting_for_family_without_a_name_is_asked_for(client: FlaskClient) -> None:
    answer = send(client, "/register", wish(None, for_family="y"))
    assert answer.status_code == 422
    assert "请在下面填写您的姓名和关系" in answer.text
    assert 'value="张三"' in answer.text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"number": "21060319800101001542"}, "身份证号第 18 位应为 4"),
        ({"phone": "04152345678"}, "能收短信的 11 位手机号"),
        ({"agreed": ""}, "请阅读后勾选"),
    ],
)
def test_a_wish_with_mistakes_says_how_to_mend(
    client: FlaskClient, changes: dict[str, str], told: str
) -> None:
    data = wish(None) | changes
    if not data["agreed"]:
        del data["agreed"]
    answer = send(client, "/register", data)
    assert answer.status_code == 422
    assert told in answer.text


def test_the_code_page_without_a_wish_leads_back(client: FlaskClient) -> None:
    assert client.get("/register/code").headers["Location"].endswith("/register")


def test_a_forged_cookie_opens_nothing(client: FlaskClient) -> None:
    with client.session_transaction() as session:
        session["registration"] = "AAAA"
    passwords = {"password": PASSWORD, "repeated": PASSWORD}
    assert send(client, "/register/code", {"code": "000000", **passwords}).status_code == 422
