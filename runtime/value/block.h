/* block.h: arrays that may be large and may grow: a table's. They begin with zeros.
 *
 * A large one lies in pages of 2 MiB where the system has them, which takes one fault in place of 512 and hardly any of the
 * processor's memory for addresses. It grows by being mapped somewhere else: nothing is copied, and there are never two of it. What
 * was not touched takes no memory. Sizes are bytes; whoever has a block knows its size. Pure but for the system's memory; any
 * thread. */
#ifndef RUNTIME_VALUE_BLOCK_H
#define RUNTIME_VALUE_BLOCK_H

#include <stddef.h>

void *block_new(size_t size);                               /* all zero; there must be memory, or the process ends */
void *block_grow(void *block, size_t size, size_t to_size); /* consumed; what is new in it may be anything */
void block_free(void *block, size_t size);                  /* NULL: nothing */

#endif
