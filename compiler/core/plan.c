/* plan.c: --emit=plan: for each job what is walked, how it is cut into chunks, what travels to the workers, how results are
 * combined. */
#include "compiler/core/printer.h"

#include <inttypes.h>

static const char *cut_text(const CoreJob *job) {
    bool is_wide = job->key && !job->by_chunk && !job->reducer.is_exact && !job->reducer.is_associative;
    switch (job->sources.items[0].kind) {
    case CORE_SOURCE_TEXT_WORDS:
        return is_wide ? "text by 256 KiB, at words (doubled up to 4 MiB beyond 512 chunks)"
                       : "text by 256 KiB, at words (doubled beyond 65,536 chunks)";
    case CORE_SOURCE_TEXT_LINES:
        return is_wide ? "text by 256 KiB, at line ends (doubled up to 4 MiB beyond 512 chunks)"
                       : "text by 256 KiB, at line ends (doubled beyond 65,536 chunks)";
    case CORE_SOURCE_STREAM: return "as the stream is cut";
    default: return "one element a chunk up to 65,536 elements, then 2^k";
    }
}

static const char *kind_text(const CoreReducer *reducer) {
    switch (reducer->kind) {
    case CORE_REDUCE_FOLD: return "a function of two";
    case CORE_REDUCE_GENERAL: return "a reducer with a state";
    case CORE_REDUCE_SUM_INT: return "an exact sum of ints in 128 bits";
    case CORE_REDUCE_LANES: return reducer->lane_op == CORE_OP_MUL ? "a float product in 32 lanes" : "a float sum in 32 lanes";
    case CORE_REDUCE_COUNT: return "a count";
    }
    return "";
}

static const char *combine_text(const CoreReducer *reducer) {
    if (reducer->is_exact) return "in any order";
    return reducer->is_associative ? "in input order, ranges as one" : "in input order, by the aligned tree";
}

/* What a chunk gets is not what an element is: of those sources that are bound for a chunk as a whole. */
static void plan_source(const CoreSource *source, Buf *out) {
    const char *type = source->var->type->name;
    switch (source->kind) {
    case CORE_SOURCE_STREAM: buf_printf(out, "    source    %s\n", source->expr->type->name); break;
    case CORE_SOURCE_BEFORE: buf_printf(out, "    before    %s, for each chunk, by a first pass\n", type); break;
    case CORE_SOURCE_SHARE: buf_printf(out, "    share     each chunk's part of a %s\n", type); break;
    default: buf_printf(out, "    source    %s of %s\n", core_source_text(source->kind), type); break;
    }
}

static void plan_job(const CoreProgram *program, const CoreJob *job, CorePlanMore *more, void *context, Buf *out) {
    const SourceFile *file = source_file(program->sources, job->span.file);
    buf_printf(out, "job %" PRIu32 ": %s\n", job->index, job->name);
    if (file->is_library) {
        buf_printf(out, "    in        %s\n", file->path);
    } else {
        LineColumn at = source_position(program->sources, job->span.file, job->span.from);
        buf_printf(out, "    at        %s:%" PRIu32 ":%" PRIu32 "\n", file->path, at.line, at.column);
    }
    for (size_t i = 0; i < job->sources.len && !job->is_single; i++) plan_source(&job->sources.items[i], out);
    buf_printf(out, "    cut       %s\n", job->is_single ? "not at all: one expression" : cut_text(job));
    if (job->is_silent) buf_add_text(out, "    pass      a first one, for another job: what it prints is dropped\n");
    for (size_t i = 0; i < job->captures.len; i++) {
        const CoreVar *var = job->captures.items[i];
        buf_printf(out, "    capture   %s: %s\n", var->name ? var->name : "t", var->type->name);
    }
    for (size_t i = 0; i < job->globals.len; i++) {
        buf_printf(out, "    global    @%s: %s\n", job->globals.items[i]->name, job->globals.items[i]->type->name);
    }
    const CoreReducer *reducer = &job->reducer;
    if (!job->is_single) {
        buf_printf(out, "    reduce    %s: %s\n", reducer->name, kind_text(reducer));
        buf_printf(out, "    combine   %s%s\n", combine_text(reducer), reducer->done.body ? ", stops at the deciding element" : "");
        if (job->key) buf_printf(out, "    key       %s\n", job->key->name);
        buf_printf(out, "    state     %s\n", reducer->state->name);
    }
    if (job->keep_also)
        buf_printf(out, "    keep      the %" PRId64 " most common of each part of the table, or as many as is captured\n",
                   job->keep_most);
    else if (job->keep == CORE_KEEP_MOST_COMMON && (job->keep_most > 0 || !job->answers))
        buf_printf(out, "    keep      the %" PRId64 " most common, of each part of the table\n", job->keep_most);
    if (job->answers) buf_add_text(out, "    keep      how many keys each part of the table has\n");
    for (size_t i = 0; i < job->follows.len; i++) {
        const CoreJob *follow = job->follows.items[i].job;
        buf_printf(out, "    follow    job %" PRIu32 " over each part of the table, where it is: %s\n", follow->index,
                   follow->reducer.name);
    }
    buf_printf(out, "    result    %s\n", job->result->name);
    if (more) more(context, job, out);
    buf_add_text(out, "    hash      ");
    for (size_t i = 0; i < sizeof job->hash; i++) buf_printf(out, "%02x", job->hash[i]);
    buf_add_char(out, '\n');
}

void core_print_plan(const CoreProgram *program, CorePlanMore *more, void *context, Buf *out) {
    if (program->jobs.len == 0) buf_add_text(out, "no jobs\n");
    for (size_t i = 0; i < program->jobs.len; i++) {
        if (i > 0) buf_add_char(out, '\n');
        plan_job(program, program->jobs.items[i], more, context, out);
    }
}
