/* blackbox.h: what a worker was doing when it died.
 *
 * The parent of a run's processes makes a shared page before it forks a worker. The worker's compute thread notes there what it is
 * about to do; when the process has died, the parent reads the last note. A worker that is a thread has none (NULL): whatever ends
 * it ends everybody. One thread writes, one process reads, after the writer's end. */
#ifndef RUNTIME_WORKER_BLACKBOX_H
#define RUNTIME_WORKER_BLACKBOX_H

#include <stdatomic.h>
#include <stdint.h>

#include "runtime/sched/guard.h"

typedef enum Activity { AT_NOTHING, AT_MAPPING, AT_MERGING, AT_ENCODING, ACTIVITIES } Activity;

typedef struct BlackBoxNote {
    Activity activity;
    uint64_t job;          /* 0: AT_NOTHING */
    uint64_t first, count; /* AT_MAPPING: the chunks that the kernel was given at once; count 0: it was before or after them */
} BlackBoxNote;

typedef struct BlackBox {
    _Atomic uint32_t activity;
    _Atomic uint64_t job, first, count;
} BlackBox;

/* Death may come between any two of these stores: what is half written says nothing. */
static inline void blackbox_write(BlackBox *box, BlackBoxNote note) {
    if (!IS_GUARDED || !box) return;
    atomic_store_explicit(&box->activity, AT_NOTHING, memory_order_relaxed);
    atomic_store_explicit(&box->job, note.job, memory_order_release);
    atomic_store_explicit(&box->first, note.first, memory_order_relaxed);
    atomic_store_explicit(&box->count, note.count, memory_order_relaxed);
    atomic_store_explicit(&box->activity, (uint32_t)note.activity, memory_order_release);
}

/* The job and what is done stay: only the chunks are other ones. */
static inline void blackbox_chunks(BlackBox *box, uint64_t first, uint64_t count) {
    if (!IS_GUARDED || !box) return;
    atomic_store_explicit(&box->count, 0, memory_order_relaxed);
    atomic_store_explicit(&box->first, first, memory_order_release);
    atomic_store_explicit(&box->count, count, memory_order_release);
}

/* The page may hold anything: its process may have gone wild. */
static inline BlackBoxNote blackbox_read(const BlackBox *box) {
    BlackBoxNote note = {.activity = AT_NOTHING};
    uint32_t activity = box ? atomic_load_explicit(&box->activity, memory_order_acquire) : AT_NOTHING;
    if (activity == AT_NOTHING || activity >= ACTIVITIES) return note;
    note.activity = (Activity)activity;
    note.job = atomic_load_explicit(&box->job, memory_order_relaxed);
    note.first = atomic_load_explicit(&box->first, memory_order_relaxed);
    note.count = atomic_load_explicit(&box->count, memory_order_relaxed);
    return note;
}

#endif
