/* record.c: writing a record's head, and reading a file record by record, with every sum checked. */
#include "runtime/journal/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/checksum.h"

enum { PART = 1 << 18 };

static const char magic[4] = {'M', 'R', 'J', '\n'};

/* The head's fields, as they stand in the file. */
typedef struct Head {
    char magic[4];
    uint32_t kind;
    uint64_t meta_size, data_size, meta_sum;
    uint8_t data_sum[CHECKSUM_NAME_SIZE];
    uint64_t sum; /* of all before it */
} Head;

_Static_assert(sizeof(Head) == ENTRY_HEAD, "a head has no holes");

static uint64_t head_sum(const Head *head, uint64_t place) {
    return checksum64(head, offsetof(Head, sum), place);
}

void entry_head(char out[ENTRY_HEAD], EntryKind kind, uint64_t place, const Buf *meta, const Buf *data) {
    Head head = {.kind = (uint32_t)kind, .meta_size = meta->len, .data_size = data->len};
    memcpy(head.magic, magic, sizeof magic);
    head.meta_sum = checksum64(meta->data, meta->len, place);
    checksum128(head.data_sum, data->data, data->len);
    head.sum = head_sum(&head, place);
    memcpy(out, &head, sizeof head);
}

/* ---- reading */

bool entry_may_begin(int fd) {
    char start[sizeof magic];
    ssize_t count = pread(fd, start, sizeof start, 0);
    return count < 0 || memcmp(start, magic, (size_t)count) == 0;
}

bool entry_scan_start(EntryScan *scan, int fd) {
    struct stat status;
    *scan = (EntryScan){.fd = fd};
    if (fstat(fd, &status) != 0) {
        scan->reason = errno;
        return false;
    }
    scan->end = (uint64_t)status.st_size;
    return true;
}

void entry_scan_end(EntryScan *scan) {
    buf_free(&scan->meta);
}

/* False: fewer bytes are there than the file had, or it cannot be read. */
static bool read_at(EntryScan *scan, void *into, size_t size, uint64_t at) {
    for (size_t got = 0; got < size;) {
        ssize_t count = pread(scan->fd, (char *)into + got, size - got, (off_t)(at + got));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) scan->reason = errno;
        if (count <= 0) return false;
        got += (size_t)count;
    }
    return true;
}

static bool head_is_good(const Head *head, uint64_t place) {
    return memcmp(head->magic, magic, sizeof magic) == 0 && head->sum == head_sum(head, place) && head->kind >= ENTRY_RUN &&
           head->kind < ENTRY_KINDS && head->meta_size <= ENTRY_META && head->data_size < ENTRY_DATA;
}

/* False: it is not what was written; scan->reason says whether that could be seen at all. */
static bool meta_is_good(EntryScan *scan, const Head *head, uint64_t place) {
    scan->meta.len = 0;
    buf_reserve(&scan->meta, (size_t)head->meta_size + 1);
    scan->meta.len = (size_t)head->meta_size;
    return read_at(scan, scan->meta.data, (size_t)head->meta_size, place + ENTRY_HEAD) &&
           checksum64(scan->meta.data, scan->meta.len, place) == head->meta_sum;
}

static bool data_is_good(EntryScan *scan, const Head *head, uint64_t at) {
    uint8_t sum[CHECKSUM_NAME_SIZE];
    char *part = xmalloc(PART);
    Digest *digest = digest_new();
    bool is_read = true;
    for (uint64_t left = head->data_size; is_read && left;) {
        size_t size = left < PART ? (size_t)left : PART;
        is_read = read_at(scan, part, size, at);
        if (is_read) digest_add(digest, part, size);
        at += size;
        left -= size;
    }
    digest_end(&digest, sum);
    free(part);
    return is_read && memcmp(sum, head->data_sum, sizeof sum) == 0;
}

/* The head at scan->at; false: there is none that can be used. */
static bool read_head(EntryScan *scan, Head *head) {
    uint64_t left = scan->end - scan->at;
    size_t size = left < sizeof *head ? (size_t)left : sizeof *head;
    if (left == 0 || scan->is_cut || scan->is_damaged || scan->reason || !read_at(scan, head, size, scan->at)) return false;
    bool is_whole = size == sizeof *head;
    bool is_good = is_whole ? head_is_good(head, scan->at) : memcmp(head, magic, size < sizeof magic ? size : sizeof magic) == 0;
    scan->is_damaged = !is_good;
    scan->is_cut = is_good && (!is_whole || head->meta_size + head->data_size > left - ENTRY_HEAD);
    return is_good && !scan->is_cut;
}

bool entry_scan_next(EntryScan *scan, Entry *record) {
    Head head;
    while (read_head(scan, &head)) {
        uint64_t place = scan->at, data_at = place + ENTRY_HEAD + head.meta_size;
        bool is_good = meta_is_good(scan, &head, place) && data_is_good(scan, &head, data_at);
        if (scan->reason) return false;
        scan->at = data_at + head.data_size;
        scan->skipped += !is_good;
        if (!is_good) continue;
        scan->from = place;
        *record = (Entry){(EntryKind)head.kind, scan->meta.data, scan->meta.len, data_at, head.data_size};
        return true;
    }
    return false;
}
