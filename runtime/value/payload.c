/* payload.c: mappings with a head. The data begins a page behind it, so that it is aligned as well as the mapping. */
#include "runtime/value/payload.h"

#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

#include "base/arena.h"

enum { HEAD_SIZE = 4096, HUGE_LEAST = 8 << 20 }; /* smaller ones are not worth a huge page at each end */

struct MrPayload {
    _Atomic int64_t references;
    size_t mapped; /* bytes, the head's too */
};

static size_t mapped_size(size_t bytes) {
    if (bytes > (size_t)PTRDIFF_MAX - 2 * HEAD_SIZE) out_of_memory(PTRDIFF_MAX);
    return (bytes + 2 * HEAD_SIZE - 1) / HEAD_SIZE * HEAD_SIZE;
}

/* Whether there are huge pages, and what else the system says to the wish for them, changes nothing but the time. */
static Payload *payload_made(void *memory, size_t size) {
    if (memory == MAP_FAILED) out_of_memory(size);
    if (size >= HUGE_LEAST) (void)madvise(memory, size, MADV_HUGEPAGE);
    Payload *payload = memory;
    payload->mapped = size;
    return payload;
}

Payload *payload_new(size_t bytes) {
    size_t size = mapped_size(bytes);
    Payload *payload =
        payload_made(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0), size);
    atomic_init(&payload->references, 1);
    return payload;
}

char *payload_data(const Payload *payload) {
    return (char *)(uintptr_t)payload + HEAD_SIZE;
}

Payload *payload_grow(Payload *payload, size_t bytes) {
    size_t size = mapped_size(bytes);
    return payload_made(mremap(payload, payload->mapped, size, MREMAP_MAYMOVE), size);
}

bool payload_is_shared(const Payload *payload) {
    return atomic_load_explicit(&payload->references, memory_order_acquire) > 1;
}

void payload_retain(Payload *payload) {
    atomic_fetch_add_explicit(&payload->references, 1, memory_order_relaxed);
}

void payload_release(Payload *payload) {
    if (atomic_fetch_sub_explicit(&payload->references, 1, memory_order_acq_rel) == 1) munmap(payload, payload->mapped);
}
