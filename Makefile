# Every target sets up what it needs, with Python >= 3.11 alone: see .ci/set-up. PYTHON=python3.12 chooses another.
.DEFAULT_GOAL := help
.PHONY: help demo fuzz test test-newest test-lowest test-between check bench zipapp docs man

PYTHON ?=
# Processes that run tests, three on two cores since tests wait half of their time; and arguments for pytest:
# make test TESTS=tests/pool
JOBS ?= 3
TESTS ?=
# Who has nothing left takes from who has most: at the end nobody waits for another's share.
SHARED = -n $(JOBS) --dist worksteal
# The size of each log that `make bench` generates; it needs three times as much on the disk.
MEGABYTES ?= 1000
# A folder with public code bases, one in each folder of it: what `make bench` lints.
CORPUS ?=

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## watch a sick service come up and read its diagnosis (about a minute; longer where the machine is busy)
	@python=$$(sh .ci/set-up demo "$(PYTHON)") && exec "$$python" -m forge_doctor demo

ifeq ($(PYTHON),)
test: test-newest test-lowest test-between ## the tests, on the newest Python found, on 3.11 with the lowest dependencies, and on 3.12
else
test: test-newest
endif

fuzz: ## read what nobody wrote, FUZZ_EXAMPLES times each reader (twenty thousand: eleven of them in 75 busy minutes, a few longer)
	@python=$$(sh .ci/set-up dev "$(PYTHON)") && FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-20000} exec "$$python" -m pytest -q $(SHARED) tests/fuzz

# A test that waits for real servers can lose a race on a busy machine: what failed is run once more, alone and in full
# view, and fails the target where it fails again. A failure of both runs is no race.
ALONE = { echo "== what failed, once more and alone =="; \
  "$$python" -m pytest -v -x -n 0 --last-failed --last-failed-no-failures none $(1); }

test-newest: ## the tests on the newest Python found, or on PYTHON
	@python=$$(sh .ci/set-up dev "$(PYTHON)") && "$$python" -VV && \
	{ "$$python" -m pytest -q $(SHARED) $(TESTS) || $(call ALONE,$(TESTS)); }

# What builds an image, a single file or an environment of its own, and what counts how work grows, runs on the newest alone.
test-lowest: ## the tests on Python 3.11 with the lowest dependencies we declare
	@python=$$(sh .ci/set-up lowest) || { status=$$?; [ $$status -eq 3 ] || exit $$status; \
	  echo "NOT TESTED: Python 3.11 with the lowest dependencies"; exit 0; }; \
	"$$python" -VV && { "$$python" -m pytest -q $(SHARED) -m "not slow" $(TESTS) || $(call ALONE,-m "not slow" $(TESTS)); }

# What asks no server and no engine: source, formats, and snapshots of servers.
SERVERLESS = tests/code tests/lint/rules tests/logs/records tests/logs/problems tests/pool/checks tests/render tests/sql

test-between: ## on Python 3.12, the tests that need no server; nothing where 3.12 is the newest or is not there
	@python=$$(sh .ci/set-up between) || { status=$$?; [ $$status -eq 3 ] || exit $$status; \
	  echo "NOT TESTED: Python 3.12"; exit 0; }; \
	"$$python" -VV && "$$python" -m pytest -q $(SHARED) -m "not docker and not slow" $(or $(TESTS),$(SERVERLESS)) || [ $$? -eq 5 ]

check: ## format, lint, types, and the --help texts of the reference
	@python=$$(sh .ci/set-up dev "$(PYTHON)") && set -x && \
	"$$python" -m ruff format --check . && "$$python" -m ruff check . && \
	"$$python" -m mypy --strict && "$$python" tests/readme/help_blocks.py

bench: ## pool, slow, migrations, logs and lint beside their peers, triage beside its parts; lint needs CORPUS=folder of public code bases, logs take MEGABYTES=1000
	@python=$$(sh .ci/set-up bench "$(PYTHON)") && "$$python" -m tests.benchmarks.pool_bench && \
	"$$python" -m tests.benchmarks.slow_bench && "$$python" -m tests.benchmarks.slow_logs_bench && \
	"$$python" -m tests.benchmarks.triage_bench && \
	"$$python" -m tests.benchmarks.migrations_bench && "$$python" -m tests.benchmarks.footprint && \
	"$$python" -m tests.benchmarks.logs_bench --megabytes $(MEGABYTES) && \
	if [ -z "$(CORPUS)" ]; then \
	  echo "NOT MEASURED: lint. Clone public code bases side by side into a folder, then: make bench CORPUS=that/folder"; \
	else \
	  "$$python" -m tests.benchmarks.lint_bench "$(CORPUS)" && \
	  "$$python" -m tests.benchmarks.lint_mutations "$(CORPUS)" && \
	  exec "$$python" -m tests.benchmarks.lint_leak_mutations "$(CORPUS)"; \
	fi

zipapp: ## dist/forge-doctor.pyz: one file for hosts with the same Python and no pip
	@python=$$(sh .ci/set-up dev "$(PYTHON)") && mkdir -p dist && \
	"$$python" -m shiv --quiet --compressed --console-script forge-doctor --output-file dist/forge-doctor.pyz . && \
	ls -l dist/forge-doctor.pyz

docs: ## build/docs/site: a page for each check, rule and signature
	@python=$$(sh .ci/set-up dev "$(PYTHON)") && "$$python" .ci/docs.py build/docs && \
	cd build/docs && "$$python" -m zensical build

man: ## build/forge-doctor.1 from the program's own help
	@python=$$(sh .ci/set-up dev "$(PYTHON)") && mkdir -p build && "$$python" .ci/man_page.py > build/forge-doctor.1 && \
	ls -l build/forge-doctor.1
