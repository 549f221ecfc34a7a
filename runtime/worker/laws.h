/* laws.h: what a program does that was compiled by `mrc --check-laws`: it runs as usual, on one thread; its kernels show the
 * elements that go to their reducers; and when a job has ended, the laws of its reducer are tried on them:
 *
 *     merge(merge(a, b), c) is merge(a, merge(b, c))      also of functions of two
 *     merge(init, a) is a
 *     merge(a, add(init, x)) is add(a, x)
 *
 * where a, b and c are states of a few of the elements, and floats are compared to a relative 1e-9. What breaks a law is made as
 * small as can be, and shown on standard error. Everything belongs to the root's thread. */
#ifndef RUNTIME_WORKER_LAWS_H
#define RUNTIME_WORKER_LAWS_H

#include "runtime/include/mr.h"

typedef struct Laws Laws; /* of a whole run */

Laws *laws_new(void);
void laws_free(Laws **laws); /* NULL is fine */
/* Says what was found. True: a law does not hold. */
bool laws_conclude(const Laws *laws);

/* What the kernels of a running job have shown. It lies in the caller's frame, from laws_begin to laws_end. */
enum { WATCH_FIRST = 32, WATCH_MOST = 288 };
typedef struct LawWatch {
    struct LawWatch *outer; /* of the job in which this one is nested */
    const MrTask *task;
    MrList *elements, *keys;
    uint64_t numbers[WATCH_MOST]; /* of the elements that are kept, counted from 0 */
    uint64_t seen, stride;        /* after the first ones, every stride-th is kept */
    bool is_on;                   /* this run of the task is tested */
} LawWatch;

void laws_begin(MrContext *context, LawWatch *watch, const MrTask *task);
/* Tries the laws, unless the job has failed. */
void laws_end(MrContext *context, LawWatch *watch, const void *captures, bool failed);

#endif
