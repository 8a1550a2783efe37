"""Employing units: who may look, add and correct."""

import io
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.employers import queries
from app.employers.models import Employer
from app.employers.types import EmployerKind
from app.platform import eventlog
from app.platform.access import Role
from app.platform.db import db
from tests import factories
from tests.queries import count_queries

SignIn = Callable[..., FlaskClient]


def typed(**changes: object) -> dict[str, object]:
    factories.region(factories.DISTRICT)
    factories.region(factories.TOWNSHIP)
    values: dict[str, object] = {
        "name": "丹东市演示服装有限公司",
        "credit_code": factories.credit_code(),
        "kind": "enterprise",
        "region_code": factories.TOWNSHIP,
        "posts": "86",
    }
    return values | changes


@pytest.mark.parametrize("role", [Role.FEDERATION, Role.TOWNSHIP])
def test_an_employer_is_registered(sign_in: SignIn, role: Role) -> None:
    values = typed()
    client = sign_in(role)
    answer = client.submit("/employers/new", **values)
    assert answer.status_code == 303
    shown = client.get(answer.location).text
    for part in (values["name"], values["credit_code"], "企业", "86 人"):
        assert str(part) in shown
    assert str(values["name"]) in client.get(f"/employers?words={values['credit_code'][:10]}").text  # type: ignore[index]
    (employer,) = db.session.scalars(select(Employer)).all()
    assert eventlog.history_of(employer)[0].action == "employer.added"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"credit_code": "91110000600037341A"}, "第 18 位应为 L"),
        ({"credit_code": "123"}, "应为 18 位"),
        ({"name": ""}, "请填写单位名称"),
        ({"posts": "很多"}, "在职职工人数应为整数"),
        ({"posts": "-1"}, "应在 0 到"),
        ({"kind": "circus"}, "请从列出的选项中选择单位类型"),
        ({"region_code": "110000000"}, "请从列出的选项中选择所在地"),
    ],
)
def test_wrong_input_is_told_at_the_field_and_kept(
    sign_in: SignIn, changes: dict[str, str], says: str
) -> None:
    answer = sign_in(Role.FEDERATION).submit("/employers/new", **typed(**changes))
    assert answer.status_code == 422
    assert says in answer.text
    if "name" not in changes:
        assert "丹东市演示服装有限公司" in answer.text
    for value in changes.values():
        if "kind" not in changes and "region_code" not in changes:
            assert value in answer.text
    assert db.session.scalar(select(Employer)) is None


def test_the_same_code_is_registered_once(sign_in: SignIn) -> None:
    employer = factories.employer()
    db.session.commit()
    answer = sign_in(Role.FEDERATION).submit(
        "/employers/new", **typed(credit_code=employer.credit_code)
    )
    assert answer.status_code == 422
    assert "已经登记过" in answer.text


def test_the_federation_corrects_and_the_history_says_what_was_there(sign_in: SignIn) -> None:
    employer = factories.employer(name="旧名称")
    factories.region(factories.TOWNSHIP, "浪头镇")
    db.session.commit()
    client = sign_in(Role.FEDERATION)
    path = f"/employers/{employer.id}"
    values = typed(name="新名称", credit_code=employer.credit_code, kind="social", posts="80")
    assert client.submit(f"{path}/edit", **values).status_code == 303
    shown = client.get(path).text
    for part in ("新名称", "旧名称", "社会组织", "企业", "浪头镇"):
        assert part in shown
    before = len(eventlog.history_of(employer))
    assert client.submit(f"{path}/edit", **values).status_code == 303
    assert len(eventlog.history_of(employer)) == before


def test_who_may_do_what(sign_in: SignIn) -> None:
    employer = factories.employer()
    db.session.commit()
    path = f"/employers/{employer.id}"
    for role, statuses in {
        Role.FEDERATION: (200, 200, 200, 200),
        Role.TOWNSHIP: (200, 200, 200, 403),
        Role.AUDITOR: (200, 200, 403, 403),
        Role.PROVIDER: (403, 403, 403, 403),
        Role.TRAINEE: (403, 403, 403, 403),
    }.items():
        client = sign_in(role)
        paths = ("/employers", path, "/employers/new", f"{path}/edit")
        assert tuple(client.get(one).status_code for one in paths) == statuses, role


def test_an_employer_of_another_district_is_not_found(sign_in: SignIn) -> None:
    factories.region("210604")
    employer = factories.employer(region_code="210604", name="外区单位")
    db.session.commit()
    client = sign_in(Role.FEDERATION)
    assert client.get(f"/employers/{employer.id}").status_code == 404
    assert client.get(f"/employers/{employer.id}/edit").status_code == 404
    assert "外区单位" not in client.get("/employers").text
    assert sign_in(Role.TOWNSHIP).get(f"/employers/{employer.id}").status_code == 404


def test_employers_are_found_by_part_of_the_name_or_code(app: Flask) -> None:
    one = factories.employer(name="演示食品厂")
    factories.employer(name="百分%之百公司")

    def named(words: str, role: Role = Role.TOWNSHIP) -> list[str]:
        rows = db.session.execute(queries.employer_rows(factories.actor(role), words=words))
        return [row.name for row in rows]

    assert named("食品") == named(one.credit_code.lower()) == ["演示食品厂"]
    assert named("%") == ["百分%之百公司"]
    assert len(named(" \0")) == 2
    assert named("食品", Role.PROVIDER) == []
    found = queries.find_employer(viewer=factories.actor(Role.TOWNSHIP), employer_id=one.id)
    assert found is one


def test_the_export_has_the_rows_of_the_filter(sign_in: SignIn) -> None:
    factories.employer(name="=HYPERLINK(1)", kind=EmployerKind.SOCIAL)
    factories.employer(name="演示食品厂")
    db.session.commit()
    book = load_workbook(
        io.BytesIO(sign_in(Role.FEDERATION).get("/employers/export?kind=social").data)
    )
    rows = [[cell.value for cell in row] for row in book["数据"].iter_rows()]
    assert len(rows) == 2
    assert rows[1][0] == "=HYPERLINK(1)"
    assert book["数据"]["A2"].data_type == "s"
    assert rows[1][2] == "社会组织"


def test_the_list_asks_the_database_as_often_for_one_row_as_for_many(sign_in: SignIn) -> None:
    factories.employer()
    db.session.commit()
    client = sign_in(Role.FEDERATION)
    client.get("/employers")
    with count_queries() as few:
        client.get("/employers")
    for _ in range(30):
        factories.employer()
    db.session.commit()
    client.get("/employers")
    with count_queries() as many:
        assert "共 31 个用人单位" in client.get("/employers").text
    assert many.count == few.count


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("credit_code = :other", "uq_employer_credit_code"),
        ("credit_code = '91110000600037341l'", "ck_employer_credit_code"),
        ("posts = -1", "ck_employer_posts"),
        ("kind = 'circus'", "ck_employer_kind_known"),
        ("region_code = '99'", "fk_employer_region_code"),
    ],
)
def test_the_database_refuses(app: Flask, change: str, constraint: str) -> None:
    employer, other = factories.employer(), factories.employer()
    with pytest.raises(IntegrityError) as refused:
        db.session.execute(
            text(f"UPDATE employer SET {change} WHERE id = :id"),
            {"id": employer.id, "other": other.credit_code},
        )
    assert refused.value.orig.diag.constraint_name == constraint  # type: ignore[union-attr]
