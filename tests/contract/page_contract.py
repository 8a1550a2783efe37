from werkzeug.test import TestResponse


def check(response: TestResponse) -> None:
    pass
