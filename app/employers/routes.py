"""Pages of employing units."""

from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from app.employers import policies, queries, services
from app.employers.forms import EmployerFilter, EmployerForm
from app.employers.models import Employer
from app.employers.types import EmployerKind
from app.platform import eventlog, pages
from app.platform.access import current_actor, found, requires
from app.platform.pages import Sort, done, page, paginate
from app.platform.sheets import Column
from app.platform.unit_of_work import unit_of_work

bp = Blueprint("employers", __name__, url_prefix="/employers")

_SORTS = {"name": Employer.name, "posts": Employer.posts}
_FIELDS = {
    "name": "单位名称",
    "credit_code": "统一社会信用代码",
    "kind": "单位类型",
    "region_code": "所在地",
    "posts": "在职职工人数",
}


@bp.get("")
@requires(policies.can_see)
def index() -> ResponseReturnValue:
    """Employers of the viewer's area."""
    actor, form = current_actor(), EmployerFilter()
    sort = Sort.from_query(_SORTS, "name")
    rows = queries.employer_rows(actor, words=form.words.data, kind=form.kind.data)
    return page(
        "employers/index.html",
        filter=form,
        page=paginate(sort.apply(rows, then=Employer.id)),
        sort=sort,
        can_add=policies.can_add(actor),
    )


@bp.get("/export")
@requires(policies.can_see)
def export() -> ResponseReturnValue:
    """The same list as a workbook."""
    form = EmployerFilter()
    rows = queries.employer_rows(current_actor(), words=form.words.data, kind=form.kind.data)
    columns = [
        Column("单位名称", 36),
        Column("统一社会信用代码", 24),
        Column("单位类型", 16),
        Column("所在地", 16),
        Column("在职职工人数", 14),
    ]
    listed = pages.every(rows.order_by(Employer.name, Employer.id))
    return pages.export(
        "用人单位",
        columns,
        ((row.name, row.credit_code, row.kind, row.region, row.posts) for row in listed),
    )


@bp.route("/new", methods=["GET", "POST"])
@requires(policies.can_add)
def new() -> ResponseReturnValue:
    """Register an employer."""
    actor, form = current_actor(), EmployerForm()
    form.region_code.choices = queries.places(actor)
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            employer = services.add(actor=actor, **_typed(form))
        if form.ok:
            return done(
                f"已登记“{employer.name}”。", url_for("employers.show", employer_id=employer.id)
            )
    return page("employers/form.html", form=form, employer=None, back=url_for("employers.index"))


@bp.get("/<int:employer_id>")
@requires(policies.can_see)
def show(employer_id: int) -> ResponseReturnValue:
    """One employer."""
    actor = current_actor()
    employer = found(queries.find_employer(viewer=actor, employer_id=employer_id))
    return page(
        "employers/show.html",
        employer=employer,
        region=queries.region_name(employer.region_code),
        can_edit=policies.can_edit(actor),
        history=_history(employer),
    )


@bp.route("/<int:employer_id>/edit", methods=["GET", "POST"])
@requires(policies.can_edit)
def edit(employer_id: int) -> ResponseReturnValue:
    """Correct an employer."""
    actor = current_actor()
    employer = found(queries.find_employer(viewer=actor, employer_id=employer_id))
    here = url_for("employers.show", employer_id=employer.id)
    form = EmployerForm(obj=employer)
    places = list(queries.places(actor))
    if employer.region_code not in {code for code, _ in places}:
        places.append((employer.region_code, queries.region_name(employer.region_code)))
    form.region_code.choices = places
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.change(actor=actor, employer=employer, **_typed(form))
        if form.ok:
            return done("已保存。", here)
    return page("employers/form.html", form=form, employer=employer, back=here)


def _typed(form: EmployerForm) -> dict[str, Any]:
    return {name: form[name].data for name in _FIELDS}


def _history(employer: Employer) -> list[eventlog.Entry]:
    return [
        eventlog.entry(
            event,
            changes=[
                (_FIELDS[column], *_spoken(column, before, after))
                for column, (before, after) in event.detail.get("changes", {}).items()
            ],
        )
        for event in eventlog.history_of(employer, limit=20)
    ]


def _spoken(column: str, before: str, after: str) -> tuple[str, str]:
    if column == "kind":
        return EmployerKind(before).label, EmployerKind(after).label
    if column == "region_code":
        return queries.region_name(before), queries.region_name(after)
    return before, after
