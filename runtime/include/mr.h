/* mr.h: what generated code and the runtime agree on: values, type descriptors, contexts, tasks and the program table.
 *
 * Conventions of every function that generated code calls or provides:
 *   - the first parameter is the MrContext of the calling thread; a context and all values reached from it belong to one thread;
 *   - a function that can fail returns a flag, true for failure, with the reason in context->error; results are then not written;
 *   - results are written through pointers; int, float and bool are passed by value, everything else as a const pointer to the
 * value;
 *   - parameters are borrowed, results are owned; functions whose names end in `_take` consume what they are given;
 *   - memory of all zero bytes is a valid value of every type (0, "", [], none, [:]) and needs no drop: moving out of a place
 * zeroes it.
 *
 * Strings may be slices of a chunk of input: their owner is NULL, and they are copied (mr_own) before they are stored anywhere that
 * outlives the chunk: in a list, a map, a closure, a var, or a reduction's state.
 *
 * The MR_STRING_SLACK bytes after a string's last one can be read, whatever they are, so that short strings are loaded whole into
 * registers: whoever makes room for strings' bytes makes so much more. */
#ifndef MR_H
#define MR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MR_ABI_VERSION = 9, MR_STRING_SLACK = 15 };

/* ---- values */

/* The head of everything that is reference-counted. Counts are not atomic; a negative count is immortal and never written. */
typedef struct MrCell {
    int64_t count;
} MrCell;

extern MrCell mr_immortal; /* the owner of string constants */

typedef struct MrString {
    const char *data; /* not ended by a NUL */
    int64_t len;      /* bytes */
    MrCell *owner;    /* what keeps the bytes alive; NULL: borrowed from the chunk being mapped (or empty) */
} MrString;

/* Where words begin and end that were found, counted from somewhere. A few places after those that count may be written. */
enum { MR_SPANS = 512, MR_SPANS_ROOM = MR_SPANS + 64 };
typedef struct MrSpans {
    uint16_t starts[MR_SPANS_ROOM], ends[MR_SPANS_ROOM];
} MrSpans;

/* A walk through the words or lines of a text; to begin it, `next` and `room` are set, and all else is zero. They are looked for
 * some hundreds at a time. */
typedef struct MrCursor {
    const char *next;          /* where what was not looked at yet begins */
    const char *base;          /* where those that were found are counted from ... */
    uint64_t lines;            /* parts of lines: the one given last was not the last one of its line */
    const uint16_t *at, *stop; /* ... and the starts of those, in `room`, that have not been given yet */
    MrSpans *room;             /* the caller's */
} MrCursor;

/* Where a run of bytes ends, and what was seen in looking for that: as a tuple of three ints. All-zero: nothing. */
typedef struct MrRun {
    int64_t at;    /* the first byte behind the run; the text's length where there is none */
    int64_t base;  /* the block of 64 bytes that was looked at last */
    int64_t stops; /* a bit for each of its bytes that ends a run, and for all that lies behind the text's end */
} MrRun;

/* A walk through the parts of a text that a primitive of the library gives as a list; to begin it, `begin`, `from` and `next` are
 * the text's first byte, and all else is zero. */
typedef struct MrParts {
    const char *begin; /* of the text */
    const char *from;  /* split: where the next part begins */
    const char *next;  /* what was not looked at yet begins here: 64 bytes behind those that `found` is about */
    uint64_t found; /* of these 64 bytes, fields: what is of a field that has not been given; split: where separators may begin */
    bool is_done;   /* split: the last part has been given */
    bool is_within; /* split, of lines: the part given last was not the last one of its line */
} MrParts;

/* A walk over the matches of a pattern; to begin it, `rest` is the text's first byte, `found.room` is set, and all else is zero. */
typedef struct MrMatches {
    MrCursor found;          /* those that have not been given yet, as of words */
    const char *rest;        /* behind what is searched, and what ends it */
    const char *begin, *end; /* what is searched: the text, or a line of it */
    int64_t most;            /* so many are looked for at once */
    bool is_begun, is_over;  /* what is searched: there is such, and it has been, to its end */
    bool is_utf8;
} MrMatches;

typedef struct MrRange {
    int64_t first, count, step; /* count MR_OPEN: endless */
} MrRange;
#define MR_OPEN INT64_MAX

/* A list is a pointer to this, or NULL for the empty list. */
typedef struct MrList {
    MrCell cell;
    int64_t len, cap;          /* elements */
    char *data;                /* elements of type->fields[0]->size bytes each, 64-byte aligned */
    struct MrPayload *payload; /* what a large list's data lie in, and others may read too (value/payload.h); else NULL */
} MrList;

typedef struct MrMap MrMap; /* value/map.h; a map or set is a pointer to one, or NULL for the empty map */

/* A table into which the elements of several chunks go; the rest of it is value/stacks.h's. */
typedef struct MrStacks {
    MrMap *map;    /* first: the address of all is the place of the map */
    int64_t ahead; /* so many elements may wait before they are added, MR_AHEAD at most; 1: what fails does so in its turn */
} MrStacks;
enum { MR_AHEAD = 32 };

/* The optionals that primitives of the library return, laid out as their descriptors say: the payload at its natural alignment. */
typedef struct MrOptionalInt {
    bool is_some;
    int64_t value;
} MrOptionalInt;

typedef struct MrOptionalFloat {
    bool is_some;
    double value;
} MrOptionalFloat;

typedef struct MrOptionalString {
    bool is_some;
    MrString value;
} MrOptionalString;

struct MrContext;
struct MrType;

/* A future is a pointer to this, or NULL where there is none. What stands behind it is worker/future.c's. */
typedef struct MrFuture {
    MrCell cell;
    void (*free)(struct MrContext *context, struct MrFuture *future); /* called when the last reference is gone */
} MrFuture;

/* How the elements that a stream's walk function takes are cut into chunks. */
typedef enum MrWalkKind {
    MR_WALK_NONE,     /* it is no walk function */
    MR_WALK_ELEMENTS, /* the elements of its sources, walked together: ranges, lists, maps, sets, optionals */
    MR_WALK_LINES,    /* the text of the files in its source, a list of paths: by lines */
    MR_WALK_WORDS,    /* the same, by words */
    MR_WALK_STREAM,   /* as the stream that is its source */
} MrWalkKind;

/* What is constant about a function value; emitted by the compiler, listed in the program, so that closures can travel. */
typedef struct MrFunction {
    void *code;               /* bool (MrContext *, result *, const MrClosure *, arguments by value or pointer, given away ...) */
    const struct MrType *env; /* a tuple: the captured values; its offsets count from MrClosure.env */
    const char *name;         /* unique in the program */
    uint32_t walk;            /* MrWalkKind: what follows, and the type of `code`, is of walk functions only */
    uint32_t source_count;    /* the sources are the first fields of `env` */
    bool is_straight; /* at most one value for each element (of its source's, where that is a stream): lanes go by position */
    bool is_total;    /* exactly one */
    const struct MrType *element; /* of its values; NULL in the runtime's own, whose values are those of their source */
    const struct MrType *type;    /* of the function values that it is the code of; NULL in the runtime's own, as above */
} MrFunction;

/* Where a beginning or rest of a stream (value/stream.h) is cut. Units are elements of the base, or chunks of its text. */
typedef struct MrCut {
    int64_t unit;  /* the values of the units before this one belong to the beginning ... */
    int64_t count; /* ... and so many of this one's. Unit -1: the first `left` of the walk, which begins at the first element */
    int64_t left;  /* counted down */
} MrCut;

/* Takes a value, which it borrows. True ends the walk: the context has an error, or whoever walks wants no more. */
typedef bool MrSink(struct MrContext *context, void *env, const void *value);

/* The part of a stream that is to be walked, and where its values go. A walk function is `code` of the type MrWalkCode. */
typedef struct MrWalk {
    int64_t first, count; /* ELEMENTS: which of the sources' elements; LINES, WORDS: `first` is the number of the chunk */
    MrString text;        /* LINES, WORDS: the chunk */
    MrSink *sink;
    void *env;
    int64_t *position; /* kept: the element's number in this part, or the byte offset in the text */
    MrCut *cuts;       /* of the beginnings and rests among the layers of the stream, the outermost first */
    int64_t block;     /* ELEMENTS: the part is one or more blocks of so many elements, and a shorter last one */
} MrWalk;

struct MrClosure;
typedef bool MrWalkCode(struct MrContext *context, const MrWalk *walk, const struct MrClosure *stream);

/* A function value is a pointer to this; functions that capture nothing are immortal constants. */
typedef struct MrClosure {
    MrCell cell;
    const MrFunction *function;
    char env[]; /* laid out as function->env says; 16 bytes from the start */
} MrClosure;

/* A value of a declared type that is recursive or large is a pointer to this. */
typedef struct MrBox {
    MrCell cell;
    char content[]; /* 8 bytes from the start */
} MrBox;

/* ---- type descriptors: constants that the compiler emits; structurally equal types share one within a program
 *
 * Layouts are the natural ones, so that the runtime can find them from the parts alone: the fields of a tuple in order, each at the
 * next multiple of its alignment; the payload of an optional at its alignment after byte 0; in a map's entry the hash at 0, then
 * key and value likewise, the whole aligned to 8. The pairs of a map are the tuples (key, value). The unit type has alignment 1. */

typedef enum MrKind {
    MR_INT,      /* int64_t */
    MR_FLOAT,    /* double */
    MR_BOOL,     /* one byte, 0 or 1 */
    MR_STRING,   /* MrString */
    MR_RANGE,    /* MrRange */
    MR_TUPLE,    /* fields at their offsets; no fields: the unit value, size 0 */
    MR_OPTIONAL, /* fields[0] at offsets[0]; byte 0 is 1 for some, 0 for none */
    MR_LIST,     /* MrList *; fields[0] */
    MR_MAP,      /* MrMap *; fields[0] the key, fields[1] the value; offsets within an entry, see stride */
    MR_SET,      /* MrMap * whose values are unit; fields[0] the element, fields[1] the unit type */
    MR_FUNCTION, /* MrClosure * (never NULL once evaluated); a stream is one too */
    MR_BOX,      /* MrBox * (never NULL once evaluated); fields[0] is the tuple in it */
    MR_FUTURE,   /* MrFuture *; fields[0] is the result's type. Futures stay on their thread: encoded, it is none. */
} MrKind;

/* A declared type is a tuple: an int that counts its constructors from 0, where there are several, and the fields. A constructor's
 * own fields are those at its slots, which ascend; the others are zero. */
typedef struct MrConstructor {
    const char *name;
    uint32_t field_count;
    const uint32_t *slots; /* fields of the tuple */
} MrConstructor;

typedef struct MrData {
    uint32_t constructor_count;
    bool has_tag; /* field 0 of the tuple is the constructor's number */
    const MrConstructor *constructors;
} MrData;

typedef struct MrType {
    uint8_t kind;  /* MrKind */
    bool is_flat;  /* no pointers inside: copied by memcpy, nothing to drop */
    uint32_t size; /* bytes, a multiple of the alignment: also the stride of list elements */
    uint32_t align;
    uint32_t field_count;
    uint32_t stride; /* MAP, SET: bytes of an entry: a uint64_t hash, then key and value at their offsets; else 0 */
    const struct MrType *const *fields;
    const uint32_t *offsets;
    const char *name;   /* as a program would write it: "[string: int]" */
    const MrData *data; /* of a TUPLE that is a declared type; else NULL */
} MrType;

/* ---- errors */

typedef struct MrLocation {
    const char *file;
    int32_t line, column; /* from 1 */
} MrLocation;

typedef struct MrError {
    bool is_set;
    char *message;    /* malloc'ed, ended by a NUL; owned by the error */
    MrLocation where; /* where in the program; file NULL while unknown */
    char *input;      /* malloc'ed: what was being mapped ("element 999999", "plays/hamlet.txt, byte 4096"), or NULL */
} MrError;

/* ---- contexts */

struct MrRuntime; /* worker/runtime.h: the role of this thread and its connections */
struct MrProgram;

/* Memory that is given up as a whole at the end of the chunk. What lies in it has no owner, as slices of the chunk have none. */
typedef struct MrScratch {
    char *at;
    int64_t left; /* bytes */
} MrScratch;

/* What a part of the runtime keeps for a thread, which only the programs that use it are linked with. */
typedef struct MrHeld {
    void (*free)(struct MrHeld *held);
} MrHeld;

/* What a thread is mapping, for the errors that are caught there. */
typedef struct MrMapped {
    MrString (*locate)(const struct MrMapped *mapped); /* the element, or the position in the input, as an owned text */
} MrMapped;

/* A stack_limit, which another thread may set: whoever looks at it fails, so that what the thread is at ends soon. */
#define MR_INTERRUPTED ((const char *)UINTPTR_MAX)

typedef struct MrContext {
    const char *stack_limit; /* generated functions in a recursive cycle fail when their frame lies below; in cells, loops too */
    void *globals;           /* this thread's copy of the program's globals, laid out as program->globals says */
    MrError error;
    int64_t failed_element; /* set by a failing kernel: index of the element in its chunk (TEXT: byte offset in it); -1: none */
    char *out;              /* what print wrote and nobody has taken yet (malloc'ed; out_len of out_cap bytes) */
    size_t out_len, out_cap;
    bool out_is_direct; /* print writes to standard output at once (the root's top level) */
    MrScratch scratch;  /* while a chunk of text is mapped: where pieces of it may be put that were changed; else without room */
    const struct MrProgram *program;
    struct MrRuntime *runtime;
    const MrMapped *mapped; /* NULL: nothing, or what has no place in an input */
    MrHeld *patterns;       /* compiled regular expressions (value/regex.c), or NULL */
} MrContext;

/* ---- tasks: one for each map … reduce */

typedef enum MrSourceKind {
    MR_SOURCE_RANGE,      /* ints */
    MR_SOURCE_LIST,       /* elements of a list (maps, sets and optionals are walked as the list of their elements) */
    MR_SOURCE_TEXT_LINES, /* the text of files; a chunk is one element, a string of whole lines */
    MR_SOURCE_TEXT_WORDS, /* the same, a string of whole words */
    MR_SOURCE_STREAM,     /* alone: a stream, which is a captured value too; a chunk is a part of what it walks */
    MR_SOURCE_BEFORE,     /* a list with one element for each chunk and one more for the end; the chunk's element */
    MR_SOURCE_SHARE,      /* a list: the part of it between the chunk's element of the BEFORE in front, of ints, and the next one */
} MrSourceKind;

typedef struct MrSourceInfo {
    uint32_t kind; /* MrSourceKind */
    const MrType *element;
    const MrType *list; /* LIST, BEFORE, SHARE: the list's type; TEXT: [string]; STREAM: the stream's; RANGE: NULL */
} MrSourceInfo;

/* A source as the program hands it to a job. */
typedef struct MrSource {
    MrRange range;     /* RANGE */
    const void *value; /* LIST, BEFORE, SHARE: the MrList * itself (NULL: empty); TEXT: the MrList * of paths, as paths_of made it;
                          STREAM: MrClosure * */
} MrSource;

/* A source's share of a chunk. */
typedef struct MrSlice {
    int64_t first, step; /* RANGE: element i is first + i * step; TEXT: first is the number of bytes. STREAM: as what it
                            walks is cut, where step says whether the stream is straight */
    const char *data;    /* LIST: the elements; TEXT: the bytes; BEFORE: the one element; SHARE: the part, an MrList, lent */
} MrSlice;

typedef struct MrChunk {
    int64_t count;            /* elements; 1 for TEXT */
    int64_t first;            /* index of the first element in the whole input */
    const MrSlice *slices;    /* one a source */
    MrCut *cuts;              /* of a STREAM, for MrWalk */
    int64_t block;            /* likewise */
    uint32_t walk, cut_count; /* of a STREAM: MrWalkKind of its base, and how many cuts there are: what the stream must fit to */
    int64_t elements;         /* out, added to: how many values reached the reducer */
    bool is_decided;          /* out: the reducer is done: later chunks cannot matter (first, any, all) */
    MrStacks *stacks;         /* of a task that has `stacks`: where its elements go; its state is left alone */
    void *places;             /* of a task that PLACES: where the results of its elements go, one after another, as in a list */
    const int64_t *position;  /* set by kernels that catch errors, while they run: what failed_element would be now */
} MrChunk;

/* Folds a chunk into *state. In: *has_value says whether *state holds a value to go on from (only with MR_TASK_EXACT and
 * MR_TASK_ASSOCIATIVE); out: whether it holds one now. On failure the state was dropped, *has_value is false and failed_element is
 * set. With those flags the elements of several neighbouring chunks of a range or list may be given as one chunk. */
typedef bool MrKernel(MrContext *context, const void *captures, MrChunk *chunk, void *state, bool *has_value);
/* *left = merge(*left, *right), left of right in the input; consumes both, also on failure (both are then zero). */
typedef bool MrMerge(MrContext *context, const void *captures, void *left, void *right);
/* The job's result from the whole's state, which is consumed; has_value false: nothing was mapped (state is then not read). */
typedef bool MrFinish(MrContext *context, const void *captures, void *state, bool has_value, void *result);

enum {
    MR_TASK_EXACT = 1, /* the reducer is exactly commutative and associative: chunks may be combined in any order */
    MR_TASK_STOPS = 2, /* may set is_decided */
    /* Exactly associative, and merging is adding in order: a state that took in one chunk's elements and then the next one's is,
     * bit for bit, the merge of the two chunks' states. Set beside MR_TASK_EXACT too. */
    MR_TASK_ASSOCIATIVE = 4,
    /* Made of one expression: a range of one element, which is none of the program's and appears in no message. The state that the
     * kernel makes is the result. */
    MR_TASK_ONE = 8,
    MR_TASK_BY_CHUNK = 16, /* the kernel is given one chunk a call: it may have BEFORE and SHARE sources */
    MR_TASK_KEYED = 64,    /* the state is a map whose keys are merged one by one: it can be cut by the hashes of its keys */
    /* Each element has one result, which is flat, and the state is the list of them: the kernel stores them in the chunk's `places`
     * and leaves the state to its caller. */
    MR_TASK_PLACES = 128,
    MR_TASK_SILENT = 32, /* what the task prints is dropped: another task, which does the same work again, prints it */
};

/* What must be left of a keyed task's table, so that nobody need have all of it. */
typedef enum MrKeep {
    MR_KEEP_ALL,
    MR_KEEP_MOST_COMMON, /* no more than the entries that mr_prim_most_common gives for n = keep_most; others may be there too */
} MrKeep;

/* A task over the entries of a keyed task's table, in any order: it is done where the parts of the table are. */
typedef struct MrFollow {
    const struct MrTask *task; /* MR_TASK_EXACT; one LIST, of pairs */
    uint32_t captures;         /* the field of the keyed task's captures that is a tuple of what this one captures */
} MrFollow;
#define MR_NO_CAPTURES UINT32_MAX /* there is no such field */

/* The fields of MrTask.answers; from MR_ANSWER_STATES on there is one for each follow, an optional of its state. */
enum {
    MR_ANSWER_TABLE,       /* what is left of it */
    MR_ANSWER_COUNT,       /* how many entries the whole has: an int */
    MR_ANSWER_IS_FOLLOWED, /* a bool: what was left out has been followed; false: nothing that follows counts was left out */
    MR_ANSWER_STATES,
};

/* In a program that checks laws: a reducer, or a function of two, in parts that can be tried on any element or state. All of them
 * may fail; what they were to change is then zero, what they were to consume is dropped. */
typedef struct MrLaw {
    const char *name; /* for people: "`(-)`", "the reducer `mean`" */
    MrLocation where;
    const MrType *key; /* of a job that is keyed: only elements of equal keys meet; else NULL */
    const MrType *element, *state, *result;
    bool (*init)(MrContext *context, const void *captures, void *state); /* NULL: a function, whose first element is the state */
    /* Takes the element (borrowed) into the state; is_new: the state is zero, and there was none before it. */
    bool (*add)(MrContext *context, const void *captures, void *state, bool is_new, const void *element);
    MrMerge *merge;
    MrFinish *finish; /* always with a value; NULL: the state is the result */
} MrLaw;

/* What code is made for: a level of a kind of processor (cpu.def). */
typedef enum MrCpu {
    MR_CPU_UNKNOWN,
#define CPU(CPU, name) MR_CPU_##CPU,
#include "runtime/include/cpu.def"
#undef CPU
} MrCpu;

/* The levels that kernels may be made for besides the program's own: from MR_CPU_X86_64_V3 on. AArch64 has one level only. */
enum { MR_KERNEL_VARIANTS = MR_CPU_X86_64_V4 - MR_CPU_X86_64_V3 + 1 };

typedef struct MrTask {
    uint8_t hash[16]; /* of the core of the kernel and all it calls */
    const char *name; /* for people: "map tally over words … reduce sum by key" */
    MrLocation where;
    const MrType *captures; /* a tuple */
    uint32_t global_count;
    const uint32_t *globals; /* which of the program's globals the kernel reads, ascending */
    uint32_t source_count;
    const MrSourceInfo *sources;
    const MrType *state, *result;
    uint32_t flags;
    uint32_t keep; /* MrKeep */
    int64_t keep_most;
    uint32_t keep_also; /* the field of the captures that has a tuple of ints: what is kept is the largest of them and keep_most */
    const MrType *answers; /* of a keyed task: a tuple that mr_job_run stores in place of the table; NULL: it stores the table */
    uint32_t follow_count; /* none without answers */
    const MrFollow *follows;
    MrKernel *kernel;
    MrMerge *merge;
    MrFinish *finish;
    uint32_t law_count;
    const MrLaw *laws;
    const MrType *stacks; /* MrStacks.type, of a keyed task that is neither exact nor associative and prints nothing; or NULL */
    MrMerge *merge_value; /* merges the states of one key, with `stacks` */
    struct {
        MrKernel *kernel;
    } variants[MR_KERNEL_VARIANTS]; /* the kernel for each of these levels, with the same results; NULL: not made */
} MrTask;

/* ---- the program: one constant, `mr_program`, in each executable */

typedef struct MrProgram {
    uint32_t abi_version;
    uint8_t hash[16];
    const char *name;      /* the source file */
    const MrType *globals; /* a tuple */
    uint32_t task_count, function_count;
    const MrTask *const *tasks;
    const MrFunction *const *functions;
    bool (*top_level)(MrContext *context); /* the whole program, from imports to the last statement */
    bool checks_laws;                      /* it tests its reducers, and says what it found when it ends */
    uint32_t cpu;                          /* MrCpu: what all of its code needs */
} MrProgram;

/* The whole of an executable's main: plays the role that the environment asks for (alone, root, worker); returns the exit status.
 */
int mr_main(int argc, char **argv, const MrProgram *program);

#endif
