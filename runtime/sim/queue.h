/* queue.h: what is to happen in a simulated world, in the order of time; of things of one time, what was added first comes first.
 *
 * All-zero is empty. A Queue holds pointers, which stay the caller's. One thread. */
#ifndef RUNTIME_SIM_QUEUE_H
#define RUNTIME_SIM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct QueueItem {
    uint64_t time, sequence;
    void *what;
} QueueItem;

typedef struct Queue {
    QueueItem *items; /* a binary heap */
    size_t len, cap;
    uint64_t sequence;
} Queue;

void queue_add(Queue *queue, uint64_t time, void *what);
void *queue_take(Queue *queue, uint64_t *time); /* the next; NULL: there is none */
void queue_free(Queue *queue);                  /* empty again */

#endif
