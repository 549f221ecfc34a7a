/* keyed_test.c: keyed jobs whose bags are written to files at any time, cut by the hashes of keys, exchanged part by part and put
 * together again, against the same job mapped in order: the result, the output and the error must be the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "runtime/value/part.h"
#include "runtime/worker/bags.h"
#include "runtime/worker/job.h"
#include "runtime/worker/spill.h"

enum { WORKERS = 4 };

/* ---- tasks: elements are "k:v". The values of a key are put together as a tree, "(a b)"; or counted */

static const uint32_t text_offsets[] = {8, 8 + sizeof(MrString)}, count_offsets[] = {8, 8 + sizeof(MrString)};
static const MrType *const text_fields[] = {&type_string, &type_string}, *const count_fields[] = {&type_string, &type_int};
static const MrType texts_type = {.kind = MR_MAP,
                                  .size = 8,
                                  .align = 8,
                                  .field_count = 2,
                                  .stride = 8 + 2 * sizeof(MrString),
                                  .fields = text_fields,
                                  .offsets = text_offsets,
                                  .name = "[string: string]"};
static const MrType counts_type = {.kind = MR_MAP,
                                   .size = 8,
                                   .align = 8,
                                   .field_count = 2,
                                   .stride = 8 + sizeof(MrString) + 8,
                                   .fields = count_fields,
                                   .offsets = count_offsets,
                                   .name = "[string: int]"};

static bool join(MrContext *context, MrString *left, MrString *right) {
    MrString parts[] = {{"(", 1, &mr_immortal}, *left, {" ", 1, &mr_immortal}, *right, {")", 1, &mr_immortal}}, joined;
    bool failed = mr_string_concat(context, &joined, parts, 5);
    mr_string_drop(context, left);
    mr_string_drop(context, right);
    *left = failed ? (MrString){0} : joined;
    *right = (MrString){0};
    return failed;
}

/* Of two values with a mark: "!" fails, "p" prints. */
static bool merge_texts(MrContext *context, const void *captures, void *left, void *right) {
    (void)captures;
    MrString *a = left, *b = right;
    if (a->data[a->len - 1] == '!' && b->data[0] == '!') {
        mr_string_drop(context, a);
        mr_string_drop(context, b);
        *a = *b = (MrString){0};
        return mr_failf(context, "two marks meet");
    }
    if (b->data[0] == 'p') mr_prim_print(context, NULL, b);
    return join(context, left, right);
}

static bool texts_merge(MrContext *context, const void *captures, void *left, void *right) {
    return mr_map_merge(context, left, *(MrMap **)right, &texts_type, merge_texts, captures);
}

static bool merge_counts(MrContext *context, const void *captures, void *left, void *right) {
    (void)context, (void)captures;
    *(int64_t *)left += *(int64_t *)right;
    return false;
}

static bool counts_merge(MrContext *context, const void *captures, void *left, void *right) {
    return mr_map_merge(context, left, *(MrMap **)right, &counts_type, merge_counts, captures);
}

/* The key and the value of an element; true: it fails. */
static bool take_apart(MrContext *context, const MrString *element, MrString *key, MrString *value) {
    const char *colon = memchr(element->data, ':', (size_t)element->len);
    *key = (MrString){element->data, colon - element->data, element->owner};
    *value = (MrString){colon + 1, element->len - key->len - 1, element->owner};
    if (element->data[0] == 'P') mr_prim_print(context, NULL, element);
    return element->data[0] == 'f' && mr_failf(context, "%.*s is not wanted", (int)element->len, element->data);
}

static bool is_left_out(const MrString *element) {
    return element->data[0] == '-';
}

static bool fail_at(MrContext *context, int64_t element, MrMap **map, const MrType *type, bool *has_value) {
    if (*has_value) mr_drop(context, map, type);
    *map = NULL;
    context->failed_element = element;
    *has_value = false;
    return true;
}

static bool texts_kernel(MrContext *context, const void *captures, MrChunk *chunk, void *state, bool *has_value) {
    MrMap **map = state;
    if (!*has_value) *map = NULL;
    for (int64_t i = 0; i < chunk->count; i++) {
        const MrString *element = (const MrString *)chunk->slices[0].data + i;
        MrString key, value;
        if (is_left_out(element)) continue;
        if (take_apart(context, element, &key, &value)) return fail_at(context, i, map, &texts_type, has_value);
        bool is_new;
        MrString *place = mr_map_upsert(context, map, &key, &texts_type, &is_new);
        value = string_new(value.data, value.len);
        if (is_new)
            *place = value;
        else if (merge_texts(context, captures, place, &value))
            return fail_at(context, i, map, &texts_type, has_value);
        *has_value = true;
        chunk->elements++;
    }
    return false;
}

static bool counts_kernel(MrContext *context, const void *captures, MrChunk *chunk, void *state, bool *has_value) {
    (void)captures;
    MrMap **map = state;
    if (!*has_value) *map = NULL;
    for (int64_t i = 0; i < chunk->count; i++) {
        const MrString *element = (const MrString *)chunk->slices[0].data + i;
        MrString key, value;
        if (is_left_out(element)) continue;
        if (take_apart(context, element, &key, &value)) return fail_at(context, i, map, &counts_type, has_value);
        bool is_new;
        *(int64_t *)mr_map_upsert(context, map, &key, &counts_type, &is_new) += 1;
        *has_value = true;
        chunk->elements++;
    }
    return false;
}

static bool texts_finish(MrContext *context, const void *captures, void *state, bool has_value, void *result) {
    (void)captures;
    bool failed = mr_to_string(context, result, has_value ? state : &(MrMap *){NULL}, &texts_type);
    if (has_value) mr_drop(context, state, &texts_type);
    return failed;
}

static bool counts_finish(MrContext *context, const void *captures, void *state, bool has_value, void *result) {
    (void)captures;
    bool failed = mr_to_string(context, result, has_value ? state : &(MrMap *){NULL}, &counts_type);
    if (has_value) mr_drop(context, state, &counts_type);
    return failed;
}

static const MrSourceInfo sources[] = {{.kind = MR_SOURCE_LIST, .element = &type_string, .list = &type_string_list}};
static const MrTask texts_task = {.name = "texts",
                                  .captures = &type_unit,
                                  .source_count = 1,
                                  .sources = sources,
                                  .state = &texts_type,
                                  .result = &type_string,
                                  .flags = MR_TASK_KEYED,
                                  .kernel = texts_kernel,
                                  .merge = texts_merge,
                                  .finish = texts_finish};
static const MrTask counts_task = {.name = "counts",
                                   .captures = &type_unit,
                                   .source_count = 1,
                                   .sources = sources,
                                   .state = &counts_type,
                                   .result = &type_string,
                                   .flags = MR_TASK_KEYED | MR_TASK_EXACT,
                                   .kernel = counts_kernel,
                                   .merge = counts_merge,
                                   .finish = counts_finish};
static const MrProgram program = {.abi_version = MR_ABI_VERSION, .name = "keyed_test.mr", .globals = &type_unit};
static const Memory memory = {.limit = 1 << 20, .directory = "/tmp"};

#include "tests/unit/job_bench.h"

static void maybe_spill(Place *place, KeptBag *kept, uint64_t odds) {
    char *error = NULL;
    kept_weigh(kept, &place->job.of);
    assert_true(bag_count(&kept->bag) == 0 || kept->weight.all > 0);
    if (draw(odds) == 0) assert_false(kept_spill(kept, &place->job.of, &memory, &error));
}

static uint64_t run_range(Place *root, Place *worker, uint64_t first, uint64_t count, uint64_t limit) {
    Buf bytes = {0};
    MrList *slice = NULL;
    assert_false(job_encode_slice(&root->job, 0, first, count, &bytes));
    assert_false(job_decode_slice(&worker->job, 0, first, count, &bytes, &slice));
    PlanLists lists = {.lists = &slice, .first = first};
    _Atomic uint64_t most = limit;
    JobRun run = {.first = first, .count = count, .lists = &lists, .limit = &most};
    Bag own = worker->job.bag;
    worker->job.bag = worker->kept.bag;
    job_map(&worker->job, &run);
    worker->kept.bag = worker->job.bag;
    worker->job.bag = own;
    if (slice) job_drop_slice(&worker->job, 0, slice);
    buf_free(&bytes);
    maybe_spill(worker, &worker->kept, 3);
    return limit_of(&run, limit);
}

/* Chunks of the job, mapped in random ranges in random order by random workers; returns the limit. */
static uint64_t map_anyhow(Place *root, Place *workers, const MrTask *task) {
    Buf blob = {0};
    job_encode_blob(&root->job, (Lending){0}, &blob);
    for (int i = 0; i < WORKERS; i++) {
        place_open(&workers[i]);
        assert_false(job_open(&workers[i].job, &workers[i].context, task, 1, blob.data, blob.len));
        kept_init(&workers[i].kept, &workers[i].job.of, (Part){0});
    }
    buf_free(&blob);
    uint64_t chunks = root->job.plan.chunks, limit = chunks, starts[64], order[64], count = 0;
    for (uint64_t at = 0; at < chunks && count < 64; at += 1 + draw(chunks < 100 ? 9 : chunks / 10)) starts[count++] = at;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t k = draw(i + 1);
        order[i] = order[k];
        order[k] = i;
    }
    for (uint64_t i = 0; i < count; i++) {
        uint64_t first = starts[order[i]], end = order[i] + 1 < count ? starts[order[i] + 1] : chunks;
        if (first < limit) limit = run_range(root, &workers[draw(WORKERS)], first, end - first, limit);
    }
    return limit;
}

/* A part of a value, read in pieces. */
static Buf read_part(const Held *held, uint32_t part, uint32_t parts) {
    Buf bytes = {0};
    char *error = NULL;
    uint64_t size = held_size(held, part, parts);
    buf_reserve(&bytes, size);
    while (bytes.len < size) {
        size_t piece = 1 + draw(size);
        if (piece > size - bytes.len) piece = size - bytes.len;
        assert_false(held_read(held, part, parts, bytes.len, bytes.data + bytes.len, piece, &error));
        bytes.len += piece;
    }
    return bytes;
}

static Held *freeze(Place *place, KeptBag *kept) {
    char *error = NULL;
    Held *held = kept_freeze(kept, &place->job.of, draw(2) ? &memory : &(Memory){0}, draw(2), &error);
    assert_non_null(held);
    return held;
}

/* Bags as a whole. */
static char *run_whole(const MrTask *task, MrList *list) {
    Place root, workers[WORKERS];
    place_open(&root);
    MrSource source = {.value = list};
    assert_false(job_init(&root.job, &root.context, task, NULL, &source));
    uint64_t limit = map_anyhow(&root, workers, task), nodes;
    for (int i = 0; i < WORKERS; i++) {
        Held *held = freeze(&workers[i], &workers[i].kept);
        Buf bytes = read_part(held, 0, (uint32_t)draw(2));
        assert_false(job_merge_encoded(&root.job, bytes.data, bytes.len, &nodes));
        buf_free(&bytes);
        held_free(&held);
        place_close(&workers[i]);
    }
    char *text = describe(&root, limit);
    place_close(&root);
    return text;
}

/* Bags part by part, each put together by some worker; then the whole of the parts. NULL: parts cannot tell. */
static char *run_exchanged(const MrTask *task, MrList *list, uint32_t parts) {
    Place root, workers[WORKERS];
    place_open(&root);
    MrSource source = {.value = list};
    assert_false(job_init(&root.job, &root.context, task, NULL, &source));
    uint64_t limit = map_anyhow(&root, workers, task), nodes = 0;
    Held *held[WORKERS];
    for (int i = 0; i < WORKERS; i++) held[i] = freeze(&workers[i], &workers[i].kept);
    Buf *given = xcalloc(parts, sizeof *given);
    for (uint32_t part = 0; part < parts; part++) {
        Place *owner = &workers[draw(WORKERS)];
        KeptBag kept;
        kept_init(&kept, &owner->job.of, (Part){part, parts});
        uint64_t begin = draw(WORKERS);
        for (uint64_t i = 0; i < WORKERS; i++) {
            Buf bytes = read_part(held[(begin + i) % WORKERS], part, parts);
            assert_false(kept_merge(&kept, &owner->job.of, bytes.data, bytes.len, &nodes));
            buf_free(&bytes);
            maybe_spill(owner, &kept, 4);
        }
        Held *own = freeze(owner, &kept);
        given[part] = read_part(own, 0, 0);
        held_free(&own);
        kept_free(&kept);
    }
    bool is_uneven;
    assert_false(bag_gather(&root.job.bag, &root.job.of, given, parts, limit, &is_uneven));
    for (uint32_t part = 0; part < parts; part++) buf_free(&given[part]);
    free(given);
    for (int i = 0; i < WORKERS; i++) {
        held_free(&held[i]);
        place_close(&workers[i]);
    }
    char *text = is_uneven ? NULL : describe(&root, limit);
    place_close(&root);
    return text;
}

/* ---- tests */

static MrList *random_list(uint64_t len, uint64_t keys, const char *const *specials, size_t special_count) {
    MrList *list = NULL;
    for (uint64_t i = 0; i < len; i++) {
        char text[48];
        uint64_t kind = draw(special_count ? 30 : 1), key = draw(keys);
        const char *special = kind < special_count ? specials[kind] : "";
        bool is_mark = special[0] == '!' || special[0] == 'p'; /* of the value; else of the key */
        snprintf(text, sizeof text, "%skey%llu:%s%llu%s", is_mark ? "" : special, (unsigned long long)key, is_mark ? special : "v",
                 (unsigned long long)i, is_mark ? special : "");
        MrString element = string_of(text);
        list_push_take(&list, &element, &type_string);
    }
    return list;
}

static int uneven, even;

static void check_same(const MrTask *task, MrList *list, const char *expected, bool may_be_uneven) {
    char *whole = run_whole(task, list);
    assert_string_equal(whole, expected);
    free(whole);
    static const uint32_t counts[] = {1, 2, 3, 16, 100, 256};
    for (int i = 0; i < 2; i++) {
        char *parts = run_exchanged(task, list, counts[draw(6)]);
        if (parts)
            assert_string_equal(parts, expected);
        else
            assert_true(may_be_uneven);
        *(parts ? &even : &uneven) += 1;
        free(parts);
    }
}

static void check_lists(const MrTask *task, const char *const *specials, size_t special_count, bool may_be_uneven) {
    static const uint64_t lengths[] = {0, 1, 2, 3, 7, 8, 30, 100, 1000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        for (uint64_t seed = 0; seed < 3; seed++) {
            random_state = seed * 1000 + i;
            MrList *list = random_list(lengths[i], 1 + draw(lengths[i] + 3), specials, special_count);
            char *expected = run_in_order(task, list);
            check_same(task, list, expected, may_be_uneven);
            free(expected);
            mr_drop(NULL, &list, &type_string_list);
        }
    }
}

#define CHECK(task, may_be_uneven, ...)                                                                                            \
    do {                                                                                                                           \
        static const char *const specials[] = {__VA_ARGS__};                                                                       \
        check_lists(&(task), specials, sizeof specials / sizeof *specials, may_be_uneven);                                         \
    } while (0)

static void values(void **state) {
    (void)state;
    check_lists(&texts_task, NULL, 0, false);
    check_lists(&counts_task, NULL, 0, false);
    CHECK(texts_task, false, "-", "-", "-");
    CHECK(counts_task, false, "-", "-", "-");
}

static void output_and_failures(void **state) {
    (void)state;
    CHECK(texts_task, false, "P", "-");
    CHECK(counts_task, false, "P");
    CHECK(texts_task, false, "P", "f");
    CHECK(counts_task, false, "P", "f", "-");
}

static void combines_that_print_or_fail(void **state) {
    (void)state;
    even = uneven = 0;
    CHECK(texts_task, true, "p", "P");
    CHECK(texts_task, true, "!", "!", "!", "!", "!");
    CHECK(texts_task, true, "p", "!", "!", "!", "f");
    assert_true(even > 10 && uneven > 10); /* both ways are gone */
}

/* Many keys: cells of cells, and a table that is weighed. */
static void many_keys(void **state) {
    (void)state;
    random_state = 7;
    MrList *list = random_list(30000, 20000, NULL, 0);
    char *expected = run_in_order(&texts_task, list), *counted = run_in_order(&counts_task, list);
    check_same(&texts_task, list, expected, false);
    check_same(&counts_task, list, counted, false);
    free(expected);
    free(counted);
    mr_drop(NULL, &list, &type_string_list);
}

/* Every second chunk, so that no two nodes meet: as many light nodes would fill files with their heads. */
static void light_nodes_stay_in_memory(void **state) {
    (void)state;
    random_state = 5;
    MrList *list = random_list(4000, 3000, NULL, 0), *slice = NULL;
    char *expected = run_in_order(&texts_task, list), *error = NULL;
    Place root, worker;
    place_open(&root);
    place_open(&worker);
    MrSource source = {.value = list};
    assert_false(job_init(&root.job, &root.context, &texts_task, NULL, &source));
    uint64_t chunks = root.job.plan.chunks, nodes;
    Buf blob = {0}, bytes = {0};
    job_encode_blob(&root.job, (Lending){0}, &blob);
    assert_false(job_open(&worker.job, &worker.context, &texts_task, 1, blob.data, blob.len));
    assert_false(job_encode_slice(&root.job, 0, 0, chunks, &bytes));
    assert_false(job_decode_slice(&worker.job, 0, 0, chunks, &bytes, &slice));
    PlanLists lists = {.lists = &slice};
    Bags bags = {.memory = {.limit = MEMORY_LEAST, .directory = "/tmp"}};
    KeptBag *kept = bags_get(&bags, &worker.job.of, 1, (Part){0});
    for (uint64_t odd = 0; odd < 2; odd++) {
        for (uint64_t chunk = odd; chunk < chunks; chunk += 2) {
            JobRun run = {.first = chunk, .count = 1, .lists = &lists};
            assert_false(bags_map(&bags, kept, &worker.job, &run, &error));
        }
        kept_weigh(kept, &worker.job.of);
        if (odd == 0) assert_true(bag_count(&kept->bag) > 100 && kept->weight.all > memory_share(&bags.memory));
        assert_int_equal(kept->spilled != NULL, odd); /* the nodes have come together: now it is large */
    }
    Held *held = kept_freeze(kept, &worker.job.of, &bags.memory, false, &error);
    Buf whole = read_part(held, 0, 0);
    assert_false(job_merge_encoded(&root.job, whole.data, whole.len, &nodes));
    char *text = describe(&root, chunks);
    assert_string_equal(text, expected);
    free(text);
    free(expected);
    held_free(&held);
    buf_free(&whole);
    buf_free(&blob);
    buf_free(&bytes);
    bags_drop(&bags, &worker.job.of);
    job_drop_slice(&worker.job, 0, slice);
    place_close(&worker);
    place_close(&root);
    mr_drop(NULL, &list, &type_string_list);
}

/* No change of a bit, and no cut, of what was written passes. */
static void damage(void **state) {
    (void)state;
    Place root, workers[WORKERS];
    random_state = 3;
    MrList *list = random_list(100, 20, NULL, 0);
    place_open(&root);
    MrSource source = {.value = list};
    assert_false(job_init(&root.job, &root.context, &texts_task, NULL, &source));
    map_anyhow(&root, workers, &texts_task);
    char *error = NULL;
    Held *held = kept_freeze(&workers[0].kept, &workers[0].job.of, &memory, true, &error);
    if (held_runs(held) == 0) fail();
    Buf bytes = read_part(held, 3, 16);
    for (int i = 0; i < 500; i++) {
        Bag bag;
        uint64_t nodes, at = 8 + draw(bytes.len - 8);
        char bit = (char)(1 << draw(8));
        bool is_cut = i % 5 == 0;
        bag_init(&bag, root.job.of.chunks, false, frame_ops(&root.job.of));
        if (!is_cut) bytes.data[at] ^= bit;
        bool is_bad =
            bag_merge_bytes(&bag, &root.job.of, (Part){0}, bytes.data, is_cut ? bytes.len - 1 - draw(15) : bytes.len, &nodes);
        if (!is_cut) bytes.data[at] ^= bit;
        bag_free(&bag);
        assert_true(is_bad);
    }
    buf_free(&bytes);
    held_free(&held);
    for (int i = 0; i < WORKERS; i++) place_close(&workers[i]);
    place_close(&root);
    mr_drop(NULL, &list, &type_string_list);
}

static void no_place_for_files(void **state) {
    (void)state;
    char *error = NULL;
    assert_null(held_spool(CUT_CELLS, "/nowhere", &error));
    assert_non_null(strstr(error, "cannot make a temporary file in /nowhere: No such file or directory"));
    free(error);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(output_and_failures),
        cmocka_unit_test(combines_that_print_or_fail),
        cmocka_unit_test(many_keys),
        cmocka_unit_test(light_nodes_stay_in_memory),
        cmocka_unit_test(damage),
        cmocka_unit_test(no_place_for_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
