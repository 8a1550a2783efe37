"""Pages about training bases."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from app.platform import clock, eventlog, pages
from app.platform.access import Actor, current_actor, found, requires
from app.platform.pages import Sort, Task, done, page, paginate
from app.platform.unit_of_work import unit_of_work
from app.providers import forms, policies, queries, services, sheets
from app.providers.models import Provider, Teacher

bp = Blueprint("providers", __name__)

#: Days before its end in which an accreditation is told to run out.
WARN_DAYS = 60

_WORDS = {
    "name": "名称",
    "credit_code": "统一社会信用代码",
    "region_code": "所在区划",
    "address": "地址",
    "contact_name": "联系人",
    "contact_phone": "联系电话",
    "valid_from": "开始日期",
    "valid_to": "结束日期",
    "kinds": "培训类别",
    "document_number": "批准文号",
    "capacity": "容纳人数",
    "step_free": "没有台阶",
    "accessible_toilet": "无障碍卫生间",
    "tactile_guidance": "盲道或触觉引导",
    "screen_readers": "读屏软件",
    "way_there": "怎么去",
    "closed_on": "停用日期",
    "left_on": "离开日期",
    "title": "资格名称",
    "number": "证书编号",
}


# ---- list


@bp.get("/providers")
@requires(policies.can_list_providers)
def index() -> ResponseReturnValue:
    filters = forms.ProviderFilter()
    sort = Sort.from_query({"name": Provider.name, "region": Provider.region_code}, "name")
    shown = paginate(sort.apply(_filtered(filters), then=Provider.id))
    return page(
        "providers/index.html",
        filters=filters,
        sort=sort,
        shown=shown,
        may_manage=policies.can_manage_providers(current_actor()),
        kinds_text=sheets.kinds_text,
    )


@bp.get("/providers/export")
@requires(policies.can_list_providers)
def export() -> ResponseReturnValue:
    rows = pages.every(_filtered(forms.ProviderFilter()).order_by(Provider.name, Provider.id))
    return pages.export("培训基地", sheets.PROVIDERS, sheets.provider_rows(rows))


def _filtered(filters: forms.ProviderFilter) -> Any:
    return queries.provider_list(
        viewer=current_actor(), as_of=clock.today(), text=filters.text.data, kind=filters.kind.data
    )


# ---- one base


@bp.get("/providers/<int:provider_id>")
@requires(policies.can_see_provider)
def show(provider_id: int) -> ResponseReturnValue:
    return _show(_provider(provider_id))


@bp.get("/providers/own")
@requires(policies.is_provider)
def own() -> ResponseReturnValue:
    """The base that the signed-in staff belongs to."""
    return _show(_provider(current_actor().provider_id or 0))


def _provider(provider_id: int) -> Provider:
    return found(queries.find_provider(viewer=current_actor(), provider_id=provider_id))


def _show(provider: Provider) -> ResponseReturnValue:
    actor = current_actor()
    return page(
        "providers/show.html",
        provider=provider,
        region=queries.region_name(provider.region_code),
        current=queries.accredited_kinds(provider.id, clock.today()),
        may_manage=policies.can_manage_providers(actor),
        may_edit=policies.can_edit_resources(actor),
        may_list=policies.can_list_providers(actor),
        kinds_text=sheets.kinds_text,
        history=[_entry(event) for event in eventlog.history_of(provider, limit=20)],
    )


def _entry(event: eventlog.Event) -> eventlog.Entry:
    changes = event.detail.get("changes", ())
    return eventlog.entry(
        event,
        note=event.detail.get("name", ""),
        changes=[
            (_WORDS.get(name, name), before, after)
            for name, before, after in changes
            if before or after
        ],
    )


@bp.route("/providers/new", methods=["GET", "POST"])
@requires(policies.can_manage_providers)
def new() -> ResponseReturnValue:
    return _edit_provider(None)


@bp.route("/providers/<int:provider_id>/edit", methods=["GET", "POST"])
@requires(policies.can_manage_providers)
def edit(provider_id: int) -> ResponseReturnValue:
    return _edit_provider(_provider(provider_id))


def _edit_provider(provider: Provider | None) -> ResponseReturnValue:
    actor = current_actor()
    form = forms.ProviderForm(obj=provider)
    form.region_code.choices = queries.region_choices(actor, as_of=clock.today())
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            provider = services.save_provider(actor=actor, provider=provider, **_values(form))
        if form.ok and provider is not None:
            return done("基地信息已保存。", url_for("providers.show", provider_id=provider.id))
    return page("providers/edit.html", form=form, provider=provider)


def _values(form: Any) -> dict[str, Any]:
    """What was entered; an optional text that was left empty is an empty text."""
    return {
        field.name: "" if field.data is None and field.name in ("way_there",) else field.data
        for field in form
        if field.type != "CSRFTokenField"
    }


# ---- accreditation


@bp.route("/providers/<int:provider_id>/accreditations/new", methods=["GET", "POST"])
@requires(policies.can_manage_providers)
def new_accreditation(provider_id: int) -> ResponseReturnValue:
    return _edit_accreditation(_provider(provider_id), None)


@bp.route("/accreditations/<int:accreditation_id>/edit", methods=["GET", "POST"])
@requires(policies.can_manage_providers)
def edit_accreditation(accreditation_id: int) -> ResponseReturnValue:
    held = found(
        queries.find_accreditation(viewer=current_actor(), accreditation_id=accreditation_id)
    )
    return _edit_accreditation(held.provider, held)


def _edit_accreditation(provider: Provider, held: Any) -> ResponseReturnValue:
    form = forms.AccreditationForm(obj=held)
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.save_accreditation(
                actor=current_actor(), provider=provider, accreditation=held, **_values(form)
            )
        if form.ok:
            return done("资质已保存。", _base_url(provider.id))
    title = "修改资质" if held else "登记资质"
    return _part(form, provider, title, "两份资质的时间不能重叠。")


# ---- venues


@bp.route("/providers/<int:provider_id>/venues/new", methods=["GET", "POST"])
@requires(policies.can_edit_resources)
def new_venue(provider_id: int) -> ResponseReturnValue:
    return _edit_venue(_provider(provider_id), None)


@bp.route("/venues/<int:venue_id>/edit", methods=["GET", "POST"])
@requires(policies.can_edit_resources)
def edit_venue(venue_id: int) -> ResponseReturnValue:
    venue = found(queries.find_venue(viewer=current_actor(), venue_id=venue_id))
    return _edit_venue(venue.provider, venue)


def _edit_venue(provider: Provider, venue: Any) -> ResponseReturnValue:
    form = forms.VenueForm(obj=venue)
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.save_venue(
                actor=current_actor(), provider=provider, venue=venue, **_values(form)
            )
        if form.ok:
            return done("场地已保存。", _base_url(provider.id))
    title = "修改场地" if venue else "登记场地"
    return _part(form, provider, title, "无障碍情况会写在公开的开班信息里，请如实填写。")


# ---- teachers


@bp.route("/providers/<int:provider_id>/teachers/new", methods=["GET", "POST"])
@requires(policies.can_edit_resources)
def new_teacher(provider_id: int) -> ResponseReturnValue:
    return _edit_teacher(_provider(provider_id), None)


@bp.route("/teachers/<int:teacher_id>/edit", methods=["GET", "POST"])
@requires(policies.can_edit_resources)
def edit_teacher(teacher_id: int) -> ResponseReturnValue:
    teacher = found(queries.find_teacher(viewer=current_actor(), teacher_id=teacher_id))
    return _edit_teacher(teacher.provider, teacher)


def _edit_teacher(provider: Provider, teacher: Teacher | None) -> ResponseReturnValue:
    form = forms.TeacherForm(obj=teacher)
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            saved = services.save_teacher(
                actor=current_actor(), provider=provider, teacher=teacher, **_values(form)
            )
        if form.ok:
            if teacher is None:
                url = url_for("providers.new_qualification", teacher_id=saved.id)
                return done(f"已登记教师{saved.name}，请接着填写任教资格。", url)
            return done("教师信息已保存。", _base_url(provider.id))
    return _part(form, provider, "修改教师" if teacher else "登记教师", "")


@bp.route("/teachers/<int:teacher_id>/qualifications/new", methods=["GET", "POST"])
@requires(policies.can_edit_resources)
def new_qualification(teacher_id: int) -> ResponseReturnValue:
    teacher = found(queries.find_teacher(viewer=current_actor(), teacher_id=teacher_id))
    return _edit_qualification(teacher, None)


@bp.route("/qualifications/<int:qualification_id>/edit", methods=["GET", "POST"])
@requires(policies.can_edit_resources)
def edit_qualification(qualification_id: int) -> ResponseReturnValue:
    held = found(
        queries.find_qualification(viewer=current_actor(), qualification_id=qualification_id)
    )
    return _edit_qualification(held.teacher, held)


def _edit_qualification(teacher: Teacher, held: Any) -> ResponseReturnValue:
    form = forms.QualificationForm(obj=held)
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.save_qualification(
                actor=current_actor(), teacher=teacher, qualification=held, **_values(form)
            )
        if form.ok:
            return done(f"{teacher.name}的任教资格已保存。", _base_url(teacher.provider_id))
    title = f"修改{teacher.name}的任教资格" if held else f"登记{teacher.name}的任教资格"
    return _part(form, teacher.provider, title, "")


# ---- shared by the parts of a base


def _base_url(provider_id: int) -> str:
    if policies.is_provider(current_actor()):
        return url_for("providers.own")
    return url_for("providers.show", provider_id=provider_id)


def _part(form: Any, provider: Provider, title: str, lede: str) -> ResponseReturnValue:
    return page(
        "providers/part.html",
        form=form,
        provider=provider,
        heading=title,
        lede=lede,
        back=_base_url(provider.id),
        may_list=policies.can_list_providers(current_actor()),
    )


# ---- the start page


def tasks(actor: Actor) -> Iterator[Task]:
    """The federation is told which accreditations run out."""
    if not policies.can_manage_providers(actor):
        return
    today = clock.today()
    ending = queries.accreditations_ending(
        viewer=actor, since=today, until=today + timedelta(days=WARN_DAYS)
    )
    yield Task(
        ending, "培训基地资质即将到期", "providers.index", note=f"{WARN_DAYS} 天之内到期，还没有续"
    )
