/* rendezvous.c: writing, finding and reading the file by which ranks find each other.
 *
 * It is text of fixed lines, so that a run that hangs can be looked into. It is written under another name and renamed, so that
 * nobody reads half of it, on network file systems too. These also remember for a while that a name did not exist; opening the
 * directory first makes them look again. */
#include "runtime/launch/rendezvous.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"

#define FIRST_LINE "mr ranks 1\n"
enum { MOST_SIZE = 1 << 20, HEX_SIZE = 2 * MESSAGE_HASH_SIZE };

static bool fail(char **error, const char *what, const char *path) {
    if (asprintf(error, "%s %s: %s", what, path, strerror(errno)) < 0) *error = NULL;
    return false;
}

bool rendezvous_make(Rendezvous *rendezvous, uint32_t ranks) {
    *rendezvous = (Rendezvous){.count = ranks - 1};
    rendezvous->pairs = xcalloc(rendezvous->count, sizeof *rendezvous->pairs);
    bool is_made = true;
    for (uint32_t i = 0; i < rendezvous->count && is_made; i++) is_made = key_pair_make(&rendezvous->pairs[i]);
    if (!is_made) rendezvous_free(rendezvous);
    return is_made;
}

void rendezvous_free(Rendezvous *rendezvous) {
    for (uint32_t i = 0; i < rendezvous->count; i++) key_pair_wipe(&rendezvous->pairs[i]);
    free(rendezvous->pairs);
    *rendezvous = (Rendezvous){0};
}

/* ---- its place */

/* ~/.cache/mr, made where it is missing. */
static bool home_cache(char *out, size_t size) {
    const char *home = getenv("HOME");
    struct stat status;
    if (!home || *home != '/') return false;
    if (snprintf(out, size, "%s/.cache", home) >= (int)size) return false;
    if (mkdir(out, 0700) != 0 && errno != EEXIST) return false;
    if (snprintf(out, size, "%s/.cache/mr", home) >= (int)size) return false;
    if (mkdir(out, 0700) != 0 && errno != EEXIST) return false;
    return stat(out, &status) == 0 && S_ISDIR(status.st_mode) && access(out, W_OK | X_OK) == 0;
}

bool rendezvous_path(char path[RENDEZVOUS_PATH_SIZE], const char *name, char **error) {
    char cache[RENDEZVOUS_PATH_SIZE];
    const char *folder = getenv(RENDEZVOUS_VARIABLE);
    bool is_told = folder && *folder;
    if (!is_told) folder = home_cache(cache, sizeof cache) ? cache : ".";
    struct stat status;
    if (is_told && stat(folder, &status) != 0) return fail(error, RENDEZVOUS_VARIABLE " names", folder);
    errno = ENAMETOOLONG;
    return snprintf(path, RENDEZVOUS_PATH_SIZE, "%s/mr-%s.ranks", folder, name) < RENDEZVOUS_PATH_SIZE ||
           fail(error, "the ranks' file in", folder);
}

/* ---- writing */

static void add_hash(Buf *out, const char *name, const uint8_t hash[MESSAGE_HASH_SIZE]) {
    buf_printf(out, "%s ", name);
    for (int i = 0; i < MESSAGE_HASH_SIZE; i++) buf_printf(out, "%02x", hash[i]);
    buf_add_char(out, '\n');
}

static bool write_all(int fd, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t written = write(fd, bytes, size);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        bytes += written;
        size -= (size_t)written;
    }
    return fsync(fd) == 0;
}

bool rendezvous_write(const char *path, const Rendezvous *rendezvous, char **error) {
    char beside[RENDEZVOUS_PATH_SIZE + 8];
    Buf text = {0};
    buf_add_text(&text, FIRST_LINE);
    add_hash(&text, "program", rendezvous->program);
    buf_printf(&text, "control %s\n", rendezvous->control);
    buf_printf(&text, "keys %u\n", rendezvous->count);
    for (uint32_t i = 0; i < rendezvous->count; i++)
        buf_printf(&text, "%s %s\n", rendezvous->pairs[i].public_key, rendezvous->pairs[i].secret_key);
    snprintf(beside, sizeof beside, "%s.XXXXXX", path);
    int fd = mkostemp(beside, O_CLOEXEC); /* 0600 */
    bool is_written = fd >= 0 && write_all(fd, text.data, text.len);
    if (fd >= 0 && close(fd) != 0) is_written = false;
    if (is_written) is_written = rename(beside, path) == 0;
    if (!is_written) fail(error, "cannot write", path);
    if (!is_written && fd >= 0) unlink(beside);
    explicit_bzero(text.data, text.len);
    buf_free(&text);
    return is_written;
}

/* ---- reading */

typedef struct Lines {
    const char *at, *end;
} Lines;

/* The rest of the next line, which must begin with `name` and a space; NULL: it does not. */
static const char *line_after(Lines *lines, const char *name, size_t *len) {
    size_t name_len = strlen(name);
    const char *end = memchr(lines->at, '\n', (size_t)(lines->end - lines->at)), *line = lines->at;
    if (!end || (size_t)(end - line) <= name_len || memcmp(line, name, name_len) != 0 || line[name_len] != ' ') return NULL;
    *len = (size_t)(end - line) - name_len - 1;
    lines->at = end + 1;
    return line + name_len + 1;
}

static int digit_of(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hash(Lines *lines, const char *name, uint8_t hash[MESSAGE_HASH_SIZE]) {
    size_t len;
    const char *text = line_after(lines, name, &len);
    if (!text || len != HEX_SIZE) return false;
    for (int i = 0; i < MESSAGE_HASH_SIZE; i++) {
        int high = digit_of(text[2 * i]), low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        hash[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

static bool read_count(Lines *lines, uint32_t *count) {
    size_t len;
    const char *text = line_after(lines, "keys", &len);
    *count = 0;
    if (!text || len == 0 || len > 4) return false;
    for (size_t i = 0; i < len; i++) {
        if (digit_of(text[i]) < 0 || digit_of(text[i]) > 9) return false;
        *count = *count * 10 + (uint32_t)digit_of(text[i]);
    }
    return *count >= 1 && *count < RENDEZVOUS_RANKS;
}

static bool read_pair(Lines *lines, KeyPair *pair) {
    enum { LINE_SIZE = 2 * KEY_LENGTH + 2 };
    if (lines->end - lines->at < LINE_SIZE || lines->at[KEY_LENGTH] != ' ' || lines->at[LINE_SIZE - 1] != '\n') return false;
    memcpy(pair->public_key, lines->at, KEY_LENGTH);
    memcpy(pair->secret_key, lines->at + KEY_LENGTH + 1, KEY_LENGTH);
    lines->at += LINE_SIZE;
    return key_is_good(pair->public_key) && key_is_good(pair->secret_key);
}

RendezvousFound rendezvous_parse(const char *text, size_t size, Rendezvous *rendezvous) {
    *rendezvous = (Rendezvous){0};
    size_t first = strlen(FIRST_LINE), len;
    if (size < first || memcmp(text, FIRST_LINE, first) != 0) return RENDEZVOUS_BAD;
    Lines lines = {text + first, text + size};
    uint32_t count;
    if (!read_hash(&lines, "program", rendezvous->program)) return RENDEZVOUS_BAD;
    const char *control = line_after(&lines, "control", &len);
    if (!control || len == 0 || len >= sizeof rendezvous->control || memchr(control, '\0', len)) return RENDEZVOUS_BAD;
    memcpy(rendezvous->control, control, len);
    if (!read_count(&lines, &count)) return RENDEZVOUS_BAD;
    rendezvous->pairs = xcalloc(count, sizeof *rendezvous->pairs);
    rendezvous->count = count;
    bool is_good = true;
    for (uint32_t i = 0; i < count && is_good; i++) is_good = read_pair(&lines, &rendezvous->pairs[i]);
    if (is_good && lines.at == lines.end) return RENDEZVOUS_FOUND;
    rendezvous_free(rendezvous);
    return RENDEZVOUS_BAD;
}

/* Opens the file, when it is the user's own and of about now. -1: *found says why not. */
static int open_file(const char *path, RendezvousFound *found, char **error) {
    char folder[RENDEZVOUS_PATH_SIZE];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    int directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = directory >= 0 ? openat(directory, slash + 1, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
    int reason = errno;
    if (directory >= 0) close(directory);
    struct stat status;
    *found = RENDEZVOUS_NOT_YET;
    if (fd < 0 && (reason == ENOENT || reason == ESTALE)) return -1;
    errno = reason;
    if (fd < 0 || fstat(fd, &status) != 0) {
        *found = RENDEZVOUS_BAD;
        fail(error, "cannot read", path);
    } else if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & (S_IRWXG | S_IRWXO))) {
        *found = RENDEZVOUS_BAD;
        if (asprintf(error, "%s is not a file that only this user can read: it is not trusted", path) < 0) *error = NULL;
    } else if (status.st_mtime + RENDEZVOUS_STALE >= time(NULL)) {
        return fd;
    }
    if (fd >= 0) close(fd);
    return -1;
}

static bool read_all(int fd, Buf *text) {
    for (;;) {
        buf_reserve(text, 4096);
        ssize_t got = read(fd, text->data + text->len, text->cap - text->len);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return got == 0;
        text->len += (size_t)got;
        if (text->len > MOST_SIZE) return false;
    }
}

RendezvousFound rendezvous_read(const char *path, const uint8_t program[MESSAGE_HASH_SIZE], Rendezvous *rendezvous, char **error) {
    RendezvousFound found;
    int fd = open_file(path, &found, error);
    if (fd < 0) return found;
    Buf text = {0};
    found = read_all(fd, &text) ? rendezvous_parse(text.data, text.len, rendezvous) : RENDEZVOUS_BAD;
    close(fd);
    if (text.data) explicit_bzero(text.data, text.cap);
    buf_free(&text);
    if (found == RENDEZVOUS_BAD && asprintf(error, "%s is damaged: remove it", path) < 0) *error = NULL;
    if (found != RENDEZVOUS_FOUND || memcmp(rendezvous->program, program, MESSAGE_HASH_SIZE) == 0) return found;
    rendezvous_free(rendezvous);
    return RENDEZVOUS_NOT_YET;
}
