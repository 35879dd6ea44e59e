# Two commands are enough: `make demo` shows what Scrubwatch does, `make test` checks that it still does it.
# Each sets itself up: it needs Python 3.11 or newer and nothing else.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3.11 python3 python; do \
	"$$name" -c '$(NEW_ENOUGH)' >/dev/null 2>&1 && echo "$$name" && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
WORKERS ?= 2
LINT := $(BIN)/ruff format --quiet --check . || { echo "not formatted: make format" >&2; false; } \
	&& $(BIN)/ruff check --quiet . && $(BIN)/mypy && $(BIN)/lint-imports --no-logo
REAL_DATA ?= ../shared/data/bitcoin_otc

.PHONY: help setup demo test check lint format docs real browser spark scale screenshots mutations laws engine scoring markets weekly evasion trust prove lock

help:  ## What can be made
	@sed -n 's/^\([a-z]*\):.*  ## \(.*\)/make \1 \2/p' $(MAKEFILE_LIST) | awk '{ $$1 = ""; t = $$2; $$2 = ""; printf "  make %-10s%s\n", t, $$0 }'

setup: .venv/.installed  ## Set up .venv; all others do it by themselves

demo: .venv/.installed  ## Simulate a marketplace, learn from it, list its ten most suspicious sellers (under 3 minutes)
	@rm -rf demo
	@$(BIN)/scrubwatch demo

test: .venv/.installed  ## What a change can break: format, lint, types, imports, tests, doctests, wheel (under 10 minutes)
	@{ $(LINT); } && linted=passed || linted=FAILED; \
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal --ignore tests/browser --ignore tests/spark && tested=passed || tested=FAILED; \
	echo "lint $$linted, tests $$tested"; [ "$$linted$$tested" = passedpassed ]

check: test  ## The one command that checks everything: `make test`, and that what is installed agrees with the lock
	@$(BIN)/python -m pip check --disable-pip-version-check

lint: .venv/.installed  ## Format, lint, types and import contract alone
	@$(LINT)

format: .venv/.installed  ## Format the code and mend what ruff can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: .venv/.docs  ## The documentation as a site in site/, without the network; warnings are errors (under a minute)
	@$(BIN)/python -m sphinx -q -W --keep-going -E -b html docs site
	@echo "site/index.html"

real: .venv/.installed  ## The same jobs on 35,592 real ratings, where they are at hand
	@$(BIN)/python -m benchmarks.bitcoin_otc --source $(REAL_DATA)

browser: .venv/.browser  ## The report as Chromium shows it; needs chromium and chromium-driver (a minute)
	@$(BIN)/python -m pytest -q -ra -n 0 tests/browser

spark: .venv/.spark  ## Every statement and signal on Spark as on DuckDB; needs Java 17 (under 15 minutes)
	@$(BIN)/python -m pytest -q -ra -n 0 tests/spark

scale: .venv/.spark  ## What Spark costs on one process, two, and two workers; needs Java 17 (half an hour)
	@$(BIN)/python -m benchmarks.spark

screenshots: .venv/.browser  ## The pictures of the report in docs/, from what `make demo` has left
	@$(BIN)/python -m benchmarks.screenshots

mutations: .venv/.installed  ## Break the clock in one place after the other; some test must notice each (some hours)
	@$(BIN)/python -m benchmarks.mutations

laws: .venv/.installed  ## The laws of the signals and their naive twin on many random markets, others each time (half an hour)
	@SCRUBWATCH_SOAK_EXAMPLES=20 $(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal \
		tests/features/test_laws.py tests/features/test_exactly_once.py tests/features/test_twin.py

engine: .venv/.installed  ## What the feature engine costs beside other ways; writes docs/benchmarks.md (an hour and a half)
	@$(BIN)/python -m benchmarks.engine --write docs/benchmarks.md

scoring: .venv/.installed  ## What it costs to score ten million sellers, beside LightGBM's prediction alone (half an hour, 8 GB of disk)
	@$(BIN)/python -m benchmarks.scoring

markets: .venv/.installed  ## Make the frozen markets, compare them with what was pinned, and judge the product and its parts on them (four hours)
	@$(BIN)/python -m benchmarks.pins
	@$(BIN)/python -m benchmarks.hidden
	@$(BIN)/python -m benchmarks.judged hard easy
	@$(BIN)/python -m benchmarks.contributions
	@$(BIN)/python -m benchmarks.probabilities --honest
	@$(BIN)/python -m benchmarks.staff hard easy honest
	@$(BIN)/python -m benchmarks.cases --markets hard

weekly: .venv/.installed  ## The gate's trials, twelve weeks lived twice, half years of drift, what retrain costs beside a bare script (three hours)
	@$(BIN)/python -m benchmarks.gate
	@$(BIN)/python -m benchmarks.gate_fitted
	@$(BIN)/python -m benchmarks.weeks
	@$(BIN)/python -m benchmarks.weeks --server
	@$(BIN)/python -m benchmarks.drift_weeks
	@$(BIN)/python -m benchmarks.retrain

trust: .venv/.installed  ## Kill, fuzz, poison and wear out the jobs, on the oldest versions too; docs/trust.md says what came of it (many hours)
	@$(BIN)/python -m benchmarks.crashes
	@$(BIN)/python -m benchmarks.fuzz
	@$(BIN)/python -m benchmarks.concurrent
	@$(BIN)/python -m benchmarks.poisoning
	@$(BIN)/python -m benchmarks.soak
	@$(BIN)/python -m benchmarks.oldest .venv-oldest

evasion: .venv/.installed  ## What evading the product costs beside evading the fixed peer, rounds, and scenarios crossed (a day)
	@$(BIN)/python -m benchmarks.evasion hard_01 hard_02 hard_03 hard_04 hard_05 hard_06 hard_07 hard_08 hard_09 hard_10
	@$(BIN)/python -m benchmarks.evasion_rounds
	@$(BIN)/python -m benchmarks.scenarios_matrix

prove: check docs real browser spark scale laws mutations engine scoring markets weekly evasion trust  ## Everything that is claimed: `make check`, then every benchmark

lock: .venv/.installed  ## Choose the newest versions that pyproject.toml allows, with their hashes
	@$(BIN)/pip-compile --quiet --upgrade --extra develop --allow-unsafe --strip-extras --generate-hashes \
		--no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
		--output-file requirements.lock pyproject.toml
	@for extra in browser docs spark; do \
		$(BIN)/python -c "import tomllib; extras = tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']; \
			print(*extras['$$extra'], sep='\n')" | $(BIN)/pip-compile --quiet --upgrade --allow-unsafe --strip-extras \
			--generate-hashes --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
			--constraint requirements.lock --output-file requirements-$$extra.lock - || exit 1; \
	done

.venv/.locked: requirements.lock
	@"$(PYTHON)" -c '$(NEW_ENOUGH)' 2>/dev/null || { \
		echo "Scrubwatch needs Python 3.11 or newer and found '$(PYTHON)'; name one: make PYTHON=/path/to/python3.11" >&2; \
		exit 1; }
	@echo "Setting up .venv with $$("$(PYTHON)" -V) (once)"
	@"$(PYTHON)" -m venv .venv
	@echo "Installing the $$(grep -c == requirements.lock) locked packages (one to three minutes)"
	@$(PIP) install --require-hashes -r requirements.lock
	@touch $@

.venv/.installed: .venv/.locked pyproject.toml
	@echo "Installing Scrubwatch itself"
	@$(PIP) install --no-build-isolation --no-deps -e .
	@touch $@

.venv/.browser: .venv/.installed requirements-browser.lock
	@echo "Installing what drives a browser"
	@$(PIP) install --require-hashes -r requirements-browser.lock
	@touch $@

.venv/.docs: .venv/.installed requirements-docs.lock
	@echo "Installing what makes the site"
	@$(PIP) install --require-hashes -r requirements-docs.lock
	@touch $@

.venv/.spark: .venv/.installed requirements-spark.lock
	@echo "Installing what runs Spark"
	@$(PIP) install --require-hashes -r requirements-spark.lock
	@touch $@
