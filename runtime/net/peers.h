/* peers.h: who has been heard on a socket that listens: each is known by the id that its connection says, and gets a small number.
 *
 * Ids are drawn at random by who connects (link.c), and nobody but the two ends sees them, so nobody can pass for another. There is
 * a bound: who connects again and again with new ids is not heard any more when it is reached. One thread. */
#ifndef RUNTIME_NET_PEERS_H
#define RUNTIME_NET_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"

enum {
    PEER_ID_SIZE = 16,
    PEERS_MOST = 1 << 18, /* more than a run can have, with all that replace others */
};

typedef struct PeerId {
    uint32_t number;
    bool is_strange;     /* it has said something that was no message, which was logged */
    bool opens_segments; /* of ours (segment.h), as its last question said */
    size_t size;
    uint8_t id[PEER_ID_SIZE];
} PeerId;

typedef struct Peers {
    Arena *arena;
    Map numbers;    /* id → its PeerId */
    PeerId **items; /* in the order in which they were heard */
    size_t len, cap;
} Peers;

void peers_init(Peers *peers);
void peers_free(Peers *peers);

PeerId *peers_find(Peers *peers, const void *id,
                   size_t size);                       /* made when it is not there; NULL: that is no id, or there is no room */
PeerId *peers_at(const Peers *peers, uint32_t number); /* NULL: nobody has it */

#endif
