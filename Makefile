# The commands of this project; `make` alone lists them. All work is done by `python -m local`, in local/.

STACK ?= local
PYTHON ?= python3
ARGS ?=

VENV := .venv
INSTALLED := $(VENV)/.installed
RUN := $(VENV)/bin/python -m local

.DEFAULT_GOAL := help
.PHONY: help up down preview preview-comment policy outputs doctor test bench docs image sbom schema lint

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo 'STACK=local is an emulated AWS account in a folder (the default); local-kubernetes has the relay on a Kubernetes'
	@echo 'node of this machine; dev, sendgrid, smtp and prod are in stacks/.'

up: $(INSTALLED) ## bring the stack up; the local one also sends a message and shows it arriving
	@$(RUN) up --stack $(STACK) $(ARGS)

down: $(INSTALLED) ## remove all that up made
	@$(RUN) down --stack $(STACK) $(ARGS)

preview: $(INSTALLED) ## show what up would change; needs no account
	@$(RUN) preview --stack $(STACK) $(ARGS)

preview-comment: ## write what a preview does to mail, as a comment for its pull request; `pulumi preview --json` comes in
	@$(PYTHON) -m review $(ARGS)

policy: $(INSTALLED) ## preview with the policy pack of policy/
	@$(RUN) policy --stack $(STACK) $(ARGS)

outputs: $(INSTALLED) ## print the stack's outputs as JSON
	@$(RUN) outputs --stack $(STACK)

doctor: $(INSTALLED) ## say what is wrong with the stack's mail, and what to do; ARGS=--json
	@$(RUN) doctor --stack $(STACK) $(ARGS)

test: $(INSTALLED) ## set up and run every test; ARGS goes to pytest
	@$(RUN) test $(ARGS)

bench: $(INSTALLED) ## measure the relay beside others, the components beside a flat program, and replicas on a cluster; ARGS=kubernetes
	@$(VENV)/bin/python -m bench $(ARGS)

image: $(INSTALLED) ## build the relay's image for a release, from a base named by its digest
	@$(VENV)/bin/python -m local.image

docs: $(INSTALLED) ## write build/docs/index.html: the documentation as a site
	@$(VENV)/bin/python -m sphinx -q -W --keep-going -b html docs build/docs

sbom: $(INSTALLED) ## write build/sbom.cdx.json: the packages that the image is made of
	@$(VENV)/bin/python -m local.sbom

schema: $(INSTALLED) ## write components/schema.json, what other languages see of the components
	@$(VENV)/bin/python -m components.plugin.schema

lint: $(INSTALLED) ## check style, types and shell scripts
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@git grep -lE '^#!/bin/(ba)?sh' | xargs $(VENV)/bin/shellcheck

$(INSTALLED): requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo 'error: Python 3.11 or newer is needed; name yours, as in: make PYTHON=python3.12 up' >&2; exit 1; }
	@$(PYTHON) -m local.tools.python_environment $(VENV)
	@touch $@
