"""Possible duplicates, and making one record of two."""

from flask import url_for
from flask.typing import ResponseReturnValue

from app.people import policies, queries, services
from app.people.forms import MergeForm
from app.people.routes import bp
from app.people.routes.register import person_or_404
from app.people.types import HouseholdFlag
from app.platform.access import current_actor, requires
from app.platform.pages import done, page, paginate
from app.platform.unit_of_work import unit_of_work


@bp.get("/persons/duplicates")
@requires(policies.can_merge_persons)
def duplicates() -> ResponseReturnValue:
    """Pairs of records that may be of one person."""
    pairs = paginate(queries.duplicate_pairs(current_actor()))
    shown = [queries.DuplicatePair(*row) for row in pairs.items]
    places = queries.place_names(
        one.residence_code for pair in shown for one in (pair.first, pair.second)
    )
    return page("people/duplicates.html", pairs=pairs, shown=shown, homes=places)


@bp.route("/persons/<int:person_id>/merge/<int:other_id>", methods=["GET", "POST"])
@requires(policies.can_merge_persons)
def merge(person_id: int, other_id: int) -> ResponseReturnValue:
    """Side by side: what both records hold, and what will happen. `person_id` is kept."""
    kept, other = person_or_404(person_id), person_or_404(other_id)
    form = MergeForm()
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.merge_persons(actor=current_actor(), kept=kept, other=other)
        if form.ok:
            return done("两份记录已合并，没有丢失内容。", url_for(".show", person_id=person_id))
        kept, other = person_or_404(person_id), person_or_404(other_id)
    return page(
        "people/merge.html",
        form=form,
        kept=kept,
        other=other,
        plan=services.plan_merge(kept=kept, other=other),
        homes=queries.place_names([kept.residence_code, other.residence_code]),
        flags={
            one.id: "、".join(flag.label for flag in HouseholdFlag if getattr(one, flag.value))
            or "无"
            for one in (kept, other)
        },
    )
