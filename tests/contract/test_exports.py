"""Every list that can be taken as a file says so in the log."""

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.platform.access import Role
from app.platform.db import db
from app.platform.eventlog import Event
from tests import factories
from tests.contract.test_access_matrix import roles_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def test_every_export_is_a_workbook_and_is_logged(
    app: Flask, sign_in: Callable[..., FlaskClient]
) -> None:
    klass = factories.training_class()
    exports = [rule for rule in app.url_map.iter_rules() if rule.rule.endswith("/export")]
    assert len(exports) >= 10
    logged = select(func.count()).where(Event.action == "list.exported")
    for rule in exports:
        role = next(one for one in Role if one in (roles_of(app, rule.endpoint) or ()))
        client = sign_in(role)
        before = db.session.scalar(logged) or 0
        answer = client.get(rule.rule.replace("<int:class_id>", str(klass.id)))
        assert (rule.rule, answer.mimetype) == (rule.rule, XLSX)
        assert (rule.rule, db.session.scalar(logged)) == (rule.rule, before + 1)
