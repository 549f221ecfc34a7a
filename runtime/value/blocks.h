/* blocks.h: finding the words of text that is ASCII, and the parts of lines, 64 bytes at a time.
 *
 * There are variants for several levels of the processor (cpu.h), all with the same results: those of the definition in words.h.
 * Any thread may call them. */
#ifndef RUNTIME_VALUE_BLOCKS_H
#define RUNTIME_VALUE_BLOCKS_H

#include "runtime/include/mr.h"
#include "runtime/value/cpu.h"

/* Some of the bytes of ASCII. */
typedef struct ByteClass {
    uint64_t bits[2];   /* one for each */
    uint8_t by_low[16]; /* the same by the lower four bits: one bit for each of the upper three */
    bool is_solid; /* and those beyond ASCII with which no white space begins; a search ends only before one with which some does */
} ByteClass;

void byte_class_add(ByteClass *class, unsigned char byte);

/* A search for words that goes through a text. */
typedef struct Blocks {
    const char *base; /* where words are counted from */
    const char *next; /* what was not looked at yet begins here, not inside a word */
    uint32_t count;   /* of words found, up to MR_SPANS */
    MrSpans *spans;
    const ByteClass *class; /* the bytes of words; NULL: letters and digits, with apostrophes between them */
} Blocks;

/* Appends the words from `next` on, and sets `next` to where the text after them begins: `end`, or before a word that is not of
 * ASCII alone. Also where there was no room for more: then the answer is true. Of a single word for which there is no room, nothing
 * is taken. */
bool blocks_find(Blocks *blocks, const char *end);

/* The same by the variant of a level, which the machine must have; `packs` as cpu_packs_bytes says. */
bool blocks_find_at(Blocks *blocks, const char *end, MrCpu level, bool packs);

/* A search for the ends of parts: separators, and the ends of lines. */
typedef struct Cuts {
    const char *base;
    uint32_t at;    /* what was not looked at yet begins here */
    uint32_t count; /* of parts found */
    MrSpans *spans; /* of those, and at [count] the start of the part behind them; starts[0] is set by the caller */
    char separator; /* not \r; where it is \n, the parts are the lines */
    bool is_within; /* the last part found was not the last of its line */
} Cuts;

/* Appends the parts from `at` on, without the return before the end of a line, until the text ends or there is no room for those of
 * another block. */
void cuts_find(Cuts *cuts, const char *end);
void cuts_find_at(Cuts *cuts, const char *end, MrCpu level, bool packs); /* as blocks_find_at */

#endif
