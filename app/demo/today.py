"""What waits to be done in the demo on the day it is loaded, so that each role finds its work."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random

from sqlalchemy import insert, select

from app.attendance import services as attendance
from app.certificates import services as certificates
from app.certificates.models import Certificate
from app.courses.models import TrainingClass
from app.courses.types import ClassState
from app.enrolment.models import Enrolment
from app.identity.models import Account, RoleGrant
from app.oversight import services as oversight
from app.people import services as register
from app.people.models import Person
from app.placement import services as placement
from app.placement.models import EmploymentSpell, FollowUp
from app.placement.types import ContactMethod
from app.platform import clock
from app.platform.access import Actor
from app.platform.db import db
from app.platform.eventlog import Event

_REVOKED = 2
_ACCOUNT_WISHES = 3
_CALLED_IN_VAIN = 6


def actor(username: str) -> Actor:
    """Who acts with a demo account."""
    account, grant = db.session.execute(
        select(Account, RoleGrant)
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .where(Account.username == username)
        .order_by(RoleGrant.id)
        .limit(1)
    ).one()
    return Actor(
        account_id=account.id,
        name=account.display_name,
        role=grant.role,
        grant_id=grant.id,
        region_code=grant.region_code,
        provider_id=grant.provider_id,
        person_id=grant.person_id,
    )


def hand_in_completion(classes: Sequence[TrainingClass]) -> None:
    """The first class that is over waits for the federation to confirm who completed it."""
    over = min((k for k in classes if k.state is ClassState.RUNNING), key=lambda k: k.ends_on)
    (username,) = db.session.scalars(
        select(Account.username)
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .where(RoleGrant.provider_id == over.provider_id)
    )
    attendance.propose_completion(actor=actor(username), klass=over)


def revoke_some_certificates(rng: Random) -> None:
    issued = db.session.scalars(select(Certificate).order_by(Certificate.id)).all()
    for certificate in rng.sample(issued, _REVOKED):
        certificates.revoke(
            actor=actor("canlian"),
            certificate=certificate,
            reason="姓名登记有误，已另行发证（演示）",
        )


def wish_for_accounts(persons: Sequence[Person]) -> None:
    """Some ask with a telephone that the register does not know, so that the township has to confirm."""
    for index, person in enumerate(persons[:_ACCOUNT_WISHES]):
        register.request_account(
            number=person.certificates[0].number, name=person.name, phone=f"1360000000{index}"
        )


def call_in_vain(rng: Random) -> None:
    """Follow-ups that are due have been tried once."""
    today = clock.today()
    due = db.session.scalars(
        select(FollowUp)
        .where(FollowUp.outcome.is_(None), FollowUp.due_on <= today)
        .order_by(FollowUp.id)
    ).all()
    for follow_up in rng.sample(due, min(_CALLED_IN_VAIN, len(due))):
        placement.record_attempt(
            actor=actor("canlian"),
            follow_up=follow_up,
            method=ContactMethod.PHONE,
            on=max(follow_up.due_on, today - timedelta(days=2)),
            note="电话无人接听（演示）",
            nonce=f"demo-attempt-{follow_up.id}",
        )


def note_a_finding(spells: Sequence[EmploymentSpell]) -> None:
    spell = next(
        spell for spell in spells if spell.enrolment_id is not None and spell.ended_on is not None
    )
    assert spell.enrolment_id is not None
    oversight.note_finding(
        actor=actor("shenji"),
        subject_type=Enrolment.__tablename__,
        subject_id=spell.enrolment_id,
        text="就业后很快离职，请培训基地说明情况并补充工资流水（演示）。",
        nonce="demo-finding",
    )


def log_what_was_loaded() -> None:
    """One event for each object, so that its history says where it comes from."""
    for model in (TrainingClass, Enrolment, EmploymentSpell, Person):
        ids = db.session.scalars(select(model.id).order_by(model.id)).all()
        db.session.execute(
            insert(Event),
            [
                {
                    "account_name": "演示数据",
                    "role": "sysadmin",
                    "action": "demo.loaded",
                    "subject_type": model.__tablename__,
                    "subject_id": number,
                    "detail": {},
                }
                for number in ids
            ],
        )
