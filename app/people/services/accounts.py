"""A trainee's account: wished for in public, confirmed by a one-time code or by the township."""

from contextlib import suppress

from sqlalchemy.exc import IntegrityError

from app.identity import services as identity
from app.identity.queries import find_account
from app.identity.rules import password_fault
from app.identity.types import CodePurpose, CodeResult
from app.people import queries
from app.people.models import AccountRequest, Guardian, Person
from app.people.rules import is_mobile, parse_phone
from app.people.services.records import add_guardian, record_consent
from app.people.types import AccountRequestState, ConsentPurpose, GuardianFacts
from app.platform import clock, eventlog, outbox
from app.platform.access import SYSTEM, Actor, Role
from app.platform.db import db
from app.platform.errors import DomainError
from app.platform.outbox import Channel
from app.platform.unit_of_work import explain_constraints

explain_constraints(
    {
        "uq_account_request_waiting": (None, "这个人已有一份待确认的开户申请，请先处理那一份。"),
        "ck_account_request_state_known": (None, "开户申请的状态不对，请刷新页面。"),
        "fk_account_request_person_id": (None, "没有找到这个人，请回到人员列表重新选择。"),
        "fk_account_request_account_id": (None, "没有找到这个账户，请刷新页面。"),
    }
)


def request_account(
    *, number: str, name: str, phone: str, guardian_name: str = "", guardian_relation: str = ""
) -> int | None:
    """Note the wish of somebody for an account; the key of the request where there is such a person.

    When the telephone is the one in the register, a code is sent to it. Otherwise the township has to confirm.
    Never raises for what the register holds: the caller must answer the same whatever the result.
    """
    person = queries.find_by_certificate(number=number, name=name)
    if person is None or person.deceased_on is not None:
        return None
    phone = parse_phone(phone)
    known = phone == person.phone and is_mobile(phone)
    if queries.has_account(person.id):
        if known:
            _remind(person, phone)
        return None
    request = queries.waiting_request_of(person.id)
    if request is not None and not known:
        # Whoever asks second with a foreign telephone changes nothing.
        return None
    if request is None or find_account_phone(request) != phone:
        request = _write_request(person, phone, guardian_name, guardian_relation, request)
    if known:
        _send_code(request, phone)
    return request.id


def find_account_phone(request: AccountRequest) -> str | None:
    """The telephone that was given with a request."""
    account = find_account(request.account_id)
    return None if account is None else account.phone


def _write_request(
    person: Person,
    phone: str,
    guardian_name: str,
    guardian_relation: str,
    request: AccountRequest | None,
) -> AccountRequest:
    shown = f"{guardian_name}（代{person.name}）" if guardian_name else person.name
    account = identity.create_account(actor=SYSTEM, display_name=shown[:80], phone=phone)
    if request is None:
        request = AccountRequest(person_id=person.id, state=AccountRequestState.WAITING)
        db.session.add(request)
    request.account_id = account.id
    request.guardian_name = guardian_name
    request.guardian_relation = guardian_relation
    request.requested_at = clock.now()
    db.session.flush()
    eventlog.record(
        actor=SYSTEM,
        action="person.account_requested",
        subject=person,
        detail={"request_id": request.id},
    )
    return request


def _send_code(request: AccountRequest, phone: str) -> None:
    account = find_account(request.account_id)
    if account is None:
        return
    try:
        identity.issue_code(account=account, purpose=CodePurpose.REGISTRATION, phone=phone)
    except DomainError:
        # One was sent a moment ago; to say so would tell that the person exists.
        return


def _remind(person: Person, phone: str) -> None:
    """Somebody who has an account and forgot it: told once a day, on the telephone in the register."""
    with suppress(IntegrityError), db.session.begin_nested():
        outbox.write(
            channel=Channel.SMS,
            recipient=phone,
            body="【启明】您已经有账户了：用这个手机号登录。忘记密码时，请在登录页选“忘记密码”。",
            dedupe_key=f"has_account:{person.id}:{clock.today().isoformat()}",
        )


def confirm_by_code(*, request_id: int | None, code: str, password: str) -> bool:
    """Open the account by the code that was sent. False for a wrong or old code and for an unknown request alike.

    Commit whatever the result: a wrong guess has been counted. Raises DomainError at `password` where it is too weak.
    """
    # First without the names, so that a weak password is told whether there is a request or not.
    if fault := password_fault(password, username=""):
        raise DomainError(fault, "password")
    request = queries.waiting_request(request_id) if request_id else None
    account = find_account(request.account_id) if request is not None else None
    person = queries.person_of_request(request) if request is not None else None
    if request is None or account is None or person is None:
        return False
    result = identity.check_code(account=account, purpose=CodePurpose.REGISTRATION, code=code)
    if result is not CodeResult.OK:
        return False
    owner = Actor(
        account_id=account.id, name=account.display_name, role=Role.TRAINEE, person_id=person.id
    )
    _open(owner, request, person)
    identity.set_password(actor=owner, account=account, password=password)
    return True


def show_request_phone(*, actor: Actor, request: AccountRequest) -> str:
    """The telephone given with a request, for the office that has to call it; that it was shown is logged."""
    person, phone = queries.person_of_request(request), find_account_phone(request)
    if person is None or phone is None:
        raise DomainError("这份申请没有电话，请按登记的电话联系本人。")
    eventlog.record(
        actor=actor,
        action="person.number_shown",
        subject=person,
        detail={"what": "request_phone", "note": "开户申请的电话"},
    )
    return phone


def confirm_request(*, actor: Actor, request: AccountRequest) -> str:
    """Open the account because the office knows the person; the initial password, to be handed over once."""
    person = _decide(request)
    account = find_account(request.account_id)
    if account is None:
        raise DomainError("没有找到这个账户，请刷新页面。")
    _open(actor, request, person)
    return identity.set_initial_password(actor=actor, account=account)


def refuse_request(*, actor: Actor, request: AccountRequest) -> None:
    """The office does not know whoever asked; the account stays unusable."""
    person = _decide(request)
    _close(actor, request, AccountRequestState.REFUSED)
    account = find_account(request.account_id)
    if account is not None and account.is_active:
        identity.close_account(actor=actor, account=account)
    eventlog.record(
        actor=actor,
        action="person.account_refused",
        subject=person,
        detail={"request_id": request.id},
    )


def _decide(request: AccountRequest) -> Person:
    db.session.refresh(request, with_for_update=True)
    if request.state is not AccountRequestState.WAITING:
        raise DomainError(f"这份申请{request.state.label}，可能是同事刚刚处理的，请刷新列表。")
    person = queries.person_of_request(request)
    if person is None:
        raise DomainError("没有找到这个人，请回到人员列表重新选择。")
    return person


def _close(actor: Actor, request: AccountRequest, state: AccountRequestState) -> None:
    request.state = state
    request.decided_at = clock.now()
    request.decided_by_id = actor.account_id
    db.session.flush()


def _open(actor: Actor, request: AccountRequest, person: Person) -> None:
    account = find_account(request.account_id)
    if account is None:
        raise DomainError("没有找到这个账户，请刷新页面。")
    _close(actor, request, AccountRequestState.CONFIRMED)
    identity.grant_role(actor=SYSTEM, account=account, role=Role.TRAINEE, person_id=person.id)
    guardian = _guardian(actor, request, person, account.phone)
    if not queries.has_consent(person.id, ConsentPurpose.TRAINING):
        record_consent(
            actor=actor, person=person, purpose=ConsentPurpose.TRAINING, given_by=guardian
        )
    eventlog.record(
        actor=actor,
        action="person.account_confirmed",
        subject=person,
        detail={"request_id": request.id},
    )


def _guardian(
    actor: Actor, request: AccountRequest, person: Person, phone: str | None
) -> Guardian | None:
    """Who asked for a family member becomes the guardian on record, unless it is known already."""
    if not request.guardian_name or phone is None:
        return None
    for known in queries.guardians_of(person):
        if known.ended_on is None and known.name == request.guardian_name:
            return known
    facts = GuardianFacts(request.guardian_name, request.guardian_relation, phone)
    return add_guardian(actor=actor, person=person, facts=facts)
