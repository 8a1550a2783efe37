"""The contract notices what it is there to notice."""

import pytest

from tests.contract.page_contract import breaches_of

GOOD = """<!doctype html><html lang="zh-CN"><head><meta name="viewport" content="width=device-width">
<title>{title}</title></head><body><a class="skip" href="#main">跳到正文</a>
<main id="main" tabindex="-1">{body}</main></body></html>"""


def page(body: str, title: str = "报名 - 启明") -> str:
    return GOOD.format(title=title, body=body)


def test_a_good_page_has_no_breach() -> None:
    assert breaches_of(page("<h1>报名</h1><p>正文</p>")) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<h1>别的</h1>", "does not begin with the h1"),
        ("<h1>报名</h1><h1>报名</h1>", "2 h1"),
        ("<p>正文</p>", "0 h1"),
        ("<h1>报名</h1><h3>跳级</h3>", "jumps from h1 to h3"),
        ("<h1>报名</h1><p id='a'></p><p id='a'></p>", "stands 2 times"),
        ("<h1>报名</h1><input name='n'>", "no label"),
        ("<h1>报名</h1><label for='x'>姓名</label>", "leads to no element"),
        ("<h1>报名</h1><label>甲<input type='radio' name='k' value='1'></label>", "no fieldset"),
        ("<h1>报名</h1><button></button>", "no name"),
        ("<h1>报名</h1><a href='/x'><svg aria-hidden='true'></svg></a>", "no name"),
        ("<h1>报名</h1><svg></svg>", "neither hidden nor described"),
        ("<h1>报名</h1><img src='/x.png'>", "without alt"),
        ("<h1>报名</h1><table><tr><th scope='col'>甲</th></tr></table>", "without caption"),
        ("<h1>报名</h1><table><caption>表</caption><tr><th>甲</th></tr></table>", "without scope"),
        ("<h1>报名</h1><script>alert(1)</script>", "inline script"),
        ("<h1>报名</h1><p style='color:red'>x</p>", "style attribute"),
        ("<h1>报名</h1><p onclick='x()'>x</p>", "onclick attribute"),
        ("<h1>报名</h1><form method='post'></form>", "without CSRF token"),
        ("<h1>报名</h1><form><label>件<input type='file'></label></form>", "sends no files"),
        ("<h1>报名</h1></section>", "end-tag-too-early"),
        ("<h1>报名</h1><span class='state bad'></span>", "colour alone"),
        ("<h1>报名</h1><p tabindex='2'>x</p>", "positive tabindex"),
        ("<h1>报名</h1><nav></nav><nav></nav>", "told apart"),
        ("<h1>报名</h1><label>姓名<input aria-invalid='true'></label>", "tied to nothing"),
    ],
)
def test_a_breach_is_named(body: str, said: str) -> None:
    found = breaches_of(page(body))
    assert any(said in line for line in found), found


FIELD = (
    "<label for='n'>姓名</label><div id='n-error'>请填写</div>"
    "<input id='n' aria-invalid='true' aria-describedby='n-error'>"
)


def test_an_invalid_form_says_so_in_its_title_and_leads_to_its_fields() -> None:
    summary = "<div role='alert' tabindex='-1'><h2>有 1 处</h2><a href='#n'>请填写</a></div>"
    good = page(summary + "<h1>报名</h1>" + FIELD, "错误：报名 - 启明")
    assert breaches_of(good, status=422) == []
    assert breaches_of(page(summary + "<h1>报名</h1>" + FIELD), status=422)
    without = page("<h1>报名</h1>" + FIELD, "错误：报名 - 启明")
    assert breaches_of(without, status=422) == ["answer 422 without error summary (role=alert)"]
    empty = page(summary.replace("#n", "#main") + "<h1>报名</h1>" + FIELD, "错误：报名 - 启明")
    assert any("no field" in line for line in breaches_of(empty, status=422))
