/* hosts.c: reading lists of hosts, and sharing workers out. One reader serves both forms: in a list a comma ends an entry, in a
 * file the end of the line. */
#include "tools/mrrun/hosts.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { MOST_BYTES = 1 << 20 /* of a file */, MOST_HOSTS = 4096, WORD_SIZE = 64 };

typedef struct Reader {
    const char *path; /* NULL: the text is the option's */
    const char *at, *end, *line_start;
    unsigned line;
    char **error;
} Reader;

/* ---- errors */

static bool __attribute__((format(printf, 3, 4))) fail(Reader *reader, const char *place, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t column = (size_t)(place - reader->line_start) + 1;
    int len = reader->path ? asprintf(reader->error, "%s:%u:%zu: %s", reader->path, reader->line, column, text)
                           : asprintf(reader->error, "--host, column %zu: %s", column, text);
    if (len < 0) out_of_memory(sizeof text);
    return false;
}

/* A byte as messages show it. */
static const char *show_byte(const Reader *reader, const char *place, char text[16]) {
    if (place == reader->end)
        snprintf(text, 16, "nothing");
    else if (isprint((unsigned char)*place))
        snprintf(text, 16, "`%c`", *place);
    else
        snprintf(text, 16, "the byte 0x%02x", (unsigned char)*place);
    return text;
}

/* ---- words */

static char byte_at(const Reader *reader) {
    return reader->at < reader->end ? *reader->at : '\0';
}

static bool is_at(const Reader *reader, char c) {
    return reader->at < reader->end && *reader->at == c;
}

static void skip_blanks(Reader *reader) {
    while (is_at(reader, ' ') || is_at(reader, '\t') || is_at(reader, '\r')) reader->at++;
}

/* A name that begins with "-" could be taken for an option of ssh. */
static bool is_name_byte(char c) {
    return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '.';
}

static bool is_address_byte(char c) {
    return isxdigit((unsigned char)c) || is_name_byte(c) || c == ':' || c == '%';
}

/* Takes the bytes that `belongs` admits; false: none, or too many. */
static bool take_word(Reader *reader, bool (*belongs)(char), char *word, size_t size) {
    const char *start = reader->at;
    while (reader->at < reader->end && belongs(*reader->at)) reader->at++;
    size_t len = (size_t)(reader->at - start);
    if (len == 0 || len >= size) return false;
    memcpy(word, start, len);
    word[len] = '\0';
    return true;
}

static bool take_number(Reader *reader, const char *what, uint32_t *number) {
    const char *start = reader->at;
    uint64_t value = 0;
    while (isdigit((unsigned char)byte_at(reader)) && value <= HOSTS_MOST_SLOTS)
        value = value * 10 + (uint64_t)(*reader->at++ - '0');
    bool is_good = reader->at > start && value >= 1 && value <= HOSTS_MOST_SLOTS && !is_name_byte(byte_at(reader));
    *number = (uint32_t)value;
    return is_good || fail(reader, start, "%s must be a whole number from 1 to %d", what, HOSTS_MOST_SLOTS);
}

/* ---- entries */

/* One entry as it was read. */
typedef struct Entry {
    Host host;
    bool has_slots;
} Entry;

static bool is_name_good(Reader *reader, const char *place, const char *name, const char *what) {
    if (*name != '-' && *name != '.') return true;
    return fail(reader, place, "the name of a %s begins with a letter or a digit", what);
}

/* "name", "user@name", "[address]"; several numeric parts after each other are an address that lacks its brackets. */
static bool take_host(Reader *reader, Host *host) {
    const char *start = reader->at;
    char byte[16];
    if (!is_at(reader, '[')) {
        if (!take_word(reader, is_name_byte, host->name, sizeof host->name))
            return fail(reader, reader->at > start ? start : reader->at, "a host's name is expected here, not %s",
                        reader->at > start ? "so long a word" : show_byte(reader, reader->at, byte));
        if (!is_name_good(reader, start, host->name, is_at(reader, '@') ? "user" : "host")) return false;
        if (is_at(reader, '['))
            return fail(reader, reader->at, "groups of hosts are written out: %s1, %s2", host->name, host->name);
        if (!is_at(reader, '@')) return true;
        memcpy(host->user, host->name, sizeof host->user);
        start = ++reader->at;
        if (!is_at(reader, '[')) {
            if (!take_word(reader, is_name_byte, host->name, sizeof host->name))
                return fail(reader, start, "the name of %s's host is missing", host->user);
            return is_name_good(reader, start, host->name, "host");
        }
    }
    reader->at++;
    if (!take_word(reader, is_address_byte, host->name, sizeof host->name) || !is_at(reader, ']') || !strchr(host->name, ':') ||
        *host->name == '-')
        return fail(reader, start, "in brackets stands an IPv6 address, as in [fe80::1%%eth0]");
    reader->at++;
    return true;
}

static bool set_slots(Reader *reader, const char *place, Entry *entry) {
    if (entry->has_slots) return fail(reader, place, "the slots of this host are given twice");
    entry->has_slots = true;
    return take_number(reader, "the number of slots", &entry->host.slots);
}

/* ":4" right after the host. */
static bool take_colon(Reader *reader, Entry *entry) {
    if (!is_at(reader, ':')) return true;
    const char *place = reader->at++;
    const char *next = reader->at;
    while (next < reader->end && (is_name_byte(*next))) next++;
    if (is_at(reader, ':') || (next < reader->end && *next == ':'))
        return fail(reader, place, "an IPv6 address is written in brackets: [fe80::1]:4");
    return set_slots(reader, place, entry);
}

static bool is_one_of(const char *word, const char *const *names) {
    while (*names && strcmp(word, *names) != 0) names++;
    return *names != NULL;
}

/* "slots=4" and its like, as Open MPI spells them. */
static bool take_setting(Reader *reader, Entry *entry) {
    static const char *const slots[] = {"slots", "slot", "cpus", "cpu", "count", NULL};
    static const char *const most[] = {"max_slots", "max-slots", "cpus_max", "cpus-max", NULL};
    static const char *const user[] = {"user", "username", "user_name", "user-name", NULL};
    const char *place = reader->at;
    char word[WORD_SIZE], byte[16];
    if (!take_word(reader, is_name_byte, word, sizeof word))
        return fail(reader, place, "slots=N, max_slots=N or a number is expected here, not %s",
                    show_byte(reader, reader->at, byte));
    skip_blanks(reader);
    bool is_known = is_one_of(word, slots) || is_one_of(word, most) || is_one_of(word, user);
    if (!is_known) return fail(reader, place, "`%s` is not known here: there are slots=N, max_slots=N and user=NAME", word);
    if (!is_at(reader, '=')) return fail(reader, reader->at, "`=` is missing after %s", word);
    reader->at++;
    skip_blanks(reader);
    if (is_one_of(word, slots)) return set_slots(reader, place, entry);
    if (is_one_of(word, most)) return take_number(reader, word, &entry->host.most);
    const char *start = reader->at;
    if (entry->host.user[0]) return fail(reader, place, "the user of this host is given twice");
    if (!take_word(reader, is_name_byte, entry->host.user, sizeof entry->host.user))
        return fail(reader, start, "a user's name is missing");
    return is_name_good(reader, start, entry->host.user, "user");
}

static bool is_loopback(const Host *host) {
    return !host->user[0] &&
           (strcmp(host->name, "localhost") == 0 || strncmp(host->name, "127.", 4) == 0 || strcmp(host->name, "::1") == 0);
}

/* Adds an entry, or adds it to what the host has already. */
static bool add_entry(Reader *reader, HostList *list, const char *place, Entry *entry) {
    Host *host = &entry->host;
    if (!entry->has_slots) host->slots = 1;
    host->is_local = is_loopback(host);
    for (size_t i = 0; i < list->len; i++) {
        Host *old = &list->items[i];
        bool is_same = strcmp(old->name, host->name) == 0 && strcmp(old->user, host->user) == 0;
        if (!is_same && !(old->is_local && host->is_local)) continue;
        old->slots += host->slots;
        old->most = old->most && host->most ? old->most + host->most : 0;
        host = old;
        break;
    }
    if (host->slots > HOSTS_MOST_SLOTS) return fail(reader, place, "%s has more than %d slots", host->name, HOSTS_MOST_SLOTS);
    if (host->most && host->slots > host->most)
        return fail(reader, place, "%s has %u slots, but at most %u", host->name, host->slots, host->most);
    if (host != &entry->host) return true;
    if (list->len == MOST_HOSTS) return fail(reader, place, "there are more than %d hosts", MOST_HOSTS);
    if (list->len == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 8;
        list->items = xrealloc(list->items, list->cap * sizeof *list->items);
    }
    list->items[list->len++] = *host;
    return true;
}

bool hosts_add_list(HostList *list, const char *text, char **error) {
    Reader reader = {.at = text, .end = text + strlen(text), .line_start = text, .line = 1, .error = error};
    char byte[16];
    for (;;) {
        Entry entry = {0};
        skip_blanks(&reader);
        const char *place = reader.at;
        if (!take_host(&reader, &entry.host) || !take_colon(&reader, &entry)) return false;
        skip_blanks(&reader);
        if (reader.at < reader.end && *reader.at != ',')
            return fail(&reader, reader.at, "`,` or `:` is expected here, not %s", show_byte(&reader, reader.at, byte));
        if (!add_entry(&reader, list, place, &entry)) return false;
        if (reader.at == reader.end) return true;
        reader.at++;
    }
}

/* A line of a file, up to its end, which stays; comments were cut off. */
static bool take_line(Reader *reader, HostList *list) {
    skip_blanks(reader);
    if (reader->at == reader->end) return true;
    Entry entry = {0};
    const char *place = reader->at;
    if (!take_host(reader, &entry.host) || !take_colon(reader, &entry)) return false;
    char byte[16];
    if (reader->at < reader->end && !isspace((unsigned char)*reader->at))
        return fail(reader, reader->at, "a blank is expected after the host, not %s", show_byte(reader, reader->at, byte));
    for (;;) {
        skip_blanks(reader);
        if (reader->at == reader->end) return add_entry(reader, list, place, &entry);
        bool is_good = isdigit((unsigned char)*reader->at) ? set_slots(reader, reader->at, &entry) : take_setting(reader, &entry);
        if (!is_good) return false;
    }
}

bool hosts_add_text(HostList *list, const char *path, const char *text, size_t size, char **error) {
    Reader reader = {.path = path, .error = error};
    for (const char *at = text, *end = text + size; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end;
        const char *comment = memchr(at, '#', (size_t)(stop - at));
        reader.at = reader.line_start = at;
        reader.end = comment ? comment : stop;
        reader.line++;
        if (!take_line(&reader, list)) return false;
        at = stop + (newline != NULL);
    }
    if (list->len > 0) return true;
    if (asprintf(error, "%s: no host is named in it", path) < 0) out_of_memory(strlen(path));
    return false;
}

bool hosts_add_file(HostList *list, const char *path, char **error) {
    FILE *file = fopen(path, "rbe");
    char *text = xmalloc(MOST_BYTES + 1);
    size_t size = 0;
    if (file) size = fread(text, 1, MOST_BYTES + 1, file);
    bool is_read = file && !ferror(file), is_good = is_read && size <= MOST_BYTES;
    int len = 0;
    if (!is_read) len = asprintf(error, "cannot read the hosts in %s: %s", path, strerror(errno));
    if (is_read && !is_good) len = asprintf(error, "%s has more than %d bytes: that is no list of hosts", path, MOST_BYTES);
    if (len < 0) out_of_memory(strlen(path));
    if (file) fclose(file);
    is_good = is_good && hosts_add_text(list, path, text, size, error);
    free(text);
    return is_good;
}

/* ---- workers */

uint32_t hosts_place(HostList *list, uint32_t workers, bool *is_over, char **error) {
    uint64_t slots = 0, most = 0;
    for (size_t i = 0; i < list->len; i++) {
        const Host *host = &list->items[i];
        slots += host->slots;
        most += host->most ? host->most : HOSTS_MOST_SLOTS;
    }
    if (workers == 0) workers = slots < HOSTS_MOST_SLOTS ? (uint32_t)slots : HOSTS_MOST_SLOTS;
    *is_over = workers > slots;
    if (workers > most) {
        if (asprintf(error, "-n %u, but the hosts take %llu workers at most (max_slots)", workers, (unsigned long long)most) < 0)
            out_of_memory(0);
        return 0;
    }
    uint32_t left = workers, first = 0;
    for (size_t i = 0; i < list->len; i++) {
        Host *host = &list->items[i];
        host->workers = host->slots < left ? host->slots : left;
        left -= host->workers;
    }
    for (size_t i = 0; left > 0; i = (i + 1) % list->len) {
        Host *host = &list->items[i];
        if (host->most && host->workers >= host->most) continue;
        host->workers++;
        left--;
    }
    for (size_t i = 0; i < list->len; i++) {
        list->items[i].first = first;
        first += list->items[i].workers;
    }
    return workers;
}

const char *host_text(const Host *host, char text[2 * HOST_NAME_SIZE]) {
    snprintf(text, (size_t)2 * HOST_NAME_SIZE, "%s%s%s", host->user, host->user[0] ? "@" : "", host->name);
    return text;
}

void hosts_free(HostList *list) {
    free(list->items);
    *list = (HostList){0};
}
