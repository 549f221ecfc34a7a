/* workbench.c: see workbench.h. */
#include "tools/workbench/workbench.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "runtime/io/state.h"
#include "runtime/launch/experiment.h"
#include "runtime/value/value.h"
#include "tools/workbench/better.h"
#include "tools/workbench/processes.h"
#include "tools/workbench/values.h"

struct Workbench {
    Processes *processes; /* NULL: workers are threads */
    Cells *cells;
    Jit *jit;
    Experiment *experiment;
    Values values;  /* the experiment's thread's */
    Loaded *loaded; /* cells, the last one first */
    Better *left;   /* replacements of cells that were over before they came */
    long patience;  /* milliseconds until a cell that was compiled quickly gets a replacement */
};

enum {
    PATIENCE = 40, /* milliseconds: as Workbench.patience */
    LARGE = 600    /* expressions of a cell that takes longer than that to compile well */
};

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

Workbench *workbench_new(const WorkbenchConfig *config, char **error) {
    Workbench *self = xcalloc(1, sizeof *self);
    ExperimentConfig experiment = {
        .workers = config->workers, .argc = config->argc, .argv = config->argv, .is_served = config->is_served};
    const char *patience = getenv("MR_BETTER_MS"); /* for tests; -1: no cell is run before it was replaced, however small it is */
    self->patience = patience && *patience ? strtol(patience, NULL, 10) : PATIENCE;
    if (config->listener) experiment.listener = *config->listener;
    SessionOptions session = {.optimise = config->optimise, .library_dir = config->library_dir};
    if (!config->processes) session.replaced_from = self->patience < 0 ? 1 : LARGE; /* processes have copies of their own */
    self->cells = cells_new(&session);
    if (config->processes) self->processes = processes_new(config->processes->options, config->argc, config->argv, error);
    if (self->processes) experiment.processes = processes_of(self->processes);
    if (self->processes || !config->processes) self->jit = jit_new(error);
    if (self->jit) self->experiment = experiment_start(&experiment, error);
    if (self->experiment) return self;
    processes_free(&self->processes);
    jit_free(&self->jit);
    cells_free(&self->cells);
    free(self);
    return NULL;
}

/* ---- on the experiment's thread */

static void forget_values(MrContext *context, void *data) {
    values_free(&((Workbench *)data)->values, context);
}

typedef struct CellRun {
    Workbench *workbench;
    const Session *cell;
    const char *source;
    size_t len;
    const CellOptions *options;
    double begun;
    Loaded *loaded;
    Better *better; /* what may replace its code, while it is being made */
    CellOutcome outcome;
    Buf *messages;
    Buf *text; /* gets the value, which is not kept; NULL: what the cell leaves is kept */
} CellRun;

static void add_error(MrContext *context, Buf *out) {
    MrError *error = &context->error;
    buf_printf(out, "error: %s\n", error->message ? error->message : "unknown");
    if (error->where.file) buf_printf(out, " --> %s:%d:%d\n", error->where.file, error->where.line, error->where.column);
    if (error->input) buf_printf(out, " while mapping %s\n", error->input);
    mr_error_clear(error);
}

static void give_values(const CellRun *run, MrContext *context) {
    CellName name;
    for (size_t i = 0; cell_given(run->cell, i, &name); i++) {
        const Value *value = values_find(&run->workbench->values, name.name);
        if (value) values_give(context, value, name.global);
    }
}

static void take_values(CellRun *run, MrContext *context) {
    CellName name;
    for (size_t i = 0; cell_export(run->cell, i, &name); i++) {
        if (!name.type) continue;
        if (run->text) {
            run->outcome.has_value = values_text(context, name.global, run->text);
            continue;
        }
        values_take(&run->workbench->values, context, &name, run->loaded);
        if (strcmp(name.name, "it") == 0) run->outcome.has_value = true;
    }
}

static void run_cell(MrContext *context, void *data) {
    CellRun *run = data;
    experiment_enter(context, &run->loaded->program, run->loaded->object);
    give_values(run, context);
    bool failed = run->loaded->program.top_level(context);
    context->out_is_direct = true;
    if (io_flush(context) && !failed) failed = true;
    if (failed)
        add_error(context, run->messages);
    else
        take_values(run, context);
    run->outcome.end = failed ? CELL_FAILED : CELL_DONE;
    experiment_leave(context);
}

static void loaded_free(Loaded *loaded) {
    for (uint32_t i = 0; i < loaded->need_count; i++) loaded->needs[i]->users--;
    free(loaded->needs);
    program_part(&loaded->program);
    jit_unload(&loaded->code);
    code_release(&loaded->object);
    if (loaded->better) jit_unload(&loaded->better);
    free(loaded);
}

/* Names that the cells do not know any more have lost their values; code that nothing needs goes. */
static void clear_away(MrContext *context, void *data) {
    Workbench *self = data;
    for (size_t i = self->values.len; i-- > 0;) {
        const char *name = self->values.items[i].name;
        if (!cells_has_value(self->cells, name)) values_drop(&self->values, context, name);
    }
    for (Loaded **link = &self->loaded; *link;) {
        Loaded *loaded = *link;
        if (loaded->values > 0 || loaded->users > 0 || !experiment_forget(context, &loaded->program, loaded->object)) {
            link = &loaded->next;
            continue;
        }
        *link = loaded->next;
        loaded_free(loaded);
    }
}

/* ---- cells */

static void add_need(Loaded *loaded, Loaded *other) {
    for (uint32_t i = 0; i < loaded->need_count; i++)
        if (loaded->needs[i] == other) return;
    loaded->needs = xrealloc(loaded->needs, (loaded->need_count + 1) * sizeof(Loaded *));
    loaded->needs[loaded->need_count++] = other;
    other->users++;
}

/* Functions that the cell is given lie in other cells' code; the program knows these, too. */
static void find_needs(const Workbench *self, const Session *cell, Loaded *loaded) {
    CellName name;
    for (size_t i = 0; cell_given(cell, i, &name); i++) {
        const Value *value = values_find(&self->values, name.name);
        if (!value || !value_holds_code(value)) continue;
        add_need(loaded, value->loaded);
        for (uint32_t k = 0; k < value->loaded->need_count; k++) add_need(loaded, value->loaded->needs[k]);
    }
    const MrProgram **others = xcalloc(loaded->need_count + 1, sizeof *others);
    for (uint32_t i = 0; i < loaded->need_count; i++) others[i] = loaded->needs[i]->own;
    program_join(&loaded->program, loaded->own, others, loaded->need_count);
    free(others);
}

/* For processes that lack it. */
static void make_object(Loaded *loaded, const Buf *object) {
    Code **needs = xcalloc(loaded->need_count + 1, sizeof *needs);
    for (uint32_t i = 0; i < loaded->need_count; i++) needs[i] = loaded->needs[i]->object;
    loaded->object = code_new(object->data, object->len, needs, loaded->need_count);
    free(needs);
}

static Loaded *load(Workbench *self, Session *cell, Buf *messages) {
    Buf object = {0};
    char *error = NULL;
    Loaded *loaded = NULL;
    if (session_object(cell, &object)) {
        JitCode *code = jit_load(self->jit, object.data, object.len, &error);
        const MrProgram *program = code ? jit_find(code, "mr_program") : NULL;
        if (program) {
            loaded = xcalloc(1, sizeof *loaded);
            *loaded = (Loaded){.next = self->loaded, .code = code, .own = program};
            find_needs(self, cell, loaded);
            if (self->processes) make_object(loaded, &object);
            self->loaded = loaded;
        } else {
            buf_printf(messages, "error: the cell cannot be loaded: %s\n", error ? error : "it mentions what this process lacks");
            jit_unload(&code);
        }
    }
    free(error);
    buf_free(&object);
    return loaded;
}

/* While a cell runs that was compiled quickly: when that takes long, it is compiled well, too, and its calls lead there. */
static void improve(void *data) {
    CellRun *run = data;
    Workbench *self = run->workbench;
    if (run->loaded->better || !session_is_first(run->cell)) return;
    if (!run->better && seconds_now() - run->begun < (double)self->patience / 1000) return;
    if (!run->better)
        run->better =
            better_new(cells_compile_better(self->cells, run->options->name, run->source, run->len, run->options->wants_value));
    if (better_is_done(run->better)) {
        run->loaded->better = better_load(run->better, self->jit, run->loaded->code, run->loaded->own);
    }
}

static void run_loaded(CellRun *run, const volatile sig_atomic_t *interrupt) {
    run->begun = seconds_now();
    if (run->options && run->workbench->patience < 0) {
        improve(run);
        while (run->better && !better_is_done(run->better)) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        improve(run);
    }
    experiment_run(run->workbench->experiment, run_cell, run, interrupt, run->options ? improve : NULL);
    if (run->better) better_leave(&run->better, &run->workbench->left);
}

CellOutcome workbench_run(Workbench *self, const char *text, size_t len, const CellOptions *options, Buf *messages) {
    double start = seconds_now();
    better_clear(&self->left, false);
    Session *cell = cells_compile(self->cells, options->name, text, len, options->wants_value);
    CellRun run = {.workbench = self, .cell = cell, .source = text, .len = len, .options = options, .messages = messages};
    run.outcome.end = CELL_REFUSED;
    if (!session_has_errors(cell)) run.loaded = load(self, cell, messages);
    session_diagnostics(cell, options->format, options->is_coloured, messages);
    double loaded = seconds_now();
    run.outcome.compiled = loaded - start;
    if (run.loaded) {
        run_loaded(&run, options->interrupt);
        run.outcome.ran = seconds_now() - loaded;
        if (run.outcome.end == CELL_DONE) cells_keep(self->cells, cell);
        experiment_call(self->experiment, clear_away, self);
    }
    session_free(&cell);
    return run.outcome;
}

bool workbench_text(Workbench *self, const char *expression, const volatile sig_atomic_t *interrupt, Buf *out) {
    Session *cell = cells_compile_once(self->cells, "expression", expression, strlen(expression));
    Buf messages = {0};
    CellRun run = {.workbench = self, .cell = cell, .messages = &messages, .text = out};
    if (!session_has_errors(cell)) run.loaded = load(self, cell, &messages);
    if (run.loaded) {
        run_loaded(&run, interrupt);
        experiment_call(self->experiment, clear_away, self);
    }
    session_free(&cell);
    buf_free(&messages);
    return run.outcome.has_value;
}

Cells *workbench_cells(Workbench *workbench) {
    return workbench->cells;
}

const Value *workbench_value(const Workbench *workbench, const char *name) {
    return values_find(&workbench->values, name);
}

bool workbench_show(Workbench *workbench, const char *name, size_t size, Buf *out) {
    const Value *value = values_find(&workbench->values, name);
    if (value) value_show_short(out, value->bytes, value->type, size);
    return value != NULL;
}

unsigned workbench_workers(const Workbench *workbench) {
    return experiment_workers(workbench->experiment);
}

bool workbench_show_workers(Workbench *workbench, Buf *out, char **error) {
    return experiment_show_workers(workbench->experiment, out, error);
}

bool workbench_set_workers(Workbench *workbench, unsigned workers, char **error) {
    return experiment_set_workers(workbench->experiment, workers, error);
}

size_t workbench_loaded(const Workbench *workbench) {
    size_t count = 0;
    for (const Loaded *loaded = workbench->loaded; loaded; loaded = loaded->next) count++;
    return count;
}

bool workbench_free(Workbench **workbench) {
    Workbench *self = *workbench;
    if (!self) return true;
    *workbench = NULL;
    experiment_call(self->experiment, forget_values, self);
    if (!experiment_stop(&self->experiment)) return false;
    while (self->loaded) {
        Loaded *loaded = self->loaded;
        self->loaded = loaded->next;
        loaded_free(loaded);
    }
    processes_free(&self->processes);
    better_clear(&self->left, true);
    jit_free(&self->jit);
    cells_free(&self->cells);
    free(self);
    return true;
}
