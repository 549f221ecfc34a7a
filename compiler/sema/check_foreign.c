/* check_foreign.c: `extern fn`: what a C function can be declared as. */
#include "compiler/sema/check.h"

#include <ctype.h>
#include <string.h>

static const char type_hint[] = "C functions take int (int64_t), float (double), bool and string (const char *), and give one of "
                                "these or (); wrap what takes other types in a C function of your own";

static bool is_plain(const Type *type) {
    return type->kind == TYPE_INT || type->kind == TYPE_FLOAT || type->kind == TYPE_BOOL || type->kind == TYPE_STRING ||
           type->kind == TYPE_ERROR;
}

static void check_param(Checker *c, const AstExtern *external, const AstParam *param, Type *type) {
    const AstPatName *name = param->pattern->kind == AST_PAT_NAME ? (const AstPatName *)param->pattern : NULL;
    type = type_prune(type);
    if (!param->type_expr) {
        Diag *diag = diag_add(c->diags, E0606, param->base.span, "a parameter of the C function `%s` has no type", external->name);
        if (name) diag_hint(diag, "C's functions are not known here: write it, as in `%s: float`", name->name);
    } else if (!is_plain(type)) {
        Diag *diag = diag_add(c->diags, E0606, param->type_expr->span, "the C function `%s` cannot take a value of type %s",
                              external->name, type_text(&c->infer, type));
        diag_hint(diag, "%s", type_hint);
    }
}

static void check_library(Checker *c, const AstExtern *external) {
    const char *library = external->library;
    if (!library) return;
    if (strcmp(library, "mr") == 0) {
        Diag *diag =
            diag_add(c->diags, E0606, external->base.span, "`%s` is declared as a part of mr's own runtime", external->name);
        diag_hint(diag, "`from` names the C library that has the function, as in `from \"m\"`; without `from` it comes from an "
                        "object or library on mrc's command line");
        return;
    }
    for (const char *at = library; *at; at++) {
        bool is_good = isalnum((unsigned char)*at) || (at > library && strchr("_+.-", *at));
        if (is_good) continue;
        Diag *diag = diag_add(c->diags, E0606, external->base.span, "`%s` is not the name of a library", library);
        diag_hint(diag, "`from \"m\"` is what `-lm` is to a C compiler; files are named on mrc's command line");
        return;
    }
}

void check_foreign(Checker *c, const AstExtern *external, const TypeList *types) {
    if (c->module->is_library) return;
    for (size_t i = 0; i < external->params.len; i++)
        if (external->params.items[i]->kind == AST_PARAM)
            check_param(c, external, (const AstParam *)external->params.items[i], types->items[i]);
    const Type *result = type_prune(types->items[types->len - 1]);
    bool is_unit = result->kind == TYPE_TUPLE && result->arg_count == 0;
    if (!is_plain(result) && !is_unit) {
        Diag *diag = diag_add(c->diags, E0606, external->result->span, "the C function `%s` cannot give a value of type %s",
                              external->name, type_text(&c->infer, types->items[types->len - 1]));
        diag_hint(diag, "%s", type_hint);
    }
    check_library(c, external);
    if (strncmp(external->name, "mr_", 3) == 0 || strcmp(external->name, "main") == 0) {
        Diag *diag = diag_add(c->diags, E0606, external->base.symbol->span,
                              "the C function `%s` cannot be called: the name belongs to mr's own runtime", external->name);
        diag_hint(diag, "give the C function another name");
    }
}
