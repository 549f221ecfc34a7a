/* rendezvous.h: the file by which the ranks of a run find each other, when an engine (runtime/launch/ranks.h) has started them.
 *
 * Rank 0 writes it into a directory that all ranks see, under the engine's name for the run: where the scheduler listens, and
 * a pair of keys for each other rank. Only its user may read it, it appears whole, and it is removed as soon as all ranks have
 * come. What others find there is not believed: it must be the user's own, of this program, well-formed and of about now. */
#ifndef RUNTIME_LAUNCH_RENDEZVOUS_H
#define RUNTIME_LAUNCH_RENDEZVOUS_H

#include "runtime/net/keys.h"
#include "runtime/sched/message.h"

#define RENDEZVOUS_VARIABLE "MR_RENDEZVOUS"

enum {
    RENDEZVOUS_PATH_SIZE = 4096,
    RENDEZVOUS_RANKS = 4096,  /* at most */
    RENDEZVOUS_PATIENCE = 30, /* seconds until ranks are missing */
    RENDEZVOUS_STALE = 120,   /* seconds after which a file is none of a run that begins; clocks may differ by the difference */
};

typedef struct Rendezvous {
    uint8_t program[MESSAGE_HASH_SIZE];
    char control[MESSAGE_ENDPOINT_SIZE]; /* the scheduler's endpoint, with its key */
    uint32_t count;
    KeyPair *pairs; /* `count`: of each rank but 0, in order. rendezvous_free wipes them. */
} Rendezvous;

/* Pairs for the ranks of a run. False: there is no CURVE. */
bool rendezvous_make(Rendezvous *rendezvous, uint32_t ranks);
void rendezvous_free(Rendezvous *rendezvous);

/* Where the file of the run `name` lies: in the directory that MR_RENDEZVOUS names, or in ~/.cache/mr, which is made, or in the
 * working directory. False: *error, malloc'ed. */
bool rendezvous_path(char path[RENDEZVOUS_PATH_SIZE], const char *name, char **error);

/* Replaces what lies there. False: *error, malloc'ed, and nothing lies there. */
bool rendezvous_write(const char *path, const Rendezvous *rendezvous, char **error);

typedef enum RendezvousFound {
    RENDEZVOUS_FOUND,
    RENDEZVOUS_NOT_YET, /* there is no file, or one of another run */
    RENDEZVOUS_BAD,     /* somebody else's, or not what rendezvous_write writes */
} RendezvousFound;

/* `program`: whose run it must be. */
RendezvousFound rendezvous_read(const char *path, const uint8_t program[MESSAGE_HASH_SIZE], Rendezvous *rendezvous, char **error);

/* The same of a file's content: anybody's bytes. */
RendezvousFound rendezvous_parse(const char *text, size_t size, Rendezvous *rendezvous);

#endif
