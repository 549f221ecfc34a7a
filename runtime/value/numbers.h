/* numbers.h: the numbers that a value consists of as bytes: ints in as many bytes as their size asks for, floats as they are.
 *
 * Entries of tables are so: most counts are small, and there are many of them. An int is a varint of its zigzag form (0, -1, 1, -2
 * …); an optional is 0, or 1 and the number. Callable from any thread. */
#ifndef RUNTIME_VALUE_NUMBERS_H
#define RUNTIME_VALUE_NUMBERS_H

#include <stddef.h>

#include "runtime/include/mr.h"

enum { NUMBERS_MAX = 8, NUMBER_SIZE = 11 };

/* A type that consists of so many numbers and optional numbers, and nothing else. */
typedef struct Numbers {
    uint32_t count;
    struct {
        uint32_t offset;
        uint32_t some; /* where an optional's byte is */
        bool is_float, is_optional;
    } items[NUMBERS_MAX];
} Numbers;

bool numbers_of(Numbers *numbers, const MrType *type); /* false: it does not, or of too many */
size_t numbers_least(const Numbers *numbers);          /* the fewest bytes that a value takes; at most NUMBER_SIZE each */

char *numbers_put(const Numbers *numbers, const void *value, char *to); /* the end of what was written */
/* Reads a value; the end of what was read, or NULL: they are no such bytes. */
const char *numbers_take(const Numbers *numbers, void *value, const char *at, const char *end);

#endif
