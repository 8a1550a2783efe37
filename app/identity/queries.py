"""Reads of accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, select
from sqlalchemy.orm import aliased

from app.identity.models import Account, OneTimeCode, RoleGrant, SignInFailure
from app.identity.types import AccountState, CodePurpose, ScopeSource
from app.platform.access import Actor, Role
from app.platform.crypto import blind_index
from app.platform.db import db
from app.regions.queries import full_names

# Sessions


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What Flask-Login holds of a request: the actor, not a mapped object."""

    actor: Actor
    token: str
    must_change_password: bool
    grants_count: int

    is_authenticated: ClassVar[bool] = True
    is_active: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False

    def get_id(self) -> str:
        return self.token


def session_token(*, grant_id: int, epoch: int) -> str:
    """What a signed session cookie holds: the grant in use and the epoch that signing out everywhere moves on."""
    return f"{grant_id}.{epoch}"


_other = aliased(RoleGrant)

_SIGNED_IN = (
    select(
        RoleGrant.id,
        RoleGrant.role,
        RoleGrant.region_code,
        RoleGrant.provider_id,
        RoleGrant.person_id,
        Account.id.label("account_id"),
        Account.display_name,
        Account.session_epoch,
        Account.must_change_password,
        select(func.count())
        .select_from(_other)
        .where(_other.account_id == Account.id, _other.revoked_at.is_(None))
        .scalar_subquery()
        .label("grants_count"),
    )
    .join(Account, Account.id == RoleGrant.account_id)
    .where(RoleGrant.id == bindparam("grant_id"), RoleGrant.revoked_at.is_(None), Account.is_active)
)


def load_signed_in(token: str) -> SignedIn | None:
    """The signed-in actor of a session, by one query; None when the grant, the account or the session ended."""
    grant_id, _, epoch = token.partition(".")
    if not (_is_number(grant_id) and _is_number(epoch)):
        return None
    # Not through the ORM, which adds half as much again to the one query that every request runs.
    rows = db.session.connection().execute(_SIGNED_IN, {"grant_id": int(grant_id)})
    row = rows.one_or_none()
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
    return SignedIn(actor, token, row.must_change_password, row.grants_count)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18


# Scopes of roles

_sources: dict[Role, ScopeSource] = {}


def register_scope(role: Role, source: ScopeSource) -> None:
    """Let a capability above offer its rows as the scope of a role; called in its `init_app`."""
    _sources[role] = source


def scope_source(role: Role) -> ScopeSource | None:
    """Where the scopes of a role come from; None for regions and for roles without a scope."""
    return _sources.get(role)


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A role of an account, with its scope in words."""

    id: int
    role: Role
    scope: str
    revoked_at: datetime | None

    @property
    def title(self) -> str:
        """残联：辽宁省丹东市振兴区."""
        return f"{self.role.label}：{self.scope}" if self.scope else self.role.label


def grants_of(account_id: int, *, revoked: bool = False) -> list[GrantRow]:
    """Roles of an account, those that were revoked only when asked for."""
    statement = select(RoleGrant).where(RoleGrant.account_id == account_id).order_by(RoleGrant.id)
    if not revoked:
        statement = statement.where(RoleGrant.revoked_at.is_(None))
    grants = db.session.scalars(statement).all()
    regions = full_names({grant.region_code for grant in grants if grant.region_code})
    return [
        GrantRow(grant.id, grant.role, _scope(grant, regions), grant.revoked_at) for grant in grants
    ]


def _scope(grant: RoleGrant, regions: dict[str, str]) -> str:
    if grant.region_code is not None:
        return regions[grant.region_code]
    if grant.person_id is not None:
        return "本人"
    if grant.provider_id is not None:
        source = _sources.get(Role.PROVIDER)
        return (source.label(grant.provider_id) if source else None) or f"编号 {grant.provider_id}"
    return ""


# Accounts


def find_account(account_id: int) -> Account | None:
    """An account by its key. Only for the administrator's pages and for the account itself."""
    return db.session.get(Account, account_id)


def find_by_username(username: str) -> Account | None:
    """An account by the name it signs in with, whatever its case."""
    return db.session.scalar(
        select(Account).where(func.lower(Account.username) == username.lower())
    )


def find_for_sign_in(name: str) -> Account | None:
    """The account whose name or telephone was typed."""
    name = name.replace(" ", "")
    return find_by_username(name) or find_by_phone(name)


def find_by_phone(phone: str) -> Account | None:
    """The account with a telephone, None where several people share it."""
    accounts = db.session.scalars(
        select(Account)
        .where(
            Account.phone_index == blind_index(phone),
            Account.is_active,
            # One that is not confirmed yet must not lock its telephone's owner out.
            Account.password_hash.is_not(None),
        )
        .limit(2)
    ).all()
    return accounts[0] if len(accounts) == 1 else None


def live_grant(account_id: int, grant_id: int) -> RoleGrant | None:
    """A role that the account may use."""
    return db.session.scalar(
        select(RoleGrant).where(
            RoleGrant.id == grant_id,
            RoleGrant.account_id == account_id,
            RoleGrant.revoked_at.is_(None),
        )
    )


def live_roles(account_id: int) -> set[Role]:
    """Roles that the account may use."""
    return set(
        db.session.scalars(
            select(RoleGrant.role).where(
                RoleGrant.account_id == account_id, RoleGrant.revoked_at.is_(None)
            )
        )
    )


def locked_until(account_id: int, *, as_of: datetime) -> datetime | None:
    """End of the lock-out of an account, None where it is not locked."""
    return db.session.scalar(
        select(SignInFailure.locked_until).where(
            SignInFailure.account_id == account_id, SignInFailure.locked_until > as_of
        )
    )


def account_rows(
    *,
    as_of: datetime,
    words: str | None = None,
    role: Role | None = None,
    state: AccountState | None = None,
) -> Select[Any]:
    """Rows of the administrator's list: id, username, display_name, last_sign_in_at, roles, state, is_a_persons."""
    live = and_(_other.account_id == Account.id, _other.revoked_at.is_(None))
    roles = select(func.array_agg(func.distinct(_other.role))).where(live).scalar_subquery()
    locked = (
        select(SignInFailure.account_id)
        .where(SignInFailure.account_id == Account.id, SignInFailure.locked_until > as_of)
        .exists()
    )
    states = case(
        (~Account.is_active, AccountState.CLOSED.value),
        (locked, AccountState.LOCKED.value),
        (Account.password_hash.is_(None), AccountState.UNCONFIRMED.value),
        (Account.must_change_password, AccountState.INITIAL.value),
        else_=AccountState.ACTIVE.value,
    )
    statement = select(
        Account.id,
        Account.username,
        Account.display_name,
        Account.last_sign_in_at,
        roles.label("roles"),
        states.label("state"),
        _is_a_persons().label("is_a_persons"),
    )
    if words:
        statement = statement.where(
            Account.username.icontains(words, autoescape=True)
            | (Account.display_name.icontains(words, autoescape=True) & ~_is_a_persons())
        )
    if role is not None:
        statement = statement.where(select(_other.id).where(live, _other.role == role).exists())
    if state is not None:
        statement = statement.where(states == state.value)
    return statement


def _is_a_persons() -> ColumnElement[bool]:
    """Whether the name of an account is that of somebody in the register, which its administrator may not see.

    So it is with trainees, past ones too, and with those who asked for an account and have not confirmed it yet.
    """
    trainee = (
        select(_other.id)
        .where(_other.account_id == Account.id, _other.role == Role.TRAINEE)
        .exists()
    )
    return trainee | Account.password_hash.is_(None)


def is_a_persons(account_id: int) -> bool:
    """The same for one account."""
    return bool(db.session.scalar(select(_is_a_persons()).where(Account.id == account_id)))


# One-time codes


def newest_code(account_id: int, purpose: CodePurpose) -> OneTimeCode | None:
    """The code that counts, locked against a second check at the same moment."""
    return db.session.scalar(
        select(OneTimeCode)
        .where(OneTimeCode.account_id == account_id, OneTimeCode.purpose == purpose.value)
        .order_by(OneTimeCode.id.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def code_expiries(account_id: int, purpose: CodePurpose, *, limit: int) -> Sequence[datetime]:
    """Ends of the last codes, newest first."""
    return db.session.scalars(
        select(OneTimeCode.expires_at)
        .where(OneTimeCode.account_id == account_id, OneTimeCode.purpose == purpose.value)
        .order_by(OneTimeCode.id.desc())
        .limit(limit)
    ).all()


def account_counts(as_of: datetime) -> dict[AccountState, int]:
    """How many accounts are in each state."""
    rows = account_rows(as_of=as_of).order_by(None).subquery()
    counted = db.session.execute(select(rows.c.state, func.count()).group_by(rows.c.state))
    return {AccountState(row.state): row[1] for row in counted}
