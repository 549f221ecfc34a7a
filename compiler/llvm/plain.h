/* plain.h: what a job's code is made of, as far as it decides how its kernel is made. */
#ifndef COMPILER_LLVM_PLAIN_H
#define COMPILER_LLVM_PLAIN_H

#include "compiler/llvm/module.h"

typedef struct Plainness {
    bool is_plain;   /* arithmetic on ints, floats and lists of such, all of which can be put into one loop */
    bool is_steady;  /* plain, and for each element the same few steps: no loop inside, nothing found by an index */
    bool is_checked; /* some of it may fail: ints may overflow, divisors may be zero */
    const char *why; /* it is not steady, for people: "an element has a loop of its own"; NULL: it is */
} Plainness;

/* Of the job's code and all that it calls. */
Plainness gen_job_plainness(Gen *gen, const CoreJob *job);

#endif
