"""What classes ask of the federation and of a base today."""

from collections.abc import Iterator, Mapping

from app.courses import queries
from app.courses.types import ClassState
from app.platform import clock
from app.platform.access import Actor, Role
from app.platform.formats import clock_time
from app.platform.pages import Standing, Task, Urgency


def tasks(actor: Actor) -> Iterator[Task | Standing]:
    """What classes ask of the federation and of a base today."""
    if actor.role is Role.FEDERATION:
        yield from _federation_tasks(actor)
    elif actor.role is Role.PROVIDER:
        yield from _provider_tasks(actor)


def _federation_tasks(actor: Actor) -> Iterator[Task | Standing]:

    counts = queries.count_by_state(actor)
    yield Task(
        counts.get(ClassState.SUBMITTED, 0),
        "开班申请等待审批",
        "courses.index",
        {"state": ClassState.SUBMITTED.value},
        due=queries.earliest_start(actor, ClassState.SUBMITTED),
        note="日期是最早一期的开课日期",
    )
    yield from _standings(counts)


def _provider_tasks(actor: Actor) -> Iterator[Task | Standing]:

    today = clock.today()
    counts = queries.count_by_state(actor)
    sessions = queries.sessions_on(viewer=actor, day=today)
    if sessions:
        first = sessions[0]
        yield Task(
            len(sessions),
            "今天的课",
            "courses.today",
            due=today,
            note=f"第一节 {clock_time(first.during.lower)}，{first.training_class.title}",
        )
    yield Task(
        counts.get(ClassState.RETURNED, 0),
        "被退回的班期要修改",
        "courses.index",
        {"state": ClassState.RETURNED.value},
        due=queries.earliest_start(actor, ClassState.RETURNED),
        note="日期是最早一期的开课日期",
    )
    yield Task(
        queries.count_to_start(actor, as_of=today),
        "到了开课日期，还没有开课",
        "courses.index",
        {"state": ClassState.ENROLLING.value, "until": today.isoformat()},
        urgency=Urgency.TODAY,
    )
    yield Task(
        counts.get(ClassState.APPROVED, 0),
        "已批准，可以开放报名",
        "courses.index",
        {"state": ClassState.APPROVED.value},
        urgency=Urgency.SOON,
    )
    yield Task(
        counts.get(ClassState.DRAFT, 0),
        "草稿要写完",
        "courses.index",
        {"state": ClassState.DRAFT.value},
    )
    yield from _standings(counts)


def _standings(counts: Mapping[ClassState, int]) -> Iterator[Standing]:
    for state in (ClassState.ENROLLING, ClassState.RUNNING):
        yield Standing(
            f"{state.label}的班期",
            str(counts.get(state, 0)),
            "courses.index",
            {"state": state.value},
        )
