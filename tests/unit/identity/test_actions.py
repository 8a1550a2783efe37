"""Everything that is logged of an account can be read on its page."""

import ast
import inspect

from app.identity import services
from app.identity.types import ACTIONS


def test_every_action_has_words() -> None:
    tree = ast.parse(inspect.getsource(services))
    logged = {
        constant.value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "action"
        for constant in ast.walk(keyword.value)
        if isinstance(constant, ast.Constant)
    }
    assert logged == set(ACTIONS)
