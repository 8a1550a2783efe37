"""`flask demo`: load the synthetic district and name its accounts."""

import click
from flask import current_app
from flask.cli import AppGroup

from app.demo import accounts, district
from app.platform.unit_of_work import unit_of_work

demo = AppGroup("demo", help="演示数据：虚构的振兴区，只用于试用。")


@demo.command()
def load() -> None:
    """装入演示数据，只装一次。"""
    if not current_app.config["DEMO"]:
        raise click.ClickException("演示数据只能装入 DEMO=true 的环境。")
    if district.is_loaded():
        click.echo("演示数据已在库中，未作改动。")
        return
    with unit_of_work():
        summary = district.load()
    click.echo(
        "演示数据已装入："
        + "，".join(f"{name} {number}" for name, number in summary.items())
        + "。"
    )


@demo.command("accounts")
def list_accounts() -> None:
    """列出演示账号和密码。"""
    if not current_app.config["DEMO"]:
        raise click.ClickException("只有 DEMO=true 的环境有演示账号。")
    click.echo(f"演示账号（密码均为 {accounts.PASSWORD}）：")
    for username, display_name in accounts.listing():
        click.echo(f"  {username:<12}{display_name}")
