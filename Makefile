# What one does with Homeward. PORT=8001 make demo chooses another port.
.PHONY: help demo demo-reset test lint bench format words pins screenshots clean

help:
	@echo "make demo         the site with example shops at http://127.0.0.1:8000 (PORT=… to change)"
	@echo "make demo-reset   throws the example data away and makes it anew"
	@echo "make test         linters and all tests"
	@echo "make lint         linters only"
	@echo "make bench        how long things take, each beside its floor"
	@echo "make format       lays the code out"
	@echo "make words        brings new words into the Chinese catalogue, compiles it (needs gettext)"
	@echo "make pins         renews the pinned requirements (needs uv)"
	@echo "make screenshots  renews the pictures of the README (needs Chromium)"
	@echo "make clean        removes what was made, but not the data in var/"

demo:
	@exec bin/demo

demo-reset:
	@bin/venv
	@.venv/bin/python manage.py migrate --verbosity 0
	@.venv/bin/python manage.py demo --reset

test:
	@exec bin/test

lint:
	@bin/venv dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports
	.venv/bin/mypy

bench:
	@exec bin/bench

format:
	@bin/venv dev
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

words:
	@bin/words

pins:
	@bin/pins

screenshots:
	@bin/venv dev
	.venv/bin/python -m tests.screenshots

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
