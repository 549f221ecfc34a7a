/* byte_test.h: what code says of one byte of a text, found out by the compiler.
 *
 * In a loop over a text, conditions such as `c == " "`, `c >= "a" and c <= "z"` or `is_letter(c)` depend on nothing but one byte.
 * What they say can be known for each of the 256 beforehand. Nothing is changed; one thread. */
#ifndef COMPILER_CORE_BYTE_TEST_H
#define COMPILER_CORE_BYTE_TEST_H

#include "compiler/core/core_internal.h"

/* A loop over the bytes of a text: at `index`, which has that text before it and at least one byte of it behind it, or by a
 * variable that is the character there. */
typedef struct ByteLoop {
    const CoreVar *text;     /* never assigned; NULL: not known yet, the first that is looked into at the index */
    const CoreVar *index;    /* NULL: there is none */
    VEC(CoreVar *) elements; /* variables that are the byte, or the character, as a string */
    VEC(CoreVar *) derived;  /* variables that are a condition which depends on it */
    bool is_assumed;         /* set when an answer counts on there being a byte at the index */
    const Map *lets;         /* variable that is never assigned -> the expression that it is bound to */
} ByteLoop;

/* Is it the byte at the index, as a string? The loop's text is the first that is met. */
bool byte_is_element(ByteLoop *loop, const CoreExpr *expr);

/* Is it the length of the loop's text? */
bool byte_is_length(const ByteLoop *loop, const CoreExpr *expr);

/* Does it say that there is a byte at the index, which is not negative? */
bool byte_is_within(const ByteLoop *loop, const CoreExpr *expr);

typedef enum ByteAnswer {
    BYTE_NO,
    BYTE_YES,
    BYTE_UNKNOWN, /* that depends on more than the byte */
} ByteAnswer;

/* What a condition says where the byte at the index is this one. It fails for none for which the answer is known. */
ByteAnswer byte_test(Arena *arena, ByteLoop *loop, const CoreExpr *condition, uint8_t byte);

/* Does it say the same again as long as nothing is assigned, whatever the byte and the index are? `but` is a variable that it must
 * not mention either, or NULL. */
bool byte_is_steady(const ByteLoop *loop, const CoreExpr *expr, const CoreVar *but);

#endif
