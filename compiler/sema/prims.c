/* prims.c: the table of prims.def. */
#include "compiler/sema/prims.h"

#include <string.h>

typedef struct ClassRow {
    const char *name, *variable;
    uint32_t classes;
} ClassRow;

typedef struct PredRow {
    const char *name;
    PredKind kind;
    const char *variables[3];
} PredRow;

static const Prim prims[] = {
#define PRIM(name, kind) {#name, PRIM_##kind},
#include "compiler/sema/prims.def"
};

static const ClassRow class_rows[] = {
#define CLASS(name, variable, class) {#name, variable, class},
#include "compiler/sema/prims.def"
};

static const PredRow pred_rows[] = {
#define PRED(name, kind, first, second, third) {#name, kind, {first, second, third}},
#include "compiler/sema/prims.def"
};

const Prim *prim_find(const char *name) {
    for (size_t i = 0; i < sizeof prims / sizeof *prims; i++)
        if (strcmp(prims[i].name, name) == 0) return &prims[i];
    return NULL;
}

/* A declared variable that the declaration does not have is a fresh one: the library's mistake, which its own check then shows. */
static Type *variable_of(Infer *infer, PrimVariable find, void *context, const char *name) {
    Type *type = find(context, name);
    return type ? type : type_var(infer, 0);
}

void prim_constrain(Infer *infer, const char *name, PrimVariable find, void *context, Span span) {
    UnifyResult ignored;
    for (size_t i = 0; i < sizeof class_rows / sizeof *class_rows; i++)
        if (strcmp(class_rows[i].name, name) == 0)
            type_constrain(infer, variable_of(infer, find, context, class_rows[i].variable), class_rows[i].classes, &ignored);
    for (size_t i = 0; i < sizeof pred_rows / sizeof *pred_rows; i++) {
        if (strcmp(pred_rows[i].name, name) != 0) continue;
        Pred pred = {.kind = pred_rows[i].kind, .span = span};
        for (size_t j = 0; j < 3; j++)
            if (pred_rows[i].variables[j]) pred.types[j] = variable_of(infer, find, context, pred_rows[i].variables[j]);
        pred_require(infer, pred);
    }
}
