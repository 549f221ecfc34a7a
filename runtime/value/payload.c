/* payload.c: mappings with a head. The data begins a page behind it, so that it is aligned as well as the mapping. The data of a
 * published payload are a private mapping of its file: a page that is written to becomes the process's own. */
#include "runtime/value/payload.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

/* MADV_COLLAPSE: of Linux 6.1, which not all headers have. */
enum { HUGE_PAGE = 2 << 20, COLLAPSE = 25 };
enum { HEAD_SIZE = 4096, HUGE_LEAST = 8 << 20, /* smaller ones are not worth a huge page at each end */ MOVED = 16 << 20 };

struct MrPayload {
    _Atomic int64_t references;
    size_t mapped;     /* bytes, the head's too */
    size_t file_size;  /* of the data that are mapped from a file, published or not; 0: none */
    PayloadFile is_in; /* where it is published */
    bool is_published;
    bool is_foreign; /* the file is another process's, and what is written here is seen there */
    size_t settled;  /* the number of the last huge page that was asked for, and one more */
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

/* Addresses for so many bytes, in which data that are large begin where a huge page can. */
static void *map_new(size_t size) {
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    size_t more = size < HUGE_LEAST ? 0 : HUGE_PAGE;
    char *all = mmap(NULL, size + more, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (all == MAP_FAILED || !more) return all;
    size_t before = (2 * (size_t)HUGE_PAGE - HEAD_SIZE - (uintptr_t)all % HUGE_PAGE) % HUGE_PAGE;
    if (before) munmap(all, before);
    munmap(all + before + size, more - before);
    return all + before;
}

Payload *payload_try(size_t bytes) {
    if (bytes > PTRDIFF_MAX / 2) return NULL;
    size_t size = mapped_size(bytes);
    void *memory = map_new(size);
    if (memory == MAP_FAILED) return NULL;
    Payload *payload = payload_made(memory, size);
    atomic_init(&payload->references, 1);
    return payload;
}

Payload *payload_new(size_t bytes) {
    Payload *payload = payload_try(bytes);
    if (!payload) out_of_memory(bytes);
    return payload;
}

char *payload_data(const Payload *payload) {
    return (char *)(uintptr_t)payload + HEAD_SIZE;
}

size_t payload_size(const Payload *payload) {
    return payload->mapped - HEAD_SIZE;
}

/* A mapping of several kinds of memory cannot be moved as a whole. */
static Payload *payload_copy(Payload *payload, size_t bytes) {
    Payload *copy = payload_new(bytes);
    memcpy(payload_data(copy), payload_data(payload), payload_size(payload));
    payload_release(payload);
    return copy;
}

Payload *payload_grow(Payload *payload, size_t bytes) {
    size_t size = mapped_size(bytes);
    if (payload->file_size) return payload_copy(payload, bytes);
    return payload_made(mremap(payload, payload->mapped, size, MREMAP_MAYMOVE), size);
}

int64_t payload_references(const Payload *payload) {
    return atomic_load_explicit(&payload->references, memory_order_acquire);
}

bool payload_is_shared(const Payload *payload) {
    return payload->is_foreign || atomic_load_explicit(&payload->references, memory_order_acquire) > 1;
}

void payload_retain(Payload *payload) {
    atomic_fetch_add_explicit(&payload->references, 1, memory_order_relaxed);
}

void payload_release(Payload *payload) {
    if (atomic_fetch_sub_explicit(&payload->references, 1, memory_order_acq_rel) != 1) return;
    payload_withdraw(payload);
    munmap(payload, payload->mapped);
}

/* ---- files */

static bool file_fill(int file, const char *data, size_t size, size_t at) {
    for (size_t done = 0; done < size;) {
        ssize_t wrote = pwrite(file, data + done, size - done, (off_t)(at + done));
        if (wrote <= 0) return false;
        done += (size_t)wrote;
    }
    return true;
}

/* Descriptors are for files and connections, too: these are half of them at most, and the rest travels. */
static bool may_stay_open(int file) {
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 && (rlim_t)file < limit.rlim_cur / 2;
}

static bool file_make(size_t size, PayloadFile *out) {
    struct stat about;
    int file = memfd_create("mr-list", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    bool is_good = file >= 0 && may_stay_open(file) && ftruncate(file, (off_t)size) == 0 && fstat(file, &about) == 0;
    if (!is_good && file >= 0) close(file);
    if (is_good) *out = (PayloadFile){.file = file, .inode = about.st_ino, .size = size};
    return is_good;
}

static bool file_map(char *data, int file, size_t size, size_t at, int sharing) {
    void *place = mmap(data + at, size, PROT_READ | PROT_WRITE, sharing | MAP_FIXED | MAP_NORESERVE, file, (off_t)at);
    if (place != MAP_FAILED && size >= HUGE_LEAST) (void)madvise(place, size, MADV_HUGEPAGE);
    return place != MAP_FAILED;
}

static size_t whole_pages(size_t bytes) {
    return (bytes + HEAD_SIZE - 1) / HEAD_SIZE * HEAD_SIZE;
}

/* Nobody can make it shorter, so that reading it cannot fail. */
static bool file_seal(const PayloadFile *file) {
    return fcntl(file->file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0;
}

/* Part by part, so that there are never two of all of it. Wherever it ends, the data are what they were. */
static bool move_to_file(Payload *payload) {
    const PayloadFile *to = &payload->is_in;
    char *data = payload_data(payload);
    for (size_t at = 0, size; at < to->size; at += size) {
        size = to->size - at < MOVED ? to->size - at : MOVED;
        if (!file_fill(to->file, data + at, size, at) || !file_map(data, to->file, size, at, MAP_PRIVATE)) return false;
        if (at + size > payload->file_size) payload->file_size = at + size;
    }
    return file_seal(to);
}

bool payload_publish(Payload *payload, size_t bytes, PayloadFile *out) {
    if (payload->is_published && payload->is_in.size < bytes) payload_withdraw(payload);
    if (!payload->is_published) {
        if (!file_make(whole_pages(bytes), &payload->is_in)) return false;
        payload->is_published = move_to_file(payload);
        if (!payload->is_published) close(payload->is_in.file);
    }
    *out = payload->is_in;
    return payload->is_published;
}

void payload_withdraw(Payload *payload) {
    if (!payload->is_published) return;
    close(payload->is_in.file);
    payload->is_published = false;
}

/* A payload of so many bytes of the file. */
static Payload *payload_map(int file, size_t bytes, int sharing) {
    size_t size = whole_pages(bytes);
    Payload *payload = payload_try(size);
    if (payload && !file_map(payload_data(payload), file, size, 0, sharing)) {
        payload_release(payload);
        return NULL;
    }
    if (payload) payload->file_size = size;
    return payload;
}

Payload *payload_of_file(int file, size_t bytes) {
    return payload_map(file, bytes, MAP_PRIVATE);
}

Payload *payload_on_file(int file, size_t bytes) {
    Payload *payload = payload_map(file, bytes, MAP_SHARED);
    if (payload) payload->is_foreign = true;
    return payload;
}

Payload *payload_new_published(size_t bytes, PayloadFile *out) {
    if (bytes > PTRDIFF_MAX / 2 || !file_make(whole_pages(bytes), out)) return NULL;
    Payload *payload = file_seal(out) ? payload_of_file(out->file, bytes) : NULL;
    if (!payload) {
        close(out->file);
        return NULL;
    }
    payload->is_in = *out;
    payload->is_published = true;
    return payload;
}

/* Most systems have no huge pages for files in memory but on request. That is for memory that is there already: a page of it is
 * enough, and reading makes that, without changing what others may have written. */
void payload_settle(Payload *payload, const void *place, size_t bytes) {
    if (!payload->is_foreign || payload->file_size < HUGE_LEAST || bytes == 0) return;
    char *data = payload_data(payload);
    size_t first = (size_t)((const char *)place - data), last = first + bytes - 1;
    for (size_t page = first / HUGE_PAGE; page <= last / HUGE_PAGE; page++) {
        if (payload->settled == page + 1 || (page + 1) * HUGE_PAGE > payload->file_size) continue;
        payload->settled = page + 1;
        volatile const char *begin = data + page * HUGE_PAGE;
        (void)*begin;
        (void)madvise(data + page * HUGE_PAGE, HUGE_PAGE, COLLAPSE);
    }
}
