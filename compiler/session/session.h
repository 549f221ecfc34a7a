/* session.h: the one interface through which every tool uses the compiler.
 *
 * A session compiles one program: it runs the phases in order (phases.def), keeps what each produced, and collects diagnostics. One
 * thread a session; several sessions may exist. Everything it hands out lives as long as the session. */
#ifndef COMPILER_SESSION_SESSION_H
#define COMPILER_SESSION_SESSION_H

#include <stdbool.h>

#include "base/buf.h"
#include "compiler/source/diag.h"

typedef struct Session Session;

typedef struct SessionOptions {
    int optimise;            /* 0 … 3 */
    bool debug;              /* line tables */
    bool test;               /* a program that runs the file's `test` blocks in place of its statements */
    bool check_laws;         /* a program that tests on its own data what it demands of reducers */
    bool trace;              /* keep count of what session_trace shows */
    const char *target;      /* "aarch64-linux-gnu"; NULL: this machine's */
    const char *cpu;         /* a level of the target; NULL: x86-64-v2, or armv8-a */
    size_t replaced_from;    /* expressions: larger cells may be begun with quickly, and replaced when they take long
                                (session_is_first); 0: none is */
    const char *library_dir; /* holds libmrt.a, and hot-MACHINE.bc for each target */
} SessionOptions;

/* What a target is to this mrc: programs for another machine can be compiled, but not linked. */
typedef enum SessionTarget { SESSION_TARGET_UNKNOWN, SESSION_TARGET_HERE, SESSION_TARGET_ELSEWHERE } SessionTarget;
SessionTarget session_target(const char *name);

/* What can be looked at after a phase; the names of --emit. */
typedef enum SessionArtifact {
#define PHASE(ARTIFACT, name, what) SESSION_##ARTIFACT,
#include "compiler/session/phases.def"
#undef PHASE
    SESSION_ARTIFACT_COUNT
} SessionArtifact;

/* The directory that holds libmrt.a and the targets' bitcode, beside the running executable: BIN/../lib/mr. NULL where it is not
 * there. From malloc. */
char *session_library_dir(void);

Session *session_new(const SessionOptions *options);
void session_free(Session **session);

/* The program's text, from a file or from memory under a name. False: it cannot be read (a diagnostic says why). */
bool session_load_file(Session *session, const char *path);
bool session_load_text(Session *session, const char *name, const char *text, size_t len);

/* Runs the phases up to the artifact and adds its text to `out`. False where an error stopped it. */
bool session_emit(Session *session, SessionArtifact artifact, Buf *out);

/* Runs all phases and writes the program as one object file. */
bool session_write_object(Session *session, const char *path);

/* The same, into memory. */
bool session_object(Session *session, Buf *out);

/* Whether the object is one that was compiled quickly, for a large program, and should be replaced when it runs long: by that of
 * cells_compile_better, function by function (jit_lead_all). */
bool session_is_first(const Session *session);

enum { SESSION_OBJECTS = 2 };

/* The same, where a large program may become several objects, made at the same time; *count says how many of the paths were
 * written. For a session of which no other artifact is asked afterwards. */
bool session_write_objects(Session *session, const char *const paths[SESSION_OBJECTS], size_t *count);

/* The program is parsed and checked, with what it imports: false where there were errors. Then its files, one by one, without those
 * of the library. */
bool session_check(Session *session);
bool session_source(const Session *session, size_t index, const char **path, const char **text, size_t *len);

/* A C function that the program calls, after the object was written. False: there are no more. */
typedef struct SessionForeign {
    const char *name;
    const char *library; /* "m"; NULL: none is named */
} SessionForeign;
bool session_foreign(const Session *session, size_t index, SessionForeign *out);
/* Reports, where it is declared, that the linker has not found it, or not its library. */
void session_report_foreign(Session *session, size_t index, bool is_library);

/* With options.trace: a table of the phases that have run, with time and size. `session_trace_link` adds the line of the linker,
 * which is not the session's. */
void session_trace_link(Session *session, double seconds, size_t bytes);
void session_trace(const Session *session, Buf *out);

/* Messages so far, rendered. */
void session_diagnostics(const Session *session, DiagFormat format, bool colour, Buf *out);
bool session_has_errors(const Session *session);

#endif
