/* job_test.c: a job mapped in pieces, in any order, by several workers whose bags are merged in any order, against the same job
 * mapped in order: the result, the output and the error must be the same. All on one thread, without messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "runtime/net/link.h"
#include "runtime/value/value.h"
#include "runtime/worker/cut.h"
#include "runtime/worker/job.h"

enum { WORKERS = 4 };

/* ---- a task: "(a b)" over the numbers of a list of strings that are not "-"; prints "p…", fails at "f…", has enough at "s…" */

static bool element_fails(MrContext *context, const MrString *element) {
    return element->len && element->data[0] == 'f' && mr_failf(context, "%.*s is not wanted", (int)element->len, element->data);
}

static bool join(MrContext *context, MrString *left, MrString *right) {
    MrString parts[] = {{"(", 1, &mr_immortal}, *left, {" ", 1, &mr_immortal}, *right, {")", 1, &mr_immortal}}, joined;
    bool failed = mr_string_concat(context, &joined, parts, 5);
    mr_string_drop(context, left);
    mr_string_drop(context, right);
    *left = failed ? (MrString){0} : joined;
    *right = (MrString){0};
    return failed;
}

static bool tree_merge(MrContext *context, const void *captures, void *left, void *right) {
    (void)captures;
    MrString *a = left, *b = right;
    if (a->data[a->len - 1] == '!' && b->data[0] == '!') { /* a combine that fails */
        mr_string_drop(context, a);
        mr_string_drop(context, b);
        *a = *b = (MrString){0};
        return mr_failf(context, "two marks meet");
    }
    return join(context, left, right);
}

static bool tree_kernel(MrContext *context, const void *captures, MrChunk *chunk, void *state, bool *has_value) {
    (void)captures;
    for (int64_t i = 0; i < chunk->count; i++) {
        MrString element = ((const MrString *)chunk->slices[0].data)[i];
        if (element.data[0] == '-') continue;
        if (element.data[0] == 'p') mr_prim_print(context, NULL, &element);
        if (element_fails(context, &element)) {
            if (*has_value) mr_string_drop(context, state);
            context->failed_element = i;
            *has_value = false;
            return true;
        }
        mr_string_own(context, &element);
        chunk->elements++;
        if (!*has_value)
            *(MrString *)state = element;
        else if (join(context, state, &element))
            abort();
        *has_value = true;
        chunk->is_decided = element.len && ((const MrString *)chunk->slices[0].data)[i].data[0] == 's';
        if (chunk->is_decided) break;
    }
    return false;
}

static bool string_finish(MrContext *context, const void *captures, void *state, bool has_value, void *result) {
    (void)context, (void)captures;
    *(MrString *)result = has_value ? *(MrString *)state : string_of("nothing");
    return false;
}

/* ---- the same for an exact task: how many */

static bool count_kernel(MrContext *context, const void *captures, MrChunk *chunk, void *state, bool *has_value) {
    (void)captures;
    assert_true(chunk->count > 0); /* a call for nothing is a batch without chunks */
    int64_t count = *has_value ? *(int64_t *)state : 0;
    for (int64_t i = 0; i < chunk->count; i++) {
        const MrString *element = (const MrString *)chunk->slices[0].data + i;
        if (element->data[0] == 'p') mr_prim_print(context, NULL, element);
        if (element_fails(context, element)) {
            context->failed_element = i;
            *has_value = false;
            return true;
        }
        chunk->elements++;
        count++;
    }
    *(int64_t *)state = count;
    *has_value = chunk->count > 0 || *has_value;
    return false;
}

static bool count_merge(MrContext *context, const void *captures, void *left, void *right) {
    (void)context, (void)captures;
    *(int64_t *)left += *(int64_t *)right;
    return false;
}

static bool count_finish(MrContext *context, const void *captures, void *state, bool has_value, void *result) {
    (void)captures;
    return mr_to_string(context, result, has_value ? state : &(int64_t){0}, &type_int);
}

static const MrSourceInfo sources[] = {{.kind = MR_SOURCE_LIST, .element = &type_string, .list = &type_string_list}};
static const MrTask tree_task = {.name = "tree",
                                 .captures = &type_unit,
                                 .source_count = 1,
                                 .sources = sources,
                                 .state = &type_string,
                                 .result = &type_string,
                                 .flags = MR_TASK_STOPS,
                                 .kernel = tree_kernel,
                                 .merge = tree_merge,
                                 .finish = string_finish};
static const MrTask count_task = {.name = "count",
                                  .captures = &type_unit,
                                  .source_count = 1,
                                  .sources = sources,
                                  .state = &type_int,
                                  .result = &type_string,
                                  .flags = MR_TASK_EXACT,
                                  .kernel = count_kernel,
                                  .merge = count_merge,
                                  .finish = count_finish};
/* ---- the same with a state that is flat: numbers, whose merge is not associative. Of two MARKs it fails, of one on the left it
 * prints. */

enum { MARK = -1 };

static bool flat_kernel(MrContext *context, const void *captures, MrChunk *chunk, void *state, bool *has_value) {
    (void)captures;
    assert_false(*has_value);
    int64_t number = 0;
    for (int64_t i = 0; i < chunk->count; i++) {
        const MrString *element = (const MrString *)chunk->slices[0].data + i;
        if (element->data[0] == '-') continue;
        if (element->data[0] == 'p') mr_prim_print(context, NULL, element);
        if (element_fails(context, element)) {
            context->failed_element = i;
            *has_value = false;
            return true;
        }
        chunk->elements++;
        for (int64_t k = 0; k < element->len; k++) number = (number * 31 + element->data[k]) % 1000003;
        if (element->data[0] == '!') number = MARK;
        *has_value = true;
        chunk->is_decided = element->data[0] == 's';
        if (chunk->is_decided) break;
    }
    *(int64_t *)state = number;
    return false;
}

static bool flat_merge(MrContext *context, const void *captures, void *left, void *right) {
    (void)captures;
    int64_t *a = left, *b = right, first = *a, second = *b;
    *a = *b = 0;
    if (first == MARK && second == MARK) return mr_failf(context, "two marks meet");
    if (first == MARK) mr_prim_print(context, NULL, &(MrString){"mark", 4, &mr_immortal});
    *a = (31 * first + 17 * second + 1000003) % 1000003;
    return false;
}

static const MrTask flat_task = {.name = "flat",
                                 .captures = &type_unit,
                                 .source_count = 1,
                                 .sources = sources,
                                 .state = &type_int,
                                 .result = &type_string,
                                 .flags = MR_TASK_STOPS,
                                 .kernel = flat_kernel,
                                 .merge = flat_merge,
                                 .finish = count_finish};
static const MrProgram program = {.abi_version = MR_ABI_VERSION, .name = "job_test.mr", .globals = &type_unit};

#include "tests/unit/job_bench.h"

/* One range of chunks at a worker, its elements sent there as bytes; returns the limit as it is known then. */
static uint64_t run_range(Place *root, Place *worker, uint64_t first, uint64_t count, uint64_t limit) {
    Buf bytes = {0};
    MrList *slice = NULL;
    assert_false(job_encode_slice(&root->job, 0, first, count, &bytes));
    assert_false(job_decode_slice(&worker->job, 0, first, count, &bytes, &slice));
    PlanLists lists = {.lists = &slice, .first = first};
    _Atomic uint64_t most = limit;
    JobRun run = {.first = first, .count = count, .lists = &lists, .limit = &most};
    job_map(&worker->job, &run);
    if (slice) job_drop_slice(&worker->job, 0, slice);
    buf_free(&bytes);
    return limit_of(&run, limit);
}

static void merge_into(Place *to, Place *from) {
    Buf bytes = {0};
    uint64_t nodes;
    bag_to_bytes(&from->job.bag, &from->job.of, &bytes);
    assert_false(job_merge_encoded(&to->job, bytes.data, bytes.len, &nodes));
    buf_free(&bytes);
}

static char *run_in_pieces(const MrTask *task, MrList *list) {
    Place root, workers[WORKERS];
    place_open(&root);
    MrSource source = {.value = list};
    assert_false(job_init(&root.job, &root.context, task, NULL, &source));
    Buf blob = {0};
    job_encode_blob(&root.job, (Lending){0}, &blob);
    for (int i = 0; i < WORKERS; i++) {
        place_open(&workers[i]);
        assert_false(job_open(&workers[i].job, &workers[i].context, task, 1, blob.data, blob.len));
    }
    buf_free(&blob);
    uint64_t chunks = root.job.plan.chunks, limit = chunks;
    uint64_t starts[512], count = 0;
    for (uint64_t at = 0; at < chunks && count < 512; at += 1 + draw(chunks < 100 ? 9 : chunks / 50)) starts[count++] = at;
    uint64_t order[512];
    for (uint64_t i = 0; i < count; i++) {
        uint64_t k = draw(i + 1);
        order[i] = order[k];
        order[k] = i;
    }
    for (uint64_t i = 0; i < count; i++) {
        uint64_t first = starts[order[i]], end = order[i] + 1 < count ? starts[order[i] + 1] : chunks;
        if (first < limit) limit = run_range(&root, &workers[draw(WORKERS)], first, end - first, limit);
    }
    int holders[WORKERS];
    for (int i = 0; i < WORKERS; i++) holders[i] = i;
    for (int left = WORKERS; left > 1; left--) {
        int from = (int)draw((uint64_t)left), to = (int)draw((uint64_t)left - 1);
        if (to >= from) to++;
        merge_into(&workers[holders[to]], &workers[holders[from]]);
        holders[from] = holders[left - 1];
    }
    merge_into(&root, &workers[holders[0]]);
    for (int i = 0; i < WORKERS; i++) place_close(&workers[i]);
    char *text = describe(&root, limit);
    place_close(&root);
    return text;
}

/* ---- tests */

static MrList *random_list(uint64_t len, const char *const *specials, size_t special_count) {
    MrList *list = NULL;
    for (uint64_t i = 0; i < len; i++) {
        char text[32];
        uint64_t kind = draw(special_count ? 30 : 1);
        snprintf(text, sizeof text, "%s%llu%s", kind < special_count ? specials[kind] : "n", (unsigned long long)i,
                 kind < special_count && specials[kind][0] == '!' ? "!" : "");
        MrString element = string_of(text);
        list_push_take(&list, &element, &type_string);
    }
    return list;
}

static void check_lists(const MrTask *task, const char *const *specials, size_t special_count) {
    static const uint64_t lengths[] = {0, 1, 2, 3, 7, 8, 30, 100, 1000, 66000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        for (uint64_t seed = 0; seed < (lengths[i] > 1000 ? 2 : 20); seed++) {
            random_state = seed * 1000 + i;
            MrList *list = random_list(lengths[i], specials, special_count);
            char *expected = run_in_order(task, list), *got = run_in_pieces(task, list);
            if (strcmp(got, expected) != 0)
                print_message("length %llu, seed %llu\n", (unsigned long long)lengths[i], (unsigned long long)seed);
            assert_string_equal(got, expected);
            free(expected);
            free(got);
            mr_drop(NULL, &list, &type_string_list);
        }
    }
}

#define CHECK(task, ...)                                                                                                           \
    do {                                                                                                                           \
        static const char *const specials[] = {__VA_ARGS__};                                                                       \
        check_lists(&(task), specials, sizeof specials / sizeof *specials);                                                        \
    } while (0)

static void values(void **state) {
    (void)state;
    check_lists(&tree_task, NULL, 0);
    check_lists(&count_task, NULL, 0);
    check_lists(&flat_task, NULL, 0);
    CHECK(tree_task, "-", "-", "-");
    CHECK(flat_task, "-", "-", "-");
}

static void output(void **state) {
    (void)state;
    CHECK(tree_task, "p", "-");
    CHECK(count_task, "p");
    CHECK(flat_task, "p", "-");
    CHECK(flat_task, "!");
}

static void failures(void **state) {
    (void)state;
    CHECK(tree_task, "p", "f");
    CHECK(count_task, "p", "f");
    CHECK(flat_task, "f");
    CHECK(flat_task, "p", "f");
    CHECK(flat_task, "!", "!", "-");
    CHECK(flat_task, "p", "!", "f", "-");
    CHECK(tree_task, "p", "!", "!"); /* combines that fail */
    CHECK(tree_task, "p", "!", "f", "-");
}

static void early_stops(void **state) {
    (void)state;
    CHECK(tree_task, "p", "s");
    CHECK(tree_task, "s", "f", "-", "p");
    CHECK(flat_task, "s", "-");
    CHECK(flat_task, "s", "f", "!", "p");
}

/* States on a stack meet as those of a tree do that is made by hand. */
static void flat_tree(void **state) {
    (void)state;
    static const uint64_t lengths[] = {1, 2, 3, 5, 64, 255, 256, 257, 1000, 4321};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint64_t count = lengths[i];
        MrList *list = random_list(count, NULL, 0);
        int64_t *numbers = calloc(count, sizeof *numbers);
        for (uint64_t k = 0; k < count; k++) {
            MrSlice slice = {.data = (const char *)((const MrString *)(const void *)list->data + k)};
            MrChunk chunk = {.count = 1, .slices = &slice};
            assert_false(flat_kernel(NULL, NULL, &chunk, &numbers[k], &(bool){false}));
        }
        for (uint64_t step = 1; step < count; step *= 2) {
            for (uint64_t k = 0; k + step < count; k += 2 * step)
                assert_false(flat_merge(NULL, NULL, &numbers[k], &numbers[k + step]));
        }
        char expected[32], *got = run_in_order(&flat_task, list);
        snprintf(expected, sizeof expected, "%lld", (long long)numbers[0]);
        assert_string_equal(got, expected);
        free(got);
        free(numbers);
        mr_drop(NULL, &list, &type_string_list);
    }
}

/* Batches that double for as long as nobody waits have chunks all the time. */
static void patience(void **state) {
    (void)state;
    enum { LENGTH = 60000 };
    const uint64_t hour = (uint64_t)3600 * 1000000000;
    MrList *list = random_list(LENGTH, NULL, 0);
    MrSource source = {.value = list};
    Place root;
    place_open(&root);
    assert_false(job_init(&root.job, &root.context, &count_task, NULL, &source));
    JobRun run = {.count = LENGTH, .deadline = clock_now() + hour, .is_patient = true};
    job_map(&root.job, &run);
    assert_int_equal(run.done, LENGTH);
    char *text = describe(&root, LENGTH);
    assert_string_equal(text, "60000");
    free(text);
    place_close(&root);
    mr_drop(NULL, &list, &type_string_list);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),      cmocka_unit_test(output),    cmocka_unit_test(failures),
        cmocka_unit_test(early_stops), cmocka_unit_test(flat_tree), cmocka_unit_test(patience),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
