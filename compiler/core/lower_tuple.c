/* lower_tuple.c: a tuple of reducers as one reducer: its state is the tuple of their states, so that one pass serves all.
 *
 * Whatever form the compiler knows for a reducer that stands alone is not used here: each member is lowered as it is declared. The
 * exception is the sum of ints, which must not fail where the exact sum would not: the library's `exact_sum` stands for it. */
#include "compiler/core/lower_loop.h"

#include <string.h>

ReducerUse reducer_tuple_use(Lower *l, Env *env, AstTuple *tuple, CoreExprs *out) {
    ReducerUse use = {0};
    Buf name = {0};
    for (size_t i = 0; i < tuple->items.len; i++) {
        ReducerUse member = reducer_use_of(l, env, tuple->items.items[i], out);
        buf_add_text(&name, i == 0 ? "(" : ", ");
        buf_add_text(&name, member.name);
        vec_push(l->arena, &use.members, member);
    }
    buf_add_text(&name, ")");
    use.name = arena_strndup(l->arena, name.data, name.len);
    buf_free(&name);
    return use;
}

/* ---- one member */

/* A reducer inside the tuple; a tuple in it has parts of its own. */
typedef struct Part Part;
struct Part {
    ReducerUse use;
    VEC(Part) parts;
    const CoreType *state, *result;
    bool is_exact, is_associative, has_done;
};

static const CoreType *tuple_type(Lower *l, const Part *part, bool of_results) {
    const CoreType **types = arena_array(l->arena, const CoreType *, part->parts.len);
    for (size_t i = 0; i < part->parts.len; i++) types[i] = of_results ? part->parts.items[i].result : part->parts.items[i].state;
    return core_type(l->program->types, CORE_TYPE_TUPLE, types, part->parts.len);
}

static Part part_of(Lower *l, const ReducerUse *use, const CoreType *element, Span span) {
    Part part = {.use = *use};
    if (use->members.len > 0) {
        part.is_exact = part.is_associative = part.has_done = true;
        for (size_t i = 0; i < use->members.len; i++) {
            Part inner = part_of(l, &use->members.items[i], element, span);
            part.is_exact = part.is_exact && inner.is_exact;
            part.is_associative = part.is_associative && inner.is_associative;
            part.has_done = part.has_done && inner.has_done;
            vec_push(l->arena, &part.parts, inner);
        }
        part.state = tuple_type(l, &part, false);
        part.result = tuple_type(l, &part, true);
        return part;
    }
    bool is_int = element->kind == CORE_TYPE_INT, is_sum = is_int && reducer_is_prelude(use->symbol, "sum");
    if (is_sum) {
        part.use = (ReducerUse){.symbol = prelude_symbol(l, "exact_sum", AST_REDUCER), .name = "sum"};
        part.use.env = env_new(l, NULL, NULL);
    }
    part.is_exact = is_sum || reducer_is_prelude(use->symbol, "count") || reducer_is_exact(use, element);
    part.is_associative = part.is_exact || reducer_is_associative(use->symbol);
    const AstList *members = &ast_as(Reducer, part.use.symbol->decl)->members;
    for (size_t i = 0; i < members->len; i++) part.has_done |= strcmp(ast_as(Member, members->items[i])->name, "done") == 0;
    if (!reducer_types(l, &part.use, span, &part.state, &part.result)) part.state = part.result = core_unit_type(l);
    return part;
}

/* ---- code: the members' code, each on its field of the states */

typedef enum PieceKind { PIECE_INIT, PIECE_ADD, PIECE_MERGE, PIECE_FINISH } PieceKind;

static CoreExpr *part_code(Lower *l, const Part *part, PieceKind kind, const CoreExprs *args, Span span);

/* A field of a state goes to a variable of its own first, so that what is inside it can be moved out of it in turn. */
static void add_field(Lower *l, CoreExprs *args, CoreExpr *state, size_t index, CoreExprs *out) {
    CoreExpr *field = make_field(l, core_copy(l->arena, state), index, state->span);
    CoreVar *var = var_new(l, NULL, field->type, state->span);
    vec_push(l->arena, out, make_let(l, var, field));
    vec_push(l->arena, args, core_local(l->arena, var, state->span));
}

/* The arguments of member `index`: its fields of the states, and the whole element. */
static CoreExprs field_args(Lower *l, PieceKind kind, const CoreExprs *args, size_t index, CoreExprs *out) {
    CoreExprs fields = {0};
    for (size_t i = 0; i < args->len; i++) {
        if (kind == PIECE_ADD && i == 1)
            vec_push(l->arena, &fields, core_copy(l->arena, args->items[i]));
        else
            add_field(l, &fields, args->items[i], index, out);
    }
    return fields;
}

static CoreExpr *tuple_code(Lower *l, const Part *part, PieceKind kind, const CoreExprs *args, const CoreType *type, Span span) {
    CoreExprs values = {0};
    for (size_t i = 0; i < part->parts.len; i++) {
        CoreExprs statements = {0};
        CoreExprs fields = field_args(l, kind, args, i, &statements);
        CoreExpr *value = part_code(l, &part->parts.items[i], kind, &fields, span);
        vec_push(l->arena, &values, make_block(l, &statements, value, span));
    }
    return make(l, CORE_TUPLE, type, span, values.len, values.items);
}

static CoreExpr *part_code(Lower *l, const Part *part, PieceKind kind, const CoreExprs *args, Span span) {
    static const char *const names[] = {"init", "add", "merge", "finish"};
    const CoreType *type = kind == PIECE_FINISH ? part->result : part->state;
    if (part->parts.len > 0) return tuple_code(l, part, kind, args, type, span);
    CoreExpr *body = reducer_member(l, &part->use, names[kind], args, type);
    return body ? body : args->items[0]; /* only finish may be missing: the state is the result */
}

/* Nothing can change any more when nothing can for any member. */
static CoreExpr *done_code(Lower *l, const Part *part, CoreExpr *state, Span span) {
    const CoreType *type = core_simple(l, CORE_TYPE_BOOL);
    CoreExprs args = {0};
    if (part->parts.len == 0) {
        vec_push(l->arena, &args, state);
        return reducer_member(l, &part->use, "done", &args, type);
    }
    CoreExpr *all = NULL;
    for (size_t i = part->parts.len; i-- > 0;) {
        CoreExprs statements = {0}, field = {0};
        add_field(l, &field, state, i, &statements);
        CoreExpr *done = make_block(l, &statements, done_code(l, &part->parts.items[i], field.items[0], span), span);
        all = all ? make_if(l, done, all, make_bool(l, false, span), type, span) : done;
    }
    return all;
}

static void piece(Lower *l, const Part *part, PieceKind kind, const CoreType *second, Span span, CoreCode *code) {
    CoreExprs args = {0};
    code->params[0] = state_var(l, NULL, part->state, true, span);
    vec_push(l->arena, &args, core_local(l->arena, code->params[0], span));
    if (second) {
        code->params[1] = state_var(l, NULL, second, kind == PIECE_MERGE, span);
        vec_push(l->arena, &args, core_local(l->arena, code->params[1], span));
    }
    code->body = part_code(l, part, kind, &args, span);
}

static CoreExpr *init_code(Lower *l, const Part *part, Span span) {
    const CoreExprs none = {0};
    return part_code(l, part, PIECE_INIT, &none, span);
}

void reducer_build_tuple(Lower *l, CoreJob *job, const ReducerUse *use, const CoreType *element) {
    CoreReducer *reducer = &job->reducer;
    Span span = job->span;
    if (use->from) lower_refuse(l, use->from->span, "`from` with a reducer");
    Part part = part_of(l, use, element, span);
    if (l->has_failed) return;
    reducer->kind = CORE_REDUCE_GENERAL;
    reducer->state = part.state;
    reducer->result = part.result;
    reducer->is_exact = part.is_exact;
    reducer->is_associative = part.is_associative;
    reducer->init = init_code(l, &part, span);
    piece(l, &part, PIECE_ADD, element, span, &reducer->add);
    piece(l, &part, PIECE_MERGE, part.state, span, &reducer->merge);
    piece(l, &part, PIECE_FINISH, NULL, span, &reducer->finish);
    if (part.has_done) {
        reducer->done.params[0] = state_var(l, NULL, part.state, false, span);
        reducer->done.body = done_code(l, &part, core_local(l->arena, reducer->done.params[0], span), span);
    }
    if (job->key) return;
    CoreExprs args = {0}, statements = {0};
    vec_push(l->arena, &args, hold(l, init_code(l, &part, span), NULL, &statements));
    reducer->nothing = make_block(l, &statements, part_code(l, &part, PIECE_FINISH, &args, span), span);
}
