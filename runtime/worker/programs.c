/* programs.c: see programs.h. There are few programs at a time: they are looked through one after another. */
#include "runtime/worker/programs.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

typedef struct Added {
    const MrProgram *program;
    Code *code;                   /* or NULL */
    uint8_t hash[CODE_HASH_SIZE]; /* what it is known by */
    size_t jobs;                  /* that have entered it */
    bool is_removed;
} Added;

struct Programs {
    pthread_mutex_t mutex; /* guards what follows */
    Added *added;          /* the own one first */
    uint64_t numbered;     /* so far, of those without code */
    size_t count, cap;
};

void programs_add(Programs *programs, const MrProgram *program, Code *code) {
    pthread_mutex_lock(&programs->mutex);
    if (programs->count == programs->cap) {
        programs->cap = programs->cap ? 2 * programs->cap : 4;
        programs->added = xrealloc(programs->added, programs->cap * sizeof *programs->added);
    }
    Added *added = &programs->added[programs->count];
    *added = (Added){.program = program, .code = code ? code_keep(code) : NULL};
    if (!code && programs->count > 0) programs->numbered++;
    if (code)
        memcpy(added->hash, code_hash(code), CODE_HASH_SIZE);
    else if (programs->count > 0)
        memcpy(added->hash, &programs->numbered, sizeof programs->numbered);
    programs->count++;
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

const MrTask *programs_enter(Programs *programs, const uint8_t *hash, const uint8_t *code, const MrProgram **program) {
    const MrTask *task = NULL;
    pthread_mutex_lock(&programs->mutex);
    for (size_t i = programs->count; i-- > 0 && !task;) {
        Added *added = &programs->added[i];
        if (added->is_removed || memcmp(added->hash, code, CODE_HASH_SIZE) != 0) continue;
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

void programs_code_of(Programs *programs, const MrProgram *program, uint8_t hash[CODE_HASH_SIZE]) {
    pthread_mutex_lock(&programs->mutex);
    const Added *added = find(programs, program);
    memcpy(hash, added ? added->hash : programs->added[0].hash, CODE_HASH_SIZE);
    pthread_mutex_unlock(&programs->mutex);
}

/* ---- programs that know others */

static void add_table(void **all, const void *table, size_t count) {
    if (count) memcpy(all, table, count * sizeof *all);
}

/* Both kinds of tables are arrays of pointers to constants; of one without any there may be no address. */
static void **join(const void *own, size_t own_count, const void *const *others, const uint32_t *counts, size_t count,
                   uint32_t *total) {
    size_t len = own_count;
    for (size_t i = 0; i < count; i++) len += counts[i];
    void **all = xcalloc(len + 1, sizeof *all);
    add_table(all, own, own_count);
    size_t at = own_count;
    for (size_t i = 0; i < count; i++) {
        add_table(all + at, others[i], counts[i]);
        at += counts[i];
    }
    *total = (uint32_t)len;
    return all;
}

void program_join(MrProgram *joined, const MrProgram *own, const MrProgram *const *others, size_t count) {
    const void **tables = xcalloc(count + 1, sizeof *tables);
    uint32_t *counts = xcalloc(count + 1, sizeof *counts);
    *joined = *own;
    for (size_t i = 0; i < count; i++) {
        tables[i] = others[i]->tasks;
        counts[i] = others[i]->task_count;
    }
    joined->tasks =
        (const MrTask *const *)(const void *)join(own->tasks, own->task_count, tables, counts, count, &joined->task_count);
    for (size_t i = 0; i < count; i++) {
        tables[i] = others[i]->functions;
        counts[i] = others[i]->function_count;
    }
    joined->functions = (const MrFunction *const *)(const void *)join(own->functions, own->function_count, tables, counts, count,
                                                                      &joined->function_count);
    free(tables);
    free(counts);
}

void program_part(MrProgram *joined) {
    free((void *)(uintptr_t)joined->tasks);
    free((void *)(uintptr_t)joined->functions);
    joined->tasks = NULL;
    joined->functions = NULL;
    joined->task_count = joined->function_count = 0;
}
