# SPDX-License-Identifier: Apache-2.0
# Everything hangs on `setup`, which takes seconds when nothing changed. `make help` lists the commands.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCKED := $(VENV)/weirhouse.lock
ARGS ?=
CONSOLE := api/console
CONSOLE_SOURCES := $(shell find $(CONSOLE) -type f -not -path '*/node_modules/*' -not -path '*/dist/*' \
	-not -path '*/test-results/*' -not -name '*.tsbuildinfo' 2>/dev/null)
# npm reads the environment's own Node, whatever else is on the machine.
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix $(CONSOLE) --no-fund --no-audit --no-update-notifier
COMPILE := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock"

.PHONY: help setup preflight console check test demo bench surge clean-data lock screens
.DEFAULT_GOAL := help

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | awk -F'\t' '{ printf "make %-11s %s\n", $$1, $$2 }'

preflight:
	@$(PYTHON) deploy/preflight.py

setup: preflight $(LOCKED) console ## prepare the environment: packages, Kafka's jars, console

$(LOCKED): requirements.lock pyproject.toml weirhouse/embedded/kafka.lock
	@test -x $(BIN)/python || { echo "setup: making the environment"; $(PYTHON) -m venv $(VENV); }
	@echo "setup: installing the locked packages (hash-checked)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --progress-bar off \
		--require-hashes --only-binary :all: -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@echo "setup: fetching Apache Kafka"
	@$(BIN)/python -m weirhouse.embedded.fetch
	@touch $@

console: $(if $(wildcard $(CONSOLE)/package.json),$(CONSOLE)/dist/index.html) ## build the console

$(CONSOLE)/node_modules/.package-lock.json: $(CONSOLE)/package.json $(wildcard $(CONSOLE)/package-lock.json) | $(LOCKED)
	@echo "setup: installing the console's packages"
	@$(NPM) ci --loglevel=error
	@touch $@

$(CONSOLE)/dist/index.html: $(CONSOLE)/node_modules/.package-lock.json $(CONSOLE_SOURCES)
	@echo "setup: building the console"
	@$(NPM) run --silent build
	@touch $@

check: setup ## format, lint, types, import contracts, console
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@test ! -f $(CONSOLE)/package.json || $(NPM) run check --if-present

test: setup ## every test, on the real Kafka, PostgreSQL and browser
	@test ! -f $(CONSOLE)/package.json || $(NPM) test --if-present
	$(BIN)/python -m pytest -q --durations=15 $(ARGS)

demo: setup ## start everything and send a storm; ARGS="--once", ARGS="--replay …"
	@$(BIN)/weirhouse demo $(ARGS)

bench: setup ## measure; ARGS="pipeline doors …"
	@for name in $(ARGS); do $(BIN)/python -m loadtests.bench $$name || exit 1; done

surge: setup ## send a surge; ARGS="PROFILE"
	@$(BIN)/python -m loadtests.surge $(ARGS)

clean-data: ## forget the data of the one-machine default
	@$(BIN)/python -m weirhouse.embedded.forget

lock: ## resolve the requirements and Kafka's jars anew
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv
	$(COMPILE) --all-extras --upgrade -o requirements.lock
	$(COMPILE) --constraint requirements.lock -o requirements-run.lock
	$(BIN)/python -m weirhouse.embedded.jars

screens: setup ## take the documentation's screenshots anew
	@$(BIN)/python -m docs.screens $(ARGS)
