"""Commands on accounts, roles, passwords, sign-in and one-time codes; the only writer of their rows."""

import secrets
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.identity import queries, rules
from app.identity.models import Account, OneTimeCode, RoleGrant, SignInFailure
from app.identity.types import CodePurpose, CodeResult, LockOut, Refused, SignIn, SignInRefusal
from app.platform import clock, eventlog, outbox
from app.platform.access import SYSTEM, Actor, Role
from app.platform.crypto import blind_index
from app.platform.db import db
from app.platform.errors import DomainError
from app.platform.outbox import Channel
from app.platform.unit_of_work import explain_constraints
from app.regions.queries import find_region

explain_constraints(
    {
        "uq_account_username": ("username", "这个用户名已有人使用，请换一个。"),
        "uq_role_grant_once": ("role", "这个账户已有同样的身份。"),
    }
)

# OWASP's second choice: 19 MiB and two passes; the many lanes of the default would only queue on two cores.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(24))


def _verify(account: Account | None, password: str) -> bool:
    """Whether the password is the account's; as much work for nobody's account."""
    stored = account.password_hash if account is not None and account.is_active else None
    try:
        _hasher.verify(stored or _nobodys_hash(), password[: rules.MAX_LENGTH + 1])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


# Sign-in


def sign_in(*, username: str, password: str, lock_out: LockOut) -> SignIn | Refused:
    """Check a name (or a telephone that is one account's only) and a password.

    Commit the transaction either way: a refusal has written the failure. Never raises, so that it cannot be lost.
    """
    account = queries.find_for_sign_in(username)
    if not _verify(account, password) or account is None:
        return _refuse(username, account, lock_out)
    now = clock.now()
    failure = db.session.get(SignInFailure, _failure_key(username, account), with_for_update=True)
    if failure is not None:
        if failure.locked_until is not None and failure.locked_until > now:
            return _refuse(username, account, lock_out)
        db.session.delete(failure)
    grants = [grant for grant in account.grants if grant.revoked_at is None]
    if not grants:
        return Refused(SignInRefusal.NO_ROLE)
    if account.password_hash and _hasher.check_needs_rehash(account.password_hash):
        account.password_hash = _hasher.hash(password)
    account.last_sign_in_at = now
    eventlog.record(actor=_actor(account, grants[0]), action="sign_in.succeeded", subject=account)
    return SignIn(_token(account, grants[0]), account.id, len(grants))


def _failure_key(username: str, account: Account | None) -> bytes:
    return blind_index(
        f"account:{account.id}" if account is not None else f"name:{username.strip().casefold()}"
    )


def _refuse(username: str, account: Account | None, lock_out: LockOut) -> Refused:
    """Count one more failure, in one statement, so that guesses at the same moment count each."""
    now = clock.now()
    table = SignInFailure
    locked = table.locked_until > now
    stale = table.last_at <= now - lock_out.lasting
    statement = insert(table).values(
        name_index=_failure_key(username, account),
        account_id=None if account is None else account.id,
        failures=1,
        last_at=now,
    )
    row = db.session.execute(
        statement.on_conflict_do_update(
            index_elements=[table.name_index],
            set_={
                "failures": case((locked, table.failures), (stale, 1), else_=table.failures + 1),
                "last_at": case((locked, table.last_at), else_=now),
                "locked_until": case(
                    (locked, table.locked_until),
                    (stale, None),
                    (table.failures + 1 >= lock_out.failures, now + lock_out.lasting),
                    else_=None,
                ),
            },
        ).returning(table.locked_until)
    ).one()
    until: datetime | None = row.locked_until
    fresh = until is not None and until >= now + lock_out.lasting
    eventlog.record(
        actor=SYSTEM,
        action="sign_in.locked" if fresh else "sign_in.failed",
        subject=account,
        detail={"locked": until is not None},
    )
    return Refused(SignInRefusal.WRONG if until is None else SignInRefusal.LOCKED, until)


def _token(account: Account, grant: RoleGrant) -> str:
    return queries.session_token(grant_id=grant.id, epoch=account.session_epoch)


def _actor(account: Account, grant: RoleGrant) -> Actor:
    return Actor(
        account_id=account.id,
        name=account.display_name,
        role=grant.role,
        grant_id=grant.id,
        region_code=grant.region_code,
        provider_id=grant.provider_id,
        person_id=grant.person_id,
    )


def switch_role(*, actor: Actor, grant_id: int) -> str:
    """Act in another of one's roles from now on; the new session token."""
    account = _own(actor)
    grant = queries.live_grant(account.id, grant_id)
    if grant is None:
        raise DomainError("您没有这个身份，请从列出的身份中选择。", "grant")
    if grant.id != actor.grant_id:
        eventlog.record(actor=_actor(account, grant), action="role.switched", subject=account)
    return _token(account, grant)


def sign_out(*, actor: Actor) -> None:
    """Leave on this device."""
    eventlog.record(actor=actor, action="sign_out", subject=_own(actor))


def sign_out_everywhere(*, actor: Actor) -> None:
    """End all sessions of one's account, this one included."""
    account = _own(actor)
    _end_sessions(account)
    eventlog.record(actor=actor, action="account.signed_out_everywhere", subject=account)


def _own(actor: Actor) -> Account:
    account = queries.find_account(actor.account_id)
    if account is None:
        raise DomainError("账户不存在。")
    return account


def _end_sessions(account: Account) -> None:
    # In SQL, so that two at the same moment count both.
    db.session.execute(
        update(Account)
        .where(Account.id == account.id)
        .values(session_epoch=Account.session_epoch + 1)
        .execution_options(synchronize_session=False)
    )
    db.session.flush()
    db.session.refresh(account, ["session_epoch"])


# Accounts


def create_account(
    *, actor: Actor, display_name: str, username: str | None = None, phone: str | None = None
) -> Account:
    """Open an account without password and without role; nobody can sign in to it yet.

    Without `username` one is made up: people who sign in by telephone need not remember it. Raises DomainError.
    """
    if username is None:
        username = _free_username()
    elif fault := rules.username_fault(username):
        raise DomainError(fault, "username")
    elif queries.find_by_username(username) is not None:
        raise DomainError("这个用户名已有人使用，请换一个。", "username")
    account = Account(
        username=username,
        display_name=display_name,
        phone=phone,
        phone_index=blind_index(phone) if phone else None,
        must_change_password=False,
    )
    db.session.add(account)
    db.session.flush()
    eventlog.record(actor=actor, action="account.created", subject=account)
    return account


def _free_username() -> str:
    while True:
        username = f"xy{secrets.randbelow(10**7):07d}"
        if queries.find_by_username(username) is None:
            return username


def close_account(*, actor: Actor, account: Account) -> None:
    """Let nobody use the account any more. Raises DomainError for one's own and for the last administrator."""
    if account.id == actor.account_id:
        raise DomainError("不能关闭自己的账户，请由另一位系统管理员办理。")
    if not account.is_active:
        raise DomainError("这个账户已经关闭。")
    _keep_an_administrator(account)
    account.is_active = False
    _end_sessions(account)
    eventlog.record(actor=actor, action="account.closed", subject=account)


def reopen_account(*, actor: Actor, account: Account) -> None:
    """Let a closed account be used again, with the roles it had."""
    if account.is_active:
        raise DomainError("这个账户没有关闭。")
    account.is_active = True
    eventlog.record(actor=actor, action="account.reopened", subject=account)


def unlock_account(*, actor: Actor, account: Account) -> None:
    """Forget the failures, so that its owner need not wait."""
    _forget_failures(account)
    eventlog.record(actor=actor, action="account.unlocked", subject=account)


def _forget_failures(account: Account) -> None:
    db.session.execute(delete(SignInFailure).where(SignInFailure.account_id == account.id))


def _keep_an_administrator(leaving: Account) -> None:
    """Raises DomainError where no other active account is system administrator. Locks them, against a race."""
    holders = db.session.scalars(
        select(Account.id)
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .where(RoleGrant.role == Role.SYSADMIN, RoleGrant.revoked_at.is_(None), Account.is_active)
        .order_by(Account.id)
        .with_for_update()
    ).all()
    if leaving.id in holders and set(holders) == {leaving.id}:
        raise DomainError("这是最后一个系统管理员，请先为另一个账户授予系统管理员身份。")


# Roles


def grant_role(
    *,
    actor: Actor,
    account: Account,
    role: Role,
    region_code: str | None = None,
    provider_id: int | None = None,
    person_id: int | None = None,
) -> RoleGrant:
    """Give an account a role with its scope; one that was revoked comes back. Raises DomainError."""
    if account.id == actor.account_id:
        raise DomainError("不能给自己授予身份，请由另一位系统管理员办理。", "role")
    # Two administrators at once must not give one account roles that exclude each other.
    db.session.execute(select(Account.id).where(Account.id == account.id).with_for_update())
    if conflict := rules.role_conflict(queries.live_roles(account.id), role):
        raise DomainError(conflict, "role")
    _check_scope(role, region_code, provider_id, person_id)
    grant = db.session.scalar(
        select(RoleGrant).where(
            RoleGrant.account_id == account.id,
            RoleGrant.role == role,
            RoleGrant.region_code.is_not_distinct_from(region_code),
            RoleGrant.provider_id.is_not_distinct_from(provider_id),
            RoleGrant.person_id.is_not_distinct_from(person_id),
        )
    )
    if grant is None:
        grant = RoleGrant(
            account_id=account.id,
            role=role,
            region_code=region_code,
            provider_id=provider_id,
            person_id=person_id,
        )
        db.session.add(grant)
    elif grant.revoked_at is None:
        raise DomainError("这个账户已有同样的身份。", "role")
    grant.revoked_at = None
    db.session.flush()
    db.session.expire(account, ["grants"])
    eventlog.record(
        actor=actor,
        action="grant.added",
        subject=account,
        detail={
            "grant": grant.id,
            "role": role.value,
            "region": region_code,
            "provider": provider_id,
        },
    )
    return grant


def _check_scope(
    role: Role, region_code: str | None, provider_id: int | None, person_id: int | None
) -> None:
    if role in (Role.FEDERATION, Role.TOWNSHIP):
        region = find_region(region_code) if region_code else None
        if region is None:
            raise DomainError("请选择这个身份负责的区划。", "region_code")
        longest = 6 if role is Role.FEDERATION else 9
        if (len(region.code) == 9) != (role is Role.TOWNSHIP) or len(region.code) > longest:
            raise DomainError(
                f"“{region.name}”不是{role.label}负责的一级区划，请重新选择。", "region_code"
            )
    if role is Role.PROVIDER and provider_id is None:
        raise DomainError("请选择培训基地。", "provider_id")
    if role is Role.TRAINEE and person_id is None:
        raise DomainError("请填写学员的残疾人证号和姓名。", "number")


def revoke_role(*, actor: Actor, account: Account, grant_id: int) -> None:
    """Take a role back; whoever acts in it is signed out. Raises DomainError."""
    grant = queries.live_grant(account.id, grant_id)
    if grant is None:
        raise DomainError("这个身份已经撤销。")
    if grant.role is Role.SYSADMIN:
        if account.id == actor.account_id:
            raise DomainError("不能撤销自己的系统管理员身份，请由另一位系统管理员办理。")
        _keep_an_administrator(account)
    grant.revoked_at = clock.now()
    eventlog.record(
        actor=actor,
        action="grant.revoked",
        subject=account,
        detail={"grant": grant.id, "role": grant.role.value},
    )


# Passwords


def set_initial_password(*, actor: Actor, account: Account) -> str:
    """A new password that must be changed at the first sign-in; returned once and kept nowhere."""
    password = rules.initial_password(secrets.choice)
    account.password_hash = _hasher.hash(password)
    account.must_change_password = True
    _end_sessions(account)
    _forget_failures(account)
    eventlog.record(actor=actor, action="password.initial", subject=account)
    return password


def change_own_password(*, actor: Actor, present: str, new: str) -> str:
    """Replace one's password and end all other sessions; the token of this one. Raises DomainError."""
    account = _own(actor)
    if not _verify(account, present):
        raise DomainError("现在的密码不对，请核对大小写后重新填写。", "present")
    if present == new:
        raise DomainError("新密码不能和现在的密码一样，请换一个。", "password")
    _set_password(account, new, field="password")
    eventlog.record(actor=actor, action="password.changed", subject=account)
    return queries.session_token(grant_id=actor.grant_id or 0, epoch=account.session_epoch)


def set_password(*, actor: Actor, account: Account, password: str, field: str = "password") -> None:
    """Set the password its owner chose, having been recognised by other means. Raises DomainError at `field`."""
    _set_password(account, password, field=field)
    _forget_failures(account)
    eventlog.record(actor=actor, action="password.set", subject=account)


def _set_password(account: Account, password: str, *, field: str) -> None:
    check_password(account=account, password=password, field=field)
    account.password_hash = _hasher.hash(password)
    account.must_change_password = False
    _end_sessions(account)


def check_password(*, account: Account, password: str, field: str = "password") -> None:
    """Raises DomainError at `field` where the rules refuse the password for this account."""
    names = [name for name in (account.display_name, account.phone) if name]
    if fault := rules.password_fault(password, username=account.username, names=names):
        raise DomainError(fault, field)


def reset_password_by_code(*, account: Account, code: str, password: str) -> CodeResult:
    """Set a password by a code sent to the telephone; commit whatever the result. Raises DomainError at `password`."""
    check_password(account=account, password=password)
    result = check_code(account=account, purpose=CodePurpose.PASSWORD_RESET, code=code)
    if result is CodeResult.OK:
        set_password(actor=_owner(account), account=account, password=password)
    return result


def _owner(account: Account) -> Actor:
    """The owner of an account, recognised by a code sent to their telephone."""
    grant = next((grant for grant in account.grants if grant.revoked_at is None), None)
    return _actor(account, grant) if grant else SYSTEM


# One-time codes


def issue_code(*, account: Account, purpose: CodePurpose, phone: str) -> None:
    """Send a code of six digits to `phone`; the ones before it count no longer.

    Raises DomainError where one was sent less than a minute ago or five within a day.
    """
    now = clock.now()
    db.session.execute(select(Account.id).where(Account.id == account.id).with_for_update())
    expiries = queries.code_expiries(account.id, purpose, limit=rules.CODES_PER_DAY)
    wait = rules.next_code_at([end - rules.CODE_LIFETIME for end in expiries], as_of=now)
    if wait is not None:
        raise DomainError(f"验证码刚刚发过，请在 {_clock_face(wait, now)} 之后再获取。")
    code = f"{secrets.randbelow(10**rules.CODE_DIGITS):0{rules.CODE_DIGITS}d}"
    row = OneTimeCode(
        account_id=account.id,
        purpose=purpose.value,
        digest=_code_digest(account, purpose, code),
        expires_at=now + rules.CODE_LIFETIME,
        attempts=0,
    )
    db.session.add(row)
    db.session.flush()
    minutes = int(rules.CODE_LIFETIME.total_seconds() // 60)
    outbox.write(
        channel=Channel.SMS,
        recipient=phone,
        body=f"【启明】验证码 {code}，用于{purpose.label}，{minutes} 分钟内有效。请勿告诉他人。",
        dedupe_key=f"one_time_code:{row.id}",
    )
    eventlog.record(
        actor=SYSTEM, action="code.issued", subject=account, detail={"purpose": purpose.value}
    )


def check_code(*, account: Account, purpose: CodePurpose, code: str) -> CodeResult:
    """Whether `code` is the one sent last; a right one is used up.

    Commit the transaction whatever the result: a wrong guess has been counted. Never raises.
    """
    row = queries.newest_code(account.id, purpose)
    if row is None or row.used_at is not None or row.expires_at <= clock.now():
        return CodeResult.EXPIRED
    if row.attempts >= rules.CODE_ATTEMPTS:
        return CodeResult.SPENT
    row.attempts += 1
    if not secrets.compare_digest(row.digest, _code_digest(account, purpose, code)):
        eventlog.record(
            actor=SYSTEM, action="code.refused", subject=account, detail={"purpose": purpose.value}
        )
        return CodeResult.SPENT if row.attempts >= rules.CODE_ATTEMPTS else CodeResult.WRONG
    row.used_at = clock.now()
    return CodeResult.OK


def _code_digest(account: Account, purpose: CodePurpose, code: str) -> bytes:
    """Keyed, since six digits are tried out in no time."""
    return blind_index(f"code:{account.id}:{purpose.value}:{code}")


def _clock_face(moment: datetime, now: datetime) -> str:
    local, today = moment.astimezone(clock.SHANGHAI), now.astimezone(clock.SHANGHAI).date()
    day = "" if local.date() == today else f"{local.month}月{local.day}日 "
    return f"{day}{local.hour}:{local.minute:02}"


# Tidying up


def forget_old_attempts() -> int:
    """Delete failures older than a day and codes older than a month; the event log keeps what happened."""
    now = clock.now()
    failures = db.session.execute(
        delete(SignInFailure)
        .where(
            SignInFailure.last_at < now - timedelta(days=1),
            or_(SignInFailure.locked_until.is_(None), SignInFailure.locked_until < now),
        )
        .returning(SignInFailure.name_index)
    ).all()
    codes = db.session.execute(
        delete(OneTimeCode)
        .where(OneTimeCode.expires_at < now - timedelta(days=30))
        .returning(OneTimeCode.id)
    ).all()
    return len(failures) + len(codes)


# The first administrator


def create_first_administrator(*, username: str, display_name: str) -> str:
    """Open an account of a system administrator from the command line; its initial password. Raises DomainError."""
    account = create_account(actor=SYSTEM, username=username, display_name=display_name)
    grant_role(actor=SYSTEM, account=account, role=Role.SYSADMIN)
    return set_initial_password(actor=SYSTEM, account=account)
