/* keys.c: pairs of keys, made by libzmq, and the list of those that are let in. */
#include "runtime/net/keys.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/arena.h"
#include "base/map.h"

/* More than a run has workers, so that it does not bind one that replaces many; but a bound. */
enum { MOST_KEYS = 1 << 18 };

struct KeyList {
    pthread_mutex_t mutex;
    Arena *arena;
    Map keys; /* key → the list itself */
};

bool key_pair_make(KeyPair *pair) {
    *pair = (KeyPair){0};
    return zmq_has("curve") && zmq_curve_keypair(pair->public_key, pair->secret_key) == 0;
}

void key_pair_wipe(KeyPair *pair) {
    explicit_bzero(pair, sizeof *pair);
}

bool key_is_good(const char *text) {
    uint8_t bytes[KEY_BYTES];
    bool is_good = key_read(bytes, text);
    explicit_bzero(bytes, sizeof bytes);
    return is_good;
}

bool key_pair_is_good(KeyPair *pair) {
    char public_key[KEY_SIZE];
    if (!key_is_good(pair->secret_key) || !key_is_good(pair->public_key)) return false;
    return zmq_curve_public(public_key, pair->secret_key) == 0 && strcmp(public_key, pair->public_key) == 0;
}

bool key_write(char text[KEY_SIZE], const void *bytes) {
    return zmq_z85_encode(text, bytes, KEY_BYTES) != NULL;
}

bool key_read(void *bytes, const char text[KEY_SIZE]) {
    return strnlen(text, KEY_SIZE) == KEY_LENGTH && zmq_z85_decode(bytes, text) != NULL;
}

KeyList *key_list_new(void) {
    KeyList *list = xcalloc(1, sizeof *list);
    pthread_mutex_init(&list->mutex, NULL);
    list->arena = arena_new();
    map_init(&list->keys, list->arena);
    return list;
}

void key_list_free(KeyList **list) {
    if (!*list) return;
    pthread_mutex_destroy(&(*list)->mutex);
    arena_free(&(*list)->arena);
    free(*list);
    *list = NULL;
}

bool key_list_add(KeyList *list, const char *key) {
    if (!key_is_good(key)) return false;
    pthread_mutex_lock(&list->mutex);
    bool is_known = map_get(&list->keys, key, KEY_LENGTH) != NULL, has_room = list->keys.len < MOST_KEYS;
    if (!is_known && has_room) *map_slot(&list->keys, key, KEY_LENGTH) = list;
    pthread_mutex_unlock(&list->mutex);
    return is_known || has_room;
}

bool key_list_has(KeyList *list, const char *key) {
    pthread_mutex_lock(&list->mutex);
    bool is_there = strnlen(key, KEY_SIZE) == KEY_LENGTH && map_get(&list->keys, key, KEY_LENGTH) != NULL;
    pthread_mutex_unlock(&list->mutex);
    return is_there;
}

size_t key_list_count(KeyList *list) {
    pthread_mutex_lock(&list->mutex);
    size_t count = list->keys.len;
    pthread_mutex_unlock(&list->mutex);
    return count;
}
