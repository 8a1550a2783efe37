"""Pages about the catalogue and classes, and what the public sees of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.courses import forms, policies, queries, rules, services, sheets
from app.courses.models import ClassSession, Course, TrainingClass
from app.courses.types import ClassState, SessionPart, Slot
from app.platform import clock
from app.platform.access import Role, current_actor, found, public, requires
from app.platform.db import db
from app.platform.errors import TransitionRefused
from app.platform.eventlog import history_of
from app.platform.pages import Sort, done, page, paginate, xlsx_response
from app.platform.unit_of_work import unit_of_work
from app.providers.queries import provider_choices, teachers_of, venues_of

bp = Blueprint("courses", __name__)

_READERS = (Role.FEDERATION, Role.PROVIDER, Role.TOWNSHIP, Role.AUDITOR)

#: Pages of other capabilities about one class, linked where they exist, for the roles they are open to.
CLASS_PAGES = (
    ("名册", "enrolment.roster", _READERS),
    ("考勤", "attendance.show", _READERS),
    ("考核成绩", "attendance.results", _READERS),
    ("结业", "attendance.completion", _READERS),
    ("证书", "certificates.class_certificates", (Role.FEDERATION, Role.PROVIDER, Role.AUDITOR)),
)


# ---- public


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    """What a stranger came for: verify a certificate, find a class."""
    shown = paginate(queries.open_classes(), page=1, per_page=6)
    return page("courses/home.html", shown=shown, verify=_address("certificates.verify"))


@bp.get("/open-classes")
@public
def open_classes() -> ResponseReturnValue:
    filters = forms.OpenFilter()
    shown = paginate(queries.open_classes(field=filters.field.data))
    return page("courses/open_classes.html", filters=filters, shown=shown)


@bp.get("/open-classes/<int:class_id>")
@public
def open_class(class_id: int) -> ResponseReturnValue:
    """A class in plain words (易读)."""
    klass = found(queries.find_published(class_id))
    sessions = [one for one in klass.sessions if one.state.value != "cancelled"]
    slots = [queries.slot_of(one) for one in sessions]
    return page(
        "courses/open_class.html",
        klass=klass,
        sessions=list(zip(slots, sessions, strict=True)),
        times=rules.weekly_times(slots),
        who=rules.who_may_come(klass.course.kind, klass.course.field),
        seats_left=klass.capacity - klass.seats_taken,
        **_way_in(klass.id),
    )


def _way_in(class_id: int) -> dict[str, Any]:
    """Where this reader enrols: trainees and strangers themselves, offices and the base others, auditors nobody."""
    actor = current_user.actor if current_user.is_authenticated else None
    on_behalf = actor is not None and policies.can_enrol_others(actor)
    endpoint = "enrolment.enrol" if on_behalf else "enrolment.apply"
    enrols_itself = actor is None or actor.role is Role.TRAINEE
    in_view = (
        actor is not None
        and on_behalf
        and queries.find_class(viewer=actor, class_id=class_id) is not None
    )
    if not enrols_itself and not in_view:
        return {"apply_url": None, "on_behalf": False}
    return {"apply_url": _address(endpoint, class_id=class_id), "on_behalf": on_behalf}


def _address(endpoint: str, **values: Any) -> str | None:
    """Address of a page of another capability; None where it does not exist."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


# ---- catalogue


@bp.get("/courses")
@requires(policies.can_see_catalogue)
def catalogue() -> ResponseReturnValue:
    filters = forms.CourseFilter()
    sort = Sort.from_query(
        {
            "title": Course.title,
            "code": Course.code,
            "hours": Course.theory_hours + Course.practice_hours,
        },
        "title",
    )
    shown = paginate(sort.apply(_courses(filters), then=Course.id))
    return page(
        "courses/catalogue.html",
        filters=filters,
        sort=sort,
        shown=shown,
        may_manage=policies.can_manage_catalogue(current_actor()),
    )


@bp.get("/courses/export")
@requires(policies.can_see_catalogue)
def export_catalogue() -> ResponseReturnValue:
    rows = db.session.scalars(_courses(forms.CourseFilter()).order_by(Course.title, Course.id))
    return xlsx_response("课程目录", sheets.COURSES, sheets.course_rows(rows))


def _courses(filters: forms.CourseFilter) -> Any:
    return queries.course_list(
        text=filters.text.data,
        kind=filters.kind.data,
        field=filters.field.data,
        retired=filters.retired.data,
        as_of=clock.today(),
    )


@bp.get("/courses/<int:course_id>")
@requires(policies.can_see_catalogue)
def course(course_id: int) -> ResponseReturnValue:
    shown = found(queries.find_course(course_id))
    actor = current_actor()
    return page(
        "courses/course.html",
        course=shown,
        warnings=_warnings(shown),
        classes=queries.classes_of_course(viewer=actor, course_id=course_id),
        may_manage=policies.can_manage_catalogue(actor),
        history=[_entry(event) for event in history_of(shown, limit=20)],
    )


def _warnings(course: Course) -> list[str]:
    return rules.hours_warnings(
        occupation=course.occupation,
        level=course.level,
        field=course.field,
        theory_hours=course.theory_hours,
        practice_hours=course.practice_hours,
    )


@bp.route("/courses/new", methods=["GET", "POST"])
@requires(policies.can_manage_catalogue)
def new_course() -> ResponseReturnValue:
    return _edit_course(None)


@bp.route("/courses/<int:course_id>/edit", methods=["GET", "POST"])
@requires(policies.can_manage_catalogue)
def edit_course(course_id: int) -> ResponseReturnValue:
    return _edit_course(found(queries.find_course(course_id)))


def _edit_course(course: Course | None) -> ResponseReturnValue:
    form = forms.CourseForm(obj=course)
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            course = services.save_course(actor=current_actor(), course=course, **_values(form))
        if form.ok and course is not None:
            warned = "课时低于常见要求，请看下面的提醒。" if _warnings(course) else ""
            return done(f"课程已保存。{warned}", url_for("courses.course", course_id=course.id))
    return page(
        "courses/edit_course.html",
        form=form,
        course=course,
        warnings=_warnings(course) if course else [],
        hours_rules=rules.HOURS_RULES,
    )


@bp.route("/courses/<int:course_id>/retire", methods=["GET", "POST"])
@requires(policies.can_manage_catalogue)
def retire_course(course_id: int) -> ResponseReturnValue:
    course = found(queries.find_course(course_id))
    form = forms.RetireForm()
    if not form.is_submitted():
        form.on.data = clock.today()
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.retire_course(actor=current_actor(), course=course, on=form.on.data)
        if form.ok:
            return done("课程已停开。", url_for("courses.course", course_id=course.id))
    return page("courses/retire.html", form=form, course=course)


@bp.post("/courses/<int:course_id>/restore")
@requires(policies.can_manage_catalogue)
def restore_course(course_id: int) -> ResponseReturnValue:
    course = found(queries.find_course(course_id))
    with unit_of_work():
        services.restore_course(actor=current_actor(), course=course)
    return done("课程已恢复，可以申请开班。", url_for("courses.course", course_id=course.id))


_MAY_BE_EMPTY = frozenset({"summary", "assessment_plan", "comment"})


def _values(form: Any) -> dict[str, Any]:
    """What was entered; an optional text that was left empty is an empty text."""
    return {
        field.name: "" if field.data is None and field.name in _MAY_BE_EMPTY else field.data
        for field in form
        if field.type != "CSRFTokenField"
    }


# ---- list of classes


@bp.get("/classes")
@requires(policies.can_list_classes)
def index() -> ResponseReturnValue:
    actor = current_actor()
    filters = _class_filter()
    sort = Sort.from_query(
        {
            "number": TrainingClass.number,
            "title": TrainingClass.title,
            "starts_on": TrainingClass.starts_on,
            "ends_on": TrainingClass.ends_on,
        },
        "-starts_on",
    )
    rows = _classes(filters).add_columns(queries.waiting_column(actor))
    shown = paginate(sort.apply(rows, then=TrainingClass.id.desc()))
    return page(
        "courses/index.html",
        filters=filters,
        sort=sort,
        shown=shown,
        waiting=shown.items[0].waiting if shown.items else 0,
        may_propose=policies.can_propose_classes(actor),
    )


@bp.get("/classes/export")
@requires(policies.can_list_classes)
def export() -> ResponseReturnValue:
    newest_first = (TrainingClass.starts_on.desc(), TrainingClass.id.desc())
    rows = db.session.execute(_classes(_class_filter()).order_by(*newest_first))
    return xlsx_response("班期", sheets.CLASSES, sheets.class_rows(rows))


def _class_filter() -> forms.ClassFilter:
    actor = current_actor()
    return forms.ClassFilter(
        None if policies.can_propose_classes(actor) else provider_choices(actor)
    )


def _classes(filters: forms.ClassFilter) -> Any:
    return queries.class_list(viewer=current_actor(), **_values(filters))


@bp.get("/classes/today")
@requires(policies.can_propose_classes)
def today() -> ResponseReturnValue:
    """The sessions that a base holds today."""
    sessions = queries.sessions_on(viewer=current_actor(), day=clock.today())
    return page("courses/today.html", sessions=[(queries.slot_of(one), one) for one in sessions])


# ---- one class


@dataclass(frozen=True)
class Move:
    """A button that moves a class on, and the page it leads to."""

    target: ClassState
    endpoint: str
    label: str


MOVES = (
    Move(ClassState.SUBMITTED, "courses.submit", "提交审批"),
    Move(ClassState.APPROVED, "courses.decide", "审批"),
    Move(ClassState.ENROLLING, "courses.open_enrolment", "开放报名"),
    Move(ClassState.RUNNING, "courses.start", "开课"),
    Move(ClassState.ARCHIVED, "courses.archive", "归档"),
    Move(ClassState.CANCELLED, "courses.cancel", "取消班期"),
)


@bp.get("/classes/<int:class_id>")
@requires(policies.can_list_classes)
def show(class_id: int) -> ResponseReturnValue:
    klass, actor = _class(class_id), current_actor()
    plan = queries.class_plan(klass)
    sessions = queries.sessions_of(klass.id, cancelled=True)
    return page(
        "courses/show.html",
        klass=klass,
        sessions=[(queries.slot_of(one), one) for one in sessions],
        planned={
            part: sum(one.slot.lesson_hours for one in plan.sessions if one.part is part)
            for part in SessionPart
        },
        checks=rules.opening_checks(plan) if klass.state in _BEFORE_APPROVAL else [],
        moves=[one for one in MOVES if rules.may_move(klass.state, one.target, actor.role)],
        may_edit=policies.can_propose_classes(actor) and klass.state in rules.EDITABLE,
        subpages=_subpages(klass),
        history=[_entry(event) for event in history_of(klass)],
    )


_BEFORE_APPROVAL = frozenset({ClassState.DRAFT, ClassState.SUBMITTED, ClassState.RETURNED})


def _class(class_id: int) -> TrainingClass:
    return found(queries.find_class(viewer=current_actor(), class_id=class_id))


def _subpages(klass: TrainingClass) -> list[tuple[str, str, bool]]:
    """Links to the pages about this class, once it is published."""
    here = [("班期", url_for("courses.show", class_id=klass.id), True)]
    if klass.state not in rules.PUBLISHED:
        return here
    role = current_actor().role
    others = [
        (label, _address(endpoint, class_id=klass.id))
        for label, endpoint, roles in CLASS_PAGES
        if role in roles
    ]
    public_page = ("公开的开班信息", url_for("courses.open_class", class_id=klass.id), False)
    return [*here, *((label, url, False) for label, url in others if url), public_page]


@bp.route("/classes/new", methods=["GET", "POST"])
@requires(policies.can_propose_classes)
def propose() -> ResponseReturnValue:
    form = _class_form(None)
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            klass = services.propose_class(actor=current_actor(), **_values(form))
        if form.ok:
            message = f"班期草稿已保存，班号 {klass.number}。请接着排课，排好后提交审批。"
            return done(message, url_for("courses.show", class_id=klass.id))
    return page("courses/edit_class.html", form=form, klass=None)


@bp.route("/classes/<int:class_id>/edit", methods=["GET", "POST"])
@requires(policies.can_propose_classes)
def edit(class_id: int) -> ResponseReturnValue:
    klass = _class(class_id)
    form = _class_form(klass)
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.change_class(actor=current_actor(), klass=klass, **_values(form))
        if form.ok:
            return done("班期已保存。", url_for("courses.show", class_id=klass.id))
    return page("courses/edit_class.html", form=form, klass=klass)


def _class_form(klass: TrainingClass | None) -> forms.ClassForm:
    form = forms.ClassForm(obj=klass)
    today = clock.today()
    form.course_id.choices = queries.course_choices(
        as_of=today, keep=klass.course_id if klass else None
    )
    form.venue_id.choices = _venues(klass)
    return form


def _venues(klass: TrainingClass | None) -> list[tuple[int, str]]:
    provider_id = klass.provider_id if klass else current_actor().provider_id or 0
    venues = venues_of(provider_id, open_on=clock.today())
    return [(one.id, f"{one.name}（容纳 {one.capacity} 人）") for one in venues]


# ---- a class moves on


@bp.route("/classes/<int:class_id>/submit", methods=["GET", "POST"])
@requires(policies.can_propose_classes)
def submit(class_id: int) -> ResponseReturnValue:
    klass = _class(class_id)
    return _move(
        klass,
        services.submit_class,
        ClassState.SUBMITTED,
        heading="提交审批",
        text="提交以后，区残联会审批。审批期间不能修改班期和课次。",
        told="班期已提交，请等待区残联审批。",
        checks=rules.opening_checks(queries.class_plan(klass)),
    )


@bp.route("/classes/<int:class_id>/decide", methods=["GET", "POST"])
@requires(policies.can_decide_classes)
def decide(class_id: int) -> ResponseReturnValue:
    """The federation approves or returns a class, with the checklist before its eyes."""
    klass, actor = _class(class_id), current_actor()
    form = forms.DecisionForm()
    checks = rules.opening_checks(queries.class_plan(klass))
    if form.validate_on_submit():
        approve, comment = form.decision.data == "approve", form.comment.data or ""
        with form.guard(), unit_of_work():
            if approve:
                services.approve_class(actor=actor, klass=klass, comment=comment)
            else:
                services.return_class(actor=actor, klass=klass, comment=comment)
        if form.ok:
            told = (
                "班期已批准，基地可以开放报名。" if approve else "班期已退回，基地会看到您的说明。"
            )
            return done(told, url_for("courses.show", class_id=klass.id))
    return page(
        "courses/decide.html",
        form=form,
        klass=klass,
        checks=checks,
        blocked=_blocked(klass, ClassState.APPROVED),
        sessions=[(queries.slot_of(one), one) for one in queries.sessions_of(klass.id)],
    )


@bp.route("/classes/<int:class_id>/open-enrolment", methods=["GET", "POST"])
@requires(policies.can_propose_classes)
def open_enrolment(class_id: int) -> ResponseReturnValue:
    return _move(
        _class(class_id),
        services.open_enrolment,
        ClassState.ENROLLING,
        heading="开放报名",
        text="开放以后，班期会出现在公开的开班信息里，学员和镇街可以报名。",
        told="已开放报名。",
    )


@bp.route("/classes/<int:class_id>/start", methods=["GET", "POST"])
@requires(policies.can_propose_classes)
def start(class_id: int) -> ResponseReturnValue:
    return _move(
        _class(class_id),
        services.start_class,
        ClassState.RUNNING,
        heading="开课",
        text="开课以后停止报名，可以开始点名。",
        told="已开课，可以点名了。",
    )


@bp.route("/classes/<int:class_id>/archive", methods=["GET", "POST"])
@requires(policies.can_decide_classes)
def archive(class_id: int) -> ResponseReturnValue:
    return _move(
        _class(class_id),
        services.archive_class,
        ClassState.ARCHIVED,
        heading="归档",
        text="归档以后，班期的记录只能查看。档案至少保存 10 年。",
        told="班期已归档。",
    )


@bp.route("/classes/<int:class_id>/cancel", methods=["GET", "POST"])
@requires(policies.can_decide_classes)
def cancel(class_id: int) -> ResponseReturnValue:
    return _move(
        _class(class_id),
        services.cancel_class,
        ClassState.CANCELLED,
        heading="取消班期",
        text="取消以后不能恢复，这个班期的课次会一起取消，占用的场地和教师会空出来。",
        told="班期已取消。",
        form=forms.CancelForm(),
        danger=True,
    )


def _move(
    klass: TrainingClass,
    service: Callable[..., TrainingClass],
    target: ClassState,
    *,
    heading: str,
    text: str,
    told: str,
    checks: list[Any] | None = None,
    form: Any = None,
    danger: bool = False,
) -> ResponseReturnValue:
    """A page that says what will happen, with one button that makes it happen once."""
    form = form or forms.ConfirmForm()
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            service(actor=current_actor(), klass=klass, **_values(form))
        if form.ok:
            return done(told, url_for("courses.show", class_id=klass.id))
    return page(
        "courses/move.html",
        form=form,
        klass=klass,
        heading=heading,
        text=text,
        checks=checks or [],
        ready=not rules.reasons_against(checks or []),
        blocked=_blocked(klass, target),
        danger=danger,
    )


def _blocked(klass: TrainingClass, target: ClassState) -> str | None:
    """Why the class cannot move there now, None where it can."""
    try:
        rules.refuse_move(klass.state, target, current_actor().role)
    except TransitionRefused as refusal:
        return refusal.message
    return None


# ---- sessions


@bp.route("/classes/<int:class_id>/sessions/new", methods=["GET", "POST"])
@requires(policies.can_propose_classes)
def new_session(class_id: int) -> ResponseReturnValue:
    klass = _class(class_id)
    form = forms.SessionForm(data={"day": klass.starts_on, "venue_id": klass.venue_id})
    _offer(form, klass)
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.add_session(actor=current_actor(), klass=klass, **_session(form))
        if form.ok:
            return done("课次已添加。", _sessions_url(klass.id))
    return _session_page(form, klass, "添加课次")


@bp.route("/classes/<int:class_id>/sessions/repeat", methods=["GET", "POST"])
@requires(policies.can_propose_classes)
def repeat_sessions(class_id: int) -> ResponseReturnValue:
    klass = _class(class_id)
    form = forms.RepeatForm(data={"first_day": klass.starts_on, "venue_id": klass.venue_id})
    _offer(form, klass)
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            added = services.add_weekly_sessions(
                actor=current_actor(),
                klass=klass,
                slots=rules.weekly_slots(
                    first=form.first_day.data,
                    last=klass.ends_on,
                    weekdays=form.weekdays.data,
                    starts=form.starts.data,
                    lesson_hours=form.lesson_hours.data,
                    until_hours=form.until_hours.data,
                ),
                **_place(form),
            )
        if form.ok:
            return done(f"已添加 {len(added)} 次课。", _sessions_url(klass.id))
    return _session_page(form, klass, "按周重复排课")


@bp.route("/sessions/<int:session_id>/edit", methods=["GET", "POST"])
@requires(policies.can_propose_classes)
def edit_session(session_id: int) -> ResponseReturnValue:
    session = _session_in_view(session_id)
    slot = queries.slot_of(session)
    form = forms.SessionForm(
        data={
            "day": slot.day,
            "starts": slot.starts,
            "ends": slot.ends,
            "part": session.part,
            "topic": session.topic,
            "venue_id": session.venue_id,
            "teacher_id": session.teacher_id,
        }
    )
    _offer(form, session.training_class)
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.change_session(actor=current_actor(), session=session, **_session(form))
        if form.ok:
            return done("课次已保存。", _sessions_url(session.class_id))
    return _session_page(form, session.training_class, "修改课次")


@bp.route("/sessions/<int:session_id>/remove", methods=["GET", "POST"])
@requires(policies.can_propose_classes)
def remove_session(session_id: int) -> ResponseReturnValue:
    session = _session_in_view(session_id)
    class_id = session.class_id
    form = forms.ConfirmForm()
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.remove_session(actor=current_actor(), session=session)
        if form.ok:
            return done("课次已删除。", _sessions_url(class_id))
    return page(
        "courses/remove_session.html", form=form, session=session, slot=queries.slot_of(session)
    )


def _session_in_view(session_id: int) -> ClassSession:
    return found(queries.find_session(viewer=current_actor(), session_id=session_id))


def _sessions_url(class_id: int) -> str:
    return url_for("courses.show", class_id=class_id, _anchor="sessions")


def _offer(form: Any, klass: TrainingClass) -> None:
    """Venues and teachers that the class may have."""
    form.venue_id.choices = _venues(klass)
    teachers = teachers_of(klass.provider_id, present_on=clock.today())
    form.teacher_id.choices = [(one.id, one.name) for one in teachers]


def _session(form: forms.SessionForm) -> dict[str, Any]:
    slot: Slot = rules.settle_slot(
        day=form.day.data,
        starts=form.starts.data,
        ends=form.ends.data,
        lesson_hours=form.lesson_hours.data,
    )
    return {"slot": slot} | _place(form)


def _place(form: Any) -> dict[str, Any]:
    return {name: form[name].data for name in ("venue_id", "teacher_id", "topic", "part")}


def _session_page(form: Any, klass: TrainingClass, heading: str) -> ResponseReturnValue:
    plan = queries.class_plan(klass)
    left = {
        part: wanted - sum(one.slot.lesson_hours for one in plan.sessions if one.part is part)
        for part, wanted in (
            (SessionPart.THEORY, plan.theory_hours),
            (SessionPart.PRACTICE, plan.practice_hours),
        )
    }
    return page("courses/edit_session.html", form=form, klass=klass, heading=heading, left=left)


# ---- history


_ACTIONS = {
    "course.entered": "登记课程",
    "course.changed": "修改课程",
    "course.retired": "停开课程",
    "course.restored": "恢复课程",
    "class.proposed": "起草班期",
    "class.changed": "修改班期",
    "class.submitted": "提交审批",
    "class.approved": "批准",
    "class.returned": "退回修改",
    "class.enrolment_opened": "开放报名",
    "class.started": "开课",
    "class.completed": "办结",
    "class.archived": "归档",
    "class.cancelled": "取消班期",
    "session.added": "添加课次",
    "session.repeated": "按周排课",
    "session.changed": "修改课次",
    "session.removed": "删除课次",
}
_WORDS = {
    "code": "编号",
    "title": "名称",
    "summary": "简介",
    "kind": "培训类别",
    "field": "领域",
    "occupation": "职业（工种）",
    "level": "等级",
    "theory_hours": "理论课时",
    "practice_hours": "实操课时",
    "minimum_attendance": "最低出勤比例",
    "assessment_required": "需要考核",
    "certificate_title": "证书名称",
    "starts_on": "开课日期",
    "ends_on": "结束日期",
    "capacity": "计划招收人数",
    "assessment_plan": "考核方案",
    "course_id": "课程",
    "venue_id": "主要场地",
}
#: Attributes whose stored value says nothing to a reader: that they changed is told, not from what to what.
_KEYS = frozenset({"course_id", "venue_id"})


def _entry(event: Any) -> dict[str, Any]:
    """A line of the history at the end of a page."""
    detail = event.detail
    changes = detail.get("changes", ())
    moved = [_WORDS[name] for name, _, _ in changes if name in _KEYS]
    note = [
        detail.get("comment", ""),
        f"{detail['before']} 改为 {detail['day']}" if "before" in detail else detail.get("day", ""),
        detail.get("topic", ""),
        f"{detail['count']} 次，共 {detail['hours']} 课时" if "count" in detail else "",
        f"班号 {detail['number']}" if "number" in detail else "",
        f"改了{'、'.join(moved)}" if moved else "",
    ]
    return {
        "when": event.at,
        "who": event.account_name,
        "what": _ACTIONS.get(event.action, event.action),
        "note": "，".join(part for part in note if part),
        "changes": [
            (_WORDS.get(name, name), before, after)
            for name, before, after in changes
            if name not in _KEYS
        ],
    }
