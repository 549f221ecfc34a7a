/* program.c: recognising mr programs by the ELF note that the runtime puts into each. */
#include "tools/mrrun/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/launch/launch.h"

enum { MOST_HEADERS = 64, MOST_NOTES = 64 * 1024 };

/* As a shell would find it. */
static char *find_in_path(const char *name) {
    const char *path = getenv("PATH");
    if (strchr(name, '/') || !path) return strdup(name);
    for (const char *at = path;;) {
        size_t len = strcspn(at, ":");
        char *file = NULL;
        if (asprintf(&file, "%.*s/%s", len ? (int)len : 1, len ? at : ".", name) < 0) return NULL;
        if (access(file, X_OK) == 0) return file;
        free(file);
        if (!at[len]) return strdup(name);
        at += len + 1;
    }
}

static bool read_at(int fd, void *into, size_t size, uint64_t offset) {
    return pread(fd, into, size, (off_t)offset) == (ssize_t)size;
}

/* Looks through the notes of one segment for the runtime's. */
static bool find_note(const char *notes, size_t size, LaunchNote *note) {
    for (size_t at = 0; size - at >= sizeof(Elf64_Nhdr);) {
        Elf64_Nhdr head;
        memcpy(&head, notes + at, sizeof head);
        uint64_t owner = ((uint64_t)head.n_namesz + 3) & ~(uint64_t)3, content = ((uint64_t)head.n_descsz + 3) & ~(uint64_t)3;
        if (owner + content > size - at - sizeof head) return false;
        bool is_ours = head.n_namesz == sizeof LAUNCH_NOTE_OWNER && head.n_type == LAUNCH_NOTE_TYPE &&
                       memcmp(notes + at + sizeof head, LAUNCH_NOTE_OWNER, sizeof LAUNCH_NOTE_OWNER) == 0;
        if (is_ours && sizeof head + owner + content == sizeof *note) {
            memcpy(note, notes + at, sizeof *note);
            note->version[sizeof note->version - 1] = '\0';
            return true;
        }
        at += sizeof head + owner + content;
    }
    return false;
}

static bool read_note(int fd, LaunchNote *note) {
    Elf64_Ehdr elf;
    if (!read_at(fd, &elf, sizeof elf, 0) || memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0) return false;
    if (elf.e_ident[EI_CLASS] != ELFCLASS64 || elf.e_phentsize != sizeof(Elf64_Phdr) || elf.e_phnum > MOST_HEADERS) return false;
    for (unsigned i = 0; i < elf.e_phnum; i++) {
        Elf64_Phdr segment;
        if (!read_at(fd, &segment, sizeof segment, elf.e_phoff + i * sizeof segment)) return false;
        if (segment.p_type != PT_NOTE || segment.p_filesz > MOST_NOTES) continue;
        char *notes = malloc(segment.p_filesz + 1);
        bool found = notes && read_at(fd, notes, segment.p_filesz, segment.p_offset) && find_note(notes, segment.p_filesz, note);
        free(notes);
        if (found) return true;
    }
    return false;
}

static bool is_mr_program(const char *name, const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe has nobody to wait for */
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0 || access(path, X_OK) != 0) {
        fprintf(stderr, "mrrun: cannot run %s: %s\n", name, strerror(errno));
        if (fd >= 0) close(fd);
        return false;
    }
    LaunchNote note;
    bool has_note = S_ISREG(status.st_mode) && read_note(fd, &note);
    close(fd);
    if (!has_note) {
        fprintf(stderr, "mrrun: %s is not an mr program: compile one with mrc program.mr -o program\n", name);
        return false;
    }
    if (note.protocol == PROTOCOL_VERSION) return true;
    fprintf(stderr, "mrrun: %s was compiled by mr %s, and this is mrrun " MR_VERSION ": compile it again\n", name, note.version);
    return false;
}

char *program_find(const char *name) {
    char *path = find_in_path(name);
    if (path && is_mr_program(name, path)) return path;
    free(path);
    return NULL;
}
