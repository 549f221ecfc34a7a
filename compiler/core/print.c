/* print.c: programs, functions and jobs of the core as text: --emit=core, and the content that hashes are of. */
#include "compiler/core/printer.h"

#include <inttypes.h>

static const char *reduce_text(CoreReduceKind kind) {
    static const char *const texts[] = {
        [CORE_REDUCE_FOLD] = "fold",   [CORE_REDUCE_GENERAL] = "general", [CORE_REDUCE_SUM_INT] = "sum of ints",
        [CORE_REDUCE_LANES] = "lanes", [CORE_REDUCE_COUNT] = "count",
    };
    return texts[kind];
}

static void print_code(Printer *printer, const char *label, const CoreCode *code, int depth) {
    if (!code->body) return;
    CoreVars params = {0};
    for (size_t i = 0; i < 2 && code->params[i]; i++) vec_push(printer->arena, &params, code->params[i]);
    print_indent(printer, depth);
    buf_add_text(printer->out, label);
    print_params(printer, &params);
    print_statements(printer, code->body, depth + 1);
    buf_add_char(printer->out, '\n');
}

static void print_value(Printer *printer, const char *label, CoreExpr *expr, int depth) {
    if (!expr) return;
    print_indent(printer, depth);
    buf_add_text(printer->out, label);
    print_statements(printer, expr, depth + 1);
    buf_add_char(printer->out, '\n');
}

static void print_reducer(Printer *printer, CoreJob *job, int depth) {
    CoreReducer *reducer = &job->reducer;
    Buf *out = printer->out;
    print_indent(printer, depth);
    buf_add_text(out, "reduce ");
    if (!printer->mentions) buf_printf(out, "%s: ", reducer->name);
    buf_add_text(out, reduce_text(reducer->kind));
    if (reducer->kind == CORE_REDUCE_LANES) buf_printf(out, " of %s", core_op_text(reducer->lane_op));
    if (job->key) buf_printf(out, " by %s", job->key->name);
    if (reducer->is_exact)
        buf_add_text(out, ", exact");
    else if (reducer->is_associative)
        buf_add_text(out, ", associative");
    buf_printf(out, "; %s -> %s -> %s\n", reducer->element->name, reducer->state->name, reducer->result->name);
    print_value(printer, "init", reducer->init, depth + 1);
    for (size_t i = 0; i < CORE_REDUCER_CODES; i++) {
        const char *label;
        CoreCode *code = core_reducer_code(reducer, i, &label);
        print_code(printer, label, code, depth + 1);
    }
    print_value(printer, "nothing", reducer->nothing, depth + 1);
}

/* What is left of the table, and what is made of it where its parts are: code of the job, too. */
static void print_keep(Printer *printer, const CoreJob *job, int depth) {
    Buf *out = printer->out;
    if (job->keep == CORE_KEEP_MOST_COMMON && (job->keep_most > 0 || job->keep_also || !job->answers)) {
        print_indent(printer, depth);
        buf_printf(out, "keep the %" PRId64 " most common", job->keep_most);
        if (job->keep_also) buf_printf(out, ", or %s", printer_var(printer, job->keep_also));
        buf_add_char(out, '\n');
    }
    for (size_t i = 0; i < job->follows.len; i++) {
        CoreJob *follow = job->follows.items[i].job;
        print_indent(printer, depth);
        if (printer->mentions) {
            buf_add_text(out, "followed by\n");
            print_job(printer, follow, depth + 1);
        } else {
            buf_printf(out, "followed by job %" PRIu32 "\n", follow->index);
        }
    }
}

void print_job(Printer *printer, CoreJob *job, int depth) {
    Buf *out = printer->out;
    if (job->captures.len > 0) {
        print_indent(printer, depth);
        buf_add_text(out, "with ");
        print_params(printer, &job->captures);
        buf_add_char(out, '\n');
    }
    print_indent(printer, depth);
    buf_printf(out, "%s%s%s ", job->is_single ? "single, " : "", job->is_silent ? "silent, " : "",
               job->by_chunk ? "by chunk, for" : "for");
    for (size_t i = 0; i < job->sources.len; i++) {
        const CoreSource *source = &job->sources.items[i];
        buf_printf(out, "%s%s: %s in %s", i > 0 ? ", " : "", printer_var(printer, source->var), source->var->type->name,
                   core_source_text(source->kind));
    }
    print_statements(printer, job->body, depth + 1);
    buf_add_char(out, '\n');
    print_reducer(printer, job, depth);
    print_keep(printer, job, depth);
    print_indent(printer, depth);
    buf_printf(out, "-> %s\n", job->answers ? job->answers->name : job->result->name);
}

void print_fn(Printer *printer, const CoreFn *fn) {
    Buf *out = printer->out;
    printer_forget(printer);
    buf_add_text(out, fn->element ? "stream " : fn->is_closure ? "closure " : "fn ");
    print_fn_name(printer, fn);
    if (fn->captures.len > 0) {
        buf_add_text(out, " with ");
        print_params(printer, &fn->captures);
        buf_add_char(out, ' ');
    }
    print_params(printer, &fn->params);
    buf_printf(out, " -> %s%s", fn->element ? fn->element->name : fn->result->name, fn->is_recursive ? " recursive" : "");
    print_statements(printer, fn->body, 1);
    buf_add_char(out, '\n');
}

/* Constructors are no part of any function, but what values look like, as numbers and when printed, goes by them. */
static void print_declared(const CoreType *type, Buf *out) {
    buf_printf(out, "type %s:", type->name);
    for (size_t i = 0; i < type->arg_count; i++) buf_printf(out, "%s%s", i > 0 ? ", " : " ", type->args[i]->name);
    buf_add_char(out, '\n');
    for (size_t c = 0; c < type->data->constructor_count; c++) {
        const CoreConstructor *constructor = &type->data->constructors[c];
        buf_printf(out, "    %s", constructor->name);
        for (size_t i = 0; i < constructor->field_count; i++) {
            const char *name = constructor->names[i] ? constructor->names[i] : "_";
            buf_printf(out, "%s%s .%" PRIu32, i > 0 ? ", " : "(", name, constructor->slots[i]);
        }
        buf_add_text(out, constructor->field_count > 0 ? ")\n" : "\n");
    }
    buf_add_char(out, '\n');
}

void core_print(const CoreProgram *program, Buf *out) {
    Arena *arena = arena_new();
    Printer printer = printer_new(out, arena);
    const CoreType *type;
    for (size_t i = 0; (type = core_type_declared(program->types, i)); i++) {
        if (type->data) print_declared(type, out);
    }
    for (size_t i = 0; i < program->globals.len; i++) {
        buf_printf(out, "global @%s: %s\n", program->globals.items[i]->name, program->globals.items[i]->type->name);
    }
    if (program->globals.len > 0) buf_add_char(out, '\n');
    for (size_t i = 0; i < program->fns.len; i++) {
        if (program->fns.items[i] == program->top_level) continue;
        print_fn(&printer, program->fns.items[i]);
        buf_add_char(out, '\n');
    }
    print_fn(&printer, program->top_level);
    for (size_t i = 0; i < program->jobs.len; i++) {
        CoreJob *job = program->jobs.items[i];
        printer_forget(&printer);
        buf_printf(out, "\njob %" PRIu32 ": %s\n", job->index, job->name);
        print_job(&printer, job, 1);
    }
    arena_free(&arena);
}

void core_print_expr(const CoreExpr *expr, Buf *out) {
    Arena *arena = arena_new();
    Printer printer = printer_new(out, arena);
    print_expr(&printer, (CoreExpr *)(uintptr_t)expr, 0);
    arena_free(&arena);
}

void core_print_content(CoreJob *job, const CoreFn *fn, CoreMentions *mentions, Buf *out) {
    Printer printer = printer_new(out, mentions->arena);
    printer.mentions = mentions;
    map_init(&mentions->numbers, mentions->arena);
    if (job)
        print_job(&printer, job, 0);
    else
        print_fn(&printer, fn);
}
