/* prims.h: the primitives of the library, as the checker sees them (prims.def). Internal to sema. */
#ifndef COMPILER_SEMA_PRIMS_H
#define COMPILER_SEMA_PRIMS_H

#include "compiler/sema/infer.h"

typedef enum PrimKind { PRIM_PLAIN, PRIM_PRINTS, PRIM_UPDATES } PrimKind;

typedef struct Prim {
    const char *name;
    PrimKind kind;
} Prim;

/* NULL for a primitive that is called as any function. */
const Prim *prim_find(const char *name);

/* Puts the constraints of the primitive on its type variables, which `find` gives by name (NULL: it has none of that name). */
typedef Type *(*PrimVariable)(void *context, const char *name);
void prim_constrain(Infer *infer, const char *name, PrimVariable find, void *context, Span span);

#endif
