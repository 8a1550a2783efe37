"""Register and correct employing units."""

from app.employers import queries
from app.employers.models import Employer
from app.employers.rules import parse_credit_code
from app.employers.types import EmployerKind
from app.platform import eventlog
from app.platform.access import Actor
from app.platform.db import db
from app.platform.errors import DomainError
from app.platform.unit_of_work import explain_constraints

explain_constraints(
    {
        "uq_employer_credit_code": (
            "credit_code",
            "这个统一社会信用代码已经登记过，请在列表中按代码查找，不要重复登记。",
        ),
        "ck_employer_posts": ("posts", "在职人数不能小于 0。"),
    }
)


def add(
    *, actor: Actor, name: str, credit_code: str, kind: EmployerKind, region_code: str, posts: int
) -> Employer:
    """Register an employer. Raises DomainError for a wrong code or a place outside the actor's area."""
    _check_place(actor, region_code)
    employer = Employer(
        name=name,
        credit_code=parse_credit_code(credit_code),
        kind=kind,
        region_code=region_code,
        posts=posts,
    )
    db.session.add(employer)
    db.session.flush()
    eventlog.record(actor=actor, action="employer.added", subject=employer, detail={"name": name})
    return employer


def change(
    *,
    actor: Actor,
    employer: Employer,
    name: str,
    credit_code: str,
    kind: EmployerKind,
    region_code: str,
    posts: int,
) -> None:
    """Correct an employer; what changed is logged with what was there before."""
    if region_code != employer.region_code:
        _check_place(actor, region_code)
    wanted = {
        "name": name,
        "credit_code": parse_credit_code(credit_code),
        "kind": kind,
        "region_code": region_code,
        "posts": posts,
    }
    changes = {
        column: [getattr(employer, column), value]
        for column, value in wanted.items()
        if getattr(employer, column) != value
    }
    if not changes:
        return
    for column, value in wanted.items():
        setattr(employer, column, value)
    db.session.flush()
    eventlog.record(
        actor=actor, action="employer.changed", subject=employer, detail={"changes": changes}
    )


def _check_place(actor: Actor, region_code: str) -> None:
    if region_code not in {code for code, _ in queries.places(actor)}:
        raise DomainError("请选择本区范围内的所在地。", "region_code")
