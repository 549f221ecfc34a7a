/* frame.h: the function being generated: its variables, who owns which value, and the ways out of it.
 *
 * Ownership is simple and robust. Everything owned that can still be given up lies in a *slot*, a variable of the frame that is
 * zero when it holds nothing; moving out of a slot zeroes it. Each scope drops its slots at its end; `break`, `continue` and
 * `return` drop those of the scopes that they leave; a failure goes through the scopes from the inside out, each of which has one
 * place for it. Dropping zero does nothing, so nothing has to be known about which path was taken; LLVM turns slots into registers
 * and most of the drops into nothing. */
#ifndef COMPILER_LLVM_FRAME_H
#define COMPILER_LLVM_FRAME_H

#include "compiler/llvm/module.h"

typedef struct Slot {
    LLVMValueRef address;
    const CoreType *type; /* NULL: the cursor of a walk over text files, closed instead of dropped */
    bool is_free;         /* zero now, and may be used again */
} Slot;

typedef struct Scope Scope;
struct Scope {
    Scope *outer;
    VEC(Slot *) slots;
    LLVMBasicBlockRef fail;    /* drops the slots and goes on to the outer scope's; NULL until something here can fail */
    LLVMBasicBlockRef fail_at; /* the same after noting where */
    VEC(LLVMBasicBlockRef) fail_blocks;
    VEC(LLVMValueRef) fail_places; /* for each of them the MrLocation */
    bool catches; /* of a `try`: failures end here, at `fail`, which is its maker's to write; it holds no slots itself */
};

/* Who gives a value up. */
typedef enum Ownership {
    VALUE_TRIVIAL,  /* nobody: it is flat or immortal */
    VALUE_BORROWED, /* somebody else, who keeps it at least until the end of the statement */
    VALUE_OWNED,    /* whoever holds it: it must be taken, or parked before anything can fail */
    VALUE_PARKED,   /* the slot that it lies in, unless it is taken out again */
} Ownership;

typedef struct Value {
    LLVMValueRef llvm;
    const CoreType *type;
    Ownership ownership;
    Slot *slot; /* PARKED */
} Value;

struct Binding {
    LLVMValueRef value;   /* of a variable that is never stored to: borrowed, or trivial */
    LLVMValueRef address; /* else where it lies */
    bool is_owned;        /* the frame owns what lies there: it may be moved out */
};

typedef struct Loop Loop;
struct Loop {
    uint32_t id;
    Loop *outer;
    Scope *break_scope, *continue_scope; /* what stays alive */
    LLVMBasicBlockRef break_to, continue_to;
};

typedef struct Kernel Kernel; /* jobs.h */
typedef struct Sink Sink;     /* streams.c */

typedef struct Frame {
    Gen *gen;
    LLVMBuilderRef builder;
    LLVMValueRef function, context, out;
    LLVMBasicBlockRef entry;  /* variables and their zeros; the code begins in the block after it */
    LLVMBuilderRef variables; /* writes into entry */
    LLVMBasicBlockRef fail;   /* behind all scopes: returns true; NULL until something can fail */
    VEC(Slot *) slots;        /* all that were ever made */
    VEC(Slot *) own_slots;    /* of the frame itself: no scope drops them, only a failure */
    Scope *scope;
    Loop *loop;
    Span span;
    Span place;        /* the innermost expression of the program around what is being written: code of the library may be inside */
    bool walks_text;   /* inside a loop over text files: strings may be slices of a chunk that goes away before the function ends */
    bool runs_once;    /* the top level: what stands in no loop is not worth optimising */
    bool is_failing;   /* while the ways to fail are written */
    bool is_steady;    /* of a loop of plain arithmetic (plain.h), or put in line there */
    LLVMValueRef only; /* i1: what is being written has effects only where it holds (straight.h); NULL: everywhere */
    LLVMValueRef doubt;    /* quick loops, and functions that are put in line there (quick.h): variable, i64; else NULL */
    LLVMValueRef position; /* kernels, walk functions: where the index of the element being mapped is kept */
    bool keeps_position;   /* a failure notes it in the context: kernels */
    Kernel *kernel;        /* while generating a job's body */
    LLVMValueRef walk;     /* walk functions, and the bodies of loops in them: the MrWalk */
    Sink *sink;            /* of the body of a loop over a stream: the ways out of it; else NULL */
} Frame;

void frame_begin(Frame *frame, Gen *gen, LLVMValueRef function, const char *name, Span span);
void frame_end(Frame *frame); /* the code must have come to an end; writes the ways out */

/* ---- blocks */

LLVMBasicBlockRef frame_block(Frame *frame, const char *name);
void frame_enter(Frame *frame, LLVMBasicBlockRef block);
void frame_jump(Frame *frame, LLVMBasicBlockRef block);
void frame_branch(Frame *frame, LLVMValueRef flag, LLVMBasicBlockRef yes, LLVMBasicBlockRef no);
/* Goes on in a block that is hardly ever taken, where flag (i1) is true; returns the block for when it is not. */
LLVMBasicBlockRef frame_if_rare(Frame *frame, LLVMValueRef flag);
/* In that block, after the error was set: leaves the function; goes on in `otherwise`. */
void frame_raise(Frame *frame, Span span, LLVMBasicBlockRef otherwise);
void frame_check(Frame *frame, LLVMValueRef failed); /* leaves where the flag is true: the place is known already */
/* The same, noting the place. Of the library none is noted, but the expression of the program that it was put into, if any: what
 * people see is where their program called it. */
void frame_check_at(Frame *frame, LLVMValueRef failed, Span span);

/* ---- calls of the runtime; the context is put in front. Results: flags are i1, bools too. */

LLVMValueRef frame_runtime(Frame *frame, RuntimeFunction name, const LLVMValueRef *args);
/* A hot function in a hot place: always put in line, where its bitcode is at hand. */
void frame_inline(Frame *frame, LLVMValueRef call);
/* A generated function: not put in line where that would not pay. */
void frame_keep_call(Frame *frame, LLVMValueRef call);
void frame_runtime_check(Frame *frame, RuntimeFunction name, const LLVMValueRef *args, Span span);

/* ---- variables */

LLVMValueRef frame_variable(Frame *frame, LLVMTypeRef type, const char *name);      /* not set to anything */
LLVMValueRef frame_zero_variable(Frame *frame, LLVMTypeRef type, const char *name); /* zero when the function begins */
Slot *frame_slot(Frame *frame, const CoreType *type);                               /* a zero slot that the current scope drops */
Slot *frame_own_slot(Frame *frame, const CoreType *type);                           /* one that only a failure drops */
LLVMValueRef frame_address(Frame *frame, LLVMValueRef value); /* a variable that holds the value, for the runtime to read */

void frame_bind_value(Frame *frame, const CoreVar *var, LLVMValueRef value);
void frame_bind_address(Frame *frame, const CoreVar *var, LLVMValueRef address, bool is_owned);
const Binding *frame_binding(Frame *frame, const CoreVar *var);

/* ---- scopes */

void scope_enter(Frame *frame, Scope *scope);
void scope_leave(Frame *frame);                      /* drops what it holds */
void scope_unwind(Frame *frame, const Scope *until); /* the same for all scopes inside `until`, on a way out: they stay open */

/* ---- values */

Value value_trivial(LLVMValueRef llvm, const CoreType *type);
Value value_borrowed(LLVMValueRef llvm, const CoreType *type); /* trivial where the type is flat or the value a constant */
Value value_owned(LLVMValueRef llvm, const CoreType *type);
Value value_unit(Frame *frame, const CoreType *type);

LLVMValueRef value_read(Frame *frame, Value *value); /* to look at until the statement ends; an owned one is parked */
LLVMValueRef value_take(Frame *frame, Value value);  /* as the owner: retained where it is borrowed */
LLVMValueRef value_keep(Frame *frame, Value value);  /* as the owner, free of slices: to be stored where it may outlive the chunk */
/* The same for a variable that is assigned, all of it: in a kernel, whose variables the chunk outlives, a text may stay a slice. */
LLVMValueRef value_settle(Frame *frame, Value value);
void value_hold(Frame *frame, Value *value);   /* parks an owned value: what comes next may fail */
void value_secure(Frame *frame, Value *value); /* makes a borrowed one owned and parks it: what comes next may change its owner */
void value_drop(Frame *frame, LLVMValueRef value, const CoreType *type);           /* of an owner that is not in a slot */
LLVMValueRef value_detach(Frame *frame, LLVMValueRef value, const CoreType *type); /* of an owned value: slices are copied */

#endif
