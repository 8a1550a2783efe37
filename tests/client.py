"""A test client that refuses any page which breaks the page contract."""

from typing import Any

from bs4 import BeautifulSoup
from flask import g, has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.contract import page_contract


class ContractClient(FlaskClient):
    """Checks each HTML answer of the application."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        # The fixture's application context outlives the request, and with it the user and the token kept in `g`.
        if has_app_context():
            for name in list(g):
                g.pop(name)
        response = super().open(*args, **kwargs)
        if response.mimetype == "text/html" and response.status_code != 204:
            page_contract.check(response)
        return response

    def submit(self, path: str, *, page: str | None = None, **fields: Any) -> TestResponse:
        """Post to `path` as a browser does: with the hidden inputs (CSRF token) of the form on `page`."""
        soup = BeautifulSoup(self.get(page or path).text, "html.parser")
        form = next((one for one in soup.select("main form") if one.get("method") == "post"), soup)
        hidden = {
            one["name"]: one.get("value", "")
            for one in form.select("input[type=hidden]")
            if one.get("name")
        }
        return self.post(path, data=hidden | fields)
