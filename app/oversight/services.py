"""What oversight writes: the findings of auditors and the plans of a federation."""

from app.oversight.models import AuditFinding, Plan, Target
from app.oversight.queries import find_finding_by_nonce
from app.oversight.types import FindingState, PlanTerms, TargetIndicator
from app.platform import clock, eventlog
from app.platform.access import Actor
from app.platform.db import db
from app.platform.unit_of_work import explain_constraints

explain_constraints({"uq_plan_title": ("title", "本地区已有同名的方案，请换一个名称。")})


def note_finding(
    *, actor: Actor, subject_type: str, subject_id: int, text: str, nonce: str
) -> AuditFinding:
    """Note a finding on a row; the same `nonce` gives the same finding."""
    known = find_finding_by_nonce(nonce)
    if known is not None:
        return known
    finding = AuditFinding(
        subject_type=subject_type,
        subject_id=subject_id,
        state=FindingState.OPEN,
        text=text,
        noted_at=clock.now(),
        noted_by_id=actor.account_id,
        nonce=nonce,
    )
    db.session.add(finding)
    eventlog.record(actor=actor, action="finding.noted", subject=finding)
    return finding


def settle_finding(*, actor: Actor, finding: AuditFinding, state: FindingState) -> None:
    """Say how a finding stands; every change is in the log."""
    if finding.state is state:
        return
    eventlog.record(
        actor=actor,
        action="finding.settled",
        subject=finding,
        detail={"from": finding.state, "to": state},
    )
    finding.state = state


def add_plan(*, actor: Actor, terms: PlanTerms) -> Plan:
    """A plan of the actor's region with its targets."""
    plan = Plan(region_code=actor.region_code)
    db.session.add(plan)
    _write_terms(plan, terms)
    eventlog.record(actor=actor, action="plan.added", subject=plan, detail=_told(terms))
    return plan


def change_plan(*, actor: Actor, plan: Plan, terms: PlanTerms) -> None:
    """Change what a plan promises; the log keeps what it promised before."""
    before = plan_terms(plan)
    if before == terms:
        return
    _write_terms(plan, terms)
    eventlog.record(
        actor=actor,
        action="plan.changed",
        subject=plan,
        detail={"before": _told(before), "after": _told(terms)},
    )


def plan_terms(plan: Plan) -> PlanTerms:
    """What a plan says at present."""
    targets = {target.indicator: target.value for target in plan.targets}
    return PlanTerms(plan.title, plan.starts_on, plan.ends_on, plan.source, targets)


def _write_terms(plan: Plan, terms: PlanTerms) -> None:
    plan.title, plan.source = terms.title, terms.source
    plan.starts_on, plan.ends_on = terms.starts_on, terms.ends_on
    kept = {target.indicator: target for target in plan.targets}
    plan.targets = [
        kept.get(indicator, Target(indicator=indicator))
        for indicator in TargetIndicator
        if indicator in terms.targets
    ]
    for target in plan.targets:
        target.value = terms.targets[target.indicator]


def _told(terms: PlanTerms) -> dict[str, str | int]:
    period = f"{terms.starts_on} / {terms.ends_on}"
    return {
        "title": terms.title,
        "period": period,
        **{str(name): value for name, value in terms.targets.items()},
    }
