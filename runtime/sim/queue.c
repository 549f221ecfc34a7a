/* queue.c: a binary heap by time. */
#include "runtime/sim/queue.h"

#include <stdlib.h>

#include "base/arena.h"

static bool item_before(const QueueItem *a, const QueueItem *b) {
    return a->time != b->time ? a->time < b->time : a->sequence < b->sequence;
}

void queue_add(Queue *queue, uint64_t time, void *what) {
    if (queue->len == queue->cap) {
        queue->cap = queue->cap ? 2 * queue->cap : 256;
        queue->items = xrealloc(queue->items, queue->cap * sizeof *queue->items);
    }
    QueueItem item = {.time = time, .sequence = ++queue->sequence, .what = what};
    size_t at = queue->len++;
    for (; at && item_before(&item, &queue->items[(at - 1) / 2]); at = (at - 1) / 2) queue->items[at] = queue->items[(at - 1) / 2];
    queue->items[at] = item;
}

void *queue_take(Queue *queue, uint64_t *time) {
    if (queue->len == 0) return NULL;
    QueueItem first = queue->items[0], last = queue->items[--queue->len];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= queue->len) break;
        if (child + 1 < queue->len && item_before(&queue->items[child + 1], &queue->items[child])) child++;
        if (!item_before(&queue->items[child], &last)) break;
        queue->items[at] = queue->items[child];
        at = child;
    }
    queue->items[at] = last;
    *time = first.time;
    return first.what;
}

void queue_free(Queue *queue) {
    free(queue->items);
    *queue = (Queue){0};
}
