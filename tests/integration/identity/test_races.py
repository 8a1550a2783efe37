"""Guesses at the same moment count each, and two administrators cannot remove each other at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.identity import queries, services
from app.identity.models import RoleGrant, SignInFailure
from app.identity.types import CodePurpose, CodeResult, LockOut, Refused, SignInRefusal
from app.platform.access import SYSTEM, Role
from app.platform.db import db
from app.platform.errors import DomainError
from app.platform.unit_of_work import unit_of_work
from tests.integration.identity.test_sign_in import PASSWORD, make_account

LOCK_OUT = LockOut(5, timedelta(minutes=15))


def at_once(app: Flask, times: int, command: Callable[[int], Any]) -> list[Any]:
    """Results of the command in as many threads, each with a session of its own, all starting together."""
    barrier = Barrier(times)

    def run(number: int) -> Any:
        with app.app_context():
            barrier.wait()
            with unit_of_work():
                return command(number)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


def test_guesses_at_the_same_moment_count_each(committing_app: Flask) -> None:
    make_account("wangfang", Role.JUDGE)

    def guess(_: int) -> Any:
        return services.sign_in(username="wangfang", password="Wrong-Password-1", lock_out=LOCK_OUT)

    results = at_once(committing_app, 12, guess)
    assert sum(result.reason is SignInRefusal.WRONG for result in results) == 4
    assert sum(result.reason is SignInRefusal.LOCKED for result in results) == 8
    failure = db.session.scalars(select(SignInFailure)).one()
    assert failure.failures == 5
    late = services.sign_in(username="wangfang", password=PASSWORD, lock_out=LOCK_OUT)
    assert isinstance(late, Refused)


def test_a_code_takes_five_guesses_however_they_come(committing_app: Flask) -> None:
    account = services.create_account(actor=SYSTEM, display_name="学员", phone="13800000001")
    services.issue_code(account=account, purpose=CodePurpose.REGISTRATION, phone="13800000001")
    db.session.commit()
    account_id = account.id

    def guess(_: int) -> CodeResult:
        own = queries.find_account(account_id)
        assert own is not None
        return services.check_code(account=own, purpose=CodePurpose.REGISTRATION, code="no code")

    results = at_once(committing_app, 12, guess)
    assert results.count(CodeResult.WRONG) == 4
    assert results.count(CodeResult.SPENT) == 8


def test_one_administrator_is_left(committing_app: Flask) -> None:
    ids = [make_account(name, Role.SYSADMIN).id for name in ("admin1", "admin2")]

    def close(number: int) -> bool:
        account = queries.find_account(ids[number])
        assert account is not None
        try:
            services.close_account(actor=SYSTEM, account=account)
        except DomainError:
            return False
        return True

    assert sorted(at_once(committing_app, 2, close)) == [False, True]


def test_the_same_role_at_the_same_moment_is_one(committing_app: Flask) -> None:
    account_id = make_account("wangfang").id

    def grant(_: int) -> str:
        account = queries.find_account(account_id)
        assert account is not None
        with unit_of_work():
            services.grant_role(actor=SYSTEM, account=account, role=Role.JUDGE)
        return "granted"

    def attempt(number: int) -> str:
        try:
            return grant(number)
        except DomainError as error:
            return error.message

    results = at_once(committing_app, 4, attempt)
    assert results.count("granted") == 1
    assert set(results) == {"granted", "这个账户已有同样的身份。"}
    assert len(db.session.scalars(select(RoleGrant)).all()) == 1
