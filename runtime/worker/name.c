/* name.c: two sums are made of a job side by side. Both take in what the job is; only the name takes in what its files contain, as
 * far as path, size and time of change tell. Of standard input and of pipes, which have no such thing, the copies are read. */
#include "runtime/worker/name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/checksum.h"
#include "base/map.h"
#include "runtime/io/state.h"
#include "runtime/value/codec.h"

enum { PART = 1 << 16 /* elements of a list, or bytes of a file, at a time */ };

struct JobNames {
    Arena *arena;
    Map given; /* a sum → how many jobs had it */
};

typedef struct Sums {
    Digest *name, *work;
} Sums;

JobNames *job_names_new(void) {
    JobNames *names = xcalloc(1, sizeof *names);
    names->arena = arena_new();
    map_init(&names->given, names->arena);
    return names;
}

void job_names_free(JobNames **names) {
    if (!*names) return;
    arena_free(&(*names)->arena);
    free(*names);
    *names = NULL;
}

static void add_both(const Sums *sums, const void *bytes, size_t size) {
    digest_add(sums->name, bytes, size);
    digest_add(sums->work, bytes, size);
}

static void add_number(const Sums *sums, uint64_t number) {
    add_both(sums, &number, sizeof number);
}

/* ---- files */

static bool add_contents(Digest *digest, const FileList *files, size_t number) {
    FileReader *reader = file_reader_new(files);
    char *part = xmalloc(PART), *error = NULL;
    uint64_t size = files->files[number].size;
    bool failed = false;
    for (uint64_t at = 0; at < size && !failed; at += PART) {
        size_t count = size - at < PART ? (size_t)(size - at) : PART;
        failed = file_read(reader, number, at, part, count, &error);
        if (!failed) digest_add(digest, part, count);
    }
    free(part);
    file_reader_free(&reader);
    free(error);
    return failed;
}

static bool add_files(const Sums *sums, const FileList *files) {
    bool failed = false;
    add_number(sums, files->count);
    for (size_t i = 0; i < files->count && !failed; i++) {
        const FileEntry *file = &files->files[i];
        uint64_t state[] = {file->size, file->real_path ? 0 : (uint64_t)file->modified};
        add_both(sums, file->path, strlen(file->path) + 1);
        digest_add(sums->name, state, sizeof state);
        if (file->real_path) failed = add_contents(sums->name, files, i);
    }
    return failed;
}

static void describe_files(const FileList *files, char out[MESSAGE_INPUTS_SIZE]) {
    Buf text = {0};
    if (files->count == 0) return;
    const char *path = files->files[0].path;
    size_t len = strlen(path), most = 100;
    if (len > most) buf_add_text(&text, "...");
    buf_add_text(&text, len > most ? path + len - most : path);
    if (files->count > 1) buf_printf(&text, " and %zu more file%s", files->count - 1, files->count > 2 ? "s" : "");
    buf_printf(&text, ", %llu bytes", (unsigned long long)files->size);
    snprintf(out, MESSAGE_INPUTS_SIZE, "%s", buf_text(&text));
    buf_free(&text);
}

/* ---- lists */

static void add_list(const Sums *sums, const Job *job, uint32_t source) {
    const MrList *list = job->plan.sources[source].list;
    const MrType *type = job->plan.task->sources[source].list;
    int64_t len = list ? list->len : 0;
    Buf part = {0};
    add_number(sums, (uint64_t)len);
    for (int64_t at = 0; at < len; at += PART) {
        part.len = 0;
        codec_encode_elements(&part, list, at, len - at < PART ? len - at : PART, type, job->of.context->program);
        add_both(sums, part.data, part.len);
    }
    buf_free(&part);
}

/* ---- a job */

/* Behind the plan there are the captured values and globals. How many elements and chunks there are follows, of text, from the
 * contents of the files. */
static bool add_job(const Sums *sums, const Job *job, const Buf *blob, JobName *out) {
    const Plan *plan = &job->plan;
    Buf encoded = {0};
    plan_encode(plan, &encoded);
    size_t size = encoded.len;
    buf_free(&encoded);
    add_both(sums, plan->task->hash, sizeof plan->task->hash);
    add_both(sums, blob->data + size, blob->len - size);
    add_number(sums, runtime_of(job->of.context)->io.written);
    for (uint32_t i = 0; i < plan->task->source_count; i++) {
        const PlanSource *source = &plan->sources[i];
        uint64_t head[] = {source->kind,  source->is_straight, source->limit,
                           source->first, source->cut_count,   (uint64_t)source->origin};
        digest_add(sums->name, head, sizeof head);
        if (source->cut_count) digest_add(sums->name, source->cuts, source->cut_count * sizeof *source->cuts);
        add_number(sums, source->kind);
        if (source->kind == MR_SOURCE_RANGE) add_both(sums, &source->range, sizeof source->range);
        if (plan_is_list(plan, i)) add_list(sums, job, i);
        if (!source->has_text) continue;
        if (add_files(sums, &source->text.files)) return true;
        describe_files(&source->text.files, out->inputs);
    }
    uint64_t extent[] = {plan->elements, plan->chunks};
    digest_add(sums->name, extent, sizeof extent);
    return false;
}

/* The number of the job among those that are the same takes part in both sums. */
static void end_sums(JobNames *names, Sums *sums, JobName *out) {
    uint8_t same[CHECKSUM_NAME_SIZE], numbered[CHECKSUM_NAME_SIZE + sizeof(uint64_t)];
    digest_end(&sums->name, same);
    void **slot = map_slot(&names->given, same, sizeof same);
    uint64_t before = (uint64_t)(uintptr_t)*slot;
    *slot = (void *)(uintptr_t)(before + 1);
    memcpy(numbered, same, sizeof same);
    memcpy(numbered + sizeof same, &before, sizeof before);
    checksum128(out->name, numbered, sizeof numbered);
    digest_add(sums->work, &before, sizeof before);
    digest_end(&sums->work, out->work);
}

void job_names_give(JobNames *names, const Job *job, const Buf *blob, JobName *out) {
    Sums sums = {digest_new(), digest_new()};
    *out = (JobName){.inputs = ""};
    bool failed = add_job(&sums, job, blob, out);
    end_sums(names, &sums, out);
    if (failed) *out = (JobName){.inputs = ""};
}
