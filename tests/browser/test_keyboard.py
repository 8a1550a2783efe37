"""Tab alone reaches everything on the main pages, shows where it is, and gets out again.

The journeys that go by keyboard alone stand with their capability: signing in, applying for a class, calling a roll,
verifying a certificate, recording a call.
"""

from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from app.platform.access import Role
from app.platform.db import db
from tests.browser.conftest import new_context, session_cookie
from tests.browser.demo import grant_of

PAGES: list[tuple[Role | None, list[str]]] = [
    (None, ["/", "/open-classes", "/verify", "/sign-in", "/register"]),
    (Role.FEDERATION, ["/start", "/persons", "/classes", "/persons/new", "/oversight?by=kind"]),
    (Role.TOWNSHIP, ["/start", "/follow-ups", "/persons/find"]),
    (Role.PROVIDER, ["/start", "/classes/new", "/attendance", "/providers/own"]),
    (Role.TRAINEE, ["/start", "/enrolments/mine", "/certificates/mine", "/me"]),
    (Role.AUDITOR, ["/start", "/oversight", "/oversight/rows/mature", "/oversight/events"]),
]
#: More stops than any of these pages has.
MOST = 400

#: Numbers everything that a keyboard must reach; a radio group is one stop.
_NUMBER = """() => {
  const seen = new Set();
  let count = 0;
  for (const one of document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")) {
    if (one.disabled || one.type === "hidden" || !one.checkVisibility({visibilityProperty: true})) continue;
    if (one.type === "radio") {
      if (seen.has(one.name)) continue;
      seen.add(one.name);
      for (const other of document.getElementsByName(one.name)) other.dataset.stop = count;
    }
    one.dataset.stop = count++;
  }
  return count;
}"""
#: Which number has the focus, and whether one sees it.
_WHERE = """async () => {
  // The browser scrolls to the focus with its next picture.
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const drawn = [one, one.parentElement, one.nextElementSibling].filter(Boolean).some((each) => {
    const style = getComputedStyle(each);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
  });
  const box = one.getBoundingClientRect();
  const inside = box.bottom > 0 && box.top < innerHeight;
  return {stop: one.dataset.stop ?? null, visible: drawn && inside, html: one.outerHTML.slice(0, 120)};
}"""


def walk(page: Page) -> tuple[set[int], list[str]]:
    """The stops that Tab makes until it leaves the page, and those of them where nothing shows the focus."""
    stops: set[int] = set()
    unseen = []
    for _ in range(MOST):
        page.keyboard.press("Tab")
        where: dict[str, Any] | None = page.evaluate(_WHERE)
        if where is None or (where["stop"] is not None and int(where["stop"]) in stops):
            # A date field has several parts, each a stop of its own within the same field.
            if where is not None and int(where["stop"]) == max(stops):
                continue
            return stops, unseen
        if where["stop"] is not None:
            stops.add(int(where["stop"]))
        if not where["visible"]:
            unseen.append(where["html"])
    raise AssertionError("Tab does not come to an end")


@pytest.mark.parametrize(("role", "paths"), PAGES, ids=lambda one: getattr(one, "value", ""))
def test_tab_reaches_everything_and_shows_where_it_is(
    demo_app: Flask,
    demo_address: str,
    browser: Browser,
    role: Role | None,
    paths: list[str],
) -> None:
    context = new_context(browser, demo_address, 1280)
    if role is not None:
        with demo_app.app_context():
            grant = grant_of(role)
            assert grant is not None
            cookie = session_cookie(
                demo_app, grant_id=grant.id, epoch=grant.account.session_epoch, address=demo_address
            )
            db.session.remove()
        context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    # Otherwise the page glides to the focus, and for a while does not show it.
    page.emulate_media(reduced_motion="reduce")
    complaints = []
    for path in paths:
        page.goto(path)
        count = page.evaluate(_NUMBER)
        stops, unseen = walk(page)
        missed = [
            page.evaluate(
                "number => document.querySelector(`[data-stop='${number}']`).outerHTML.slice(0, 120)",
                number,
            )
            for number in sorted(set(range(count)) - stops)
        ]
        complaints += [f"{path}: not reached: {one}" for one in missed]
        complaints += [f"{path}: focus not seen: {one}" for one in unseen]
    context.close()
    assert not complaints, "\n".join(complaints)
