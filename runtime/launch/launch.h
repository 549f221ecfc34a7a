/* launch.h: what mrrun and the programs that it starts tell each other before there are messages.
 *
 * mrrun starts the program once, with a socket whose number is in the environment variable MR_LAUNCH. That process, the parent, has
 * one thread and no connections; it introduces itself (PARENT_HELLO), is told what to start (LaunchStart), forks the root and the
 * workers, and reports each one that ends (PARENT_EXIT). When the socket closes, whatever the reason, it kills what is left,
 * removes the run's directory and ends. Records travel whole over a SOCK_SEQPACKET socket between processes of one build on one
 * host. */
#ifndef RUNTIME_LAUNCH_LAUNCH_H
#define RUNTIME_LAUNCH_LAUNCH_H

#include "runtime/include/mr.h"
#include "runtime/sched/message.h"

#define LAUNCH_VARIABLE "MR_LAUNCH"

typedef enum ParentKind { PARENT_HELLO = 1, PARENT_NOT_STARTED, PARENT_EXIT } ParentKind;

typedef struct ParentRecord {
    int32_t kind;                       /* ParentKind */
    uint32_t version;                   /* HELLO: PROTOCOL_VERSION */
    uint8_t program[MESSAGE_HASH_SIZE]; /* HELLO */
    int32_t reason;                     /* NOT_STARTED: an errno */
    int32_t status;                     /* EXIT: as waitpid gave it */
    int64_t pid;                        /* EXIT */
} ParentRecord;

typedef struct LaunchStart {
    uint32_t version; /* PROTOCOL_VERSION */
    uint32_t workers;
    char directory[MESSAGE_ENDPOINT_SIZE]; /* where the run's sockets lie; the scheduler's is `control` */
} LaunchStart;

typedef struct LaunchEnd {
    uint32_t patience; /* milliseconds until the processes that are left are killed */
} LaunchEnd;

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

/* The name of a socket in the run's directory: "ipc://DIR/control", "ipc://DIR/worker-3". */
void launch_endpoint(char out[MESSAGE_ENDPOINT_SIZE], const char *directory, const char *name);

/* With the sockets in it, and nothing else: a directory with other things is not a run's and stays. No error when it is not there.
 */
void launch_remove_directory(const char *directory);

/* First of all, in every process: the standard descriptors are open, so that no socket is taken for standard output, and as many
 * descriptors are allowed as may be: each connection needs one or two. Returns how many. */
uint64_t launch_prepare_files(void);

/* The parent's whole life, with the socket `socket`. Returns in the root and in the workers, whose role is then in *role; in the
 * parent it never returns. */
typedef struct LaunchRole {
    bool is_root;
    uint32_t worker, workers; /* its number; how many there are */
    char directory[MESSAGE_ENDPOINT_SIZE];
} LaunchRole;

void launch_parent(int socket, const MrProgram *program, LaunchRole *role);

#endif
