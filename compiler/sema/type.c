/* type.c: making types and looking at their heads.
 *
 * Types are immutable but for variables. The basic ones exist once for each Infer; a unit is the empty tuple. */
#include "compiler/sema/infer.h"

#include <string.h>

Type *type_prune(Type *type) {
    Type *end = type;
    while (end->kind == TYPE_VAR && end->link) end = end->link;
    while (type != end && type->link != end) { /* later walks are short */
        Type *next = type->link;
        type->link = end;
        type = next;
    }
    return end;
}

void infer_init(Infer *infer, Arena *arena, DiagSink *diags) {
    memset(infer, 0, sizeof *infer);
    infer->arena = arena;
    infer->diags = diags;
    infer->place = SPAN_NONE;
    const TypeKind kinds[] = {TYPE_ERROR, TYPE_INT, TYPE_FLOAT, TYPE_BOOL, TYPE_STRING, TYPE_RANGE, TYPE_TUPLE};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        infer->basic[kinds[i]] = arena_make(arena, Type);
        infer->basic[kinds[i]]->kind = kinds[i];
    }
}

Type *type_basic(Infer *infer, TypeKind kind) {
    return infer->basic[kind];
}

Type *type_var(Infer *infer, uint32_t classes) {
    Type *type = arena_make(infer->arena, Type);
    type->kind = TYPE_VAR;
    type->id = infer->next_id++;
    type->level = infer->level;
    type->classes = classes;
    return type;
}

Type *type_literal(Infer *infer) {
    Type *type = type_var(infer, CLASS_NUMBER | CLASS_LITERAL);
    vec_push(infer->arena, &infer->literals, type);
    return type;
}

Type *type_rigid(Infer *infer, Name name) {
    Type *type = type_var(infer, 0);
    type->name = name;
    type->is_rigid = true;
    return type;
}

Type *type_of_kind(Infer *infer, TypeKind kind, Type *const *args, size_t count) {
    if (kind == TYPE_TUPLE && count == 0) return type_basic(infer, TYPE_TUPLE);
    Type *type = arena_make(infer->arena, Type);
    type->kind = kind;
    type->args = arena_array(infer->arena, Type *, count ? count : 1);
    if (count > 0) memcpy(type->args, args, count * sizeof *args);
    type->arg_count = count;
    return type;
}

Type *type_one(Infer *infer, TypeKind kind, Type *arg) {
    return type_of_kind(infer, kind, &arg, 1);
}

Type *type_data(Infer *infer, struct Symbol *symbol, Type *const *args, size_t count) {
    Type *type = type_of_kind(infer, TYPE_DATA, args, count);
    type->symbol = symbol;
    return type;
}

Type *type_pair(Infer *infer, TypeKind kind, Type *first, Type *second) {
    return type_of_kind(infer, kind, (Type *[]){first, second}, 2);
}

Type *type_fn_result(const Type *fn) {
    return fn->args[fn->arg_count - 1];
}

size_t type_fn_arity(const Type *fn) {
    return fn->arg_count - 1;
}

bool type_is(Type *type, TypeKind kind) {
    return type_prune(type)->kind == kind;
}

bool type_is_unit(Type *type) {
    type = type_prune(type);
    return type->kind == TYPE_TUPLE && type->arg_count == 0;
}

bool type_is_error(Type *type) {
    return type_prune(type)->kind == TYPE_ERROR;
}

Scheme *scheme_of(Infer *infer, Type *type) {
    Scheme *scheme = arena_make(infer->arena, Scheme);
    scheme->type = type;
    return scheme;
}
