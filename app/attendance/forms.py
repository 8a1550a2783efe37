"""Roll call, results, and the decision about completions."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from app.attendance.queries import RollCallLine, Trainee
from app.attendance.types import AssessmentPart, Mark
from app.platform.forms import (
    DateField,
    DecimalField,
    FilterForm,
    Form,
    HiddenField,
    Length,
    NonceField,
    RadioField,
    SelectField,
    TextAreaField,
    ValidationError,
    optional,
    required,
)


class RollCallForm(Form):
    """One radio group per trainee, named `mark_<enrolment>`; `was_<enrolment>` is what the page showed before."""

    nonce = NonceField()

    def changed_marks(self) -> dict[int, Mark]:
        """The marks that differ from what the page showed, so that a page left open does not undo another's work."""
        marks = {}
        for field in self:
            if field.name.startswith("mark_") and field.data is not None:
                number = field.name.removeprefix("mark_")
                if field.data.value != self[f"was_{number}"].data:
                    marks[int(number)] = field.data
        return marks

    def group(self, enrolment_id: int) -> Any:
        return self[f"mark_{enrolment_id}"]

    def before(self, enrolment_id: int) -> Any:
        return self[f"was_{enrolment_id}"]


def roll_call_form(lines: Iterable[RollCallLine]) -> RollCallForm:
    """The form for these trainees, filled with the marks that stand."""
    fields: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for line in lines:
        fields[f"mark_{line.enrolment_id}"] = RadioField(line.name, [optional()], choices=Mark)
        fields[f"was_{line.enrolment_id}"] = HiddenField()
        values[f"mark_{line.enrolment_id}"] = line.mark
        values[f"was_{line.enrolment_id}"] = line.mark.value if line.mark else ""
    kind = type("RollCallForm", (RollCallForm,), fields)
    form: RollCallForm = kind(data=values)
    return form


def _points(form: Form, field: DecimalField) -> None:
    """0-100; a text that is no number has its own message."""
    if field.data is not None and not 0 <= field.data <= 100:
        raise ValidationError(f"{field.label.text}应在 0 到 100 之间。")


class ResultsForm(Form):
    """Points per trainee and part, named `theory_<enrolment>` and `practice_<enrolment>`."""

    assessed_on = DateField("考核日期", [required()])

    def points(self) -> dict[int, dict[AssessmentPart, Decimal]]:
        """What was filled in, by enrolment and part."""
        points: dict[int, dict[AssessmentPart, Decimal]] = {}
        for field in self:
            part, _, number = field.name.partition("_")
            if number.isdecimal() and field.data is not None:
                points.setdefault(int(number), {})[AssessmentPart(part)] = field.data
        return points

    def of(self, part: AssessmentPart, enrolment_id: int) -> Any:
        return self[f"{part.value}_{enrolment_id}"]


def results_form(
    trainees: Iterable[Trainee],
    known: Mapping[int, Mapping[AssessmentPart, Decimal]],
    *,
    assessed_on: date | None,
) -> ResultsForm:
    """The form for these trainees, filled with the results that stand."""
    fields: dict[str, Any] = {}
    values: dict[str, Any] = {"assessed_on": assessed_on}
    for one in trainees:
        for part in AssessmentPart:
            name = f"{part.value}_{one.enrolment_id}"
            fields[name] = DecimalField(f"{one.name}{part.label}", [optional(), _points], places=2)
            points = known.get(one.enrolment_id, {}).get(part)
            values[name] = None if points is None else points.normalize() + 0
    kind = type("ResultsForm", (ResultsForm,), fields)
    form: ResultsForm = kind(data=values)
    return form


class EmptyForm(Form):
    """A command without any input."""


class ReturnForm(Form):
    comment = TextAreaField(
        "退回说明",
        [required("请写明哪里需要更正。"), Length(max=300)],
        hint="基地会看到这段话",
        render_kw={"rows": 3},
    )


class CompletionFilter(FilterForm):
    stage = SelectField(
        "进度",
        [optional()],
        choices=[("to_propose", "等待基地提交"), ("to_confirm", "等待残联确认")],
    )
