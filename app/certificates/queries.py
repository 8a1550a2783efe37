"""Reads of certificates, each within what the viewer may see, and what the public may verify."""

import hmac
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, exists, false, func, or_, select
from sqlalchemy.orm import joinedload

from app.attendance.models import Completion
from app.attendance.types import CompletionOutcome, CompletionState
from app.certificates.models import Certificate
from app.certificates.rules import COMPLETION_NUMBERS, comparable_name
from app.certificates.types import CertificateState, Verified
from app.courses.models import Course, TrainingClass
from app.enrolment.models import Enrolment
from app.people.models import Consent, Person
from app.people.types import ConsentPurpose
from app.platform.access import Actor, Role
from app.platform.clock import SHANGHAI
from app.platform.db import db
from app.providers.models import Provider

_NAME = Certificate.snapshot["name"].astext
_COURSE = Certificate.snapshot["course"].astext
_PROVIDER = Certificate.snapshot["provider"].astext

#: What the list shows of each certificate.
ROW: tuple[Any, ...] = (
    Certificate.id,
    Certificate.number,
    Certificate.state,
    Certificate.issued_on,
    _NAME.label("name"),
    _COURSE.label("course"),
    _PROVIDER.label("provider"),
)

#: What the list of waiting classes shows of each.
_AWAITING_ROW: tuple[Any, ...] = (
    TrainingClass.id,
    TrainingClass.number,
    TrainingClass.title,
    Course.title.label("course"),
    Provider.name.label("provider"),
    func.count(Completion.id).label("waiting"),
    func.min(Completion.confirmed_at).label("since"),
)

_CONFIRMED_PASS = and_(
    Completion.state == CompletionState.CONFIRMED, Completion.outcome == CompletionOutcome.PASSED
)


# ---- scope


def _of_class(viewer: Actor) -> Any:
    """Condition on class and provider: whose classes the viewer answers for."""
    match viewer.role:
        case Role.FEDERATION:
            return Provider.region_code.startswith(viewer.region_code or "-", autoescape=True)
        case Role.PROVIDER:
            return TrainingClass.provider_id == viewer.provider_id
        case Role.AUDITOR:
            return TrainingClass.id.is_not(None)
    return false()


def _scope(viewer: Actor) -> Any:
    """Condition on certificates: the federation and a base by class, a township by residence, a trainee's own."""
    match viewer.role:
        case Role.TOWNSHIP:
            return Person.residence_code.startswith(viewer.region_code or "-", autoescape=True)
        case Role.TRAINEE:
            return Certificate.person_id == viewer.person_id
    return _of_class(viewer)


def _joined(statement: Select[Any]) -> Select[Any]:
    return (
        statement.join(Person, Person.id == Certificate.person_id)
        .join(Completion, Completion.id == Certificate.completion_id)
        .join(Enrolment, Enrolment.id == Completion.enrolment_id)
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .join(Provider, Provider.id == TrainingClass.provider_id)
    )


def visible_certificates(viewer: Actor) -> Select[Any]:
    """Certificates that the viewer may see."""
    return _joined(select(Certificate)).where(_scope(viewer))


def find_certificate(*, viewer: Actor, certificate_id: int) -> Certificate | None:
    """One certificate, with the class it was earned in."""
    statement = visible_certificates(viewer).where(Certificate.id == certificate_id)
    certificate: Certificate | None = db.session.scalar(
        statement.options(
            joinedload(Certificate.completion)
            .joinedload(Completion.enrolment)
            .joinedload(Enrolment.training_class)
        )
    )
    return certificate


# ---- lists


def certificate_rows(
    viewer: Actor,
    *,
    words: str | None = None,
    state: CertificateState | None = None,
    issued_from: date | None = None,
    issued_to: date | None = None,
) -> Select[Any]:
    """Rows of the list. `words` is a number in any spelling, a name or part of it, or pinyin."""
    statement = _joined(select(*ROW)).where(_scope(viewer))
    if words:
        text = words.replace("\0", "")
        statement = statement.where(
            or_(
                Certificate.number == COMPLETION_NUMBERS.tidy(text),
                _NAME.contains(text, autoescape=True),
                Person.pinyin.startswith(text.lower(), autoescape=True),
                Person.initials == text.lower(),
            )
        )
    if state is not None:
        statement = statement.where(Certificate.state == state)
    if issued_from is not None:
        statement = statement.where(Certificate.issued_on >= issued_from)
    if issued_to is not None:
        statement = statement.where(Certificate.issued_on <= issued_to)
    return statement


def count_by_state(viewer: Actor) -> dict[CertificateState, int]:
    """How many certificates the viewer may see, by state."""
    columns: tuple[Any, ...] = (Certificate.state, func.count().label("count"))
    counted = _joined(select(*columns)).where(_scope(viewer)).group_by(Certificate.state)
    return {row[0]: row[1] for row in db.session.execute(counted)}


def own_certificates(viewer: Actor) -> Sequence[Certificate]:
    """A trainee's certificates, newest first."""
    return db.session.scalars(
        select(Certificate)
        .where(Certificate.person_id == viewer.person_id)
        .order_by(Certificate.issued_on.desc(), Certificate.id.desc())
    ).all()


def count_own(viewer: Actor) -> int:
    """How many valid certificates a trainee has."""
    counted = select(func.count()).where(
        Certificate.person_id == viewer.person_id, Certificate.state == CertificateState.VALID
    )
    return db.session.scalar(counted) or 0


# ---- classes and completions


def find_class(*, viewer: Actor, class_id: int) -> TrainingClass | None:
    """A class whose certificates the viewer may see."""
    found: TrainingClass | None = db.session.scalar(
        select(TrainingClass)
        .join(Provider, Provider.id == TrainingClass.provider_id)
        .where(TrainingClass.id == class_id, _of_class(viewer))
        .options(joinedload(TrainingClass.course), joinedload(TrainingClass.provider))
    )
    return found


def class_rows(class_id: int) -> Sequence[Any]:
    """Everybody of a class with a completion: its state and outcome, and the valid certificate if there is one."""
    revoked = (
        select(func.count())
        .where(
            Certificate.completion_id == Completion.id,
            Certificate.state == CertificateState.REVOKED,
        )
        .correlate(Completion)
        .scalar_subquery()
    )
    return db.session.execute(
        select(
            Completion.id,
            Completion.state,
            Completion.outcome,
            Completion.completed_on,
            Person.name,
            Certificate.id.label("certificate_id"),
            Certificate.number,
            revoked.label("revoked"),
        )
        .join(Enrolment, Enrolment.id == Completion.enrolment_id)
        .join(Person, Person.id == Enrolment.person_id)
        .outerjoin(
            Certificate,
            and_(
                Certificate.completion_id == Completion.id,
                Certificate.state == CertificateState.VALID,
            ),
        )
        .where(Enrolment.class_id == class_id)
        .order_by(Person.pinyin, Completion.id)
    ).all()


def find_completion(*, viewer: Actor, completion_id: int) -> Completion | None:
    """A completion of a class that the viewer answers for."""
    found: Completion | None = db.session.scalar(
        select(Completion)
        .join(Enrolment, Enrolment.id == Completion.enrolment_id)
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .join(Provider, Provider.id == TrainingClass.provider_id)
        .where(Completion.id == completion_id, _of_class(viewer))
        .options(joinedload(Completion.enrolment))
    )
    return found


def uncertified(class_id: int) -> Sequence[Completion]:
    """Confirmed passed completions of a class without a certificate: what issuing for the whole class takes.

    One whose certificate was revoked is left out: it is issued anew only on purpose, singly.
    """
    return db.session.scalars(
        select(Completion)
        .join(Enrolment, Enrolment.id == Completion.enrolment_id)
        .where(Enrolment.class_id == class_id, _CONFIRMED_PASS, ~_ever_certified())
        .order_by(Completion.id)
    ).all()


def _ever_certified() -> Any:
    return exists().where(Certificate.completion_id == Completion.id)


def locked(completion_ids: Sequence[int]) -> Sequence[Completion]:
    """Lock completions in one order, with all that a certificate prints of them."""
    rows = db.session.scalars(
        select(Completion)
        .where(Completion.id.in_(completion_ids))
        .order_by(Completion.id)
        .with_for_update(of=Completion)
        .execution_options(populate_existing=True)
    ).all()
    db.session.scalars(
        select(Enrolment)
        .where(Enrolment.id.in_([row.enrolment_id for row in rows]))
        .options(
            joinedload(Enrolment.person),
            joinedload(Enrolment.training_class).joinedload(TrainingClass.course),
            joinedload(Enrolment.training_class).joinedload(TrainingClass.provider),
        )
    ).all()
    return rows


def lock(certificate: Certificate) -> None:
    """Hold a certificate to the end of the transaction and read it anew: another may have revoked it meanwhile."""
    db.session.scalars(
        select(Certificate)
        .where(Certificate.id == certificate.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def with_valid_certificate(completion_ids: Sequence[int]) -> frozenset[int]:
    """Those of the completions that have a valid certificate."""
    return frozenset(
        db.session.scalars(
            select(Certificate.completion_id).where(
                Certificate.completion_id.in_(completion_ids),
                Certificate.state == CertificateState.VALID,
            )
        )
    )


def revoked_numbers(completion_id: int) -> Sequence[str]:
    """Numbers of the certificates of a completion that were taken back."""
    return db.session.scalars(
        select(Certificate.number)
        .where(
            Certificate.completion_id == completion_id,
            Certificate.state == CertificateState.REVOKED,
        )
        .order_by(Certificate.number)
    ).all()


def classes_awaiting(viewer: Actor) -> Select[Any]:
    """Classes with confirmed completions that never got a certificate, and how many; the longest waiting first."""
    return (
        select(*_AWAITING_ROW)
        .join(Course, Course.id == TrainingClass.course_id)
        .join(Provider, Provider.id == TrainingClass.provider_id)
        .join(Enrolment, Enrolment.class_id == TrainingClass.id)
        .join(Completion, Completion.enrolment_id == Enrolment.id)
        .where(_of_class(viewer), _CONFIRMED_PASS, ~_ever_certified())
        .group_by(TrainingClass.id, Course.title, Provider.name)
        .order_by(func.min(Completion.confirmed_at), TrainingClass.id)
    )


def count_awaiting(viewer: Actor) -> int:
    """Confirmed completions without a certificate."""
    counted = (
        select(func.count(Completion.id))
        .join(Enrolment, Enrolment.id == Completion.enrolment_id)
        .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
        .join(Provider, Provider.id == TrainingClass.provider_id)
        .where(_of_class(viewer), _CONFIRMED_PASS, ~_ever_certified())
    )
    return db.session.scalar(counted) or 0


# ---- public verification

_VERIFIABLE = select(
    Certificate.number,
    Certificate.state,
    Certificate.revoked_at,
    Certificate.snapshot,
    exists()
    .where(
        Consent.person_id == Certificate.person_id,
        Consent.purpose == ConsentPurpose.PUBLIC_CERTIFICATE,
        Consent.withdrawn_at.is_(None),
    )
    .label("public"),
)


def verify_by_number(*, number: str, name: str) -> Verified | None:
    """The certificate with this number, if it was issued to this name.

    An unknown number and a wrong name cost the same: one query and one comparison that does not stop early.
    """
    row = db.session.execute(
        _VERIFIABLE.where(Certificate.number == COMPLETION_NUMBERS.tidy(number))
    ).one_or_none()
    printed = row.snapshot["name"] if row is not None else "无"
    same = hmac.compare_digest(comparable_name(name).encode(), comparable_name(printed).encode())
    return _verified(row, name_in_full=True) if row is not None and same else None


def verify_by_token(token: str) -> Verified | None:
    """The certificate whose QR code holds this token. The name is masked unless the person agreed to show it."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{16,40}", token):
        return None
    row = db.session.execute(
        _VERIFIABLE.where(Certificate.verification_token == token)
    ).one_or_none()
    return None if row is None else _verified(row, name_in_full=row.public)


def _verified(row: Any, *, name_in_full: bool) -> Verified:
    facts = row.snapshot
    return Verified(
        number=row.number,
        name=facts["name"],
        name_in_full=name_in_full,
        state=row.state,
        revoked_on=row.revoked_at.astimezone(SHANGHAI).date() if row.revoked_at else None,
        certificate_title=facts["certificate_title"],
        course=facts["course"],
        provider=facts["provider"],
        federation=facts["federation"],
        starts_on=date.fromisoformat(facts["starts_on"]),
        ends_on=date.fromisoformat(facts["ends_on"]),
        hours=facts["hours"],
        issued_on=date.fromisoformat(facts["issued_on"]),
    )
