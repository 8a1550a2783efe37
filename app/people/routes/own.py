"""A trainee's own page: what the federation holds about me, and what I agreed to."""

from flask import url_for
from flask.typing import ResponseReturnValue

from app.people import policies, queries, services
from app.people.forms import ConfirmForm
from app.people.models import Person
from app.people.routes import bp
from app.people.types import HouseholdFlag
from app.platform import clock
from app.platform.access import current_actor, found, requires
from app.platform.pages import done, page
from app.platform.unit_of_work import unit_of_work


def _me() -> Person:
    actor = current_actor()
    return found(queries.find_person(viewer=actor, person_id=actor.person_id or 0))


@bp.get("/me")
@requires(policies.is_trainee)
def me() -> ResponseReturnValue:
    person = _me()
    return page(
        "people/me.html",
        person=person,
        homes=queries.place_names([person.residence_code]),
        consents=queries.consents_of(person),
        guardians=[one for one in queries.guardians_of(person) if one.ended_on is None],
        needs=queries.needs_of(person, clock.today().year),
        flags=[flag.label for flag in HouseholdFlag if getattr(person, flag.value)],
    )


@bp.route("/me/consents/<int:consent_id>/withdraw", methods=["GET", "POST"])
@requires(policies.is_trainee)
def withdraw_own_consent(consent_id: int) -> ResponseReturnValue:
    person = _me()
    consent = found(queries.find_consent(person=person, consent_id=consent_id))
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.withdraw_consent(actor=current_actor(), person=person, consent=consent)
        if form.ok:
            return done("同意已撤回。", url_for(".me"))
    return page(
        "people/withdraw.html",
        form=form,
        consent=consent,
        person=person,
        back=url_for(".me"),
        own=True,
    )
