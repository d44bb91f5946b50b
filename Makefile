# What a command needs, it installs into .venv; only Python 3.11 or later, git and make must be there.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
SCENARIO ?= pod-creation
PYTEST_ARGS ?= -n 2 --dist worksteal
COUNT ?= 10000

.DEFAULT_GOAL := help
.PHONY: help install warm check test test-long test-browser golden pictures fuzz fuzz-faults lint bench clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1	\2/' | expand -t 20

install: $(INSTALLED) ## Create .venv and install kmodel into it

$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"kmodel needs Python 3.11 or later, and $(PYTHON) is {sys.version.split()[0]}; run make PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(INSTALLED)

warm: $(INSTALLED) ## Compile the search ahead, which each process would do otherwise
	$(BIN)/kmodel warm

check: $(INSTALLED) ## Explore SCENARIO (pod-creation), check every spec, write its report
	$(BIN)/kmodel check $(SCENARIO)

test: $(INSTALLED) ## Run the linters, the specs and the tests
	@$(MAKE) --no-print-directory --jobs=2 lint warm
	$(BIN)/python -m pytest $(PYTEST_ARGS)

test-long: $(INSTALLED) warm ## Run the tests that take minutes
	$(BIN)/python -m pytest $(PYTEST_ARGS) -m long --timeout=1200

test-browser: $(INSTALLED) ## Run the tests in a browser; as root on Debian, installs Chromium if there is none
	@command -v chromium >/dev/null || { apt-get update && apt-get install --yes --no-install-recommends chromium; } >/dev/null
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[browser]'
	$(BIN)/python -m pytest -m browser tests/browser

golden: $(INSTALLED) ## Rewrite the whole outputs that tests compare to the letter; read the diff
	KMODEL_REWRITE_GOLDEN=1 $(BIN)/python -m pytest $$(grep -rl KMODEL_REWRITE_GOLDEN tests --include='test_*.py') \
	  $$(grep -rl 'golden import same' tests --include='test_*.py')

pictures: $(INSTALLED) ## Draw the pictures in the README anew, with what make test-browser installs
	$(BIN)/python -m tests.browser.pictures

fuzz: $(INSTALLED) ## Explore COUNT (10000) random models in every way, and compare
	$(BIN)/python -m tests.fuzz --count $(COUNT)

fuzz-faults: $(INSTALLED) ## Show after how many models fuzzing finds each fault seeded into kmodel
	$(BIN)/python -m tests.fuzz.seeded_faults

lint: $(INSTALLED) ## Run the linters
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(INSTALLED) ## Measure beside other checkers and plain Python; writes reports/benchmarks.md
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python -m tests.benchmarks

clean: ## Remove what was installed and generated
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find reports -mindepth 1 ! -name README.md ! -name benchmarks.md -delete
