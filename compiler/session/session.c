/* session.c: the phases in order, each run at most once, each stopping the rest when it found an error.
 *
 * source -> tokens -> AST -> checked AST -> core -> LLVM -> object. */
#include "compiler/session/session_internal.h"

#include <string.h>
#include <sys/stat.h>

_Static_assert(SESSION_OBJECTS == (int)GEN_OBJECTS, "session.h promises as many objects as code generation makes");

SessionTarget session_target(const char *name) {
    const char *machine = gen_target_machine(name);
    if (!machine) return SESSION_TARGET_UNKNOWN;
    return strcmp(machine, gen_target_machine(NULL)) == 0 ? SESSION_TARGET_HERE : SESSION_TARGET_ELSEWHERE;
}

Session *session_new(const SessionOptions *options) {
    Arena *arena = arena_new();
    Session *session = arena_make(arena, Session);
    session->arena = arena;
    session->names = interner_new(arena);
    session->sources = source_map_new(arena);
    session->diags = diag_sink_new(arena, session->sources);
    session->options = *options;
    return session;
}

void session_free(Session **session) {
    if (!*session) return;
    gen_free(&(*session)->module);
    Arena *arena = (*session)->arena; /* the session lives in its own arena */
    arena_free(&arena);
    *session = NULL;
}

bool session_load_file(Session *session, const char *path) {
    const char *reason = NULL;
    session->is_loaded = source_read(session->sources, path, &session->file, &reason);
    if (!session->is_loaded) diag_add(session->diags, E0605, SPAN_NONE, "cannot read %s: %s", path, reason);
    return session->is_loaded;
}

bool session_load_text(Session *session, const char *name, const char *text, size_t len) {
    session->file = source_add(session->sources, name, text, len);
    return session->is_loaded = true;
}

ParseInput session_parse_input(const Session *session) {
    return (ParseInput){.arena = session->arena,
                        .names = session->names,
                        .sources = session->sources,
                        .diags = session->diags,
                        .file = session->file};
}

/* ---- the table of phases: each of these is called once, when its phase has run */

static void count_node(Ast *node, void *context) {
    ++*(size_t *)context;
    ast_each_child(node, count_node, context);
}

static size_t node_count(AstFile *file) {
    size_t count = 0;
    count_node(&file->base, &count);
    return count;
}

/* The parser drives the scanner; how long scanning takes is seen by doing it once more, alone. */
static void trace_tokens(Session *session) {
    if (!session->options.trace) return;
    Buf text = {0};
    size_t count = 0;
    ParseInput input = session_parse_input(session);
    Arena *arena = arena_new();
    input.diags = diag_sink_new(arena, session->sources);
    TraceStart start = trace_start(session->arena);
    parse_print_tokens(&input, &text);
    for (size_t i = 0; i < text.len; i++) count += text.data[i] == '\n';
    trace_end(&session->trace, session->arena, start, "tokens", "scanned alone", "%zu tokens of %u bytes", count,
              source_file(session->sources, session->file)->len);
    arena_free(&arena);
    buf_free(&text);
}

static void trace_checked(Session *session, TraceStart start) {
    if (!session->options.trace || !session->checked.main) return;
    size_t nodes = 0;
    for (size_t i = 0; i < session->checked.modules.len; i++) nodes += node_count(session->checked.modules.items[i]->file);
    trace_end(&session->trace, session->arena, start, "types", "with the library, parsed too", "%zu nodes of %zu modules", nodes,
              session->checked.modules.len);
}

static void trace_core(Session *session, TraceStart start) {
    const CoreProgram *core = session->core;
    if (!session->options.trace || !core) return;
    trace_end(&session->trace, session->arena, start, "core", "monomorphic, fused", "%zu expressions, %zu functions, %zu jobs",
              core_size(core), core->fns.len, core->jobs.len);
}

static void trace_module(Session *session, TraceStart start) {
    if (!session->options.trace || !session->module) return;
    GenStats stats = gen_stats(session->module);
    trace_end(&session->trace, session->arena, start, "llvm", "generated", "%zu instructions", stats.made);
    vec_last(&session->trace.rows).seconds = stats.make_seconds;
    vec_last(&session->trace.rows).memory = 0; /* LLVM has memory of its own */
    trace_end(&session->trace, session->arena, start, "", "optimised", "%zu instructions, %zu functions", stats.instructions,
              stats.functions);
    vec_last(&session->trace.rows).seconds = stats.optimise_seconds;
    vec_last(&session->trace.rows).memory = 0;
}

static void trace_objects(Session *session, TraceStart start, const char *const *paths, size_t count) {
    if (!session->options.trace) return;
    size_t bytes = 0;
    struct stat about;
    for (size_t i = 0; i < count; i++) bytes += stat(paths[i], &about) == 0 ? (size_t)about.st_size : 0;
    trace_end(&session->trace, session->arena, start, "obj", "machine code", "%zu bytes in %zu file%s", bytes, count,
              count == 1 ? "" : "s");
    vec_last(&session->trace.rows).memory = 0;
}

void session_trace_link(Session *session, double seconds, size_t bytes) {
    TraceStart start = trace_start(session->arena);
    start.at -= seconds;
    trace_end(&session->trace, session->arena, start, "link", "with the runtime", "%zu bytes", bytes);
    vec_last(&session->trace.rows).memory = 0;
}

void session_trace(const Session *session, Buf *out) {
    trace_render(&session->trace, out);
}

/* Each of these makes sure that its phase has run, and says whether there were no errors up to it. */

static bool reach_tree(Session *session) {
    if (!session->is_loaded) return false;
    if (!session->tree) {
        trace_tokens(session);
        ParseInput input = session_parse_input(session);
        TraceStart start = trace_start(session->arena);
        session->tree = parse_file(&input);
        if (session->options.trace)
            trace_end(&session->trace, session->arena, start, "ast", "parsed", "%zu nodes", node_count(session->tree));
    }
    return !diag_has_errors(session->diags);
}

/* Checking goes on after errors of the parser, so that one run shows as many mistakes as there are; but not where a block has no
 * end. */
bool session_reach_checked(Session *session) {
    reach_tree(session);
    if (session->tree && !session->tree->is_torn && !session->checked.main) {
        SemaInput input = {.arena = session->arena,
                           .names = session->names,
                           .sources = session->sources,
                           .diags = session->diags,
                           .cell = session->cell};
        TraceStart start = trace_start(session->arena);
        sema_check(&input, session->tree, &session->checked);
        trace_checked(session, start);
        session->checked.runs_tests = session->options.test;
        session->checked.checks_laws = session->options.check_laws;
    }
    return session->checked.main && !diag_has_errors(session->diags);
}

bool session_reach_core(Session *session) {
    if (!session_reach_checked(session)) return false;
    if (!session->core) {
        TraceStart start = trace_start(session->arena);
        session->core = core_lower(session->arena, session->sources, &session->checked, session->diags);
        trace_core(session, start);
    }
    return session->core && !diag_has_errors(session->diags);
}

static bool reach_module(Session *session, bool may_split) {
    if (!session_reach_core(session)) return false;
    if (!session->module) {
        const char *folder = session->options.library_dir, *machine = gen_target_machine(session->options.target);
        const char *hot = folder && machine ? arena_printf(session->arena, "%s/hot-%s.bc", folder, machine) : NULL;
        bool is_quick =
            session->cell != CELL_NONE && core_runs_once(session->core); /* optimising it takes longer than running it */
        size_t from = session->options.optimise > 0 && session->cell != CELL_NONE ? session->options.replaced_from : 0;
        session->is_first =
            from && !is_quick && !session->is_better && core_size(session->core) >= from && core_may_be_replaced(session->core);
        GenOptions options = {.level = is_quick || session->is_first ? 0 : (unsigned)session->options.optimise,
                              .is_debug = session->options.debug,
                              .target = session->options.target,
                              .cpu = session->options.cpu,
                              .hot_bitcode = hot,
                              .may_be_interrupted = session->cell != CELL_NONE,
                              .may_split = may_split,
                              .part = session->is_first    ? GEN_FIRST
                                      : session->is_better ? GEN_BETTER
                                                           : GEN_WHOLE,
                              .name = source_file(session->sources, session->file)->path};
        TraceStart start = trace_start(session->arena);
        session->module = gen_program(session->core, &options, session->diags);
        trace_module(session, start);
    }
    return session->module && !diag_has_errors(session->diags);
}

bool session_is_first(const Session *session) {
    return session->is_first;
}

static void report_job(void *module, const CoreJob *job, Buf *out) {
    gen_report_job(module, job, out);
}

bool session_emit(Session *session, SessionArtifact artifact, Buf *out) {
    ParseInput input;
    switch (artifact) {
    case SESSION_TOKENS:
        if (!session->is_loaded) return false;
        input = session_parse_input(session);
        parse_print_tokens(&input, out);
        return !diag_has_errors(session->diags);
    case SESSION_AST: {
        bool ok = reach_tree(session);
        if (session->tree) ast_print(&session->tree->base, NULL, NULL, out);
        return ok;
    }
    case SESSION_AST_DOT: {
        bool ok = reach_tree(session);
        if (session->tree) ast_print_dot(&session->tree->base, out);
        return ok;
    }
    case SESSION_TYPES:
        if (!session_reach_checked(session)) return false;
        sema_print_types(&session->checked, out);
        return true;
    case SESSION_CORE:
        if (!session_reach_core(session)) return false;
        core_print(session->core, out);
        return true;
    case SESSION_CORE_DOT:
        if (!session_reach_core(session)) return false;
        core_print_dot(session->core, out);
        return true;
    case SESSION_PLAN:
        if (!reach_module(session, false)) return false;
        core_print_plan(session->core, report_job, session->module, out);
        return true;
    case SESSION_LLVM:
        if (!reach_module(session, false)) return false;
        gen_print_ir(session->module, out);
        return true;
    case SESSION_ASM: return reach_module(session, false) && gen_emit_assembly(session->module, out, session->diags);
    case SESSION_OBJ:
    case SESSION_ARTIFACT_COUNT: break; /* objects are files: session_write_object */
    }
    return false;
}

bool session_write_object(Session *session, const char *path) {
    if (!reach_module(session, false)) return false;
    TraceStart start = trace_start(session->arena);
    bool ok = gen_emit_object(session->module, path, session->diags);
    trace_objects(session, start, &path, 1);
    return ok;
}

bool session_write_objects(Session *session, const char *const paths[SESSION_OBJECTS], size_t *count) {
    if (!reach_module(session, true)) return false;
    TraceStart start = trace_start(session->arena);
    bool ok = gen_emit_objects(session->module, paths, count, session->diags);
    trace_objects(session, start, paths, *count);
    return ok;
}

bool session_check(Session *session) {
    return session_reach_checked(session);
}

bool session_source(const Session *session, size_t index, const char **path, const char **text, size_t *len) {
    for (size_t i = 0; i < session->sources->files.len; i++) {
        const SourceFile *file = session->sources->files.items[i];
        if (file->is_library || index-- > 0) continue;
        *path = file->path;
        *text = file->text;
        *len = file->len;
        return true;
    }
    return false;
}

bool session_object(Session *session, Buf *out) {
    return reach_module(session, false) && gen_object(session->module, out, session->diags);
}

bool session_foreign(const Session *session, size_t index, SessionForeign *out) {
    if (!session->core || index >= session->core->foreign.len) return false;
    const CoreForeign *foreign = &session->core->foreign.items[index];
    *out = (SessionForeign){foreign->name, foreign->library};
    return true;
}

void session_report_foreign(Session *session, size_t index, bool is_library) {
    const CoreForeign *foreign = &session->core->foreign.items[index];
    if (is_library) {
        Diag *diag = diag_add(session->diags, E0702, foreign->span, "there is no library `%s` for the C function `%s`",
                              foreign->library, foreign->name);
        diag_hint(diag, "the linker looks for lib%s.so and lib%s.a: install it, or say `-L FOLDER` where it is", foreign->library,
                  foreign->library);
    } else if (foreign->library) {
        Diag *diag = diag_add(session->diags, E0702, foreign->span, "the C function `%s` is not in the library `%s`", foreign->name,
                              foreign->library);
        diag_hint(diag, "is it spelled so in C? a library that has it is named by `from \"...\"` or `-lNAME`");
    } else {
        Diag *diag =
            diag_add(session->diags, E0702, foreign->span, "the C function `%s` is in nothing that was linked", foreign->name);
        diag_hint(diag,
                  "name what has it: an object (`mrc program.mr %s.o`), a library (`-lNAME`, or `from \"NAME\"` in the program)",
                  foreign->name);
    }
}

void session_diagnostics(const Session *session, DiagFormat format, bool colour, Buf *out) {
    diag_render(session->diags, format, colour, out);
    DiagCode code = diag_first_error(session->diags);
    if (format == DIAG_FORMAT_TEXT && code != DIAG_CODE_COUNT)
        buf_printf(out, "`mrc --explain %s` tells more, with examples.\n", diag_code_name(code));
}

bool session_has_errors(const Session *session) {
    return diag_has_errors(session->diags);
}
