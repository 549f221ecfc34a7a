/* entry.c: writing and reading the fields of records, as numbers and counted texts (base/buf.h, base/input.h). */
#include "runtime/journal/entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/input.h"

enum { SHOWN = 200 /* bytes of a fact's text that a message shows */ };

/* ---- writing */

void entry_run(Buf *meta, const JournalFact *facts, size_t count) {
    buf_add_number(meta, count);
    for (size_t i = 0; i < count; i++) {
        buf_add_counted(meta, facts[i].label, strlen(facts[i].label));
        buf_add_counted(meta, facts[i].text, strlen(facts[i].text));
    }
}

void entry_job(Buf *meta, const StoredHead *head) {
    buf_add_counted(meta, (const char *)head->name.name, sizeof head->name.name);
    buf_add_counted(meta, (const char *)head->name.work, sizeof head->name.work);
    buf_add_number(meta, head->chunks);
    buf_add_number(meta, head->flags);
    buf_add_counted(meta, head->name.inputs, strlen(head->name.inputs));
}

static void add_state(Buf *meta, const uint8_t name[MESSAGE_JOB_NAME_SIZE], uint64_t limit, EndKind end) {
    buf_add_counted(meta, (const char *)name, MESSAGE_JOB_NAME_SIZE);
    buf_add_number(meta, limit);
    buf_add_number(meta, (uint64_t)end);
}

void entry_bag(Buf *meta, const uint8_t name[MESSAGE_JOB_NAME_SIZE], uint64_t limit, EndKind end, const RangeSet *chunks) {
    add_state(meta, name, limit, end);
    buf_add_number(meta, chunks->len);
    for (size_t i = 0; i < chunks->len; i++) {
        buf_add_number(meta, chunks->items[i].first);
        buf_add_number(meta, chunks->items[i].count);
    }
}

void entry_done(Buf *meta, const uint8_t name[MESSAGE_JOB_NAME_SIZE], uint64_t limit, EndKind end) {
    add_state(meta, name, limit, end);
}

/* ---- facts */

static bool is_text(const char *text, size_t len, const char *other) {
    return strlen(other) == len && memcmp(text, other, len) == 0;
}

static char *message(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *message(const char *format, ...) {
    Buf text = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    return buf_text(&text) ? text.data : NULL;
}

static int shown(size_t len) {
    return len < SHOWN ? (int)len : SHOWN;
}

static char *compare_fact(Input *in, const JournalFact *fact) {
    size_t label_len, len;
    const char *label = input_text(in, &label_len), *text = input_text(in, &len);
    if (in->is_bad) return message("its first record cannot be read");
    if (!is_text(label, label_len, fact->label))
        return message("it knows the %.*s, and not the %s", shown(label_len), label, fact->label);
    if (is_text(text, len, fact->text)) return NULL;
    return message("the %s was \"%.*s\" and is \"%.*s\"", fact->label, shown(len), text, shown(strlen(fact->text)), fact->text);
}

char *entry_compare_run(const Entry *record, const JournalFact *facts, size_t count) {
    Input in = input_of(record->meta, record->meta_size);
    uint64_t there = input_number(&in);
    for (size_t i = 0; i < count && i < there; i++) {
        char *difference = compare_fact(&in, &facts[i]);
        if (difference) return difference;
    }
    if (there == count && in.at == in.end && !in.is_bad) return NULL;
    if (there > count) {
        size_t len;
        const char *label = input_text(&in, &len);
        if (!in.is_bad) return message("there was the %.*s, and there is none now", shown(len), label);
    }
    if (there < count && !in.is_bad) return message("there is the %s, and there was none", facts[there].label);
    return message("its first record cannot be read");
}

/* ---- reading */

static bool read_name(Input *in, uint8_t name[MESSAGE_JOB_NAME_SIZE]) {
    size_t len;
    const char *text = input_text(in, &len);
    bool is_good = !in->is_bad && len == MESSAGE_JOB_NAME_SIZE;
    if (is_good) memcpy(name, text, len);
    return is_good;
}

static bool read_job(Input *in, Stored *stored) {
    StoredHead head = {.chunks = 0};
    size_t len;
    if (!read_name(in, head.name.name) || !read_name(in, head.name.work)) return false;
    head.chunks = input_number(in);
    uint64_t flags = input_number(in);
    const char *inputs = input_text(in, &len);
    if (in->is_bad || in->at != in->end || head.chunks > MESSAGE_CHUNKS || flags & ~(uint64_t)JOB_FLAGS) return false;
    if (len >= sizeof head.name.inputs || memchr(inputs, '\0', len)) return false;
    head.flags = (uint32_t)flags;
    memcpy(head.name.inputs, inputs, len);
    const StoredJob *job = stored_add(stored, &head);
    return job->head.chunks == head.chunks && job->head.flags == head.flags;
}

/* The chunks of a bag: intervals in ascending order. */
static bool read_chunks(Input *in, uint64_t all, RangeSet *chunks) {
    uint64_t count = input_number(in), end = 0;
    if (count > (uint64_t)(in->end - in->at) / (2 * sizeof count)) return false;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t first = input_number(in), len = input_number(in);
        if (first < end || len == 0 || first > all || len > all - first) return false;
        ranges_add(chunks, first, len);
        end = first + len;
    }
    return in->at == in->end && !in->is_bad;
}

static bool read_state(Input *in, const Entry *record, uint64_t id, Stored *stored) {
    uint8_t name[MESSAGE_JOB_NAME_SIZE];
    if (!read_name(in, name)) return false;
    StoredJob *job = stored_find(stored, name);
    uint64_t limit = input_number(in), end = input_number(in);
    if (!job || in->is_bad || limit > job->head.chunks || end > END_FAILED || (end == END_NONE && limit != job->head.chunks))
        return false;
    RangeSet chunks = {0};
    bool is_good = record->kind == ENTRY_DONE ? in->at == in->end : read_chunks(in, job->head.chunks, &chunks);
    if (is_good) stored_limit(job, limit, (EndKind)end);
    if (is_good && record->kind == ENTRY_DONE) job->is_done = true;
    if (is_good && record->kind == ENTRY_BAG) is_good = stored_add_bag(job, id, record->data_size, &chunks);
    ranges_free(&chunks);
    return is_good;
}

bool entry_read(const Entry *record, uint64_t id, Stored *stored) {
    Input in = input_of(record->meta, record->meta_size);
    switch (record->kind) {
    case ENTRY_JOB: return read_job(&in, stored);
    case ENTRY_BAG:
    case ENTRY_DONE: return read_state(&in, record, id, stored);
    default: return false;
    }
}
