# make fuzz-journal FUZZ_SECONDS=60: a journal's file, with libFuzzer and the sanitisers.
FUZZ_JOURNAL := $(BUILD)/fuzz/journal_fuzz

$(FUZZ_JOURNAL): tests/fuzz/journal_fuzz.c $(call sources,base runtime/journal) runtime/sched/stored.c runtime/sched/ranges.c $(wildcard runtime/*/*.h)
	@mkdir -p $(@D)
	$(CLANG) $(CPPFLAGS) -std=c11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -MF $@.d $(filter %.c,$^) -o $@ -pthread

.PHONY: fuzz-journal
fuzz-journal: $(FUZZ_JOURNAL)
	@mkdir -p $(BUILD)/fuzz/journal
	$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 -max_len=4096 -print_final_stats=1 \
	  -artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/journal
