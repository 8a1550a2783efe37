"""A synthetic district to try everything on: deterministic, loaded once, marked as synthetic on every page and PDF.

Rows are written in bulk, as an import would, and follow the rules of each capability; nothing here runs in production.
"""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.demo.cli import demo
    from app.platform import eventlog

    eventlog.explain(actions={"demo.loaded": "载入演示数据"})
    app.cli.add_command(demo)
