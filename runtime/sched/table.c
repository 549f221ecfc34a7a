/* table.c: open addressing with linear probing. A removed entry's place is filled with a later one of its run (Knuth, 6.4,
 * algorithm R), so that there are no tombstones. */
#include "runtime/sched/table.h"

#include <stdlib.h>

#include "base/arena.h"

static size_t place_of(const Table *table, uint64_t number) {
    return (size_t)(number * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (table->size - 1);
}

/* The slot of the number, or the free one where it would stand. */
static TableSlot *slot_of(const Table *table, uint64_t number) {
    size_t at = place_of(table, number);
    while (table->slots[at].value && table->slots[at].number != number) at = (at + 1) & (table->size - 1);
    return &table->slots[at];
}

static void table_grow(Table *table) {
    TableSlot *old = table->slots;
    size_t size = table->size;
    table->size = size ? 2 * size : 16;
    table->slots = xcalloc(table->size, sizeof *table->slots);
    for (size_t i = 0; i < size; i++)
        if (old[i].value) *slot_of(table, old[i].number) = old[i];
    free(old);
}

void table_put(Table *table, uint64_t number, void *value) {
    if (2 * (table->len + 1) > table->size) table_grow(table);
    *slot_of(table, number) = (TableSlot){number, value};
    table->len++;
}

void *table_find(const Table *table, uint64_t number) {
    return table->size ? slot_of(table, number)->value : NULL;
}

void table_remove(Table *table, uint64_t number) {
    if (!table_find(table, number)) return;
    size_t mask = table->size - 1, hole = (size_t)(slot_of(table, number) - table->slots);
    for (size_t at = (hole + 1) & mask; table->slots[at].value; at = (at + 1) & mask) {
        /* An entry may move to the hole unless its own place lies between the two. */
        size_t home = place_of(table, table->slots[at].number);
        if (((at - home) & mask) < ((at - hole) & mask)) continue;
        table->slots[hole] = table->slots[at];
        hole = at;
    }
    table->slots[hole] = (TableSlot){0};
    table->len--;
}

void table_free(Table *table) {
    free(table->slots);
    *table = (Table){0};
}
