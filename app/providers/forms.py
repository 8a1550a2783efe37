"""Shape and wording of what is entered about training bases."""

from app.platform.forms import (
    CheckField,
    ChecksField,
    ChoiceField,
    DateField,
    FilterForm,
    Form,
    IntegerField,
    Length,
    NameField,
    NumberRange,
    PhoneField,
    SearchField,
    SelectField,
    TextAreaField,
    TextField,
    optional,
    plain,
    required,
)
from app.providers.types import TrainingKind


class CreditCodeField(TextField):
    """A unified social credit code; its rules are those of `providers`."""

    def clean(self, text: str) -> str:
        return plain(text).replace(" ", "").replace("-", "").upper()


class ProviderFilter(FilterForm):
    text = SearchField("名称或信用代码", [optional(), Length(max=60)])
    kind = ChoiceField("资质类别", [optional()], choices=TrainingKind)


class ProviderForm(Form):
    name = TextField("基地名称", [required(), Length(max=120)])
    credit_code = CreditCodeField(
        "统一社会信用代码",
        [required()],
        hint="营业执照或登记证书上的 18 位代码",
        width="number",
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
    region_code = SelectField("所在区划", [required()])
    address = TextField("地址", [required(), Length(max=200)])
    contact_name = NameField("联系人", [required(), Length(max=80)])
    contact_phone = PhoneField("联系电话", [required()])


class AccreditationForm(Form):
    document_number = TextField(
        "批准文号", [required(), Length(max=60)], hint="例如 振残培〔2024〕3号"
    )
    valid_from = DateField("开始日期", [required()])
    valid_to = DateField("结束日期", [required()], hint="这一天仍然有效")
    kinds = ChecksField(
        "批准的培训类别", [required("请至少选择一个批准的培训类别。")], choices=TrainingKind
    )


class VenueForm(Form):
    name = TextField("场地名称", [required(), Length(max=80)], hint="例如 一楼直播间")
    address = TextField("地址", [required(), Length(max=200)])
    capacity = IntegerField("最多容纳人数", [required(), NumberRange(1, 500)])
    step_free = CheckField("从大门到场地没有台阶，轮椅可以通行")
    accessible_toilet = CheckField("有无障碍卫生间")
    tactile_guidance = CheckField("有盲道或触觉引导")
    screen_readers = CheckField("电脑装有读屏软件")
    way_there = TextAreaField(
        "怎么去",
        [optional(), Length(max=300)],
        hint="公交站、入口在哪里、到了找谁。学员会看到这段话。",
        render_kw={"rows": 3},
    )
    closed_on = DateField("停用日期", [optional()], hint="不再使用时填写，从这一天起不能再排课")


class TeacherForm(Form):
    name = NameField("教师姓名", [required(), Length(max=80)])
    left_on = DateField("离开日期", [optional()], hint="不再任教时填写，从这一天起不能再排课")


class QualificationForm(Form):
    title = TextField("资格名称", [required(), Length(max=80)], hint="例如 保健按摩师（二级）")
    number = TextField("证书编号", [required(), Length(max=60)])
    kinds = ChecksField(
        "可以任教的培训类别",
        [required("请至少选择一个可以任教的培训类别。")],
        choices=TrainingKind,
    )
    valid_from = DateField("生效日期", [required()])
    valid_to = DateField("有效期至", [optional()], hint="长期有效的不填")
