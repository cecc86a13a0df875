# Every chore of the project; `make` alone lists them. CI runs `make check`.
PYTHON ?= python3
VENV   := .venv
VENV15 := .venv-duckdb-1.5
BIN    := $(VENV)/bin
# Files of tests side by side, on as many cores as there are.
SIDE_BY_SIDE := --numprocesses auto --dist loadfile
# Browsers, npm packages and the like are kept here between runs.
export REGULARS_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/regulars

.DEFAULT_GOAL := help
.PHONY: help install demo test test-long test-servers bench check lint types format docs freeze clean

help: ## list these verbs
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

$(VENV)/.installed: requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV15)/.installed: requirements/dev-duckdb-1.5.txt pyproject.toml
	$(PYTHON) -m venv $(VENV15)
	$(VENV15)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev-duckdb-1.5.txt
	$(VENV15)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

install: $(VENV)/.installed ## make .venv with everything that development needs

demo: install ## show an invented newsletter on a page on this machine
	@$(BIN)/regulars demo

test: install ## everything that needs no other program and does not take long
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) --cov --cov-report=term -m "not servers and not bench and not long"

test-long: install ## what needs no other program and takes long: kills, pacing, pages that build packages
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "long and not servers"

test-servers: install $(VENV15)/.installed ## the suites against real clients, browsers and the older DuckDB
	scripts/install-parts
	$(BIN)/python -m pytest -m servers --timeout 3000
	$(VENV15)/bin/python -m pytest $(SIDE_BY_SIDE) -m "not servers and not bench" tests/unit/service tests/e2e

bench: install ## print the figures of tests/benchmarks
	$(BIN)/python -m pytest -m bench -s --timeout 3000 tests/benchmarks

lint: install ## ruff: lint and format
	$(BIN)/ruff check . scripts/write-reference
	$(BIN)/ruff format --check . scripts/write-reference

types: install ## mypy, strict
	$(BIN)/mypy

format: install ## rewrite the code in the house style
	$(BIN)/ruff check --fix . scripts/write-reference
	$(BIN)/ruff format . scripts/write-reference

docs: install ## write the generated reference pages
	$(BIN)/python scripts/write-reference

freeze: install ## compile the requirement files from pyproject.toml
	scripts/freeze

check: lint types test test-long test-servers ## all that CI runs
	scripts/freeze --check
	$(BIN)/python scripts/write-reference --check

clean: ## remove the virtual environments
	rm -rf $(VENV) $(VENV15)
