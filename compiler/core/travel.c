/* travel.c: a future stays where it was made: reports each job that would take one along, or give one.
 *
 * What a job walks, captures, reads of the globals and gives is told by types. A function value or a stream hides what it captures:
 * all of a type count as holding a future when one of the program's closures of that type does. */
#include "compiler/core/core_internal.h"

typedef struct Travel {
    CoreProgram *program;
    DiagSink *diags;
    Map carriers; /* types of functions and streams of which some closure holds a future -> that CoreFn */
    bool is_good;
} Travel;

/* ---- types that hold futures */

static bool type_is_opaque(const CoreType *type) {
    return type->kind == CORE_TYPE_FN || type->kind == CORE_TYPE_STREAM;
}

/* The type of the future, function or stream by which it does; NULL: it does not. */
static const CoreType *find_future(const Travel *travel, const CoreType *type, Map *seen) {
    if (type->kind == CORE_TYPE_FUTURE) return type;
    if (type_is_opaque(type)) return map_get_pointer(&travel->carriers, type) ? type : NULL;
    void **slot = map_slot_pointer(seen, type); /* declared types may hold themselves */
    if (*slot) return NULL;
    *slot = seen;
    for (size_t i = 0; i < type->arg_count; i++) {
        const CoreType *found = find_future(travel, type->args[i], seen);
        if (found) return found;
    }
    return NULL;
}

static const CoreType *holds_future(const Travel *travel, const CoreType *type) {
    if (type->is_flat) return NULL;
    Map seen;
    map_init(&seen, travel->program->arena);
    return find_future(travel, type, &seen);
}

static bool add_carriers(Travel *travel) {
    bool found = false;
    for (size_t i = 0; i < travel->program->fns.len; i++) {
        CoreFn *fn = travel->program->fns.items[i];
        if (!fn->is_closure) continue;
        for (size_t c = 0; c < fn->captures.len; c++) {
            if (!holds_future(travel, fn->captures.items[c]->type)) continue;
            void **slot = map_slot_pointer(&travel->carriers, core_closure_type(travel->program, fn));
            found = found || !*slot;
            if (!*slot) *slot = fn;
        }
    }
    return found;
}

/* ---- messages */

/* Where a function value comes from that holds a future: its type does not tell. */
static void note_carrier(const Travel *travel, Diag *diag, const CoreType *type) {
    const CoreType *found = holds_future(travel, type);
    const CoreFn *fn = type_is_opaque(found) ? map_get_pointer(&travel->carriers, found) : NULL;
    if (fn) diag_note(diag, fn->span, "this mentions a future, and is %s too", found->name);
}

/* What is mentioned in the library came there by a function of it: the message is about the job. */
static void report_library(Travel *travel, const CoreJob *job, const CoreType *type) {
    Diag *diag = diag_add(travel->diags, E0405, job->span,
                          "this would send futures to the workers, in %s, but they stay where they were made", type->name);
    diag_hint(diag, "a `for` loop walks them here: `for f in completed(futures) { … await f … }`");
}

/* name: NULL where the program has none for the value. */
static void report_mention(Travel *travel, const CoreJob *job, const char *name, const CoreType *type, Span span) {
    travel->is_good = false;
    if (source_file(travel->program->sources, span.file)->is_library) {
        report_library(travel, job, type);
        return;
    }
    Diag *diag;
    if (type->kind == CORE_TYPE_FUTURE && name) {
        diag =
            diag_add(travel->diags, E0405, span, "the future `%s` cannot travel with this work: it stays where it was made", name);
        diag_hint(diag, "await it first, and mention its value: `let value = await %s`", name);
        return;
    }
    const char *what = name ? arena_printf(travel->program->arena, "`%s`, which is %s,", name, type->name) : type->name;
    diag = diag_add(travel->diags, E0405, span, "%s cannot travel with this work: futures stay where they were made", what);
    note_carrier(travel, diag, type);
    diag_hint(diag, "await them first, and mention their values");
}

static void report_walk(Travel *travel, const CoreSource *source) {
    travel->is_good = false;
    const CoreType *type = source->expr->type;
    bool is_known = !type_is_opaque(holds_future(travel, type));
    Diag *diag = diag_add(travel->diags, E0405, source->span,
                          "%s cannot travel to the workers: it %s futures, which stay where they were made", type->name,
                          is_known ? "holds" : "may hold");
    note_carrier(travel, diag, type);
    diag_hint(diag, "a `for` loop walks them here: `for f in completed(futures) { … await f … }`");
}

static void report_result(Travel *travel, const CoreJob *job, const CoreType *type) {
    travel->is_good = false;
    Diag *diag = diag_add(travel->diags, E0405, job->span, "the result of this would be %s, but futures stay where they were made",
                          type->name);
    if (job->is_single)
        diag_hint(diag, "await inside of the work what it starts, so that it gives values only");
    else
        diag_hint(diag, "await in the mapped function what it starts; many futures are made by a loop: "
                        "`for x in xs { futures.push(async f(x)) }`");
}

/* ---- jobs */

typedef struct Mention {
    const CoreGlobal *global;
    const CoreExpr *found;
} Mention;

static void mention_visit(CoreExpr *expr, void *context) {
    Mention *mention = context;
    if (expr->global == mention->global && !mention->found) mention->found = expr;
    core_each_child(expr, mention_visit, context);
}

/* Where the job's own code mentions the global; else the job, which calls what does. */
static Span mention_span(CoreJob *job, const CoreGlobal *global) {
    Mention mention = {.global = global};
    core_each_job_code(job, mention_visit, &mention);
    return mention.found ? mention.found->span : job->span;
}

/* One message a job. */
static void travel_job(Travel *travel, CoreJob *job) {
    for (size_t i = 0; i < job->sources.len; i++) {
        if (!holds_future(travel, job->sources.items[i].expr->type)) continue;
        report_walk(travel, &job->sources.items[i]);
        return;
    }
    for (size_t i = 0; i < job->captures.len; i++) {
        const CoreVar *var = job->captures.items[i];
        if (!holds_future(travel, var->type)) continue;
        report_mention(travel, job, var->is_hidden ? NULL : var->name, var->type, job->captured.items[i]->span);
        return;
    }
    for (size_t i = 0; i < job->globals.len; i++) {
        const CoreGlobal *global = job->globals.items[i];
        if (!holds_future(travel, global->type)) continue;
        report_mention(travel, job, global->name, global->type, mention_span(job, global));
        return;
    }
    if (holds_future(travel, job->result))
        report_result(travel, job, job->result);
    else if (holds_future(travel, job->reducer.state))
        report_result(travel, job, job->reducer.state);
}

bool core_travel(CoreProgram *program, DiagSink *diags) {
    Travel travel = {.program = program, .diags = diags, .is_good = true};
    if (!program->has_futures) return true;
    map_init(&travel.carriers, program->arena);
    while (add_carriers(&travel)) continue;
    for (size_t i = 0; i < program->jobs.len; i++) travel_job(&travel, program->jobs.items[i]);
    return travel.is_good;
}
