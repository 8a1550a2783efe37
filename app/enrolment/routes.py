"""Applying, rosters, withdrawal, and what trainees need."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeTimedSerializer

from app.courses.queries import find_class, slot_of
from app.enrolment import policies, queries, rules, services, sheets
from app.enrolment.forms import (
    AccommodationFilter,
    AccommodationForm,
    ApplicationForm,
    CertificateForm,
    PersonSearchForm,
    RosterFilter,
    WithdrawalForm,
)
from app.enrolment.types import (
    AccommodationState,
    EnrolmentState,
    Verdict,
)
from app.people.queries import find_by_certificate, find_person
from app.platform import clock, eventlog, pages
from app.platform.access import Actor, Role, current_actor, found, requires
from app.platform.formats import clock_time
from app.platform.pages import Task, done, page, paginate
from app.platform.unit_of_work import unit_of_work

bp = Blueprint("enrolment", __name__)

#: Seconds in which a person who was found may be enrolled.
_FOUND_FOR = 3600
_AGAIN = "已经报过这个班期，不用再报一次。"


# ---- applying


@bp.route("/classes/<int:class_id>/apply", methods=["GET", "POST"])
@requires(policies.can_apply)
def apply(class_id: int) -> ResponseReturnValue:
    """A trainee's own application: form, check of the answers, confirmation."""
    actor = current_actor()
    klass = found(find_class(viewer=actor, class_id=class_id))
    person = found(queries.person_by_id(actor.person_id or 0))
    return _application(klass, person, url_for("enrolment.apply", class_id=klass.id))


@bp.route("/classes/<int:class_id>/enrol", methods=["GET", "POST"])
@requires(policies.can_enrol_others)
def enrol(class_id: int) -> ResponseReturnValue:
    """Find a person to enrol: an officer within the own region, a base by certificate number and name alone."""
    actor = current_actor()
    klass = found(find_class(viewer=actor, class_id=class_id))
    if actor.role is Role.PROVIDER:
        return _by_certificate(klass)
    form = PersonSearchForm()
    candidates = None
    if form.validate_on_submit():
        candidates = [
            (one, _enrol_url(klass.id, one.person.id))
            for one in queries.search_persons(viewer=actor, words=form.words.data)
        ]
    return page(
        "enrolment/find_person.html",
        form=form,
        klass=klass,
        candidates=candidates,
        most=queries.MOST_PERSONS,
    )


def _by_certificate(klass: Any) -> ResponseReturnValue:
    form = CertificateForm()
    if form.validate_on_submit():
        person = find_by_certificate(number=form.number.data, name=form.name.data)
        if person is not None:
            return redirect(_enrol_url(klass.id, person.id), 303)
        form.refuse("没有找到证号和姓名都相符的人，请对照残疾人证原件核对。", "number")
    return page("enrolment/find_certificate.html", form=form, klass=klass)


@bp.route("/classes/<int:class_id>/enrol/<token>", methods=["GET", "POST"])
@requires(policies.can_enrol_others)
def enrol_person(class_id: int, token: str) -> ResponseReturnValue:
    """The application on behalf of a person who was found; the address is signed for this account and class."""
    actor = current_actor()
    klass = found(find_class(viewer=actor, class_id=class_id))
    person_id = found(_person_id(klass.id, token))
    person = (
        queries.person_by_id(person_id)
        if actor.role is Role.PROVIDER
        else find_person(viewer=actor, person_id=person_id)
    )
    url = url_for("enrolment.enrol_person", class_id=klass.id, token=token)
    return _application(klass, found(person), url)


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="enrol person")


def _enrol_url(class_id: int, person_id: int) -> str:
    token = _serializer().dumps([current_actor().account_id, class_id, person_id])
    return url_for("enrolment.enrol_person", class_id=class_id, token=token)


def _person_id(class_id: int, token: str) -> int | None:
    try:
        account_id, of_class, person_id = _serializer().loads(token, max_age=_FOUND_FOR)
    except (BadData, ValueError, TypeError):
        return None
    valid = account_id == current_actor().account_id and of_class == class_id
    return int(person_id) if valid else None


def _application(klass: Any, person: Any, url: str) -> ResponseReturnValue:
    """Form, then check of the answers, then the application itself; every step is one POST to the same address."""
    actor = current_actor()
    form = ApplicationForm()
    existing = queries.live_enrolment(class_id=klass.id, person_id=person.id)
    if request.method == "POST" and existing is not None and existing.nonce == form.nonce.data:
        return redirect(url_for("enrolment.applied", enrolment_id=existing.id), 303)
    step = request.form.get("step", "check")
    if step == "edit" or not form.validate_on_submit():
        return _application_page(klass, person, url, form, existing, ask=step == "edit")
    if step != "submit":
        judgements = services.judge(klass=klass, person=person, employed=form.is_employed)
        if existing is not None or rules.is_blocked(judgements):
            return _refused(klass, person, url, form, existing, judgements)
        return page(
            "enrolment/check.html",
            form=form,
            klass=klass,
            person=person,
            url=url,
            own=policies.can_apply(actor),
            warnings=rules.reasons(judgements, Verdict.WARN, role=actor.role),
        )
    with form.guard(), unit_of_work():
        enrolment = services.apply(
            actor=actor,
            klass=klass,
            person=person,
            applied_by=services.applied_by(actor),
            employed=form.is_employed,
            accommodations=form.needs.data,
            nonce=form.nonce.data,
        )
    if form.ok:
        return redirect(url_for("enrolment.applied", enrolment_id=enrolment.id), 303)
    klass = found(find_class(viewer=actor, class_id=klass.id))
    existing = queries.live_enrolment(class_id=klass.id, person_id=person.id)
    return _application_page(klass, person, url, form, existing)


def _refused(
    klass: Any, person: Any, url: str, form: ApplicationForm, existing: Any, judgements: Any
) -> ResponseReturnValue:
    if existing is not None:
        form.refuse(_AGAIN)
    for reason in rules.reasons(judgements, Verdict.BLOCK, role=current_actor().role):
        form.refuse(reason)
    return _application_page(klass, person, url, form, existing)


def _application_page(
    klass: Any, person: Any, url: str, form: ApplicationForm, existing: Any, *, ask: bool = True
) -> ResponseReturnValue:
    actor = current_actor()
    judgements = services.judge(klass=klass, person=person, employed=False)
    if request.method == "POST" and request.form.get("step") == "edit":
        form.form_errors.clear()
    return page(
        "enrolment/apply.html",
        form=form,
        klass=klass,
        person=person,
        url=url,
        own=policies.can_apply(actor),
        existing=existing,
        blocks=rules.reasons(judgements, Verdict.BLOCK, role=actor.role),
        warnings=rules.reasons(judgements, Verdict.WARN, role=actor.role),
        consented=not any(
            one.rule == "consent" and one.verdict is Verdict.BLOCK for one in judgements
        ),
        free=max(0, klass.capacity - klass.seats_taken),
    )


@bp.get("/enrolments/<int:enrolment_id>/applied")
@requires(policies.can_see_enrolments)
def applied(enrolment_id: int) -> ResponseReturnValue:
    """Confirmation: reference number, and what happens next."""
    actor = current_actor()
    enrolment = found(queries.find_enrolment(viewer=actor, enrolment_id=enrolment_id))
    return page(
        "enrolment/applied.html",
        enrolment=enrolment,
        klass=enrolment.training_class,
        reference=_reference(enrolment),
        position=queries.position(enrolment),
        own=policies.can_apply(actor),
    )


def _reference(enrolment: Any) -> str:
    day = enrolment.applied_at.astimezone(clock.SHANGHAI).date()
    return rules.reference_number(day, enrolment.id)


# ---- one enrolment


@bp.get("/enrolments/<int:enrolment_id>")
@requires(policies.can_see_enrolments)
def show(enrolment_id: int) -> ResponseReturnValue:
    """One enrolment: state, what is needed, why it was let in, and what happened."""
    actor = current_actor()
    enrolment = found(queries.find_enrolment(viewer=actor, enrolment_id=enrolment_id))
    klass = enrolment.training_class
    return page(
        "enrolment/show.html",
        enrolment=enrolment,
        klass=klass,
        reference=_reference(enrolment),
        position=queries.position(enrolment),
        own=policies.can_apply(actor),
        diagnoses=policies.can_see_diagnoses(actor),
        verdicts=_verdicts(enrolment, to_base=actor.role is Role.PROVIDER),
        may_withdraw=policies.can_withdraw_from(actor, enrolment, klass.state),
        may_arrange=policies.can_arrange_accommodations(actor),
        history=[eventlog.entry(event) for event in eventlog.history_of(enrolment)],
    )


def _verdicts(enrolment: Any, *, to_base: bool) -> list[tuple[str, Verdict, str]]:
    """Each rule with its verdict and the reason that this reader may see."""
    return [
        (one["text"], Verdict(one["verdict"]), one["told"] if to_base else one["reason"])
        for one in enrolment.eligibility
    ]


@bp.route("/enrolments/<int:enrolment_id>/withdraw", methods=["GET", "POST"])
@requires(policies.can_withdraw)
def withdraw(enrolment_id: int) -> ResponseReturnValue:
    """Leave a class or its waiting list."""
    actor = current_actor()
    enrolment = found(queries.find_enrolment(viewer=actor, enrolment_id=enrolment_id))
    klass = enrolment.training_class
    back = (
        url_for("enrolment.mine")
        if policies.can_apply(actor)
        else url_for("enrolment.roster", class_id=klass.id)
    )
    if enrolment.state is EnrolmentState.WITHDRAWN:
        return done("已经退出了。", back)
    form = WithdrawalForm()
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.withdraw(actor=actor, enrolment=enrolment, reason=form.reason.data)
        if form.ok:
            return done(f"已退出“{klass.title}”。", back)
    return page(
        "enrolment/withdraw.html",
        form=form,
        enrolment=enrolment,
        klass=klass,
        own=policies.can_apply(actor),
        waiting=enrolment.state is EnrolmentState.WAITING,
    )


# ---- rosters


@bp.get("/classes/<int:class_id>/roster")
@requires(policies.can_see_rosters)
def roster(class_id: int) -> ResponseReturnValue:
    """Who is in a class, who waits and who left."""
    actor = current_actor()
    klass = found(find_class(viewer=actor, class_id=class_id))
    form = RosterFilter()
    rows = paginate(_roster(klass.id, form))
    return page(
        "enrolment/roster.html",
        form=form,
        klass=klass,
        rows=rows,
        counts=queries.count_by_state(viewer=actor, class_id=klass.id),
        needs=queries.accommodations_of([row.id for row in rows.items]),
        positions=queries.positions_of(rows.items),
        diagnoses=policies.can_see_diagnoses(actor),
        own_people_only=actor.role is Role.TOWNSHIP,
        may_enrol=policies.can_enrol_others(actor),
    )


def _roster(class_id: int, form: RosterFilter) -> Any:
    actor = current_actor()
    return queries.roster_rows(
        viewer=actor,
        class_id=class_id,
        diagnoses=policies.can_see_diagnoses(actor),
        state=form.state.data,
        text=form.text.data,
    )


@bp.get("/classes/<int:class_id>/roster/export")
@requires(policies.can_see_rosters)
def export_roster(class_id: int) -> ResponseReturnValue:
    """The roster with the same filter as a workbook; masked as on the page."""
    actor = current_actor()
    klass = found(find_class(viewer=actor, class_id=class_id))
    form = RosterFilter()
    diagnoses = policies.can_see_diagnoses(actor)
    rows = pages.every(_roster(klass.id, form))
    needs = queries.accommodations_of([row.id for row in rows])
    filtered = "；".join(f"{one.label}：{one.value}" for one in form.active) or "全部"
    return pages.export(
        f"{klass.number} 名册",
        sheets.roster_columns(diagnoses=diagnoses),
        sheets.roster_lines(rows, needs, diagnoses=diagnoses),
        notes=[f"{klass.title}（{klass.number}）", f"筛选：{filtered}"],
    )


# ---- what trainees need


@bp.get("/accommodations")
@requires(policies.can_see_accommodations)
def accommodations() -> ResponseReturnValue:
    """What trainees of classes to come and going on need, and what was arranged."""
    actor = current_actor()
    form = AccommodationFilter()
    rows = paginate(queries.accommodation_rows(viewer=actor, state=form.state.data))
    return page(
        "enrolment/accommodations.html",
        form=form,
        rows=rows,
        waiting=queries.accommodations_to_arrange(actor)[0],
        may_arrange=policies.can_arrange_accommodations(actor),
    )


@bp.route("/accommodations/<int:accommodation_id>/answer", methods=["GET", "POST"])
@requires(policies.can_arrange_accommodations)
def answer_accommodation(accommodation_id: int) -> ResponseReturnValue:
    """The base says whether and how it arranges what a trainee needs."""
    actor = current_actor()
    need, enrolment = found(
        queries.find_accommodation(viewer=actor, accommodation_id=accommodation_id)
    )
    form = AccommodationForm(
        state=None if need.state is AccommodationState.ASKED else need.state, answer=need.answer
    )
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.answer_accommodation(
                actor=actor,
                accommodation=need,
                state=form.state.data,
                answer=form.answer.data or "",
            )
        if form.ok:
            return done(
                f"{enrolment.person.name}需要的“{need.kind.label}”：{need.state.label}。",
                url_for("enrolment.accommodations"),
            )
    return page(
        "enrolment/answer_accommodation.html",
        form=form,
        need=need,
        enrolment=enrolment,
        klass=enrolment.training_class,
    )


# ---- a trainee's own


@bp.get("/enrolments/mine")
@requires(policies.can_apply)
def mine() -> ResponseReturnValue:
    """My classes, my place on waiting lists, and when I have to be where."""
    actor = current_actor()
    if actor.person_id is None:
        abort(404)
    rows = paginate(queries.own_enrolments(actor.person_id))
    return page(
        "enrolment/mine.html",
        rows=rows,
        classes=queries.with_sessions(rows.items, after=clock.now()),
    )


# ---- the start page


def tasks(actor: Actor) -> Iterator[Task]:
    """A base: needs without an answer; a trainee: the next session."""
    if policies.can_arrange_accommodations(actor):
        count, first = queries.accommodations_to_arrange(actor)
        yield Task(
            count,
            "学员需要的帮助等待安排",
            "enrolment.accommodations",
            {"state": AccommodationState.ASKED.value},
            due=first,
        )
    if policies.can_apply(actor) and actor.person_id is not None:
        session = queries.next_session(person_id=actor.person_id, after=clock.now())
        if session is not None:
            slot = slot_of(session)
            yield Task(
                1,
                f"下次上课：{session.training_class.title}",
                "enrolment.mine",
                due=slot.day,
                note=f"{clock_time(slot.starts)}，{session.venue.name}",
            )
