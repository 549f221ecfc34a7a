/* record.h: what mrrun and the parents of a run's processes tell each other, over any pair of descriptors.
 *
 * A parent is a process of the program that forks root and workers, one on each host (runtime/launch/launch.h). mrrun talks to it
 * over a socket pair, or over the pipes of ssh or srun. A record is a frame: the length of what follows in four bytes, a version,
 * the kind, the kind's fields, and the end of a line. Nothing that is read is believed: every length, number and kind is checked,
 * as in runtime/net/wire.h, and a stream that holds anything else is bad from there on.
 *
 *     mrrun → parent   TEXTs, where the parent has not inherited what they say; START, once; SPAWN, KILL, END; ALIVE
 *     parent → mrrun   HELLO, first and once; STARTED or NOT_STARTED for each SPAWN; EXIT for each that was STARTED;
 *                      ALIVE for each ALIVE
 *     a session's root → mrrun   as a parent, HELLO, STARTED; WORKERS, which mrrun answers with a WORKER for each, and WORKERS
 *
 * The end of either's input is the end of the run: the parent kills what it has started. A reader or a queue belongs to one thread.
 */
#ifndef RUNTIME_LAUNCH_RECORD_H
#define RUNTIME_LAUNCH_RECORD_H

#include "base/buf.h"
#include "runtime/net/keys.h"
#include "runtime/sched/message.h"
#include "runtime/worker/blackbox.h"

enum {
    RECORD_VERSION = 1,
    RECORD_SIZE = 1024, /* no frame takes more bytes */
    RECORD_TEXT_SIZE = 512,
    RECORD_SILENCE = 20000, /* milliseconds without a record, after an ALIVE, that a parent takes for the end of mrrun */
};

typedef enum RecordKind {
    RECORD_HELLO = 1,
    RECORD_STARTED,
    RECORD_NOT_STARTED,
    RECORD_EXIT,
    RECORD_START,
    RECORD_SPAWN,
    RECORD_KILL,
    RECORD_END,
    RECORD_TEXT,
    RECORD_ALIVE, /* mrrun says so every second where a network is in between, which may swallow its end */
    RECORD_WORKERS,
    RECORD_WORKER,
    RECORD_KINDS /* one more than the last */
} RecordKind;

typedef struct RecordHello {
    uint32_t version; /* PROTOCOL_VERSION */
    uint8_t program[MESSAGE_HASH_SIZE];
    int64_t pid; /* the parent's own */
} RecordHello;

/* What all processes of a host have in common. */
typedef struct RecordStart {
    uint32_t version;                      /* PROTOCOL_VERSION */
    uint32_t host;                         /* mrrun's number for it; 0: its own machine */
    uint32_t workers;                      /* N, of the whole run */
    uint64_t memory;                       /* bytes for each worker's values; 0: no limit */
    char directory[MESSAGE_ENDPOINT_SIZE]; /* where the run's sockets lie; mrrun has made it */
    /* Over a network instead: the scheduler's endpoint with its key, and the address where the host's processes listen ("10.0.0.7",
     * "[2001:db8::7]"). Empty otherwise. */
    char control[MESSAGE_ENDPOINT_SIZE], address[MESSAGE_NAME_SIZE];
} RecordStart;

/* Start a process. */
typedef struct RecordSpawn {
    uint32_t serial; /* mrrun's number for the process, never used twice on a host: answers and names of sockets carry it */
    Role role;
    int64_t wish; /* of a worker: see MsgHello */
    KeyPair keys; /* its own, over a network; else empty */
} RecordSpawn;

typedef struct RecordStarted {
    uint32_t serial;
    int64_t pid;
} RecordStarted;

typedef struct RecordNotStarted {
    uint32_t serial;
    int32_t reason; /* an errno */
} RecordNotStarted;

typedef struct RecordExit {
    uint32_t serial;
    Role role;
    int64_t pid;
    int32_t status;  /* as waitpid gave it */
    uint64_t peak;   /* bytes that were resident at most */
    bool ran_out;    /* the system killed it because memory ran out, as far as the parent could tell */
    BlackBoxNote at; /* what it was doing */
} RecordExit;

typedef struct RecordKill {
    int64_t pid; /* one of this parent's; any other is ignored */
} RecordKill;

typedef struct RecordEnd {
    uint32_t patience; /* milliseconds until the processes that are left are killed */
} RecordEnd;

/* A worker that has said HELLO and has not left. */
typedef struct RecordWorker {
    uint32_t number;
    int64_t pid;
    char place[MESSAGE_NAME_SIZE]; /* for people: the host */
} RecordWorker;

/* What a process on another host needs of those that a forked one inherits. Texts of any length come in pieces, one after another.
 */
typedef enum TextKind {
    TEXT_ARGUMENT, /* of the program, in order; the first is its name */
    TEXT_FOLDER,   /* where mrrun was started */
    TEXT_SETTING,  /* of the environment: "NAME=value" */
    TEXT_KINDS
} TextKind;

typedef struct RecordText {
    TextKind kind;
    bool is_last; /* the text ends here */
    char piece[RECORD_TEXT_SIZE];
} RecordText;

typedef struct Record {
    RecordKind kind;
    union {
        RecordHello hello;
        RecordStarted started;
        RecordNotStarted not_started;
        RecordExit exit;
        RecordStart start;
        RecordSpawn spawn;
        RecordKill kill;
        RecordEnd end;
        RecordText text;
        RecordWorker worker;
    } as;
} Record;

void record_add(Buf *out, const Record *record); /* appends the frame */

typedef enum RecordState {
    RECORD_GOT,
    RECORD_NONE, /* no whole record is there yet */
    RECORD_BAD,  /* what is there is no record: the stream is of no use any more */
} RecordState;

/* What was received and not yet taken. All-zero is empty; record_free gives its memory back. */
typedef struct RecordQueue {
    Buf bytes;
    size_t taken; /* at its front, of records that were given out */
} RecordQueue;

/* The next record of what record_receive has brought. */
RecordState record_next(RecordQueue *queue, Record *record);

/* Reads once what `fd` has; waits when there is nothing, unless it is non-blocking. False: the stream has ended, or failed. */
bool record_receive(RecordQueue *queue, int fd);
void record_free(RecordQueue *queue);

/* Writes `out` from its front as far as `fd` takes it, and removes what was written: all of it unless the descriptor is
 * non-blocking. False: nobody reads it any more. SIGPIPE must be ignored. */
bool record_write(Buf *out, int fd);

#endif
