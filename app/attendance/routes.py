"""Roll call, attendance of a class, results and completion."""

from collections.abc import Iterator
from datetime import datetime, time
from typing import Any

from flask import Blueprint, abort, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from app.attendance import policies, queries, rules, services, sheets
from app.attendance.forms import (
    CompletionFilter,
    EmptyForm,
    ReturnForm,
    results_form,
    roll_call_form,
)
from app.attendance.types import AssessmentPart, CompletionState, Mark, RollCallFacts
from app.courses.queries import find_class, find_session, sessions_of, slot_of
from app.courses.types import ClassState
from app.enrolment.queries import find_enrolment
from app.enrolment.types import EnrolmentState
from app.platform import clock, pages
from app.platform.access import Actor, Role, current_actor, found, requires
from app.platform.errors import DomainError
from app.platform.formats import date_short, time_range
from app.platform.pages import (
    Task,
    done,
    page,
    paginate,
)
from app.platform.unit_of_work import unit_of_work

bp = Blueprint("attendance", __name__)


# ---- the roll call


@bp.get("/attendance")
@requires(policies.can_call_rolls)
def today() -> ResponseReturnValue:
    """Today's sessions of the base, and earlier ones whose roll is not complete."""
    actor = current_actor()
    begin = datetime.combine(clock.today(), time(), clock.SHANGHAI)
    return page(
        "attendance/today.html",
        day=clock.today(),
        sessions=queries.sessions_between(viewer=actor, begin=begin, end=services.end_of_today()),
        earlier=paginate(queries.open_roll_calls(viewer=actor, before=begin)),
    )


@bp.route("/sessions/<int:session_id>/roll-call", methods=["GET", "POST"])
@requires(policies.can_call_rolls)
def roll_call(session_id: int) -> ResponseReturnValue:
    """The roll of one session: a plain form, which a script saves mark by mark."""
    actor = current_actor()
    session = found(find_session(viewer=actor, session_id=session_id))
    lines = queries.roll(session)
    form = roll_call_form(lines)
    closed = _closed(session)
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            _save_roll(actor, session.id, form)
        if form.ok:
            return done(_told(queries.roll(session)), url_for("attendance.today"))
    return page(
        "attendance/roll_call.html",
        form=form,
        session=session,
        klass=session.training_class,
        slot=slot_of(session),
        lines=lines,
        marks=list(Mark),
        closed=closed,
        marked=sum(line.mark is not None for line in lines),
        corrections=queries.corrections(session.id),
    )


def _save_roll(actor: Actor, session_id: int, form: Any) -> None:
    try:
        services.call_roll(
            actor=actor,
            session_id=session_id,
            marks=form.changed_marks(),
            nonce=form.nonce.data,
        )
    except LookupError:
        abort(404)


def _closed(session: Any) -> str | None:
    """Why the roll of this session cannot be called, or None."""
    facts = RollCallFacts(
        class_state=session.training_class.state,
        session_state=session.state,
        begins=session.during.lower,
        enrolment_state=EnrolmentState.ENROLLED,
        completion=queries.completion_stage(session.class_id),
    )
    try:
        rules.refuse_mark(facts, end_of_today=services.end_of_today())
    except DomainError as refused:
        return refused.message
    return None


def _told(lines: list[queries.RollCallLine]) -> str:
    counts = [(one.label, sum(line.mark is one for line in lines)) for one in Mark]
    told = "，".join(f"{label} {count} 人" for label, count in counts if count)
    missing = sum(line.mark is None for line in lines)
    return f"点名已保存：{told or '还没有点到人'}。" + (
        f"还有 {missing} 人没有点。" if missing else ""
    )


@bp.post("/sessions/<int:session_id>/marks")
@requires(policies.can_call_rolls)
def save_mark(session_id: int) -> ResponseReturnValue:
    """Save one mark: JSON or form with `enrolment_id`, `mark`, `nonce`; answers JSON."""
    sent = request.get_json(silent=True) if request.is_json else request.form
    try:
        enrolment_id = int(sent["enrolment_id"])  # type: ignore[index]
        value = Mark(sent["mark"])  # type: ignore[index]
        nonce = str(sent["nonce"])  # type: ignore[index]
    except (KeyError, TypeError, ValueError, OverflowError):
        return jsonify(message="点名没有保存，请刷新页面。"), 422
    if not 0 < len(nonce) <= 64 or not nonce.isprintable() or not 0 < enrolment_id < 2**63:
        return jsonify(message="点名没有保存，请刷新页面。"), 422
    try:
        with unit_of_work():
            services.mark(
                actor=current_actor(),
                session_id=session_id,
                enrolment_id=enrolment_id,
                mark=value,
                nonce=nonce,
            )
    except LookupError:
        abort(404)
    except DomainError as refused:
        return jsonify(message=refused.message), 409
    return jsonify(mark=value.value, label=value.label)


# ---- attendance of a class


@bp.get("/classes/<int:class_id>/attendance")
@requires(policies.can_see_attendance)
def show(class_id: int) -> ResponseReturnValue:
    """Trainees by sessions, with the hours of each."""
    klass = found(find_class(viewer=current_actor(), class_id=class_id))
    return page(
        "attendance/show.html",
        klass=klass,
        marks=list(Mark),
        may_call=policies.can_call_rolls(current_actor()),
        **_grid(klass),
    )


def _grid(klass: Any) -> dict[str, Any]:
    sessions = sessions_of(klass.id)
    trainees = queries.trainees(viewer=current_actor(), class_id=klass.id)
    marks = queries.marks_of_class(klass.id)
    reckoned = queries.session_hours(klass.id)
    hours = {
        one.enrolment_id: rules.reckon_hours(reckoned, marks.get(one.enrolment_id, {}))
        for one in trainees
    }
    held = rules.reckon_hours(reckoned, {}).held
    return {
        "sessions": sessions,
        "trainees": trainees,
        "marked": marks,
        "hours": hours,
        "held": held,
        "needed": rules.hours_needed(held, klass.course.minimum_attendance),
    }


@bp.get("/classes/<int:class_id>/attendance/export")
@requires(policies.can_see_attendance)
def export(class_id: int) -> ResponseReturnValue:
    """The same table as a workbook."""
    klass = found(find_class(viewer=current_actor(), class_id=class_id))
    grid = _grid(klass)
    return pages.export(
        f"{klass.number} 出勤",
        sheets.grid_columns(grid["sessions"]),
        sheets.grid_lines(grid["trainees"], grid["sessions"], grid["marked"], grid["hours"]),
        notes=[
            f"{klass.title}（{klass.number}）",
            "出勤课时：到课和迟到的课次的课时之和。总课时：没有取消的课次的课时之和。",
        ],
    )


@bp.get("/enrolments/<int:enrolment_id>/attendance")
@requires(policies.can_see_trainee_attendance)
def of_trainee(enrolment_id: int) -> ResponseReturnValue:
    """Sessions, marks, hours and results of one trainee."""
    actor = current_actor()
    enrolment = found(find_enrolment(viewer=actor, enrolment_id=enrolment_id))
    klass = enrolment.training_class
    marks = queries.marks_of(enrolment.id)
    hours = rules.reckon_hours(queries.session_hours(klass.id), marks)
    return page(
        "attendance/of_trainee.html",
        enrolment=enrolment,
        klass=klass,
        own=actor.role is Role.TRAINEE,
        sessions=[(slot_of(one), one) for one in sessions_of(klass.id)],
        marks=marks,
        hours=hours,
        needed=rules.hours_needed(hours.held, klass.course.minimum_attendance),
        results=queries.results_of(enrolment.id),
        parts=list(AssessmentPart),
        completion=queries.completion_of(enrolment.id),
    )


# ---- results


@bp.route("/classes/<int:class_id>/results", methods=["GET", "POST"])
@requires(policies.can_see_attendance)
def results(class_id: int) -> ResponseReturnValue:
    """Points of each trainee; a form for the base, a table for the others."""
    actor = current_actor()
    klass = found(find_class(viewer=actor, class_id=class_id))
    trainees = queries.trainees(viewer=actor, class_id=klass.id)
    known = queries.results_of_class(klass.id)
    form = results_form(trainees, known, assessed_on=queries.assessed_on(klass.id) or clock.today())
    closed = _results_closed(actor, klass)
    if request.method == "POST" and not policies.can_record_results(actor):
        abort(403)
    if form.validate_on_submit():
        changed = 0
        with form.guard(), unit_of_work():
            changed = services.record_results(
                actor=actor,
                klass=klass,
                assessed_on=form.assessed_on.data,
                points=form.points(),
            )
        if form.ok:
            return done(
                f"考核成绩已保存，改动 {changed} 项。",
                url_for("attendance.results", class_id=klass.id),
            )
    return page(
        "attendance/results.html",
        form=form,
        klass=klass,
        trainees=trainees,
        known=known,
        parts=list(AssessmentPart),
        pass_mark=rules.PASS_MARK,
        closed=closed,
    )


def _results_closed(actor: Actor, klass: Any) -> str | None:
    """Why no results can be entered here, or None."""
    if not policies.can_record_results(actor):
        return "成绩由培训基地登记。"
    try:
        rules.refuse_result(klass.state, queries.completion_stage(klass.id))
    except DomainError as refused:
        return refused.message
    return None


# ---- completion


@bp.get("/completions")
@requires(policies.can_list_completions)
def completions() -> ResponseReturnValue:
    """Classes that are taught out: to be handed in by the base, to be confirmed by the federation."""
    form = CompletionFilter()
    rows = paginate(
        queries.completion_rows(viewer=current_actor(), stage=form.stage.data, now=clock.now())
    )
    return page(
        "attendance/completions.html",
        form=form,
        rows=rows,
    )


@bp.route("/classes/<int:class_id>/completion", methods=["GET", "POST"])
@requires(policies.can_see_attendance)
def completion(class_id: int) -> ResponseReturnValue:
    """The calculation for each trainee, and what is to be done next; POST hands the list in."""
    actor = current_actor()
    klass = found(find_class(viewer=actor, class_id=class_id))
    if request.method == "POST" and not policies.can_propose_completions(actor):
        abort(403)
    form = EmptyForm()
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.propose_completion(actor=actor, klass=klass)
        if form.ok:
            return done(
                "结业名单已提交，等待区残联确认。",
                url_for("attendance.completion", class_id=klass.id),
            )
        klass = found(find_class(viewer=actor, class_id=class_id))
    calculated = services.calculations(klass)
    known = queries.completions(klass.id)
    stage = queries.completion_stage(klass.id)
    obstacles = rules.obstacles(services.readiness(klass, calculated))
    lines = _completion_lines(actor, klass, calculated, known)
    return page(
        "attendance/completion.html",
        form=form,
        klass=klass,
        stage=stage,
        lines=lines,
        passed=sum(line["passed"] for line in lines),
        needs_assessment=klass.course.assessment_required,
        parts=list(AssessmentPart),
        pass_mark=rules.PASS_MARK,
        obstacles=obstacles if klass.state in _BEFORE_COMPLETION else [],
        returned=next(
            (
                one.comment
                for one in known.values()
                if one.state is CompletionState.RETURNED and one.enrolment_id in calculated
            ),
            None,
        ),
        may_propose=policies.can_propose_completions(actor)
        and klass.state is ClassState.RUNNING
        and stage is not CompletionState.PROPOSED,
        may_confirm=policies.can_confirm_completions(actor) and stage is CompletionState.PROPOSED,
    )


_BEFORE_COMPLETION = frozenset({ClassState.ENROLLING, ClassState.RUNNING})


def _completion_lines(
    actor: Actor, klass: Any, calculated: Any, known: Any
) -> list[dict[str, Any]]:
    """One line per trainee in view: what was handed in or confirmed, else what the rule says now."""
    lines = []
    for one in queries.trainees(viewer=actor, class_id=klass.id):
        row = known.get(one.enrolment_id)
        fresh = calculated[one.enrolment_id]
        stands = row is not None and row.state is not CompletionState.RETURNED
        kept = row.calculation if stands else rules.kept(fresh)
        outcome = row.outcome if stands else fresh.outcome
        lines.append(
            {
                "enrolment_id": one.enrolment_id,
                "name": one.name,
                "attended": row.hours_attended if stands else fresh.hours.attended,
                "held": row.hours_held if stands else fresh.hours.held,
                "needed": kept.get("hours_needed", fresh.hours_needed),
                "results": kept.get("results", {}),
                "reasons": kept.get("reasons", []),
                "outcome": outcome,
                "passed": outcome.value == "passed",
                "state": row.state if row is not None else None,
            }
        )
    return lines


@bp.route("/classes/<int:class_id>/completion/confirm", methods=["GET", "POST"])
@requires(policies.can_confirm_completions)
def confirm(class_id: int) -> ResponseReturnValue:
    """Confirm the whole list; the class is completed by it."""
    actor = current_actor()
    klass = found(find_class(viewer=actor, class_id=class_id))
    form = EmptyForm()
    back = url_for("attendance.completion", class_id=klass.id)
    if form.validate_on_submit():
        confirmed = 0
        with form.guard(), unit_of_work():
            confirmed = len(services.confirm_completions(actor=actor, klass=klass))
        if form.ok:
            return done(f"已确认 {confirmed} 人的结业结果，班期已结业。", back)
        klass = found(find_class(viewer=actor, class_id=class_id))
    known = [
        one
        for one in queries.completions(klass.id).values()
        if one.state is CompletionState.PROPOSED
    ]
    return page(
        "attendance/confirm.html",
        form=form,
        klass=klass,
        count=len(known),
        passed=sum(one.outcome.value == "passed" for one in known),
    )


@bp.route("/classes/<int:class_id>/completion/return", methods=["GET", "POST"])
@requires(policies.can_confirm_completions)
def return_completions(class_id: int) -> ResponseReturnValue:
    """Send the list back to the base."""
    actor = current_actor()
    klass = found(find_class(viewer=actor, class_id=class_id))
    form = ReturnForm()
    back = url_for("attendance.completion", class_id=klass.id)
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.return_completions(actor=actor, klass=klass, comment=form.comment.data)
        if form.ok:
            return done("结业名单已退回基地。", back)
        klass = found(find_class(viewer=actor, class_id=class_id))
    return page("attendance/return.html", form=form, klass=klass)


# ---- the start page


def _rolls_of_today(actor: Actor, begin: datetime) -> Iterator[Task]:
    """One task: straight into the roll where there is one, else into the list of today."""
    rows = queries.sessions_between(viewer=actor, begin=begin, end=services.end_of_today())
    open_rows = [one for one in rows if one.missing]
    if len(open_rows) == 1:
        during = open_rows[0].during
        yield Task(
            1,
            f"点名：{open_rows[0].title}",
            "attendance.roll_call",
            {"session_id": open_rows[0].id},
            due=clock.today(),
            note=time_range(during.lower, during.upper),
        )
    else:
        yield Task(len(open_rows), "今天的课次等待点名", "attendance.today", due=clock.today())


def tasks(actor: Actor) -> Iterator[Task]:
    """A base: rolls to call and completions to hand in; the federation: completions to confirm."""
    now = clock.now()
    if policies.can_call_rolls(actor):
        begin = datetime.combine(clock.today(), time(), clock.SHANGHAI)
        yield from _rolls_of_today(actor, begin)
        count, first = queries.count_open_roll_calls(viewer=actor, before=begin)
        yield Task(
            count,
            "以前的课次没有点完名",
            "attendance.today",
            due=first,
            note=f"最早的是{date_short(first)}" if first else "",
        )
    if policies.can_propose_completions(actor):
        count, first = queries.count_classes(viewer=actor, stage="to_propose", now=now)
        yield Task(
            count, "班期上完课，等待提交结业", "attendance.completions", {"stage": "to_propose"}
        )
    if policies.can_confirm_completions(actor):
        count, first = queries.count_classes(viewer=actor, stage="to_confirm", now=now)
        yield Task(
            count,
            "结业名单等待确认",
            "attendance.completions",
            {"stage": "to_confirm"},
            note=f"最早的班期{date_short(first)}结束" if first else "",
        )
