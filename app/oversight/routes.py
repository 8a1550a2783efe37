"""Pages of auditors and of everybody who answers for the figures."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from app.oversight import policies, queries, rules, services
from app.oversight.forms import (
    EventFilter,
    FindingFilter,
    FindingForm,
    FindingStateForm,
    IndicatorFilter,
    PlanForm,
)
from app.oversight.models import Plan
from app.oversight.sheets import figure_titles, indicators_workbook
from app.oversight.types import (
    Answer,
    Dimension,
    Facts,
    Filter,
    Member,
    PlanTerms,
    Question,
    Rate,
    RowSet,
    Spell,
    TargetIndicator,
)
from app.people.types import Category, Hukou, Sex
from app.platform import clock, eventlog, pages
from app.platform.access import Actor, current_actor, found, requires
from app.platform.pages import Standing, Task, done, listed, page, paginate
from app.platform.unit_of_work import unit_of_work
from app.providers.types import TrainingKind
from app.regions import queries as regions

bp = Blueprint("oversight", __name__)

#: Which rows stand behind a figure, or behind the two parts of a rate.
ROWS_OF_FIGURE: dict[str, tuple[RowSet, RowSet]] = {
    "trained_persons": (RowSet.TRAINED, RowSet.TRAINED),
    "trained_times": (RowSet.TRAINED, RowSet.TRAINED),
    "completed_persons": (RowSet.COMPLETED, RowSet.COMPLETED),
    "completed_times": (RowSet.COMPLETED, RowSet.COMPLETED),
    "cohort": (RowSet.COHORT, RowSet.COHORT),
    "excluded": (RowSet.EXCLUDED, RowSet.EXCLUDED),
    "immature": (RowSet.IMMATURE, RowSet.IMMATURE),
    "conversion": (RowSet.CONVERTED, RowSet.MATURE),
    "conversion_reached": (RowSet.CONVERTED_REACHED, RowSet.REACHED),
    "response": (RowSet.REACHED, RowSet.MATURE),
    "stability_any": (RowSet.STABLE_ANY, RowSet.WATCHED),
    "stability_same": (RowSet.STABLE_SAME, RowSet.WATCHED),
}


@dataclass(frozen=True)
class Report:
    """One question asked by the address: what was asked, of which facts, and the answers."""

    form: IndicatorFilter
    question: Question
    wanted: Filter
    facts: Facts
    whole: Answer
    dimension: Dimension | None
    parts: dict[str, Answer]
    names: dict[str, str]


def _report(actor: Actor) -> Report:
    diagnoses = policies.can_see_diagnoses(actor)
    form = IndicatorFilter(diagnoses=diagnoses)
    question = _question(form, actor)
    wanted = Filter(
        region_code=form.region.data if diagnoses else None,
        provider_id=form.provider.data,
        kind=form.kind.data,
        category=form.category.data if diagnoses else None,
        sex=form.sex.data,
        hukou=form.hukou.data,
    )
    facts = rules.select_trainings(queries.load_facts(viewer=actor), wanted)
    dimension: Dimension | None = form.by.data
    parts = rules.break_down(facts, question, dimension) if dimension else {}
    return Report(
        form,
        question,
        wanted,
        facts,
        rules.answer(facts, question),
        dimension,
        parts,
        _names(dimension, parts, actor),
    )


def _question(form: IndicatorFilter, actor: Actor) -> Question:
    """What the address asks; the newest plan's period and today where it says nothing."""
    plans = queries.plans(viewer=actor)
    today = clock.today()
    start = form.start.data or (plans[0].starts_on if plans else today.replace(month=1, day=1))
    end = form.end.data or (plans[0].ends_on if plans else today)
    return Question(
        start,
        max(start, end),
        form.as_of.data or today,
        form.conversion_days.data or 90,
        form.stability_days.data or 180,
    )


_LABELS: dict[Dimension, Callable[[str], str]] = {
    Dimension.KIND: lambda value: TrainingKind(value).label,
    Dimension.CATEGORY: lambda value: Category(value).label if value else "残疾人家庭成员",
    Dimension.SEX: lambda value: Sex(value).label,
    Dimension.HUKOU: lambda value: Hukou(value).label,
}


def _names(dimension: Dimension | None, parts: dict[str, Answer], actor: Actor) -> dict[str, str]:
    """The printed name of each group."""
    if dimension is None:
        return {}
    if dimension is Dimension.TOWNSHIP:
        known = regions.region_names(parts)
        return {code: known.get(code, code) for code in parts}
    if dimension is Dimension.PROVIDER:
        providers = {str(number): name for number, name in queries.provider_names(viewer=actor)}
        return {value: providers.get(value, value) for value in parts}
    return {value: _LABELS[dimension](value) for value in parts}


@bp.get("/oversight")
@requires(policies.can_see_indicators)
def overview() -> ResponseReturnValue:
    """The indicators of a period, each number a link to its rows."""
    actor = current_actor()
    report = _report(actor)
    return page(
        "oversight/overview.html",
        form=report.form,
        report=report,
        titles=figure_titles(),
        grades=rules.converted_by_grade(report.whole),
        definitions=rules.DEFINITIONS,
        rows_of=ROWS_OF_FIGURE,
        rows_url=_rows_url,
        percentage=rules.percentage,
        is_rate=lambda value: isinstance(value, Rate),
    )


def _asked(*without: str) -> dict[str, Any]:
    """The query of this address without some of its parts."""
    return {name: value for name, value in request.args.items() if name not in without}


def _rows_url(rows: RowSet, group: str | None = None, grade: str | None = None) -> str:
    args = _asked("page")
    if group is not None:
        args["group"] = group
    if grade is not None:
        args["grade"] = grade
    return url_for("oversight.rows", rows=rows.value, **args)


@bp.get("/oversight/export")
@requires(policies.can_see_indicators)
def export() -> ResponseReturnValue:
    """The same figures as a workbook with every row behind them."""
    actor = current_actor()
    report = _report(actor)
    parts = {report.names[value]: part for value, part in report.parts.items()}
    notes = [f"{chip.label}：{chip.value}" for chip in report.form.active]
    content = indicators_workbook(
        report.facts,
        report.question,
        report.whole,
        parts,
        notes,
        diagnoses=policies.can_see_diagnoses(actor),
    )
    pages.log_export("监督指标")
    return pages.workbook_response(f"监督指标-{report.question.as_of}", content)


@bp.get("/oversight/rows/<any({}):rows>".format(",".join(RowSet)))
@requires(policies.can_see_indicators)
def rows(rows: str) -> ResponseReturnValue:
    """The rows whose number a figure is."""
    actor = current_actor()
    report = _report(actor)
    group = request.args.get("group")
    answer = report.whole if group is None else found(report.parts.get(group))
    wanted = RowSet(rows)
    members = listed(_of_grade(answer, wanted, request.args.get("grade")))
    return page(
        "oversight/rows.html",
        rows=wanted,
        group=None if group is None else report.names.get(group, group),
        members=members,
        described=queries.describe_rows([m.training.enrolment_id for m in members.items]),
        report=report,
        diagnoses=policies.can_see_diagnoses(actor),
        back=url_for("oversight.overview", **_asked("group", "grade", "page")),
    )


def _of_grade(answer: Answer, rows: RowSet, grade: str | None) -> Sequence[Member]:
    """The rows behind a number; of the converted perhaps those of one grade of evidence alone."""
    if rows is not RowSet.CONVERTED or grade is None:
        return rules.rows_behind(answer, rows)
    grades = rules.converted_by_grade(answer)
    return found(
        next((members for known, members in grades.items() if (known or "none") == grade), None)
    )


@bp.get("/oversight/cases/<int:enrolment_id>")
@requires(policies.can_see_indicators)
def case(enrolment_id: int) -> ResponseReturnValue:
    """One person's training and what came of it, with the documents."""
    actor = current_actor()
    found_case = found(queries.find_case(viewer=actor, enrolment_id=enrolment_id))
    form = FindingForm() if policies.can_note_findings(actor) else None
    return _case_page(actor, found_case, form)


@bp.post("/oversight/cases/<int:enrolment_id>")
@requires(policies.can_note_findings)
def note_finding(enrolment_id: int) -> ResponseReturnValue:
    """Note a finding on a case."""
    actor = current_actor()
    found_case = found(queries.find_case(viewer=actor, enrolment_id=enrolment_id))
    form = FindingForm()
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.note_finding(
                actor=actor,
                subject_type=found_case.enrolment.__tablename__,
                subject_id=found_case.enrolment.id,
                text=form.text.data,
                nonce=form.nonce.data,
            )
        if form.ok:
            return done("审计发现已记录。", url_for("oversight.case", enrolment_id=enrolment_id))
    return _case_page(actor, found_case, form)


def _case_page(
    actor: Actor, found_case: queries.Case, form: FindingForm | None
) -> ResponseReturnValue:
    enrolment = found_case.enrolment
    sees_findings = policies.can_see_findings(actor)
    return page(
        "oversight/case.html",
        case=found_case,
        form=form,
        residence=regions.full_name(found_case.person.residence_code),
        diagnoses=policies.can_see_diagnoses(actor),
        findings=queries.findings_on(subject_type=enrolment.__tablename__, subject_id=enrolment.id)
        if sees_findings
        else None,
        history=_history(enrolment),
    )


@bp.get("/oversight/targets")
@requires(policies.can_see_targets)
def targets() -> ResponseReturnValue:
    """What the plans promise and how far it has come."""
    actor = current_actor()
    today = clock.today()
    plans = queries.plans(viewer=actor)
    facts = queries.load_facts(viewer=actor)
    progress = []
    for plan in plans:
        question = Question(plan.starts_on, plan.ends_on, today)
        achieved = {
            TargetIndicator.TRAINED: rules.answer(facts, question).figures.trained_persons,
            TargetIndicator.EMPLOYED: len(_newly_employed(plan, actor)),
        }
        progress.append((plan, [(target, achieved[target.indicator]) for target in plan.targets]))
    return page(
        "oversight/targets.html",
        progress=progress,
        definitions=rules.DEFINITIONS,
        today=today,
        own_region=actor.region_code if policies.can_set_targets(actor) else None,
        percentage=lambda value, target: rules.percentage(Rate(value, target)),
    )


@bp.get("/oversight/plans/<int:plan_id>/newly-employed")
@requires(policies.can_see_targets)
def newly_employed(plan_id: int) -> ResponseReturnValue:
    """Who is counted as newly employed under a plan."""
    actor = current_actor()
    plan = found(next((plan for plan in queries.plans(viewer=actor) if plan.id == plan_id), None))
    spells = listed(_newly_employed(plan, actor))
    return page(
        "oversight/newly_employed.html",
        plan=plan,
        spells=spells,
        described=queries.describe_spells([spell.spell_id for spell in spells.items]),
        definition=rules.DEFINITIONS["employed"],
        today=clock.today(),
    )


@bp.route("/oversight/plans/new", methods=["GET", "POST"])
@requires(policies.can_set_targets)
def add_plan() -> ResponseReturnValue:
    """Enter a plan and its targets."""
    form = PlanForm()
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.add_plan(actor=current_actor(), terms=_terms(form))
        if form.ok:
            return done("行动方案已登记。", url_for("oversight.targets"))
    return page("oversight/plan.html", form=form, plan=None, history=[])


@bp.route("/oversight/plans/<int:plan_id>/edit", methods=["GET", "POST"])
@requires(policies.can_set_targets)
def edit_plan(plan_id: int) -> ResponseReturnValue:
    """Change a plan of one's own region."""
    actor = current_actor()
    plan = found(queries.find_own_plan(viewer=actor, plan_id=plan_id))
    targets = {target.indicator.value: target.value for target in plan.targets}
    form = PlanForm(obj=plan, data=targets)
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.change_plan(actor=actor, plan=plan, terms=_terms(form))
        if form.ok:
            return done("行动方案已修改。", url_for("oversight.targets"))
    return page("oversight/plan.html", form=form, plan=plan, history=_history(plan))


def _terms(form: PlanForm) -> PlanTerms:
    values = {
        TargetIndicator.TRAINED: form.trained.data,
        TargetIndicator.EMPLOYED: form.employed.data,
    }
    return PlanTerms(
        form.title.data,
        form.starts_on.data,
        form.ends_on.data,
        form.source.data,
        {indicator: value for indicator, value in values.items() if value is not None},
    )


def _newly_employed(plan: Plan, actor: Actor) -> tuple[Spell, ...]:
    spells = queries.load_spells(region_code=_narrower(plan.region_code, actor))
    return rules.newly_employed(spells, plan.starts_on, plan.ends_on, clock.today())


def _narrower(region_code: str, actor: Actor) -> str:
    """The plan's region, or the viewer's own where it is smaller."""
    own = actor.region_code or ""
    return own if own.startswith(region_code) else region_code


@bp.get("/oversight/findings")
@requires(policies.can_see_findings)
def findings() -> ResponseReturnValue:
    """What auditors noted."""
    form = FindingFilter()
    listing = paginate(queries.list_findings(viewer=current_actor(), state=form.state.data))
    return page("oversight/findings.html", form=form, findings=listing)


@bp.route("/oversight/findings/<int:finding_id>", methods=["GET", "POST"])
@requires(policies.can_note_findings)
def settle(finding_id: int) -> ResponseReturnValue:
    """Say how a finding stands."""
    actor = current_actor()
    finding = found(queries.find_finding(viewer=actor, finding_id=finding_id))
    form = FindingStateForm(obj=finding)
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.settle_finding(actor=actor, finding=finding, state=form.state.data)
        if form.ok:
            return done("处理结果已保存。", url_for("oversight.findings"))
    return page("oversight/settle.html", form=form, finding=finding, history=_history(finding))


def _history(subject: Any) -> list[eventlog.Entry]:
    return [eventlog.entry(event) for event in eventlog.history_of(subject)]


@bp.get("/oversight/events")
@requires(policies.can_see_events)
def events() -> ResponseReturnValue:
    """The log of operations."""
    form = EventFilter()
    listing = paginate(
        queries.list_events(
            text=form.text.data, subject=form.subject.data, start=form.start.data, end=form.end.data
        )
    )
    return page(
        "oversight/events.html",
        form=form,
        events=listing,
        seal=queries.last_seal(),
        in_words=rules.detail_in_words,
    )


def tasks(actor: Actor) -> Iterator[Task | Standing]:
    """Open findings, and how the newest plan stands."""
    if policies.can_see_findings(actor):
        yield Task(
            queries.count_open_findings(viewer=actor),
            "审计发现待核查",
            "oversight.findings",
            {"state": "open"},
        )
    plans = queries.plans(viewer=actor) if policies.can_see_targets(actor) else []
    if plans:
        yield from _standings(actor, plans[0])


def _standings(actor: Actor, plan: Plan) -> Iterator[Standing]:
    question = Question(plan.starts_on, plan.ends_on, clock.today())
    figures = rules.answer(queries.load_facts(viewer=actor), question).figures
    asked = {"start": question.start.isoformat(), "end": question.end.isoformat()}
    period = f"{question.start.year}-{question.end.year} 年，截止今天"
    yield Standing("培训人数", str(figures.trained_persons), "oversight.overview", asked, period)
    for label, rate in (
        ("培训后就业转化率（90 天）", figures.conversion),
        ("稳定率（180 天）", figures.stability_any),
        ("回访到达率", figures.response),
    ):
        percent = f"{rules.percentage(rate)} %" if rate.denominator else rules.percentage(rate)
        parts = f"{rate.numerator} / {rate.denominator} 人"
        yield Standing(label, percent, "oversight.overview", asked, parts)
