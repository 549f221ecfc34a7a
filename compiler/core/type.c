/* type.c: the concrete types of the core, interned by their names, so that equal types are one pointer. */
#include "compiler/core/core.h"

#include <string.h>

#include "base/map.h"

struct CoreTypes {
    Arena *arena;
    Map by_name;
    VEC(const CoreType *) declared;
    uint32_t count;
};

CoreTypes *core_types_new(Arena *arena) {
    CoreTypes *types = arena_make(arena, CoreTypes);
    types->arena = arena;
    map_init(&types->by_name, arena);
    return types;
}

/* A function type needs parentheses where something follows or encloses it: (int -> int)?, (int -> int) -> int. */
static void name_add(Buf *name, const CoreType *type, bool is_operand) {
    bool in_parens = is_operand && type->kind == CORE_TYPE_FN;
    if (in_parens) buf_add_char(name, '(');
    buf_add_text(name, type->name);
    if (in_parens) buf_add_char(name, ')');
}

static void name_add_list(Buf *name, const CoreType *const *args, size_t count) {
    buf_add_char(name, '(');
    for (size_t i = 0; i < count; i++) {
        if (i > 0) buf_add_text(name, ", ");
        name_add(name, args[i], false);
    }
    buf_add_char(name, ')');
}

/* A function of one tuple prints as ((A, B)) -> C: different from a function of two, and so are their names as keys. */
static void name_function(Buf *name, const CoreType *const *args, size_t count) {
    if (count == 2 && args[0]->kind != CORE_TYPE_TUPLE) {
        name_add(name, args[0], true);
    } else {
        name_add_list(name, args, count - 1);
    }
    buf_add_text(name, " -> ");
    name_add(name, args[count - 1], false);
}

static void name_make(Buf *name, CoreTypeKind kind, const CoreType *const *args, size_t count) {
    switch (kind) {
    case CORE_TYPE_INT: buf_add_text(name, "int"); break;
    case CORE_TYPE_FLOAT: buf_add_text(name, "float"); break;
    case CORE_TYPE_BOOL: buf_add_text(name, "bool"); break;
    case CORE_TYPE_STRING: buf_add_text(name, "string"); break;
    case CORE_TYPE_RANGE: buf_add_text(name, "range"); break;
    case CORE_TYPE_TUPLE: name_add_list(name, args, count); break;
    case CORE_TYPE_OPTIONAL:
        name_add(name, args[0], true);
        buf_add_char(name, '?');
        break;
    case CORE_TYPE_LIST:
        buf_add_char(name, '[');
        name_add(name, args[0], false);
        buf_add_char(name, ']');
        break;
    case CORE_TYPE_MAP:
        buf_add_char(name, '[');
        name_add(name, args[0], false);
        buf_add_text(name, ": ");
        name_add(name, args[1], false);
        buf_add_char(name, ']');
        break;
    case CORE_TYPE_SET:
        buf_add_text(name, "set[");
        name_add(name, args[0], false);
        buf_add_char(name, ']');
        break;
    case CORE_TYPE_FUTURE:
        buf_add_text(name, "future[");
        name_add(name, args[0], false);
        buf_add_char(name, ']');
        break;
    case CORE_TYPE_STREAM:
        buf_add_text(name, "stream[");
        name_add(name, args[0], false);
        buf_add_char(name, ']');
        break;
    case CORE_TYPE_FN: name_function(name, args, count); break;
    case CORE_TYPE_BOX: break; /* has the name that it was declared with */
    }
}

static bool type_is_flat(CoreTypeKind kind, const CoreType *const *args, size_t count) {
    switch (kind) {
    case CORE_TYPE_INT:
    case CORE_TYPE_FLOAT:
    case CORE_TYPE_BOOL:
    case CORE_TYPE_RANGE: return true;
    case CORE_TYPE_TUPLE:
    case CORE_TYPE_OPTIONAL:
        for (size_t i = 0; i < count; i++) {
            if (!args[i]->is_flat) return false;
        }
        return true;
    case CORE_TYPE_STRING:
    case CORE_TYPE_LIST:
    case CORE_TYPE_MAP:
    case CORE_TYPE_SET:
    case CORE_TYPE_FN:
    case CORE_TYPE_FUTURE:
    case CORE_TYPE_STREAM:
    case CORE_TYPE_BOX: break;
    }
    return false;
}

const CoreType *core_type(CoreTypes *types, CoreTypeKind kind, const CoreType *const *args, size_t arg_count) {
    Buf name = {0};
    name_make(&name, kind, args, arg_count);
    CoreType **slot = (CoreType **)map_slot(&types->by_name, name.data, name.len);
    if (!*slot) {
        CoreType *type = arena_make(types->arena, CoreType);
        type->kind = kind;
        type->args = arena_array(types->arena, const CoreType *, arg_count + 1);
        if (arg_count > 0) memcpy(type->args, args, arg_count * sizeof *args);
        type->arg_count = arg_count;
        type->name = arena_strndup(types->arena, name.data, name.len);
        type->is_flat = type_is_flat(kind, args, arg_count);
        type->id = types->count++;
        *slot = type;
    }
    buf_free(&name);
    return *slot;
}

const CoreType *core_type_named(CoreTypes *types, const char *name) {
    return *(CoreType **)map_slot(&types->by_name, name, strlen(name));
}

CoreType *core_type_declare(CoreTypes *types, CoreTypeKind kind, const char *name) {
    CoreType *type = arena_make(types->arena, CoreType);
    type->kind = kind;
    type->name = name;
    type->id = types->count++;
    *map_slot(&types->by_name, name, strlen(name)) = type;
    vec_push(types->arena, &types->declared, type);
    return type;
}

const CoreType *core_type_declared(const CoreTypes *types, size_t index) {
    return index < types->declared.len ? types->declared.items[index] : NULL;
}

void core_type_complete(CoreTypes *types, CoreType *type, const CoreType *const *args, size_t arg_count) {
    type->args = arena_array(types->arena, const CoreType *, arg_count + 1);
    if (arg_count > 0) memcpy(type->args, args, arg_count * sizeof *args);
    type->arg_count = arg_count;
    type->is_flat = type_is_flat(type->kind, args, arg_count);
}

const CoreType *core_type_content(const CoreType *type) {
    if (type->kind == CORE_TYPE_BOX) type = type->args[0];
    return type->data ? type : NULL;
}
