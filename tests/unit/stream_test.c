/* stream_test.c: beginnings, rests and cached streams on top of each other, at random: walked from the first element on, walked
 * chunk by chunk as a job does, walked again, and after travelling, each gives what taking and dropping elements of a list gives.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "runtime/value/codec.h"
#include "runtime/value/stream.h"
#include "runtime/worker/cache.h"
#include "runtime/worker/runtime.h"
#include "runtime/worker/stream.h"
#include "tests/unit/values.h"

enum { ROUNDS = 3000, MOST_VALUES = 200, MOST_LAYERS = 5 };

/* ---- a base: element x of the range prints itself, fails where it is told to, and gives x % 4 values */

typedef struct Burst {
    MrRange range;
    int64_t fails_at;
} Burst;

static int64_t burst_value(int64_t x, int64_t i) {
    return 10 * x + i;
}

static bool walk_burst(MrContext *context, const MrWalk *walk, const MrClosure *stream) {
    const Burst *burst = (const Burst *)stream->env;
    for (int64_t i = 0; i < walk->count; i++) {
        int64_t x = burst->range.first + walk->first + i;
        char text[24];
        *walk->position = i;
        snprintf(text, sizeof text, "%d", (int)x);
        mr_prim_print(context, NULL, &(MrString){text, (int64_t)strlen(text), NULL});
        if (x == burst->fails_at) return mr_failf(context, "%d is not wanted", (int)x);
        for (int64_t j = 0; j < x % 4; j++) {
            int64_t value = burst_value(x, j);
            if (walk->sink(context, walk->env, &value)) return true;
        }
    }
    return false;
}

static const MrType *const burst_fields[] = {&type_range, &type_int};
static const uint32_t burst_offsets[] = {offsetof(Burst, range), offsetof(Burst, fails_at)};
static const MrType burst_env = {.kind = MR_TUPLE,
                                 .is_flat = true,
                                 .size = sizeof(Burst),
                                 .align = 8,
                                 .field_count = 2,
                                 .fields = burst_fields,
                                 .offsets = burst_offsets,
                                 .name = "(range, int)"};
static const MrType stream_type = {.kind = MR_FUNCTION, .size = 8, .align = 8, .name = "stream[int]"};
static const MrFunction burst_function = {.code = (void *)walk_burst,
                                          .env = &burst_env,
                                          .name = "burst",
                                          .walk = MR_WALK_ELEMENTS,
                                          .source_count = 1,
                                          .element = &type_int,
                                          .type = &stream_type};
static const MrFunction *const functions[] = {&burst_function};
static const MrProgram program = {.function_count = 1, .functions = functions};

/* ---- what a walk gives */

typedef struct Seen {
    int64_t values[MOST_VALUES];
    size_t count;
    bool failed;
} Seen;

static bool see(MrContext *context, void *env, const void *value) {
    (void)context;
    Seen *seen = env;
    assert_true(seen->count < MOST_VALUES);
    memcpy(&seen->values[seen->count++], value, sizeof *seen->values);
    return false;
}

static void expect_same(const Seen *a, const Seen *b) {
    assert_int_equal(a->count, b->count);
    assert_memory_equal(a->values, b->values, a->count * sizeof *a->values);
    assert_int_equal(a->failed, b->failed);
}

static void settle(MrContext *context, Seen *seen, Buf *printed) {
    assert_int_equal(seen->failed, context->error.is_set);
    mr_error_clear(&context->error);
    printed->len = 0;
    buf_add(printed, context->out ? context->out : "", context->out_len);
    context->out_len = 0;
}

static Seen walk_at_once(MrContext *context, const MrClosure *stream, Buf *printed) {
    Seen seen = {0};
    seen.failed = mr_stream_walk(context, stream, see, &seen);
    settle(context, &seen, printed);
    return seen;
}

/* As a job's chunks on one worker, a few at a time. */
static Seen walk_chunks(MrContext *context, Random *random, const MrClosure *stream, int64_t block, Buf *printed) {
    Seen seen = {0};
    StreamBase base;
    MrCut *cuts;
    uint64_t limit;
    assert_false(stream_base(context, stream, &base));
    assert_false(stream_find_cuts(context, stream, &base, &cuts, &limit));
    assert_int_equal(context->out_len, 0);
    int64_t end = limit < (uint64_t)base.elements ? (int64_t)limit : base.elements;
    for (int64_t first = 0; first < end && !seen.failed;) {
        int64_t count = block * (1 + random_below(random, 3)), position = -1;
        MrWalk walk = {.first = first, .count = count < end - first ? count : end - first, .sink = see, .env = &seen};
        walk.position = &position;
        walk.cuts = cuts;
        walk.block = block;
        MrChunk chunk = {.first = first, .count = walk.count, .walk = MR_WALK_ELEMENTS, .cut_count = base.cuts};
        seen.failed = mr_stream_walk_chunk(context, stream, &walk, &chunk);
        first += count;
    }
    free(cuts);
    settle(context, &seen, printed);
    return seen;
}

/* A chunk that somebody has made up, and that is not of this stream, is not walked. */
static void check_misfits(MrContext *context, const MrClosure *stream) {
    StreamBase base;
    assert_false(stream_base(context, stream, &base));
    MrWalk walk = {.sink = NULL};
    const MrChunk wrong[] = {
        {.count = 1, .walk = MR_WALK_LINES, .cut_count = base.cuts},
        {.count = 1, .walk = MR_WALK_ELEMENTS, .cut_count = base.cuts + 1},
        {.first = -1, .count = 1, .walk = MR_WALK_ELEMENTS, .cut_count = base.cuts},
        {.first = base.room, .count = 1, .walk = MR_WALK_ELEMENTS, .cut_count = base.cuts},
        {.first = 1, .count = base.room, .walk = MR_WALK_ELEMENTS, .cut_count = base.cuts},
        {.first = base.room + 1, .count = INT64_MIN, .walk = MR_WALK_ELEMENTS, .cut_count = base.cuts},
        {.first = INT64_MAX, .count = INT64_MAX, .walk = MR_WALK_ELEMENTS, .cut_count = base.cuts},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_true(mr_stream_walk_chunk(context, stream, &walk, &wrong[i]));
        assert_non_null(strstr(context->error.message, "does not fit"));
        mr_error_clear(&context->error);
    }
    assert_true(mr_stream_walk_chunk(context, NULL, &walk, &wrong[0]));
    mr_error_clear(&context->error);
}

/* ---- the same on a list */

static Seen base_values(int64_t elements, int64_t fails_at) {
    Seen seen = {0};
    for (int64_t x = 0; x < elements && !seen.failed; x++) {
        if (x == fails_at) seen.failed = true;
        for (int64_t j = 0; j < x % 4 && !seen.failed; j++) seen.values[seen.count++] = burst_value(x, j);
    }
    return seen;
}

static void list_take(Seen *seen, int64_t n) {
    size_t most = n > 0 ? (size_t)n : 0;
    if (seen->count >= most) {
        seen->count = most;
        seen->failed = false;
    }
}

static void list_skip(Seen *seen, int64_t n) {
    size_t count = n <= 0 ? 0 : (size_t)n < seen->count ? (size_t)n : seen->count;
    memmove(seen->values, seen->values + count, (seen->count - count) * sizeof *seen->values);
    seen->count -= count;
}

/* ---- the test */

static MrClosure *layer_add(MrContext *context, Random *random, MrClosure *stream, Seen *expected) {
    MrClosure *layer = NULL;
    int64_t mark;
    int64_t n = random_below(random, 3) ? random_below(random, 40) - 2 : random_below(random, 120);
    switch (random_below(random, 3)) {
    case 0:
        assert_false(mr_prim_take_of(context, &layer, &stream, n, &type_int));
        list_take(expected, n);
        break;
    case 1:
        assert_false(mr_prim_skip_of(context, &layer, &stream, n, &type_int));
        list_skip(expected, n);
        break;
    default:
        assert_false(mr_prim_new_mark(context, &mark));
        assert_false(mr_prim_cache_of(context, &layer, &stream, mark, &type_int));
        break;
    }
    mr_drop(context, &stream, &stream_type);
    return layer;
}

static MrClosure *travelled(MrContext *context, MrClosure *stream) {
    Buf bytes = {0};
    MrClosure *copy = NULL;
    codec_encode(&bytes, &stream, &stream_type, &program);
    const char *at = bytes.data;
    assert_null(codec_decode(&at, bytes.data + bytes.len, &copy, &stream_type, &program));
    assert_ptr_equal(at, bytes.data + bytes.len);
    assert_ptr_equal(copy->function, stream->function);
    buf_free(&bytes);
    mr_drop(context, &stream, &stream_type);
    return copy;
}

static void round_at(MrContext *context, uint64_t seed) {
    Random random = {seed};
    int64_t elements = random_below(&random, 80), fails_at = random_below(&random, 2) ? random_below(&random, 90) : -1;
    int64_t block = (int64_t)1 << random_below(&random, 4);
    MrClosure *stream = mr_closure_make(context, &burst_function);
    *(Burst *)stream->env = (Burst){{0, elements, 1}, fails_at};
    Seen expected = base_values(elements, fails_at);
    for (int64_t i = random_below(&random, MOST_LAYERS + 1); i > 0; i--) stream = layer_add(context, &random, stream, &expected);
    Buf printed = {0}, again = {0};
    Seen seen = walk_at_once(context, stream, &printed);
    expect_same(&expected, &seen);
    for (int i = 0; i < 3; i++) {
        if (i == 2) stream = travelled(context, stream);
        seen = walk_chunks(context, &random, stream, block, &again);
        expect_same(&expected, &seen);
        assert_int_equal(printed.len, again.len);
        assert_memory_equal(printed.data, again.data, printed.len);
    }
    seen = walk_at_once(context, stream, &again);
    expect_same(&expected, &seen);
    check_misfits(context, stream);
    buf_free(&printed);
    buf_free(&again);
    mr_drop(context, &stream, &stream_type);
}

static void with_runtime(const char *megabytes, int rounds) {
    MrRuntime runtime = {0};
    MrContext context;
    setenv("MR_CACHE_MB", megabytes, 1);
    context_init(&context, &program, &runtime);
    for (int i = 0; i < rounds; i++) round_at(&context, (uint64_t)i * 7919 + 1);
    context_free(&context);
    runtime_free(&runtime);
    unsetenv("MR_CACHE_MB");
    assert_int_equal(mr_live_values(), 0);
}

static void layers_do_as_lists_do(void **state) {
    (void)state;
    with_runtime("1", ROUNDS);
}

static void nothing_is_kept_without_room(void **state) {
    (void)state;
    with_runtime("0", ROUNDS / 10);
}

static void unknown_functions_do_not_decode(void **state) {
    (void)state;
    MrClosure *copy = NULL;
    const char bytes[] = {1 + 1 + STREAM_FUNCTIONS, 0}, *at = bytes;
    assert_non_null(codec_decode(&at, bytes + sizeof bytes, &copy, &stream_type, &program));
    assert_null(copy);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_do_as_lists_do),
        cmocka_unit_test(nothing_is_kept_without_room),
        cmocka_unit_test(unknown_functions_do_not_decode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
