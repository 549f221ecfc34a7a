/* table.h: finds things by their number: jobs, of which there may be many thousands at a time.
 *
 * All-zero is the empty table. It borrows what it holds, and belongs to one thread, or to whoever holds its lock. */
#ifndef RUNTIME_SCHED_TABLE_H
#define RUNTIME_SCHED_TABLE_H

#include <stddef.h>
#include <stdint.h>

typedef struct TableSlot {
    uint64_t number;
    void *value; /* NULL: free */
} TableSlot;

typedef struct Table {
    TableSlot *slots;
    size_t size, len; /* of the slots, a power of two or 0; of what is in them */
} Table;

void table_put(Table *table, uint64_t number, void *value); /* the number is new, the value is not NULL */
void *table_find(const Table *table, uint64_t number);      /* NULL: there is none */
void table_remove(Table *table, uint64_t number);           /* or nothing, when it is not there */
void table_free(Table *table);                              /* empty again */

#endif
