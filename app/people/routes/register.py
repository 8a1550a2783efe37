"""The list of the register, a person's page, registering and changing."""

from datetime import date
from typing import Any

from flask import current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.people import policies, queries, services
from app.people.forms import (
    CertificateForm,
    FamilyForm,
    NumberForm,
    PersonFilter,
    PersonForm,
    RegisterForm,
)
from app.people.models import Person
from app.people.routes import bp
from app.people.rules import (
    CONSENT_WORDING,
    WorkingAge,
    age_on,
    parse_certificate_number,
    parse_citizen_number,
)
from app.people.types import Category, ConsentPurpose, HouseholdFlag
from app.platform import clock, pages
from app.platform.access import Role, current_actor, found, requires
from app.platform.errors import DomainError
from app.platform.formats import masked_number, masked_phone
from app.platform.pages import Sort, done, page, paginate
from app.platform.sheets import Column
from app.platform.unit_of_work import unit_of_work

_REGION_DIGITS = 6


def person_or_404(person_id: int) -> Person:
    return found(queries.find_person(viewer=current_actor(), person_id=person_id))


def working_age() -> WorkingAge:
    configured: WorkingAge = current_app.config["WORKING_AGE"]
    return configured


def _narrowed(form: PersonFilter) -> queries.ListFilter:
    return queries.ListFilter(
        words=form.words.data if not form.words.errors else None,
        township=form.township.data,
        category=form.category.data,
        flag=form.flag.data,
        kind=form.kind.data,
        need=form.need.data,
        unchecked=bool(form.unchecked.data),
    )


def _filter() -> PersonFilter:
    actor, today = current_actor(), clock.today()
    if actor.role is Role.TOWNSHIP:
        choices = queries.residence_choices(actor, as_of=today)
    else:
        choices = queries.township_choices(actor, as_of=today)
    form = PersonFilter()
    form.township.choices = [(one.code, one.label) for one in choices]
    form.validate()
    return form


def _rows(form: PersonFilter) -> tuple[Any, Sort]:
    statement = queries.listed_persons(
        viewer=current_actor(),
        narrowed=_narrowed(form),
        today=clock.today(),
        working_age=working_age(),
    )
    sort = Sort.from_query(queries.sort_columns(), "name")
    return sort.apply(statement, then=Person.id), sort


@bp.get("/persons")
@requires(policies.can_read_register)
def index() -> ResponseReturnValue:
    form = _filter()
    statement, sort = _rows(form)
    return page(
        "people/index.html",
        filter=form,
        people=paginate(statement),
        sort=sort,
        age_on=age_on,
        may_write=policies.can_write_register(current_actor()),
        may_merge=policies.can_merge_persons(current_actor()),
    )


_COLUMNS = (
    Column("姓名", 14),
    Column("性别", 6),
    Column("出生日期", 12),
    Column("身份证号（部分隐藏）", 24),
    Column("残疾类别", 10),
    Column("残疾等级", 10),
    Column("残疾人证有效期止", 18),
    Column("镇街", 14),
    Column("村（社区）", 16),
    Column("户口", 8),
    Column("文化程度", 14),
    Column("电话（部分隐藏）", 18),
    *(Column(flag.label, 12) for flag in HouseholdFlag),
    Column("残疾人家属", 12),
)


@bp.get("/persons/export")
@requires(policies.can_read_register)
def export() -> ResponseReturnValue:
    """The list as a workbook; numbers stay masked."""
    form = _filter()
    statement, _ = _rows(form)
    rows = (
        (
            row.name,
            row.sex,
            row.birth_date,
            masked_number(row.citizen_number),
            row.category,
            row.grade,
            row.expires_on,
            row.township,
            row.village,
            row.hukou,
            row.education,
            masked_phone(row.phone) if row.phone else None,
            *(getattr(row, flag.value) for flag in HouseholdFlag),
            row.family_member_of_id is not None,
        )
        for row in pages.every(statement)
    )
    active = "；".join(f"{one.label}：{one.value}" for one in form.active) or "无"
    notes = [
        f"导出人：{current_actor().name}（{current_actor().role.label}）",
        f"导出日期：{clock.today().isoformat()}",
        f"筛选条件：{active}",
        "残疾状况属于敏感个人信息，请按规定保管，用完删除。",
    ]
    return pages.export(f"人员-{clock.today().isoformat()}", _COLUMNS, rows, notes=notes)


@bp.route("/persons/find", methods=["GET", "POST"])
@requires(policies.can_read_register)
def find() -> ResponseReturnValue:
    """Find by a number; it travels in the body, so that no log or history keeps it."""
    form = NumberForm()
    matches: list[Person] | None = None
    if form.validate_on_submit():
        matches = queries.find_by_number(viewer=current_actor(), number=form.number.data)
        if len(matches) == 1:
            return redirect(url_for(".show", person_id=matches[0].id), 303)
        if not matches:
            form.refuse("您负责的范围内没有这个号码，请核对。如果是新来的人，可以登记。", "number")
    return page(
        "people/find.html",
        form=form,
        matches=matches or [],
        homes=queries.place_names(one.residence_code for one in matches or []),
        may_write=policies.can_write_register(current_actor()),
    )


@bp.route("/persons/new", methods=["GET", "POST"])
@requires(policies.can_write_register)
def register() -> ResponseReturnValue:
    form = RegisterForm()
    _offer_places(form)
    alike: list[Person] = []
    if form.validate_on_submit():
        with form.guard():
            number = parse_certificate_number(form.number.data, as_of=clock.today(), field="number")
            alike = _look_for_duplicates(form, number.citizen.birth_date)
        if form.ok:
            with form.guard(), unit_of_work():
                person = services.register_person(
                    actor=current_actor(), facts=form.facts(), certificate=form.certificate()
                )
                if form.consent_by.data == "self":
                    services.record_consent(
                        actor=current_actor(), person=person, purpose=ConsentPurpose.TRAINING
                    )
        if form.ok:
            _warn_of_unknown_region(form.number.data)
            return done(f"已登记{form.name.data}。", url_for(".show", person_id=person.id))
    return page(
        "people/register.html",
        form=form,
        alike=alike,
        wording=CONSENT_WORDING[ConsentPurpose.TRAINING],
        **_alike_context(alike),
    )


@bp.route("/persons/<int:person_id>/family/new", methods=["GET", "POST"])
@requires(policies.can_write_register)
def register_family(person_id: int) -> ResponseReturnValue:
    of = person_or_404(person_id)
    form = FamilyForm()
    _offer_places(form)
    if not form.is_submitted():
        form.residence_code.data = of.residence_code
        form.hukou.data = of.hukou
    alike: list[Person] = []
    if form.validate_on_submit():
        with form.guard():
            number = parse_citizen_number(form.number.data, as_of=clock.today(), field="number")
            alike = _look_for_duplicates(form, number.birth_date)
        if form.ok:
            with form.guard(), unit_of_work():
                person = services.register_family_member(
                    actor=current_actor(),
                    facts=form.facts(),
                    citizen_number=form.number.data,
                    of=of,
                )
        if form.ok:
            _warn_of_unknown_region(form.number.data)
            return done(
                f"已登记{form.name.data}为{of.name}的家属。", url_for(".show", person_id=person.id)
            )
    return page("people/family.html", form=form, person=of, alike=alike, **_alike_context(alike))


def _offer_places(form: Any, current: str | None = None) -> None:
    choices = queries.residence_choices(current_actor(), as_of=clock.today(), current=current)
    form.residence_code.choices = [(one.code, one.label) for one in choices]


def _look_for_duplicates(form: Any, birth_date: date) -> list[Person]:
    """Persons who look like the one being registered; refuses the form until the officer has looked at them."""
    near, elsewhere = queries.possible_duplicates(
        viewer=current_actor(), name=form.name.data, birth_date=birth_date, phone=form.phone.data
    )
    if (near or elsewhere) and not form.different.data:
        where = "" if near else "（登记在其他镇街，可以请区残联核对）"
        form.refuse(
            f"可能已经登记过：有姓名和出生日期相同、或电话相同的人{where}。请先核对，不是同一个人的，再勾选继续。",
            "different",
        )
    return near


def _alike_context(alike: list[Person]) -> dict[str, Any]:
    return {"homes": queries.place_names(one.residence_code for one in alike)}


def _warn_of_unknown_region(number: str) -> None:
    if not queries.is_known_region(number[:_REGION_DIGITS]):
        flash(
            "号码前六位不在区划表里，可能是外地或旧区划的号码。已登记，请再核对一次证件。", "warn"
        )


@bp.get("/persons/<int:person_id>")
@requires(policies.can_read_register)
def show(person_id: int) -> ResponseReturnValue:
    person = queries.find_person(viewer=current_actor(), person_id=person_id)
    if person is None:
        target = queries.merged_into(person_id)
        kept = target and queries.find_person(viewer=current_actor(), person_id=target)
        if kept:
            flash("您打开的是一份已经合并的记录，这里是合并后的记录。", "warn")
        return redirect(url_for(".show", person_id=found(kept or None).id), 303)
    actor, today = current_actor(), clock.today()
    near, _ = queries.possible_duplicates(
        viewer=actor,
        name=person.name,
        birth_date=person.birth_date,
        phone=person.phone,
        but=person.id,
    )
    return page(
        "people/show.html",
        person=person,
        age=age_on(person.birth_date, today),
        certificate=queries.certificate_on(person, today),
        homes=queries.place_names([person.residence_code]),
        guardians=queries.guardians_of(person),
        family=queries.family_of(person),
        check=queries.check_of_year(person, today.year),
        needs=[
            (need.kind.label, need.wish or "没有说明")
            for need in queries.needs_of(person, today.year)
        ],
        consented=queries.has_consent(person.id, ConsentPurpose.TRAINING),
        has_account=queries.has_account(person.id),
        history=queries.history_entries(person),
        # One telephone in a family is common: then the names must sound alike too.
        alike=[
            one
            for one in near
            if policies.can_merge_persons(actor) and one.initials == person.initials
        ],
        flags=[flag.label for flag in HouseholdFlag if getattr(person, flag.value)],
        may_write=policies.can_change(actor, person),
        shown_number=services.ShownNumber,
        category_label=Category,
    )


@bp.post("/persons/<int:person_id>/number")
@requires(policies.can_write_register)
def show_number(person_id: int) -> ResponseReturnValue:
    """A number in full: asked for on purpose, answered once, logged, never kept by the browser."""
    person = person_or_404(person_id)
    try:
        what = services.ShownNumber(request.form.get("what", ""))
    except ValueError:
        raise DomainError("请回到人员页面，重新选择要查看的号码。") from None
    with unit_of_work():
        number = services.show_number(actor=current_actor(), person=person, what=what)
    html, status = page("people/number.html", person=person, what=what, number=number)
    return html, status, {"Cache-Control": "no-store"}


@bp.route("/persons/<int:person_id>/edit", methods=["GET", "POST"])
@requires(policies.can_write_register)
def edit(person_id: int) -> ResponseReturnValue:
    person = person_or_404(person_id)
    form = PersonForm(obj=person)
    _offer_places(form, current=person.residence_code)
    if not form.is_submitted():
        form.flags.data = [flag for flag in HouseholdFlag if getattr(person, flag.value)]
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.change_person(actor=current_actor(), person=person, facts=form.facts())
        if form.ok:
            return done("资料已保存。", url_for(".show", person_id=person_id))
    return page("people/edit.html", form=form, person=person)


@bp.route("/persons/<int:person_id>/certificates/new", methods=["GET", "POST"])
@requires(policies.can_write_register)
def add_certificate(person_id: int) -> ResponseReturnValue:
    person = person_or_404(person_id)
    form = CertificateForm()
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.add_certificate(
                actor=current_actor(), person=person, certificate=form.certificate()
            )
        if form.ok:
            return done(
                "残疾人证已登记，以前的证件仍然保留。", url_for(".show", person_id=person_id)
            )
    return page("people/certificate.html", form=form, person=person)
