/* expected.h: the tokens that would have fitted where one did not; shared by the message (unexpected.c) and the hint (hint.c). */
#ifndef COMPILER_SYNTAX_EXPECTED_H
#define COMPILER_SYNTAX_EXPECTED_H

#include "compiler/syntax/syntax.h"

typedef struct Expected {
    const int *kinds;
    int count;
} Expected;

static inline bool expected_has(const Expected *expected, int kind) {
    for (int i = 0; i < expected->count; i++) {
        if (expected->kinds[i] == kind) return true;
    }
    return false;
}

/* Says how to mend what is at the current token, where it looks like a common slip. */
void hint_add(Syntax *syntax, const Expected *expected, Diag *diag);

#endif
