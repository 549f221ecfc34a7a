/* arena.c: bump allocation in blocks that double in size up to a megabyte. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_BLOCK = 16 << 10, LARGEST_BLOCK = 1 << 20, ALIGNMENT = alignof(max_align_t) };

typedef struct Block Block;
struct Block {
    Block *next;
    size_t size, used; /* of `data`, in bytes */
    alignas(max_align_t) char data[];
};

struct Arena {
    Block *blocks; /* the newest first */
    size_t total;
};

void out_of_memory(size_t size) {
    fprintf(stderr, "error: out of memory: %zu more bytes were needed\n", size);
    _exit(1); /* other threads may still run: nothing is tidied up under their feet */
}

void *xmalloc(size_t size) {
    void *p = malloc(size ? size : 1);
    if (!p) out_of_memory(size);
    return p;
}

void *xcalloc(size_t count, size_t size) {
    void *p = calloc(count ? count : 1, size ? size : 1);
    if (!p) out_of_memory(count * size);
    return p;
}

void *xaligned(size_t align, size_t size) {
    void *p = NULL;
    if (posix_memalign(&p, align, size ? size : 1) != 0) out_of_memory(size);
    return memset(p, 0, size);
}

void *xrealloc(void *old, size_t size) {
    void *p = realloc(old, size ? size : 1);
    if (!p) out_of_memory(size);
    return p;
}

Arena *arena_new(void) {
    return xcalloc(1, sizeof(Arena));
}

void arena_free(Arena **arena) {
    if (!*arena) return;
    for (Block *b = (*arena)->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(*arena);
    *arena = NULL;
}

static Block *block_add(Arena *arena, size_t need) {
    size_t size = arena->blocks ? arena->blocks->size * 2 : FIRST_BLOCK;
    if (size > LARGEST_BLOCK) size = LARGEST_BLOCK;
    if (size < need) size = need;
    Block *b = xmalloc(sizeof(Block) + size);
    *b = (Block){.next = arena->blocks, .size = size};
    return arena->blocks = b;
}

void *arena_alloc(Arena *arena, size_t size) {
    if (size > SIZE_MAX / 2) out_of_memory(size);
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    Block *b = arena->blocks;
    if (!b || b->size - b->used < size) b = block_add(arena, size);
    void *p = b->data + b->used;
    b->used += size;
    arena->total += size;
    return memset(p, 0, size);
}

void *arena_realloc(Arena *arena, void *old, size_t old_size, size_t size) {
    void *p = arena_alloc(arena, size);
    if (old_size) memcpy(p, old, old_size < size ? old_size : size);
    return p;
}

char *arena_strndup(Arena *arena, const char *text, size_t len) {
    char *copy = arena_alloc(arena, len + 1);
    if (len) memcpy(copy, text, len);
    return copy;
}

char *arena_printf(Arena *arena, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *text = arena_alloc(arena, (size_t)(len > 0 ? len : 0) + 1);
    if (len > 0) vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}

size_t arena_size(const Arena *arena) {
    return arena->total;
}
