# `make run` starts Leadapp, `make test` tests it. Both need only Python 3.11+ and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input --no-deps
# The tests have services of their own, so that they run beside a live `make run`.
TEST_DATA := $(or $(LEADAPP_DATA),var)/test
WITH_SERVICES = LEADAPP_DATA=$(TEST_DATA) $(BIN)/python -m leadapp.embedded --throwaway --
# What `make` builds from the translations.
MESSAGES := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/django.po))
# All tests are shared by several processes; a few chosen ones start sooner in one.
ALL_TESTS = -n auto --maxprocesses=5 --dist=loadfile --no-loadscope-reorder --rerun-show-tracebacks

.PHONY: help run test screenshots lint format messages pins clean

help:  ## list the commands
	@sed -n 's/^\([a-z]*\):.*##/\1\t/p' $(MAKEFILE_LIST) | expand -t 10

run: $(VENV)/installed $(MESSAGES)  ## start Leadapp on http://127.0.0.1:8000 (PORT and LEADAPP_DATA move it)
	@exec $(BIN)/python -m leadapp.run

test: $(VENV)/installed-dev $(MESSAGES)  ## run all tests (ARGS="-k name" runs some)
	@$(WITH_SERVICES) $(BIN)/python -m pytest $(or $(ARGS),$(ALL_TESTS))

screenshots: $(VENV)/installed-dev $(MESSAGES)  ## take pictures of all pages into screenshots/ (PAGES=my-day,board of some, SPOKEN=de)
	@$(WITH_SERVICES) $(BIN)/python -m pytest -q tests/ui/take_screenshots.py

lint: export DEBUG := 1
lint: $(VENV)/installed-dev  ## check style, types, layers and templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet templates

format: $(VENV)/installed-dev  ## put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

messages: $(VENV)/installed-dev  ## find the texts of the UI, for the translations in locale/
	@$(BIN)/python -m leadapp.catalogues update

pins:  ## refresh requirements*.txt from requirements*.in
	$(PYTHON) -m venv $(VENV)/pip-tools
	$(VENV)/pip-tools/bin/pip install --quiet pip-tools
	for name in requirements requirements-dev; do \
	  $(VENV)/pip-tools/bin/pip-compile --quiet --upgrade --strip-extras --no-header --annotation-style=line \
	    --no-emit-find-links --no-emit-index-url --no-emit-trusted-host --output-file $$name.txt $$name.in; \
	done

clean:  ## remove what was installed and built; the data in var/ stay
	rm -rf $(VENV) $(MESSAGES) staticfiles .mypy_cache .ruff_cache .pytest_cache .hypothesis

# What people translate (.po), as programs read it.
%.mo: %.po | $(VENV)/installed
	@$(BIN)/python -m leadapp.catalogues compile $<

# pip comes last: without it the folder is what an interrupted start, or a Python without venv, left behind.
$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Leadapp needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)

# Every pin is listed, so nothing has to be resolved.
$(VENV)/installed: requirements.txt | $(VENV)/bin/pip
	@echo "Installing the requirements into $(VENV) ..."
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	@echo "Installing the development tools into $(VENV) ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@
