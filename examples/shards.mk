# One dataset in N parts, as many at a time as -j says: make -f shards.mk -j4 N=8 IN=alpaca.jsonl TO=ca
# A part that failed, or was killed, is gone on with by the same command.
BABELSET   ?= $(firstword $(wildcard ../.venv/bin/babelset) babelset)
IN         ?= alpaca.jsonl
TO         ?= ca
N          ?= 4
TRANSLATOR ?= apertium
OUT        ?= ../out/shards
WHOLE      := $(OUT)/$(basename $(notdir $(IN))).$(TO).jsonl
PARTS      := $(foreach number,$(shell seq $(N)),$(OUT)/part-$(number)-of-$(N).jsonl)

$(WHOLE): $(PARTS)
	$(BABELSET) gather $(PARTS) -o $@ --force || test $$? = 1

# Exit code 1 says that some rows failed: they are in the ledger, and the part is done.
$(OUT)/part-%-of-$(N).jsonl: $(IN) | $(OUT)
	$(BABELSET) translate $(IN) --to $(TO) --translator $(TRANSLATOR) --shard $*/$(N) -o $@ --quiet || test $$? = 1

$(OUT):
	mkdir -p $@

.SECONDARY:
