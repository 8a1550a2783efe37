"""`flask oversight`: the figures on the command line."""

import json
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import click
from flask.cli import AppGroup

from app.oversight import queries, rules
from app.oversight.types import Answer, Dimension, Filter, Question, Rate
from app.people.types import Category, Hukou, Sex
from app.platform import clock, eventlog
from app.platform.access import Actor, Role
from app.providers.types import TrainingKind

#: The command line is the administrator's: it reads as an auditor does.
_VIEWER = Actor(account_id=0, name="命令行", role=Role.AUDITOR)
_DAY = click.DateTime(formats=["%Y-%m-%d"])

group = AppGroup("oversight", help="监督指标。")


def _choice(kind: Any) -> click.Choice[str]:
    return click.Choice([member.value for member in kind])


@group.command("indicators")
@click.option("--from", "start", type=_DAY, required=True, help="期间的第一天。")
@click.option("--to", "end", type=_DAY, required=True, help="期间的最后一天。")
@click.option("--as-of", type=_DAY, help="截止日：到这一天才算到期；默认今天。")
@click.option(
    "--conversion-days", type=click.IntRange(1, 730), default=90, show_default=True, help="T。"
)
@click.option(
    "--stability-days", type=click.IntRange(1, 1095), default=180, show_default=True, help="D。"
)
@click.option("--by", type=_choice(Dimension), help="分组。")
@click.option("--region", help="居住地区划代码，按前缀。")
@click.option("--provider", type=int, help="培训基地编号。")
@click.option("--kind", type=_choice(TrainingKind))
@click.option("--category", type=_choice(Category))
@click.option("--sex", type=_choice(Sex))
@click.option("--hukou", type=_choice(Hukou))
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def indicators(
    start: datetime, end: datetime, as_of: datetime | None, conversion_days: int, stability_days: int, by: str | None,
    region: str | None, provider: int | None, kind: str | None, category: str | None, sex: str | None,
    hukou: str | None, as_json: bool,
) -> None:  # fmt: skip
    """培训、结业、转化率、稳定率、回访到达率。"""
    if end < start:
        raise click.BadParameter("--to 不能早于 --from。")
    question = Question(
        start.date(),
        end.date(),
        as_of.date() if as_of else clock.today(),
        conversion_days,
        stability_days,
    )
    wanted = Filter(
        region_code=region,
        provider_id=provider,
        kind=TrainingKind(kind) if kind else None,
        category=Category(category) if category else None,
        sex=Sex(sex) if sex else None,
        hukou=Hukou(hukou) if hukou else None,
    )
    facts = rules.select_trainings(queries.load_facts(viewer=_VIEWER), wanted)
    whole = rules.answer(facts, question)
    report: dict[str, Any] = {
        "question": {key: _plain(value) for key, value in asdict(question).items()},
        "definitions": {name: item.version for name, item in rules.DEFINITIONS.items()},
        "figures": _figures(whole),
    }
    report["figures"]["conversion_by_grade"] = {
        grade.value if grade else "none": len(members)
        for grade, members in rules.converted_by_grade(whole).items()
    }
    if by is not None:
        parts = rules.break_down(facts, question, Dimension(by))
        report["by"] = {
            "dimension": by,
            "parts": {value: _figures(part) for value, part in parts.items()},
        }
    click.echo(json.dumps(report, ensure_ascii=False, indent=2) if as_json else _table(report))


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _figures(answer: Answer) -> dict[str, Any]:
    figures = answer.figures
    return {
        name: _rate(value) if isinstance(value := getattr(figures, name), Rate) else value
        for name in figures.__dataclass_fields__
    }


def _rate(rate: Rate) -> dict[str, Any]:
    return {
        "numerator": rate.numerator,
        "denominator": rate.denominator,
        "percent": rules.percentage(rate),
    }


def _table(report: dict[str, Any]) -> str:
    lines = [
        f"期间 {report['question']['start']} 至 {report['question']['end']}，截止 {report['question']['as_of']}"
    ]
    lines += _lines(report["figures"])
    for value, figures in report.get("by", {"parts": {}})["parts"].items():
        lines += [f"[{value or '未知'}]", *_lines(figures)]
    return "\n".join(lines)


def _lines(figures: dict[str, Any]) -> list[str]:
    return [
        f"  {name:<20}{value['percent']} ({value['numerator']}/{value['denominator']})"
        if isinstance(value, dict) and "percent" in value
        else f"  {name:<20}{value}"
        for name, value in figures.items()
    ]


events = AppGroup("eventlog", help="操作记录。")

_KINDS = {
    "changed": "第 {} 条记录被改动",
    "removed": "第 {} 条记录被删除",
    "inserted": "第 {} 条记录是事后插入的",
    "seal_broken": "第 {} 批封存不符",
    "seal_missing": "第 {} 批封存缺失",
    "head_differs": "链尾与抄录的不同：第 {} 批以后的封存被截断或重写",
}


@events.command("verify")
@click.option("--head", help="上次核对时抄录的链尾，用来发现被截断的记录。")
def verify(head: str | None) -> None:
    """核对操作记录：逐行找出被改动、删除或插入的。"""
    result = eventlog.verify(expected_head=head)
    for finding in result.findings:
        click.echo(_KINDS[finding.kind].format(finding.number))
    click.echo(f"封存 {result.seals} 批，{result.sealed} 条；还有 {result.unsealed} 条等待封存。")
    click.echo(f"链尾 {result.head}")
    if result.findings:
        raise SystemExit(1)
    click.echo("操作记录完整。")
