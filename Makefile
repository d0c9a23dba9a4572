# Stormdesk: every command a newcomer needs. `make help` lists them.
.POSIX:
.PHONY: help up live demo doctor test lint check bench bench-model bench-latency faults storm mutants shots fmt lock environment development clean

PYTEST_OPTIONS = -n 2 --dist loadscope
SOURCES = dashboard ml pipelines stormdesk tests warehouse

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

up: environment ## start everything; the first run loads, trains and relives the storm
	@.venv/bin/stormdesk up

live: environment ## as up, with facts over HTTP from simulated providers
	@.venv/bin/stormdesk up --live

demo: environment ## relive the storm of 8-11 December 2013 without a browser, and report
	@.venv/bin/stormdesk demo

doctor: environment ## look for what would stop Stormdesk on this machine
	@.venv/bin/stormdesk doctor

test: development ## run every test; installs Chromium if none is found
	@.venv/bin/python -m stormdesk.chromium --install
	@.venv/bin/python -m pytest $(PYTEST_OPTIONS) --ignore=tests/benchmarks --ignore=tests/faults

lint: development ## check style, types, import contracts and the schema's migrations
	.venv/bin/ruff check $(SOURCES)
	.venv/bin/ruff format --check $(SOURCES)
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/stormdesk check-schema

check: lint test ## everything that must hold before a change is shared

bench: development ## measure the promises and print ratios
	@.venv/bin/python -m pytest -q -s tests/benchmarks --ignore=tests/benchmarks/rolling \
		--ignore=tests/benchmarks/latency

bench-model: development ## the champion beside its peers, month after month of 2013 (20 minutes)
	@.venv/bin/python -m pytest -q -s tests/benchmarks/rolling

bench-latency: development ## how soon the real daemon tells somebody, alone and beside a backfill
	@.venv/bin/python -m pytest -q -s tests/benchmarks/latency

faults: development ## kill backfills twenty times and a desk fifty, and see that nothing is lost
	@.venv/bin/python -m pytest -q -s tests/faults/test_killed_backfills.py \
		tests/faults/test_killed_desk.py

storm: development ## weather four storms of 3,000 alerts, and count pages that leave too late
	@.venv/bin/python -m pytest -q -s tests/faults/test_storms.py

mutants: development ## seed every fault on the list, and see that each is caught
	@.venv/bin/python -m pytest -q -s tests/faults/test_mutants.py

shots: development ## take pictures of every page of the running product; README gets the best
	@.venv/bin/python -m stormdesk.chromium --install
	@.venv/bin/python -m stormdesk.screenshots --readme docs/pictures

fmt: development ## format the code
	.venv/bin/ruff check --fix --quiet $(SOURCES)
	.venv/bin/ruff format $(SOURCES)

lock: development ## resolve the dependencies again and write the lock files
	@scripts/lock

environment: ## make .venv from requirements.lock (the others call it)
	@sh scripts/environment runtime

development: ## make .venv from requirements-dev.lock (the others call it)
	@sh scripts/environment development

clean: ## remove the environment and everything Stormdesk has stored
	rm -rf .venv .stormdesk
