"""Pages of certificates, and their public verification."""

import io
from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import Blueprint, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select

from app.attendance.types import CompletionOutcome, CompletionState
from app.certificates import policies, queries, rules, services
from app.certificates.forms import CertificateFilter, IssueForm, RevokeForm, VerifyForm
from app.certificates.models import Certificate
from app.certificates.types import CertificateState, Verified
from app.platform import eventlog, pages
from app.platform.access import Actor, Role, current_actor, found, public, requires
from app.platform.errors import DomainError, NotAllowed
from app.platform.limits import limiter
from app.platform.pages import Sort, Standing, Task, done, page, paginate
from app.platform.sheets import Column
from app.platform.unit_of_work import unit_of_work

bp = Blueprint("certificates", __name__)

#: A person reads one certificate after the other; a program that guesses asks faster.
VERIFY_LIMIT = "20 per minute;200 per hour"

_SORTS = {"number": Certificate.number, "name": queries.ROW[4], "issued_on": Certificate.issued_on}


# ---- lists


@bp.get("/certificates")
@requires(policies.can_list)
def index() -> ResponseReturnValue:
    """Issued certificates."""
    actor, form = current_actor(), CertificateFilter()
    sort = Sort.from_query(_SORTS, "-number")
    return page(
        "certificates/index.html",
        filter=form,
        page=paginate(sort.apply(_rows(form), then=Certificate.id)),
        sort=sort,
        counts=queries.count_by_state(actor),
        awaiting=queries.count_awaiting(actor) if policies.can_see_class(actor) else 0,
        states=CertificateState,
        name_only=not policies.can_see_trainee_facts(actor),
    )


@bp.get("/certificates/export")
@requires(policies.can_list)
def export() -> ResponseReturnValue:
    """The same list as a workbook."""
    actor, form = current_actor(), CertificateFilter()
    rows = pages.every(_rows(form).order_by(Certificate.number.desc()))
    if not policies.can_see_trainee_facts(actor):
        columns = [Column("证书编号", 18), Column("姓名", 20), Column("状态", 10)]
        return pages.export("证书", columns, ((row.number, row.name, row.state) for row in rows))
    columns = [
        Column("证书编号", 18),
        Column("姓名", 20),
        Column("课程", 30),
        Column("培训基地", 30),
        Column("发证日期", 14),
        Column("状态", 10),
    ]
    listed = (
        (row.number, row.name, row.course, row.provider, row.issued_on, row.state) for row in rows
    )
    return pages.export("证书", columns, listed, notes=[rules.COMPLETION_NUMBERS.source])


def _rows(form: CertificateFilter) -> Select[Any]:
    return queries.certificate_rows(
        current_actor(),
        words=form.words.data,
        state=form.state.data,
        issued_from=form.issued_from.data,
        issued_to=form.issued_to.data,
    )


@bp.get("/certificates/awaiting")
@requires(policies.can_see_class)
def awaiting() -> ResponseReturnValue:
    """Classes with confirmed completions that have no certificate yet."""
    return page(
        "certificates/awaiting.html", page=paginate(queries.classes_awaiting(current_actor()))
    )


@bp.get("/certificates/mine")
@requires(policies.is_trainee)
def mine() -> ResponseReturnValue:
    """A trainee's own certificates."""
    return page(
        "certificates/mine.html",
        certificates=queries.own_certificates(current_actor()),
        states=CertificateState,
    )


# ---- a class


@bp.route("/classes/<int:class_id>/certificates", methods=["GET", "POST"])
@requires(policies.can_see_class)
def class_certificates(class_id: int) -> ResponseReturnValue:
    """Who of a class has a certificate; the federation issues for all who may have one."""
    actor = current_actor()
    klass = found(queries.find_class(viewer=actor, class_id=class_id))
    form = IssueForm()
    if request.method == "POST" and not policies.can_issue(actor):
        raise NotAllowed
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            issued, refused = services.issue_all(
                actor=actor, completions=queries.uncertified(klass.id)
            )
        if form.ok:
            return done(
                _told(len(issued), len(refused)),
                url_for("certificates.class_certificates", class_id=class_id),
            )
    rows = queries.class_rows(class_id)
    return page(
        "certificates/class_certificates.html",
        form=form,
        klass=klass,
        rows=[(row, _blocked(row)) for row in rows],
        issuable=sum(
            _blocked(row) == "" and not row.certificate_id and not row.revoked for row in rows
        ),
        certified=sum(row.certificate_id is not None for row in rows),
        can_issue=policies.can_issue(actor),
        name_only=not policies.can_see_trainee_facts(actor),
    )


@bp.route("/completions/<int:completion_id>/certificate", methods=["GET", "POST"])
@requires(policies.can_issue)
def issue(completion_id: int) -> ResponseReturnValue:
    """Issue one certificate; also anew after a revocation."""
    actor = current_actor()
    completion = found(queries.find_completion(viewer=actor, completion_id=completion_id))
    class_id = completion.enrolment.class_id
    form = IssueForm()
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            certificate = services.issue(actor=actor, completion=completion)
        if form.ok:
            return done(
                f"证书 {certificate.number} 已发放。",
                url_for("certificates.show", certificate_id=certificate.id),
            )
    return page(
        "certificates/issue.html",
        form=form,
        klass=found(queries.find_class(viewer=actor, class_id=class_id)),
        completion=completion,
        name=completion.enrolment.person.name,
        earlier=queries.revoked_numbers(completion.id),
    )


def _blocked(row: Any) -> str:
    """Why a completion of a class cannot be certified now; empty where it can or has been."""
    try:
        rules.check_issuable(
            confirmed=row.state is CompletionState.CONFIRMED,
            passed=row.outcome is CompletionOutcome.PASSED,
            has_valid_certificate=False,
        )
    except DomainError as error:
        return error.message
    return services.why_unprintable(row.name)


def _told(issued: int, refused: int) -> str:
    if not issued and not refused:
        return "没有需要发证的学员，可能已经由别人发放。"
    told = f"已发放 {issued} 张证书，PDF 正在后台生成，马上可以下载。"
    return told + (f"另有 {refused} 人没有发放，原因见下表。" if refused else "")


# ---- one certificate


@bp.get("/certificates/<int:certificate_id>")
@requires(policies.can_open)
def show(certificate_id: int) -> ResponseReturnValue:
    """One certificate: what it says, its state, and what happened to it."""
    actor = current_actor()
    certificate = found(queries.find_certificate(viewer=actor, certificate_id=certificate_id))
    klass = certificate.completion.enrolment.training_class
    full = policies.can_see_trainee_facts(actor)
    return page(
        "certificates/show.html",
        certificate=certificate,
        facts=certificate.snapshot,
        klass=klass,
        valid=certificate.state is CertificateState.VALID,
        name_only=not full,
        home=_home(actor.role),
        class_certificates=policies.can_see_class(actor),
        can_issue=policies.can_issue(actor),
        can_download=_may_download(certificate),
        history=_history(certificate) if actor.role in (Role.FEDERATION, Role.AUDITOR) else [],
        iso=date.fromisoformat,
    )


@bp.get("/certificates/<int:certificate_id>/pdf")
@requires(policies.can_download)
def download(certificate_id: int) -> ResponseReturnValue:
    """The PDF as a file.

    NOTE: a GET that writes: that somebody took the file is logged, and a file that the job has not drawn yet is
    drawn now. Neither changes what anybody sees, so that repeating it does no harm.
    """
    actor = current_actor()
    certificate = found(queries.find_certificate(viewer=actor, certificate_id=certificate_id))
    if not _may_download(certificate):
        raise DomainError("这张证书已经撤销，不能再下载。需要了解原因时，请联系区残联。")
    with unit_of_work():
        content = services.download(actor=actor, certificate=certificate)
    answer = send_file(
        io.BytesIO(content),
        mimetype="application/pdf",
        as_attachment=True,
        download_name=f"{certificate.snapshot['certificate_title']} {certificate.number}.pdf",
        max_age=0,
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _may_download(certificate: Certificate) -> bool:
    actor = current_actor()
    if not policies.can_download(actor):
        return False
    return certificate.state is CertificateState.VALID or policies.can_download_revoked(actor)


@bp.route("/certificates/<int:certificate_id>/revoke", methods=["GET", "POST"])
@requires(policies.can_issue)
def revoke(certificate_id: int) -> ResponseReturnValue:
    """Take a certificate back; the page says what will happen."""
    actor = current_actor()
    certificate = found(queries.find_certificate(viewer=actor, certificate_id=certificate_id))
    here = url_for("certificates.show", certificate_id=certificate.id)
    form = RevokeForm()
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.revoke(actor=actor, certificate=certificate, reason=form.reason.data)
        if form.ok:
            return done(f"证书 {certificate.number} 已撤销，公开查验会显示“已撤销”。", here)
    return page(
        "certificates/revoke.html",
        form=form,
        certificate=certificate,
        facts=certificate.snapshot,
        valid=certificate.state is CertificateState.VALID,
        here=here,
    )


def _home(role: Role) -> tuple[str, str]:
    if role is Role.TRAINEE:
        return "我的证书", url_for("certificates.mine")
    return "证书", url_for("certificates.index")


def _history(certificate: Certificate) -> list[eventlog.Entry]:
    return [
        eventlog.entry(
            event,
            note=certificate.revocation_reason or ""
            if event.action == "certificate.revoked"
            else "",
        )
        for event in eventlog.history_of(certificate)
    ]


# ---- the start page


def tasks(actor: Actor) -> Iterator[Task | Standing]:
    """The federation: completions without a certificate; a trainee: what they have."""
    if policies.can_issue(actor):
        yield Task(queries.count_awaiting(actor), "结业已确认，等待发证", "certificates.awaiting")
    elif policies.is_trainee(actor):
        yield Standing("我的证书", str(queries.count_own(actor)), "certificates.mine")


# ---- public verification


@bp.route("/verify", methods=["GET", "POST"])
@limiter.limit(VERIFY_LIMIT, methods=["POST"])
@public
def verify() -> ResponseReturnValue:
    """Is this certificate real? By its number and the name on it.

    Answered at the POST, so that a name stands in no address and no web server's log.
    """
    form = VerifyForm(number=request.args.get("number", "", str)[:60] or None)
    if form.validate_on_submit():
        verified = queries.verify_by_number(number=form.number.data, name=form.name.data)
        return _answer(verified, form=VerifyForm(formdata=None) if verified else form)
    return page("certificates/verify.html", form=form)


@bp.get("/verify/<token>")
@limiter.limit(VERIFY_LIMIT)
@public
def verify_token(token: str) -> ResponseReturnValue:
    """What the QR code on a certificate leads to."""
    verified = queries.verify_by_token(token)
    form = VerifyForm(formdata=None, number=verified.number if verified else None)
    body, _ = _answer(verified, form=form, scanned=True)
    return body, 200 if verified else 404, {"X-Robots-Tag": "noindex", "Cache-Control": "no-store"}


def _answer(
    verified: Verified | None, *, form: VerifyForm, scanned: bool = False
) -> tuple[str, int]:
    return page(
        "certificates/verified.html",
        verified=verified,
        form=form,
        scanned=scanned,
        states=CertificateState,
    )
