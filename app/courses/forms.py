"""Shape and wording of what is entered about courses, classes and sessions."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from wtforms.validators import InputRequired

from app.courses.types import ClassState, Level, SessionPart, TrainingField
from app.platform.forms import (
    CheckField,
    ChecksField,
    ChoiceField,
    DateField,
    DecimalField,
    FilterForm,
    Form,
    IntegerField,
    Length,
    NumberRange,
    RadioField,
    SearchField,
    SelectField,
    TextAreaField,
    TextField,
    TimeField,
    optional,
    required,
)
from app.providers.types import TrainingKind

Choices = Sequence[tuple[int, str]]

WEEKDAYS = [(number, f"周{name}") for number, name in enumerate("一二三四五六日")]


# ---- catalogue


class CourseFilter(FilterForm):
    text = SearchField("名称、编号或职业", [optional(), Length(max=60)])
    kind = ChoiceField("培训类别", [optional()], choices=TrainingKind)
    field = ChoiceField("领域", [optional()], choices=TrainingField)
    retired = CheckField("只看已停开的", [optional()])


class CourseForm(Form):
    title = TextField("课程名称", [required(), Length(max=120)])
    code = TextField("课程编号", [required(), Length(max=30)], hint="例如 DS-05", width="phone")
    kind = ChoiceField("培训类别", [required()], choices=TrainingKind)
    field = ChoiceField("领域", [required()], choices=TrainingField)
    occupation = TextField(
        "职业（工种）", [required(), Length(max=60)], hint="例如 互联网营销师、保健按摩师"
    )
    level = ChoiceField("等级", [required()], choices=Level)
    theory_hours = IntegerField(
        "理论课时",
        [InputRequired("请填写理论课时，没有就填 0。"), NumberRange(0, 2000)],
        hint="1 课时是 45 分钟，没有就填 0",
    )
    practice_hours = IntegerField(
        "实操课时",
        [InputRequired("请填写实操课时，没有就填 0。"), NumberRange(0, 2000)],
        hint="没有就填 0",
    )
    minimum_attendance = DecimalField(
        "最低出勤比例",
        [InputRequired("请填写最低出勤比例。"), NumberRange(0, 100)],
        default=Decimal(80),
        hint="出勤课时占总课时的百分之几，一般填 80",
    )
    assessment_required = CheckField("结业前需要考核")
    certificate_title = TextField("证书名称", [required(), Length(max=60)], default="结业证书")
    summary = TextAreaField(
        "简介", [optional(), Length(max=1000)], hint="用平常的话说学什么、学了能做什么，会公开显示"
    )


class RetireForm(Form):
    on = DateField("停开日期", [required()], hint="从这一天起不能再申请开班，已有的班期照常进行")


# ---- classes


class ClassFilter(FilterForm):
    """Filters of the list of classes; a base is not asked for the base."""

    text = SearchField("班号、名称、课程或基地", [optional(), Length(max=60)])
    state = ChoiceField("状态", [optional()], choices=ClassState)
    provider_id = SelectField("培训基地", [optional()], coerce=int)
    kind = ChoiceField("培训类别", [optional()], choices=TrainingKind)
    since = DateField("开课不早于", [optional()])
    until = DateField("开课不晚于", [optional()])

    def __init__(self, providers: Choices | None) -> None:
        super().__init__()
        if providers is None:
            del self.provider_id
        else:
            self.provider_id.choices = providers
        self.validate()


class ClassForm(Form):
    course_id = SelectField("课程", [required()], coerce=int)
    title = TextField(
        "班期名称", [required(), Length(max=120)], hint="例如 直播带货 2024 年第 2 期"
    )
    starts_on = DateField("开课日期", [required()])
    ends_on = DateField("结束日期", [required()])
    capacity = IntegerField("计划招收人数", [required(), NumberRange(1, 500)])
    venue_id = ChoiceField("主要场地", [required()], coerce=int)
    assessment_plan = TextAreaField(
        "考核方案",
        [optional(), Length(max=1000)],
        hint="课程要求考核时必须填写：考什么、怎么考、多少分合格",
    )


class ConfirmForm(Form):
    """A command that needs nothing but the will to do it."""


class DecisionForm(Form):
    decision = RadioField(
        "审批意见", [required()], choices=[("approve", "批准"), ("return", "退回修改")]
    )
    comment = TextAreaField(
        "说明", [optional(), Length(max=1000)], hint="退回时请写明哪里需要修改，基地会看到这段话"
    )


class CancelForm(Form):
    reason = TextAreaField(
        "取消原因", [required(), Length(max=1000)], hint="基地和学员会看到这段话"
    )


# ---- sessions


class SessionForm(Form):
    day = DateField("日期", [required()])
    starts = TimeField("开始时间", [required()], hint="例如 8:30")
    ends = TimeField("结束时间", [optional()], hint="例如 11:30；结束时间和课时数填一项就行")
    lesson_hours = IntegerField(
        "课时数", [optional(), NumberRange(1, 8)], hint="1 课时是 45 分钟，一天最多 8 课时"
    )
    part = RadioField("内容", [required()], choices=SessionPart)
    topic = TextField("课题", [required(), Length(max=120)])
    venue_id = ChoiceField("场地", [required()], coerce=int)
    teacher_id = ChoiceField("教师", [required()], coerce=int)


class RepeatForm(Form):
    weekdays = ChecksField(
        "每周哪几天上课", [required("请至少选择一天。")], choices=WEEKDAYS, coerce=int
    )
    first_day = DateField("从哪一天起", [required()])
    starts = TimeField("开始时间", [required()], hint="例如 8:30")
    lesson_hours = IntegerField(
        "每次课时", [required(), NumberRange(1, 8)], hint="1 课时是 45 分钟，一天最多 8 课时"
    )
    part = RadioField("内容", [required()], choices=SessionPart)
    until_hours = IntegerField(
        "一共排多少课时", [required(), NumberRange(1, 2000)], hint="排满为止，最后一次可以短一些"
    )
    topic = TextField(
        "课题", [required(), Length(max=120)], hint="每次课先用同一个课题，以后可以逐个修改"
    )
    venue_id = ChoiceField("场地", [required()], coerce=int)
    teacher_id = ChoiceField("教师", [required()], coerce=int)


# ---- public


class OpenFilter(FilterForm):
    field = ChoiceField("领域", [optional()], choices=TrainingField)


_MAY_BE_EMPTY = frozenset({"summary", "assessment_plan", "comment"})


def entered(form: Any) -> dict[str, Any]:
    """What was entered; an optional text that was left empty is an empty text."""
    return {
        field.name: "" if field.data is None and field.name in _MAY_BE_EMPTY else field.data
        for field in form
        if field.type != "CSRFTokenField"
    }
