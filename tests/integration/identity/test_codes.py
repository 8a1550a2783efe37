"""One-time codes, and the password that a trainee resets by one."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.identity import services
from app.identity.models import Account, OneTimeCode
from app.identity.types import CodePurpose, CodeResult
from app.platform import clock, outbox
from app.platform.access import SYSTEM, Role
from app.platform.db import db
from app.platform.errors import DomainError
from tests.integration.identity.test_sign_in import PASSWORD, make_account

NOON = datetime(2024, 3, 1, 4, tzinfo=UTC)
PHONE = "13800000001"
PURPOSE = CodePurpose.REGISTRATION


@pytest.fixture
def account(app: Flask) -> Account:
    return services.create_account(actor=SYSTEM, display_name="学员", phone=PHONE)


def sent() -> str:
    """The code of the last message."""
    match = re.search(r"\d{6}", outbox.undelivered()[-1].body)
    assert match is not None
    return match[0]


def issue(account: Account, at: datetime = NOON) -> str:
    with clock.frozen(at):
        services.issue_code(account=account, purpose=PURPOSE, phone=PHONE)
    return sent()


def check(
    account: Account, code: str, at: datetime = NOON, purpose: CodePurpose = PURPOSE
) -> CodeResult:
    with clock.frozen(at):
        return services.check_code(account=account, purpose=purpose, code=code)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_code_is_good_once(account: Account) -> None:
    code = issue(account)
    assert check(account, code) is CodeResult.OK
    assert check(account, code) is CodeResult.EXPIRED


def test_it_lasts_ten_minutes(account: Account) -> None:
    code = issue(account)
    assert check(account, code, NOON + timedelta(minutes=10)) is CodeResult.EXPIRED
    assert check(account, code, NOON + timedelta(minutes=9, seconds=59)) is CodeResult.OK


def test_five_wrong_guesses_spend_it(account: Account) -> None:
    code = issue(account)
    results = [check(account, wrong(code)) for _ in range(5)]
    assert results == [CodeResult.WRONG] * 4 + [CodeResult.SPENT]
    assert check(account, code) is CodeResult.SPENT


def test_a_new_code_replaces_the_one_before(account: Account) -> None:
    first = issue(account)
    second = issue(account, NOON + timedelta(minutes=2))
    later = NOON + timedelta(minutes=3)
    assert first == second or check(account, first, later) is CodeResult.WRONG
    assert check(account, second, later) is CodeResult.OK


def test_it_serves_no_other_purpose(account: Account) -> None:
    assert check(account, issue(account), purpose=CodePurpose.PASSWORD_RESET) is CodeResult.EXPIRED


def test_only_a_keyed_digest_is_kept(account: Account) -> None:
    code = issue(account)
    row = db.session.scalars(select(OneTimeCode)).one()
    assert len(row.digest) == 32
    assert code.encode() not in row.digest


def test_one_a_minute_and_five_a_day(account: Account) -> None:
    issue(account)
    with pytest.raises(DomainError, match="请在 12:01 之后再获取"):
        issue(account, NOON + timedelta(seconds=30))
    for minutes in (1, 2, 3, 4):
        issue(account, NOON + timedelta(minutes=minutes))
    with pytest.raises(DomainError, match="3月2日 12:00"):
        issue(account, NOON + timedelta(hours=5))


# Resetting a password


def ask(client: FlaskClient, username: str, phone: str = PHONE) -> None:
    answer = client.submit("/forgot-password", username=username, phone=phone)
    assert answer.location == "/forgot-password/code"


def answer(client: FlaskClient, code: str, password: str = "Langtou-7716") -> object:
    return client.submit("/forgot-password/code", code=code, password=password, repeated=password)


def test_a_trainee_resets_the_password_by_a_code(client: FlaskClient, app: Flask) -> None:
    make_account("xy0000001", Role.TRAINEE, phone=PHONE)
    ask(client, PHONE)
    assert answer(client, sent()).location == "/sign-in"  # type: ignore[attr-defined]
    assert client.submit("/sign-in", username=PHONE, password="Langtou-7716").location == "/start"


def test_a_poor_password_does_not_spend_the_code(client: FlaskClient, app: Flask) -> None:
    make_account("xy0000001", Role.TRAINEE, phone=PHONE)
    ask(client, "xy0000001")
    refused = answer(client, sent(), "1234567890")
    assert refused.status_code == 422  # type: ignore[attr-defined]
    assert answer(client, sent()).status_code == 303  # type: ignore[attr-defined]


def test_wrong_guesses_are_counted_though_refused(client: FlaskClient, app: Flask) -> None:
    make_account("xy0000001", Role.TRAINEE, phone=PHONE)
    ask(client, "xy0000001")
    code = sent()
    for _ in range(5):
        assert "验证码不对或已失效" in answer(client, wrong(code)).text  # type: ignore[attr-defined]
    assert "验证码不对或已失效" in answer(client, code).text  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("username", "phone"), [("nobody", PHONE), ("xy0000001", "13900000009"), ("officer", PHONE)]
)
def test_nobody_learns_whether_an_account_exists(
    client: FlaskClient, app: Flask, username: str, phone: str
) -> None:
    make_account("xy0000001", Role.TRAINEE, phone=PHONE)
    make_account("officer", Role.FEDERATION, phone=PHONE)
    ask(client, username, phone)
    assert outbox.undelivered() == []
    assert "如果您填写的账户和手机号相符" in client.get("/forgot-password/code").text
    assert "验证码不对或已失效" in answer(client, "123456").text  # type: ignore[attr-defined]


def test_old_failures_and_codes_are_forgotten(client: FlaskClient, account: Account) -> None:
    issue(account)
    client.submit("/sign-in", username="nobody", password=PASSWORD)
    with clock.frozen(datetime.now(UTC) + timedelta(days=2)):
        assert services.forget_old_attempts() == 2
