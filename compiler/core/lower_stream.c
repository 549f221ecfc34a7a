/* lower_stream.c: streams: recipes, and the loops that push their elements into what consumes them.
 *
 * A recipe is a tree of stages over base sequences. Emitting it makes one loop nest: the innermost base is the outermost loop, each
 * stage is code around its element, and the consumer's code stands in the middle. Nothing is stored in between (Neumann 2011). */
#include "compiler/core/lower_loop.h"

enum {
    STREAM_SIZE_LIMIT = 1000,
    STREAM_PASS_LIMIT = 8, /* each first pass has the code of all that is below it */
};

/* ---- recipes */

Stream *stream_of_value(Lower *l, CoreExpr *value, CoreExprs *out) {
    Stream *stream = arena_make(l->arena, Stream);
    stream->kind = STREAM_BASE;
    stream->span = value->span;
    switch (value->type->kind) {
    case CORE_TYPE_RANGE: stream->source = CORE_SOURCE_RANGE; break;
    case CORE_TYPE_LIST: stream->source = CORE_SOURCE_LIST; break;
    case CORE_TYPE_MAP: stream->source = CORE_SOURCE_MAP; break;
    case CORE_TYPE_SET: stream->source = CORE_SOURCE_SET; break;
    case CORE_TYPE_OPTIONAL: stream->source = CORE_SOURCE_OPTIONAL; break;
    case CORE_TYPE_STREAM: stream->source = CORE_SOURCE_STREAM; break;
    default:
        stream->source = CORE_SOURCE_LIST;
        lower_refuse(l, value->span, "walking a value of type %s", value->type->name);
        break;
    }
    stream->value = hold(l, value, NULL, out);
    return stream;
}

/* What a stream of the program's text has elements of. */
static Type *element_type(Lower *l, Env *env, const Ast *ast) {
    Type *type = ast_type(l, env, ast);
    return type_is_stream(type) ? type_prune(type->args[0]) : NULL;
}

/* The elements of `below`, combined as they come. */
static Stream *stream_of_scan(Lower *l, Env *env, AstPipe *pipe, Stream *below, CoreExprs *out) {
    Stream *stream = arena_make(l->arena, Stream);
    ReducerUse *reducer = arena_make(l->arena, ReducerUse);
    *reducer = reducer_use_of(l, env, pipe->scan, out);
    if (l->checked->checks_laws && !l->has_failed) scan_laws(l, below, reducer, out, pipe->base.span);
    stream->kind = STREAM_SCAN;
    stream->span = pipe->base.span;
    stream->reducer = reducer;
    stream->element = element_type(l, env, &pipe->base);
    stream->size = below->size + 1;
    stream->passes = below->passes;
    vec_push(l->arena, &stream->operands, below);
    return stream;
}

/* Operands that are used more than once would double with each stage. */
static void operands_as_values(Lower *l, Stream *stream, CoreExprs *out) {
    for (size_t i = 0; i < stream->operands.len; i++) {
        Stream *operand = stream->operands.items[i];
        if (operand->kind == STREAM_BASE) continue;
        stream->operands.items[i] = stream_of_value(l, stream_value(l, operand), out);
        stream->operands.items[i]->element = operand->element;
    }
    stream->size = 1;
    stream->passes = 1;
}

Stream *stream_of_pipe(Lower *l, Env *env, AstPipe *pipe, CoreExprs *out) {
    Stream *stream = arena_make(l->arena, Stream);
    stream->kind = STREAM_PIPE;
    stream->span = pipe->base.span;
    stream->is_flat = pipe->op == OP_FLATMAP;
    stream->is_identity = pipe->op == OP_REDUCE;
    if (!stream->is_identity) stream->function = callable_of(l, env, pipe->function, out);
    for (size_t i = 0; i < pipe->sources.len; i++) {
        Stream *operand = stream_of(l, env, pipe->sources.items[i], out);
        vec_push(l->arena, &stream->operands, operand);
        stream->size += operand->size;
        stream->passes += operand->passes;
    }
    bool is_counted = stream->operands.len > 1 && !stream_is_in_step(stream);
    if (is_counted || pipe->scan) stream->passes++;
    if (++stream->size > STREAM_SIZE_LIMIT || stream->passes > STREAM_PASS_LIMIT) operands_as_values(l, stream, out);
    if (pipe->where) {
        stream->has_where = true;
        stream->where = callable_of(l, env, pipe->where, out);
    }
    if (pipe->scan) return stream_of_scan(l, env, pipe, stream, out);
    if (!pipe->reduce) stream->element = element_type(l, env, &pipe->base);
    return stream;
}

static Stream *stream_of_block(Lower *l, Env *env, AstBlock *block, CoreExprs *out) {
    for (size_t i = 0; i + 1 < block->statements.len; i++) lower_statement(l, env, block->statements.items[i], out);
    return stream_of(l, env, vec_last(&block->statements), out);
}

static Stream *recipe_of(Lower *l, Env *env, Ast *ast, CoreExprs *out) {
    if (!type_is_stream(ast_type(l, env, ast))) return stream_of_value(l, lower_expr(l, env, ast), out);
    switch (ast->kind) {
    case AST_PIPE: return stream_of_pipe(l, env, ast_as(Pipe, ast), out);
    case AST_NAME_REF:
    case AST_DOT: {
        Binding *binding = ast->symbol ? env_find(l, env, ast->symbol) : NULL;
        if (binding && binding->kind == BINDING_STREAM) return binding->stream;
        break;
    }
    case AST_CALL:
    case AST_METHOD: return stream_of_call(l, env, ast, out);
    case AST_BLOCK: return stream_of_block(l, env, ast_as(Block, ast), out);
    default: break;
    }
    /* It is chosen when the program runs. */
    bool held_globals = l->body->holds_globals;
    l->body->holds_globals = false;
    CoreExpr *value = lower_expr(l, env, ast);
    l->body->holds_globals = held_globals;
    return stream_of_value(l, value, out);
}

Stream *stream_of(Lower *l, Env *env, Ast *ast, CoreExprs *out) {
    ast = ast_strip(ast);
    Stream *stream = recipe_of(l, env, ast, out);
    if (!stream->element) stream->element = element_type(l, env, ast);
    return stream;
}

/* ---- loops */

static const CoreType *source_element(Lower *l, CoreSourceKind kind, const CoreType *type) {
    switch (kind) {
    case CORE_SOURCE_RANGE: return core_simple(l, CORE_TYPE_INT);
    case CORE_SOURCE_MAP: return core_pair_type(l, type->args[0], type->args[1]);
    case CORE_SOURCE_LIST:
    case CORE_SOURCE_SET:
    case CORE_SOURCE_STREAM:
    case CORE_SOURCE_OPTIONAL: return type->arg_count > 0 ? type->args[0] : core_unit_type(l);
    case CORE_SOURCE_WORDS_IN:
    case CORE_SOURCE_LINES_IN:
    case CORE_SOURCE_PARTS:
    case CORE_SOURCE_TEXT_WORDS:
    case CORE_SOURCE_TEXT_LINES:
    case CORE_SOURCE_BEFORE:
    case CORE_SOURCE_SHARE: break;
    }
    return core_simple(l, CORE_TYPE_STRING);
}

CoreVar *add_source(Lower *l, CoreSources *sources, const Stream *stream) {
    CoreVar *var = var_new(l, NULL, source_element(l, stream->source, stream->value->type), stream->span);
    var->is_borrowed = true;
    CoreSource source = {.kind = stream->source, .expr = core_copy(l->arena, stream->value), .var = var, .span = stream->span};
    vec_push(l->arena, sources, source);
    return var;
}

/* A job walks whole values: a string's words are walked in a job over a list of that one string. */
static void open_job(Lower *l, Nest *nest, CoreSources *sources) {
    CoreSource *first = &sources->items[0];
    if (first->kind == CORE_SOURCE_WORDS_IN || first->kind == CORE_SOURCE_LINES_IN) {
        const CoreType *type = core_type1(l, CORE_TYPE_LIST, core_simple(l, CORE_TYPE_STRING));
        CoreVar *text = var_new(l, "text", core_simple(l, CORE_TYPE_STRING), first->span);
        text->is_borrowed = true;
        CoreSource whole = {.kind = CORE_SOURCE_LIST, .var = text, .span = first->span};
        whole.expr = make(l, CORE_LIST, type, first->span, 1, &first->expr);
        vec_push(l->arena, nest->sources, whole);
        first->expr = core_local(l->arena, text, first->span);
        return;
    }
    if (first->kind == CORE_SOURCE_STREAM) { /* its elements come from a loop over the chunk that the job is given */
        CoreSource chunk = *first;
        chunk.var = var_new(l, "chunk", core_unit_type(l), first->span);
        chunk.var->is_borrowed = true;
        vec_push(l->arena, nest->sources, chunk);
        first->expr = core_copy(l->arena, first->expr);
        return;
    }
    *nest->sources = *sources;
    if (first->kind == CORE_SOURCE_TEXT_WORDS || first->kind == CORE_SOURCE_TEXT_LINES) l->body->text = first->var;
    *sources = (CoreSources){0};
}

/* The loop over the sources that are left when the job has got its own, and the hooks around the outermost one. */
OpenLoop loop_open(Lower *l, Nest *nest, CoreSources sources, Span span) {
    OpenLoop open = {0};
    bool is_jobs = nest->sources && !nest->is_open;
    for (size_t i = 0; i < nest->hooks.len; i++) vec_push(l->arena, &open.hooks, nest->hooks.items[i]);
    nest->hooks.len = 0;
    if (is_jobs) {
        open_job(l, nest, &sources);
        open.job = nest->sources;
        nest->by_chunk = nest->by_chunk || open.hooks.len > 0;
        if (nest->by_chunk && nest->sources->items[0].kind != CORE_SOURCE_STREAM) {
            open.chunk = core_node(l->arena, CORE_CHUNK, core_unit_type(l), span);
            open.chunk->loop = ++l->body->loop_count;
        }
    }
    if (sources.len > 0) {
        open.loop = core_node(l->arena, CORE_FOR, core_unit_type(l), span);
        open.loop->sources = sources;
        open.loop->loop = ++l->body->loop_count;
        const CoreSource *first = &sources.items[0];
        open.loop->is_chunk = is_jobs && first->kind == CORE_SOURCE_STREAM;
        bool cuts_text = first->kind == CORE_SOURCE_WORDS_IN || first->kind == CORE_SOURCE_LINES_IN;
        open.loop->is_input = cuts_text && l->body->text && first->expr->kind == CORE_LOCAL && first->expr->var == l->body->text;
        if (nest->outermost == 0) nest->outermost = open.loop->loop;
        nest->innermost = open.loop->loop;
    }
    nest->is_open = true;
    return open;
}

static void append(Lower *l, CoreExprs *out, const CoreExprs *more) {
    for (size_t i = 0; i < more->len; i++) vec_push(l->arena, out, more->items[i]);
}

/* The loop with these statements as its body. */
static CoreExpr *loop_around(Lower *l, CoreExpr *loop, CoreExprs *statements) {
    CoreExpr *body = statements->len == 1 ? statements->items[0] : NULL;
    if (!body || body->kind == CORE_LET) body = make_block(l, statements, NULL, loop->span);
    vec_push(l->arena, &loop->args, as_unit(l, body));
    return loop;
}

void loop_close(Lower *l, OpenLoop *open, CoreExprs *out) {
    LoopEnds ends = {.job = open->job, .sources = open->job ? NULL : &open->loop->sources};
    for (size_t i = 0; i < open->hooks.len; i++) open->hooks.items[i]->close(l, open->hooks.items[i], &ends);
    CoreExprs inner = {0};
    append(l, out, &ends.before);
    append(l, &inner, &ends.begin);
    append(l, &inner, &open->statements);
    if (open->loop) {
        CoreExpr *loop = loop_around(l, open->loop, &inner);
        inner = (CoreExprs){0};
        vec_push(l->arena, &inner, loop);
    }
    if (open->chunk) {
        vec_push(l->arena, out, loop_around(l, open->chunk, &inner));
    } else {
        append(l, out, &inner);
    }
}

/* ---- stages */

static void stage_result(Lower *l, Stream *stage, CoreExprs args, Consumer *consumer, Nest *nest, CoreExprs *out) {
    if (stage->is_identity) {
        consumer->push(l, consumer, args.items[0], out);
    } else if (stage->is_flat) {
        Stream *inner = stream_of_apply(l, &stage->function, args, stage->span, out);
        stream_emit(l, inner, consumer, nest, out);
    } else {
        consumer->push(l, consumer, callable_apply(l, &stage->function, args, stage->span, out), out);
    }
}

/* One stage's code around an element of each of its operands. */
void stage_apply(Lower *l, Stream *stage, CoreExprs args, Consumer *consumer, Nest *nest, CoreExprs *out) {
    if (!stage->has_where) {
        stage_result(l, stage, args, consumer, nest, out);
        return;
    }
    CoreExprs tested = {0}, inner = {0};
    for (size_t i = 0; i < args.len; i++) {
        args.items[i] = hold(l, args.items[i], NULL, out);
        vec_push(l->arena, &tested, core_copy(l->arena, args.items[i]));
    }
    CoreExpr *condition = callable_apply(l, &stage->where, tested, stage->where.span, out);
    stage_result(l, stage, args, consumer, nest, &inner);
    CoreExpr *then = as_unit(l, make_block(l, &inner, NULL, stage->span));
    vec_push(l->arena, out, make_if(l, condition, then, make_unit(l, stage->span), core_unit_type(l), stage->span));
}

typedef struct StageConsumer {
    Consumer base;
    Stream *stage;
    Consumer *next;
    Nest *nest;
} StageConsumer;

static void stage_push(Lower *l, Consumer *self, CoreExpr *element, CoreExprs *out) {
    StageConsumer *stage = (StageConsumer *)self;
    CoreExprs args = {0};
    vec_push(l->arena, &args, element);
    stage_apply(l, stage->stage, args, stage->next, stage->nest, out);
}

void stream_emit(Lower *l, Stream *stream, Consumer *consumer, Nest *nest, CoreExprs *out) {
    if (l->has_failed) return;
    l->emit_depth++;
    if (stream->kind == STREAM_PIPE && stream->operands.len > 1) {
        together_emit(l, stream, consumer, nest, out);
    } else if (stream->kind == STREAM_SCAN) {
        scan_emit(l, stream, consumer, nest, out);
    } else if (stream->kind == STREAM_PIECES) {
        pieces_emit(l, stream, consumer, nest, out);
    } else if (stream->kind == STREAM_PIPE) {
        StageConsumer stage = {.base = {stage_push}, .stage = stream, .next = consumer, .nest = nest};
        stream_emit(l, stream->operands.items[0], &stage.base, nest, out);
    } else {
        CoreSources sources = {0};
        CoreVar *var = add_source(l, &sources, stream);
        OpenLoop open = loop_open(l, nest, sources, stream->span);
        consumer->push(l, consumer, core_local(l->arena, var, stream->span), &open.statements);
        loop_close(l, &open, out);
    }
    l->emit_depth--;
}

/* ---- for */

typedef struct ForConsumer {
    Consumer base;
    Env *env;
    AstFor *ast;
    Nest *nest;
} ForConsumer;

static void for_push(Lower *l, Consumer *self, CoreExpr *element, CoreExprs *out) {
    ForConsumer *consumer = (ForConsumer *)self;
    LoopTarget target = {
        .outer = l->body->target, .break_loop = consumer->nest->outermost, .continue_loop = consumer->nest->innermost};
    bind_pattern(l, consumer->env, consumer->ast->pattern, element, out);
    l->body->target = &target;
    vec_push(l->arena, out, as_unit(l, lower_expr(l, consumer->env, consumer->ast->body)));
    l->body->target = target.outer;
}

CoreExpr *lower_for(Lower *l, Env *env, AstFor *ast) {
    CoreExprs statements = {0};
    Nest nest = {0};
    ForConsumer consumer = {.base = {for_push}, .env = env, .ast = ast, .nest = &nest};
    Stream *stream = stream_of(l, env, ast->sequence, &statements);
    stream_emit(l, stream, &consumer.base, &nest, &statements);
    return statements.len == 1 ? statements.items[0] : make_block(l, &statements, NULL, ast->base.span);
}
