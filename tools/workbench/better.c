/* better.c: see better.h. */
#include "tools/workbench/better.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "runtime/worker/cpu.h"
#include "runtime/worker/runtime.h"

struct Better {
    Better *next; /* among those that nobody wants */
    Session *session;
    pthread_t thread;
    bool has_thread, is_loaded;
    _Atomic bool is_done;
    bool is_made; /* valid when it is done */
    Buf object;
};

static void *make(void *argument) {
    Better *better = argument;
    better->is_made = session_object(better->session, &better->object);
    atomic_store(&better->is_done, true);
    return NULL;
}

Better *better_new(Session *session) {
    Better *better = xcalloc(1, sizeof *better);
    better->session = session;
    better->has_thread = thread_start(&better->thread, make, better) == 0;
    if (!better->has_thread) atomic_store(&better->is_done, true);
    return better;
}

bool better_is_done(const Better *better) {
    return atomic_load(&better->is_done);
}

/* Which of a kernel's variants runs here is the runtime's business: all calls of the kernel lead to that one. */
static void lead_kernels(JitCode *code, const MrProgram *program, const MrProgram *better) {
    for (uint32_t i = 0; i < program->task_count && i < better->task_count; i++)
        jit_lead(code, (const void *)(uintptr_t)program->tasks[i]->kernel, (void *)(uintptr_t)cpu_kernel(better->tasks[i]));
}

JitCode *better_load(Better *better, Jit *jit, JitCode *code, const MrProgram *program) {
    char *error = NULL;
    if (!better->is_made || better->is_loaded) return NULL;
    better->is_loaded = true;
    JitValue *functions = xcalloc(program->function_count + 1, sizeof *functions);
    for (uint32_t i = 0; i < program->function_count; i++)
        functions[i] = (JitValue){program->functions[i]->name, program->functions[i]};
    JitCode *loaded = jit_load_better(jit, better->object.data, better->object.len, functions, program->function_count, &error);
    free(functions);
    const MrProgram *other = loaded ? jit_find(loaded, "mr_program") : NULL;
    free(error);
    if (!other) {
        if (loaded) jit_unload(&loaded);
        return NULL;
    }
    jit_lead_all(code, loaded);
    lead_kernels(code, program, other);
    return loaded;
}

static void better_free(Better *better) {
    if (better->has_thread) pthread_join(better->thread, NULL);
    session_free(&better->session);
    buf_free(&better->object);
    free(better);
}

void better_leave(Better **better, Better **left) {
    Better *self = *better;
    *better = NULL;
    if (better_is_done(self)) {
        better_free(self);
        return;
    }
    self->next = *left;
    *left = self;
}

void better_clear(Better **left, bool waits) {
    for (Better **link = left; *link;) {
        Better *better = *link;
        if (!waits && !better_is_done(better)) {
            link = &better->next;
            continue;
        }
        *link = better->next;
        better_free(better);
    }
}
