# The daily commands. Each makes .venv by itself and needs nothing but Python 3.11 or newer (uv is used when present).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
SOURCES := domain audit projections api tests benchmarks

ifdef UV
CREATE = $(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)
INSTALL = $(UV) pip install --quiet --python $(BIN)/python
else
CREATE = $(PYTHON) -m venv $(VENV)
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
endif

.PHONY: demo test slow mutations coverage lint format bench clean
.DELETE_ON_ERROR:

demo: $(VENV)/.ready-run
	@$(BIN)/minhchung demo $(ARGS)

test: $(VENV)/.ready-test
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not mutations and not slow" $(ARGS)

# What takes longer: every tampering, kills at every step, every prefix, hostile files of many megabytes.
slow: $(VENV)/.ready-test
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "slow and not mutations" $(ARGS)

# One check removed at a time from the verifiers, to see that a test misses it.
mutations: $(VENV)/.ready-test
	$(BIN)/python -m pytest -n 2 --dist worksteal -m mutations $(ARGS)

# The rules alone, by their own tests: every line and every branch.
coverage: export COVERAGE_FILE := .coverage-domain
coverage: $(VENV)/.ready-test
	$(BIN)/python -m coverage run --branch --source=domain -m pytest tests/domain -q -p no:xdist
	$(BIN)/python -m coverage report --show-missing --skip-covered --fail-under=100

lint: $(VENV)/.ready-test
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy $(ARGS)

format: $(VENV)/.ready-test
	$(BIN)/ruff check --fix-only --quiet $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

bench: $(VENV)/.ready-test
	$(BIN)/python -m benchmarks $(ARGS)

$(VENV)/.ready-run: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Minh Chứng needs Python 3.11 or newer; PYTHON=... names another one") if sys.version_info < (3, 11) else None'
	@echo "Installing into $(VENV) (once, about a minute) ..."
	@$(CREATE)
	@$(INSTALL) --editable '.[fast]' --constraint constraints.txt || $(INSTALL) --editable . --constraint constraints.txt
	@touch $@

$(VENV)/.ready-test: $(VENV)/.ready-run
	@echo "Installing what the tests need (once) ..."
	@$(INSTALL) --editable '.[test]' --constraint constraints.txt
	@touch $@

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
