/* block.c: small blocks are the heap's, large ones are mapped by themselves, at multiples of the size of a huge page. */
#include "runtime/value/block.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/arena.h"

#define HUGE_PAGE ((size_t)2 << 20)
#define LARGE     HUGE_PAGE

static size_t mapped_size(size_t size) {
    if (size > SIZE_MAX - 2 * HUGE_PAGE) out_of_memory(size);
    return (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
}

/* Addresses for `size` bytes, a multiple of HUGE_PAGE, from one on. What is there cannot be used yet. */
static char *reserve(size_t size) {
    char *all = mmap(NULL, size + HUGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED) out_of_memory(size);
    size_t before = (HUGE_PAGE - (uintptr_t)all % HUGE_PAGE) % HUGE_PAGE;
    if (before) munmap(all, before);
    munmap(all + before + size, HUGE_PAGE - before);
    return all + before;
}

/* Where there are no huge pages, others do. */
static void *map_at(char *place, size_t size) {
    void *block = mmap(place, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (block == MAP_FAILED) out_of_memory(size);
    madvise(block, size, MADV_HUGEPAGE);
    return block;
}

void *block_new(size_t size) {
    return size < LARGE ? xcalloc(size, 1) : map_at(reserve(mapped_size(size)), mapped_size(size));
}

void *block_grow(void *block, size_t size, size_t to_size) {
    if (to_size < LARGE) return xrealloc(block, to_size);
    size_t from = mapped_size(size), to = mapped_size(to_size);
    if (size < LARGE) {
        void *large = block_new(to_size);
        memcpy(large, block, size);
        free(block);
        return large;
    }
    if (from == to) return block;
    char *place = reserve(to);
    if (mremap(block, from, from, MREMAP_MAYMOVE | MREMAP_FIXED, place) == MAP_FAILED) out_of_memory(to);
    map_at(place + from, to - from);
    return place;
}

void block_free(void *block, size_t size) {
    if (size < LARGE)
        free(block);
    else if (block)
        munmap(block, mapped_size(size));
}
