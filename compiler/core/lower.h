/* lower.h: from the checked tree to the core.
 *
 * Requires: a CheckedProgram without errors. Produces: the CoreProgram: generic functions instantiated, closures converted,
 * patterns, defaults and method calls taken apart, streams fused into the loops and jobs that consume them, last uses marked as
 * moves, jobs hashed. Reports (E0501) where a stream's consumer cannot be seen; then it returns NULL. */
#ifndef COMPILER_CORE_LOWER_H
#define COMPILER_CORE_LOWER_H

#include "compiler/core/core.h"
#include "compiler/sema/sema.h"

CoreProgram *core_lower(Arena *arena, const SourceMap *sources, const CheckedProgram *program, DiagSink *diags);

#endif
