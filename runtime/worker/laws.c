/* laws.c: which elements the laws are tried on, and what is said of what was found. */
#include "runtime/worker/laws.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/net/link.h"
#include "runtime/value/value.h"
#include "runtime/worker/law_try.h"
#include "runtime/worker/runtime.h"

/* Runs of a task that are all tested, after which only every power of two is; groups of equal keys; places in a group where cases
 * begin; how long one law of one group may take, in nanoseconds. */
enum { FIRST_RUNS = 8, MOST_GROUPS = 16, MOST_STARTS = 24 };
#define MOST_TIME ((uint64_t)100000000)

typedef struct LawRecord {
    const MrTask *task;
    uint64_t runs, tried;
    bool is_broken;
} LawRecord;

struct Laws {
    LawRecord *records; /* of the tasks that were run */
    size_t count;
};

Laws *laws_new(void) {
    return xcalloc(1, sizeof(Laws));
}

void laws_free(Laws **laws) {
    if (*laws) free((*laws)->records);
    free(*laws);
    *laws = NULL;
}

static LawRecord *record_of(Laws *laws, const MrTask *task) {
    for (size_t i = 0; i < laws->count; i++)
        if (laws->records[i].task == task) return &laws->records[i];
    laws->records = xrealloc(laws->records, (laws->count + 1) * sizeof *laws->records);
    laws->records[laws->count] = (LawRecord){.task = task};
    return &laws->records[laws->count++];
}

/* ---- seeing elements */

void laws_begin(MrContext *context, LawWatch *watch, const MrTask *task) {
    MrRuntime *runtime = runtime_of(context);
    *watch = (LawWatch){.outer = runtime->law_watch, .task = task, .stride = 1};
    runtime->law_watch = watch;
    if (!task->law_count || !task->laws[0].element->size) return;
    LawRecord *record = record_of(runtime->laws, task);
    uint64_t run = ++record->runs;
    watch->is_on = !record->is_broken && (run <= FIRST_RUNS || (run & (run - 1)) == 0);
}

static void list_drop(MrContext *context, MrList **list, const MrType *type, int64_t from) {
    if (!*list) return;
    for (int64_t i = from; i < (*list)->len; i++) mr_drop(context, (*list)->data + i * (int64_t)type->size, type);
    (*list)->len = from;
    if (from) return;
    list_free(*list);
    *list = NULL;
}

/* Moves the i-th element to place `to`, where nothing is. */
static void list_move(MrList *list, const MrType *type, int64_t i, int64_t to) {
    memcpy(list->data + to * (int64_t)type->size, list->data + i * (int64_t)type->size, type->size);
}

/* Twice the stride: what does not lie on it is given up. */
static void watch_thin(MrContext *context, LawWatch *watch) {
    const MrLaw *law = &watch->task->laws[0];
    int64_t kept = WATCH_FIRST;
    watch->stride *= 2;
    for (int64_t i = WATCH_FIRST; i < watch->elements->len; i++) {
        if (watch->numbers[i] % watch->stride == 0) {
            list_move(watch->elements, law->element, i, kept);
            if (law->key) list_move(watch->keys, law->key, i, kept);
            watch->numbers[kept++] = watch->numbers[i];
        } else {
            mr_drop(context, watch->elements->data + i * (int64_t)law->element->size, law->element);
            if (law->key) mr_drop(context, watch->keys->data + i * (int64_t)law->key->size, law->key);
        }
    }
    watch->elements->len = kept;
    if (law->key) watch->keys->len = kept;
}

static void push_copy(MrContext *context, MrList **list, const void *value, const MrType *type) {
    char *copy = xaligned(64, type->size);
    if (type->size) memcpy(copy, value, type->size);
    mr_own(context, copy, type);
    list_push_take(list, copy, type);
    free(copy);
}

void mr_law_show(MrContext *context, const void *key, const void *element) {
    LawWatch *watch = runtime_of(context)->law_watch;
    if (!watch || !watch->is_on) return;
    uint64_t number = watch->seen++;
    if (number >= WATCH_FIRST && number % watch->stride != 0) return;
    if (list_len(watch->elements) == WATCH_MOST) watch_thin(context, watch);
    if (number >= WATCH_FIRST && number % watch->stride != 0) return;
    watch->numbers[list_len(watch->elements)] = number;
    push_copy(context, &watch->elements, element, watch->task->laws[0].element);
    if (key) push_copy(context, &watch->keys, key, watch->task->laws[0].key);
}

/* ---- cases */

/* Elements that may meet: all, or those of one key; by their places in the watch. */
typedef struct Group {
    const int64_t *places;
    int64_t count;
} Group;

/* `count` elements of the group, from the first-th on and around its end, `step` apart. */
static MrList *group_list(const Trial *trial, const LawWatch *watch, const Group *group, int64_t first, int64_t count,
                          int64_t step) {
    const MrType *type = trial->law->element;
    MrList *list = NULL;
    for (int64_t i = 0; i < count; i++) {
        int64_t place = group->places[(first + i * step) % group->count];
        push_copy(trial->context, &list, watch->elements->data + place * (int64_t)type->size, type);
    }
    return list;
}

static void report(const Trial *trial, const MrTask *task, const Case *c) {
    const MrLaw *law = trial->law;
    bool is_function = !law->init;
    Buf text = {0};
    const char *left = law_words(trial->kind, is_function, true), *right = law_words(trial->kind, is_function, false);
    static const char *const claims[LAW_KINDS][2] = {
        {"", " is not associative"}, {"the `init` of ", " is not neutral"}, {"", " adds in one way and merges in another"}};
    buf_printf(&text, "law broken: %s%s%s", claims[trial->kind][0], law->name, claims[trial->kind][1]);
    buf_printf(&text, ": %s is not %s\n --> %s:%" PRId32 ":%" PRId32 "\n", left, right, law->where.file, law->where.line,
               law->where.column);
    if (!is_function)
        buf_printf(&text, " in %s:%" PRId32 ":%" PRId32 ": %s\n", task->where.file, task->where.line, task->where.column,
                   task->name);
    Trial again = *trial;
    law_breaks(&again, c, &text);
    fputs(buf_text(&text), stderr);
    buf_free(&text);
}

/* Tries the law on one case; true where it is broken, which was reported. */
static bool try_case(Trial *trial, const MrTask *task, Case *c) {
    bool is_broken = law_breaks(trial, c, NULL);
    if (is_broken) {
        law_shrink(trial, c);
        report(trial, task, c);
    }
    case_free(trial, c);
    return is_broken;
}

/* Short lists first, then longer ones, up to a third of all each. */
static bool try_group(Trial *trial, const LawWatch *watch, const Group *group, uint64_t deadline) {
    static const int64_t shapes[][CASE_PARTS] = {{1, 1, 1}, {1, 1, 1}, {1, 1, 2},  {1, 2, 1},
                                                 {2, 1, 1}, {2, 3, 5}, {8, 5, 13}, {0, 0, 0}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        int64_t third = group->count / 3 > 0 ? group->count / 3 : 1;
        int64_t stride = s == 1 ? third : 1, between = group->count / MOST_STARTS + 1;
        bool is_whole = shapes[s][0] == 0;
        for (int64_t first = 0; first < group->count && clock_now() < deadline; first += is_whole ? group->count : between) {
            Case c = {{0}};
            int64_t at = first;
            for (size_t p = 0; p < CASE_PARTS; p++) {
                int64_t len = is_whole ? third : shapes[s][p];
                c.parts[p] = group_list(trial, watch, group, at, len, stride);
                at += len * stride;
            }
            if (try_case(trial, watch->task, &c)) return true;
        }
    }
    return false;
}

/* Calls try_group for each law and kind until one is broken. */
static bool try_laws(MrContext *context, const LawWatch *watch, const void *captures, const Group *group, uint64_t *tried) {
    for (uint32_t i = 0; i < watch->task->law_count; i++) {
        const MrLaw *law = &watch->task->laws[i];
        for (LawKind kind = LAW_ASSOCIATIVE; kind < LAW_KINDS; kind++) {
            if (!law->init && kind != LAW_ASSOCIATIVE) continue;
            Trial trial = {.context = context, .law = law, .captures = captures, .kind = kind};
            bool is_broken = try_group(&trial, watch, group, clock_now() + MOST_TIME);
            *tried += trial.count;
            if (is_broken) return true;
        }
    }
    return false;
}

/* Equal keys stand together in the order of keys. */
static bool try_watch(MrContext *context, const LawWatch *watch, const void *captures, uint64_t *tried) {
    const MrType *key = watch->task->laws[0].key;
    int64_t count = list_len(watch->elements), places[WATCH_MOST], groups = 0;
    for (int64_t i = 0; i < count; i++) places[i] = i;
    if (key) sort_order(places, watch->keys->data, key->size, count, key);
    for (int64_t from = 0, to; from < count && groups < MOST_GROUPS; from = to) {
        for (to = from + 1; to < count; to++) {
            const char *keys = key ? watch->keys->data : NULL;
            if (key &&
                mr_compare(context, keys + places[from] * (int64_t)key->size, keys + places[to] * (int64_t)key->size, key) != 0)
                break;
        }
        Group group = {&places[from], to - from};
        if (group.count < 2) continue;
        groups++;
        if (try_laws(context, watch, captures, &group, tried)) return true;
    }
    return false;
}

void laws_end(MrContext *context, LawWatch *watch, const void *captures, bool failed) {
    MrRuntime *runtime = runtime_of(context);
    runtime->law_watch = NULL; /* what is tried is not watched */
    if (watch->is_on && !failed && watch->elements) {
        uint64_t tried = 0;
        bool is_broken = try_watch(context, watch, captures, &tried);
        LawRecord *record = record_of(runtime->laws, watch->task); /* jobs inside may have moved it */
        record->tried += tried;
        record->is_broken |= is_broken;
    }
    if (watch->is_on) {
        list_drop(context, &watch->elements, watch->task->laws[0].element, 0);
        if (watch->task->laws[0].key) list_drop(context, &watch->keys, watch->task->laws[0].key, 0);
    }
    runtime->law_watch = watch->outer;
}

bool laws_conclude(const Laws *laws) {
    uint64_t tested = 0, broken = 0, tried = 0, without = 0;
    for (size_t i = 0; i < laws->count; i++) {
        const LawRecord *record = &laws->records[i];
        broken += record->is_broken;
        if (record->tried)
            tested++;
        else
            without++;
        tried += record->tried;
    }
    if (laws->count == 0) {
        fputs("laws: nothing to test: no reduction was run that is not known to be associative\n", stderr);
        return false;
    }
    fprintf(stderr, "laws: %" PRIu64 " reduction%s, %" PRIu64 " case%s, ", tested, tested == 1 ? "" : "s", tried,
            tried == 1 ? "" : "s");
    if (broken)
        fprintf(stderr, "%" PRIu64 " with a counterexample", broken);
    else
        fputs("no counterexample", stderr);
    if (without) fprintf(stderr, " (%" PRIu64 " more could not be tested: they failed, or had too few elements)", without);
    fputc('\n', stderr);
    return broken > 0;
}
