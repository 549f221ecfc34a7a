/* table.h: values as tables in HTML: lists and sets of records, tuples or lists, and maps. */
#ifndef TOOLS_KERNEL_TABLE_H
#define TOOLS_KERNEL_TABLE_H

#include "base/buf.h"
#include "runtime/include/mr.h"

/* Whether values of the type are shown as tables. */
bool table_fits(const MrType *type);

/* Adds the table: its first rows, where there are many. `names` are those of the fields of records, the last columns; *rows is set
 * to how many there are. */
void table_write(const void *value, const MrType *type, const char *const *names, size_t name_count, Buf *out);

#endif
