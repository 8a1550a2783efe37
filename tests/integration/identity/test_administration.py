"""What a system administrator does with accounts, and what nobody else may."""

import io
import re
from collections.abc import Callable

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.identity import queries, services
from app.identity.models import Account, RoleGrant
from app.identity.types import ScopeSource
from app.platform import clock
from app.platform.access import SYSTEM, Role
from app.platform.db import db
from app.platform.errors import DomainError
from app.platform.eventlog import Event
from tests import factories
from tests.integration.identity.test_sign_in import PASSWORD, enter, make_account
from tests.queries import count_queries

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def admin(sign_in: SignIn) -> FlaskClient:
    return sign_in(Role.SYSADMIN)


@pytest.fixture
def wang(app: Flask) -> Account:
    return make_account("wangfang", Role.FEDERATION)


def last_action() -> str:
    return db.session.scalars(select(Event.action).order_by(Event.id.desc())).first() or ""


def initial_password_in(page: str) -> str:
    match = re.search(r'id="initial-password">([^<]+)<', page)
    assert match is not None
    return match[1]


def test_an_account_is_opened_with_a_password_shown_once(
    admin: FlaskClient, client: FlaskClient
) -> None:
    page = admin.submit("/accounts/new", username="lina", display_name="李娜", phone="13800000002")
    assert page.status_code == 200
    password = initial_password_in(page.text)
    assert page.headers["Cache-Control"] == "no-store"
    account = queries.find_by_username("lina")
    assert account is not None
    granted = admin.submit(f"/accounts/{account.id}/grants/new?role=judge")
    assert granted.location == f"/accounts/{account.id}"
    assert password not in admin.get(granted.location).text
    assert enter(client, "lina", password).status_code == 303
    assert client.get("/start").location == "/account/password"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"username": "WangFang"}, "已有人使用"),
        ({"username": "13800000001"}, "不能是手机号"),
        ({"display_name": ""}, "请填写姓名"),
        ({"phone": "123"}, "手机号应为"),
    ],
)
def test_a_faulty_account_is_refused_at_its_field(
    admin: FlaskClient, wang: Account, fields: dict[str, str], message: str
) -> None:
    page = admin.submit("/accounts/new", **({"username": "lina", "display_name": "李娜"} | fields))
    assert page.status_code == 422
    assert message in page.text


def test_the_list_is_filtered_and_exported_alike(admin: FlaskClient, wang: Account) -> None:
    make_account("sun", Role.JUDGE)
    page = admin.get("/accounts?role=federation")
    assert "wangfang" in page.text
    assert ">sun<" not in page.text
    book = openpyxl.load_workbook(io.BytesIO(admin.get("/accounts/export?role=federation").data))
    rows = list(book.active.iter_rows(values_only=True))  # type: ignore[union-attr]
    assert [row[0] for row in rows] == ["用户名", "wangfang"]


def test_a_trainee_is_shown_without_name_and_not_found_by_it(
    admin: FlaskClient, app: Flask
) -> None:
    trainee = make_account("xy0000001", Role.TRAINEE)
    trainee.display_name = "欧阳静"
    db.session.commit()
    for path in ("/accounts", f"/accounts/{trainee.id}", "/accounts?role=trainee"):
        page = admin.get(path).text
        assert "xy0000001" in page
        assert "欧阳静" not in page
    assert "xy0000001" not in admin.get("/accounts?words=欧阳").text
    sheet = openpyxl.load_workbook(io.BytesIO(admin.get("/accounts/export").data)).active
    assert "欧阳静" not in str(list(sheet.iter_rows(values_only=True)))  # type: ignore[union-attr]


def test_who_asked_for_an_account_is_shown_without_name(admin: FlaskClient, app: Flask) -> None:
    waiting = services.create_account(actor=SYSTEM, display_name="欧阳静", phone="13800000001")
    db.session.commit()
    page = admin.get(f"/accounts/{waiting.id}").text
    assert "待开通" in page
    assert "欧阳静" not in page
    assert "欧阳静" not in admin.get("/accounts?state=unconfirmed").text


def test_the_states_are_told(admin: FlaskClient, client: FlaskClient, wang: Account) -> None:
    for _ in range(5):
        enter(client, "wangfang", "Wrong-Password-1")
    assert "已锁定" in admin.get(f"/accounts/{wang.id}").text
    assert "wangfang" in admin.get("/accounts?state=locked").text
    assert "wangfang" not in admin.get("/accounts?state=active").text
    admin.submit(f"/accounts/{wang.id}/unlock", page=f"/accounts/{wang.id}")
    assert enter(client, "wangfang", PASSWORD).status_code == 303


def test_a_list_costs_the_same_for_few_and_many(admin: FlaskClient, app: Flask) -> None:
    admin.get("/accounts")
    db.session.commit()
    with count_queries() as few:
        admin.get("/accounts")
    for _ in range(20):
        factories.account(Role.FEDERATION)
    db.session.commit()
    with count_queries() as many:
        admin.get("/accounts")
    assert many.count == few.count


# Roles and their scope


def test_a_federation_officer_gets_a_region_of_any_level(admin: FlaskClient, wang: Account) -> None:
    factories.region(factories.DISTRICT)
    for code in ("21", "2106"):
        assert (
            admin.submit(
                f"/accounts/{wang.id}/grants/new?role=federation", region_code=code
            ).status_code
            == 303
        )
    assert [grant.scope for grant in queries.grants_of(wang.id)] == [
        "区划21区划2106区划210603",
        "区划21",
        "区划21区划2106",
    ]


def test_a_township_officer_gets_a_township(admin: FlaskClient, wang: Account) -> None:
    factories.region(factories.TOWNSHIP)
    path = f"/accounts/{wang.id}/grants/new?role=township"
    assert admin.submit(path, region_code=factories.DISTRICT).status_code == 422
    assert admin.submit(path, region_code=factories.TOWNSHIP).status_code == 303
    with pytest.raises(DomainError, match="不是镇街"):
        services.grant_role(
            actor=SYSTEM, account=wang, role=Role.TOWNSHIP, region_code=factories.DISTRICT
        )


def test_provider_and_trainee_come_from_those_who_keep_them(
    admin: FlaskClient, wang: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, person = factories.provider(name="浪头培训学校"), factories.person()
    providers = ScopeSource(
        label=lambda _: "浪头培训学校", choices=lambda: [(base.id, "浪头培训学校")]
    )
    people = ScopeSource(
        label=lambda _: None,
        find=lambda number, name: person.id if (number, name) == ("X1", "赵") else None,
    )
    monkeypatch.setitem(queries._sources, Role.PROVIDER, providers)
    monkeypatch.setitem(queries._sources, Role.TRAINEE, people)
    new = f"/accounts/{wang.id}/grants/new?role="
    assert admin.submit(new + "provider", provider_id=str(base.id)).status_code == 303
    wrong = admin.submit(new + "trainee", number="x1", name="钱")
    assert wrong.status_code == 422
    assert "登记册里没有" in wrong.text
    assert admin.submit(new + "trainee", number="x 1", name="赵").status_code == 303
    titles = [grant.title for grant in queries.grants_of(wang.id)]
    assert titles[1:] == ["培训基地：浪头培训学校", "学员：本人"]


def test_the_same_role_is_not_granted_twice_but_comes_back(
    admin: FlaskClient, wang: Account
) -> None:
    path = f"/accounts/{wang.id}/grants/new?role=federation"
    assert "已有同样的身份" in admin.submit(path, region_code=factories.DISTRICT).text
    grant = wang.grants[0]
    admin.submit(f"/accounts/{wang.id}/grants/{grant.id}/revoke")
    assert last_action() == "grant.revoked"
    assert admin.submit(path, region_code=factories.DISTRICT).status_code == 303
    assert (
        db.session.scalars(select(RoleGrant).where(RoleGrant.account_id == wang.id))
        .one()
        .revoked_at
        is None
    )


def test_a_revoked_role_is_over_at_once(
    admin: FlaskClient, client: FlaskClient, wang: Account
) -> None:
    enter(client, "wangfang", PASSWORD)
    admin.submit(f"/accounts/{wang.id}/grants/{wang.grants[0].id}/revoke")
    assert client.get("/account").status_code == 303


def test_an_auditor_is_nothing_else(admin: FlaskClient, wang: Account) -> None:
    page = admin.submit(f"/accounts/{wang.id}/grants/new?role=auditor")
    assert page.status_code == 422
    assert "审计身份须与管理、业务身份分开" in page.text


def test_nobody_grants_to_oneself(app: Flask) -> None:
    grant = factories.account(Role.SYSADMIN)
    actor = queries.load_signed_in(f"{grant.id}.0").actor  # type: ignore[union-attr]
    with pytest.raises(DomainError, match="不能给自己"):
        services.grant_role(actor=actor, account=grant.account, role=Role.JUDGE)


def test_the_last_administrator_stays(app: Flask, admin: FlaskClient) -> None:
    only = db.session.scalars(select(RoleGrant).where(RoleGrant.role == Role.SYSADMIN)).one()
    page = admin.submit(f"/accounts/{only.account_id}/close")
    assert page.status_code == 422
    with pytest.raises(DomainError, match="最后一个系统管理员"):
        services.close_account(actor=SYSTEM, account=only.account)
    with pytest.raises(DomainError, match="最后一个系统管理员"):
        services.revoke_role(actor=SYSTEM, account=only.account, grant_id=only.id)


# Closing, reopening, new passwords


def test_a_closed_account_is_out_at_once_and_may_come_back(
    admin: FlaskClient, client: FlaskClient, wang: Account
) -> None:
    enter(client, "wangfang", PASSWORD)
    page = admin.get(f"/accounts/{wang.id}/close")
    assert "立即退出所有设备" in page.text
    assert admin.submit(f"/accounts/{wang.id}/close").status_code == 303
    assert client.get("/account").status_code == 303
    assert "已关闭" in admin.get(f"/accounts/{wang.id}").text
    admin.submit(f"/accounts/{wang.id}/reopen", page=f"/accounts/{wang.id}")
    assert enter(client, "wangfang", PASSWORD).status_code == 303


def test_a_new_initial_password_ends_the_old_one(
    admin: FlaskClient, client: FlaskClient, wang: Account
) -> None:
    password = initial_password_in(admin.submit(f"/accounts/{wang.id}/reset-password").text)
    assert last_action() == "password.initial"
    assert enter(client, "wangfang", PASSWORD).status_code == 422
    assert enter(client, "wangfang", password).status_code == 303


def test_what_is_not_there_is_404(admin: FlaskClient, wang: Account) -> None:
    other = factories.account(Role.JUDGE)
    db.session.commit()
    for path in ("/accounts/999999", f"/accounts/{wang.id}/grants/{other.id}/revoke"):
        assert admin.get(path).status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSADMIN])
def test_nobody_else_administers_accounts(sign_in: SignIn, wang: Account, role: Role) -> None:
    other = sign_in(role)
    for path in (
        "/accounts",
        "/accounts/new",
        f"/accounts/{wang.id}",
        f"/accounts/{wang.id}/close",
    ):
        assert other.get(path).status_code == 403


def test_a_stranger_sees_another_ones_history_nowhere(admin: FlaskClient, wang: Account) -> None:
    assert "登录失败" not in admin.get("/account").text


# Commands


def test_the_first_administrator_comes_from_the_command_line(
    app: Flask, client: FlaskClient
) -> None:
    runner = app.test_cli_runner()
    result = runner.invoke(
        args=["identity", "create-admin", "--username", "root1", "--name", "管理员"]
    )
    assert result.exit_code == 0, result.output
    password = result.output.strip().rpartition("：")[2]
    assert enter(client, "root1", password).status_code == 303
    again = runner.invoke(
        args=["identity", "create-admin", "--username", "root1", "--name", "管理员"]
    )
    assert again.exit_code == 1
    assert "已有人使用" in again.output
    reset = runner.invoke(args=["identity", "reset-password", "root1"])
    assert enter(client, "root1", reset.output.strip().rpartition("：")[2]).status_code == 303
    assert runner.invoke(args=["identity", "reset-password", "nobody"]).exit_code == 1


def test_a_made_up_name_is_free(app: Flask) -> None:
    with clock.frozen(clock.now()):
        account = services.create_account(actor=SYSTEM, display_name="学员")
    assert re.fullmatch(r"xy\d{7}", account.username)


def test_the_start_page_says_how_many_accounts_there_are(app: Flask, sign_in: SignIn) -> None:
    answer = sign_in(Role.SYSADMIN).get("/start")
    assert answer.status_code == 200
    assert "账户" in answer.text
