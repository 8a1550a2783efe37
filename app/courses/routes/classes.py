"""Classes: the list, one class with its timetable, and what it is to be."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from app.courses import forms, policies, queries, rules, services, sheets
from app.courses.models import TrainingClass
from app.courses.routes import bp
from app.courses.routes.history import history_of
from app.courses.types import ClassState, SessionPart
from app.platform import clock, pages
from app.platform.access import Actor, Role, current_actor, found, requires
from app.platform.pages import Sort, done, page, paginate
from app.platform.unit_of_work import unit_of_work
from app.providers.queries import provider_choices, venues_of

_READERS = (Role.FEDERATION, Role.PROVIDER, Role.TOWNSHIP, Role.AUDITOR)

#: Pages of other capabilities about one class, for the roles they are open to.
CLASS_PAGES = (
    ("名册", "enrolment.roster", _READERS),
    ("考勤", "attendance.show", _READERS),
    ("考核成绩", "attendance.results", _READERS),
    ("结业", "attendance.completion", _READERS),
    ("证书", "certificates.class_certificates", (Role.FEDERATION, Role.PROVIDER, Role.AUDITOR)),
)


@bp.get("/classes")
@requires(policies.can_list_classes)
def index() -> ResponseReturnValue:
    actor = current_actor()
    filters = _class_filter()
    sort = Sort.from_query(_SORTS, "-starts_on")
    shown = paginate(_listed(actor, sort.key, sort.descending, **forms.entered(filters)))
    return page(
        "courses/index.html",
        filters=filters,
        sort=sort,
        shown=shown,
        waiting=shown.items[0].waiting if shown.items else 0,
        may_propose=policies.can_propose_classes(actor),
    )


_SORTS = {
    "number": TrainingClass.number,
    "title": TrainingClass.title,
    "starts_on": TrainingClass.starts_on,
    "ends_on": TrainingClass.ends_on,
}


@lru_cache(maxsize=256)
def _listed(viewer: Actor, key: str, descending: bool, **filters: Any) -> Any:
    """The statement of the list; kept because building it and finding its SQL takes longer than running it."""
    rows = queries.class_list(viewer=viewer, **filters).add_columns(queries.waiting_column(viewer))
    return Sort(_SORTS, key, descending).apply(rows, then=TrainingClass.id.desc())


@bp.get("/classes/export")
@requires(policies.can_list_classes)
def export() -> ResponseReturnValue:
    newest_first = (TrainingClass.starts_on.desc(), TrainingClass.id.desc())
    rows = pages.every(_classes(_class_filter()).order_by(*newest_first))
    return pages.export("班期", sheets.CLASSES, sheets.class_rows(rows))


def _class_filter() -> forms.ClassFilter:
    actor = current_actor()
    return forms.ClassFilter(
        None if policies.can_propose_classes(actor) else provider_choices(actor)
    )


def _classes(filters: forms.ClassFilter) -> Any:
    return queries.class_list(viewer=current_actor(), **forms.entered(filters))


@bp.get("/classes/today")
@requires(policies.can_propose_classes)
def today() -> ResponseReturnValue:
    """The sessions that a base holds today."""
    sessions = queries.sessions_on(viewer=current_actor(), day=clock.today())
    return page("courses/today.html", sessions=[(queries.slot_of(one), one) for one in sessions])


# One class


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
    klass, actor = class_in_view(class_id), current_actor()
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
        history=history_of(klass),
    )


_BEFORE_APPROVAL = frozenset({ClassState.DRAFT, ClassState.SUBMITTED, ClassState.RETURNED})


def class_in_view(class_id: int) -> TrainingClass:
    return found(queries.find_class(viewer=current_actor(), class_id=class_id))


def _subpages(klass: TrainingClass) -> list[tuple[str, str, bool]]:
    """Links to the pages about this class, once it is published."""
    here = [("班期", url_for("courses.show", class_id=klass.id), True)]
    if klass.state not in rules.PUBLISHED:
        return here
    role = current_actor().role
    others = [
        (label, url_for(endpoint, class_id=klass.id), False)
        for label, endpoint, roles in CLASS_PAGES
        if role in roles
    ]
    public_page = ("公开的开班信息", url_for("courses.open_class", class_id=klass.id), False)
    return [*here, *others, public_page]


@bp.route("/classes/new", methods=["GET", "POST"])
@requires(policies.can_propose_classes)
def propose() -> ResponseReturnValue:
    form = _class_form(None)
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            klass = services.propose_class(actor=current_actor(), **forms.entered(form))
        if form.ok:
            message = f"班期草稿已保存，班号 {klass.number}。请接着排课，排好后提交审批。"
            return done(message, url_for("courses.show", class_id=klass.id))
    return page("courses/edit_class.html", form=form, klass=None)


@bp.route("/classes/<int:class_id>/edit", methods=["GET", "POST"])
@requires(policies.can_propose_classes)
def edit(class_id: int) -> ResponseReturnValue:
    klass = class_in_view(class_id)
    form = _class_form(klass)
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.change_class(actor=current_actor(), klass=klass, **forms.entered(form))
        if form.ok:
            return done("班期已保存。", url_for("courses.show", class_id=klass.id))
    return page("courses/edit_class.html", form=form, klass=klass)


def _class_form(klass: TrainingClass | None) -> forms.ClassForm:
    form = forms.ClassForm(obj=klass)
    today = clock.today()
    form.course_id.choices = queries.course_choices(
        as_of=today, keep=klass.course_id if klass else None
    )
    form.venue_id.choices = venue_choices(klass)
    return form


def venue_choices(klass: TrainingClass | None) -> list[tuple[int, str]]:
    provider_id = klass.provider_id if klass else current_actor().provider_id or 0
    venues = venues_of(provider_id, open_on=clock.today())
    return [(one.id, f"{one.name}（容纳 {one.capacity} 人）") for one in venues]
