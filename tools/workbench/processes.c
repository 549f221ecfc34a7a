/* processes.c: see processes.h. A worker's process is this executable, in which object code is loaded as in the root. */
#include "tools/workbench/processes.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "compiler/llvm/jit.h"
#include "runtime/io/state.h"
#include "tools/workbench/workbench.h"

struct Processes {
    ExperimentProcesses given;
    char path[PATH_MAX], mrrun[PATH_MAX + 8];
    char *program[]; /* this executable, and the arguments */
};

Processes *processes_new(char *const *options, int argc, char **argv, char **error) {
    Processes *self = xcalloc(1, sizeof *self + ((size_t)argc + 2) * sizeof *self->program);
    ssize_t len = readlink("/proc/self/exe", self->path, sizeof self->path - 1);
    char *name = len > 0 ? strrchr(self->path, '/') : NULL;
    if (name) snprintf(self->mrrun, sizeof self->mrrun, "%.*s/mrrun", (int)(name - self->path), self->path);
    if (!name || access(self->mrrun, X_OK) != 0) {
        *error =
            io_message("workers that are processes are started by mrrun, which is not beside this program: %s", strerror(errno));
        free(self);
        return NULL;
    }
    self->program[0] = self->path;
    for (int i = 0; i < argc; i++) self->program[i + 1] = argv[i];
    self->given = (ExperimentProcesses){.mrrun = self->mrrun, .options = options, .program = self->program};
    return self;
}

void processes_free(Processes **processes) {
    free(*processes);
    *processes = NULL;
}

const ExperimentProcesses *processes_of(const Processes *processes) {
    return &processes->given;
}

/* ---- in a worker */

static const MrProgram *load(void *data, const void *object, size_t size, void **handle, char **error) {
    Jit **jit = data;
    if (!*jit) *jit = jit_new(error);
    JitCode *code = *jit ? jit_load(*jit, object, size, error) : NULL;
    const MrProgram *program = code ? jit_find(code, "mr_program") : NULL;
    *handle = code;
    if (program) return program;
    if (!*error) *error = strdup("a cell mentions what a worker lacks");
    if (code) jit_unload(&code);
    return NULL;
}

static void unload(void *data, void *handle) {
    JitCode *code = handle;
    (void)data;
    jit_unload(&code);
}

bool workbench_work(int argc, char **argv, int *status) {
    if (!experiment_is_worker()) return false;
    Jit *jit = NULL;
    ProgramLoader loader = {.load = load, .unload = unload, .data = &jit};
    *status = experiment_work(&loader, argc, argv);
    jit_free(&jit);
    return true;
}
