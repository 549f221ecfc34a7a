/* code.c: see code.h. What travels is the number of codes that are needed (four bytes, little-endian), their hashes, and the
 * object. */
#include "runtime/sched/code.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/checksum.h"

enum { COUNT_SIZE = 4 };

struct Code {
    atomic_size_t owners;
    uint8_t hash[CODE_HASH_SIZE];
    uint32_t needs;
    size_t size; /* of the bytes */
    uint8_t bytes[];
};

static size_t object_at(uint32_t needs) {
    return COUNT_SIZE + (size_t)needs * CODE_HASH_SIZE;
}

static Code *code_alloc(size_t size, uint32_t needs) {
    Code *code = xmalloc(sizeof *code + size);
    atomic_init(&code->owners, 1);
    code->needs = needs;
    code->size = size;
    return code;
}

Code *code_new(const void *object, size_t size, Code *const *needs, uint32_t need_count) {
    Code *code = code_alloc(object_at(need_count) + size, need_count);
    for (int i = 0; i < COUNT_SIZE; i++) code->bytes[i] = (uint8_t)(need_count >> 8 * i);
    for (uint32_t i = 0; i < need_count; i++) memcpy(code->bytes + object_at(i), needs[i]->hash, CODE_HASH_SIZE);
    memcpy(code->bytes + object_at(need_count), object, size);
    checksum128(code->hash, code->bytes, code->size);
    return code;
}

Code *code_read(const void *bytes, size_t size, const uint8_t hash[CODE_HASH_SIZE]) {
    const uint8_t *at = bytes;
    uint8_t sum[CODE_HASH_SIZE];
    uint32_t needs = 0;
    for (int i = 0; i < COUNT_SIZE && size >= COUNT_SIZE; i++) needs |= (uint32_t)at[i] << 8 * i;
    if (size < COUNT_SIZE || needs > CODE_NEEDS || size <= object_at(needs)) return NULL;
    checksum128(sum, bytes, size);
    if (memcmp(sum, hash, sizeof sum) != 0) return NULL;
    Code *code = code_alloc(size, needs);
    memcpy(code->bytes, bytes, size);
    memcpy(code->hash, sum, sizeof sum);
    return code;
}

Code *code_keep(Code *code) {
    atomic_fetch_add(&code->owners, 1);
    return code;
}

void code_release(Code **code) {
    if (*code && atomic_fetch_sub(&(*code)->owners, 1) == 1) free(*code);
    *code = NULL;
}

const uint8_t *code_hash(const Code *code) {
    return code->hash;
}

uint32_t code_need_count(const Code *code) {
    return code->needs;
}

const uint8_t *code_need(const Code *code, uint32_t index) {
    return code->bytes + object_at(index);
}

const void *code_object(const Code *code, size_t *size) {
    *size = code->size - object_at(code->needs);
    return code->bytes + object_at(code->needs);
}

const void *code_bytes(const Code *code, size_t *size) {
    *size = code->size;
    return code->bytes;
}

/* ---- those of a process: few, looked through one after another */

struct Codes {
    pthread_mutex_t mutex;
    Code **items;
    size_t count, cap;
};

Codes *codes_new(void) {
    Codes *codes = xcalloc(1, sizeof *codes);
    pthread_mutex_init(&codes->mutex, NULL);
    return codes;
}

void codes_free(Codes **codes) {
    if (!*codes) return;
    for (size_t i = 0; i < (*codes)->count; i++) code_release(&(*codes)->items[i]);
    pthread_mutex_destroy(&(*codes)->mutex);
    free((*codes)->items);
    free(*codes);
    *codes = NULL;
}

static size_t codes_at(const Codes *codes, const uint8_t hash[CODE_HASH_SIZE]) {
    size_t i = 0;
    while (i < codes->count && memcmp(codes->items[i]->hash, hash, CODE_HASH_SIZE) != 0) i++;
    return i;
}

void codes_add(Codes *codes, Code *code) {
    pthread_mutex_lock(&codes->mutex);
    if (codes->count == codes->cap) {
        codes->cap = codes->cap ? 2 * codes->cap : 8;
        codes->items = xrealloc(codes->items, codes->cap * sizeof(Code *));
    }
    codes->items[codes->count++] = code_keep(code);
    pthread_mutex_unlock(&codes->mutex);
}

void codes_remove(Codes *codes, const uint8_t hash[CODE_HASH_SIZE]) {
    pthread_mutex_lock(&codes->mutex);
    size_t at = codes_at(codes, hash);
    if (at < codes->count) {
        code_release(&codes->items[at]);
        codes->items[at] = codes->items[--codes->count];
    }
    pthread_mutex_unlock(&codes->mutex);
}

Code *codes_find(Codes *codes, const uint8_t hash[CODE_HASH_SIZE]) {
    pthread_mutex_lock(&codes->mutex);
    size_t at = codes_at(codes, hash);
    Code *found = at < codes->count ? code_keep(codes->items[at]) : NULL;
    pthread_mutex_unlock(&codes->mutex);
    return found;
}
