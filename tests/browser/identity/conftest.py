"""Accounts with passwords, for those who sign in by hand."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.identity import services
from app.platform.access import SYSTEM, Role
from app.platform.db import db
from tests import factories


@pytest.fixture
def make_account(committing_app: Flask) -> Callable[..., Any]:
    """An account with a password of its own, or with the initial one that is returned."""

    def make(
        username: str, *roles: Role, password: str | None = None, phone: str | None = None
    ) -> Any:
        account = services.create_account(
            actor=SYSTEM, username=username, display_name="张明", phone=phone
        )
        for role in roles:
            scope: dict[str, Any] = {}
            if role is Role.FEDERATION:
                scope["region_code"] = factories.region(factories.DISTRICT, "振兴区").code
            elif role is Role.TRAINEE:
                scope["person_id"] = factories.person().id
            services.grant_role(actor=SYSTEM, account=account, role=role, **scope)
        told = None
        if password is None:
            told = services.set_initial_password(actor=SYSTEM, account=account)
        else:
            services.set_password(actor=SYSTEM, account=account, password=password)
        db.session.commit()
        return told or account

    return make
