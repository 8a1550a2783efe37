"""What the start page tells offices and trainees about persons."""

from collections.abc import Iterator

from app.people import policies, queries
from app.people.routes.register import working_age
from app.people.types import NeedKind
from app.platform import clock
from app.platform.access import Actor, Role
from app.platform.formats import number_zh
from app.platform.pages import Standing, Task, Urgency


def tasks(actor: Actor) -> Iterator[Task | Standing]:
    """Requests that wait at the counter, checks still to make, needs that were told."""
    if policies.is_trainee(actor):
        yield Standing("我的资料", "查看", "people.me", note="残联登记的资料，和我同意过的事项")
        return
    if not policies.can_write_register(actor):
        return
    today = clock.today()
    waiting, oldest = queries.waiting_account_requests(actor)
    if waiting and oldest is not None:
        days = (today - oldest.astimezone(clock.SHANGHAI).date()).days
        yield Task(
            waiting,
            "开户申请等待确认",
            "people.account_requests",
            urgency=Urgency.OVERDUE if days > 3 else Urgency.TODAY,
            note=f"最早的一份已等待 {days} 天" if days else "今天收到",
        )
    if actor.role is Role.TOWNSHIP:
        yield Task(
            queries.count_missing_checks(viewer=actor, today=today, working_age=working_age()),
            f"{today.year} 年还没核查的人（就业年龄段）",
            "people.index",
            {"unchecked": "y"},
            due=today.replace(month=12, day=31),
        )
    yield Standing("在册人员", number_zh(queries.count_persons(actor)), "people.index")
    needs = queries.count_needs(viewer=actor, year=today.year)
    for kind in NeedKind:
        yield Standing(
            f"今年的{kind.label}", number_zh(needs[kind]), "people.index", {"need": kind.value}
        )
