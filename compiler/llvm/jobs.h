/* jobs.h: the code of a job: its kernel, and what combines and finishes the states that kernels make. */
#ifndef COMPILER_LLVM_JOBS_H
#define COMPILER_LLVM_JOBS_H

#include "compiler/llvm/expr.h"

enum { LANE_COUNT = 32 };     /* a part of the language: the result's last bits depend on it */
enum { SUM_BLOCK = 1 << 30 }; /* so many ints can be added up in halves */

typedef struct Pending Pending;

/* What a job's body knows of the kernel around it. */
struct Kernel {
    const CoreJob *job;
    Scope *scope;       /* outside the body */
    LLVMValueRef chunk; /* MrChunk * */
    LLVMValueRef captures;
    LLVMValueRef elements;  /* variable, i64: values that reached the reducer */
    LLVMValueRef has;       /* variable, i1: whether the state holds a value; FOLD and GENERAL without key */
    Slot *state;            /* the state, or the map of states; not for SUM_INT, COUNT and LANES without key */
    Variant *quick;         /* the functions of its quick loops (quick.h); NULL: it has none */
    LLVMValueRef places;    /* where the results of the chunk's elements go, in place of `state`; NULL: they do not (job_places) */
    bool block;             /* … they are for the block that is mapped by a quick loop, and not for the chunk … */
    LLVMValueRef index;     /* … and the number of the element being mapped in what `places` is for */
    LLVMValueRef stacks;    /* MrStacks *: where the elements go in place of `state`; NULL: they do not */
    Pending *pending;       /* yields that were put off; NULL: none are */
    LLVMValueRef sum;       /* SUM_INT without key: variable, i128 */
    LLVMValueRef low, high; /* … and variables, i64, that take the values in meanwhile: see halves_begin; NULL: none do */
    LLVMValueRef lanes;     /* LANES without key: variable, LANE_COUNT floats */
    LLVMValueRef lane;      /* of the element being mapped; NULL: by the number of values so far */
    bool counts_lanes;
    unsigned wide_lanes;      /* so many elements are mapped side by side (wide.h); 0: none are */
    LLVMValueRef straight;    /* over a stream: variable, i1: lanes go by position after all */
    LLVMValueRef state_place; /* the address of `state`, while a loop over a stream is written */
    const struct Walk *walks; /* of the sources that are walked element by element … */
    LLVMValueRef count;       /* … and how many elements the chunk has */
    LLVMBasicBlockRef leave;  /* goes there when later elements cannot matter */
};

/* ---- jobs.c */

void job_bind_captures(Frame *frame, const CoreJob *job, LLVMValueRef captures);
const CoreType *job_state_type(Gen *gen, const CoreJob *job); /* of the whole: keyed, a map of the reducer's states */
bool job_has_plain_state(const CoreJob *job);                 /* the kernel keeps it in a slot */

/* Each element has one result, which is stored where it belongs in the list that the job makes. */
bool job_places(const CoreJob *job);

/* The elements of several chunks may go into one table (runtime/value/stacks.h). */
bool job_stacks(const CoreJob *job);
const CoreType *job_stacks_type(Gen *gen, const CoreJob *job); /* of that table */

/* ---- streams.c */

void kernel_leave(Frame *frame); /* from a YIELD, wherever it stands: later elements cannot matter */

/* ---- kernel.c */

Callee gen_kernel(Gen *gen, const CoreJob *job);

/* ---- pending.c */

bool job_puts_off(const CoreJob *job);
Pending *pending_new(Gen *gen, const CoreJob *job); /* makes a function: before the kernel is begun */
void pending_begin(Frame *frame, const Kernel *kernel);
void pending_yield(Frame *frame, LLVMValueRef key, Value *value);
void pending_end(Frame *frame, const Kernel *kernel); /* before the state is used otherwise */

/* ---- reduce.c */

/* The state at the address, which is zero where it is new, takes the value in. */
void state_add(Frame *frame, const CoreReducer *reducer, LLVMValueRef address, LLVMValueRef is_new, Value value);

void state_init(Frame *frame, const CoreReducer *reducer, LLVMValueRef address); /* of a GENERAL one */
void state_merge(Frame *frame, const CoreReducer *reducer, LLVMValueRef left, LLVMValueRef right);
void state_finish(Frame *frame, const CoreReducer *reducer, Span span, LLVMValueRef state, LLVMValueRef result);
LLVMValueRef sum_load(Frame *frame, LLVMValueRef address); /* the pair (low, high) as i128 */
void sum_store(Frame *frame, LLVMValueRef sum, LLVMValueRef address);
/* From here on values are added up in two variables of 64 bits, SUM_BLOCK at most, until halves_end takes them into the sum. */
void halves_begin(Frame *frame, Kernel *kernel);
void halves_end(Frame *frame, Kernel *kernel);
Callee gen_merge(Gen *gen, const CoreJob *job, Callee *value); /* *value: of a keyed job, the merge of two states of a key */
Callee gen_finish(Gen *gen, const CoreJob *job);

/* ---- laws.c */

LLVMValueRef gen_laws(Gen *gen, const CoreJob *job);           /* an array of MrLaw, or NULL */
void law_show(Frame *frame, LLVMValueRef key, Value *element); /* in a kernel: lets the runtime see the element, and its key */

#endif
