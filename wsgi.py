"""Entry point of gunicorn and of the `flask` command."""

from app import create_app
from app.platform import local

app = create_app(local.settings())
