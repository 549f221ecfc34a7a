/* front.h: the front of a map of exact sums: a small table of keys that come often, with what is to be added to their entries.
 *
 * A map's slot, its entry and the bytes of its key lie in three places. A line of the front has a short key's bytes themselves, a
 * sum and the number of the key's entry in 32 bytes, so that a frequent key costs one access to a near cache. A key has two lines,
 * side by side, that it may be in. One whose sum is zero may be given to another key: so what comes often stays, and nothing has to
 * be done for a key that goes.
 *
 * Pairs of key and number are put into a queue first, and memory is asked for their lines. When a batch has come together, those
 * that have a line are added to its sum, without a branch that would often be foreseen wrongly; the others stay in the queue until
 * they are a batch themselves, which is added to the map's entries with memory asked for beforehand again. Sums are added to the
 * entries by front_settle, when a range of chunks has been mapped; until then a kernel's map is not for others. Afterwards a front
 * only knows where entries are. Who moves entries drops it.
 *
 * A front belongs to its map, and to the map's thread. */
#ifndef RUNTIME_VALUE_FRONT_H
#define RUNTIME_VALUE_FRONT_H

#include "runtime/value/map.h"

typedef struct FrontLine {
    Bytes key; /* as front_key made it; all zero: of no key */
    int64_t sum;
    int64_t number; /* of the entry */
} FrontLine;

typedef struct FrontItem {
    Bytes known; /* the key: what lines know it by, or where it lies (front_key_elsewhere) */
    uint64_t hash;
    int64_t number;
} FrontItem;

enum { FRONT_BATCH = 32 };

typedef struct MapFront {
    FrontItem queue[2 * FRONT_BATCH]; /* first what has no line, up to a batch, then what came last */
    FrontItem *fresh, *next, *limit;  /* in it: where that begins and ends, and at which end it is a batch */
    uint64_t mask;                    /* one less than the number of lines, which is even */
    bool has_sums;                    /* lines may have sums that are not zero */
    bool has_owners;                  /* in the queue are keys that somebody owns, who may give them up: nothing can wait */
    FrontLine *lines;                 /* each pair in one line of the cache */
} MapFront;

void front_settle(MrMap *map); /* adds all sums to the entries; the map may be NULL, or have no front */
void front_drop(MrMap *map);   /* there may be none */

/* What a key is known by: an int with a 1 behind it; a string that leaves a byte for its length with that in the last byte. Of
 * other strings items have address and length, and in the last byte what no line has. */
static inline Bytes front_key_int(uint64_t integer) {
    return (Bytes)(Halves){integer, 1};
}

static inline bool front_has_room(int64_t len) {
    return (uint64_t)len - 1 < SHORT_BYTES - 1;
}

static inline Bytes front_key_short(Bytes bytes, int64_t len) {
    return (Bytes)((Halves)bytes | (Halves){0, (uint64_t)len << 56});
}

static inline Bytes front_key_elsewhere(const MrString *string) {
    return (Bytes)(Halves){(uintptr_t)string->data, (uint64_t)string->len | (uint64_t)UINT8_MAX << 56};
}

static inline bool front_is_elsewhere(Bytes known) {
    return known[SHORT_BYTES - 1] == UINT8_MAX;
}

/* Puts a string of any kind into the queue; has that come to its limit? */
bool front_put_string(MapFront *front, const MrString *key, int64_t number);

static inline FrontLine *front_line(MapFront *front, uint64_t hash) {
    return &front->lines[hash & front->mask];
}

static inline FrontLine *front_beside(MapFront *front, const FrontLine *line) {
    return &front->lines[(line - front->lines) ^ 1];
}

#endif
