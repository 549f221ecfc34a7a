# make fuzz-hosts FUZZ_SECONDS=60: lists of hosts, with libFuzzer and the sanitisers.
FUZZ_SECONDS ?= 60
FUZZ_HOSTS   := $(BUILD)/fuzz/hosts_fuzz

$(FUZZ_HOSTS): tests/fuzz/hosts_fuzz.c tools/mrrun/hosts.c $(call sources,base) tools/mrrun/hosts.h
	@mkdir -p $(@D)
	$(CLANG) $(CPPFLAGS) -std=c11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -MF $@.d $(filter %.c,$^) -o $@

.PHONY: fuzz-hosts
fuzz-hosts: $(FUZZ_HOSTS)
	@mkdir -p $(BUILD)/fuzz/hosts
	$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 -max_len=2048 -only_ascii=0 -print_final_stats=1 \
	  -artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/hosts
