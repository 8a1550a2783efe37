"""What a stranger came for: which classes are open, who may come, and how to enrol."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.courses import forms, policies, queries, rules
from app.courses.routes import bp
from app.platform.access import Role, found, public
from app.platform.pages import page, paginate


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    """What a stranger came for: verify a certificate, find a class."""
    shown = paginate(queries.open_classes(), page=1, per_page=6)
    return page("courses/home.html", shown=shown, verify=url_for("certificates.verify"))


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
    return {"apply_url": url_for(endpoint, class_id=class_id), "on_behalf": on_behalf}
