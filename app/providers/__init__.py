"""Training bases: accreditation, venues, teachers."""

from collections.abc import Iterator
from datetime import timedelta

from flask import Flask

from app.platform.access import Actor
from app.platform.pages import Standing, Task

#: Days before its end in which an accreditation is told to run out.
WARN_DAYS = 60


def init_app(app: Flask) -> None:
    from app.identity.queries import register_scope
    from app.identity.types import ScopeSource
    from app.platform import eventlog
    from app.platform.access import Role
    from app.platform.pages import register_tasks
    from app.platform.unit_of_work import explain_constraints
    from app.providers import queries
    from app.providers.routes import bp
    from app.providers.types import ACTIONS, SUBJECTS

    eventlog.explain(actions=ACTIONS, subjects=SUBJECTS)
    app.register_blueprint(bp)
    register_tasks(tasks)
    register_scope(
        Role.PROVIDER, ScopeSource(label=queries.scope_label, choices=queries.scope_choices)
    )
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


def tasks(actor: Actor) -> Iterator[Task | Standing]:
    """The federation is told which accreditations run out."""
    from app.platform import clock
    from app.providers import policies, queries

    if not policies.can_manage_providers(actor):
        return
    today = clock.today()
    ending = queries.accreditations_ending(
        viewer=actor, since=today, until=today + timedelta(days=WARN_DAYS)
    )
    yield Task(
        ending, "培训基地资质即将到期", "providers.index", note=f"{WARN_DAYS} 天之内到期，还没有续"
    )
