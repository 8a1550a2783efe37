"""The timetable of a class."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from app.courses import forms, policies, queries, rules, services
from app.courses.models import ClassSession, TrainingClass
from app.courses.routes import bp
from app.courses.routes.classes import class_in_view, venue_choices
from app.courses.types import SessionPart, Slot
from app.platform import clock
from app.platform.access import current_actor, found, requires
from app.platform.pages import done, page
from app.platform.unit_of_work import unit_of_work
from app.providers.queries import teachers_of


@bp.route("/classes/<int:class_id>/sessions/new", methods=["GET", "POST"])
@requires(policies.can_propose_classes)
def new_session(class_id: int) -> ResponseReturnValue:
    klass = class_in_view(class_id)
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
    klass = class_in_view(class_id)
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
    form.venue_id.choices = venue_choices(klass)
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
