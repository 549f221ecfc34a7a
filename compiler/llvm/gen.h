/* gen.h: from the core to LLVM IR, optimised, and from there to object code or assembly.
 *
 * Requires: a program that core_verify accepts. Produces: one module that holds every function and kernel of the program, the type
 * descriptors, the constant `mr_program` and a `main` that hands it to mr_main; it is to be linked with libmrt. The core is not
 * changed (types may be added to its table). A module belongs to one thread, has an LLVM context of its own and is freed by
 * gen_free; several may exist. Problems of the surroundings (no bitcode file, an output that cannot be written) are reported in the
 * sink as E0701. */
#ifndef COMPILER_LLVM_GEN_H
#define COMPILER_LLVM_GEN_H

#include "base/buf.h"
#include "compiler/core/core.h"
#include "compiler/source/diag.h"

typedef enum GenPart { GEN_WHOLE, GEN_FIRST, GEN_BETTER } GenPart;

typedef struct GenOptions {
    unsigned level;          /* optimisation, 0 … 3 */
    bool is_debug;           /* line tables for gdb */
    const char *target;      /* "x86_64-linux-gnu", "aarch64-linux-gnu"; NULL: that of the machine at hand */
    const char *cpu;         /* a level of the target's (runtime/include/cpu.def); NULL: x86-64-v2, or armv8-a */
    const char *hot_bitcode; /* path of the runtime's hot functions, compiled for the target; not read at level 0 */
    bool may_be_interrupted; /* loops look whether they are: MR_INTERRUPTED */
    bool may_split;          /* a large program may become two objects, which two threads make; for gen_emit_objects */
    GenPart part;            /* of a program that is replaced while it runs (ways.h) */
    const char *name;        /* of the program, for people; NULL: the first source file's path */
} GenOptions;

/* The kind of machine that a name in GenOptions.target says, as `uname -m` has it: "aarch64". NULL: it is not known. */
const char *gen_target_machine(const char *name);

typedef struct GenModule GenModule;

enum { GEN_OBJECTS = 2 }; /* that a program can become, at most */

/* Generates, verifies and optimises. Returns NULL after an error, which is then in the sink. */
GenModule *gen_program(const CoreProgram *program, const GenOptions *options, DiagSink *sink);
void gen_free(GenModule **module); /* nulls the pointer; NULL is fine */

void gen_print_ir(const GenModule *module, Buf *out);
/* Of a program that is not split. False: not written, the reason is in the sink. */
bool gen_emit_object(GenModule *module, const char *path, DiagSink *sink);
bool gen_object(GenModule *module, Buf *out, DiagSink *sink); /* the same, into memory */
/* Writes the first object to paths[0] and, where the program was split, the second to paths[1]; *count says how many there are. */
bool gen_emit_objects(GenModule *module, const char *const paths[GEN_OBJECTS], size_t *count, DiagSink *sink);
bool gen_emit_assembly(GenModule *module, Buf *out, DiagSink *sink);

/* Adds lines to the job's plan: for which processors there is code, whether it works on several elements at once, and why not.
 * None where nothing was optimised. */
void gen_report_job(GenModule *gen, const CoreJob *job, Buf *out);

/* How large the module is, both halves together, and how long making it took. */
typedef struct GenStats {
    size_t functions, instructions; /* with a body; of the runtime's, those that were inlined only */
    size_t made;                    /* instructions before optimisation */
    double make_seconds, optimise_seconds;
} GenStats;
GenStats gen_stats(const GenModule *module);

const char *gen_llvm_version(void); /* "19.1.7" */

#endif
