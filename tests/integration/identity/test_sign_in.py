"""Signing in and out, lock-out, time-out, first password, choice of a role."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.identity import services
from app.identity.models import Account, SignInFailure
from app.platform import clock
from app.platform.access import SYSTEM, Role
from app.platform.db import db
from app.platform.eventlog import Event
from app.platform.postgres import EmbeddedPostgres
from tests import factories
from tests.conftest import build_app

PASSWORD = "Haikou-9981"
NOON = datetime(2024, 3, 1, 4, tzinfo=UTC)
GENERIC = "用户名或密码不对"


@pytest.fixture
def wang(app: Flask) -> Account:
    """An officer of the district with a password of her own."""
    return make_account("wangfang", Role.FEDERATION)


def make_account(
    username: str, *roles: Role, password: str = PASSWORD, phone: str | None = None
) -> Account:
    account = services.create_account(
        actor=SYSTEM, username=username, display_name="张明", phone=phone
    )
    for role in roles:
        scope: dict[str, Any] = {}
        if role is Role.FEDERATION:
            scope["region_code"] = factories.region(factories.DISTRICT).code
        elif role is Role.TOWNSHIP:
            scope["region_code"] = factories.region(factories.TOWNSHIP).code
        elif role is Role.TRAINEE:
            scope["person_id"] = factories.person().id
        services.grant_role(actor=SYSTEM, account=account, role=role, **scope)
    services.set_password(actor=SYSTEM, account=account, password=password)
    db.session.commit()
    return account


@pytest.fixture
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


def enter(client: FlaskClient, username: str, password: str, path: str = "/sign-in") -> Any:
    return client.submit(path, username=username, password=password)


def actions() -> list[str]:
    return list(db.session.scalars(select(Event.action).order_by(Event.id)))


def test_the_right_password_leads_to_the_start_page(client: FlaskClient, wang: Account) -> None:
    answer = enter(client, "WangFang", PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/start")
    assert client.get("/account").status_code == 200
    assert actions()[-1] == "sign_in.succeeded"


def test_a_phone_of_one_account_may_stand_for_its_name(client: FlaskClient, app: Flask) -> None:
    make_account("xy0000001", Role.TRAINEE, phone="13800000001")
    assert enter(client, "138 0000 0001", PASSWORD).status_code == 303


def test_a_phone_that_two_accounts_share_does_not(client: FlaskClient, app: Flask) -> None:
    make_account("xy0000001", Role.TRAINEE, phone="13800000001")
    make_account("xy0000002", Role.TRAINEE, phone="13800000001")
    assert enter(client, "13800000001", PASSWORD).status_code == 422


def test_a_phone_in_an_unconfirmed_account_locks_its_owner_not_out(
    client: FlaskClient, app: Flask
) -> None:
    make_account("xy0000001", Role.TRAINEE, phone="13800000001")
    services.create_account(actor=SYSTEM, display_name="别人", phone="13800000001")
    assert enter(client, "13800000001", PASSWORD).status_code == 303


@pytest.mark.parametrize("username", ["wangfang", "nobody", "x' OR '1'='1"])
def test_a_wrong_password_and_an_unknown_name_are_told_the_same(
    client: FlaskClient, wang: Account, username: str
) -> None:
    answer = enter(client, username, "Wrong-Password-1")
    assert answer.status_code == 422
    assert GENERIC in answer.text
    assert f'value="{username}"'.replace("'", "&#39;") in answer.text
    assert "Wrong-Password-1" not in answer.text


def test_a_closed_account_is_told_the_same(client: FlaskClient, wang: Account) -> None:
    wang.is_active = False
    db.session.commit()
    assert GENERIC in enter(client, "wangfang", PASSWORD).text


def test_an_account_without_password_cannot_be_entered(client: FlaskClient, app: Flask) -> None:
    services.create_account(actor=SYSTEM, username="empty", display_name="空")
    assert GENERIC in enter(client, "empty", "x").text


def test_unknown_names_cost_as_much_work_as_known_ones(
    app: Flask, wang: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    real = services._hasher

    class Counting:
        def verify(self, stored: str, password: str) -> bool:
            checked.append(stored[:12])
            return real.verify(stored, password)

    services._nobodys_hash()
    monkeypatch.setattr(services, "_hasher", Counting())
    lock_out = services.LockOut(5, timedelta(minutes=15))
    for name in ("wangfang", "nobody"):
        services.sign_in(username=name, password="Wrong-Password-1", lock_out=lock_out)
    assert len(checked) == 2


@pytest.mark.parametrize("username", ["wangfang", "nobody"])
def test_five_failures_lock_and_say_until_when(
    client: FlaskClient, wang: Account, noon: None, username: str
) -> None:
    for _ in range(4):
        assert GENERIC in enter(client, username, "Wrong-Password-1").text
    answer = enter(client, username, "Wrong-Password-1")
    assert answer.status_code == 422
    assert "12:15 之前不能登录" in answer.text
    with clock.frozen(NOON + timedelta(minutes=1)):
        assert "12:15 之前不能登录" in enter(client, username, PASSWORD).text
    assert actions()[-2:] == ["sign_in.locked", "sign_in.failed"]


def test_the_lock_ends_by_itself_and_then_five_more_are_allowed(
    client: FlaskClient, wang: Account
) -> None:
    with clock.frozen(NOON):
        for _ in range(5):
            enter(client, "wangfang", "Wrong-Password-1")
    with clock.frozen(NOON + timedelta(minutes=15, seconds=1)):
        assert GENERIC in enter(client, "wangfang", "Wrong-Password-1").text
        assert enter(client, "wangfang", PASSWORD).status_code == 303
    assert db.session.scalars(select(SignInFailure)).all() == []


def test_a_success_forgets_the_failures(
    client: FlaskClient, app: Flask, wang: Account, noon: None
) -> None:
    for _ in range(2):
        for _ in range(4):
            enter(app.test_client(), "wangfang", "Wrong-Password-1")
        assert enter(app.test_client(), "wangfang", PASSWORD).status_code == 303


def test_name_and_phone_count_as_one_account(client: FlaskClient, app: Flask, noon: None) -> None:
    make_account("xy0000001", Role.TRAINEE, phone="13800000001")
    for name in ("xy0000001", "13800000001", "xy0000001", "13800000001"):
        enter(client, name, "Wrong-Password-1")
    assert "之前不能登录" in enter(client, "xy0000001", "Wrong-Password-1").text


def test_the_event_log_never_holds_what_was_typed(client: FlaskClient, wang: Account) -> None:
    enter(client, "My-Secret-Passw0rd", "Wrong-Password-1")
    event = db.session.scalars(select(Event).order_by(Event.id.desc())).first()
    assert event is not None
    assert event.detail == {"locked": False}
    assert event.account_name == "系统"


def test_only_a_path_of_this_site_follows(client: FlaskClient, app: Flask, wang: Account) -> None:
    assert enter(client, "wangfang", PASSWORD, "/sign-in?next=/account").location == "/account"
    other = app.test_client()
    assert enter(other, "wangfang", PASSWORD, "/sign-in?next=//evil.example").location == "/start"


def test_a_stranger_comes_back_to_the_page_that_was_asked_for(
    client: FlaskClient, wang: Account
) -> None:
    asked = client.get("/account")
    assert asked.status_code == 303
    assert asked.location == "/sign-in?next=/account"
    assert "请先登录" in client.get(asked.location).text


def test_signing_in_starts_a_new_session(client: FlaskClient, wang: Account) -> None:
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"
    enter(client, "wangfang", PASSWORD)
    with client.session_transaction() as session:
        assert "planted" not in session
        assert session.permanent


def test_the_cookie_is_kept_from_scripts_and_other_sites(
    client: FlaskClient, wang: Account
) -> None:
    cookie = enter(client, "wangfang", PASSWORD).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_where_there_is_tls_the_cookie_never_travels_without(
    postgres: EmbeddedPostgres, template_database: str, tmp_path: Path
) -> None:
    secure = build_app(postgres, template_database, tmp_path, cookie_secure=True)
    answer = secure.test_client().get("/sign-in", base_url="https://localhost")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_half_an_hour_of_nothing_ends_the_session_and_any_request_extends_it(
    client: FlaskClient, wang: Account
) -> None:
    enter(client, "wangfang", PASSWORD)
    assert client.submit("/session/extend", page="/account").status_code == 204
    cookie = client.get_cookie("session")
    assert cookie is not None
    lifetime = cookie.expires - datetime.now(UTC)
    assert timedelta(minutes=29) < lifetime <= timedelta(minutes=30)


def test_a_session_older_than_the_time_out_is_nobodys(
    client: FlaskClient, app: Flask, wang: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(client, "wangfang", PASSWORD)
    monkeypatch.setitem(app.config, "PERMANENT_SESSION_LIFETIME", timedelta(seconds=-1))
    assert client.get("/account").location == "/sign-in?next=/account"


def test_signing_out_needs_a_token_and_ends_the_session(client: FlaskClient, wang: Account) -> None:
    enter(client, "wangfang", PASSWORD)
    assert client.post("/sign-out").status_code == 400
    assert client.get("/sign-out").status_code == 405
    assert client.submit("/sign-out", page="/account").location == "/sign-in"
    assert client.get("/account").status_code == 303
    assert actions()[-1] == "sign_out"


def test_signing_out_everywhere_ends_every_session(
    client: FlaskClient, app: Flask, wang: Account
) -> None:
    other = app.test_client()
    enter(client, "wangfang", PASSWORD)
    enter(other, "wangfang", PASSWORD)
    client.submit("/sign-out-everywhere", page="/account")
    assert other.get("/account").status_code == 303
    assert actions()[-1] == "account.signed_out_everywhere"


def test_private_pages_are_not_kept_by_the_browser(client: FlaskClient, wang: Account) -> None:
    enter(client, "wangfang", PASSWORD)
    assert client.get("/account").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/persons/export", "/classes/export", "/", "/help", "/nowhere"])
def test_neither_files_nor_pages_with_ones_name_are_kept(
    sign_in: Callable[..., FlaskClient], path: str
) -> None:
    answer = sign_in(Role.FEDERATION).get(path)
    assert answer.headers["Cache-Control"] == "no-store"


# Roles


def test_whoever_holds_several_roles_chooses_one(client: FlaskClient, app: Flask) -> None:
    account = make_account("two", Role.FEDERATION, Role.JUDGE)
    answer = enter(client, "two", PASSWORD, "/sign-in?next=/account")
    assert answer.location == "/switch-role?next=/account"
    judge = next(grant for grant in account.grants if grant.role is Role.JUDGE)
    assert client.submit(answer.location, grant=str(judge.id)).location == "/account"
    assert actions()[-1] == "role.switched"
    frame = BeautifulSoup(client.get("/account").text, "html.parser").select_one("header")
    assert frame is not None
    assert "裁判" in frame.text
    assert "切换身份" in frame.text


def test_another_accounts_role_cannot_be_chosen(client: FlaskClient, app: Flask) -> None:
    make_account("two", Role.FEDERATION, Role.JUDGE)
    others = factories.account(Role.SYSADMIN)
    db.session.commit()
    enter(client, "two", PASSWORD)
    assert client.submit("/switch-role", grant=str(others.id)).status_code == 422


def test_an_account_without_a_role_is_told_so(client: FlaskClient, app: Flask) -> None:
    make_account("none")
    assert "没有可用的身份" in enter(client, "none", PASSWORD).text


# Passwords


def initial(username: str = "new") -> str:
    account = services.create_account(actor=SYSTEM, username=username, display_name="新人")
    services.grant_role(actor=SYSTEM, account=account, role=Role.JUDGE)
    password = services.set_initial_password(actor=SYSTEM, account=account)
    db.session.commit()
    return password


def test_an_initial_password_must_be_changed_before_anything_else(
    client: FlaskClient, app: Flask
) -> None:
    password = initial()
    enter(client, "new", password)
    for path in ("/start", "/account", "/switch-role", "/help"):
        assert client.get(path).location == "/account/password", path
    changed = client.submit(
        "/account/password", present=password, password=PASSWORD, repeated=PASSWORD
    )
    assert changed.location == "/start"
    assert client.get("/account").status_code == 200


def test_one_may_still_leave_before_changing_it(client: FlaskClient, app: Flask) -> None:
    enter(client, "new", initial())
    assert client.submit("/sign-out", page="/account/password").location == "/sign-in"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"present": "wrong"}, "现在的密码不对"),
        ({"password": "short", "repeated": "short"}, "至少 10 位"),
        ({"repeated": "Other-9981x"}, "两次填写的新密码不一样"),
        ({"password": PASSWORD, "repeated": PASSWORD}, "不能和现在的密码一样"),
        ({"present": ""}, "请填写现在的密码"),
    ],
)
def test_a_poor_change_is_refused_at_its_field(
    client: FlaskClient, wang: Account, fields: dict[str, str], message: str
) -> None:
    enter(client, "wangfang", PASSWORD)
    given = {"present": PASSWORD, "password": "Langtou-7716", "repeated": "Langtou-7716"} | fields
    answer = client.submit("/account/password", **given)
    assert answer.status_code == 422
    assert message in answer.text


def test_changing_the_password_ends_the_other_sessions(
    client: FlaskClient, app: Flask, wang: Account
) -> None:
    other = app.test_client()
    enter(client, "wangfang", PASSWORD)
    enter(other, "wangfang", PASSWORD)
    client.submit(
        "/account/password", present=PASSWORD, password="Langtou-7716", repeated="Langtou-7716"
    )
    assert other.get("/account").status_code == 303
    assert client.get("/account").status_code == 200


def test_too_many_requests_from_one_address_wait(
    client: FlaskClient, app: Flask, wang: Account
) -> None:
    app.config["RATELIMIT_ENABLED"] = True
    try:
        codes = [enter(client, "nobody", "x").status_code for _ in range(31)]
    finally:
        app.config["RATELIMIT_ENABLED"] = False
    assert codes == [422] * 30 + [429]
