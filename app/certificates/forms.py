"""Shape and wording of what is typed about certificates."""

from app.certificates.types import CertificateState
from app.platform.forms import (
    ChoiceField,
    DateField,
    FilterForm,
    Form,
    Length,
    NameField,
    SearchField,
    TextAreaField,
    TextField,
    required,
)


class CertificateFilter(FilterForm):
    """Narrows the list of certificates."""

    words = SearchField("编号、姓名或拼音", [Length(max=80)])
    state = ChoiceField("状态", choices=CertificateState)
    issued_from = DateField("发证日期从")
    issued_to = DateField("到")


class IssueForm(Form):
    """Nothing to type: the page says what will happen."""


class RevokeForm(Form):
    """Why a certificate is taken back."""

    reason = TextAreaField(
        "撤销原因",
        [required(), Length(min=5, max=300)],
        hint="写明事实和依据，例如“复核发现出勤不足 80%，见 2024年5月6日核查记录”。原因留在档案里，公开查验时不显示。",
    )


class VerifyForm(Form):
    """What a stranger reads off a certificate."""

    number = TextField(
        "证书编号",
        [required(), Length(max=60)],
        hint="在证书右上角，例如 ZX-2024-00042。大小写、空格和横线怎么写都可以。",
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
        width="number",
    )
    name = NameField(
        "持证人姓名",
        [required(), Length(max=80)],
        hint="与证书上印的姓名完全一致。",
        render_kw={"autocomplete": "off"},
    )
