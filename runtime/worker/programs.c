/* programs.c: see programs.h. There are few programs at a time: they are looked through one after another. */
#include "runtime/worker/programs.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

typedef struct Added {
    const MrProgram *program;
    Code *code;  /* or NULL */
    size_t jobs; /* that have entered it */
    bool is_removed;
} Added;

struct Programs {
    pthread_mutex_t mutex; /* guards what follows */
    Added *added;          /* the own one first */
    size_t count, cap;
};

void programs_add(Programs *programs, const MrProgram *program, Code *code) {
    pthread_mutex_lock(&programs->mutex);
    if (programs->count == programs->cap) {
        programs->cap = programs->cap ? 2 * programs->cap : 4;
        programs->added = xrealloc(programs->added, programs->cap * sizeof *programs->added);
    }
    programs->added[programs->count++] = (Added){.program = program, .code = code ? code_keep(code) : NULL};
    pthread_mutex_unlock(&programs->mutex);
}

Programs *programs_new(const MrProgram *own) {
    Programs *programs = xcalloc(1, sizeof *programs);
    pthread_mutex_init(&programs->mutex, NULL);
    programs_add(programs, own, NULL);
    return programs;
}

void programs_free(Programs **programs) {
    if (!*programs) return;
    pthread_mutex_destroy(&(*programs)->mutex);
    for (size_t i = 0; i < (*programs)->count; i++) code_release(&(*programs)->added[i].code);
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
        code_release(&added->code);
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

static bool is_in_code(const Added *added, const uint8_t *code) {
    return !code_is_named(code) || (added->code && memcmp(code_hash(added->code), code, CODE_HASH_SIZE) == 0);
}

const MrTask *programs_enter(Programs *programs, const uint8_t *hash, const uint8_t *code, const MrProgram **program) {
    const MrTask *task = NULL;
    pthread_mutex_lock(&programs->mutex);
    for (size_t i = programs->count; i-- > 0 && !task;) {
        Added *added = &programs->added[i];
        if (added->is_removed || !is_in_code(added, code)) continue;
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

static bool has_task(const MrProgram *program, const MrTask *task) {
    for (uint32_t i = 0; i < program->task_count; i++)
        if (program->tasks[i] == task) return true;
    return false;
}

void programs_code_of(Programs *programs, const MrTask *task, uint8_t hash[CODE_HASH_SIZE]) {
    memset(hash, 0, CODE_HASH_SIZE);
    pthread_mutex_lock(&programs->mutex);
    for (size_t i = programs->count; i-- > 1;) {
        const Added *added = &programs->added[i];
        if (!added->code || !has_task(added->program, task)) continue;
        memcpy(hash, code_hash(added->code), CODE_HASH_SIZE);
        break;
    }
    pthread_mutex_unlock(&programs->mutex);
}
