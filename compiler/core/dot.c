/* dot.c: the core as a graph for Graphviz: a box for each function and job, with its code, and who calls, makes or starts whom. */
#include "compiler/core/printer.h"

#include <inttypes.h>

typedef struct DotWriter {
    const CoreProgram *program;
    Buf *out;
    Arena *arena;
    const char *from; /* the node whose code is being walked */
    Map drawn;        /* the edges of that node: function or job -> itself */
} DotWriter;

static const char *fn_node(const DotWriter *w, const CoreFn *fn) {
    for (size_t i = 0; i < w->program->fns.len; i++)
        if (w->program->fns.items[i] == fn) return arena_printf(w->arena, "fn%zu", i);
    return "top";
}

/* The text, with each line to the left of its box. */
static void label_print(Buf *out, const Buf *text) {
    buf_add_char(out, '"');
    for (size_t i = 0; i < text->len; i++) {
        char c = text->data[i];
        if (c == '\n') {
            buf_add_text(out, "\\l");
        } else {
            if (c == '"' || c == '\\') buf_add_char(out, '\\');
            buf_add_char(out, c);
        }
    }
    buf_add_char(out, '"');
}

static void edge_print(DotWriter *w, const void *target, const char *to, const char *label) {
    void **drawn = map_slot_pointer(&w->drawn, target);
    if (*drawn) return;
    *drawn = w;
    buf_printf(w->out, "  %s -> %s%s;\n", w->from, to, label);
}

static void edges_visit(CoreExpr *expr, void *context) {
    DotWriter *w = context;
    if (expr->fn) edge_print(w, expr->fn, fn_node(w, expr->fn), expr->kind == CORE_CLOSURE ? " [style=dashed]" : "");
    if (expr->job) edge_print(w, expr->job, arena_printf(w->arena, "job%" PRIu32, expr->job->index), " [style=bold]");
    core_each_child(expr, edges_visit, w);
}

static void node_begin(DotWriter *w, const char *node) {
    w->from = node;
    map_init(&w->drawn, w->arena);
}

static void node_print(DotWriter *w, const Buf *text, const char *style) {
    buf_printf(w->out, "  %s [label=", w->from);
    label_print(w->out, text);
    buf_printf(w->out, "%s];\n", style);
}

static void fn_draw(DotWriter *w, CoreFn *fn) {
    Buf text = {0};
    Printer printer = printer_new(&text, w->arena);
    print_fn(&printer, fn);
    node_begin(w, fn_node(w, fn));
    node_print(w, &text, fn == w->program->top_level ? ", style=filled, fillcolor=lightgrey" : "");
    edges_visit(fn->body, w);
    buf_free(&text);
}

static void job_draw(DotWriter *w, CoreJob *job) {
    Buf text = {0};
    Printer printer = printer_new(&text, w->arena);
    buf_printf(&text, "job %" PRIu32 ": %s\n", job->index, job->name);
    print_job(&printer, job, 1);
    node_begin(w, arena_printf(w->arena, "job%" PRIu32, job->index));
    node_print(w, &text, ", style=rounded");
    core_each_job_code(job, edges_visit, w);
    buf_free(&text);
}

void core_print_dot(const CoreProgram *program, Buf *out) {
    DotWriter w = {.program = program, .out = out, .arena = arena_new()};
    buf_add_text(out, "digraph core {\n  node [shape=box, fontname=monospace];\n");
    for (size_t i = 0; i < program->fns.len; i++) fn_draw(&w, program->fns.items[i]);
    for (size_t i = 0; i < program->jobs.len; i++) job_draw(&w, program->jobs.items[i]);
    buf_add_text(out, "}\n");
    arena_free(&w.arena);
}

/* ---- size */

static void count_visit(CoreExpr *expr, void *context) {
    ++*(size_t *)context;
    core_each_child(expr, count_visit, context);
}

size_t core_size(const CoreProgram *program) {
    size_t count = 0;
    for (size_t i = 0; i < program->fns.len; i++) count_visit(program->fns.items[i]->body, &count);
    for (size_t i = 0; i < program->jobs.len; i++) core_each_job_code(program->jobs.items[i], count_visit, &count);
    return count;
}
