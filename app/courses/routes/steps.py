"""How a class moves on: submitted, decided, opened, started, archived, cancelled."""

from collections.abc import Callable
from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from app.courses import forms, policies, queries, rules, services
from app.courses.models import TrainingClass
from app.courses.routes import bp
from app.courses.routes.classes import class_in_view
from app.courses.types import ClassState
from app.platform.access import current_actor, requires
from app.platform.errors import TransitionRefused
from app.platform.pages import done, page
from app.platform.unit_of_work import unit_of_work


@bp.route("/classes/<int:class_id>/submit", methods=["GET", "POST"])
@requires(policies.can_propose_classes)
def submit(class_id: int) -> ResponseReturnValue:
    klass = class_in_view(class_id)
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
    klass, actor = class_in_view(class_id), current_actor()
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
        class_in_view(class_id),
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
        class_in_view(class_id),
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
        class_in_view(class_id),
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
        class_in_view(class_id),
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
            service(actor=current_actor(), klass=klass, **forms.entered(form))
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
