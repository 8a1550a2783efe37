"""`flask identity`: the first administrator, and a way back in."""

import click
from flask.cli import AppGroup

from app.identity import queries, services
from app.platform.access import SYSTEM
from app.platform.errors import DomainError
from app.platform.unit_of_work import unit_of_work

group = AppGroup("identity", help="账户与登录。")


@group.command("create-admin")
@click.option("--username", prompt="用户名", help="登录用的名字，例如 admin。")
@click.option("--name", "display_name", prompt="姓名", help="管理员的姓名。")
def create_admin(username: str, display_name: str) -> None:
    """开立一个系统管理员账户，显示一次初始密码。"""
    try:
        with unit_of_work():
            password = services.create_first_administrator(
                username=username, display_name=display_name
            )
    except DomainError as error:
        raise click.ClickException(error.message) from error
    click.echo(
        f"已开立系统管理员 {username}。初始密码（只显示这一次，首次登录时须修改）：{password}"
    )


@group.command("reset-password")
@click.argument("username")
def reset_password(username: str) -> None:
    """为一个账户重设初始密码并解除锁定。"""
    account = queries.find_by_username(username)
    if account is None:
        raise click.ClickException(f"没有用户名为 {username} 的账户，请核对。")
    with unit_of_work():
        password = services.set_initial_password(actor=SYSTEM, account=account)
    click.echo(f"{username} 的初始密码（只显示这一次，首次登录时须修改）：{password}")
