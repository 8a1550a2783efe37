"""Shape and wording of what is typed about employers."""

from app.employers.rules import parse_credit_code
from app.employers.types import EmployerKind
from app.platform.errors import DomainError
from app.platform.forms import (
    ChoiceField,
    FilterForm,
    Form,
    IntegerField,
    Length,
    NumberRange,
    SearchField,
    SelectField,
    TextField,
    ValidationError,
    required,
)


class EmployerFilter(FilterForm):
    """Narrows the list of employers."""

    words = SearchField("名称或统一社会信用代码", [Length(max=120)])
    kind = ChoiceField("单位类型", choices=EmployerKind)


class EmployerForm(Form):
    """An employer as its licence has it."""

    name = TextField("单位名称", [required(), Length(max=120)], hint="与营业执照或法人证书一致。")
    credit_code = TextField(
        "统一社会信用代码",
        [required()],
        hint="18 位，在营业执照上。",
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
        width="number",
    )
    kind = ChoiceField("单位类型", [required()], choices=EmployerKind)
    region_code = SelectField("所在地", [required()])
    posts = IntegerField(
        "在职职工人数",
        [required(), NumberRange(min=0, max=1_000_000)],
        hint="上年末在职职工总数，用于核对按比例就业。",
    )

    def validate_credit_code(self, field: TextField) -> None:
        try:
            field.data = parse_credit_code(field.data or "")
        except DomainError as error:
            raise ValidationError(error.message) from error
