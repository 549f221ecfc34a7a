/* history.h: the cells that were run. */
#ifndef TOOLS_KERNEL_HISTORY_H
#define TOOLS_KERNEL_HISTORY_H

#include "tools/kernel/message.h"

typedef struct Past {
    int64_t number;
    char *code, *shown; /* shown: what its value was shown as, or NULL */
} Past;

typedef struct History {
    Past *items;
    size_t len, cap;
} History;

void history_add(History *history, int64_t number, const char *code, const char *shown); /* shown: NULL: nothing */
void history_free(History *history);

/* The content of a history_reply: the last cells, a range of them, or those that a pattern fits. */
json_t *history_answer(const History *history, const Request *request);

#endif
