"""What oversight writes: the findings of auditors."""

from app.oversight.models import AuditFinding
from app.oversight.queries import find_finding_by_nonce
from app.oversight.types import FindingState
from app.platform import clock, eventlog
from app.platform.access import Actor
from app.platform.db import db


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
