"""The indicators as a workbook: figures, definitions, and every row from which they can be computed anew."""

import io
from collections.abc import Iterable, Mapping

from app.oversight import rules
from app.oversight.types import Answer, Facts, Question, Rate
from app.platform.sheets import Column, Sheet, workbook

_TITLES: Mapping[str, str] = {
    "trained_persons": "培训人数",
    "trained_times": "培训人次",
    "completed_persons": "结业人数",
    "completed_times": "结业人次",
    "cohort": "转化率统计对象",
    "excluded": "排除",
    "immature": "未到期",
    "conversion": "培训后就业转化率",
    "conversion_reached": "已联系上的人的转化率（参考）",
    "response": "回访到达率",
    "stability_any": "稳定率（任一单位）",
    "stability_same": "稳定率（同一单位）",
}


def indicators_workbook(
    facts: Facts,
    question: Question,
    whole: Answer,
    parts: Mapping[str, Answer],
    notes: Iterable[str],
    *,
    diagnoses: bool = True,
) -> io.BytesIO:
    """`parts` are the groups by their printed name; `notes` say the filter. Persons stand as register numbers only.

    Without `diagnoses`, for a base, the cells of category, residence and reasons are empty, and workplaces are only
    told apart: the figures can still be computed anew.
    """
    return workbook(
        [
            _question_sheet(question, notes),
            _figures_sheet(whole, parts),
            _members_sheet(whole, diagnoses),
            _trainings_sheet(facts, diagnoses),
            _spells_sheet(facts, diagnoses),
            _follow_ups_sheet(facts),
            _exclusions_sheet(facts, diagnoses),
            Sheet(
                "指标定义",
                [Column("指标", 28), Column("定义", 100), Column("版本", 8), Column("依据", 50)],
                [[d.title, d.text, d.version, d.source] for d in rules.DEFINITIONS.values()],
            ),
        ]
    )


def _question_sheet(question: Question, notes: Iterable[str]) -> Sheet:
    rows: list[list[object]] = [
        ["期间开始", question.start],
        ["期间结束", question.end],
        ["截止日", question.as_of],
        ["T（天）", question.conversion_days],
        ["D（天）", question.stability_days],
    ]
    return Sheet(
        "问题", [Column("项目", 20), Column("内容", 60)], rows + [["筛选", note] for note in notes]
    )


def _figures_sheet(whole: Answer, parts: Mapping[str, Answer]) -> Sheet:
    columns = [Column("指标", 30), Column("合计", 18), *(Column(name, 18) for name in parts)]
    answers = [whole, *parts.values()]
    rows = []
    for name, title in _TITLES.items():
        values = [getattr(answer.figures, name) for answer in answers]
        if isinstance(values[0], Rate):
            rows.append(
                [
                    title,
                    *(
                        f"{rules.percentage(rate)} %" if rate.denominator else "—"
                        for rate in values
                    ),
                ]
            )
            rows.append([f"{title}：分子", *(rate.numerator for rate in values)])
            rows.append([f"{title}：分母", *(rate.denominator for rate in values)])
        else:
            rows.append([title, *values])
    return Sheet("指标", columns, rows)


def _members_sheet(whole: Answer, diagnoses: bool) -> Sheet:
    headings = (
        "报名编号 人员编号 结业日期 状态 联系上 就业编号 就业开始 排除原因 排除日期 "
        "稳定（任一单位） 稳定（同一单位）"
    )
    return Sheet(
        "统计对象",
        [Column(heading) for heading in headings.split()],
        (
            [
                m.training.enrolment_id,
                m.training.person_id,
                m.training.completed_on,
                m.status,
                m.reached,
                m.spell.spell_id if m.spell else None,
                m.spell.started_on if m.spell else None,
                m.exclusion.reason if m.exclusion and diagnoses else None,
                m.exclusion.since if m.exclusion else None,
                m.stable_any,
                m.stable_same,
            ]
            for m in whole.members
        ),
    )


def _trainings_sheet(facts: Facts, diagnoses: bool) -> Sheet:
    headings = (
        "报名编号 人员编号 班期编号 培训基地编号 培训类型 培训项目 性别 城乡 残疾类别 居住地代码 报名日期 开课日期 "
        "到过课 报名时申报已就业 结业日期"
    )
    return Sheet(
        "培训",
        [Column(heading) for heading in headings.split()],
        (
            [
                t.enrolment_id,
                t.person_id,
                t.class_id,
                t.provider_id,
                t.kind,
                t.field,
                t.sex,
                t.hukou,
                t.category if diagnoses else None,
                t.residence_code if diagnoses else None,
                t.applied_on,
                t.started_on,
                t.attended,
                t.employed_at_enrolment,
                t.completed_on,
            ]
            for t in facts.trainings
        ),
    )


def _spells_sheet(facts: Facts, diagnoses: bool) -> Sheet:
    numbers = {
        place: n for n, place in enumerate(dict.fromkeys(s.workplace for s in facts.spells), 1)
    }
    return Sheet(
        "就业",
        [
            Column(heading)
            for heading in ["就业编号", "人员编号", "开始日期", "结束日期", "单位", "证据等级"]
        ],
        (
            [
                s.spell_id,
                s.person_id,
                s.started_on,
                s.ended_on,
                s.workplace if diagnoses else f"单位 {numbers[s.workplace]}",
                s.grade,
            ]
            for s in facts.spells
        ),
    )


def _follow_ups_sheet(facts: Facts) -> Sheet:
    return Sheet(
        "回访",
        [Column(heading) for heading in ["报名编号", "办结日期", "结果"]],
        ([f.enrolment_id, f.closed_on, f.outcome] for f in facts.follow_ups),
    )


def _exclusions_sheet(facts: Facts, diagnoses: bool) -> Sheet:
    return Sheet(
        "排除",
        [Column(heading) for heading in ["报名编号", "起始日期", "原因"]],
        ([e.enrolment_id, e.since, e.reason if diagnoses else None] for e in facts.exclusions),
    )


def figure_titles() -> Mapping[str, str]:
    """Printed name of each figure, in the order in which reports show them."""
    return _TITLES
