/* state.h: what input and output need to know about the thread they run on.
 *
 * The MrRuntime of a context begins with an IoState; io/ sees no more of it. It belongs to the context's thread. */
#ifndef RUNTIME_IO_STATE_H
#define RUNTIME_IO_STATE_H

#include "base/buf.h"
#include "runtime/include/abi.h"
#include "runtime/io/file.h"

/* The exit status of a program whose output nobody reads any more: as if SIGPIPE had ended it, which is what other tools do. */
enum { STATUS_READER_GONE = 141 };

typedef struct IoState {
    int argc; /* the program's arguments, without its name */
    char **argv;
    const char *name;    /* of this role, for log: "root", "worker 3" */
    const char *host;    /* of a worker on another host than the root's: what it is called, for errors; else NULL */
    bool is_root;        /* the thread of the program's top level; others have no standard input and cannot end the program */
    bool in_job;         /* root: it is mapping; what applies to workers applies */
    bool has_terminal;   /* root: standard output is a terminal: each line is shown at once */
    bool input_taken;    /* root: standard input was walked */
    uint64_t written;    /* files that were written or replaced */
    FileList kept;       /* see io_file_list */
    bool reader_is_gone; /* root: standard output is a pipe that nobody reads any more */
    /* root: ends the program, and does not return; NULL: it is about to end, or cannot be ended so */
    void (*leave)(MrContext *context, int status);
} IoState;

static inline IoState *io_state(MrContext *context) {
    return (IoState *)context->runtime;
}

/* Writes out what the root printed. True: failed, and what could not be written is gone. When nobody reads it any more the program
 * ends here, without a word. No-op elsewhere. */
bool io_flush(MrContext *context);

/* Adds bytes to what the context printed. */
void io_out_add(MrContext *context, const char *bytes, size_t len);

/* The files of a [string] as paths_of made it. Fails as a primitive does. `is_kept`: they are walked more than once, for one
 * purpose: of what can be read only once the same copy is taken, for as long as the thread lives. */
bool io_file_list(MrContext *context, MrList *paths, bool is_kept, FileList *list);

/* Sets the context's error to a malloc'ed message, which it takes over; true. */
bool io_fail_take(MrContext *context, char *message);

/* The same for a file that cannot be read, because of errno: "cannot read NAME: …", with the host where that is needed. */
bool io_fail_read(MrContext *context, const char *name);

#endif
