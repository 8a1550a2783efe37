"""Application, search for a person, withdrawal and the answer to a need."""

from app.enrolment.types import AccommodationKind, AccommodationState, EnrolmentState
from app.platform.forms import (
    ChecksField,
    CitizenNumberField,
    FilterForm,
    Form,
    Length,
    NameField,
    NonceField,
    RadioField,
    SearchField,
    SelectField,
    TextAreaField,
    TextField,
    optional,
    required,
)

#: What each need means, in plain words.
NEEDS: tuple[tuple[AccommodationKind, str], ...] = (
    (AccommodationKind.SIGN_LANGUAGE, "手语翻译：老师讲课时有人打手语"),
    (AccommodationKind.BRAILLE, "盲文材料：讲义和试卷用盲文"),
    (AccommodationKind.LARGE_PRINT, "大字材料：讲义和试卷用大字"),
    (AccommodationKind.SCREEN_READER, "读屏软件：上课用的电脑能读出文字"),
    (AccommodationKind.STEP_FREE, "无台阶通行：进教室、去厕所不用走台阶"),
    (AccommodationKind.GUIDE, "引导员：有人带着进出教室"),
    (AccommodationKind.COMPANION, "陪同人员：家人或助理陪着上课"),
    (AccommodationKind.EASY_LANGUAGE, "易读材料：讲义用短句子和图"),
)


class ApplicationForm(Form):
    """What a person tells when applying; the nonce makes a second submission the same application."""

    employed = RadioField(
        "现在有工作吗？",
        [required("请选择现在有没有工作。")],
        choices=[("yes", "有工作"), ("no", "没有工作")],
        hint="有工作也可以报名。包括在单位上班、自己做生意、务农和网上接单。",
    )
    needs = ChecksField(
        "上课时需要什么帮助？",
        choices=NEEDS,
        coerce=AccommodationKind,
        hint="可以多选，不需要就不选。培训基地只会看到需要的帮助。",
    )
    nonce = NonceField()

    @property
    def is_employed(self) -> bool:
        return bool(self.employed.data == "yes")


class PersonSearchForm(Form):
    """Words by which an officer looks for a person of the own region; sent by POST, since they may be a number."""

    words = SearchField(
        "姓名、拼音或证件号", [required("请填写姓名、拼音或证件号。"), Length(max=80)]
    )


class CertificateForm(Form):
    """What a base must hold in hand to enrol a person."""

    name = NameField("姓名", [required(), Length(max=80)], hint="与残疾人证上的一样")
    number = CitizenNumberField(
        "残疾人证号", [required(), Length(max=30)], hint="20 位；没有残疾人证的家属填身份证号"
    )


class WithdrawalForm(Form):
    reason = TextAreaField(
        "退出的原因",
        [required("请写明退出的原因。"), Length(max=300)],
        hint="例如 家中有事、已经就业。残联和镇街会看到，培训基地看不到。",
        render_kw={"rows": 3},
    )


class AccommodationForm(Form):
    """The base's answer to a need."""

    state = RadioField(
        "能安排吗？",
        [required()],
        choices=[
            (AccommodationState.ARRANGED, "已安排"),
            (AccommodationState.UNMET, "无法安排"),
        ],
        coerce=AccommodationState,
    )
    answer = TextField(
        "说明", [optional(), Length(max=200)], hint="怎样安排的；无法安排时写明原因，学员会看到"
    )


class RosterFilter(FilterForm):
    state = SelectField("状态", [optional()], choices=EnrolmentState)
    text = SearchField("姓名或拼音", [optional(), Length(max=80)])


class AccommodationFilter(FilterForm):
    state = SelectField("状态", [optional()], choices=AccommodationState)
