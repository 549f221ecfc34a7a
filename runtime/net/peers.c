/* peers.c: numbers for peers. */
#include "runtime/net/peers.h"

#include <stdlib.h>
#include <string.h>

void peers_init(Peers *peers) {
    *peers = (Peers){.arena = arena_new()};
    map_init(&peers->numbers, peers->arena);
}

void peers_free(Peers *peers) {
    if (peers->arena) arena_free(&peers->arena);
    free(peers->items);
}

PeerId *peers_find(Peers *peers, const void *id, size_t size) {
    PeerId *peer = map_get(&peers->numbers, id, size);
    if (peer || size > PEER_ID_SIZE || peers->len >= PEERS_MOST) return peer;
    peer = arena_make(peers->arena, PeerId);
    *map_slot(&peers->numbers, id, size) = peer;
    peer->number = (uint32_t)peers->len;
    peer->size = size;
    memcpy(peer->id, id, size);
    if (peers->len == peers->cap) {
        peers->cap = peers->cap ? peers->cap * 2 : 16;
        peers->items = xrealloc(peers->items, peers->cap * sizeof *peers->items);
    }
    peers->items[peers->len++] = peer;
    return peer;
}

PeerId *peers_at(const Peers *peers, uint32_t number) {
    return number < peers->len ? peers->items[number] : NULL;
}
