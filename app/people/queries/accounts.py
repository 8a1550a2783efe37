"""Wishes of trainees for an account."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from app.identity.models import Account, RoleGrant
from app.people.models import AccountRequest, Person
from app.people.queries.register import in_scope
from app.people.types import AccountRequestState
from app.platform.access import Actor, Role
from app.platform.db import db


@dataclass(frozen=True, slots=True)
class AccountRequestRow:
    """A request with what an office compares before it confirms."""

    request: AccountRequest
    person: Person
    account: Account

    @property
    def requested_at(self) -> datetime:
        return self.request.requested_at


def account_requests(*, viewer: Actor, state: AccountRequestState | None) -> Select[Any]:
    """Requests of persons in scope, the oldest first: (request, person, account)."""
    columns: list[Any] = [AccountRequest, Person, Account]
    statement = (
        select(*columns)
        .select_from(AccountRequest)
        .join(Person, Person.id == AccountRequest.person_id)
        .join(Account, Account.id == AccountRequest.account_id)
        .where(in_scope(viewer))
        .order_by(AccountRequest.requested_at, AccountRequest.id)
    )
    return statement if state is None else statement.where(AccountRequest.state == state)


def find_account_request(*, viewer: Actor, request_id: int) -> AccountRequestRow | None:
    found = db.session.execute(
        account_requests(viewer=viewer, state=None).where(AccountRequest.id == request_id)
    ).one_or_none()
    return None if found is None else AccountRequestRow(*found)


def waiting_account_requests(viewer: Actor) -> tuple[int, datetime | None]:
    """How many requests wait for this office, and since when the oldest does."""
    count, oldest = db.session.execute(
        select(func.count(), func.min(AccountRequest.requested_at))
        .select_from(AccountRequest)
        .join(Person, Person.id == AccountRequest.person_id)
        .where(in_scope(viewer), AccountRequest.state == AccountRequestState.WAITING)
    ).one()
    return count, oldest


def has_account(person_id: int) -> bool:
    """Whether somebody can sign in as this person."""
    return (
        db.session.scalar(
            select(RoleGrant.id)
            .join(Account, Account.id == RoleGrant.account_id)
            .where(
                RoleGrant.person_id == person_id,
                RoleGrant.role == Role.TRAINEE,
                RoleGrant.revoked_at.is_(None),
                Account.is_active,
            )
            .limit(1)
        )
        is not None
    )


def waiting_request(request_id: int) -> AccountRequest | None:
    """A request that has not been decided, locked until the transaction ends."""
    return db.session.scalar(
        select(AccountRequest)
        .where(AccountRequest.id == request_id, AccountRequest.state == AccountRequestState.WAITING)
        .with_for_update()
    )


def waiting_request_of(person_id: int) -> AccountRequest | None:
    """The request of a person that has not been decided, locked until the transaction ends."""
    return db.session.scalar(
        select(AccountRequest)
        .where(
            AccountRequest.person_id == person_id,
            AccountRequest.state == AccountRequestState.WAITING,
        )
        .with_for_update()
    )


def person_of_request(request: AccountRequest) -> Person | None:
    return db.session.get(Person, request.person_id)
