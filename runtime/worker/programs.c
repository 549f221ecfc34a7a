/* programs.c: see programs.h. There are few programs at a time: they are looked through one after another. */
#include "runtime/worker/programs.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

typedef struct Added {
    const MrProgram *program;
    size_t jobs; /* that have entered it */
    bool is_removed;
} Added;

struct Programs {
    pthread_mutex_t mutex; /* guards what follows */
    Added *added;          /* the own one first */
    size_t count, cap;
};

void programs_add(Programs *programs, const MrProgram *program) {
    pthread_mutex_lock(&programs->mutex);
    if (programs->count == programs->cap) {
        programs->cap = programs->cap ? 2 * programs->cap : 4;
        programs->added = xrealloc(programs->added, programs->cap * sizeof *programs->added);
    }
    programs->added[programs->count++] = (Added){.program = program};
    pthread_mutex_unlock(&programs->mutex);
}

Programs *programs_new(const MrProgram *own) {
    Programs *programs = xcalloc(1, sizeof *programs);
    pthread_mutex_init(&programs->mutex, NULL);
    programs_add(programs, own);
    return programs;
}

void programs_free(Programs **programs) {
    if (!*programs) return;
    pthread_mutex_destroy(&(*programs)->mutex);
    free((*programs)->added);
    free(*programs);
    *programs = NULL;
}

const MrProgram *programs_own(const Programs *programs) {
    return programs->added[0].program;
}

static Added *find(Programs *programs, const MrProgram *program) {
    for (size_t i = 0; i < programs->count; i++)
        if (programs->added[i].program == program) return &programs->added[i];
    return NULL;
}

bool programs_remove(Programs *programs, const MrProgram *program) {
    pthread_mutex_lock(&programs->mutex);
    Added *added = find(programs, program);
    bool is_free = !added || added->jobs == 0;
    if (added) added->is_removed = true;
    if (added && is_free) {
        size_t behind = programs->count - (size_t)(added - programs->added) - 1;
        memmove(added, added + 1, behind * sizeof *added);
        programs->count--;
    }
    pthread_mutex_unlock(&programs->mutex);
    return is_free;
}

static const MrTask *find_task(const MrProgram *program, const uint8_t *hash) {
    for (uint32_t i = 0; i < program->task_count; i++)
        if (memcmp(program->tasks[i]->hash, hash, sizeof program->tasks[i]->hash) == 0) return program->tasks[i];
    return NULL;
}

const MrTask *programs_enter(Programs *programs, const uint8_t *hash, const MrProgram **program) {
    const MrTask *task = NULL;
    pthread_mutex_lock(&programs->mutex);
    for (size_t i = programs->count; i-- > 0 && !task;) {
        Added *added = &programs->added[i];
        if (added->is_removed) continue;
        task = find_task(added->program, hash);
        if (!task) continue;
        *program = added->program;
        added->jobs++;
    }
    pthread_mutex_unlock(&programs->mutex);
    return task;
}

void programs_leave(Programs *programs, const MrProgram *program) {
    pthread_mutex_lock(&programs->mutex);
    Added *added = find(programs, program);
    if (added) added->jobs--;
    pthread_mutex_unlock(&programs->mutex);
}
