"""Forms of follow-ups, spells and documents: what is asked and how."""

import re
from datetime import date, datetime
from typing import Any, cast

from app.placement.types import (
    ContactMethod,
    Document,
    EmploymentForm,
    EvidenceKind,
    ExclusionReason,
    FollowUpOutcome,
    SpellFacts,
    SpellState,
)
from app.platform import clock
from app.platform.access import Role, current_actor
from app.platform.forms import (
    ChoiceField,
    DateField,
    DecimalField,
    FileField,
    FilterForm,
    Form,
    HiddenField,
    IntegerField,
    Length,
    NonceField,
    NumberRange,
    RadioField,
    SearchField,
    SelectField,
    TextAreaField,
    TextField,
    optional,
    required,
)
from app.regions.queries import township_choices

#: Answer of the contact form that leaves a follow-up open.
NO_ANSWER = "no_answer"

_RESULTS = [
    (NO_ANSWER, "没联系上，以后再联系"),
    (FollowUpOutcome.EMPLOYED, "联系上了，在业"),
    (FollowUpOutcome.NOT_EMPLOYED, "联系上了，未就业"),
    (FollowUpOutcome.REFUSED, "联系上了，拒绝回访"),
    (FollowUpOutcome.NOT_REACHED, "多次联系不上，结束这次回访"),
]


def _townships() -> list[tuple[str, str]]:
    """Townships that the viewer can narrow a list to; none for who works in one."""
    actor = current_actor()
    if actor.role in (Role.FEDERATION, Role.AUDITOR):
        return township_choices(actor.region_code or "")
    return []


def _uploaded(kind: EvidenceKind, field: FileField) -> Document:
    """A validated upload, under the last part of the name it had where it came from."""
    name = (field.data.filename or "") if field.data else ""
    return Document(kind, re.split(r"[/\\]", name)[-1], field.content)


class _ListFilter(FilterForm):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if current_actor().role not in (Role.FEDERATION, Role.AUDITOR):
            del self.township


class FollowUpFilterForm(_ListFilter):
    """Narrows the work list; which of its views is shown is kept in `show`."""

    show = HiddenField("范围")
    township = SelectField("镇街", [optional()], choices=_townships)
    text = SearchField("姓名或班期", [optional(), Length(max=40)])


class SpellFilterForm(_ListFilter):
    """Narrows the list of spells."""

    state = SelectField("状态", [optional()], choices=SpellState)
    form = SelectField("就业形式", [optional()], choices=EmploymentForm)
    township = SelectField("镇街", [optional()], choices=_townships)
    started_from = DateField("开始日从", [optional()])
    started_to = DateField("开始日到", [optional()])
    text = SearchField("姓名或单位", [optional(), Length(max=40)])


class PersonSearchForm(FilterForm):
    """Whose work it is."""

    text = SearchField("姓名", [optional(), Length(max=40)])


class EmployerSearchForm(FilterForm):
    """Where somebody works."""

    follow_up = HiddenField("回访")
    started_on = HiddenField("开始日")
    text = SearchField("单位名称或统一社会信用代码", [optional(), Length(max=60)])


class ContactForm(Form):
    """What came of a call, visit or message."""

    method = RadioField("怎样联系的", [required()], choices=ContactMethod)
    on = DateField("联系日期", [required()], default=clock.today)
    result = RadioField("结果", [required()], choices=_RESULTS)
    workplace = TextField(
        "在哪里工作",
        [optional(), Length(max=60)],
        hint="在业时填写，下一步登记就业时直接用上，不用再写一遍。",
    )
    note = TextAreaField("备注", [optional(), Length(max=300)], render_kw={"rows": 3})
    nonce = NonceField()

    @property
    def outcome(self) -> FollowUpOutcome | None:
        """The outcome that closes the follow-up; None when it stays open."""
        return None if self.result.data == NO_ANSWER else FollowUpOutcome(self.result.data)


class ExclusionForm(Form):
    """Why somebody no longer counts in the training's rates."""

    reason = RadioField("属于哪种情形", [required()], choices=ExclusionReason)
    since = DateField("从哪天开始", [required()])
    method = RadioField("怎样得知的", [required()], choices=ContactMethod)
    file = FileField(
        "证明材料",
        [required()],
        kinds=("pdf", "jpg", "png", "webp"),
        hint="例如死亡证明、住院证明、录取通知书或户籍迁移证明。"
        "可以是照片（JPG、PNG、WEBP）或 PDF，不超过 8 MB。",
    )
    note = TextAreaField("备注", [optional(), Length(max=300)], render_kw={"rows": 3})

    def document(self) -> Document:
        return _uploaded(EvidenceKind.OTHER, self.file)


class SpellForm(Form):
    """The facts of a spell; `workplace` is asked only where no registered employer was chosen."""

    form = ChoiceField("就业形式", [required()], choices=EmploymentForm)
    workplace = TextField(
        "工作单位或经营名称",
        [required(), Length(max=120)],
        hint="例如店铺名称，或“自家草莓大棚”。",
    )
    post = TextField("岗位", [required(), Length(max=60)], hint="例如客服、保健按摩师、种植。")
    started_on = DateField("开始日", [required()])
    ended_on = DateField("结束日", [optional()], hint="还在做就不填。")
    end_reason = TextField("结束原因", [optional(), Length(max=200)])
    monthly_wage = DecimalField(
        "月收入（元）",
        [optional(), NumberRange(min=0, max=1_000_000)],
        hint="平均每月到手的工资或收入。",
        width="short",
    )
    contract_months = IntegerField(
        "合同期限（月）",
        [optional(), NumberRange(min=0, max=600)],
        hint="没有签合同或无固定期限的不填。",
        width="short",
    )
    insurance_months = IntegerField(
        "已参加社会保险（月）", [optional(), NumberRange(min=0, max=600)], width="short"
    )

    def facts(self, *, employer_id: int | None, employer_name: str | None) -> SpellFacts:
        """What was told; the name of a registered employer wins over what was typed."""
        return SpellFacts(
            form=self.form.data,
            employer_id=employer_id,
            workplace=employer_name or self.workplace.data,
            post=self.post.data,
            started_on=cast(date, self.started_on.data),
            ended_on=self.ended_on.data,
            end_reason=(self.end_reason.data or "") if self.ended_on.data else "",
            monthly_wage=self.monthly_wage.data,
            contract_months=self.contract_months.data,
            insurance_months=self.insurance_months.data,
        )


_FILE_HINT = "照片（JPG、PNG、WEBP）或 PDF，不超过 8 MB。照片里的拍摄地点等信息会自动去掉。"


class ReportSpellForm(SpellForm):
    """A new report, perhaps with its first document."""

    kind = SelectField("材料种类", [optional()], choices=EvidenceKind)
    file = FileField("证明材料", [optional()], kinds=("pdf", "jpg", "png", "webp"), hint=_FILE_HINT)

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        valid = bool(super().validate(*args, **kwargs))
        if self.file.data and not self.kind.data and not self.kind.errors:
            self.refuse("请选择材料种类。", "kind")
        if self.kind.data and not self.file.data and not self.file.errors:
            self.refuse("选了材料种类，请上传证明材料；没有材料就不选种类。", "file")
        return valid and self.ok

    def document(self) -> Document | None:
        return _uploaded(self.kind.data, self.file) if self.file.data else None


class _Seen(Form):
    """Keeps which version of a spell stood on the page."""

    seen = HiddenField("版本", [Length(max=40)])

    @property
    def seen_at(self) -> datetime | None:
        """The version that was looked at; None where the page sent something else."""
        try:
            return datetime.fromisoformat(self.seen.data or "")
        except ValueError:
            return None


class ReviseSpellForm(SpellForm, _Seen):
    """Changes a report; a verified one needs a reason."""

    reason = TextField(
        "更正原因",
        [optional(), Length(max=200)],
        hint="更正后要重新核实，原来的内容会保留。",
    )


class EndSpellForm(Form):
    ended_on = DateField("结束日", [required()], hint="最后一个工作日。")
    reason = TextField(
        "结束原因", [required(), Length(max=200)], hint="例如合同到期、单位裁员、回家照顾老人。"
    )


class DecideSpellForm(_Seen):
    decision = RadioField(
        "决定",
        [required()],
        choices=[(SpellState.VERIFIED, "核实无误"), (SpellState.RETURNED, "退回补充")],
        coerce=SpellState,
    )
    comment = TextAreaField(
        "意见",
        [optional(), Length(max=300)],
        hint="退回时请写明要补什么、改什么。",
        render_kw={"rows": 3},
    )


class EvidenceForm(Form):
    kind = SelectField("材料种类", [required()], choices=EvidenceKind)
    file = FileField("证明材料", [required()], kinds=("pdf", "jpg", "png", "webp"), hint=_FILE_HINT)

    def document(self) -> Document:
        return _uploaded(self.kind.data, self.file)
