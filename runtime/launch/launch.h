/* launch.h: how the processes of a run come to be, before there are messages.
 *
 * mrrun starts the program once on each host, with a pair of descriptors for records (runtime/launch/record.h), which the
 * environment variable MR_LAUNCH names: "IN,OUT". That process, the parent, has one thread and no connections; it introduces itself
 * (HELLO), is told what all its processes have in common (START), forks the root and workers (SPAWN) as often as mrrun says so, and
 * reports each one that ends (EXIT). When its input ends, whatever the reason, it kills what is left, removes the run's directory
 * and ends. */
#ifndef RUNTIME_LAUNCH_LAUNCH_H
#define RUNTIME_LAUNCH_LAUNCH_H

#include "runtime/include/mr.h"
#include "runtime/launch/texts.h"
#include "runtime/net/keys.h"
#include "runtime/sched/message.h"
#include "runtime/worker/blackbox.h"
#include "runtime/worker/programs.h"

#define LAUNCH_VARIABLE "MR_LAUNCH"

/* The section of an executable by which mrrun knows an mr program without running it: an ELF note of this owner and type, whose
 * content is PROTOCOL_VERSION and the version of mr. */
#define LAUNCH_NOTE_OWNER "mr"
enum { LAUNCH_NOTE_TYPE = 1, LAUNCH_VERSION_SIZE = 24 };

typedef struct LaunchNote {
    uint32_t owner_size, content_size, type; /* as in Elf64_Nhdr */
    char owner[4];
    uint32_t protocol;
    char version[LAUNCH_VERSION_SIZE];
} LaunchNote;

typedef struct LaunchRole LaunchRole;

/* The name of a socket in the run's directory: "ipc://DIR/control", "ipc://DIR/worker-3". */
void launch_endpoint(char out[MESSAGE_ENDPOINT_SIZE], const char *directory, const char *name);

/* Where a process of this role finds the scheduler, and where its data socket shall listen; `name` is the latter's in the
 * directory. */
void launch_endpoints(const LaunchRole *role, const char *name, char control[MESSAGE_ENDPOINT_SIZE],
                      char data[MESSAGE_ENDPOINT_SIZE]);

/* With the sockets in it, and nothing else: a directory with other things is not a run's and stays. No error when it is not there.
 */
void launch_remove_directory(const char *directory);

/* First of all, in every process: the standard descriptors are open, so that no socket is taken for standard output, and as many
 * descriptors are allowed as may be: each connection needs one or two. Returns how many. */
uint64_t launch_prepare_files(void);

typedef struct LaunchEnds {
    int in, out; /* where records come from, and go to; the same for a socket */
} LaunchEnds;

/* Of the text "IN,OUT". They are moved away from the standard descriptors, which must be what they are for everybody. False: they
 * are no sockets or pipes. */
bool launch_read_ends(const char *text, LaunchEnds *ends);

/* What a forked process is to be. */
struct LaunchRole {
    bool is_root;
    uint32_t serial;  /* the launcher's number for the process, see RecordSpawn */
    int64_t wish;     /* of a worker, see MsgHello */
    uint32_t host;    /* as in HELLO */
    uint32_t workers; /* how many there are in the run */
    uint64_t memory;  /* bytes for each worker's values; 0: no limit */
    char directory[MESSAGE_ENDPOINT_SIZE];
    char control[MESSAGE_ENDPOINT_SIZE], address[MESSAGE_NAME_SIZE]; /* over a network, as in RecordStart; else empty */
    KeyPair keys;                                                    /* over a network, its own */
    BlackBox *box;                                                   /* of a worker: where it notes what it is at; may be NULL */
    Texts texts;                                                     /* on another host: the program's arguments */
};

/* A worker's whole life, in the process that is to be one: returns its exit status, or ends the process. `loader`: of object code
 * that comes, of programs that are not all in the executable; else NULL. */
int launch_worker(const LaunchRole *role, const MrProgram *program, const ProgramLoader *loader, int argc, char **argv);

/* In a debug build every value has been given back by the end of a process; else its status is another. */
int launch_check_values(int status);

/* The parent's whole life. Returns in the root and in the workers, whose role is then in *role; in the parent it never returns. */
void launch_parent(LaunchEnds ends, const MrProgram *program, LaunchRole *role);

#endif
