# make fuzz-nodelist FUZZ_SECONDS=60: Slurm's lists of nodes, with libFuzzer and the sanitisers.
FUZZ_SECONDS  ?= 60
FUZZ_NODELIST := $(BUILD)/fuzz/nodelist_fuzz

$(FUZZ_NODELIST): tests/fuzz/nodelist_fuzz.c runtime/launch/nodelist.c $(call sources,base) $(wildcard base/*.h) runtime/launch/nodelist.h
	@mkdir -p $(@D)
	$(CLANG) $(CPPFLAGS) -std=c11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -MF $@.d $(filter %.c,$^) -o $@

.PHONY: fuzz-nodelist
fuzz-nodelist: $(FUZZ_NODELIST)
	@mkdir -p $(BUILD)/fuzz/nodelist
	$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 -max_len=256 -print_final_stats=1 \
	  -artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/nodelist
