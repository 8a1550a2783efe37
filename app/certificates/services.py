"""Issue and revoke certificates, and draw them."""

import secrets
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy.dialects.postgresql import insert

from app.attendance.types import CompletionOutcome, CompletionState
from app.certificates import queries, rules
from app.certificates.models import Certificate, CertificateSeries
from app.certificates.types import CertificateState, Refusal
from app.platform import clock, eventlog, storage
from app.platform.access import Actor
from app.platform.db import db
from app.platform.errors import DomainError
from app.platform.installation import installation
from app.platform.jobs import defer
from app.platform.pdf import missing_glyphs, render_pdf
from app.platform.unit_of_work import explain_constraints

if TYPE_CHECKING:
    from app.attendance.models import Completion

explain_constraints(
    {
        "uq_certificate_valid_completion": (None, "这名学员在本班已有有效的证书，请刷新页面查看。"),
        "uq_certificate_number": (None, "证书编号重复，没有发证，请再试一次。"),
    }
)

RENDER_TASK = "certificates.render"
TEMPLATE = "certificates/certificate.html"


def issue(*, actor: Actor, completion: "Completion") -> Certificate:
    """A certificate for a confirmed, passed completion.

    Raises DomainError where there is nothing to certify, a valid one exists, or the fonts lack a character.
    """
    (held,) = queries.locked([completion.id])
    return _issue(actor, held, certified=bool(queries.with_valid_certificate([held.id])))


def issue_all(
    *, actor: Actor, completions: Sequence["Completion"], draw_now: bool = True
) -> tuple[list[Certificate], list[Refusal]]:
    """Certificates for a class in one transaction, in the order of names, and who got none and why.

    `draw_now=False` leaves the drawing of each PDF to its first download: for taking over a past.

    The completions are locked before the first number is taken, and always in the same order: two officers who issue
    at once wait for each other, and the second finds nothing left to do.
    """
    held = queries.locked([completion.id for completion in completions])
    certified = queries.with_valid_certificate([completion.id for completion in held])
    issued: list[Certificate] = []
    refused: list[Refusal] = []
    for completion in sorted(held, key=lambda one: (one.enrolment.person.pinyin, one.id)):
        if completion.id in certified:
            continue
        try:
            issued.append(_issue(actor, completion, certified=False, draw_now=draw_now))
        except DomainError as error:
            refused.append(Refusal(completion.enrolment.person.name, error.message))
    return issued, refused


def _issue(
    actor: Actor, completion: "Completion", *, certified: bool, draw_now: bool = True
) -> Certificate:
    rules.check_issuable(
        confirmed=completion.state is CompletionState.CONFIRMED,
        passed=completion.outcome is CompletionOutcome.PASSED,
        has_valid_certificate=certified,
    )
    check_printable(completion)
    here, today, klass = installation(), clock.today(), completion.enrolment.training_class
    number = _next_number(today.year)
    token = secrets.token_urlsafe(16)
    certificate = Certificate(
        number=number,
        verification_token=token,
        completion_id=completion.id,
        person_id=completion.enrolment.person_id,
        state=CertificateState.VALID,
        issued_on=today,
        issued_by_id=actor.account_id,
        snapshot=rules.printed_facts(
            number=number,
            certificate_title=klass.course.certificate_title,
            name=completion.enrolment.person.name,
            citizen_number=completion.enrolment.person.citizen_number,
            course=klass.course.title,
            class_number=klass.number,
            provider=klass.provider.name,
            federation=here.federation_name,
            starts_on=klass.starts_on,
            ends_on=klass.ends_on,
            completed_on=completion.completed_on,
            hours=completion.hours_held,
            assessed=klass.course.assessment_required,
            issued_on=today,
            verification_url=f"{here.base_url}/verify/{token}",
            demo=here.demo,
        ),
    )
    db.session.add(certificate)
    db.session.flush()
    eventlog.record(
        actor=actor, action="certificate.issued", subject=certificate, detail={"number": number}
    )
    if draw_now:
        defer(RENDER_TASK, certificate_id=certificate.id)
    return certificate


def check_printable(completion: "Completion") -> None:
    """Raises DomainError that names the characters which the fonts lack."""
    klass = completion.enrolment.training_class
    for label, text in (
        ("姓名", completion.enrolment.person.name),
        ("课程", klass.course.title),
        ("证书名称", klass.course.certificate_title),
        ("培训基地", klass.provider.name),
    ):
        reason = rules.unprintable(label, text, missing_glyphs(text))
        if reason:
            raise DomainError(reason)


def why_unprintable(name: str) -> str:
    """Why a name cannot be printed; empty where it can."""
    return rules.unprintable("姓名", name, missing_glyphs(name))


def _next_number(year: int) -> str:
    """The next number of the series. Its row stays locked to the end of the transaction, so that a number is taken
    exactly when its certificate is committed: no gap and no double.
    """
    scheme = rules.COMPLETION_NUMBERS
    counted = insert(CertificateSeries).values(prefix=scheme.prefix, year=year, last_serial=1)
    serial = db.session.scalars(
        counted.on_conflict_do_update(
            index_elements=[CertificateSeries.prefix, CertificateSeries.year],
            set_={"last_serial": CertificateSeries.last_serial + 1},
        ).returning(CertificateSeries.last_serial)
    ).one()
    return scheme.number(year=year, serial=serial)


def revoke(*, actor: Actor, certificate: Certificate, reason: str) -> None:
    """Take a certificate back for good; its number is never used again."""
    queries.lock(certificate)
    rules.check_transition(certificate.state, CertificateState.REVOKED, actor.role)
    certificate.state = CertificateState.REVOKED
    certificate.revoked_at = clock.now()
    certificate.revoked_by_id = actor.account_id
    certificate.revocation_reason = reason
    eventlog.record(
        actor=actor,
        action="certificate.revoked",
        subject=certificate,
        detail={"number": certificate.number},
    )


def draw(certificate: Certificate) -> bytes:
    """The PDF of a certificate from its snapshot: always the same bytes with the same fonts."""
    facts = certificate.snapshot
    return render_pdf(
        TEMPLATE,
        rules.layout(facts),
        title=f"{facts['certificate_title']} {facts['name']} {certificate.number}",
        identifier=certificate.number,
        dated=date.fromisoformat(facts["issued_on"]),
    )


def keep_pdf(certificate: Certificate) -> bytes:
    """The stored PDF; drawn and stored now where the job has not come to it yet, or the file was lost.

    Raises ValueError where the stored file was changed on disk.
    """
    if certificate.pdf_sha256 is not None and storage.path_of(certificate.pdf_sha256).exists():
        return storage.read(certificate.pdf_sha256)
    content = draw(certificate)
    certificate.pdf_sha256 = storage.store(content, "application/pdf").sha256
    return content


def download(*, actor: Actor, certificate: Certificate) -> bytes:
    """The PDF for somebody who takes it away, which is logged."""
    content = keep_pdf(certificate)
    eventlog.record(
        actor=actor,
        action="certificate.downloaded",
        subject=certificate,
        detail={"number": certificate.number},
    )
    return content


def render(certificate_id: int) -> None:
    """What the job does: draw and store the PDF of one certificate, once."""
    certificate = db.session.get(Certificate, certificate_id)
    if certificate is not None:
        keep_pdf(certificate)
