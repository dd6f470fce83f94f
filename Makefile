# FlowBoard's commands. `make help` lists them.

SHELL := /bin/sh
.DEFAULT_GOAL := help
# Any Python starts the bootstrap, which then finds one that is new enough.
ANY_PYTHON := $(shell command -v python3 || command -v python)
BOOTSTRAP := $(or $(ANY_PYTHON),python3) scripts/bootstrap.py
BIN := .venv/bin
export PORT
# Checks read the settings but connect to nothing.
CHECK_ENV := FLOWBOARD_SECRET_KEY=check DATABASE_URL=postgresql://check/check DATABASE_OWNER_URL=postgresql://check/check \
	DATABASE_STAFF_URL=postgresql://check/check REDIS_URL=redis://check/0

# Tests start dozens of processes: what is compiled once need not be compiled again by each of them.
test test-deep: export PYTHONDONTWRITEBYTECODE =

.PHONY: help up test test-deep lint types format bench screenshots openapi vendor requirements venv venv-dev clean

help: ## List these commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

up: venv ## Run FlowBoard on this machine: services, migrations, demo, web, jobs (PORT, FLOWBOARD_HOME)
	@exec $(BIN)/python manage.py up

test: venv-dev ## Run the tests, browser tests included, with coverage
	@$(BIN)/python scripts/bootstrap.py requirements-dev.txt --chromium
	$(BIN)/coverage erase
	$(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-report= --cov-fail-under=0 $(PYTEST_ARGS)
	$(BIN)/coverage report
	@echo "Services and policies must be covered completely:"
	$(BIN)/coverage report --fail-under=100 --include='apps/*/services.py,apps/*/services/**/*.py,apps/*/policies.py'

test-deep: venv-dev ## Run the long tests: full matrices, whole corpora, thousands of generated cases
	@$(BIN)/python scripts/bootstrap.py requirements-dev.txt --chromium
	$(BIN)/python -m pytest -n 2 --dist worksteal -m deep $(PYTEST_ARGS)

lint: venv-dev ## Check style, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory types
	$(BIN)/lint-imports --no-logo

types: venv-dev ## Check types
	$(CHECK_ENV) $(BIN)/mypy

format: venv-dev ## Bring the code into its format
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

bench: venv-dev ## Measure the costs that matter and print them (BENCH_ARGS="--write")
	@$(BIN)/python scripts/bootstrap.py requirements-dev.txt --chromium
	@exec $(BIN)/python manage.py bench $(BENCH_ARGS)

screenshots: venv-dev ## Take the pictures of the README anew (SCREENSHOTS_ARGS="--all DIR": every page)
	@$(BIN)/python scripts/bootstrap.py requirements-dev.txt --chromium
	@exec $(BIN)/python scripts/screenshots.py $(SCREENSHOTS_ARGS)

openapi: venv-dev ## Write the API's document anew (flowboard/openapi.json): do it when you mean to change the API
	$(CHECK_ENV) $(BIN)/python manage.py spectacular --format openapi-json --fail-on-warn --validate --file flowboard/openapi.json

vendor: venv ## Fetch the pinned front-end assets anew and check their hashes
	$(BIN)/python scripts/vendor.py

requirements: venv-dev ## Compile requirements*.in to pinned, hashed requirements*.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		-c requirements.txt requirements-s3.in -o requirements-s3.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		-c requirements.txt -c requirements-s3.txt requirements-dev.in -o requirements-dev.txt

venv:
	@$(BOOTSTRAP) requirements.txt

venv-dev:
	@$(BOOTSTRAP) requirements-dev.txt

clean: ## Remove caches and test services, never data
	rm -rf .flowboard-test .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.* htmlcov
