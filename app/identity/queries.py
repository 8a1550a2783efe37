"""Reads of accounts."""

from flask_login import UserMixin
from sqlalchemy import select

from app.identity.models import Account, RoleGrant
from app.platform.access import Actor
from app.platform.db import db


class SignedIn(UserMixin):
    """What Flask-Login holds of a request: the actor, not a mapped object."""

    __slots__ = ("actor", "must_change_password", "token")

    def __init__(self, actor: Actor, token: str, must_change_password: bool) -> None:
        self.actor = actor
        self.token = token
        self.must_change_password = must_change_password

    def get_id(self) -> str:
        return self.token


def session_token(*, grant_id: int, epoch: int) -> str:
    """What a signed session cookie holds: the grant in use and the epoch that signing out everywhere moves on."""
    return f"{grant_id}.{epoch}"


_SIGNED_IN = select(
    RoleGrant.id,
    RoleGrant.role,
    RoleGrant.region_code,
    RoleGrant.provider_id,
    RoleGrant.person_id,
    Account.id.label("account_id"),
    Account.display_name,
    Account.session_epoch,
    Account.must_change_password,
).join(Account, Account.id == RoleGrant.account_id).where(RoleGrant.revoked_at.is_(None), Account.is_active)


def load_signed_in(token: str) -> SignedIn | None:
    """The signed-in actor of a session, by one query; None when the grant, the account or the session ended."""
    grant_id, _, epoch = token.partition(".")
    if not (grant_id.isdecimal() and epoch.isdecimal()):
        return None
    row = db.session.execute(_SIGNED_IN.where(RoleGrant.id == int(grant_id))).one_or_none()
    if row is None or row.session_epoch != int(epoch):
        return None
    actor = Actor(
        account_id=row.account_id,
        name=row.display_name,
        role=row.role,
        grant_id=row.id,
        region_code=row.region_code,
        provider_id=row.provider_id,
        person_id=row.person_id,
    )
    return SignedIn(actor, token, row.must_change_password)
