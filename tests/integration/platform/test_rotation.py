"""A key can be retired: everything it encrypted is encrypted anew, old versions included."""

import base64
import secrets

import pytest
from cryptography.exceptions import InvalidTag
from flask import Flask
from sqlalchemy import text

from app.platform import rotation
from app.platform.crypto import FieldKeys
from app.platform.db import db
from tests import factories


def new_key(name: str) -> str:
    return f"{name}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def test_rotation_rewrites_current_rows_and_old_versions(committing_app: Flask) -> None:
    old = new_key("old")
    committing_app.extensions["qiming.field_keys"] = FieldKeys.parse(old)
    person = factories.person(phone="13800000001")
    db.session.commit()
    person.phone = "13800000002"
    db.session.commit()
    number, versions = (
        person.citizen_number,
        db.session.scalar(text("SELECT count(*) FROM person_history")),
    )
    fresh = new_key("new")
    keys = FieldKeys.parse(f"{fresh},{old}")

    db.session.rollback()
    assert rotation.rotate(committing_app.config["OWNER_DATABASE_URL"], keys) > 0
    assert rotation.rotate(committing_app.config["OWNER_DATABASE_URL"], keys) == 0

    committing_app.extensions["qiming.field_keys"] = FieldKeys.parse(fresh)
    db.session.expire_all()
    assert (person.citizen_number, person.phone) == (number, "13800000002")
    assert db.session.scalar(text("SELECT count(*) FROM person_history")) == versions
    (before,) = db.session.scalars(text("SELECT phone FROM person_history"))
    assert FieldKeys.parse(fresh).decrypt(bytes(before)) == "13800000001"


def test_a_changed_value_is_not_taken_for_a_number(app: Flask) -> None:
    keys = FieldKeys.parse(new_key("k"))
    stored = keys.encrypt("210603198001010014")
    with pytest.raises(InvalidTag):
        keys.decrypt(stored[:-1] + bytes([stored[-1] ^ 1]))
