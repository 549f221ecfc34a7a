/* module.h: what all of code generation shares: the module being made, its types, constants and declarations.
 *
 * Private to this folder. A Gen is what the world outside knows as a GenModule; it owns an LLVM context and an arena, and belongs
 * to one thread. Everything that LLVM hands out here lives as long as the Gen. */
#ifndef COMPILER_LLVM_MODULE_H
#define COMPILER_LLVM_MODULE_H

#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>

#include "base/map.h"
#include "compiler/llvm/gen.h"
#include "compiler/llvm/target.h"
#include "runtime/include/mr.h"

/* The runtime's functions, by name. */
typedef enum RuntimeFunction {
#define ABI(name, result, parameters) RUNTIME_##name,
#define PRIM(name)
#define UPDATE(name)
#include "runtime/include/abi.def"
#undef ABI
#undef PRIM
#undef UPDATE
    RUNTIME_COUNT
} RuntimeFunction;

/* A declared function with its type, since pointers do not know what they point to. */
typedef struct Callee {
    LLVMValueRef function;
    LLVMTypeRef type;
} Callee;

/* A function that is used as a value. */
typedef struct FunctionValue {
    const CoreFn *fn;
    LLVMValueRef constant; /* the MrFunction */
    LLVMValueRef code;     /* the wrapper with the C convention */
} FunctionValue;

typedef struct Debug Debug; /* debug.c */

/* What is known of a core type: made on demand by types.c and owners.c. */
typedef struct GenType {
    LLVMTypeRef llvm;
    LLVMTypeRef entry;       /* maps and sets: { hash, key, value } */
    LLVMValueRef descriptor; /* the MrType constant */
    Callee drop, retain, own, detach;
    bool has_strings; /* a string lies in the value itself, not behind a pointer: it may be a borrowed slice */
    bool has_strings_known;
} GenType;

typedef struct Binding Binding; /* frame.h */
typedef struct Variant Variant; /* variants.h */

typedef struct GenModule {
    Arena *arena;
    const CoreProgram *program;
    GenOptions options;
    DiagSink *sink;

    LLVMContextRef llvm;
    LLVMModuleRef module;
    const Target *target;
    const TargetLevel *level; /* that all code is made for */
    LLVMTargetMachineRef machine;
    LLVMTargetDataRef layout;
    LLVMBuilderRef builder; /* where the function being generated is written */
    Debug *debug;           /* NULL without line tables */

    LLVMTypeRef i1, i8, i32, i64, i128, f64, ptr, void_type, string, range;
    Map types;           /* CoreType * -> GenType * */
    Map functions;       /* CoreFn * -> Callee * */
    Map function_values; /* CoreFn * -> FunctionValue *, in the order of their first use */
    Map constants;       /* bytes of string constants and locations -> the global */
    Map bindings;        /* CoreVar * -> Binding * */
    Callee runtime[RUNTIME_COUNT];
    LLVMValueRef immortal;      /* mr_immortal */
    LLVMValueRef *tasks;        /* MrTask globals by the index of the job */
    bool has_variants;          /* kernels that gain from it are made for several levels of the processor */
    Variant *variant;           /* the one that is being made, or NULL */
    struct GenModule *other;    /* the second half of a large program (split.h), or NULL */
    GenStats stats;             /* its sizes of before optimisation, and times */
    LLVMMemoryBufferRef object; /* while objects are emitted */
    unsigned profile_kind;      /* of "prof" metadata */
    LLVMValueRef unlikely;      /* its value where the first way out is hardly ever taken */
} Gen;

/* ---- module.c */

Gen *gen_new(const CoreProgram *program, const GenOptions *options, DiagSink *sink); /* NULL: unknown target or CPU, reported */

const TargetLevel *gen_level_made(const Gen *gen); /* that of the code that is being made: a variant's may be higher */
const Callee *gen_runtime(Gen *gen, RuntimeFunction name);
size_t gen_runtime_arity(RuntimeFunction name); /* without the context */
char gen_runtime_result(RuntimeFunction name);  /* the letter of abi.def */
char gen_runtime_letter(RuntimeFunction name, size_t parameter);

void gen_attribute(Gen *gen, LLVMValueRef function, LLVMAttributeIndex where, const char *name);
/* C functions pass bools in registers: says of a parameter or the result (its index is `where`) which is one that the register is
 * filled, where the target's convention demands that. */
void gen_attribute_bool(Gen *gen, LLVMValueRef function, LLVMAttributeIndex where);
void gen_call_attribute_bool(Gen *gen, LLVMValueRef call, LLVMAttributeIndex where);
void gen_attribute_int(Gen *gen, LLVMValueRef function, LLVMAttributeIndex where, const char *name, uint64_t value);
/* Adds an internal function without a body: no unwinding, the context (parameter 0) described where `has_context`. */
Callee gen_internal(Gen *gen, const char *name, LLVMTypeRef type, bool is_fast, bool has_context);

LLVMValueRef gen_int(Gen *gen, int64_t value);    /* i64 */
LLVMValueRef gen_small(Gen *gen, uint32_t value); /* i32 */
LLVMValueRef gen_byte(Gen *gen, uint8_t value);
LLVMValueRef gen_flag(Gen *gen, bool value); /* i1 */
/* A private constant of the module; the same global for the same bytes. `gen_text` ends them by a NUL. */
LLVMValueRef gen_string_bytes(Gen *gen, const char *bytes, size_t len); /* with MR_STRING_SLACK after them */
LLVMValueRef gen_bytes(Gen *gen, const char *bytes, size_t len);
LLVMValueRef gen_text(Gen *gen, const char *text);
bool gen_is_library(const Gen *gen, Span span);                            /* a place in an embedded module, "<prelude>" */
LLVMValueRef gen_location(Gen *gen, Span span);                            /* an MrLocation constant */
LLVMValueRef gen_location_value(Gen *gen, Span span);                      /* the same as a struct, for a field */
LLVMValueRef gen_constant(Gen *gen, const char *name, LLVMValueRef value); /* a private constant global */
LLVMValueRef gen_pointer_array(Gen *gen, const char *name, LLVMValueRef *items, size_t count); /* NULL for none */
LLVMValueRef gen_hash(Gen *gen, const uint8_t hash[16]);

/* ---- types.c */

GenType *gen_type_info(Gen *gen, const CoreType *type);
LLVMTypeRef gen_type(Gen *gen, const CoreType *type);
LLVMTypeRef gen_entry_type(Gen *gen, const CoreType *type); /* of a map or set */
LLVMValueRef gen_descriptor(Gen *gen, const CoreType *type);
uint64_t gen_size(Gen *gen, const CoreType *type); /* bytes */
bool gen_is_scalar(const CoreType *type);          /* int, float, bool: passed by value to the runtime */
bool gen_is_unit(const CoreType *type);
bool gen_has_strings(Gen *gen, const CoreType *type);
LLVMTypeRef gen_argument_type(Gen *gen, const CoreType *type); /* as the C side of the ABI wants it: i64, double, i1, ptr */

const CoreType *gen_tuple(Gen *gen, const CoreType *const *fields, size_t count);
const CoreType *gen_list_of(Gen *gen, const CoreType *element);

/* ---- owners.c: functions made for a type that count references; flat types have none and are the caller's to leave out */

const Callee *gen_drop_function(Gen *gen, const CoreType *type);   /* void (context, value) */
const Callee *gen_retain_function(Gen *gen, const CoreType *type); /* void (value) */
const Callee *gen_own_function(Gen *gen, const CoreType *type);    /* value (context, value): mr_own of a borrowed value */
const Callee *gen_detach_function(Gen *gen, const CoreType *type); /* value (context, value): owned slices become owned copies */

/* ---- functions.c */

unsigned gen_convention(const CoreFn *fn);                      /* of its calls */
Callee *gen_function(Gen *gen, const CoreFn *fn);               /* declared at least */
LLVMValueRef gen_function_constant(Gen *gen, const CoreFn *fn); /* the MrFunction of a function that is used as a value */
void gen_function_body(Gen *gen, const CoreFn *fn, bool runs_once);
LLVMValueRef gen_function_code(Gen *gen, const CoreFn *fn); /* the code that it names */
LLVMValueRef gen_function_values(Gen *gen, size_t *count);  /* when all code is made: writes the wrappers, gives the table */

/* ---- foreign.c */

void gen_foreign_names(Gen *gen); /* before anything else is in the module: their names are not ours to choose */

/* ---- streams.c */

MrWalkKind gen_walk_kind(const CoreFn *fn); /* of a walk function */
bool gen_walk_is_straight(const CoreFn *fn);
bool gen_walk_is_total(const CoreFn *fn);
void gen_walk_body(Gen *gen, const CoreFn *fn);

/* ---- toplevel.c */

void gen_top_level_body(Gen *gen, const CoreFn *fn);

/* ---- jobs.c */

LLVMValueRef gen_task(Gen *gen, const CoreJob *job); /* the MrTask's address */
void gen_job_code(Gen *gen, const CoreJob *job);     /* kernel, merge, finish and the task itself */

/* ---- cold.c */

void gen_cold(Gen *gen, LLVMValueRef function); /* it runs seldom: it is not optimised, and not inlined */
void gen_find_cold(Gen *gen);                   /* when all code is made: marks what only such functions call */

/* ---- ways.c */

void gen_ways(Gen *gen, bool is_first); /* when all code is made: its functions can be replaced, or replace those of another */

/* ---- program.c */

void gen_program_constant(Gen *gen); /* mr_program, main */

/* ---- emit.c */

bool gen_optimise(Gen *half); /* one half; verifies, links the runtime's hot functions, runs the passes; false: reported */

/* ---- debug.c: all do nothing without line tables */

void debug_start(Gen *gen);
void debug_function(Gen *gen, LLVMValueRef function, const char *name, Span span); /* what follows is written into this function */
typedef struct DebugFunction {
    LLVMMetadataRef function, place;
    uint32_t file;
} DebugFunction;
DebugFunction debug_function_save(Gen *gen); /* while another function is written */
void debug_function_restore(Gen *gen, DebugFunction saved);
void debug_place(Gen *gen, Span span); /* what follows comes from here */
LLVMMetadataRef debug_save(Gen *gen);
void debug_restore(Gen *gen, LLVMMetadataRef place);
void debug_finish(Gen *gen);
void debug_free(Gen *gen);

#endif
