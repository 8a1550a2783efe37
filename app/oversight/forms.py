"""Questions to the figures, findings, and the filter of the log."""

from app.oversight import queries
from app.oversight.rules import CONVERSION_PRESETS, STABILITY_PRESETS
from app.oversight.types import PRIVATE, Dimension, FindingState
from app.people.types import Category, Hukou, Sex
from app.platform.access import current_actor
from app.platform.forms import (
    ChoiceField,
    DateField,
    FilterForm,
    Form,
    IntegerField,
    Length,
    NonceField,
    NumberRange,
    SearchField,
    SelectField,
    TextAreaField,
    TextField,
    ValidationError,
    optional,
    required,
)
from app.providers.types import TrainingKind
from app.regions import queries as regions


def _townships() -> list[tuple[str, str]]:
    return regions.township_choices(current_actor().region_code or "")


def _providers() -> list[tuple[int, str]]:
    return queries.provider_names(viewer=current_actor())


class IndicatorFilter(FilterForm):
    """Period, date of maturity, lengths, selection and breakdown of the indicators."""

    start = DateField("从", [optional()])
    end = DateField("到", [optional()])
    as_of = DateField("截止日", [optional()], hint="到这一天才算到期")
    conversion_days = SelectField(
        "转化期限",
        [optional()],
        coerce=int,
        choices=[(n, f"结业后 {n} 天") for n in CONVERSION_PRESETS],
        empty="结业后 90 天",
    )
    stability_days = SelectField(
        "稳定期限",
        [optional()],
        coerce=int,
        choices=[(n, f"就业后 {n} 天") for n in STABILITY_PRESETS],
        empty="就业后 180 天",
    )
    region = SelectField("居住地", [optional()], choices=_townships, empty="全部")
    provider = SelectField("培训基地", [optional()], coerce=int, choices=_providers, empty="全部")
    kind = SelectField("培训类型", [optional()], choices=TrainingKind, empty="全部")
    category = SelectField("残疾类别", [optional()], choices=Category, empty="全部")
    sex = SelectField("性别", [optional()], choices=Sex, empty="全部")
    hukou = SelectField("城乡", [optional()], choices=Hukou, empty="全部")
    by = SelectField("分组", [optional()], choices=Dimension, empty="不分组")

    def __init__(self, *, diagnoses: bool) -> None:
        super().__init__()
        if not diagnoses:
            del self.category, self.region
            self.by.choices = [(one, one.label) for one in Dimension if one not in PRIVATE]
            self.validate()

    def validate_end(self, field: DateField) -> None:
        if field.data and self.start.data and field.data < self.start.data:
            raise ValidationError("结束日期不能早于开始日期，请核对。")


class PlanForm(Form):
    """A plan and what it promises; a target left empty is none."""

    title = TextField("方案名称", [required(), Length(max=120)])
    starts_on = DateField("开始日期", [required()])
    ends_on = DateField("结束日期", [required()])
    source = TextField("依据", [required(), Length(max=200)], hint="例如文件名称和文号")
    trained = IntegerField(
        "培训人数目标", [optional(), NumberRange(min=1, max=1_000_000)], width="number"
    )
    employed = IntegerField(
        "新增就业人数目标", [optional(), NumberRange(min=1, max=1_000_000)], width="number"
    )

    def validate_ends_on(self, field: DateField) -> None:
        if field.data and self.starts_on.data and field.data <= self.starts_on.data:
            raise ValidationError("结束日期应晚于开始日期，请核对。")


class EventFilter(FilterForm):
    """What to look for in the log."""

    text = SearchField("账号或操作", [optional(), Length(max=60)])
    subject = SearchField("对象", [optional(), Length(max=60)], hint="例如：班期 12")
    start = DateField("从", [optional()])
    end = DateField("到", [optional()])


class FindingForm(Form):
    """What an auditor notes on a case."""

    text = TextAreaField(
        "发现了什么", [required(), Length(max=2000)], hint="写清事实和依据，不写猜测。"
    )
    nonce = NonceField()


class FindingStateForm(Form):
    """How a finding stands now."""

    state = ChoiceField("处理结果", [required()], choices=FindingState)


class FindingFilter(FilterForm):
    state = SelectField("状态", [optional()], choices=FindingState, empty="全部")
