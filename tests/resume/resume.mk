# make check-resume RUNS=100 [SEED=1]: mrrun is killed at random and gone on with, until the run ends: the same output, and nothing that
# is in the journal is computed again. Then journals that are damaged, other inputs, full disks, two runs at once.
RUNS ?= 100
SEED ?= 1
.PHONY: check-resume
check-resume: all
	tests/resume/resume.py --build $(BUILD) --runs $(RUNS) --seed $(SEED)
