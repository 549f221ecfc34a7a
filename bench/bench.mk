# The benchmarks: `make bench`, and `make bench-quick` with smaller inputs and fewer rounds. The yardsticks are built for the newest
# instructions that they know how to use, whatever this machine has; bench.py looks at the machine before it runs them. A test
# (script/bench) runs the smallest form.
BENCH := $(BUILD)/bench
BENCH_FLAGS := -std=c11 -D_GNU_SOURCE $(WARNINGS)
BENCH_AVX512 := -march=x86-64-v3 -mavx512f -mavx512bw -mavx512vl -mavx512vbmi2 -maes

$(BENCH)/wc_ref: bench/wc_ref.c
	@mkdir -p $(@D)
	$(CLANG) $(BENCH_FLAGS) -O3 $(BENCH_AVX512) -pthread $< -o $@
$(BENCH)/num_ref: bench/num_ref.c bench/random.h
	@mkdir -p $(@D)
	$(CLANG) -I. $(BENCH_FLAGS) -O3 -march=native -ffp-contract=off -fopenmp-simd -pthread $< -o $@
$(BENCH)/sum_ref: bench/sum_ref.c bench/random.h
	@mkdir -p $(@D)
	$(CLANG) -I. $(BENCH_FLAGS) -O3 -march=native -ffast-math -pthread $< -o $@
$(BENCH)/groupby_ref: bench/groupby_ref.c
	@mkdir -p $(@D)
	$(CLANG) $(BENCH_FLAGS) -O3 -march=x86-64-v3 -pthread $< -o $@
$(BENCH)/wc_simple $(BENCH)/gen_corpus $(BENCH)/gen_csv $(BENCH)/peak: $(BENCH)/%: bench/%.c
	@mkdir -p $(@D)
	$(CC) $(BENCH_FLAGS) -O2 $< -o $@
$(BENCH)/gen_zipf: bench/gen_zipf.c
	@mkdir -p $(@D)
	$(CC) $(BENCH_FLAGS) -O2 $< -o $@ -lm
$(BENCH)/words_ref: bench/words_ref.c
	@mkdir -p $(@D)
	$(CC) $(BENCH_FLAGS) -O2 $< -o $@ -l:libutf8proc.a
$(BENCH)/tree_floor: bench/tree_floor.c
	@mkdir -p $(@D)
	$(CC) $(BENCH_FLAGS) -O2 $< -o $@ -lzmq

BENCH_TOOLS := $(addprefix $(BENCH)/,wc_ref wc_simple num_ref sum_ref groupby_ref words_ref gen_corpus gen_zipf gen_csv tree_floor peak)

# The runtime once more without what makes a run survive (runtime/sched/guard.h), for the suite `overhead`; the compiler is the same.
UNGUARDED := $(BUILD)/unguarded

.PHONY: bench bench-quick bench-tools bench-unguarded unguarded-runtime
bench-tools test-programs: $(BENCH_TOOLS)
bench-unguarded: all
	@$(MAKE) -s BUILD=$(UNGUARDED) DEFINES="$(DEFINES) -DMR_UNGUARDED" unguarded-runtime
	@mkdir -p $(UNGUARDED)/bin
	@cmp -s $(BUILD)/bin/mrc $(UNGUARDED)/bin/mrc || cp $(BUILD)/bin/mrc $(UNGUARDED)/bin/mrc
unguarded-runtime: $(BUILD)/bin/mrrun $(LIB_PROGRAM) $(BITCODE)
bench: all $(BENCH_TOOLS) bench-unguarded
	bench/bench.py --build $(BUILD)
bench-quick: all $(BENCH_TOOLS) bench-unguarded
	bench/bench.py --build $(BUILD) --quick
