"""Commands of whoever runs the installation."""

import click
from flask import Flask

from app.platform import doctor, rotation
from app.platform.jobs import run_worker


def init_app(app: Flask) -> None:
    @app.cli.command("doctor")
    def check() -> None:
        """检查本系统的运行条件，逐项说明如何修复。"""
        failed = False
        for finding in doctor.examine(app):
            click.echo(str(finding))
            failed = failed or finding.level is doctor.Level.ERROR
        if failed:
            raise SystemExit(1)

    # Each job runs in an application context of its own.
    @app.cli.command("worker", with_appcontext=False)
    @click.option("--once", is_flag=True, help="做完已有的任务就结束。")
    @click.option("--concurrency", default=1, show_default=True, help="同时做几个任务。")
    def worker(once: bool, concurrency: int) -> None:
        """运行后台任务，直到 Ctrl-C 或 SIGTERM。"""
        run_worker(app, concurrency=concurrency, wait=not once)

    @app.cli.command("rotate-keys")
    def rotate_keys() -> None:
        """用 FIELD_KEYS 里的第一把密钥重新加密全部敏感字段，历史版本也在内；完成后可以去掉旧密钥。"""
        rewritten = rotation.rotate(
            app.config["OWNER_DATABASE_URL"], app.extensions["qiming.field_keys"]
        )
        click.echo(f"重新加密了 {rewritten} 个字段值。旧密钥现在可以从 FIELD_KEYS 中去掉。")
