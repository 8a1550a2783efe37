"""Commands on training bases: the only writers of their rows."""

from collections.abc import Iterable
from datetime import date
from typing import Any, TypeVar

from app.platform import eventlog
from app.platform.access import Actor
from app.platform.db import HasId, db
from app.platform.errors import DomainError
from app.platform.unit_of_work import explain_constraints
from app.providers import queries, rules
from app.providers.models import Accreditation, Provider, Teacher, TeacherQualification, Venue
from app.providers.types import TrainingKind

explain_constraints(
    {
        "uq_provider_credit_code": (
            "credit_code",
            "这个统一社会信用代码已经登记过，请在培训基地里查找。",
        ),
        "ck_provider_credit_code": (
            "credit_code",
            "统一社会信用代码应为 18 位，不用 I、O、S、V、Z，请核对。",
        ),
        "ck_accreditation_validity": ("valid_to", "结束日期应晚于开始日期，请核对。"),
        "ck_accreditation_kinds": ("kinds", "请至少选择一个批准的培训类别。"),
        "ex_accreditation_period": (
            "valid_from",
            "和已有的资质时间重叠，请改日期，或者先修改那一份。",
        ),
        "ck_venue_capacity": ("capacity", "最多容纳人数应在 1 到 500 之间。"),
        "uq_venue_name": ("name", "本基地已有同名的场地，请换一个名称。"),
        "ck_teacher_qualification_validity": ("valid_to", "有效期应晚于生效日期，请核对。"),
    }
)

R = TypeVar("R", bound=HasId)

#: Attributes whose values never stand in the event log.
_UNTOLD = frozenset({"contact_phone", "contact_name"})


def save_provider(
    *,
    actor: Actor,
    provider: Provider | None,
    name: str,
    credit_code: str,
    region_code: str,
    address: str,
    contact_name: str,
    contact_phone: str,
) -> Provider:
    """Enter a base in the actor's region, or change one."""
    code = rules.check_credit_code(credit_code)
    if not region_code.startswith(actor.region_code or "-"):
        raise DomainError("这个区划不在您管理的范围内，请重新选择。", "region_code")
    return _save(
        actor,
        provider or Provider(),
        {
            "name": name,
            "credit_code": code,
            "region_code": region_code,
            "address": address,
            "contact_name": contact_name,
            "contact_phone": contact_phone,
        },
    )


def save_accreditation(
    *,
    actor: Actor,
    provider: Provider,
    accreditation: Accreditation | None,
    valid_from: date,
    valid_to: date,
    kinds: Iterable[TrainingKind],
    document_number: str,
) -> Accreditation:
    """Accredit a base for some kinds in a period; both days belong to it.

    Raises DomainError naming the period that this one would overlap.
    """
    rules.refuse_period(valid_from, valid_to)
    other = queries.overlapping_accreditation(
        provider_id=provider.id,
        valid_from=valid_from,
        valid_to=valid_to,
        besides=accreditation.id if accreditation else None,
    )
    if other is not None:
        raise DomainError(
            f"和已有的资质（{other.valid_from} 至 {other.valid_to}，{other.document_number}）时间重叠，"
            "请改日期，或者先修改那一份。",
            "valid_from",
        )
    return _save(
        actor,
        accreditation or Accreditation(provider_id=provider.id),
        {
            "valid_from": valid_from,
            "valid_to": valid_to,
            "kinds": [kind.value for kind in TrainingKind if kind in kinds],
            "document_number": document_number,
        },
        about=provider,
    )


def save_venue(
    *,
    actor: Actor,
    provider: Provider,
    venue: Venue | None,
    name: str,
    address: str,
    capacity: int,
    step_free: bool,
    accessible_toilet: bool,
    tactile_guidance: bool,
    screen_readers: bool,
    way_there: str,
    closed_on: date | None,
) -> Venue:
    """Enter a venue of a base, or change one; a closed one stays for the classes it held."""
    return _save(
        actor,
        venue or Venue(provider_id=provider.id),
        {
            "name": name,
            "address": address,
            "capacity": capacity,
            "step_free": step_free,
            "accessible_toilet": accessible_toilet,
            "tactile_guidance": tactile_guidance,
            "screen_readers": screen_readers,
            "way_there": way_there,
            "closed_on": closed_on,
        },
        about=provider,
    )


def save_teacher(
    *, actor: Actor, provider: Provider, teacher: Teacher | None, name: str, left_on: date | None
) -> Teacher:
    """Enter a teacher of a base, or change one; who left stays for the sessions taught."""
    return _save(
        actor,
        teacher or Teacher(provider_id=provider.id),
        {"name": name, "left_on": left_on},
        about=provider,
    )


def save_qualification(
    *,
    actor: Actor,
    teacher: Teacher,
    qualification: TeacherQualification | None,
    title: str,
    number: str,
    kinds: Iterable[TrainingKind],
    valid_from: date,
    valid_to: date | None,
) -> TeacherQualification:
    """Enter what a teacher may teach, or change it."""
    rules.refuse_period(valid_from, valid_to)
    return _save(
        actor,
        qualification or TeacherQualification(teacher_id=teacher.id),
        {
            "title": title,
            "number": number,
            "kinds": [kind.value for kind in TrainingKind if kind in kinds],
            "valid_from": valid_from,
            "valid_to": valid_to,
        },
        about=teacher.provider,
    )


def _save(actor: Actor, row: R, values: dict[str, Any], *, about: Provider | None = None) -> R:
    """Set, flush, and log at the base what was entered or changed."""
    new = row.id is None
    changes = []
    for name, value in values.items():
        before = getattr(row, name)
        if before != value:
            told = ("", "") if name in _UNTOLD else (_text(before), _text(value))
            changes.append([name, *told])
            setattr(row, name, value)
    db.session.add(row)
    db.session.flush()
    if new or changes:
        subject: Any = row
        eventlog.record(
            actor=actor,
            action=f"{subject.__tablename__}.{'entered' if new else 'changed'}",
            subject=about or row,
            detail={"name": _name_of(row)} | ({} if new else {"changes": changes}),
        )
    return row


def _name_of(row: Any) -> str:
    for attribute in ("name", "title", "document_number"):
        if hasattr(row, attribute):
            return str(getattr(row, attribute))
    return ""


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(kind.label for kind in TrainingKind if kind.value in value)
    return "" if value is None else str(value)
