"""What the database itself refuses of divisions, accounts, roles and codes; each rule is broken once."""

from datetime import UTC, datetime

import psycopg.errors
import pytest
from flask import Flask
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Table, UniqueConstraint, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.identity.models import Account, OneTimeCode, RoleGrant, SignInFailure
from app.platform.db import db
from app.regions.models import Region
from tests import factories

NOW = datetime(2024, 3, 1, tzinfo=UTC)
ACCOUNT = (
    "INSERT INTO account (username, display_name, must_change_password, is_active, session_epoch) "
    "VALUES ('{}', 'x', false, true, 0)"
)
GRANT = "INSERT INTO role_grant (account_id, role, region_code, provider_id, person_id) VALUES ({})"
REGION = "INSERT INTO region (code, name, level, parent_code, valid_from, valid_to) VALUES ({})"
CODE = "INSERT INTO one_time_code (account_id, purpose, digest, expires_at, attempts) VALUES ({}, 'x', '', now(), {})"
FAILURE = "INSERT INTO sign_in_failure (name_index, account_id, failures, last_at) VALUES ('x', {}, {}, now())"

#: Name of the rule, and what breaks it; ACCOUNT_ID is an account, NOBODY none.
CASES = [
    ("uq_account_username", ACCOUNT.format("Wang") + ";" + ACCOUNT.format("wANG")),
    ("ck_role_grant_role_known", GRANT.format("ACCOUNT_ID, 'king', NULL, NULL, NULL")),
    ("ck_role_grant_scope_of_role", GRANT.format("ACCOUNT_ID, 'federation', NULL, NULL, NULL")),
    ("ck_role_grant_scope_of_role", GRANT.format("ACCOUNT_ID, 'auditor', '21', NULL, NULL")),
    ("ck_role_grant_scope_of_role", GRANT.format("ACCOUNT_ID, 'provider', NULL, NULL, NULL")),
    ("ck_role_grant_scope_of_role", GRANT.format("ACCOUNT_ID, 'trainee', NULL, NULL, NULL")),
    ("uq_role_grant_once", GRANT.format("ACCOUNT_ID, 'judge', NULL, NULL, NULL")),
    ("fk_role_grant_account_id", GRANT.format("NOBODY, 'judge', NULL, NULL, NULL")),
    ("fk_role_grant_region_code", GRANT.format("ACCOUNT_ID, 'federation', '99', NULL, NULL")),
    ("fk_role_grant_provider_id", GRANT.format("ACCOUNT_ID, 'provider', NULL, NOBODY, NULL")),
    ("fk_role_grant_person_id", GRANT.format("ACCOUNT_ID, 'trainee', NULL, NULL, NOBODY")),
    ("ck_one_time_code_attempts", CODE.format("ACCOUNT_ID", -1)),
    ("fk_one_time_code_account_id", CODE.format("NOBODY", 0)),
    ("ck_sign_in_failure_failures", FAILURE.format("ACCOUNT_ID", 0)),
    ("fk_sign_in_failure_account_id", FAILURE.format("NOBODY", 1)),
    ("ck_region_code_form", REGION.format("'2106031', 'x', 'district', NULL, NULL, NULL")),
    ("ck_region_code_form", REGION.format("'2106XX', 'x', 'district', NULL, NULL, NULL")),
    (
        "ck_region_validity",
        REGION.format("'22', 'x', 'province', NULL, '2020-01-02', '2020-01-02'"),
    ),
    ("ck_region_nested", REGION.format("'2201', 'x', 'city', '21', NULL, NULL")),
    ("ck_region_level_known", REGION.format("'22', 'x', 'planet', NULL, NULL, NULL")),
    ("fk_region_parent_code", REGION.format("'2201', 'x', 'city', '22', NULL, NULL")),
]


@pytest.mark.parametrize(("rule", "sql"), CASES)
def test_it_is_refused(app: Flask, rule: str, sql: str) -> None:
    factories.region("21")
    grant = factories.account(factories.Role.JUDGE)
    db.session.commit()
    statement = sql.replace("ACCOUNT_ID", str(grant.account_id)).replace("NOBODY", "-1")
    with pytest.raises(IntegrityError) as refused:
        _run(statement)
    assert refused.value.orig.diag.constraint_name == rule  # type: ignore[union-attr]


def _run(script: str) -> None:
    for statement in script.split(";"):
        db.session.execute(text(statement))


def _rules(table: Table) -> set[str]:
    kinds = CheckConstraint | UniqueConstraint | ForeignKeyConstraint
    named = {str(one.name) for one in table.constraints if isinstance(one, kinds)}
    return named | {str(index.name) for index in table.indexes if index.unique}


def test_no_rule_is_left_out(app: Flask) -> None:
    tables = [model.__table__ for model in (Account, OneTimeCode, Region, RoleGrant, SignInFailure)]
    assert set().union(*(_rules(table) for table in tables)) == {rule for rule, _ in CASES}  # type: ignore[arg-type]


def test_an_account_is_never_deleted(app: Flask) -> None:
    factories.account(factories.Role.JUDGE)
    db.session.commit()
    with pytest.raises(DBAPIError) as refused:
        db.session.execute(text("DELETE FROM account"))
    assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)
