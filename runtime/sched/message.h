/* message.h: what root, scheduler and workers say to each other.
 *
 * A Message is plain data: a kind, the job that it belongs to, one member of a union, and at most one stretch of bytes (`bytes`).
 * Copying a Message copies all but those bytes. Who owns them: in a message that was received, the receiver of the datagram, and
 * they are valid until the step function that got the message returns; in a message to be sent, the state machine that made it,
 * and they are valid until its next step. Nothing else in a Message points anywhere.
 *
 * These structs are what the state machines see. Their encoding is runtime/net/wire.c, which also checks every limit below:
 * a message that reaches a state machine has texts ended by a NUL, lengths within limits and a known kind. What a message *means*
 * (unknown job, late, repeated) is judged by the state machines, never asserted.
 *
 * Numbers of chunks, elements and bytes are counts; times are nanoseconds; -1 in an int64_t is "none".
 *
 * Who sends what (R root, S scheduler, W worker, O the owner of a job: the root or a worker; `data` is the connection from a
 * consumer to a holder's data endpoint):
 *
 *     HELLO R,W→S   WELCOME S→R,W   JOB_SUBMIT O→S   JOB_START S→W   RANGE S→W   RANGE_DONE W→S   CANCEL_AFTER S→W   REVOKE S→W
 *     MERGE S→W     MERGE_VOID S→W  MERGE_DONE W→S   JOB_DONE S→O     JOB_PROGRESS S→O   JOB_END O→S→W   STATS W→S
 *     JOIN W→S      PART S→W        PART_TAKEN W→S   IDLE S→W         GET W→W,R and R→W on data   PIECE the answer
 *     WORKER_LOST S→O   UNREACHABLE R,W→S   POISON S→O   HEARTBEAT all on control   FAIL R,W→S   BYE R,W→S   SHUTDOWN S→R,W   ALLOW
 * S→R,W
 *
 * A worker's number is its own for ever: who replaces a lost worker gets a number that nobody ever had. So a late message of
 * somebody who was given up is known by its sender.
 *
 * A partial result lies in a bag, which has a number in its job, chosen by the scheduler. RANGE and MERGE say into which bag of the
 * receiver something goes; one that is new there is empty. A bag is open until it is asked for (GET DATA_BAG), or another takes it
 * in; then it is frozen: encoded once, and kept until JOB_END, for whoever asks and how often. */
#ifndef RUNTIME_SCHED_MESSAGE_H
#define RUNTIME_SCHED_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PROTOCOL_VERSION = 7,
    MESSAGE_HASH_SIZE = 16,                /* bytes of a program's or a task's hash */
    MESSAGE_JOB_NAME_SIZE = 16,            /* bytes of a job's full name, by which a journal knows it */
    MESSAGE_INPUTS_SIZE = 256,             /* bytes of what tells people a job's input, with its NUL */
    MESSAGE_ENDPOINT_SIZE = 128,           /* bytes of an endpoint with its NUL, "ipc:///tmp/mr-1234/w3" */
    MESSAGE_NAME_SIZE = 64,                /* bytes of a worker's name with its NUL, "host:pid" or "thread 3" */
    MESSAGE_TEXT_SIZE = 512,               /* bytes of an error's text with its NUL, UTF-8 */
    MESSAGE_INLINE_BLOB = 4096,            /* captures up to this size travel in JOB_SUBMIT and JOB_START */
    MESSAGE_PIECE_SIZE = 1 << 19,          /* bytes of data in one PIECE at most */
    MESSAGE_KEY_SIZE = 32,                 /* bytes of a public key */
    MESSAGE_KEYS = 1024,                   /* keys in one ALLOW at most */
    MESSAGE_LISTS = 64,                    /* lists that one job cuts by chunks, at most */
    MESSAGE_WORKERS = 65536,               /* workers of a run at most */
    MESSAGE_JOURNAL = MESSAGE_WORKERS - 1, /* where a worker is named as a bag's holder: the journal, and no worker */
};
/* A job's number says who owns it: 0 the root, w + 1 worker w. Each owner counts its own from 1 up. */
#define JOB_NUMBER(owner, count) ((uint64_t)(owner) << 40 | (count))
#define JOB_OWNER(number)        ((number) >> 40)
#define JOB_COUNT(number)        ((number) & (((uint64_t)1 << 40) - 1))

/* The chunk count of a job is at most this; the tree's arithmetic then never overflows. */
#define MESSAGE_CHUNKS ((uint64_t)1 << 40)

typedef enum MessageKind {
    MSG_HELLO = 1,
    MSG_WELCOME,
    MSG_JOB_SUBMIT,
    MSG_JOB_START,
    MSG_RANGE,
    MSG_RANGE_DONE,
    MSG_CANCEL_AFTER,
    MSG_REVOKE,
    MSG_MERGE,
    MSG_MERGE_VOID,
    MSG_MERGE_DONE,
    MSG_JOB_DONE,
    MSG_JOB_PROGRESS,
    MSG_JOB_END,
    MSG_JOIN,
    MSG_PART,
    MSG_PART_TAKEN,
    MSG_IDLE,
    MSG_GET,
    MSG_PIECE,
    MSG_HEARTBEAT,
    MSG_STATS,
    MSG_WORKER_LOST,
    MSG_UNREACHABLE,
    MSG_POISON,
    MSG_FAIL,
    MSG_BYE,
    MSG_SHUTDOWN,
    MSG_ACK,
    MSG_ALLOW,
    MSG_KINDS /* one more than the last kind */
} MessageKind;

typedef enum Role { ROLE_ROOT = 1, ROLE_WORKER } Role;

/* The first message on a control connection; nothing else is listened to before it. */
typedef struct MsgHello {
    Role role;
    uint32_t version;                          /* PROTOCOL_VERSION of the sender */
    uint8_t program[MESSAGE_HASH_SIZE];        /* the executable's hash: it must be the same in root and workers */
    char data_endpoint[MESSAGE_ENDPOINT_SIZE]; /* where the sender's data socket listens */
    char name[MESSAGE_NAME_SIZE];              /* for people */
    uint32_t host;                             /* where it runs: the launcher's number for it, 0 for the scheduler's own machine */
    int64_t pid;                               /* the process, on that host; matched with the supervisor's reports */
    int64_t wish;                              /* the worker number it would like (its place in the launcher's list), or -1 */
} MsgHello;

typedef struct MsgWelcome {
    uint32_t worker;  /* the receiver's number, 0 ≤ worker < MESSAGE_WORKERS; 0 for the root, where it means nothing */
    uint32_t workers; /* N: how many workers the run was asked to have */
    bool has_journal; /* for the root: there is a journal, and jobs need names */
    bool is_resumed;  /* the same: and it knows jobs of an earlier run */
} MsgWelcome;

enum {
    JOB_EXACT_COMMUTATIVE = 1 << 0, /* partial results may be combined in any order: a bag is one value and the chunks it covers */
    JOB_MAY_STOP_EARLY = 1 << 1,    /* a chunk may make all later ones needless (first, any, all) */
    JOB_IS_WATCHED = 1 << 2,        /* somebody may ask how far it is: JOB_PROGRESS is sent now and then */
    /* Of a worker: what others map comes back range by range, and there are no merges. Its ranges are given only to workers that
     * have nothing to do, and to its owner when that has joined. */
    JOB_BY_RANGES = 1 << 3,
    /* The result is a table, whose parts by the hashes of keys may be merged each for itself, and of which what is not asked for
     * may be left out. What is mapped of a range is at once mixed with what else is in its bag, so a range that was begun cannot be
     * revoked. */
    JOB_BY_KEY = 1 << 4,
    /* The captures blob says where in its owner's memory the lists lie: a worker of the same host reads them there, and pulls
     * slices only if it cannot. */
    JOB_LENDS = 1 << 5,
    /* What is made of a chunk may be kept where it was made (cache): each worker begins with the same part of the chunks as in
     * other such jobs of as many chunks. */
    JOB_REMEMBERS = 1 << 6,
    JOB_FLAGS =
        JOB_EXACT_COMMUTATIVE | JOB_MAY_STOP_EARLY | JOB_IS_WATCHED | JOB_BY_RANGES | JOB_BY_KEY | JOB_LENDS | JOB_REMEMBERS,
};

/* What a job is. `bytes` of the message that carries it is the captures blob when blob_size ≤ MESSAGE_INLINE_BLOB, else empty:
 * then each worker pulls it once from the owner (GET DATA_CAPTURES). The blob is opaque here; it also names the sources. */
typedef struct JobSpec {
    uint8_t task[MESSAGE_HASH_SIZE]; /* the kernel, found in the program's task table */
    uint8_t code[MESSAGE_HASH_SIZE]; /* the object code that it lies in (code.h), which a worker that lacks it pulls from the owner
                                        (GET DATA_CODE); all zero: the executable. Between threads, a number for it */
    uint64_t chunks;                 /* n: the tree's leaves are 0 … n-1; at most MESSAGE_CHUNKS */
    uint64_t elements, size;         /* of the whole input, for people: elements where known, bytes where known; else 0 */
    uint64_t blob_size;              /* bytes of the encoded captures */
    uint32_t lists;                  /* sources that lie in the owner and are cut by chunks: a worker pulls, for each range that it
                                        is given, slice 0 … lists-1 (GET DATA_SLICE); at most MESSAGE_LISTS */
    uint32_t flags;                  /* JOB_* */
    uint64_t grain;                  /* chunks that a range should have at least, to be worth its messages; 0 is taken as 1 */
} JobSpec;

/* What ended a range or a merge before its last chunk. Neither is an error of the protocol: the node's frame says more. */
typedef enum EndKind {
    END_NONE,    /* every chunk was computed, or those left out were cancelled */
    END_STOPPED, /* after `end_chunk` no chunk is needed (first, any, all) */
    END_FAILED,  /* `end_chunk` holds an error, or a combine failed whose node ends with `end_chunk` */
} EndKind;

/* By which a journal knows a job of the root; all zero where there is none. */
typedef struct JobName {
    /* Two jobs of one name have one result: it is made of the kernel, what it captures, the elements of its lists, the path, size
     * and time of the files that it walks, and how many jobs like that were before it. */
    uint8_t name[MESSAGE_JOB_NAME_SIZE];
    uint8_t work[MESSAGE_JOB_NAME_SIZE]; /* the same without the files' sizes and times: a job that only these tell apart */
    char inputs[MESSAGE_INPUTS_SIZE];    /* for people: the files; empty where there are none */
} JobName;

typedef struct MsgJobSubmit {
    JobSpec spec;
    JobName name;
    uint64_t mapped; /* BY_RANGES: the owner has mapped the chunks before this one ... */
    uint64_t kept;   /* ... and maps those from there to before this one: it answers with RANGE_DONE unless there are none */
} MsgJobSubmit;

/* Sent to a worker before the first range of the job that it is given. */
typedef struct MsgJobStart {
    JobSpec spec;
    uint64_t serial; /* counts those that were sent to this worker up from 1: one that is not newer than the last is a repetition */
    char owner_endpoint[MESSAGE_ENDPOINT_SIZE]; /* the owner's data endpoint, for captures and slices */
} MsgJobStart;

typedef struct MsgRange {
    uint64_t range;        /* names it in the job: counts up from 1, so that one that is not newer than the last is a repetition */
    uint64_t first, count; /* chunks first … first+count-1; count ≥ 1 */
    uint32_t bag; /* what is mapped goes into this bag; BY_RANGES: which has nothing else; 0: it is the owner's own range */
} MsgRange;

typedef struct MsgRangeDone {
    uint64_t range;          /* as in the RANGE that it answers; 0: what the owner kept of its job when it submitted it */
    uint64_t first, count;   /* the same */
    uint64_t done;           /* chunks computed, from `first` on; less than `count` only after an end or a CANCEL_AFTER */
    uint64_t elements, size; /* read by those chunks; size in bytes of input */
    uint64_t nanoseconds;    /* spent computing them */
    uint64_t ended;          /* when that was over, by the clock of the worker's machine */
    uint64_t pulled;         /* bytes of slices pulled from the owner for this range */
    int64_t end_chunk;       /* where it ended, see EndKind; a chunk that stopped or failed counts as done; -1 with END_NONE */
    EndKind end;
    uint64_t weight;  /* BY_KEY: about how many bytes the bag takes that it went into */
    uint32_t credits; /* ranges that the worker may hold at a time, as it sees it now; 0 is taken as 1 */
    uint64_t
        bag_size; /* BY_RANGES, not from the owner: bytes of what was mapped, encoded; up to MESSAGE_INLINE_BLOB it is `bytes` */
} MsgRangeDone;

/* Of a range that somebody else has mapped meanwhile: it need not be mapped; the receiver answers with RANGE_DONE, and may leave
 * out all chunks that it has not begun (done < count). */
typedef struct MsgRevoke {
    uint64_t range;
} MsgRevoke;

/* BY_KEY: part `first` of `count` of the table, which lies in this bag; `size` is 0. All parts are told of before JOB_DONE.
 *
 * BY_RANGES: what a worker mapped of a job, for its owner. `bytes` is the encoded bag when it is small enough; else the owner pulls
 * it (GET DATA_BAG), and answers with PART_TAKEN. */
typedef struct MsgPart {
    uint64_t first, count;
    uint64_t size;   /* of the encoded bag */
    uint32_t worker; /* who mapped it and holds it, under this bag's number */
    uint32_t bag;
    char endpoint[MESSAGE_ENDPOINT_SIZE];
} MsgPart;

/* The answer to a PART without its bytes: the owner has it now, or it never will, because its holder is lost or does not answer;
 * its chunks are then mapped again. */
typedef struct MsgPartTaken {
    uint32_t bag;
    bool taken;
} MsgPartTaken;

/* JOIN has no fields: the owner of a job BY_RANGES, a worker, has nothing to do but wait for it, and maps ranges of it until it is
 * done. */

/* How many workers have nothing to do; said to those that are busy, now and then, when it changes. */
typedef struct MsgIdle {
    uint32_t workers;
} MsgIdle;

typedef struct MsgCancelAfter {
    uint64_t chunk; /* chunks after this one are not needed; those before it still are */
} MsgCancelAfter;

/* The receiver pulls bag `from_bag` of worker `from` (GET DATA_BAG), who may be the receiver itself, and merges it into its bag
 * `into`. With parts > 1, of a keyed result: only the part `part` of `parts`, by the hash of the key. */
typedef struct MsgMerge {
    uint32_t step; /* counts the merges of a job up from 1; a step that is not newer than the last one is ignored */
    uint32_t into;
    uint32_t from, from_bag;
    uint32_t part, parts;                 /* part < parts; 0 of 1 is the whole */
    char endpoint[MESSAGE_ENDPOINT_SIZE]; /* worker `from`'s data endpoint */
} MsgMerge;

/* That merge is not wanted any more: its source is lost. MERGE_DONE says what has become of it. */
typedef struct MsgMergeVoid {
    uint32_t step;
} MsgMergeVoid;

/* The answer to each MERGE, whatever has become of it. */
typedef struct MsgMergeDone {
    uint32_t step;
    bool merged;          /* false: nothing of it is in the bag `into`, and never will be; what follows is then 0, end_chunk -1 */
    uint64_t nodes;       /* in the bag that was pulled */
    uint64_t size;        /* bytes of that bag, encoded */
    uint64_t nanoseconds; /* spent merging, without the pull */
    uint64_t ended;       /* when that was over, by the clock of the worker's machine */
    uint64_t weight;      /* BY_KEY: about how many bytes the bag takes that it went into; 0 where that is not known */
    int64_t end_chunk;    /* the last chunk of the earliest node whose combine failed, or -1 */
} MsgMergeDone;

/* All partial results are in one bag, which the owner now pulls; BY_RANGES, it has them all. `limit` is how many chunks count: n,
 * or the chunk that stopped or failed plus one; what the bag holds of later chunks is to be dropped. When the holder is lost
 * (WORKER_LOST) before it was pulled, another JOB_DONE will come. */
typedef struct MsgJobDone {
    int64_t holder; /* the worker that holds the bag; -1: there is none, the job had no chunks */
    uint32_t bag;
    char endpoint[MESSAGE_ENDPOINT_SIZE];
    uint32_t parts; /* BY_KEY, without a holder: it lies in so many parts, of which PARTs have told before */
    uint64_t limit;
    uint64_t nanoseconds; /* that workers have spent mapping it */
    EndKind end;
} MsgJobDone;

typedef struct MsgJobProgress {
    uint64_t done, limit; /* chunks that are done, of those that count */
} MsgJobProgress;

/* Workers may drop all that they hold of the job. From the owner, which sends it when it has the result, or in place of that when
 * it does not want it any more, it also reports what it received, for the statistics. */
typedef struct MsgJobEnd {
    uint64_t nodes; /* in the bag that the owner pulled */
    uint64_t size;  /* its bytes, encoded */
} MsgJobEnd;

typedef enum DataKind {
    DATA_CAPTURES = 1, /* the job's captures blob, from the owner */
    DATA_SLICE,        /* chunks first … first+count-1 of list `list`, encoded, from the owner */
    DATA_BAG,          /* bag number `first` of the job, encoded, from the worker that holds it; `count` is 0, or, of a keyed
                          result, part `list` of `count` of it, by the hash of the key */
    DATA_CODE,         /* object code, from the job's owner: `first` and `count` are the halves of its hash */
} DataKind;

/* Names a bulk value. Fields that the kind does not use are 0. */
typedef struct DataName {
    DataKind kind;
    uint32_t list;
    uint64_t first, count;
} DataName;

typedef struct MsgGet {
    uint32_t pull; /* chosen by the asker, returned in the answer */
    DataName name;
    uint64_t offset; /* of the piece wanted */
    uint64_t host;   /* the asker's; from there a holder's segments can be opened. 0: by themselves only. Set by the link */
    bool is_plain;   /* so is wanted; in the asker's process only */
    uint64_t length; /* bytes wanted: 1 … MESSAGE_PIECE_SIZE; the answer is shorter at the value's end */
} MsgGet;

typedef enum PieceState {
    PIECE_DATA = 1, /* the message's `bytes` are the data at `offset` */
    PIECE_LATER,    /* the holder is alive but the value is not encoded yet; the pieces come when it is, or ask again */
    PIECE_GONE,     /* the holder has no such value (any more) */
    PIECE_SEGMENT,  /* as DATA, but the bytes lie in a segment of memory of the holder's process; the link puts them there and finds
                       them. A receiver sees them as the message's `bytes`; there are none when they could not be opened. */
} PieceState;

/* Where they lie, and how they are known to be what was written there; see runtime/net/segment.h. */
typedef struct SegmentPlace {
    uint64_t pid, file, inode; /* the segment is that descriptor of that process */
    uint64_t at, length;
    uint64_t checksum; /* checksum64, seed 0 */
} SegmentPlace;

typedef struct MsgPiece {
    uint32_t pull;
    DataName name;
    uint64_t offset;
    uint64_t total; /* bytes of the whole value; 0 without data */
    PieceState state;
    SegmentPlace segment; /* PIECE_SEGMENT */
} MsgPiece;

typedef struct MsgHeartbeat {
    uint64_t progress; /* grows as the compute thread gets on; 0 from the scheduler */
    uint64_t memory;   /* bytes resident, 0 where unknown */
    /* What strangers have cost the sender so far, see link_dropped and link_refused; filled in where it is sent. */
    uint64_t dropped, refused;
} MsgHeartbeat;

/* A worker's counters for a job, sent once its captures are there. */
typedef struct MsgStats {
    uint64_t captures; /* bytes of captures received */
    uint64_t ignored;  /* messages that were late, repeated or unknown since the worker started */
} MsgStats;

/* Of a channel, see channel.h: what carries the acknowledgement when nothing else is to be said. */
typedef struct MsgAck {
    uint32_t wants;  /* send again what is not there up to this number; that of `ack`: nothing is missing */
    uint64_t beyond; /* bit i: message ack + 2 + i is there */
} MsgAck;

/* A complaint: the data of a job cannot be had, because nobody answers or it is gone. What becomes of it is decided by the
 * scheduler. */
typedef struct MsgUnreachable {
    int64_t worker; /* who should have it; -1: the job's owner */
    uint32_t bag;   /* of that worker's bags; 0: captures or slices, from the owner */
} MsgUnreachable;

/* Several workers died of this chunk, one after another: the job fails, with a message that its owner makes of it. */
typedef struct MsgPoison {
    uint64_t chunk;
    uint32_t workers;            /* how many */
    char how[MESSAGE_TEXT_SIZE]; /* how the last of them died, for people */
} MsgPoison;

typedef struct MsgText {
    uint32_t worker;              /* WORKER_LOST: which one */
    char text[MESSAGE_TEXT_SIZE]; /* for people */
} MsgText;

typedef struct MsgEnd {
    int32_t status; /* the exit status: of the root's program (BYE), of the run (SHUTDOWN) */
} MsgEnd;

/* `bytes` are that many public keys of MESSAGE_KEY_SIZE each, whose owners are let in from now on. Only over a network:
 * the links take it, and no state machine sees it. A process is sent the keys of all others before its WELCOME, and those of later
 * ones before it hears anything of them. */
typedef struct MsgAllow {
    uint32_t keys; /* 1 … MESSAGE_KEYS */
} MsgAllow;

typedef struct Message {
    MessageKind kind;
    uint64_t job;               /* JOB_NUMBER; 0 where the message belongs to none */
    uint32_t session, seq, ack; /* of the channel that it comes over, see channel.h; nobody else's concern */
    const void *bytes;          /* the variable part, see above; NULL when size is 0 */
    size_t size;
    union {
        MsgHello hello;
        MsgWelcome welcome;
        MsgJobSubmit submit;
        MsgJobStart start;
        MsgRange range;
        MsgRangeDone range_done;
        MsgCancelAfter cancel;
        MsgRevoke revoke;
        MsgMerge merge;
        MsgMergeVoid merge_void;
        MsgMergeDone merge_done;
        MsgJobDone job_done;
        MsgJobProgress progress;
        MsgJobEnd job_end;
        MsgPart part;
        MsgPartTaken part_taken;
        MsgIdle idle;
        MsgGet get;
        MsgPiece piece;
        MsgHeartbeat heartbeat;
        MsgStats stats;
        MsgUnreachable unreachable;
        MsgPoison poison;
        MsgText text; /* WORKER_LOST, FAIL */
        MsgEnd end;   /* BYE, SHUTDOWN */
        MsgAllow allow;
        MsgAck ack;
    } as;
} Message;

/* How many of the bytes of a value of this size travel in the message that tells of it: all, or none. */
static inline uint64_t message_inline_size(uint64_t size) {
    return size <= MESSAGE_INLINE_BLOB ? size : 0;
}

const char *message_kind_name(MessageKind kind); /* "RANGE_DONE"; "?" for a number that is no kind */

#endif
