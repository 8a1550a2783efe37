"""`python -m app`: the whole system on this machine, as `make run` starts it."""

from app.platform import local

raise SystemExit(local.run())
