"""What offices and trainees fill in about persons."""

from typing import Any

from app.people.rules import category_digit
from app.people.types import (
    AssessmentFacts,
    Category,
    CertificateFacts,
    CheckedEmployment,
    CheckFacts,
    ConsentPurpose,
    Education,
    GuardianFacts,
    HouseholdFlag,
    Hukou,
    NeedKind,
    PersonFacts,
    Relation,
)
from app.platform.forms import (
    CheckField,
    ChecksField,
    ChoiceField,
    CitizenNumberField,
    DateField,
    FilterForm,
    Form,
    IntegerField,
    Length,
    NameField,
    NumberRange,
    PasswordField,
    PhoneField,
    RadioField,
    SearchField,
    SelectField,
    TextAreaField,
    TextField,
    ValidationError,
    optional,
    required,
)

_COMPONENTS = [(one.value, one.label) for one in Category if one is not Category.MULTIPLE]
_LONGEST_SEARCH = 15


def given(field: Any) -> Any:
    """What was typed into a required field; only after validation."""
    return field.data


class PersonFilter(FilterForm):
    """Narrows the list of the register."""

    words = SearchField("姓名、拼音或首字母", [optional(), Length(max=80)])
    township = SelectField("居住地", [optional()])
    category = ChoiceField("残疾类别", [optional()], choices=Category)
    flag = ChoiceField("家庭情况", [optional()], choices=HouseholdFlag)
    kind = ChoiceField(
        "人员", [optional()], choices=[("holder", "残疾人"), ("family", "残疾人家属")]
    )
    need = ChoiceField("今年的需求", [optional()], choices=NeedKind)
    unchecked = CheckField("今年还没核查", [optional()])

    def validate_words(self, field: SearchField) -> None:
        digits = sum(character.isdigit() for character in field.data or "")
        if digits >= _LONGEST_SEARCH - 4:
            # An address is kept in logs and in the browser's history.
            raise ValidationError("证件号码和电话请用“按号码查找”，这样号码不会留在网址里。")


class NumberForm(Form):
    """Finds a person by a number, which travels in the body of the request."""

    number = CitizenNumberField(
        "证件号码或电话",
        [required()],
        hint="身份证号、残疾人证号或手机号，要完整填写。",
    )


class _CertificateFields(Form):
    number = CitizenNumberField(
        "残疾人证号",
        [required()],
        hint="20 位，补发的是 22 位。出生日期、性别、残疾类别和等级由证号得出。",
    )
    issued_on = DateField("发证日期", [required()])
    expires_on = DateField("有效期止", [optional()], hint="不填按十年计算。")
    components = ChecksField(
        "多重残疾包括",
        [optional()],
        choices=_COMPONENTS,
        coerce=Category,
        hint=f"证号第 19 位是 {category_digit(Category.MULTIPLE)} 的才填，至少勾两项。",
    )

    def certificate(self) -> CertificateFacts:
        return CertificateFacts(
            number=self.number.data,
            issued_on=given(self.issued_on),
            expires_on=self.expires_on.data,
            components=frozenset(self.components.data or ()),
        )


class _CitizenNumberFields(Form):
    number = CitizenNumberField("身份证号", [required()], hint="18 位，最后一位可能是 X。")


class _PersonFields(Form):
    name = NameField("姓名", [required(), Length(max=80)], hint="与证件一致，生僻字可以直接输入。")
    residence_code = SelectField("居住地", [required()])
    hukou = RadioField("户口", [required()], choices=Hukou)
    phone = PhoneField("电话", [optional()], hint="手机号，或带区号的固定电话。")
    education = ChoiceField("文化程度", [optional()], choices=Education)
    flags = ChecksField("家庭情况", [optional()], choices=HouseholdFlag, hint="没有的不用勾。")

    def facts(self) -> PersonFacts:
        return PersonFacts(
            name=self.name.data,
            residence_code=self.residence_code.data,
            hukou=self.hukou.data,
            phone=self.phone.data,
            education=self.education.data,
            flags=frozenset(self.flags.data or ()),
            deceased_on=self.deceased_on.data if "deceased_on" in self else None,
        )


class _NotADuplicate(Form):
    different = CheckField("已经核对：和上面列出的不是同一个人，继续登记", [optional()])


class RegisterForm(_CertificateFields, _PersonFields, _NotADuplicate):
    """Registers a disabled person."""

    consent_by = RadioField(
        "是否同意登记和使用信息",
        [required()],
        choices=[("self", "本人同意"), ("later", "还没有问，以后再记")],
    )


class FamilyForm(_CitizenNumberFields, _PersonFields, _NotADuplicate):
    """Registers a family member of a disabled person."""


class PersonForm(_PersonFields):
    """Changes what is known of a person."""

    deceased_on = DateField("去世日期", [optional()], hint="仅在此人已经去世时填写。")


class CertificateForm(_CertificateFields):
    """Adds the certificate of a re-evaluation."""


class GuardianForm(Form):
    """Who acts for a person."""

    name = NameField("监护人姓名", [required(), Length(max=80)])
    relation = ChoiceField("与本人的关系", [required()], choices=Relation)
    phone = PhoneField("监护人电话", [required()])

    def facts(self) -> GuardianFacts:
        return GuardianFacts(self.name.data, self.relation.data.label, self.phone.data)


class ConsentForm(Form):
    """Records that the person or a guardian agreed."""

    purpose = RadioField("同意的事项", [required()], choices=ConsentPurpose)
    given_by = RadioField("由谁同意", [required()], coerce=int)
    read_out = CheckField(
        "已向对方读出或出示上面的内容", [required("请先向对方读出或出示同意的内容，再勾选。")]
    )


class ConfirmForm(Form):
    """A command that needs nothing but the decision."""


class AssessmentForm(Form):
    """An assessment of vocational ability."""

    assessed_on = DateField("评估日期", [required()])
    assessor = NameField("评估人", [required(), Length(max=80)])
    mobility = IntegerField(
        "行动能力", [required(), NumberRange(min=0, max=100)], hint="0 到 100 分"
    )
    communication = IntegerField(
        "沟通能力", [required(), NumberRange(min=0, max=100)], hint="0 到 100 分"
    )
    learning = IntegerField(
        "学习能力", [required(), NumberRange(min=0, max=100)], hint="0 到 100 分"
    )
    work_endurance = IntegerField(
        "工作耐力", [required(), NumberRange(min=0, max=100)], hint="0 到 100 分"
    )
    recommendation = TextAreaField("建议", [required(), Length(max=500)], hint="适合的培训和岗位。")

    def facts(self) -> AssessmentFacts:
        return AssessmentFacts(
            assessed_on=given(self.assessed_on),
            assessor=self.assessor.data,
            mobility=given(self.mobility),
            communication=given(self.communication),
            learning=given(self.learning),
            work_endurance=given(self.work_endurance),
            recommendation=self.recommendation.data,
        )


class CheckForm(Form):
    """The yearly check and the needs, on one page, as an officer asks at the door."""

    employment = RadioField("现在有工作吗", [required()], choices=CheckedEmployment)
    needs = ChecksField(
        "需要什么帮助",
        [optional()],
        choices=NeedKind,
        hint="没有的不用勾。下面写了愿望的，就算有这项需求。",
    )
    training_wish = TextField(
        "想学什么", [optional(), Length(max=200)], hint="例如：直播带货、按摩、种植。"
    )
    employment_wish = TextField(
        "想做什么工作", [optional(), Length(max=200)], hint="例如：在家做的、离家近的、半天的。"
    )
    note = TextAreaField("其他情况", [optional(), Length(max=500)], render_kw={"rows": 2})
    checked_on = DateField("核查日期", [required()])

    def facts(self) -> CheckFacts:
        told = {NeedKind.TRAINING: self.training_wish, NeedKind.EMPLOYMENT: self.employment_wish}
        ticked = self.needs.data or ()
        return CheckFacts(
            checked_on=given(self.checked_on),
            employment=self.employment.data,
            note=self.note.data or "",
            # At the door a wish is written down without ticking its box.
            wishes={
                kind: field.data or ""
                for kind, field in told.items()
                if field.data or kind in ticked
            },
        )


class MergeForm(Form):
    """Confirms that two records are of one person."""

    same = CheckField(
        "已对照证件核实：两份记录是同一个人",
        [required("请先对照证件核实两份记录是同一个人，再勾选。")],
    )


class AccountForm(Form):
    """A wish for an account, by somebody who has not signed in."""

    number = CitizenNumberField(
        "残疾人证号",
        [required()],
        hint="残疾人证上的 20 位或 22 位号码。残疾人家属填自己的身份证号。",
    )
    name = NameField("姓名", [required(), Length(max=80)], hint="与证件一致。")
    phone = PhoneField("手机号", [required()], hint="开通后用它登录。")
    for_family = CheckField("我替家人办理", [optional()])
    guardian_name = NameField("您的姓名", [optional(), Length(max=80)], hint="替家人办理时填写。")
    guardian_relation = SelectField(
        "您和学员的关系", [optional()], choices=Relation, empty="请选择"
    )
    agreed = CheckField("我已读过并同意", [required("同意以上内容才能开通账户，请阅读后勾选。")])

    def validate_phone(self, field: PhoneField) -> None:
        if field.data and not field.data.startswith("1"):
            raise ValidationError("请填写能收短信的 11 位手机号。没有手机的，请到镇街办理。")

    def validate_for_family(self, field: CheckField) -> None:
        if not field.data:
            return
        if not self.guardian_name.data:
            raise ValidationError("替家人办理时，请在下面填写您的姓名和关系。")
        if self.guardian_relation.data is None:
            raise ValidationError("替家人办理时，请在下面选择您和学员的关系。")


class CodeForm(Form):
    """The code from the text message, and the password to sign in with."""

    code = TextField(
        "短信验证码",
        [required(), Length(min=6, max=6)],
        hint="6 位数字，10 分钟内有效。",
        width="short",
        render_kw={"inputmode": "numeric", "autocomplete": "one-time-code"},
    )
    password = PasswordField(
        "设置密码",
        [required("请设置一个密码。")],
        hint="至少 10 位，含字母、数字和符号；或者 20 位以上的一句话。",
        render_kw={"autocomplete": "new-password"},
    )
    repeated = PasswordField(
        "再填一次密码",
        [required("请再填一次同样的密码。")],
        render_kw={"autocomplete": "new-password"},
    )

    def validate_repeated(self, field: PasswordField) -> None:
        if field.data and field.data != self.password.data:
            raise ValidationError("两次填写的密码不一样，请重新填写。")


class RequestFilter(FilterForm):
    """Which requests for an account are listed."""

    state = ChoiceField(
        "状态",
        [optional()],
        choices=[("waiting", "待确认"), ("confirmed", "已确认"), ("refused", "未通过")],
    )
