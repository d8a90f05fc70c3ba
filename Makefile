# What one does with LeerID. `make run` and `make test` are all that a fresh clone needs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help install run test compiled check format texts lock system-packages node-packages

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
NODE_PACKAGES := tests/interop
NODE_STAMP := $(NODE_PACKAGES)/node_modules/installed
DATA ?= data/demo
PORT ?= 8000
# What the tests start besides Python: a browser with letters and pictures, a database, somebody else's clients, and readers
# of PDF and of QR codes. Node.js comes after these, unless there is one from elsewhere.
SYSTEM_PACKAGES := chromium-headless-shell fonts-dejavu-core fonts-noto-color-emoji postgresql \
	apache2-bin libapache2-mod-auth-openidc media-types oidc-agent-cli poppler-utils zbar-tools
# Four on two cores: a good part of the time a test waits for a browser, a server or a clock.
PYTEST_OPTIONS ?= -n 4 --no-loadscope-reorder
# Thousands of small databases, each safe from power cuts: in memory that takes no time, where there is enough of it.
TEMPORARY := $(shell test "$$(df --output=avail /dev/shm 2>/dev/null | tail -1)" -gt 4000000 2>/dev/null && echo /dev/shm)

# Some machines forbid it. The tests start many a process, and each would compile everything anew.
export PYTHONDONTWRITEBYTECODE :=

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(STAMP) ## .venv with everything that running and testing need

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "LeerID needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	touch $(STAMP)

run: install ## everything at once with example pupils, on http://127.0.0.1:8000
	$(BIN)/leerid demo --data $(DATA) --base-port $(PORT)

# One arena: each request has a thread of its own here, and none lives long enough to earn memory of its own.
test: install system-packages node-packages ## all tests, on SQLite and on PostgreSQL
	MALLOC_ARENA_MAX=1 $(if $(TEMPORARY),TMPDIR=$(TEMPORARY)) $(BIN)/python -m pytest $(PYTEST_OPTIONS)

# Otherwise each of the processes that share the tests compiles all of them.
compiled: install
	$(BIN)/python -m pytest --collect-only --quiet > /dev/null

check: install ## style, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install ## lays the code out
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Every text of every page, in the order of the alphabet. A new one waits in the catalogues for its translation, and
# tests/test_translations.py says which; each catalogue keeps the few lines of its head.
texts: install ## the texts of all pages anew into the catalogues of the other languages
	found="$$(mktemp -d)"; trap 'rm -r "$$found"' EXIT; \
	$(BIN)/pybabel -q extract -F pyproject.toml --no-location --sort-output -o "$$found/all.pot" .; \
	for catalogue in templates/catalogues/*.po; do \
		sed '/^$$/q' "$$catalogue" > "$$found/renewed.po"; \
		$(BIN)/pybabel -q update --locale "$$(basename "$$catalogue" .po)" --no-fuzzy-matching --ignore-obsolete \
			--omit-header -i "$$found/all.pot" -o "$$catalogue"; \
		cat "$$catalogue" >> "$$found/renewed.po"; \
		cp "$$found/renewed.po" "$$catalogue"; \
	done

# Needs the network. Hashes instead of trust: what is installed is what was locked.
lock: install ## requirements.lock anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-header --no-annotate --no-emit-index-url --quiet --output-file requirements.lock

# Only on a Debian machine where this user may install; elsewhere the tests say what they did not run.
system-packages:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
		missing=""; command -v npm > /dev/null || missing=" nodejs npm"; \
		for package in $(SYSTEM_PACKAGES); do \
			dpkg-query --show --showformat '$${db:Status-Status}' "$$package" 2> /dev/null | grep -qx installed \
				|| missing="$$missing $$package"; \
		done; \
		if [ -n "$$missing" ]; then \
			echo "installing$$missing"; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
				$$missing > /dev/null || echo "that failed: the tests say what they could not run"; \
		fi; \
	fi

# Other people's relying parties in JavaScript, as their own package-lock.json pins them.
node-packages: $(NODE_STAMP)

$(NODE_STAMP): $(NODE_PACKAGES)/package-lock.json | system-packages
	@if command -v npm > /dev/null; then \
		cd $(NODE_PACKAGES) && npm ci --silent && touch node_modules/installed \
			|| echo "that failed: the tests say what they could not run"; \
	else \
		echo "no npm: the tests say what they could not run"; \
	fi
