/* plan_test.c: what chunks have as a whole, and their shares of lists: in the root, and in a worker that was given a range. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "runtime/value/value.h"
#include "runtime/worker/job.h"

static const MrType *const int_fields[] = {&type_int};
static const uint32_t no_offsets[] = {0};
static const MrType ints = {
    .kind = MR_LIST, .size = 8, .align = 8, .field_count = 1, .fields = int_fields, .offsets = no_offsets, .name = "[int]"};
static const MrSourceInfo infos[] = {
    {MR_SOURCE_RANGE, &type_int, NULL}, {MR_SOURCE_BEFORE, &type_int, &ints}, {MR_SOURCE_SHARE, &type_int, &ints}};
static const MrTask task = {
    .captures = &type_unit, .sources = infos, .source_count = 3, .state = &type_int, .flags = MR_TASK_BY_CHUNK};

typedef struct Place {
    MrContext context;
    MrProgram program;
    MrList *starts, *values;
    Job job;
} Place;

static MrList *list_of(MrContext *context, const int64_t *numbers, int64_t count) {
    MrList *list = NULL;
    for (int64_t i = 0; i < count; i++) assert_false(mr_prim_push(context, NULL, &list, &numbers[i], &type_int));
    return list;
}

/* Five elements: chunks of which have 2, 0, 1, 3 and 1 of the seven values. */
static bool place_open(Place *place, int64_t starts, int64_t elements) {
    static const int64_t cuts[] = {0, 2, 2, 3, 6, 7}, numbers[] = {10, 11, 12, 13, 14, 15, 16};
    memset(place, 0, sizeof *place);
    place->context.program = &place->program;
    place->starts = list_of(&place->context, cuts, starts);
    place->values = list_of(&place->context, numbers, 7);
    const MrSource sources[] = {
        {.range = {.first = 1, .count = elements, .step = 1}}, {.value = place->starts}, {.value = place->values}};
    return job_init(&place->job, &place->context, &task, NULL, sources);
}

static void place_close(Place *place) {
    job_close(&place->job);
    mr_drop(&place->context, &place->starts, &ints);
    mr_drop(&place->context, &place->values, &ints);
    mr_error_clear(&place->context.error);
}

static void check_chunk(Place *place, const PlanLists *given, uint64_t number, int64_t before, int64_t first, int64_t count) {
    MrChunk chunk;
    assert_false(plan_read(&place->job.plan, &place->context, given, number, 1, &chunk));
    int64_t found;
    memcpy(&found, chunk.slices[1].data, sizeof found);
    assert_int_equal(found, before);
    const MrList *share = (const MrList *)(const void *)chunk.slices[2].data;
    assert_int_equal(list_len(share), count);
    for (int64_t i = 0; i < count; i++) {
        memcpy(&found, share->data + (size_t)i * sizeof found, sizeof found);
        assert_int_equal(found, first + i);
    }
    assert_int_equal(chunk.count, 1);
    assert_int_equal(chunk.slices[0].first, (int64_t)number + 1);
}

static void shares(void **state) {
    (void)state;
    Place place;
    assert_false(place_open(&place, 6, 5));
    assert_int_equal(place.job.plan.chunks, 5);
    assert_int_equal(place.job.plan.lists, 2);
    check_chunk(&place, NULL, 0, 0, 10, 2);
    check_chunk(&place, NULL, 1, 2, 0, 0);
    check_chunk(&place, NULL, 3, 3, 13, 3);
    check_chunk(&place, NULL, 4, 6, 16, 1);
    place_close(&place);
}

/* A worker that has chunks 2 to 4 is sent their elements only, and finds the same there. */
static void slices(void **state) {
    (void)state;
    Place place;
    assert_false(place_open(&place, 6, 5));
    MrList *lists[2] = {NULL, NULL};
    Buf bytes[2] = {{0}, {0}};
    for (uint32_t i = 0; i < 2; i++) {
        assert_false(job_encode_slice(&place.job, i, 2, 3, &bytes[i]));
        assert_false(job_decode_slice(&place.job, i, 2, 3, &bytes[i], &lists[i]));
    }
    assert_int_equal(list_len(lists[0]), 4);
    assert_int_equal(list_len(lists[1]), 5);
    const PlanLists given = {.lists = lists, .first = 2};
    check_chunk(&place, &given, 2, 2, 12, 1);
    check_chunk(&place, &given, 3, 3, 13, 3);
    check_chunk(&place, &given, 4, 6, 16, 1);
    for (uint32_t i = 0; i < 2; i++) {
        job_drop_slice(&place.job, i, lists[i]);
        MrList *wrong = NULL;
        if (i == 0) assert_true(job_decode_slice(&place.job, i, 2, 2, &bytes[i], &wrong)); /* elements of other chunks */
        buf_free(&bytes[i]);
    }
    Buf out = {0};
    assert_true(job_encode_slice(&place.job, 2, 0, 1, &out)); /* there is no such list */
    assert_true(job_encode_slice(&place.job, 1, 4, 2, &out)); /* nor such chunks */
    buf_free(&out);
    place_close(&place);
}

/* Whatever a worker is sent, its shares lie within what it was sent. */
static void nonsense(void **state) {
    (void)state;
    static const int64_t cuts[][3] = {
        {0, 9, 9}, {5, 3, 1}, {INT64_MIN, INT64_MAX, 0}, {INT64_MAX, INT64_MIN, INT64_MAX}, {-1, -1, 50}};
    static const int64_t numbers[] = {1, 2};
    Place place;
    assert_false(place_open(&place, 6, 5));
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        MrList *lists[2] = {list_of(&place.context, cuts[i], 3), list_of(&place.context, numbers, 2)};
        const PlanLists given = {.lists = lists, .first = 1};
        for (uint64_t chunk = 1; chunk < 3; chunk++) {
            MrChunk read;
            assert_false(plan_read(&place.job.plan, &place.context, &given, chunk, 1, &read));
            const MrList *share = (const MrList *)(const void *)read.slices[2].data;
            int64_t from = (share->data - lists[1]->data) / (int64_t)sizeof(int64_t);
            assert_true(from >= 0 && share->len >= 0 && from + share->len <= 2);
        }
        mr_drop(&place.context, &lists[0], &ints);
        mr_drop(&place.context, &lists[1], &ints);
    }
    place_close(&place);
}

/* The input of the first pass was another: one start for each chunk and one for the end there must be. */
static void changed(void **state) {
    (void)state;
    Place place;
    assert_true(place_open(&place, 5, 5));
    assert_non_null(strstr(place.context.error.message, "changed"));
    place_close(&place);
    assert_true(place_open(&place, 6, 6));
    place_close(&place);
    assert_false(place_open(&place, 1, 0));
    assert_int_equal(place.job.plan.chunks, 0);
    place_close(&place);
}

/* The smallest power of two that makes at most 65,536 chunks. */
static void chunk_sizes(void **state) {
    (void)state;
    static const int64_t sizes[][2] = {{0, 1},
                                       {1, 1},
                                       {65536, 1},
                                       {65537, 2},
                                       {131072, 2},
                                       {131073, 4},
                                       {INT64_MAX - 1, INT64_C(1) << 47},
                                       {MR_OPEN, INT64_C(1) << 62}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int64_t size;
        assert_false(mr_prim_chunk_size(NULL, &size, sizes[i][0]));
        assert_int_equal(size, sizes[i][1]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares),  cmocka_unit_test(slices),      cmocka_unit_test(nonsense),
        cmocka_unit_test(changed), cmocka_unit_test(chunk_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
