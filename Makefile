# Two commands do all set-up on a machine with Python 3.11 or later and make:
#   make solve   solves the world's chain and ends with the answer
#   make test    runs the tests, without those marked slow
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: solve memo test test-all versions lint pages docs notebooks clean

solve: $(READY)
	$(BIN)/fabopt solve instances/frontier

# The procurement memo of one lab of it, in four formats, into memos/openai: about 20 minutes on two cores.
memo: $(READY)
	$(BIN)/fabopt solve instances/frontier
	$(BIN)/fabopt memo results/frontier --for openai --budget 17

test: $(READY)
	$(BIN)/pytest -m "not slow" -n auto --dist loadfile

test-all: $(READY)
	$(BIN)/pytest -n auto --dist loadfile

# A quick part of the tests with the lowest and with the newest versions of the declared dependencies.
versions:
	.ci/versions

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# The pages of docs/ that come out of the code.
pages: $(READY)
	$(BIN)/python docs/pages.py

# The documentation site, into site/: index.html opens without a server.
docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

# The notebooks with their output.
notebooks: $(READY)
	$(BIN)/python notebooks/run.py

clean:
	rm -rf $(VENV) results memos site

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "fabopt needs Python 3.11 or later; name one: make PYTHON=python3.12 solve")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[all,dev]'
	touch $(READY)
