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
    Bytes known; /* what lines know the key by */
    uint64_t hash;
    int64_t number;
    union {
        MrString string; /* owns nothing */
        int64_t integer;
    } key;
    int64_t entry; /* of the map, that may have the key; while the item is added to the map */
} FrontItem;

enum { FRONT_BATCH = 32 };

typedef struct MapFront {
    FrontItem queue[2 * FRONT_BATCH]; /* first what has no line, up to a batch, then what came last */
    FrontItem *fresh, *next, *limit;  /* in it: where that begins and ends, and at which end it is a batch */
    uint64_t mask;                    /* one less than the number of lines, which is even */
    bool has_sums;                    /* lines may have sums that are not zero */
    FrontLine *lines;                 /* each pair in one line of the cache */
} MapFront;

void front_settle(MrMap *map); /* adds all sums to the entries; the map may be NULL, or have no front */
void front_drop(MrMap *map);   /* there may be none */

/* Only ints and short strings that leave a byte for their length are found in a front. */
static inline bool front_has_room(const MapKey *key, const MrType *type) {
    return type->kind == MR_INT || (key_is_short(key, type) && ((const MrString *)key->at)->len < SHORT_BYTES);
}

/* What a key is compared by: an int with a 1 behind it, a string with its length in the last byte; of others, what no line has. */
#define FRONT_UNKNOWN ((Bytes)(Halves){0, ~UINT64_C(0)})

static inline Bytes front_key(const MapKey *key, const MrType *type) {
    if (type->kind == MR_INT) return (Bytes)(Halves){*(const uint64_t *)key->at, 1};
    if (UNLIKELY(!front_has_room(key, type))) return FRONT_UNKNOWN;
    return (Bytes)((Halves)key->bytes | (Halves){0, (uint64_t)((const MrString *)key->at)->len << 56});
}

static inline FrontLine *front_line(MapFront *front, uint64_t hash) {
    return &front->lines[hash & front->mask];
}

static inline FrontLine *front_beside(MapFront *front, const FrontLine *line) {
    return &front->lines[(line - front->lines) ^ 1];
}

#endif
