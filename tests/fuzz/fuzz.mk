# The fuzz targets: tests/fuzz/x_fuzz.c with what it uses of mr, built by clang with libFuzzer and the sanitisers.
#   make fuzz-parse FUZZ_SECONDS=60    what it finds new goes to build/fuzz/parse, not into the seeds
# A new target needs no registration; what it wants else of libFuzzer, of the libraries or of seeds stands in variables with its name.
FUZZ_SECONDS ?= 60
FUZZ_BUILD   := $(BUILD)/fuzz
FUZZ_SAN     := address,undefined
FUZZERS      := $(patsubst tests/fuzz/%_fuzz.c,%,$(sort $(wildcard tests/fuzz/*_fuzz.c)))

FUZZ_PROGRAMS := tests/errors/*.mr tests/types/*.mr examples/*.mr tests/run/*/main.mr tests/dist/*/main.mr tests/conformance/*/*.mr
FUZZ_SEEDS_parse  := tests/fuzz/corpus/parse/*
FUZZ_SEEDS_check  := $(FUZZ_PROGRAMS)
FUZZ_SEEDS_lower  := $(FUZZ_PROGRAMS) tests/core/*.mr
FUZZ_OPTIONS_parse := -timeout=5 -dict=tests/fuzz/mr.dict
FUZZ_OPTIONS_check := -rss_limit_mb=2048 -dict=tests/fuzz/mr.dict
FUZZ_OPTIONS_lower := -rss_limit_mb=2048 -dict=tests/fuzz/mr.dict
FUZZ_OPTIONS_boot  := -max_len=8192 -dict=tests/fuzz/boot.dict
FUZZ_OPTIONS_hosts := -max_len=2048 -only_ascii=0
FUZZ_OPTIONS_nodelist   := -max_len=256
FUZZ_OPTIONS_rendezvous := -max_len=1024
FUZZ_OPTIONS_notebook := -dict=tests/fuzz/notebook.dict

# mr once more, with the marks that libFuzzer follows: all of it in archives, of which a target takes what it needs.
FUZZ_ARCHIVES := $(patsubst $(BUILD)/%,$(FUZZ_BUILD)/%,$(LIB_KERNEL) $(LIB_COMPILER) $(LIB_MRRUN) $(LIB_MRT))
.PHONY: fuzz-archives fuzz-programs $(FUZZERS:%=fuzz-%)
fuzz-archives:
	@$(MAKE) -s BUILD=$(FUZZ_BUILD) CC=$(CLANG) OPT=-O1 SAN=fuzzer-no-link,$(FUZZ_SAN) WARNINGS=-w fuzz-archives-here
.PHONY: fuzz-archives-here
fuzz-archives-here: $(LIB_KERNEL) $(LIB_COMPILER) $(LIB_MRRUN) $(LIB_MRT)
fuzz-programs: $(FUZZERS:%=$(FUZZ_BUILD)/%_fuzz)

$(FUZZ_ARCHIVES): fuzz-archives ;
$(FUZZ_BUILD)/%_fuzz: tests/fuzz/%_fuzz.c $(wildcard base/*.h */*/*.h */*/*.def) $(FUZZ_ARCHIVES)
	@mkdir -p $(@D)
	$(CLANG) $(CPPFLAGS) -std=c11 -g -O1 -ffp-contract=off -w -fsanitize=fuzzer,$(FUZZ_SAN) -fno-sanitize-recover=all -MF $@.d \
	  $< $(FUZZ_ARCHIVES) -o $@ $(RUNTIME_LIBS) -ljansson -lsodium

$(FUZZERS:%=fuzz-%): fuzz-%: $(FUZZ_BUILD)/%_fuzz
	@mkdir -p $(FUZZ_BUILD)/found/$* $(FUZZ_BUILD)/seeds/$*
	@for f in $(FUZZ_SEEDS_$*); do cp $$f $(FUZZ_BUILD)/seeds/$*/$$(echo $$f | tr / _); done
	$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 -max_len=4096 $(FUZZ_OPTIONS_$*) -print_final_stats=1 \
	  -artifact_prefix=$(FUZZ_BUILD)/ $(FUZZ_BUILD)/found/$* $(FUZZ_BUILD)/seeds/$*
