"""Pages of follow-ups, spells and their documents."""

import io
from collections.abc import Iterator
from datetime import date
from typing import Any, cast

from flask import Blueprint, current_app, request, send_file, url_for
from flask.typing import ResponseReturnValue

from app.employers.policies import can_see as can_see_employers
from app.placement import policies, queries, rules, services, sheets
from app.placement.forms import (
    ContactForm,
    DecideSpellForm,
    EmployerSearchForm,
    EndSpellForm,
    EvidenceForm,
    ExclusionForm,
    FollowUpFilterForm,
    PersonSearchForm,
    ReportSpellForm,
    ReviseSpellForm,
    SpellFilterForm,
)
from app.placement.models import EmploymentSpell
from app.placement.types import FollowUpOutcome, Origin, SpellState
from app.platform import clock, eventlog, pages
from app.platform.access import Actor, Role, current_actor, found, requires
from app.platform.pages import Sort, Standing, Task, Urgency, done, page, paginate
from app.platform.unit_of_work import unit_of_work

bp = Blueprint("placement", __name__)


# Follow-ups


@bp.get("/follow-ups")
@requires(policies.can_see_follow_ups)
def follow_ups() -> ResponseReturnValue:
    """The work list, in views with a count each."""
    viewer, today = current_actor(), clock.today()
    form = FollowUpFilterForm()
    wanted = _wanted_follow_ups(form)
    rows = queries.follow_up_rows(viewer, wanted, today=today)
    sort = Sort.from_query(queries.FOLLOW_UP_SORTS, "due_on")
    return page(
        "placement/follow_ups.html",
        filter=form,
        show=wanted.show,
        counts=queries.follow_up_counts(viewer, wanted, today=today),
        rows=paginate(sort.apply(rows, then=queries.FOLLOW_UP_TIE)),
        sort=sort,
        works=policies.can_work_follow_ups(viewer),
    )


@bp.get("/follow-ups/export")
@requires(policies.can_see_follow_ups)
def export_follow_ups() -> ResponseReturnValue:
    viewer, today = current_actor(), clock.today()
    wanted = _wanted_follow_ups(FollowUpFilterForm())
    rows = queries.follow_up_rows(viewer, wanted, today=today)
    sort = Sort.from_query(queries.FOLLOW_UP_SORTS, "due_on")
    return pages.export(
        "跟踪回访",
        sheets.FOLLOW_UP_COLUMNS,
        sheets.follow_up_cells(pages.every(sort.apply(rows, then=queries.FOLLOW_UP_TIE))),
        notes=[
            "跟踪回访：结业后第 1、3、6、12 个月各一次，都从结业日起算。",
            f"导出日期：{today.isoformat()}。",
        ],
    )


def _wanted_follow_ups(form: FollowUpFilterForm) -> queries.FollowUpFilter:
    show = form.show.data or "open"
    return queries.FollowUpFilter(
        show=show if show in queries.SHOWN else "open",
        township=_valid(form, "township"),
        text=_valid(form, "text"),
    )


@bp.get("/follow-ups/<int:follow_up_id>")
@requires(policies.can_see_follow_ups)
def follow_up(follow_up_id: int) -> ResponseReturnValue:
    """A follow-up with the earlier ones of the same training."""
    viewer = current_actor()
    shown = found(queries.find_follow_up(viewer=viewer, follow_up_id=follow_up_id))
    works = policies.can_work_follow_ups(viewer)
    if works and shown.person.phone:
        with unit_of_work():
            services.show_phone(actor=viewer, follow_up=shown)
    siblings = queries.follow_ups_of(shown.enrolment_id)
    accounts = [one.interviewer_id for one in siblings]
    accounts += [attempt.attempted_by_id for one in siblings for attempt in one.attempts]
    return page(
        "placement/follow_up.html",
        follow_up=shown,
        siblings=siblings,
        completed_on=rules.completed_on((one.months, one.due_on) for one in siblings),
        township=queries.township_of(shown.person),
        spells=queries.spells_of(shown.person_id),
        exclusion=queries.find_exclusion(shown.enrolment_id),
        names=queries.account_names(accounts),
        workable=policies.can_work(viewer, shown),
        works=works,
        workplace=request.args.get("workplace", "")[:60],
    )


@bp.route("/follow-ups/<int:follow_up_id>/contact", methods=["GET", "POST"])
@requires(policies.can_work_follow_ups)
def contact(follow_up_id: int) -> ResponseReturnValue:
    """Record what came of a call, visit or message."""
    actor = current_actor()
    shown = found(queries.find_follow_up(viewer=actor, follow_up_id=follow_up_id))
    form = ContactForm()
    here = url_for("placement.follow_up", follow_up_id=shown.id)
    if form.validate_on_submit():
        outcome = form.outcome
        told = {"method": form.method.data, "on": form.on.data, "note": form.note.data or ""}
        with form.guard(), unit_of_work():
            if outcome is None:
                services.record_attempt(actor=actor, follow_up=shown, nonce=form.nonce.data, **told)
            else:
                services.close_follow_up(
                    actor=actor,
                    follow_up=shown,
                    outcome=outcome,
                    attempts_needed=current_app.config["FOLLOW_UP_ATTEMPTS"],
                    **told,
                )
        if form.ok and outcome is None:
            return done("已记录这次没联系上，回访仍在待办中。", here)
        if form.ok and outcome is FollowUpOutcome.EMPLOYED:
            url = url_for(
                "placement.follow_up", follow_up_id=shown.id, workplace=form.workplace.data or None
            )
            return done("回访已完成：在业。请接着登记就业。", url)
        if form.ok:
            return done("回访已完成。", here)
    return page(
        "placement/contact.html",
        form=form,
        follow_up=shown,
        attempts=len(shown.attempts),
        needed=current_app.config["FOLLOW_UP_ATTEMPTS"],
    )


@bp.route("/follow-ups/<int:follow_up_id>/exclude", methods=["GET", "POST"])
@requires(policies.can_work_follow_ups)
def exclude(follow_up_id: int) -> ResponseReturnValue:
    """Record that somebody leaves the cohort, with evidence."""
    actor = current_actor()
    shown = found(queries.find_follow_up(viewer=actor, follow_up_id=follow_up_id))
    form = ExclusionForm()
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.exclude(
                actor=actor,
                follow_up=shown,
                reason=form.reason.data,
                since=cast(date, form.since.data),
                method=form.method.data,
                note=form.note.data or "",
                document=form.document(),
            )
        if form.ok:
            url = url_for("placement.follow_up", follow_up_id=shown.id)
            return done("排除情形已登记，后面的回访一并结束。", url)
    return page("placement/exclude.html", form=form, follow_up=shown)


# Spells


@bp.get("/spells")
@requires(policies.can_list_spells)
def spells() -> ResponseReturnValue:
    """Employment spells within the viewer's scope."""
    viewer = current_actor()
    form = SpellFilterForm()
    sort = Sort.from_query(queries.SPELL_SORTS, "-started_on")
    rows = queries.spell_rows(viewer, _wanted_spells(form))
    return page(
        "placement/spells.html",
        filter=form,
        rows=paginate(sort.apply(rows, then=queries.SPELL_TIE)),
        counts=queries.spell_counts(viewer),
        sort=sort,
        reports=policies.can_report_spells(viewer),
        follows=policies.can_see_follow_ups(viewer),
        sees_employers=can_see_employers(viewer),
    )


@bp.get("/spells/export")
@requires(policies.can_list_spells)
def export_spells() -> ResponseReturnValue:
    sort = Sort.from_query(queries.SPELL_SORTS, "-started_on")
    rows = queries.spell_rows(current_actor(), _wanted_spells(SpellFilterForm()))
    return pages.export(
        "就业记录",
        sheets.SPELL_COLUMNS,
        sheets.spell_cells(pages.every(sort.apply(rows, then=queries.SPELL_TIE))),
        notes=[
            "证明等级：A 劳动合同和社会保险，B 营业执照或工资记录，"
            "C 村（社区）证明和照片，D 本人承诺或其他材料；没有材料的为空。",
            f"导出日期：{clock.today().isoformat()}。",
        ],
    )


def _wanted_spells(form: SpellFilterForm) -> queries.SpellFilter:
    names = ("state", "form", "township", "started_from", "started_to", "text")
    return queries.SpellFilter(**{name: _valid(form, name) for name in names})


@bp.get("/persons/<int:person_id>/employment")
@requires(policies.can_list_spells)
def person_spells(person_id: int) -> ResponseReturnValue:
    """Part of a person's pages: where the person worked and works."""
    viewer = current_actor()
    person = found(queries.find_person(viewer=viewer, person_id=person_id))
    sort = Sort.from_query(queries.SPELL_SORTS, "-started_on")
    rows = queries.spell_rows(viewer, queries.SpellFilter(person_id=person.id))
    return page(
        "placement/person_spells.html",
        person=person,
        rows=paginate(sort.apply(rows, then=queries.SPELL_TIE)),
        reports=policies.can_report_spells(viewer),
        person_url=_person_url(person.id),
    )


@bp.get("/my-employment")
@requires(policies.is_trainee)
def mine() -> ResponseReturnValue:
    """A trainee's own spells."""
    rows = queries.spell_rows(current_actor(), queries.SpellFilter())
    sort = Sort.from_query(queries.SPELL_SORTS, "-started_on")
    return page("placement/mine.html", rows=paginate(sort.apply(rows, then=queries.SPELL_TIE)))


@bp.get("/spells/<int:spell_id>")
@requires(policies.can_see_spells)
def spell(spell_id: int) -> ResponseReturnValue:
    """A spell with its documents and what happened to it."""
    viewer = current_actor()
    shown = found(queries.find_spell(viewer=viewer, spell_id=spell_id))
    kinds = {one.kind for one in shown.evidence}
    contributors = queries.contributor_ids(shown)
    accounts = [shown.reported_by_id, shown.decided_by_id, *contributors]
    return page(
        "placement/spell.html",
        spell=shown,
        township=queries.township_of(shown.person),
        origin=_origin_for(viewer, shown),
        missing=rules.missing_evidence(shown.form, kinds),
        grade=rules.grade_of(kinds) if kinds else None,
        history=_history(shown),
        names=queries.account_names(accounts),
        decides=policies.can_decide(viewer, shown, contributors),
        own_report=policies.can_decide_spells(viewer) and viewer.account_id in contributors,
        reports=policies.can_report_spells(viewer),
        documents=policies.can_add_evidence(viewer, shown),
        ends=policies.can_end(viewer, shown),
        trainee=viewer.role is Role.TRAINEE,
    )


@bp.get("/spells/new")
@requires(policies.can_report_spells)
def choose_person() -> ResponseReturnValue:
    """Whose work is to be reported."""
    form = PersonSearchForm()
    actor, text = current_actor(), _valid(form, "text")
    # A base has few trainees: it need not search. An officer has a whole town.
    shown = text or actor.role is Role.PROVIDER
    rows = paginate(queries.search_persons(actor, text or "")) if shown else None
    return page("placement/choose_person.html", filter=form, rows=rows)


@bp.route("/persons/<int:person_id>/spells/new", methods=["GET", "POST"])
@requires(policies.can_report_spells)
def report_spell(person_id: int) -> ResponseReturnValue:
    """Report work: first where, then the facts; perhaps straight from a follow-up."""
    actor = current_actor()
    person = found(queries.find_person(viewer=actor, person_id=person_id))
    if not _workplace_chosen():
        return _choose_workplace(person.name, "登记就业")
    form = ReportSpellForm(workplace=request.args.get("text"))
    employer = _employer(form, None)
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            reported = services.report_spell(
                actor=actor,
                person_id=person.id,
                birth_date=person.birth_date,
                facts=form.facts(
                    employer_id=employer and employer.id, employer_name=employer and employer.name
                ),
                document=form.document(),
            )
        if form.ok:
            url = url_for("placement.spell", spell_id=reported.id)
            return done("就业已登记，等待区残联核实。", url)
    return page(
        "placement/report.html",
        form=form,
        person=person,
        employer=employer,
        trainings=_trainings_for(actor, person.id),
        change_url=url_for(
            "placement.report_spell",
            person_id=person.id,
            follow_up=request.args.get("follow_up"),
            text=request.args.get("text"),
        ),
    )


@bp.route("/spells/<int:spell_id>/edit", methods=["GET", "POST"])
@requires(policies.can_report_spells)
def edit_spell(spell_id: int) -> ResponseReturnValue:
    """Change a report; a verified one goes back to be verified again."""
    actor = current_actor()
    shown = found(queries.find_spell(viewer=actor, spell_id=spell_id))
    if "change" in request.args and not _workplace_chosen():
        return _choose_workplace(shown.person.name, "换工作单位")
    form = ReviseSpellForm(obj=shown, seen=shown.recorded_at.isoformat())
    employer = _employer(form, shown)
    if shown.state is not SpellState.VERIFIED:
        del form.reason
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.revise_spell(
                actor=actor,
                spell=shown,
                birth_date=shown.person.birth_date,
                facts=form.facts(
                    employer_id=employer and employer.id, employer_name=employer and employer.name
                ),
                reason=(form.reason.data or "") if "reason" in form else "",
                seen=form.seen_at,
            )
        if form.ok:
            url = url_for("placement.spell", spell_id=spell_id)
            return done("修改已保存，等待区残联核实。", url)
    return page("placement/edit.html", form=form, spell=shown, employer=employer)


@bp.route("/spells/<int:spell_id>/end", methods=["GET", "POST"])
@requires(policies.can_report_spells)
def end_spell(spell_id: int) -> ResponseReturnValue:
    """Say on which day the work ended, and why."""
    actor = current_actor()
    shown = found(queries.find_spell(viewer=actor, spell_id=spell_id))
    form = EndSpellForm()
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.end_spell(
                actor=actor,
                spell=shown,
                ended_on=cast(date, form.ended_on.data),
                reason=form.reason.data,
            )
        if form.ok:
            return done("结束日已登记。", url_for("placement.spell", spell_id=spell_id))
    return page("placement/end.html", form=form, spell=shown)


@bp.route("/spells/<int:spell_id>/decide", methods=["GET", "POST"])
@requires(policies.can_decide_spells)
def decide_spell(spell_id: int) -> ResponseReturnValue:
    """Verify a spell or return it."""
    actor = current_actor()
    shown = found(queries.find_spell(viewer=actor, spell_id=spell_id))
    form = DecideSpellForm(seen=shown.recorded_at.isoformat())
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.decide_spell(
                actor=actor,
                spell=shown,
                decision=form.decision.data,
                comment=form.comment.data or "",
                seen=form.seen_at,
            )
        if form.ok:
            verified = form.decision.data is SpellState.VERIFIED
            message = "就业已核实。" if verified else "已退回，登记人会在“今天要办”里看到。"
            return done(message, url_for("placement.spell", spell_id=spell_id))
    kinds = {one.kind for one in shown.evidence}
    return page(
        "placement/decide.html",
        form=form,
        spell=shown,
        missing=rules.missing_evidence(shown.form, kinds),
    )


@bp.route("/spells/<int:spell_id>/evidence/new", methods=["GET", "POST"])
@requires(policies.can_report_spells)
def add_evidence(spell_id: int) -> ResponseReturnValue:
    """Upload a document of a spell."""
    actor = current_actor()
    shown = found(queries.find_spell(viewer=actor, spell_id=spell_id))
    form = EvidenceForm()
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.add_evidence(actor=actor, spell=shown, document=form.document())
        if form.ok:
            return done("材料已上传。", url_for("placement.spell", spell_id=spell_id))
    kinds = {one.kind for one in shown.evidence}
    return page(
        "placement/evidence.html",
        form=form,
        spell=shown,
        missing=rules.missing_evidence(shown.form, kinds),
        expected=rules.expected_evidence(shown.form),
    )


@bp.get("/evidence/<int:evidence_id>")
@requires(policies.can_see_spells)
def open_evidence(evidence_id: int) -> ResponseReturnValue:
    """Download a document; the log keeps who did."""
    viewer = current_actor()
    evidence = found(queries.find_evidence(viewer=viewer, evidence_id=evidence_id))
    # The one thing that a GET writes: who looked at a document about somebody.
    with unit_of_work():
        content = services.open_evidence(actor=viewer, evidence=evidence)
        name, content_type = evidence.filename, evidence.content_type
    answer = send_file(
        io.BytesIO(content), mimetype=content_type, as_attachment=True, download_name=name
    )
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


# What the views share


def _valid(form: Any, name: str) -> Any:
    """The value of a filter; None where it is not asked or cannot be read."""
    if name not in form or form[name].errors:
        return None
    return form[name].data or None


def _workplace_chosen() -> bool:
    return "employer" in request.args or "own" in request.args


def _choose_workplace(name: str, title: str) -> ResponseReturnValue:
    """The step before a form of a spell: a unit of the register, or none."""
    form = EmployerSearchForm()
    text = _valid(form, "text")
    employers = queries.search_employers(text) if text else None
    return page(
        "placement/workplace.html",
        filter=form,
        name=name,
        step_title=title,
        employers=employers,
        text=text,
        most=queries.MOST_EMPLOYERS,
    )


def _employer(form: Any, shown: EmploymentSpell | None) -> Any:
    """The registered employer that was chosen; then its name is not typed."""
    if _workplace_chosen():
        chosen = request.args.get("employer", type=int)
        employer = found(queries.find_employer(chosen)) if chosen is not None else None
    else:
        employer = shown.employer if shown is not None else None
    if employer is not None:
        del form.workplace
    return employer


def _origin_for(viewer: Actor, shown: EmploymentSpell) -> Origin:
    """Why a spell stems from its training; a base is not told of other bases' classes."""
    origin = rules.training_behind(shown.started_on, queries.trainings_of(shown.person_id))
    hidden = (
        viewer.role is Role.PROVIDER
        and origin.training is not None
        and origin.training.provider_id != viewer.provider_id
    )
    return Origin(None, "对应的培训不是本单位办的。") if hidden else origin


def _trainings_for(viewer: Actor, person_id: int) -> list[Any]:
    return [
        one
        for one in queries.trainings_of(person_id)
        if viewer.role is not Role.PROVIDER or one.provider_id == viewer.provider_id
    ]


def _person_url(person_id: int) -> str | None:
    """Address of the person in the register, for those who may read it there."""
    if current_actor().role is Role.PROVIDER:
        return None
    return url_for("people.show", person_id=person_id)


def _history(shown: EmploymentSpell) -> list[eventlog.Entry]:
    """What happened to a spell, newest first, with what each step changed."""
    changes = queries.changes_of(shown)
    entries = []
    for event in reversed(eventlog.history_of(shown)):
        due = [change for change in changes if change.at <= event.at]
        changes = changes[len(due) :]
        entries.append(
            eventlog.entry(
                event,
                note=event.detail.get("note", ""),
                changes=[fact for change in due for fact in change.facts],
            )
        )
    return entries[::-1]


# The start page


def tasks(actor: Actor) -> Iterator[Task | Standing]:
    """Follow-ups and spells that wait for this actor today, and the work that was proven."""
    if not policies.can_report_spells(actor):
        return
    if policies.can_work_follow_ups(actor):
        yield from _follow_up_tasks(actor)
    counts = queries.spell_counts(actor)
    if policies.can_decide_spells(actor):
        yield _verification_task(actor, counts.get(SpellState.REPORTED, 0))
    else:
        yield Task(
            counts.get(SpellState.RETURNED, 0),
            "就业记录被退回，等待补充",
            "placement.spells",
            {"state": "returned"},
        )
    verified = counts.get(SpellState.VERIFIED, 0)
    yield Standing("已核实的就业", str(verified), "placement.spells", {"state": "verified"})


def _follow_up_tasks(actor: Actor) -> Iterator[Task]:
    due = queries.due_soon(actor, today=clock.today())
    yield Task(
        due.overdue, "回访已逾期", "placement.follow_ups", {"show": "overdue"}, due=due.oldest
    )
    if actor.role is Role.TOWNSHIP:
        yield Task(
            due.soon, "回访在 7 天内到期", "placement.follow_ups", {"show": "soon"}, due=due.next
        )


def _verification_task(actor: Actor, waiting: int) -> Task:
    since = queries.oldest_reported(actor) if waiting else None
    days = (clock.now() - since).days if since else 0
    return Task(
        waiting,
        "就业记录等待核实",
        "placement.spells",
        {"state": "reported"},
        urgency=Urgency.SOON,
        note=f"最早的一条已等待 {days} 天" if days else "",
    )
