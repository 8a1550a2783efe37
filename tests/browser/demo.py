"""What the browser tests add to the demo: things that wait for a decision now, and a graduate's account."""

from datetime import date

from sqlalchemy import select

from app.attendance.types import CompletionState
from app.courses.types import ClassState
from app.identity.models import Account, RoleGrant
from app.oversight import services as oversight
from app.people.models import AccountRequest, Consent, Person
from app.people.types import AccountRequestState
from app.placement.models import EmploymentSpell, Evidence
from app.platform import clock
from app.platform.access import Actor, Role
from app.platform.db import db
from app.providers.models import Provider
from tests import factories

#: Demo account of each role; the trainee's is made here, of somebody who has been through everything.
ACCOUNTS = {
    Role.SYSADMIN: "admin",
    Role.FEDERATION: "canlian",
    Role.TOWNSHIP: "langtou",
    Role.PROVIDER: "jidi1",
    Role.TRAINEE: "graduate",
    Role.JUDGE: "caipan",
    Role.AUDITOR: "shenji",
}


def furnish() -> None:
    """Add the rows to a demo that was just loaded."""
    base = db.session.scalars(
        select(Provider)
        .join(RoleGrant, RoleGrant.provider_id == Provider.id)
        .join(Account, Account.id == RoleGrant.account_id)
        .where(Account.username == ACCOUNTS[Role.PROVIDER])
    ).one()
    _class_to_confirm(base)
    _account_request()
    _finding()
    _graduate()


def _class_to_confirm(base: Provider) -> None:
    klass = factories.training_class(by=base, state=ClassState.RUNNING, title="等待确认的班")
    factories.class_session(klass)
    for name in ("甲一", "乙二"):
        enrolment = factories.enrolment(factories.person(name=name), into=klass)
        factories.completion(enrolment, state=CompletionState.PROPOSED)


def _account_request() -> None:
    person = factories.person(name="丙三")
    account = factories._add(
        Account(username="wants-in", display_name="丙三", must_change_password=False)
    )
    db.session.add(
        AccountRequest(
            person_id=person.id,
            account_id=account.id,
            state=AccountRequestState.WAITING,
            requested_at=clock.now(),
        )
    )


def _finding() -> None:
    oversight.note_finding(
        actor=factories.actor(Role.AUDITOR),
        subject_type="enrolment",
        subject_id=1,
        text="点名表上的签名看起来是同一个人写的。",
        nonce="every-page",
    )


def _graduate() -> None:
    """An account of somebody with evidence of work and a consent."""
    person = db.session.scalars(
        select(Person)
        .join(EmploymentSpell, EmploymentSpell.person_id == Person.id)
        .join(Evidence, Evidence.spell_id == EmploymentSpell.id)
        .join(Consent, Consent.person_id == Person.id)
        .where(EmploymentSpell.enrolment_id.is_not(None), Consent.withdrawn_at.is_(None))
        .order_by(Person.id)
        .limit(1)
    ).one()
    grant = factories.account(Role.TRAINEE, person_id=person.id, name=person.name)
    grant.account.username = ACCOUNTS[Role.TRAINEE]
    factories.enrolment(
        person, into=factories.training_class(starts_on=date(2027, 3, 1), ends_on=date(2027, 4, 1))
    )


def grant_of(role: Role | None) -> RoleGrant | None:
    if role is None:
        return None
    return db.session.scalars(
        select(RoleGrant)
        .join(Account, Account.id == RoleGrant.account_id)
        .where(Account.username == ACCOUNTS[role], RoleGrant.role == role)
    ).one()


def actor_of(grant: RoleGrant | None) -> Actor | None:
    if grant is None:
        return None
    return Actor(
        account_id=grant.account_id,
        name=grant.account.display_name,
        role=grant.role,
        grant_id=grant.id,
        region_code=grant.region_code,
        provider_id=grant.provider_id,
        person_id=grant.person_id,
    )
