# farfield's commands. `make demo` and `make test` are each complete alone on Python 3.11+ with venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Empty: torch comes from pip's own index. A URL here is searched as well, for another build of the same version.
TORCH_INDEX ?=
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
OUT ?= runs/demo
DEMO_FLAGS ?=

.PHONY: help venv dev demo test check bench-exact bench-score bench-generate bench-train bench-share bench-study bench-limit bench-memory bench-stats bench-cells bench-intake format lock clean
.DEFAULT_GOAL := help

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */  make \1\t/' | expand -t 20

venv: $(VENV)/.run  ## a virtual environment with the pinned dependencies
dev: $(VENV)/.dev  ## the same with the tools that tests and checks need

demo: $(VENV)/.run  ## model, study on the shipped sample data, report
	$(BIN)/farfield demo --out $(OUT) $(DEMO_FLAGS)

test: $(VENV)/.dev  ## all tests, with the coverage that `make check` judges
	$(BIN)/python -m pytest --cov --cov-report= -q

check: $(VENV)/.dev  ## ruff, strict types, rooms, and the coverage floor on the last `make test`
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@test -f .coverage || $(MAKE) test
	$(BIN)/coverage report

bench-exact: $(VENV)/.run  ## what a run says against what Transformers says, row by row (STUDY=..., FLAGS=...)
	$(BIN)/python -m bench.exact $(STUDY) $(FLAGS)

bench-score: $(VENV)/.bench  ## label scoring against lm-evaluation-harness and OpenVINO (STUDY=..., FLAGS="--case ...")
	$(BIN)/python -m bench.score $(STUDY) $(FLAGS)

bench-generate: $(VENV)/.bench  ## greedy generation against Transformers and OpenVINO (STUDY=..., FLAGS="--case ...")
	$(BIN)/python -m bench.generate $(STUDY) $(FLAGS)

bench-train: $(VENV)/.bench  ## training, with demos and without, against TRL (STUDY=..., FLAGS="--case ...")
	$(BIN)/python -m bench.train $(STUDY) $(FLAGS)

bench-share: $(VENV)/.run  ## what seven shots and four demos in training cost over their arithmetic (STUDY=..., FLAGS=...)
	$(BIN)/python -m bench.share $(STUDY) $(FLAGS)

bench-study: $(VENV)/.run  ## a study's time outside the engine, the finished run again, --help (STUDY=...)
	$(BIN)/python -m bench.study $(STUDY)

bench-limit: $(VENV)/.run  ## arithmetic a second, over the machine's own peak
	$(BIN)/python -m bench.limit

bench-memory: $(VENV)/.run  ## peak memory of the shared path against the plain one's (STUDY=..., FLAGS="--case ...")
	$(BIN)/python -m bench.memory $(STUDY) $(FLAGS)

bench-stats: $(VENV)/.run  ## every interval, test and alarm in drawn worlds whose truth is known (FLAGS="--area ...")
	$(BIN)/python -m bench.stats $(FLAGS)

bench-cells: $(VENV)/.run  ## all intervals and comparisons of a run of 500 cells
	$(BIN)/python -m bench.cells $(FLAGS)

bench-intake: $(VENV)/.run  ## a million rows gathered: time and memory (FLAGS="--rows 5000000")
	$(BIN)/python -m bench.intake $(FLAGS)

format: $(VENV)/.dev  ## ruff's fixes and layout
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(VENV)/.dev  ## both lock files again from pyproject.toml (LOCK_FLAGS=--upgrade takes newer versions)
	@for part in "requirements.lock" "requirements-dev.lock --extra dev --constraint requirements.lock"; do \
	  $(BIN)/pip-compile --quiet --strip-extras --no-emit-options --no-header --unsafe-package none \
	    --no-emit-index-url --no-emit-find-links $(LOCK_FLAGS) --output-file $$part pyproject.toml; done
	@# A build's own mark (torch's "+cpu") would keep other machines from theirs.
	@sed -i.bak -E 's/^([a-z0-9-]+==[^ +]+)\+[a-z0-9]+$$/\1/' requirements.lock requirements-dev.lock
	@rm -f requirements.lock.bak requirements-dev.lock.bak

clean:  ## what the commands above made, runs excepted
	rm -rf $(VENV) .coverage .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python requirements.lock pyproject.toml
	@echo "installing the pinned dependencies (some minutes the first time) ..." >&2
	$(PIP) --requirement requirements.lock
	$(PIP) --no-deps --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	$(PIP) --requirement requirements-dev.lock
	@touch $@

$(VENV)/.bench: $(VENV)/.run
	$(PIP) --constraint requirements.lock --editable ".[bench]"
	@touch $@
