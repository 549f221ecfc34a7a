/* texts.c: arguments, folder and environment, in pieces. */
#include "runtime/launch/texts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

enum { MOST_BYTES = 4 << 20, MOST_ARGUMENTS = 1 << 20 };

static void add_argument(Texts *texts, char *text) {
    if (texts->count % 64 == 0) texts->arguments = xrealloc(texts->arguments, (texts->count + 65) * sizeof *texts->arguments);
    texts->arguments[texts->count++] = text;
    texts->arguments[texts->count] = NULL;
}

bool texts_add(Texts *texts, const RecordText *piece) {
    size_t before = texts->begun ? strlen(texts->begun) : 0, more = strlen(piece->piece);
    if (before + more > MOST_BYTES || texts->count == MOST_ARGUMENTS) return false;
    texts->begun = xrealloc(texts->begun, before + more + 1);
    memcpy(texts->begun + before, piece->piece, more + 1);
    if (!piece->is_last) return true;
    if (piece->kind == TEXT_ARGUMENT) {
        add_argument(texts, texts->begun);
    } else if (piece->kind == TEXT_SETTING) {
        bool is_good = strchr(texts->begun, '=') && !texts_is_hosts(texts->begun);
        if (is_good) putenv(texts->begun); /* which keeps it */
        if (!is_good) free(texts->begun);
    } else {
        free(texts->folder);
        texts->folder = texts->begun;
    }
    texts->begun = NULL;
    return true;
}

bool texts_is_hosts(const char *setting) {
    static const char *const names[] = {"PATH",   "HOME",   "USER",     "LOGNAME", "SHELL", "PWD",
                                        "OLDPWD", "TMPDIR", "HOSTNAME", "MAIL",    NULL};
    static const char *const beginnings[] = {"LD_", "XDG_", "SSH_", "DBUS_", "SLURM_", "OMPI_", "PMI", "MR_LAUNCH", "MR_SSH", NULL};
    size_t len = strcspn(setting, "=");
    for (size_t i = 0; names[i]; i++) {
        if (strlen(names[i]) == len && strncmp(names[i], setting, len) == 0) return true;
    }
    for (size_t i = 0; beginnings[i]; i++) {
        if (strncmp(setting, beginnings[i], strlen(beginnings[i])) == 0) return true;
    }
    return len == 0;
}

void texts_enter_folder(const Texts *texts) {
    char name[MESSAGE_NAME_SIZE];
    if (!texts->folder || chdir(texts->folder) == 0) return;
    int reason = errno;
    if (!getcwd(name, sizeof name)) snprintf(name, sizeof name, "another folder");
    fprintf(stderr, "mr: there is no folder %s here (%s): relative names of files begin in %s\n", texts->folder, strerror(reason),
            name);
}

void texts_say(Buf *out, TextKind kind, const char *text) {
    Record record = {.kind = RECORD_TEXT, .as.text.kind = kind};
    RecordText *piece = &record.as.text;
    for (size_t left = strlen(text); !piece->is_last; left -= strlen(piece->piece)) {
        piece->is_last = left < sizeof piece->piece;
        snprintf(piece->piece, sizeof piece->piece, "%s", text);
        text += strlen(piece->piece);
        record_add(out, &record);
    }
}
