"""Guardians, consent, assessments, and the yearly check with its needs."""

from flask import url_for
from flask.typing import ResponseReturnValue

from app.people import policies, queries, services
from app.people.forms import AssessmentForm, CheckForm, ConfirmForm, ConsentForm, GuardianForm
from app.people.models import Person
from app.people.routes import bp
from app.people.routes.register import person_or_404
from app.people.rules import CONSENT_WORDING, age_on
from app.people.types import NeedKind
from app.platform import clock
from app.platform.access import current_actor, found, requires
from app.platform.pages import done, page
from app.platform.unit_of_work import unit_of_work

_SELF = 0


@bp.route("/persons/<int:person_id>/guardians/new", methods=["GET", "POST"])
@requires(policies.can_write_register)
def add_guardian(person_id: int) -> ResponseReturnValue:
    person = person_or_404(person_id)
    form = GuardianForm()
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.add_guardian(actor=current_actor(), person=person, facts=form.facts())
        if form.ok:
            return done("监护人已登记。", url_for(".show", person_id=person_id))
    return page("people/guardian.html", form=form, person=person)


@bp.route("/persons/<int:person_id>/guardians/<int:guardian_id>/end", methods=["GET", "POST"])
@requires(policies.can_write_register)
def end_guardian(person_id: int, guardian_id: int) -> ResponseReturnValue:
    person = person_or_404(person_id)
    guardian = found(queries.find_guardian(person=person, guardian_id=guardian_id))
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.end_guardian(actor=current_actor(), person=person, guardian=guardian)
        if form.ok:
            return done("已停止这位监护人的代办，记录保留。", url_for(".show", person_id=person_id))
    return page("people/guardian_end.html", form=form, person=person, guardian=guardian)


@bp.get("/persons/<int:person_id>/consents")
@requires(policies.can_read_register)
def consents(person_id: int) -> ResponseReturnValue:
    person = person_or_404(person_id)
    return page(
        "people/consents.html",
        person=person,
        consents=queries.consents_of(person),
        may_write=policies.can_change(current_actor(), person),
    )


@bp.route("/persons/<int:person_id>/consents/new", methods=["GET", "POST"])
@requires(policies.can_write_register)
def record_consent(person_id: int) -> ResponseReturnValue:
    person = person_or_404(person_id)
    acting = [one for one in queries.guardians_of(person) if one.ended_on is None]
    form = ConsentForm()
    form.given_by.choices = [
        (_SELF, "本人"),
        *((one.id, f"监护人 {one.name}（{one.relation}）") for one in acting),
    ]
    if form.validate_on_submit():
        giver = next((one for one in acting if one.id == form.given_by.data), None)
        with form.guard(), unit_of_work():
            services.record_consent(
                actor=current_actor(), person=person, purpose=form.purpose.data, given_by=giver
            )
        if form.ok:
            return done("同意已记录。", url_for(".consents", person_id=person_id))
    return page("people/consent.html", form=form, person=person, wordings=CONSENT_WORDING)


@bp.route("/persons/<int:person_id>/consents/<int:consent_id>/withdraw", methods=["GET", "POST"])
@requires(policies.can_write_register)
def withdraw_consent(person_id: int, consent_id: int) -> ResponseReturnValue:
    person = person_or_404(person_id)
    consent = found(queries.find_consent(person=person, consent_id=consent_id))
    form = ConfirmForm()
    back = url_for(".consents", person_id=person_id)
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.withdraw_consent(actor=current_actor(), person=person, consent=consent)
        if form.ok:
            return done("同意已撤回。", back)
    return page(
        "people/withdraw.html", form=form, consent=consent, back=back, person=person, own=False
    )


@bp.route("/persons/<int:person_id>/assessments", methods=["GET"])
@requires(policies.can_read_register)
def assessments(person_id: int) -> ResponseReturnValue:
    person = person_or_404(person_id)
    return page(
        "people/assessments.html",
        person=person,
        assessments=queries.assessments_of(person),
        may_write=policies.can_change(current_actor(), person),
    )


@bp.route("/persons/<int:person_id>/assessments/new", methods=["GET", "POST"])
@requires(policies.can_write_register)
def assess(person_id: int) -> ResponseReturnValue:
    person = person_or_404(person_id)
    form = AssessmentForm()
    if not form.is_submitted():
        form.assessed_on.data = clock.today()
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.record_assessment(actor=current_actor(), person=person, facts=form.facts())
        if form.ok:
            return done("评估已保存。", url_for(".assessments", person_id=person_id))
    return page("people/assess.html", form=form, person=person)


@bp.get("/persons/<int:person_id>/checks")
@requires(policies.can_read_register)
def checks(person_id: int) -> ResponseReturnValue:
    person = person_or_404(person_id)
    needs: dict[int, list[str]] = {}
    for need in queries.needs_of(person):
        needs.setdefault(need.year, []).append(f"{need.kind.label}：{need.wish or '没有说明'}")
    return page(
        "people/checks.html",
        person=person,
        checks=queries.checks_of(person),
        needs=needs,
        year=clock.today().year,
        may_write=policies.can_change(current_actor(), person),
    )


@bp.route("/persons/<int:person_id>/check", methods=["GET", "POST"])
@requires(policies.can_write_register)
def check(person_id: int) -> ResponseReturnValue:
    """The short form at the door: check and needs together; filled with this year's where there is one."""
    person = person_or_404(person_id)
    today = clock.today()
    form = CheckForm()
    known = queries.check_of_year(person, today.year)
    if not form.is_submitted():
        _fill_check(form, person)
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.record_yearly_check(actor=current_actor(), person=person, facts=form.facts())
        if form.ok:
            return done(
                f"{person.name}的年度核查已保存。下面是还没核查的人。",
                url_for(".index", unchecked="y"),
            )
    return page(
        "people/check.html",
        form=form,
        person=person,
        known=known,
        age=age_on(person.birth_date, today),
        homes=queries.place_names([person.residence_code]),
        year=today.year,
    )


def _fill_check(form: CheckForm, person: Person) -> None:
    today = clock.today()
    known = queries.check_of_year(person, today.year)
    form.checked_on.data = known.checked_on if known else today
    if known is not None:
        form.employment.data = known.employment
        form.note.data = known.note
    wishes = {need.kind: need.wish for need in queries.needs_of(person, today.year)}
    form.needs.data = list(wishes)
    form.training_wish.data = wishes.get(NeedKind.TRAINING, "")
    form.employment_wish.data = wishes.get(NeedKind.EMPLOYMENT, "")
