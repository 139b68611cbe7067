# make demo · make chat · make test · make bench: each does all the set-up it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# More threads for linear algebra only wait for each other on matrices this small.
export OPENBLAS_NUM_THREADS := 1

.PHONY: setup setup-dev demo chat test test-slow bench lock clean

setup: $(VENV)/.base
setup-dev: $(VENV)/.dev

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.base: requirements/base.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements/base.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.base
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements/dev.txt
	@touch $@

demo: setup
	$(BIN)/zhiran demo

chat: setup
	@$(BIN)/zhiran chat

test: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2

test-slow: setup-dev
	$(BIN)/pytest -m "slow and not browser"
	# By themselves: the browser's driver holds an event loop, which asynchronous tests cannot share.
	$(BIN)/pytest -m browser

bench: setup-dev
	$(BIN)/python -m benchmarks

lock:
	uv pip compile --universal --generate-hashes -q pyproject.toml -o requirements/base.txt --no-header --no-annotate
	uv pip compile --universal --generate-hashes -q pyproject.toml --group dev -o requirements/dev.txt --no-header --no-annotate -c requirements/base.txt

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache
