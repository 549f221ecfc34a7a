/* lower_data.c: declared types as tuples, or as cells that hold such a tuple.
 *
 * A record is the tuple of its fields; a sum type the tuple of the constructor's number and of fields that its constructors share.
 * A type that is recursive, and one that would be large to move about, lies in a cell that is shared by its copies. */
#include "compiler/core/lower_internal.h"

#include <string.h>

enum {
    FLAT_LIMIT = 16,         /* words of a value that is no cell */
    NESTED_TYPE_LIMIT = 2000 /* declared types inside one another */
};

/* ---- layout */

static size_t type_words(const CoreType *type) {
    size_t words = 0;
    switch (type->kind) {
    case CORE_TYPE_STRING:
    case CORE_TYPE_RANGE: return 3;
    case CORE_TYPE_TUPLE:
    case CORE_TYPE_OPTIONAL:
        for (size_t i = 0; i < type->arg_count; i++) words += type_words(type->args[i]);
        return words + (type->kind == CORE_TYPE_OPTIONAL ? 1 : 0);
    default: return 1;
    }
}

typedef VEC(const CoreType *) Slots;

/* Puts the fields of a constructor into slots, in ascending order, those that others have made first. */
static void layout_constructor(Lower *l, const Symbol *symbol, const Subst *subst, bool has_tag, Slots *slots,
                               CoreConstructor *constructor) {
    size_t count = symbol->fields.len, at = has_tag ? 1 : 0;
    uint32_t *places = arena_array(l->arena, uint32_t, count + 1);
    const char **names = arena_array(l->arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        const AstParam *param = (const AstParam *)symbol->fields.items[i];
        const CoreType *type = type_lower_concrete(l, type_concrete(l, subst, param->base.type), param->base.span);
        while (at < slots->len && slots->items[at] != type) at++;
        if (at == slots->len) vec_push(l->arena, slots, type);
        places[i] = (uint32_t)at++;
        names[i] = param->pattern->kind == AST_PAT_NAME ? ((const AstPatName *)param->pattern)->name : NULL;
    }
    *constructor = (CoreConstructor){.name = symbol->name, .field_count = count, .slots = places, .names = names};
}

static const char *type_name(Lower *l, const Type *type, Span span) {
    const Symbol *symbol = type->symbol;
    Buf name = {0};
    if (symbol->module != l->checked->main) buf_printf(&name, "%s.", symbol->module->mark);
    buf_add_text(&name, symbol->name);
    for (size_t i = 0; i < type->arg_count; i++) {
        buf_add_text(&name, i == 0 ? "[" : ", ");
        buf_add_text(&name, type_lower_concrete(l, type->args[i], span)->name);
        if (i + 1 == type->arg_count) buf_add_char(&name, ']');
    }
    const char *copy = arena_strndup(l->arena, name.data, name.len);
    buf_free(&name);
    return copy;
}

static const CoreType *declare_data(Lower *l, const Type *type, const char *name) {
    CoreTypes *types = l->program->types;
    const Symbol *symbol = type->symbol;
    const AstList *nodes = &((const AstTypeDecl *)symbol->decl)->constructors;
    CoreType *box = symbol->is_recursive ? core_type_declare(types, CORE_TYPE_BOX, name) : NULL;
    Subst subst = {.vars = symbol->params};
    for (size_t i = 0; i < type->arg_count; i++) vec_push(l->arena, &subst.types, type->args[i]);
    CoreData *data = arena_make(l->arena, CoreData);
    CoreConstructor *constructors = arena_array(l->arena, CoreConstructor, nodes->len + 1);
    Slots slots = {0};
    data->has_tag = nodes->len > 1;
    if (data->has_tag) vec_push(l->arena, &slots, core_simple(l, CORE_TYPE_INT));
    for (size_t i = 0; i < nodes->len; i++)
        layout_constructor(l, nodes->items[i]->symbol, &subst, data->has_tag, &slots, &constructors[i]);
    data->constructors = constructors;
    data->constructor_count = nodes->len;
    size_t words = 0;
    for (size_t i = 0; i < slots.len; i++) words += type_words(slots.items[i]);
    if (words > FLAT_LIMIT && !box) box = core_type_declare(types, CORE_TYPE_BOX, name);
    CoreType *tuple = core_type_declare(types, CORE_TYPE_TUPLE, box ? arena_printf(l->arena, "cell of %s", name) : name);
    core_type_complete(types, tuple, slots.items, slots.len);
    tuple->data = data;
    if (!box) return tuple;
    const CoreType *content = tuple;
    core_type_complete(types, box, &content, 1);
    return box;
}

const CoreType *data_type(Lower *l, Type *type, Span span) {
    if (l->type_depth >= NESTED_TYPE_LIMIT) {
        lower_refuse(l, span, "a type that holds so many others inside one another");
        return core_unit_type(l);
    }
    l->type_depth++;
    const char *name = type_name(l, type, span);
    const CoreType *known = core_type_named(l->program->types, name);
    if (!known) known = declare_data(l, type, name);
    l->type_depth--;
    return known;
}

/* ---- values */

static size_t constructor_index(const Symbol *constructor) {
    const AstList *nodes = &((const AstTypeDecl *)constructor->type->decl)->constructors;
    size_t i = 0;
    while (nodes->items[i]->symbol != constructor) i++;
    return i;
}

/* The tuple that the value is. */
static CoreExpr *data_content(Lower *l, CoreExpr *value) {
    if (value->type->kind != CORE_TYPE_BOX) return value;
    return make(l, CORE_UNBOX, value->type->args[0], value->span, 1, &value);
}

/* The value of a constructor of which slot i is slots[i]; NULL: zero. */
static CoreExpr *make_content(Lower *l, const CoreType *type, size_t index, CoreExpr *const *slots, Span span) {
    const CoreType *content = core_type_content(type);
    CoreExpr *tuple = core_node(l->arena, CORE_TUPLE, content, span);
    for (size_t i = 0; i < content->arg_count; i++) {
        CoreExpr *field = slots[i] ? slots[i] : core_node(l->arena, CORE_ZERO, content->args[i], span);
        if (i == 0 && content->data->has_tag) field = make_int(l, (int64_t)index, span);
        vec_push(l->arena, &tuple->args, field);
    }
    return type->kind == CORE_TYPE_BOX ? make(l, CORE_BOX, type, span, 1, &tuple) : tuple;
}

CoreExpr *data_make(Lower *l, const CoreType *type, const Symbol *constructor, const CoreExprs *fields, Span span) {
    const CoreType *content = core_type_content(type);
    if (!content) return lower_refuse(l, span, "`%s` here", constructor->name);
    size_t index = constructor_index(constructor);
    const CoreConstructor *shape = &content->data->constructors[index];
    CoreExpr **slots = arena_array(l->arena, CoreExpr *, content->arg_count + 1);
    for (size_t i = 0; i < shape->field_count && i < fields->len; i++) slots[shape->slots[i]] = fields->items[i];
    return make_content(l, type, index, slots, span);
}

CoreExpr *data_field(Lower *l, CoreExpr *value, const Symbol *constructor, size_t field, Span span) {
    const CoreData *data = core_type_content(value->type)->data;
    return make_field(l, data_content(l, value), data->constructors[constructor_index(constructor)].slots[field], span);
}

CoreExpr *data_test(Lower *l, CoreExpr *value, const Symbol *constructor, Span span) {
    const CoreType *content = core_type_content(value->type);
    if (!content || !content->data->has_tag) return NULL;
    CoreExpr *tag = make_field(l, data_content(l, value), 0, span);
    CoreExpr *number = make_int(l, (int64_t)constructor_index(constructor), span);
    return make_op(l, CORE_OP_EQ, core_simple(l, CORE_TYPE_BOOL), span, tag, number);
}

/* ---- records */

/* The slot of a record's field; the number of all slots where it has none of this name. */
static size_t record_slot(const CoreType *content, const char *name) {
    const CoreConstructor *record = &content->data->constructors[0];
    for (size_t i = 0; i < record->field_count && content->data->constructor_count == 1; i++)
        if (record->names[i] && strcmp(record->names[i], name) == 0) return record->slots[i];
    return content->arg_count;
}

bool data_steps(Lower *l, CorePlace *place, const char *name) {
    const CoreType *content = core_type_content(place->type);
    if (!content || record_slot(content, name) == content->arg_count) return false;
    if (place->type->kind == CORE_TYPE_BOX) {
        CoreStep open = {.container = place->type};
        vec_push(l->arena, &place->steps, open);
    }
    CoreStep step = {.field = (uint32_t)record_slot(content, name), .container = content};
    vec_push(l->arena, &place->steps, step);
    place->type = content->args[step.field];
    return true;
}

CoreExpr *lower_dot(Lower *l, Env *env, AstDot *ast) {
    CoreExpr *value = lower_expr(l, env, ast->value);
    const CoreType *content = core_type_content(value->type);
    if (!content) return lower_refuse(l, ast->base.span, "this field");
    return make_field(l, data_content(l, value), record_slot(content, ast->name), ast->base.span);
}

CoreExpr *lower_with(Lower *l, Env *env, AstWith *ast) {
    CoreExprs statements = {0};
    CoreExpr *value = hold(l, lower_expr(l, env, ast->value), NULL, &statements);
    const CoreType *type = value->type, *content = core_type_content(type);
    if (!content) return lower_refuse(l, ast->base.span, "`with` here");
    CoreExpr **slots = arena_array(l->arena, CoreExpr *, content->arg_count + 1);
    for (size_t i = 0; i < ast->args.len; i++) {
        AstArg *arg = ast_as(Arg, ast->args.items[i]);
        size_t slot = record_slot(content, arg->label);
        if (slot < content->arg_count) slots[slot] = hold(l, lower_expr(l, env, arg->value), NULL, &statements);
    }
    for (size_t i = 0; i < content->arg_count; i++)
        if (!slots[i]) slots[i] = make_field(l, data_content(l, core_copy(l->arena, value)), i, ast->base.span);
    return make_block(l, &statements, make_content(l, type, 0, slots, ast->base.span), ast->base.span);
}
