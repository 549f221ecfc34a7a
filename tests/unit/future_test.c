/* future_test.c: futures from end to end without the compiler: a program made by hand, which the test runs alone and with workers.
 *
 * With arguments, the executable is that program: `future_test order 5`. What each mode prints must be the same whatever runs it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/io/state.h"
#include "runtime/value/value.h"
#include "runtime/worker/future.h"
#include "tests/unit/itself.h"

/* ---- types */
static const MrType *const capture_fields[] = {&type_string, &type_int};
static const uint32_t capture_offsets[] = {0, 24};
static const MrType type_captures = {.kind = MR_TUPLE,
                                     .size = sizeof(MrString) + 8,
                                     .align = 8,
                                     .field_count = 2,
                                     .fields = capture_fields,
                                     .offsets = capture_offsets,
                                     .name = "(string, int)"};
static const MrType *const future_fields[] = {&type_string};
static const MrType type_future = {
    .kind = MR_FUTURE, .size = 8, .align = 8, .field_count = 1, .fields = future_fields, .name = "future[string]"};
static const MrType *const list_fields[] = {&type_future};
static const MrType type_futures = {
    .kind = MR_LIST, .size = 8, .align = 8, .field_count = 1, .fields = list_fields, .name = "[future[string]]"};
static const MrSourceInfo ranges[] = {{.kind = MR_SOURCE_RANGE, .element = &type_int}};
static const MrSourceInfo strings[] = {{.kind = MR_SOURCE_LIST, .element = &type_string, .list = &type_string_list}};

typedef struct Captures {
    MrString prefix;
    int64_t number;
} Captures;

static MrString text_of(const char *before, long long number) {
    char text[100];
    snprintf(text, sizeof text, "%s%lld", before, number);
    return string_of(text);
}

/* ---- tasks */
static bool state_finish(MrContext *context, const void *captures, void *state, bool has_value, void *result) {
    (void)captures;
    if (!has_value) return mr_fail_nothing(context);
    *(MrString *)result = *(MrString *)state;
    return false;
}

static bool join(MrContext *context, const void *captures, void *left, void *right) {
    (void)captures;
    MrString parts[] = {*(MrString *)left, *(MrString *)right}, joined;
    bool failed = mr_string_concat(context, &joined, parts, 2);
    for (int i = 0; i < 2; i++) mr_string_drop(context, &parts[i]);
    *(MrString *)left = joined;
    *(MrString *)right = (MrString){0};
    return failed;
}

/* Each element gives the prefix and its number, and prints it; those whose number is captured fail. */
static bool name_kernel(MrContext *context, const void *captures, MrChunk *chunk, void *state, bool *has_value) {
    const Captures *own = captures;
    *has_value = false;
    for (int64_t i = 0; i < chunk->count; i++) {
        int64_t number = chunk->slices[0].first + i * chunk->slices[0].step;
        MrString element = text_of("", number), parts[] = {own->prefix, element}, whole;
        mr_string_concat(context, &whole, parts, 2);
        mr_string_drop(context, &element);
        mr_prim_print(context, NULL, &whole);
        if (number == own->number) {
            mr_string_drop(context, &whole);
            if (*has_value) mr_string_drop(context, state);
            *has_value = false;
            context->failed_element = i;
            return mr_failf(context, "number %lld is not wanted", (long long)number);
        }
        if (*has_value)
            join(context, captures, state, &whole);
        else
            *(MrString *)state = whole;
        *has_value = true;
        chunk->elements++;
    }
    return false;
}

static bool list_kernel(MrContext *context, const void *captures, MrChunk *chunk, void *state, bool *has_value) {
    *has_value = false;
    for (int64_t i = 0; i < chunk->count; i++) {
        MrString element = ((const MrString *)chunk->slices[0].data)[i];
        mr_string_own(context, &element);
        if (*has_value)
            join(context, captures, state, &element);
        else
            *(MrString *)state = element;
        *has_value = true;
    }
    return false;
}

/* Takes as many milliseconds as the number that is captured. */
static bool slow_kernel(MrContext *context, const void *captures, MrChunk *chunk, void *state, bool *has_value) {
    (void)context, (void)chunk;
    const Captures *own = captures;
    usleep((useconds_t)own->number * 1000);
    *(MrString *)state = text_of("slept ", own->number);
    *has_value = true;
    return false;
}

#define TASK(number, what)                                                                                                         \
    .hash = {number}, .name = what, .where = {"future_test.mr", number, 1}, .captures = &type_captures, .source_count = 1,         \
    .state = &type_string, .result = &type_string, .merge = join, .finish = state_finish
static const MrTask task_name = {TASK(1, "name"), .sources = ranges, .kernel = name_kernel};
static const MrTask task_list = {TASK(2, "list"), .sources = strings, .kernel = list_kernel};
static const MrTask task_slow = {TASK(3, "slow"), .sources = ranges, .kernel = slow_kernel};
static const MrTask *const tasks[] = {&task_name, &task_list, &task_slow};

/* ---- the program */
static MrFuture *start(MrContext *context, const MrTask *task, int64_t count, const char *prefix, int64_t number) {
    MrFuture *future = NULL;
    MrSource source = {.range = {.count = count, .step = 1}};
    Captures captures = {string_of(prefix), number};
    if (mr_job_start(context, &future, task, &captures, &source)) abort();
    mr_string_drop(context, &captures.prefix);
    return future;
}

static bool show(MrContext *context, const char *text) {
    MrString string = string_of(text);
    bool failed = mr_prim_print(context, NULL, &string);
    mr_string_drop(context, &string);
    return failed;
}

/* Awaits, and prints the result or the error. */
static bool show_result(MrContext *context, MrFuture *future) {
    MrString result = {0}, where;
    if (future_await(context, &result, future, &type_string))
        mr_error_take(context, &result, &where), mr_string_drop(context, &where);
    bool failed = mr_prim_print(context, NULL, &result);
    mr_string_drop(context, &result);
    return failed;
}

static void drop(MrContext *context, MrFuture *future) {
    mr_drop(context, &future, &type_future);
}

static bool run_twice(MrContext *context, int64_t count, int64_t fatal) {
    MrFuture *future = start(context, &task_name, count, "n", fatal);
    bool failed =
        show(context, "started") || show_result(context, future) || show(context, "again") || show_result(context, future);
    drop(context, future);
    return failed;
}

/* Many are under way, and are awaited from the last to the first. */
static bool run_many(MrContext *context, int64_t count) {
    MrFuture **futures = calloc((size_t)count, sizeof *futures);
    char prefix[32];
    for (int64_t i = 0; i < count; i++) {
        snprintf(prefix, sizeof prefix, "f%lld.", (long long)i);
        futures[i] = start(context, &task_name, 1 + i % 5, prefix, i % 7 == 3 ? 2 : -1);
    }
    bool failed = false;
    for (int64_t i = count - 1; i >= 0; i--) failed = failed || show_result(context, futures[i]);
    for (int64_t i = 0; i < count; i++) drop(context, futures[i]);
    free(futures);
    return failed;
}

static bool run_list(MrContext *context, int64_t count) {
    MrList *list = NULL;
    for (int64_t i = 0; i < count; i++) {
        MrString element = text_of("s", i);
        list_push_take(&list, &element, &type_string);
    }
    MrFuture *future = NULL;
    MrSource source = {.value = list};
    Captures captures = {{0}, 0};
    bool failed = mr_job_start(context, &future, &task_list, &captures, &source);
    mr_drop(context, &list, &type_string_list);
    failed = failed || show_result(context, future);
    drop(context, future);
    return failed;
}

/* A cancelled future, one that was done before it was cancelled, and some that nobody awaits. */
static bool run_cancel(MrContext *context, int64_t milliseconds) {
    MrFuture *slow = start(context, &task_slow, 50, "", milliseconds), *quick = start(context, &task_name, 3, "q", -1);
    future_cancel(context, slow);
    bool failed = show(context, future_done(context, slow) ? "ended" : "goes on") || show_result(context, slow);
    failed = failed || show_result(context, quick);
    future_cancel(context, quick);
    failed = failed || show_result(context, quick);
    drop(context, start(context, &task_name, 3, "nobody reads this ", -1));
    drop(context, slow);
    drop(context, quick);
    return failed || show(context, "over");
}

/* The order in which futures end, each of them once; those that have travelled have ended. */
static bool run_next(MrContext *context, int64_t count) {
    MrList *futures = NULL;
    int64_t index, seen = 0;
    for (int64_t i = 0; i < count; i++) {
        MrFuture *future = i == 2 ? NULL : start(context, &task_name, 2, "x", -1);
        list_push_take(&futures, &future, &type_future);
    }
    bool failed = false, all_done = false, is_none = false;
    for (int64_t i = 0; i < count && !failed; i++) {
        failed = future_next(context, &index, futures, i);
        if (!failed) seen |= (int64_t)1 << index;
        if (!failed && i == 0) is_none = index == 2;
    }
    failed = failed || future_wait(context, &all_done, futures, 0.0);
    failed = failed || show(context, seen == ((int64_t)1 << count) - 1 && all_done && is_none ? "each once" : "not each once");
    for (int64_t i = 0; i < count; i++) failed = failed || show_result(context, ((MrFuture **)futures->data)[i]);
    if (!failed) failed = future_next(context, &index, futures, count);
    mr_drop(context, &futures, &type_futures);
    return failed;
}

/* Asking goes on until it is done. */
static bool run_poll(MrContext *context) {
    MrFuture *future = start(context, &task_slow, 3, "", 20);
    double last = 0.0;
    bool is_good = true;
    while (!future_done(context, future)) {
        double progress = future_progress(context, future);
        is_good = is_good && progress >= last && progress <= 1.0;
        last = progress;
        usleep(1000);
    }
    is_good = is_good && future_progress(context, future) == 1.0;
    bool failed = show(context, is_good ? "done" : "progress went wrong") || show_result(context, future);
    drop(context, future);
    return failed;
}

static bool top_level(MrContext *context) {
    const IoState *io = io_state(context);
    const char *mode = io->argv[0];
    int64_t count = io->argc > 1 ? strtoll(io->argv[1], NULL, 10) : 0;
    int64_t number = io->argc > 2 ? strtoll(io->argv[2], NULL, 10) : -1;
    if (strcmp(mode, "twice") == 0) return run_twice(context, count, number);
    if (strcmp(mode, "many") == 0) return run_many(context, count);
    if (strcmp(mode, "list") == 0) return run_list(context, count);
    if (strcmp(mode, "cancel") == 0) return run_cancel(context, count);
    if (strcmp(mode, "next") == 0) return run_next(context, count);
    return run_poll(context);
}

static const MrType no_globals = {.kind = MR_TUPLE, .is_flat = true, .align = 1, .name = "()"};
static const MrProgram program = {.abi_version = MR_ABI_VERSION,
                                  .hash = "future_test",
                                  .name = "future_test.mr",
                                  .globals = &no_globals,
                                  .task_count = sizeof tasks / sizeof *tasks,
                                  .tasks = tasks,
                                  .top_level = top_level};

/* ---- the test */
static void awaited_twice(void **state) {
    (void)state;
    check_same("twice 3", "started\nn0\nn1\nn2\nn0n1n2\nagain\nn0n1n2\n[0]");
    check_same("twice 3 1", "started\nn0\nn1\nnumber 1 is not wanted\nagain\nnumber 1 is not wanted\n[0]");
    check_same("twice 1", "started\nn0\nn0\nagain\nn0\n[0]");
    check_same("twice 0", NULL);
    check_same("twice 2000 1500", NULL);
}

static void awaited_in_any_order(void **state) {
    (void)state;
    check_same("many 3", "f2.0\nf2.1\nf2.2\nf2.0f2.1f2.2\nf1.0\nf1.1\nf1.0f1.1\nf0.0\nf0.0\n[0]");
    check_same("many 100", NULL);
}

static void sources_are_kept(void **state) {
    (void)state;
    check_same("list 4", "s0s1s2s3\n[0]");
    check_same("list 1000", NULL);
}

static void cancelled(void **state) {
    (void)state;
    check_same("cancel 20", "ended\nthe future was cancelled\nq0\nq1\nq2\nq0q1q2\nq0q1q2\nover\n[0]");
}

static void in_the_order_of_their_ends(void **state) {
    (void)state;
    check_same("next 12", NULL);
    char *out = output_of("MR_WORKERS=2 %s next 3 2>&1", self);
    assert_string_equal(out, "each once\nx0\nx1\nx0x1\nx0\nx1\nx0x1\n"
                             "a future can be awaited only where it was made: await it there, and hand on its value\n"
                             "error: index 3 is past the end of a list of 3 elements (the first has index 0)\n[1]");
    free(out);
}

static void polled(void **state) {
    (void)state;
    check_same("poll", "done\nslept 20slept 20slept 20\n[0]");
}

int main(int argc, char **argv) {
    if (argc > 1 || getenv("MR_LAUNCH")) return mr_main(argc, argv, &program);
    find_itself(argv[0]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(awaited_twice), cmocka_unit_test(awaited_in_any_order),       cmocka_unit_test(sources_are_kept),
        cmocka_unit_test(cancelled),     cmocka_unit_test(in_the_order_of_their_ends), cmocka_unit_test(polled),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    forget_itself();
    return failed;
}
