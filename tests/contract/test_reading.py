"""Pages that only read do so on connections that refuse to write, and none of them needs more.

The savepoint of the other tests hides such a connection, so that these run on a database that really commits.
"""

from collections.abc import Iterator

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.demo import district
from app.identity.models import RoleGrant
from app.identity.queries import session_token
from app.platform.access import Role
from app.platform.db import db
from app.platform.unit_of_work import unit_of_work
from tests.contract.test_access_matrix import roles_of


def _visitors(app: Flask) -> Iterator[tuple[Role, FlaskClient]]:
    """The first account of each role in the demo."""
    for role in Role:
        grant = db.session.scalars(
            select(RoleGrant).where(RoleGrant.role == role).order_by(RoleGrant.id).limit(1)
        ).one()
        client = app.test_client()
        with client.session_transaction() as session:
            session["_user_id"] = session_token(
                grant_id=grant.id, epoch=grant.account.session_epoch
            )
            session.permanent = True
        yield role, client


def test_every_list_and_file_is_read_without_a_transaction(committing_app: Flask) -> None:
    with unit_of_work():
        district.load()
    failed, tried = [], 0
    for role, visitor in list(_visitors(committing_app)):
        for rule in committing_app.url_map.iter_rules():
            roles = roles_of(committing_app, rule.endpoint)
            if rule.arguments or "GET" not in (rule.methods or ()) or role not in (roles or ()):
                continue
            tried += 1
            status = visitor.get(rule.rule).status_code
            if status not in (200, 303):
                failed.append((role.value, rule.rule, status))
    assert failed == []
    assert tried > 100
