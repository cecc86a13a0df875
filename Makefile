# Every chore of the project; `make` alone lists them. CI runs `make check`.
PYTHON ?= python3
VENV   := .venv
VENV15 := .venv-duckdb-1.5
BIN    := $(VENV)/bin
# Files of tests side by side, on as many cores as there are, in the order of collection.
SIDE_BY_SIDE := --numprocesses auto --dist loadfile --no-loadscope-reorder
QUICK   := not servers and not bench and not long and not soak
QUICK_AND_LONG := not servers and not bench and not soak
# What the older DuckDB runs in every check: the quick tests of all that writes or runs SQL.
# `make soak` runs the rest.
SQL_TESTS := tests/contract/test_reports.py tests/unit/service/store tests/unit/service/reports \
	tests/e2e/test_letters.py tests/unit/service/replies
# Browsers, npm packages and the like are kept here between runs.
export REGULARS_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/regulars
# Compiled code stays for the next process and the next run, also where the environment forbids it.
unexport PYTHONDONTWRITEBYTECODE
# What ran green in `make soak`, on which code.
LEDGER := --ledger $(REGULARS_CACHE)/soak-ledger.jsonl

.DEFAULT_GOAL := help
.PHONY: help install demo test test-long test-servers coverage soak simulate parts bench check lint types format docs freeze clean

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
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "$(QUICK)"

test-long: install ## what needs no other program and takes long: kills, pacing, pages that build packages
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "long and not servers and not soak"

test-servers: install parts $(VENV15)/.installed ## the suites against real clients and browsers, and SQL on the older DuckDB
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "servers and not soak" --timeout 3000
	$(VENV15)/bin/python -m pytest $(SIDE_BY_SIDE) -m "$(QUICK)" $(SQL_TESTS)

coverage: install ## what test and test-long reach of the code
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) --cov --cov-report=term -m "$(QUICK_AND_LONG)"

soak: install parts $(VENV15)/.installed ## the long forms: hundreds of kills, more seeds, all on the older DuckDB; resumes
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) $(LEDGER) -m soak --timeout 3000
	$(VENV15)/bin/python -m pytest $(SIDE_BY_SIDE) $(LEDGER) -m "$(QUICK_AND_LONG)" \
		tests/unit/service tests/contract tests/e2e

parts: install ## node, Chromium, Ghosts, podman and proxies of the suites against servers, once
	scripts/install-parts

simulate: install ## lists of readers with a known future: what the headline is worth; resumes
	PYTHONPATH=tests OPENBLAS_NUM_THREADS=1 $(BIN)/python -m simulation

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

# Building the parts keeps one core busy for minutes, mypy the other.
check: install $(VENV15)/.installed ## all that CI runs; `make soak` has the long forms
	$(MAKE) --jobs 2 --output-sync parts lint types
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "$(QUICK_AND_LONG)"
	$(MAKE) test-servers
	scripts/freeze --check
	$(BIN)/python scripts/write-reference --check

clean: ## remove the virtual environments
	rm -rf $(VENV) $(VENV15)
