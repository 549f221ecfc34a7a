/* cores.h: for the tests of code generation: cores built by hand, generated without and with optimisation, linked with a harness
 * (harness.c) and the runtime's value library, run, and their output compared. The harness also reports memory not given back.
 * GEN_TEST_IR=1 in the environment prints what was generated. */
#ifndef TESTS_UNIT_GEN_CORES_H
#define TESTS_UNIT_GEN_CORES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "compiler/llvm/gen.h"

typedef const CoreType *T;
typedef CoreExpr *E;

static Arena *arena;
static CoreProgram *program;
static SourceMap *sources;
static T I, F, B, S, U, R;
static uint32_t next_id, next_line;
static char build_dir[512];

/* ---- making cores */

static inline T type(CoreTypeKind kind, size_t count, ...) {
    T args[8];
    va_list list;
    va_start(list, count);
    for (size_t i = 0; i < count; i++) args[i] = va_arg(list, T);
    va_end(list);
    return core_type(program->types, kind, args, count);
}

/* Each node has a line of its own in the source, so that positions in messages can be told apart. */
static inline Span next_span(void) {
    uint32_t at = next_line < 199 ? next_line++ : 199;
    return (Span){0, at * 2, at * 2 + 1};
}

static inline E node(CoreKind kind, T of) {
    E expr = arena_make(arena, CoreExpr);
    expr->kind = kind;
    expr->type = of;
    expr->span = next_span();
    return expr;
}

static inline E add_args(E expr, size_t count, va_list list) {
    for (size_t i = 0; i < count; i++) {
        E arg = va_arg(list, E);
        vec_push(arena, &expr->args, arg);
    }
    return expr;
}

static inline E with(E expr, size_t count, ...) {
    va_list list;
    va_start(list, count);
    add_args(expr, count, list);
    va_end(list);
    return expr;
}

static inline CoreVar *var(const char *name, T of) {
    CoreVar *made = arena_make(arena, CoreVar);
    *made = (CoreVar){.name = name, .id = next_id++, .type = of};
    return made;
}

static inline CoreVar *mutable_var(const char *name, T of) {
    CoreVar *made = var(name, of);
    made->is_mutable = true;
    return made;
}

static inline E integer(int64_t value) {
    E expr = node(CORE_INT, I);
    expr->integer = value;
    return expr;
}

static inline E number(double value) {
    E expr = node(CORE_FLOAT, F);
    expr->number = value;
    return expr;
}

static inline E text(const char *value) {
    E expr = node(CORE_STRING, S);
    expr->text = value;
    expr->text_len = strlen(value);
    return expr;
}

static inline E local(CoreVar *of) {
    E expr = node(CORE_LOCAL, of->type);
    expr->var = of;
    return expr;
}

static inline E move(CoreVar *of) {
    E expr = local(of);
    expr->is_move = true;
    return expr;
}

static inline E let(CoreVar *of, E value) {
    E expr = with(node(CORE_LET, U), 1, value);
    expr->var = of;
    return expr;
}

static inline E block(T of, size_t count, ...) {
    va_list list;
    va_start(list, count);
    E expr = add_args(node(CORE_BLOCK, of), count, list);
    va_end(list);
    return expr;
}

static inline E unit(void) {
    return node(CORE_TUPLE, U);
}

static inline E op(CoreOp what, T of, E left, E right) {
    E expr = with(node(CORE_OP, of), right ? 2 : 1, left, right);
    expr->op = what;
    return expr;
}

static inline E add(E left, E right) {
    return op(CORE_OP_ADD, left->type, left, right);
}

static inline E iff(E condition, E yes, E no) {
    return with(node(CORE_IF, yes->type), 3, condition, yes, no);
}

static inline E field(E tuple, int index) {
    E expr = with(node(CORE_FIELD, tuple->type->args[index]), 1, tuple);
    expr->integer = index;
    return expr;
}

static inline E pair(E left, E right) {
    return with(node(CORE_TUPLE, type(CORE_TYPE_TUPLE, 2, left->type, right->type)), 2, left, right);
}

static inline E format(E value) {
    E expr = with(node(CORE_FORMAT, S), 1, value);
    expr->text = "";
    return expr;
}

static inline E concat(E left, E right) {
    return with(node(CORE_CONCAT, S), 2, left, right);
}

static inline E prim(const char *name, T of, size_t count, ...) {
    va_list list;
    va_start(list, count);
    E expr = add_args(node(CORE_PRIM, of), count, list);
    va_end(list);
    expr->text = name;
    return expr;
}

static inline E show(E value) {
    return prim("test_show", U, 1, format(value));
}

static inline E range(E first, E last) {
    return with(node(CORE_RANGE, R), last ? 2 : 1, first, last);
}

static inline CoreFn *function(const char *name, T result, size_t count, ...) {
    CoreFn *fn = arena_make(arena, CoreFn);
    *fn = (CoreFn){.name = name, .result = result, .span = next_span()};
    va_list list;
    va_start(list, count);
    for (size_t i = 0; i < count; i++) {
        CoreVar *param = va_arg(list, CoreVar *);
        vec_push(arena, &fn->params, param);
    }
    va_end(list);
    vec_push(arena, &program->fns, fn);
    return fn;
}

static inline E call(CoreFn *fn, size_t count, ...) {
    va_list list;
    va_start(list, count);
    E expr = add_args(node(CORE_CALL, fn->result), count, list);
    va_end(list);
    expr->fn = fn;
    return expr;
}

static inline CorePlace *place_of(CoreVar *root) {
    CorePlace *place = arena_make(arena, CorePlace);
    place->var = root;
    place->type = root->type;
    return place;
}

static inline E assign(CoreVar *to, E value) {
    E expr = with(node(CORE_ASSIGN, U), 1, value);
    expr->place = place_of(to);
    return expr;
}

static inline E push(CoreVar *to, E value) {
    E expr = with(node(CORE_UPDATE, U), 1, value);
    expr->text = "push";
    expr->place = place_of(to);
    expr->type_args = arena_array(arena, T, 1);
    expr->type_args[0] = value->type;
    expr->type_arg_count = 1;
    return expr;
}

static inline CoreSource source(CoreSourceKind kind, E expr, CoreVar *element) {
    return (CoreSource){.kind = kind, .expr = expr, .var = element, .span = next_span()};
}

static inline E loop(CoreSource over, E body) {
    E expr = with(node(CORE_FOR, U), 1, body);
    vec_push(arena, &expr->sources, over);
    expr->loop = next_id++;
    return expr;
}

static inline E yield(E value) {
    return with(node(CORE_YIELD, U), 1, value);
}

static inline CoreJob *job(CoreReduceKind kind, T element, T state, T result, CoreSource over, E body) {
    CoreJob *made = arena_make(arena, CoreJob);
    *made = (CoreJob){.index = (uint32_t)program->jobs.len, .name = "job", .span = next_span(), .body = body, .result = result};
    made->reducer = (CoreReducer){.kind = kind, .name = "g", .element = element, .state = state, .result = result};
    vec_push(arena, &made->sources, over);
    vec_push(arena, &program->jobs, made);
    return made;
}

static inline E run(CoreJob *of) {
    E expr = node(CORE_JOB, of->result);
    expr->job = of;
    return expr;
}

/* ---- running them */

static inline void start(void) {
    arena = arena_new();
    program = arena_make(arena, CoreProgram);
    sources = source_map_new(arena);
    char lines[400];
    for (size_t i = 0; i < sizeof lines; i++) lines[i] = i % 2 ? '\n' : 'x';
    source_add(sources, "test.mr", lines, sizeof lines);
    program->arena = arena;
    program->sources = sources;
    program->types = core_types_new(arena);
    next_id = next_line = 0;
    I = type(CORE_TYPE_INT, 0), F = type(CORE_TYPE_FLOAT, 0), B = type(CORE_TYPE_BOOL, 0), S = type(CORE_TYPE_STRING, 0);
    R = type(CORE_TYPE_RANGE, 0), U = type(CORE_TYPE_TUPLE, 0);
}

static inline char *output_of(const char *command) {
    Buf out = {0};
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    char piece[4096];
    for (size_t n; (n = fread(piece, 1, sizeof piece, pipe)) > 0;) buf_add(&out, piece, n);
    pclose(pipe);
    buf_text(&out);
    return out.data;
}

static inline void check_at(unsigned level, const char *expected) {
    char hot[600], object[] = "/tmp/mr-gen-XXXXXX", command[2400];
    snprintf(hot, sizeof hot, "%s/lib/mr/hot-%s.bc", build_dir, gen_target_machine(NULL));
    GenOptions options = {.level = level, .is_debug = level == 0, .hot_bitcode = access(hot, R_OK) ? NULL : hot};
    DiagSink *sink = diag_sink_new(arena, sources);
    GenModule *module = gen_program(program, &options, sink);
    Buf messages = {0};
    diag_render(sink, DIAG_FORMAT_TEXT, false, &messages);
    if (!module) fail_msg("%s", buf_text(&messages));
    assert_true(mkstemp(object) >= 0);
    assert_true(gen_emit_object(module, object, sink));
    if (getenv("GEN_TEST_IR")) {
        Buf ir = {0};
        gen_print_ir(module, &ir);
        fprintf(stderr, "%s\n", buf_text(&ir));
        buf_free(&ir);
    }
    gen_free(&module);
#ifdef __SANITIZE_ADDRESS__ /* the library is then built so too */
    const char *sanitize = "-fsanitize=address,undefined";
#else
    const char *sanitize = "";
#endif
    snprintf(command, sizeof command,
             "cc -w %s -I. -o %s.exe tests/unit/gen/harness.c %s -Wl,--gc-sections %s/lib/libmrt.a -lzmq -lutf8proc -lsleef "
             "-lm -pthread 2>&1 && GLIBC_TUNABLES=glibc.malloc.tcache_count=0 timeout 20 %s.exe 2>&1",
             sanitize, object, object, build_dir, object);
    char *output = output_of(command);
    snprintf(command, sizeof command, "%s.exe", object);
    unlink(command);
    unlink(object);
    assert_string_equal(output, expected);
    free(output);
    buf_free(&messages);
}

/* Runs the statements as a program's top level. */
static inline void check(E body, const char *expected) {
    program->top_level = function("top level", U, 0);
    program->top_level->body = body;
    check_at(0, expected);
    check_at(2, expected);
    arena_free(&arena);
}

static inline Buf assembly_of(E body, const GenOptions *options) {
    program->top_level = function("top level", U, 0);
    program->top_level->body = body;
    DiagSink *sink = diag_sink_new(arena, sources);
    GenModule *module = gen_program(program, options, sink);
    assert_non_null(module);
    Buf out = {0};
    assert_true(gen_emit_assembly(module, &out, sink));
    gen_free(&module);
    buf_text(&out);
    return out;
}

static inline int find_build(void **state) {
    (void)state;
    ssize_t len = readlink("/proc/self/exe", build_dir, sizeof build_dir - 1);
    if (len < 0) return -1;
    build_dir[len] = '\0';
    for (int i = 0; i < 3; i++) *strrchr(build_dir, '/') = '\0'; /* tests/unit/gen_test */
    return 0;
}

#endif
