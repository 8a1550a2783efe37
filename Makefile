# Each target sets up what it needs first: nothing has to be run before another.
.DEFAULT_GOAL := help
.PHONY: help setup run test lint format bench lock clean
BIN := .venv/bin
JOBS ?= 2
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

help: ## this list
	@echo 'Qiming 启明: vocational training and skills competitions of a district federation'
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo '  Variables: PORT=8000, PYTHON=python3, JOBS=2, ARGS= (of pytest), ONLY= (of bench), UPGRADE=1 (of lock),'
	@echo '  DATABASE_URL= and OWNER_DATABASE_URL= (a PostgreSQL server in place of the embedded one).'

setup: ## system libraries, fonts, .venv and var/local.env; asks for sudo only when something is missing
	@bin/setup run
	@$(BIN)/python -c 'from app.platform.local import ensure_local_env; ensure_local_env()'

run: ## set up, migrate, load the demo district once, start web and worker (Ctrl-C stops)
	@bin/setup run
	@exec $(BIN)/python -m app

test: ## all tests, those in a browser included; ARGS='-k name' narrows
	@bin/setup test
	@$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

lint: ## ruff, mypy, import-linter, djlint
	@bin/setup lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --lint templates

format: ## let ruff mend what it can
	@bin/setup lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: ## ratios against a floor measured in the same run; ONLY=platform narrows
	@bin/setup test
	@$(BIN)/python -m benchmarks $(ONLY)

lock: ## renew requirements/*.txt from pyproject.toml; UPGRADE=1 takes newer versions
	@bin/setup lint
	$(LOCK) pyproject.toml -o requirements/app.txt
	$(LOCK) pyproject.toml --group dev -o requirements/dev.txt
	$(LOCK) requirements/uv.in -o requirements/uv.txt

clean: ## remove .venv and caches; the data in var/ stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
