"""A test client that refuses any page which breaks the page contract."""

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.contract import page_contract


class ContractClient(FlaskClient):
    """Checks each HTML answer of the application."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        if response.mimetype == "text/html" and response.status_code < 500 and not 300 <= response.status_code < 400:
            page_contract.check(response)
        return response
