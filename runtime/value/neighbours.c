/* neighbours.c: files of other processes, opened through /proc, and those that are mapped at present. */
#include "runtime/value/neighbours.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

enum { VIEWS = 32, RESTS = 4 /* calls of neighbours_rest until a view is given up */ };

typedef struct View {
    NeighbourPlace place;
    Payload *payload; /* NULL: free */
    bool is_written;
    int rests; /* since it was used */
} View;

struct Neighbours {
    uint64_t host, pid;
    bool are_all;
    pthread_mutex_t mutex; /* guards the views */
    View views[VIEWS];
};

bool neighbours_are_all(const Neighbours *neighbours) {
    return neighbours->are_all;
}

Neighbours *neighbours_new(uint64_t host, bool are_all) {
    Neighbours *neighbours = xcalloc(1, sizeof *neighbours);
    neighbours->are_all = are_all;
    neighbours->host = host;
    neighbours->pid = (uint64_t)getpid();
    pthread_mutex_init(&neighbours->mutex, NULL);
    return neighbours;
}

static void view_free(View *view) {
    if (view->payload) payload_release(view->payload);
    *view = (View){0};
}

void neighbours_free(Neighbours **neighbours) {
    Neighbours *self = *neighbours;
    if (!self) return;
    for (size_t i = 0; i < VIEWS; i++) view_free(&self->views[i]);
    pthread_mutex_destroy(&self->mutex);
    free(self);
    *neighbours = NULL;
}

static NeighbourPlace place_of(const Neighbours *neighbours, const PayloadFile *file) {
    NeighbourPlace place = {.host = neighbours->host, .pid = neighbours->pid, .file = (uint64_t)file->file};
    place.inode = file->inode;
    place.size = file->size;
    return place;
}

bool neighbours_tell(const Neighbours *neighbours, Payload *payload, size_t bytes, NeighbourPlace *place) {
    PayloadFile file;
    if (!neighbours->host || !payload_publish(payload, bytes, &file)) return false;
    *place = place_of(neighbours, &file);
    return true;
}

Payload *neighbours_offer(const Neighbours *neighbours, size_t bytes, NeighbourPlace *place) {
    PayloadFile file;
    Payload *payload = neighbours->host ? payload_new_published(bytes, &file) : NULL;
    if (payload) *place = place_of(neighbours, &file);
    return payload;
}

/* Is it a file that we may read without a risk? */
static bool file_is_sound(int file, const NeighbourPlace *place) {
    struct stat about;
    if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode) || about.st_uid != geteuid()) return false;
    if (about.st_ino != place->inode || about.st_size < 0 || (uint64_t)about.st_size < place->size) return false;
    int seals = fcntl(file, F_GET_SEALS);
    return seals >= 0 && seals & F_SEAL_SHRINK;
}

enum { PATH_SIZE = 64 };

static void put_path(const NeighbourPlace *place, char path[PATH_SIZE]) {
    snprintf(path, PATH_SIZE, "/proc/%llu/fd/%llu", (unsigned long long)place->pid, (unsigned long long)place->file);
}

static Payload *open_payload(const NeighbourPlace *place, bool is_written) {
    char path[PATH_SIZE];
    put_path(place, path);
    int file = open(path, (is_written ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    Payload *payload = NULL;
    if (file >= 0 && file_is_sound(file, place))
        payload = is_written ? payload_on_file(file, place->size) : payload_of_file(file, place->size);
    if (file >= 0) close(file);
    return payload;
}

static bool is_same(const NeighbourPlace *a, const NeighbourPlace *b) {
    return a->pid == b->pid && a->file == b->file && a->inode == b->inode && a->size == b->size;
}

/* Nobody uses it here, and its owner has it no more, who may need the memory. */
static bool is_left(const View *view) {
    char path[PATH_SIZE];
    struct stat about;
    if (!view->payload || payload_references(view->payload) > 1) return false;
    put_path(&view->place, path);
    return stat(path, &about) != 0 || about.st_ino != view->place.inode;
}

static void sweep(Neighbours *neighbours) {
    for (size_t i = 0; i < VIEWS; i++)
        if (is_left(&neighbours->views[i])) view_free(&neighbours->views[i]);
}

/* Under the mutex: the view of that place, or one that is free or was not used for longest. */
static View *find_view(Neighbours *neighbours, const NeighbourPlace *place) {
    View *oldest = &neighbours->views[0];
    for (size_t i = 0; i < VIEWS; i++) {
        View *view = &neighbours->views[i];
        if (view->payload && is_same(&view->place, place)) return view;
        if (oldest->payload && (!view->payload || view->rests > oldest->rests)) oldest = view;
    }
    return oldest;
}

static Payload *find_payload(Neighbours *neighbours, const NeighbourPlace *place, size_t bytes, bool is_written) {
    if (!neighbours->host || place->host != neighbours->host || place->size < bytes || place->size > PTRDIFF_MAX / 2) return NULL;
    pthread_mutex_lock(&neighbours->mutex);
    View *view = find_view(neighbours, place);
    bool is_known = view->payload && is_same(&view->place, place) && (view->is_written || !is_written);
    if (!is_known) sweep(neighbours);
    Payload *payload = is_known ? view->payload : open_payload(place, is_written);
    if (payload && !is_known) {
        view_free(view);
        *view = (View){.place = *place, .payload = payload, .is_written = is_written};
    }
    view->rests = 0;
    if (payload) payload_retain(payload);
    pthread_mutex_unlock(&neighbours->mutex);
    return payload;
}

Payload *neighbours_find(Neighbours *neighbours, const NeighbourPlace *place, size_t bytes) {
    return find_payload(neighbours, place, bytes, false);
}

Payload *neighbours_find_offered(Neighbours *neighbours, const NeighbourPlace *place, size_t bytes) {
    return find_payload(neighbours, place, bytes, true);
}

void neighbours_rest(Neighbours *neighbours) {
    if (!neighbours) return;
    pthread_mutex_lock(&neighbours->mutex);
    for (size_t i = 0; i < VIEWS; i++) {
        View *view = &neighbours->views[i];
        if (is_left(view)) view_free(view);
        if (!view->payload) continue;
        view->rests = payload_references(view->payload) > 1 ? 0 : view->rests + 1;
        if (view->rests >= RESTS) view_free(view);
    }
    pthread_mutex_unlock(&neighbours->mutex);
}
