PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PACKAGES := core $(wildcard plugins/* themes/* examples/*)
MODULES := $(notdir $(wildcard $(addsuffix /src/*,$(PACKAGES))))

.PHONY: demo test lint bench screenshots docs messages migration wheels clean

demo: $(INSTALLED)  ## a store to try, at http://127.0.0.1:8000
	$(BIN)/portico demo

test: $(INSTALLED)  ## the whole suite, on SQLite and PostgreSQL
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n auto --dist worksteal  # many processes; compile once

lint: $(INSTALLED)  ## types, style, boundaries
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(addprefix -p ,$(MODULES))
	$(BIN)/mypy conftest.py tests bench
	$(BIN)/lint-imports

bench: $(INSTALLED)  ## requests per second beside a floor, mail latency, memory, start-up
	$(BIN)/python -m bench

screenshots: $(INSTALLED)  ## the README's pictures, and every screen in build/screens
	$(BIN)/python docs/screenshots.py
	$(BIN)/python docs/screens.py

docs: $(INSTALLED)  ## regenerate the parts of the docs that are made from code
	$(BIN)/python docs/generate.py

messages: $(INSTALLED)  ## collect texts to translate into every catalog
	$(BIN)/python -m portico.i18n_tools

wheels: $(INSTALLED)  ## build each distribution
	for package in $(PACKAGES) .; do $(BIN)/python -m build --quiet --wheel --outdir dist $$package || exit 1; done

$(INSTALLED): requirements.txt pyproject.toml $(addsuffix /pyproject.toml,$(PACKAGES))
	$(PYTHON) -c 'import sys; sys.exit("Portico needs Python 3.11 or newer; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

clean:
	rm -rf $(VENV) dist build
