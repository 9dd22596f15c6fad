# Everything a person types. `make run` and `make test` do all the set-up they need.

PYTHON ?= python3
BIN := .venv/bin
# One worker more than cores: many tests wait, for processes and for browsers.
WORKERS ?= $(shell expr $$(nproc 2>/dev/null || echo 2) + 1)
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup
SECONDS ?= 600
EXAMPLES ?= 5000
POSTS ?= 1000
BLOGS ?= var/blogs

.PHONY: run edge test soak bench figures audit check browser front migrate lock schema format clean
.DEFAULT_GOAL := run
unexport PYTHONDONTWRITEBYTECODE  # hundreds of processes are started; each would compile all sources

# Stamps: what was last installed, so that a second call costs nothing.
.venv/run: requirements.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11, 5) or sys.exit("Imprint needs Python 3.11.5 or newer; this is %d.%d.%d. Try: make PYTHON=python3.12 run" % v[:3])'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing what the site runs on …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/dev: .venv/run requirements-dev.txt
	@echo "Installing what the tests need …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt -r requirements-dev.txt
	@touch $@

run: .venv/run  ## the demo blog, with its own login; obeys PORT, DATA_DIR and DJANGO_SUPERUSER_*
	@$(BIN)/python manage.py start || test $$? = 130  # Ctrl-C is no failure

edge: .venv/dev  ## the same on many machines, all of them this one: a writer, three NATS servers, three nodes and nginx; obeys PORT (it takes 14 from there), DATA_DIR and DJANGO_SUPERUSER_*
	@$(BIN)/python manage.py edge || test $$? = 130  # Ctrl-C is no failure

migrate: .venv/run  ## bring the databases up
	@$(BIN)/python manage.py migrate

test: .venv/dev  ## everything that must hold, on SQLite and on PostgreSQL
	$(PYTEST) tests -m "not postgresql"
	TEST_ON=postgresql $(PYTEST) tests -m "not browser and not sqlite and not pure"

soak: .venv/dev  ## the proof at length: EXAMPLES of the state machine, the same and fresh ones, and of that of the stream, SECONDS of chaos and of reading while somebody publishes, and EXAMPLES of each operation of the API on each database
	EXAMPLES=$(EXAMPLES) $(PYTEST) tests/test_machine.py -k readers
	EXAMPLES=$(EXAMPLES) FRESH=1 $(PYTEST) tests/test_machine.py -k readers
	EXAMPLES=$(EXAMPLES) FRESH=1 $(PYTEST) tests/test_machine_stream.py -k node
	CHAOS_SECONDS=$(SECONDS) $(BIN)/python -m pytest -s tests/test_chaos.py
	TEST_ON=postgresql CHAOS_SECONDS=$(SECONDS) $(BIN)/python -m pytest -s tests/test_chaos.py
	$(BIN)/python -m tests.bench soak --seconds $(SECONDS)
	TEST_ON=postgresql $(BIN)/python -m tests.bench soak --seconds $(SECONDS)
	FUZZ=$(EXAMPLES) FRESH=1 $(PYTEST) tests/test_api_fuzzed.py
	TEST_ON=postgresql FUZZ=$(EXAMPLES) FRESH=1 $(PYTEST) tests/test_api_fuzzed.py

bench: .venv/dev  ## what docs/benchmarks.md says, of POSTS posts, measured here, on SQLite and on PostgreSQL
	$(BIN)/python -m tests.bench serve --posts $(POSTS)
	TEST_ON=postgresql $(BIN)/python -m tests.bench serve --posts $(POSTS)
	$(BIN)/python -m tests.bench front --posts $(POSTS)
	$(BIN)/python -m tests.bench edge --posts $(POSTS)
	$(BIN)/python -m tests.bench publish
	TEST_ON=postgresql $(BIN)/python -m tests.bench publish
	$(BIN)/python -m tests.bench reconcile --posts $(POSTS)
	TEST_ON=postgresql $(BIN)/python -m tests.bench reconcile --posts $(POSTS)
	$(BIN)/python -m tests.bench rerender --posts $(POSTS) --words 700
	TEST_ON=postgresql $(BIN)/python -m tests.bench rerender --posts $(POSTS) --words 700
	$(BIN)/python -m tests.bench search --posts $(POSTS)
	TEST_ON=postgresql $(BIN)/python -m tests.bench search --posts $(POSTS)
	$(BIN)/python -m tests.bench desk --posts $(POSTS)
	TEST_ON=postgresql $(BIN)/python -m tests.bench desk --posts $(POSTS)

figures: .venv/dev  ## what docs/benchmarks.md shows of serving, measured here at its full sizes; the blogs stay in BLOGS
	for posts in 1000 20000 100000; do DATA_DIR=$(BLOGS)/$$posts RESULTS=docs/figures $(BIN)/python -m tests.bench serve --posts $$posts || exit; done
	DATA_DIR=$(BLOGS)/20000-pg TEST_ON=postgresql RESULTS=docs/figures $(BIN)/python -m tests.bench serve --posts 20000
	DATA_DIR=$(BLOGS)/20000 RESULTS=docs/figures $(BIN)/python -m tests.bench front --posts 20000
	DATA_DIR=$(BLOGS)/20000 RESULTS=docs/figures $(BIN)/python -m tests.bench edge --posts 20000
	DATA_DIR=$(BLOGS)/20000 RESULTS=docs/figures $(BIN)/python -m tests.bench profile --posts 20000
	RESULTS=docs/figures $(BIN)/python -m tests.bench publish
	TEST_ON=postgresql RESULTS=docs/figures $(BIN)/python -m tests.bench publish
	RESULTS=docs/figures $(BIN)/python -m tests.bench soak --seconds $(SECONDS)
	TEST_ON=postgresql RESULTS=docs/figures $(BIN)/python -m tests.bench soak --seconds $(SECONDS)
	RESULTS=docs/figures $(BIN)/python -m tests.bench report

audit: .venv/dev tests/audit/node_modules/.package-lock.json  ## checkers of others over a whole site: the demo, and the posts in the folder CONTENT
	$(BIN)/python -m tests.audit $(CONTENT)

tests/audit/node_modules/.package-lock.json: tests/audit/package-lock.json
	@command -v npm >/dev/null || { echo "The audit needs Node.js 18 or newer with npm, Java 11 or newer and a Chromium. The site itself does not."; exit 1; }
	@npm ci --prefix tests/audit --ignore-scripts --silent
	@touch $@

check: .venv/dev  ## linters, types and contracts, then the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djade --check --target-version 5.2 $$(find templates -name '*.html')
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python manage.py makemigrations --check --dry-run
	DEBUG=0 SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))') ALLOWED_HOSTS=blog.example.org SITE_URL=https://blog.example.org NUM_PROXIES=1 \
		$(BIN)/python manage.py check --deploy --fail-level WARNING
	$(MAKE) test

browser: front  ## a Chromium for the browser tests: Debian's as root, else Playwright's; and an nginx
	@if command -v chromium-headless-shell || command -v chromium; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -q && apt-get install -y -q chromium-headless-shell; \
	else $(MAKE) .venv/dev && $(BIN)/playwright install chromium; fi

front:  ## an nginx for the tests of what stands in front: Debian's, which only root can install
	@if PATH="$$PATH:/usr/sbin" command -v nginx; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -q && apt-get install -y -q nginx-light; \
	else echo "There is no nginx, so what stands in front is not tested. As root: apt-get install nginx-light"; fi

lock: .venv/dev  ## compile the .in files into locked ones
	$(BIN)/uv pip compile --universal --python-version 3.11.5 --generate-hashes --custom-compile-command "make lock" -q -o requirements.txt requirements.in
	$(BIN)/uv pip compile --universal --python-version 3.11.5 --generate-hashes --custom-compile-command "make lock" -q -o requirements-dev.txt requirements-dev.in

schema: .venv/dev  ## write docs/openapi.json anew, after the API has changed
	$(BIN)/python manage.py spectacular --format openapi-json --validate --fail-on-warn --file docs/openapi.json

format: .venv/dev  ## let the tools put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djade --target-version 5.2 $$(find templates -name '*.html')

clean:  ## forget the virtual environment and the caches; var/ with its databases stays
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
