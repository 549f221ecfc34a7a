/* words.h: where words begin and end: for mr_next_word, and for whoever cuts text into chunks and must agree with it exactly.
 *
 * A word is a maximal run of letters (Unicode's L*) and decimal digits (Nd), with an apostrophe (U+0027 or U+2019) counted in when
 * it stands between two of them. Bytes that are not UTF-8 end a word. Whether two neighbouring bytes are of one word can be told
 * from a few bytes on both sides. No function here keeps anything; any thread may call them. */
#ifndef RUNTIME_VALUE_WORDS_H
#define RUNTIME_VALUE_WORDS_H

#include <stdbool.h>

#include "runtime/include/mr.h"
#include "runtime/value/blocks.h"

enum {
    WORDS_LOOK_BACK = 12, /* words_is_inside reads at most so many bytes before p ... */
    WORDS_LOOK_AHEAD = 12 /* ... and at and after it: give it these, or all there are */
};

/* Are the bytes p[-1] and p[0] of one word, begin ≤ p ≤ end? At begin and at end the answer is no: a text's words end there. */
bool words_is_inside(const char *begin, const char *p, const char *end);

/* The first place from p on that is not inside a word: p itself, or the end of the word that p is inside of, or `end`. To trust an
 * answer that lies within WORDS_LOOK_AHEAD bytes of `end`, `end` has to be the end of the text. */
const char *words_cut(const char *begin, const char *p, const char *end);

typedef enum WordsFound {
    WORDS_NONE, /* no more */
    WORDS_ONE,  /* *out is the next word, which is too long for the cursor */
    WORDS_MANY, /* the cursor has some */
} WordsFound;

/* Looks for the words that come next, for mr_next_word, which has given all that the cursor had. */
WordsFound words_look(MrCursor *cursor, const char *end, MrString *out);

/* Words by another definition: runs of some bytes of ASCII and of some other characters. */
typedef struct WordsKind {
    const ByteClass *class;                                                    /* NULL: words as they are defined above */
    const char *(*begin)(const void *context, const char *p, const char *end); /* as words_begin */
    const char *(*end)(const void *context, const char *at,
                       const char *end); /* as words_end; the character at `at` is of the word */
    const void *context;
} WordsKind;

WordsFound words_look_for(const WordsKind *kind, MrCursor *cursor, const char *end, MrString *out);

/* The start of the first word in [p, end), or `end`; p is not inside a word. */
const char *words_begin(const char *p, const char *end);

/* The end of the word of which everything before `at` is known to be part, the last unit before `at` being a letter or digit. */
const char *words_end(const char *at, const char *end);

#endif
