# Two commands do all the set-up: `make run` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV ?= .venv
PY := $(VENV)/bin/python
SANDBOX ?= --scenario club
MARKED ?= not slow
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help run test proofs faults bench bench-full check format pictures screens lock words docs clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

$(READY): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12")'
	@echo "Installing into $(VENV) (once, about a minute) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

run: $(READY) ## the bot: with BOT_TOKEN (environment or .env) the real one, without a sandbox in the browser
	@if [ -n "$$BOT_TOKEN" ] || grep -qs '^ *\(export  *\)\{0,1\}BOT_TOKEN *= *[^ ]' .env; then exec $(PY) -m bot; \
	else exec $(PY) -m sandbox $(SANDBOX) -- $(PY) -m bot; fi

test: $(READY) ## the tests, on a real PostgreSQL and the sandbox (TESTS=... for some of them)
	@$(PY) -m pytest -n auto --dist loadgroup -m "$(MARKED)" $(TESTS)

proofs: $(READY) ## the tests that compare with a model, in ten times as many random stories
	@$(PY) -m pytest -n auto --hypothesis-profile proofs -m proof tests

faults: $(READY) ## all faults, those of minutes included: kills, outages, frozen servers, deploys; prints a table
	@$(PY) -m pytest -p no:randomly --timeout 900 tests/faults

bench: $(READY) benchmarks/.ready ## our bot beside others under load; writes docs/performance.md (some minutes)
	@$(PY) benchmarks/flood.py --updates 5000 --out .data/bench.json $(BENCH)
	@$(PY) benchmarks/report.py .data

bench-full: $(READY) benchmarks/.ready ## the same with 20,000 updates and five rounds, and how it grows
	@$(PY) benchmarks/flood.py --updates 20000 --rounds 5 --out .data/bench.json $(BENCH)
	@$(PY) benchmarks/growth.py --out .data/growth.json
	@$(PY) benchmarks/million.py --out .data/million.json
	@$(PY) benchmarks/report.py .data

benchmarks/.ready: benchmarks/requirements.txt benchmarks/peers/package.json
	@mkdir -p .data
	@$(PYTHON) -m venv benchmarks/.venv
	@benchmarks/.venv/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	@if command -v npm >/dev/null; then cd benchmarks/peers && npm install --silent --no-audit --no-fund --no-package-lock; \
	else echo "Without npm the bots in JavaScript are left out."; fi
	@touch $@

check: $(READY) ## ruff, mypy, import-linter, and the rules of scripts/check_style.py
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(PY) -m scripts.check_style

format: $(READY) ## format and sort what can be done by machine
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

pictures: $(READY) ## the README's pictures anew (needs Chromium)
	@$(PY) -m scripts.take_pictures

screens: $(READY) ## every screen in both themes and all languages, on sheets in .data/screens (needs Chromium)
	@$(PY) -m scripts.every_screen .data/screens

lock: $(READY) ## pin requirements*.in into requirements*.txt, with hashes
	@for name in requirements requirements-dev; do \
	  $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	    --no-emit-index-url $(UPGRADE) $$name.in -o $$name.txt; done

words: $(READY) ## collect the sentences of the code, update and compile the translations (NEW=fr begins a language)
	@$(VENV)/bin/pybabel -q extract --no-default-keywords -k N_ -k count:1,2 -c Translators: --add-location=file --sort-output -w 110 \
	  --omit-header -o bot/locales/bot.pot bot
	@if [ -n "$(NEW)" ]; then $(VENV)/bin/pybabel -q init -w 110 -i bot/locales/bot.pot -D bot -d bot/locales -l $(NEW); fi
	@$(VENV)/bin/pybabel -q update -N -w 110 --ignore-pot-creation-date --ignore-obsolete -i bot/locales/bot.pot -D bot -d bot/locales
	@$(VENV)/bin/pybabel -q compile -D bot -d bot/locales

docs: $(READY) ## write docs/settings.md and docs/settings.schema.json (the JSON Schema of an export) anew
	@$(PY) -m scripts.write_docs

clean: ## remove what can be made again (keeps .env and the data of the embedded PostgreSQL)
	@rm -rf $(VENV) .venv-* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*
