/* linker.c: the command that links a program.
 *
 * The C compiler is asked once, when mrc is built, what it would call the linker with: calling it costs as much as linking. Where
 * what it named is not there any more, as on another machine, it is called after all. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/driver/driver.h"
#include "compiler/driver/linker.h"
#include "linker.inc"

#ifndef MR_LINK_FLAGS
#define MR_LINK_FLAGS /* a sanitised build gives its programs the sanitiser's run-time library: "-fsanitize=address", */
#endif

#if defined(__aarch64__)
#define EMULATION "-maarch64linux"
#define LOADER    "/lib/ld-linux-aarch64.so.1"
#else
#define EMULATION "-melf_x86_64"
#define LOADER    "/lib64/ld-linux-x86-64.so.2"
#endif

/* -s is not given: line tables and names are for debuggers. A process that mold leaves behind to clean up would be waited for. */
static const char *const start[] = {LINKER,    "--no-fork",       "-pie", "--eh-frame-hdr", "--hash-style=gnu",
                                    EMULATION, "-dynamic-linker", LOADER, LINKER_START "-o"};
static const char *const end[] = {LINKER_FOLDERS "-lgcc", "--as-needed", "-lgcc_s", "--no-as-needed", "-lc", LINKER_END};
/* mold links in a sixth of the time of the default linker. */
static const char *const compiler_start[] = {"cc", MR_LINK_FLAGS "-fuse-ld=mold", "-pthread", "-o"};
/* What the runtime needs; of shared libraries, what the program needs is loaded. */
static const char *const libraries[] = {"-lzmq", "-l:libutf8proc.a", "-l:libpcre2-8.a", "-lsleef", "-lm"};

#define ADD_ALL(command, table)                                                                                                    \
    for (size_t i_ = 0; i_ < sizeof(table) / sizeof *(table); i_++) command_add(command, (table)[i_])

static void command_add(LinkCommand *command, const char *arg) {
    vec_push(command->arena, &command->args, arg);
}

static bool are_there(const char *const *paths, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (*paths[i] == '/' && access(paths[i], R_OK) != 0) return false;
    return true;
}

/* Whether mrc can call the linker itself. */
static bool is_direct(void) {
    return *start[0] && access(start[0], X_OK) == 0 && are_there(start, sizeof start / sizeof *start) &&
           are_there(end, sizeof end / sizeof *end);
}

/* Folders that the environment names for the C compiler. */
static void add_environment(LinkCommand *command) {
    const char *at = getenv("LIBRARY_PATH");
    while (at && *at) {
        size_t len = strcspn(at, ":");
        command_add(command, arena_printf(command->arena, "-L%.*s", len ? (int)len : 1, len ? at : "."));
        at += len + (at[len] == ':');
    }
}

/* Each library that a C function of the program is said to come from, once. */
static void add_foreign(LinkCommand *command, const Session *session) {
    SessionForeign foreign, earlier;
    for (size_t i = 0; session_foreign(session, i, &foreign); i++) {
        bool is_new = foreign.library != NULL;
        for (size_t j = 0; is_new && j < i && session_foreign(session, j, &earlier); j++)
            if (earlier.library && strcmp(earlier.library, foreign.library) == 0) is_new = false;
        if (is_new) command_add(command, arena_printf(command->arena, "-l%s", foreign.library));
    }
}

void link_command_make(LinkCommand *command, const Session *session, const DriverOptions *options, const char *const *objects,
                       size_t count, const char *output) {
    bool direct = is_direct();
    if (direct)
        ADD_ALL(command, start);
    else
        ADD_ALL(command, compiler_start);
    command_add(command, output);
    for (size_t i = 0; i < count; i++) command_add(command, objects[i]);
    for (size_t i = 0; i < options->link.len; i++) command_add(command, options->link.items[i]);
    if (direct) add_environment(command);
    command_add(command, arena_printf(command->arena, "%s/libmrt.a", options->session.library_dir));
    command_add(command, direct ? "--as-needed" : "-Wl,--as-needed");
    ADD_ALL(command, libraries);
    command_add(command, direct ? "--no-as-needed" : "-Wl,--no-as-needed");
    add_foreign(command, session);
    if (direct) ADD_ALL(command, end);
    command_add(command, NULL);
}
