"""Making one record of two that are of the same person, with nothing lost."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app.people import queries
from app.people.models import Consent, NeedRegistration, Person, PersonMerge, YearlyCheck
from app.people.types import ConsentPurpose, HouseholdFlag
from app.platform import clock, eventlog
from app.platform.access import Actor
from app.platform.db import db
from app.platform.errors import DomainError
from app.platform.unit_of_work import explain_constraints

explain_constraints(
    {
        "uq_person_merge_merged_id": (None, "这份记录已经合并过，请刷新页面。"),
        "fk_person_merge_kept_id": (None, "没有找到要保留的记录，请重新选择。"),
        "fk_person_merge_merged_id": (None, "没有找到要合并的记录，请重新选择。"),
    }
)

#: What the rows of a table are called on the page; a table that is not here is shown by its name.
_LABELS = {
    "ability_assessment": "职业能力评估",
    "account_request": "开户申请",
    "audit_finding": "审计记录",
    "certificate": "结业证书",
    "consent": "同意记录",
    "disability_certificate": "残疾人证",
    "employment_spell": "就业记录",
    "enrolment": "报名",
    "follow_up": "跟踪回访",
    "guardian": "监护人",
    "need_registration": "需求登记",
    "person": "家属和以前合并的记录",
    "role_grant": "登录账户",
    "yearly_check": "年度核查",
}
_REFUSALS = {
    "account_request": "两份记录各有一份待确认的开户申请，请先处理其中一份。",
    "enrolment": "两份记录在同一个班期里各有一个报名，请先让其中一个退出，再合并。",
    "role_grant": "同一个账户同时是两份记录的学员，请先请系统管理员收回其中一个角色。",
}
_OVERLAP = (
    "两份记录里有不能同时存在的内容，例如同一个岗位上重叠的就业时间。请先更正其中一份，再合并。"
)


@dataclass(frozen=True, slots=True)
class MergePlan:
    """What a merge will do, before it is done.

    `moves` are (what, rows); `filled` what the kept record takes over because its own is empty; `settled` how
    rows that cannot stand side by side are dealt with; `refusals` why it cannot be done yet.
    """

    moves: list[tuple[str, int]]
    filled: list[str]
    settled: list[str]
    warnings: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


def plan_merge(*, kept: Person, other: Person) -> MergePlan:
    """Look at everything that points to `other`, and at what both have."""
    counts: dict[str, int] = {}
    for name, count in queries.count_references(other.id).items():
        label = _label(name.partition(".")[0])
        counts[label] = counts.get(label, 0) + count
    found = queries.clashes(kept_id=kept.id, other_id=other.id)
    for clash in found:
        counts[_label(clash.table.name)] -= 1
    settled = [_settlement(clash) for clash in found if clash.table.name in _SETTLED]
    settled += [
        f"“{purpose.label}”：其中一份记录后来撤回过同意，合并后按已撤回处理。"
        for purpose in _withdrawn_later(kept.id, other.id)
    ]
    return MergePlan(
        moves=sorted((label, count) for label, count in counts.items() if count > 0),
        filled=[label for label, _ in _filled(kept, other)],
        settled=settled,
        warnings=_warnings(kept, other),
        refusals=_refusals(kept, other, found),
    )


def merge_persons(*, actor: Actor, kept: Person, other: Person) -> PersonMerge:
    """Move every row that points to `other` to `kept`; `other` stays as an empty record that points to `kept`.

    Rows that a unique key forbids side by side are settled as the plan says, and the one that does not count stays
    with `other`. Raises DomainError where that cannot be settled.
    """
    first, second = sorted((kept.id, other.id))
    db.session.execute(
        select(Person.id)
        .where(Person.id.in_((first, second)))
        .order_by(Person.id)
        .with_for_update()
    )
    db.session.refresh(kept)
    db.session.refresh(other)
    found = queries.clashes(kept_id=kept.id, other_id=other.id)
    refusals = _refusals(kept, other, found)
    if refusals:
        raise DomainError(" ".join(refusals))
    _settle(found)
    for _, names in _filled(kept, other):
        for name in names:
            setattr(kept, name, getattr(other, name))
    other.merged_into_id = kept.id
    db.session.flush()
    moved = _move(kept.id, other.id, leave=found)
    _withdraw_where_withdrawn(kept.id)
    merge = PersonMerge(
        kept_id=kept.id,
        merged_id=other.id,
        merged_at=clock.now(),
        merged_by_id=actor.account_id,
        moved=moved,
    )
    db.session.add(merge)
    db.session.flush()
    count = sum(map(len, moved.values()))
    eventlog.record(
        actor=actor,
        action="person.merged",
        subject=kept,
        detail={
            "merged_id": other.id,
            "rows": count,
            "note": f"合并了第 {other.id} 号记录，转来 {count} 条",
        },
    )
    db.session.expire_all()
    return merge


def _label(table: str) -> str:
    return _LABELS.get(table, table)


# What cannot be done


def _refusals(kept: Person, other: Person, found: Iterable[queries.MergeClash]) -> list[str]:
    refused = []
    if kept.id == other.id:
        refused.append("一份记录不能与自己合并，请选择另一份。")
    if kept.merged_into_id is not None or other.merged_into_id is not None:
        refused.append("其中一份记录已经合并过，请刷新页面。")
    if kept.family_member_of_id == other.id or other.family_member_of_id == kept.id:
        refused.append("两份记录登记为残疾人和家属，不是同一个人。如果登记有误，请先更正。")
    for clash in found:
        if clash.table.name not in _SETTLED:
            message = _REFUSALS.get(clash.table.name)
            refused.append(
                message
                or f"两份记录在“{_label(clash.table.name)}”里有不能同时存在的内容，请先更正其中一份。"
            )
    return list(dict.fromkeys(refused))


def _warnings(kept: Person, other: Person) -> list[str]:
    found = []
    if kept.name != other.name:
        found.append("两份记录的姓名不同。")
    if kept.sex != other.sex or kept.birth_date != other.birth_date:
        found.append("两份记录的性别或出生日期不同，至少有一个身份证号登记错了，请对照身份证原件。")
    if kept.residence_code != other.residence_code:
        found.append("两份记录的居住地不同，合并后以保留的记录为准。")
    return found


# What both have


def _settlement(clash: queries.MergeClash) -> str:
    if clash.table.name == "yearly_check":
        kept, other = _checks(clash)
        used = max(kept, other, key=lambda check: check.checked_on)
        return (
            f"两份记录都有 {kept.year} 年的核查：采用 {used.checked_on.isoformat()} 的一份，"
            "另一份留在被合并的记录里备查。"
        )
    if clash.table.name == "need_registration":
        year, kind = clash.key
        return f"两份记录都登记了 {year} 年的{kind.label}：两份内容合在一起。"
    (purpose,) = clash.key
    return f"两份记录都有“{purpose.label}”的同意：保留的记录里的一份继续有效，另一份留在被合并的记录里备查。"


def _settle(found: Iterable[queries.MergeClash]) -> None:
    for clash in found:
        if clash.table.name in _SETTLED:
            _SETTLED[clash.table.name](clash)


def _checks(clash: queries.MergeClash) -> tuple[YearlyCheck, YearlyCheck]:
    return (
        db.session.get_one(YearlyCheck, clash.kept_row),
        db.session.get_one(YearlyCheck, clash.other_row),
    )


def _use_later_check(clash: queries.MergeClash) -> None:
    """The two rows change their contents, not their keys, where the other one is the later."""
    kept, other = _checks(clash)
    if other.checked_on > kept.checked_on:
        for name in ("checked_on", "employment", "note", "recorded_by_id"):
            mine, theirs = getattr(kept, name), getattr(other, name)
            setattr(kept, name, theirs)
            setattr(other, name, mine)


def _join_wishes(clash: queries.MergeClash) -> None:
    kept = db.session.get_one(NeedRegistration, clash.kept_row)
    other = db.session.get_one(NeedRegistration, clash.other_row)
    joined = "；".join(dict.fromkeys(filter(None, (kept.wish, other.wish))))
    # What does not fit can still be read in the row that stays behind.
    kept.wish = joined[:200]


def _keep_both_consents(clash: queries.MergeClash) -> None:
    """Nothing to do: the kept one counts and the other one stays behind, unchanged."""


_SETTLED = {
    "yearly_check": _use_later_check,
    "need_registration": _join_wishes,
    "consent": _keep_both_consents,
}


def _filled(kept: Person, other: Person) -> list[tuple[str, tuple[str, ...]]]:
    """What the kept record takes over: (label, columns)."""
    found: list[tuple[str, tuple[str, ...]]] = []

    def take(label: str, *names: str) -> None:
        found.append((label, names))

    if kept.phone is None and other.phone is not None:
        take("电话", "phone", "phone_index")
    if kept.education is None and other.education is not None:
        take("文化程度", "education")
    if kept.deceased_on is None and other.deceased_on is not None:
        take("去世日期", "deceased_on")
    for flag in HouseholdFlag:
        if getattr(other, flag.value) and not getattr(kept, flag.value):
            take(flag.label, flag.value)
    if kept.family_member_of_id is not None and other.family_member_of_id is None:
        take("残疾人本人（不再按家属登记）", "family_member_of_id")
    return found


# Moving


def _move(
    kept_id: int, other_id: int, *, leave: Iterable[queries.MergeClash]
) -> dict[str, list[int]]:
    """Point every row to `kept_id`; the ids that moved, by `table.column`."""
    left: dict[str, set[int]] = {}
    for clash in leave:
        left.setdefault(clash.table.name, set()).add(clash.other_row)
    moved: dict[str, list[int]] = {}
    for reference in queries.person_references():
        table = reference.table
        statement = update(table).where(reference.points_to(other_id))
        stays = left.get(table.name)
        if stays:
            statement = statement.where(table.c.id.not_in(stays))
        try:
            with db.session.begin_nested():
                ids = db.session.scalars(
                    statement.values({reference.column.name: kept_id}).returning(table.c.id)
                ).all()
        except IntegrityError as error:
            raise DomainError(_OVERLAP) from error
        if ids:
            moved[reference.name] = sorted(ids)
    return moved


# Consent that was withdrawn


def _withdrawn_later(*person_ids: int) -> list[ConsentPurpose]:
    """Purposes that are agreed to in one record and were withdrawn later in another."""
    live = _live_consents(person_ids)
    ends = _last_withdrawals(person_ids)
    return sorted(
        {one.purpose for one in live if one.purpose in ends and one.given_at < ends[one.purpose]}
    )


def _withdraw_where_withdrawn(person_id: int) -> None:
    """The person's last word counts, whichever record it was told to."""
    ends = _last_withdrawals((person_id,))
    for consent in _live_consents((person_id,)):
        end = ends.get(consent.purpose)
        if end is not None and consent.given_at < end:
            consent.withdrawn_at = end
    db.session.flush()


def _live_consents(person_ids: Iterable[int]) -> list[Consent]:
    return list(
        db.session.scalars(
            select(Consent)
            .where(Consent.person_id.in_(list(person_ids)), Consent.withdrawn_at.is_(None))
            .execution_options(populate_existing=True)
        )
    )


def _last_withdrawals(person_ids: Iterable[int]) -> dict[ConsentPurpose, datetime]:
    rows = db.session.execute(
        select(Consent.purpose, func.max(Consent.withdrawn_at).label("withdrawn_at"))
        .where(Consent.person_id.in_(list(person_ids)), Consent.withdrawn_at.is_not(None))
        .group_by(Consent.purpose)
    )
    return {row.purpose: row.withdrawn_at for row in rows}
