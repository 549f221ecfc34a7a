/* segment.c: a holder's regions and a consumer's views of others'. */
#include "runtime/net/segment.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/checksum.h"
#include "runtime/sched/guard.h"
#include "runtime/sched/pull.h"

enum { REGION_SIZE = PULL_WINDOW * MESSAGE_PIECE_SIZE };
#define IN_USE ((uint64_t)1000000000) /* a region that was written to less than this ago may still be read */

typedef struct Region {
    char *memory; /* NULL: not made */
    int file;
    uint64_t inode, used_at, job;
    uint32_t peer, pull; /* whose pieces lie there */
} Region;

typedef struct View {
    void *memory; /* NULL: free */
    size_t size;
    uint64_t pid, file, inode, used_at;
} View;

struct Segments {
    uint64_t host, rested_at;
    uint64_t pid;
    Region regions[SEGMENT_REGIONS];
    View views[SEGMENT_VIEWS];
};

/* ---- who can open whose */

static void add_line(Buf *text, const char *path) {
    char line[256] = "";
    FILE *file = fopen(path, "re");
    if (file && fgets(line, sizeof line, file)) buf_add_text(text, line);
    if (file) fclose(file);
}

uint64_t segments_this_host(void) {
    Buf text = {0};
    struct stat space;
    add_line(&text, "/proc/sys/kernel/random/boot_id");
    bool is_known = text.len > 0 && stat("/proc/self/ns/pid", &space) == 0;
    if (is_known) buf_printf(&text, " %llu %u", (unsigned long long)space.st_ino, (unsigned)geteuid());
    uint64_t host = is_known ? checksum64(text.data, text.len, 0) : 0;
    buf_free(&text);
    return host;
}

Segments *segments_new(void) {
    Segments *segments = xcalloc(1, sizeof *segments);
    segments->host = segments_this_host();
    segments->pid = (uint64_t)getpid();
    return segments;
}

uint64_t segments_host(const Segments *segments) {
    return segments->host;
}

/* ---- a holder's regions */

static void region_free(Region *region) {
    if (!region->memory) return;
    munmap(region->memory, REGION_SIZE);
    close(region->file);
    *region = (Region){0};
}

static bool region_make(Region *region) {
    int file = memfd_create("mr-segment", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    struct stat about;
    void *memory = MAP_FAILED;
    bool is_good = file >= 0 && ftruncate(file, REGION_SIZE) == 0 && fstat(file, &about) == 0 &&
                   fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
    if (is_good) memory = mmap(NULL, REGION_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) {
        if (file >= 0) close(file);
        return false;
    }
    *region = (Region){.memory = memory, .file = file, .inode = about.st_ino};
    return true;
}

/* The region of a pull: its own, or one that nobody has used for a while. */
static Region *find_region(Segments *segments, uint32_t peer, const Message *piece, uint64_t now) {
    Region *oldest = &segments->regions[0];
    for (size_t i = 0; i < SEGMENT_REGIONS; i++) {
        Region *region = &segments->regions[i];
        if (region->memory && region->peer == peer && region->pull == piece->as.piece.pull && region->job == piece->job)
            return region;
        if (!region->memory || (oldest->memory && region->used_at < oldest->used_at)) oldest = region;
        if (!oldest->memory) break;
    }
    if (oldest->memory ? now - oldest->used_at < IN_USE : !region_make(oldest)) return NULL;
    oldest->peer = peer;
    oldest->pull = piece->as.piece.pull;
    oldest->job = piece->job;
    return oldest;
}

bool segments_put(Segments *segments, uint32_t peer, const Message *piece, uint64_t now, SegmentPlace *place) {
    if (piece->size < SEGMENT_LEAST || piece->size > MESSAGE_PIECE_SIZE) return false;
    Region *region = find_region(segments, peer, piece, now);
    if (!region) return false;
    region->used_at = now;
    uint64_t at = piece->as.piece.offset / MESSAGE_PIECE_SIZE % PULL_WINDOW * MESSAGE_PIECE_SIZE;
    memcpy(region->memory + at, piece->bytes, piece->size);
    *place = (SegmentPlace){.pid = segments->pid, .file = (uint64_t)region->file, .inode = region->inode, .at = at};
    place->length = piece->size;
    place->checksum = IS_GUARDED ? checksum64(piece->bytes, piece->size, 0) : 0;
    return true;
}

/* ---- a consumer's views */

static void view_free(View *view) {
    if (view->memory) munmap(view->memory, view->size);
    *view = (View){0};
}

/* Is it a file that we may read without a risk? Then it is mapped as a whole. */
static bool view_map(View *view, int file, const SegmentPlace *place) {
    struct stat about;
    if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode) || about.st_uid != geteuid()) return false;
    if (about.st_ino != place->inode || about.st_size <= 0 || about.st_size > REGION_SIZE) return false;
    int seals = fcntl(file, F_GET_SEALS);
    if (seals < 0 || !(seals & F_SEAL_SHRINK)) return false;
    void *memory = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) return false;
    view_free(view);
    *view = (View){.memory = memory, .size = (size_t)about.st_size};
    view->pid = place->pid;
    view->file = place->file;
    view->inode = place->inode;
    return true;
}

static bool view_open(View *view, const SegmentPlace *place) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%llu/fd/%llu", (unsigned long long)place->pid, (unsigned long long)place->file);
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    bool is_good = file >= 0 && view_map(view, file, place);
    if (file >= 0) close(file);
    return is_good;
}

const void *segments_find(Segments *segments, const SegmentPlace *place, uint64_t now) {
    View *view = NULL, *oldest = &segments->views[0];
    for (size_t i = 0; i < SEGMENT_VIEWS && !view; i++) {
        View *item = &segments->views[i];
        bool is_it = item->memory && item->inode == place->inode && item->pid == place->pid && item->file == place->file;
        if (is_it) view = item;
        if (item->used_at < oldest->used_at) oldest = item;
    }
    if (!view) {
        if (!view_open(oldest, place)) return NULL;
        view = oldest;
    }
    view->used_at = now;
    bool is_inside = place->length <= view->size && place->at <= view->size - place->length;
    return is_inside ? (const char *)view->memory + place->at : NULL;
}

/* ---- both */

void segments_rest(Segments *segments, uint64_t now) {
    if (now - segments->rested_at < SEGMENT_REST / 2) return;
    segments->rested_at = now;
    for (size_t i = 0; i < SEGMENT_REGIONS; i++)
        if (now - segments->regions[i].used_at >= SEGMENT_REST) region_free(&segments->regions[i]);
    for (size_t i = 0; i < SEGMENT_VIEWS; i++)
        if (now - segments->views[i].used_at >= SEGMENT_REST) view_free(&segments->views[i]);
}

void segments_free(Segments **segments) {
    Segments *self = *segments;
    if (!self) return;
    for (size_t i = 0; i < SEGMENT_REGIONS; i++) region_free(&self->regions[i]);
    for (size_t i = 0; i < SEGMENT_VIEWS; i++) view_free(&self->views[i]);
    free(self);
    *segments = NULL;
}
