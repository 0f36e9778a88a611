# One target for each habit; `make` lists them. GNU make 3.81 or newer, any POSIX shell.
# On Windows use the commands of the README instead.

PYTHON ?=
ARGS ?=
BENCHMARKS ?= $(filter-out _%,$(basename $(notdir $(wildcard benchmarks/*.py)))) \
  $(patsubst benchmarks/%/__main__.py,%,$(wildcard benchmarks/*/__main__.py))
export PYTHON

venv := .venv
python := $(venv)/bin/python
offscreen := QT_QPA_PLATFORM=offscreen

# A file stays on one core: its tests may share what is dear to make.
on-all-cores := -n auto --dist loadfile

# A choice of tests (ARGS="-k chart") may leave none for one of the two runs: pytest's code 5.
none-chosen := $(if $(ARGS),|| test $$? -eq 5)

# An environment that was moved or has lost its Python is made again.
made_in := $(shell test -x $(python) && cat $(venv)/.made-in 2>/dev/null)
stale := $(if $(filter-out x$(CURDIR),x$(made_in)),always)

.DEFAULT_GOAL := help
.PHONY: help demo deps try-deps test lint types cov own-cov bench bench-chart bench-exchange bench-feed bench-widgets live docs always

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 24

demo: $(venv)/.run ## open the viewer on the simulated exchange (ARGS="--theme dark")
	@.ci/deps check
	$(venv)/bin/upbit-ws-qt --demo $(ARGS)

deps: ## install what Qt needs from the system (Debian, Ubuntu)
	@.ci/deps install

test: try-deps $(venv)/.test ## all tests, without and with a window system (ARGS="-k chart")
	$(offscreen) $(python) -m pytest -m "not display" $(on-all-cores) $(ARGS) $(none-chosen)
	@.ci/with-windows $(python) -m pytest -m "display or smoke" $(ARGS) $(none-chosen)

lint: $(venv)/.dev ## rules, format and the direction of imports
	$(venv)/bin/ruff check
	$(venv)/bin/ruff format --check
	$(venv)/bin/lint-imports

types: $(venv)/.dev ## mypy and pyright, both strict
	$(venv)/bin/mypy
	$(venv)/bin/pyright

cov: try-deps $(venv)/.test ## branch coverage of the tests, with a floor
	$(offscreen) $(python) -m pytest -m "not display and not packaging" $(on-all-cores) --cov $(ARGS)
	$(offscreen) $(python) -m tests.own_coverage

own-cov: try-deps $(venv)/.test ## 100 % of each pure module by its own test file (ARGS="rest bars")
	$(offscreen) $(python) -m tests.own_coverage $(ARGS)

bench: $(venv)/.test ## every benchmark (BENCHMARKS=transport for one)
	@failed=0; for name in $(BENCHMARKS); do \
	  echo "== benchmarks.$$name"; $(offscreen) $(python) -m benchmarks.$$name $(ARGS) || failed=1; \
	done; exit $$failed

bench-chart: $(venv)/.test ## the chart beside three others (ARGS="--only ours finplot --quick")
	@$(python) -m benchmarks.chart $(ARGS)

bench-exchange: $(venv)/.test ## what the simulated exchange makes a second, and its cost
	@$(python) -m benchmarks.exchange $(ARGS)

bench-feed: $(venv)/.test ## the feed against its bounds and its peers (ARGS="--only tls --quick")
	@$(python) -m benchmarks.feed $(ARGS)

bench-widgets: $(venv)/.test ## order book and balances against bare painting
	@for name in orderbook balances; do \
	  echo "== benchmarks.$$name"; $(offscreen) $(python) -m benchmarks.$$name $(ARGS) || exit; \
	done

live: $(venv)/.run ## compare with the real exchange, its public part (needs a network)
	@env -u UPBIT_ACCESS_KEY -u UPBIT_SECRET_KEY \
	  $(python) -m upbit_ws_qt.simulator.conformance https://api.upbit.com $(ARGS)

docs: try-deps $(venv)/.run ## make the pictures and tables of docs/ again
	$(python) docs/make_state_diagram.py
	$(offscreen) $(python) docs/make_images.py

try-deps:
	@.ci/deps try

$(venv)/.run $(venv)/.test $(venv)/.dev: pyproject.toml constraints.txt .ci/setup $(stale)
	@.ci/setup $(@:$(venv)/.%=%)
	@touch $@
