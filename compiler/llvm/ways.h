/* ways.h: programs that are replaced while they run, function by function. A first program, compiled quickly, is begun with; when
 * it takes long, a better one is made of the same core, and calls in the first lead to the functions of the better from then on.
 *
 * Both have a table under the same name. In the first, each function is called through its entry there. */
#ifndef COMPILER_LLVM_WAYS_H
#define COMPILER_LLVM_WAYS_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/checksum.h"

#define WAYS_TABLE "mr_ways"

typedef struct Way {
    const char *name; /* with its type; NULL: the end of the table */
    void *function;   /* which everything that calls it knows */
    void *leads;      /* where its calls go; NULL: nowhere but to itself */
} Way;

/* The symbol of the first program's function value of a name, which the better program mentions in the place of its own. */
enum { WAYS_SYMBOL = 3 + 16 };
typedef struct WaysSymbol {
    char text[WAYS_SYMBOL + 1];
} WaysSymbol;

static inline WaysSymbol ways_symbol(const char *name) {
    WaysSymbol symbol;
    snprintf(symbol.text, sizeof symbol.text, "mr_%016llx", (unsigned long long)checksum64(name, strlen(name), 0));
    return symbol;
}

#endif
