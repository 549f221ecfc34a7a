/* lower.h: from the checked tree to the core.
 *
 * Requires: a CheckedProgram without errors. Produces: the CoreProgram: generic functions instantiated, closures converted,
 * patterns, defaults and method calls taken apart, streams fused into the loops and jobs that consume them, last uses marked as
 * moves, jobs hashed. Reports what is too deep for the compiler (E0501), futures that would travel (E0405) and C
 * functions that disagree (E0606); then it returns NULL. */
#ifndef COMPILER_CORE_LOWER_H
#define COMPILER_CORE_LOWER_H

#include "compiler/core/core.h"
#include "compiler/sema/sema.h"

CoreProgram *core_lower(Arena *arena, const SourceMap *sources, const CheckedProgram *program, DiagSink *diags);

#endif
