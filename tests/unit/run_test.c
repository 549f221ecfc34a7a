/* run_test.c: jobs from end to end without the compiler: a program made by hand, run alone and with workers as threads.
 *
 * With arguments, the executable is that program, so that mrrun can start it too: `run_test sum 1000`. Without, it is the test,
 * which runs itself. What each mode prints must be the same whatever runs it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "runtime/include/abi.h"
#include "runtime/io/state.h"
#include "runtime/value/value.h"
#include "tests/unit/itself.h"

/* ---- types */
static const MrType no_captures = {.kind = MR_TUPLE, .is_flat = true, .align = 1, .name = "()"};
static const MrType *const count_fields[] = {&type_string, &type_int};
static const uint32_t count_offsets[] = {8, 32};
static const MrType type_counts = {.kind = MR_MAP,
                                   .size = 8,
                                   .align = 8,
                                   .field_count = 2,
                                   .stride = 40,
                                   .fields = count_fields,
                                   .offsets = count_offsets,
                                   .name = "[string: int]"};
static const MrType *const capture_fields[] = {&type_string};
static const uint32_t at_start[] = {0};
static const MrType string_captures = {.kind = MR_TUPLE,
                                       .size = sizeof(MrString),
                                       .align = 8,
                                       .field_count = 1,
                                       .fields = capture_fields,
                                       .offsets = at_start,
                                       .name = "(string,)"};
static const MrSourceInfo ranges[] = {{.kind = MR_SOURCE_RANGE, .element = &type_int}};
static const MrSourceInfo strings[] = {{.kind = MR_SOURCE_LIST, .element = &type_string, .list = &type_string_list}};
static const MrSourceInfo words[] = {{.kind = MR_SOURCE_TEXT_WORDS, .element = &type_string, .list = &type_string_list}};

/* ---- map x => x over range reduce sum: exact */
static int64_t range_element(const MrChunk *chunk, int64_t i) {
    return chunk->slices[0].first + i * chunk->slices[0].step;
}

static bool sum_kernel(MrContext *context, const void *captures, MrChunk *chunk, void *state, bool *has_value) {
    (void)context, (void)captures;
    int64_t sum = *has_value ? *(int64_t *)state : 0;
    for (int64_t i = 0; i < chunk->count; i++) sum += range_element(chunk, i);
    chunk->elements += chunk->count;
    *(int64_t *)state = sum;
    *has_value = true;
    return false;
}

static bool sum_merge(MrContext *context, const void *captures, void *left, void *right) {
    (void)context, (void)captures;
    *(int64_t *)left += *(int64_t *)right;
    return false;
}

static bool int_finish(MrContext *context, const void *captures, void *state, bool has_value, void *result) {
    (void)captures;
    if (!has_value) return mr_fail_nothing(context);
    *(int64_t *)result = *(int64_t *)state;
    return false;
}

/* ---- map x => string(x) over range reduce (a, b) => "({a} {b})": the tree shows; captures the prefix of each number */
static MrString text_of(const char *before, long long number) {
    char *text = NULL;
    if (asprintf(&text, "%s%lld", before, number) < 0) abort();
    MrString string = string_of(text);
    free(text);
    return string;
}

static bool string_join(MrContext *context, MrString *left, MrString *right) {
    MrString open = string_of("("), space = string_of(" "), close = string_of(")");
    MrString parts[] = {open, *left, space, *right, close}, joined;
    bool failed = mr_string_concat(context, &joined, parts, 5);
    for (int i = 0; i < 5; i++) mr_string_drop(context, &parts[i]);
    *left = failed ? (MrString){0} : joined;
    *right = (MrString){0};
    return failed;
}

static bool string_merge(MrContext *context, const void *captures, void *left, void *right) {
    (void)captures;
    return string_join(context, left, right);
}

static bool add_string(MrContext *context, MrString *state, bool *has_value, MrString element) {
    bool failed = false;
    if (*has_value)
        failed = string_join(context, state, &element);
    else
        *state = element;
    *has_value = !failed;
    return failed;
}

static bool tree_kernel(MrContext *context, const void *captures, MrChunk *chunk, void *state, bool *has_value) {
    const MrString *prefix = captures;
    for (int64_t i = 0; i < chunk->count; i++) {
        MrString parts[] = {*prefix, text_of("", range_element(chunk, i))}, element;
        mr_string_concat(context, &element, parts, 2);
        mr_string_drop(context, &parts[1]);
        if (add_string(context, state, has_value, element)) return true;
        chunk->elements++;
    }
    return false;
}

static bool string_finish(MrContext *context, const void *captures, void *state, bool has_value, void *result) {
    (void)captures;
    if (!has_value) return mr_fail_nothing(context);
    *(MrString *)result = *(MrString *)state;
    return false;
}

/* ---- map s => s over a list reduce (a, b) => "({a} {b})" */
static bool list_kernel(MrContext *context, const void *captures, MrChunk *chunk, void *state, bool *has_value) {
    (void)captures;
    for (int64_t i = 0; i < chunk->count; i++) {
        MrString element = ((const MrString *)chunk->slices[0].data)[i];
        mr_string_own(context, &element);
        if (add_string(context, state, has_value, element)) return true;
        chunk->elements++;
    }
    return false;
}

/* ---- map w => (w, 1) over words reduce sum by key */
static bool count_kernel(MrContext *context, const void *captures, MrChunk *chunk, void *state, bool *has_value) {
    (void)captures;
    MrSpans room;
    MrCursor cursor = {.next = chunk->slices[0].data, .room = &room};
    const char *end = cursor.next + chunk->slices[0].first;
    MrString word;
    while (mr_next_word(context, &cursor, end, &word)) {
        bool is_new;
        ++*(int64_t *)mr_map_upsert(context, state, &word, &type_counts, &is_new);
        chunk->elements++;
        *has_value = true;
    }
    return false;
}

static bool add_counts(MrContext *context, const void *captures, void *left, void *right) {
    return sum_merge(context, captures, left, right);
}

static bool count_merge(MrContext *context, const void *captures, void *left, void *right) {
    MrMap *other = *(MrMap **)right;
    *(MrMap **)right = NULL;
    return mr_map_merge(context, left, other, &type_counts, add_counts, captures);
}

static bool count_finish(MrContext *context, const void *captures, void *state, bool has_value, void *result) {
    (void)context, (void)captures;
    *(MrMap **)result = has_value ? *(MrMap **)state : NULL;
    return false;
}

/* ---- prints each element; fails at the one whose number is captured as text; element 0 is slow */
/* Is a number among those in the text, "3 7"? */
static bool is_listed(const MrString *list, int64_t number) {
    char *text = strndup(list->len ? list->data : "", (size_t)list->len), *rest = NULL;
    bool found = false;
    for (char *word = strtok_r(text, " ", &rest); word && !found; word = strtok_r(NULL, " ", &rest)) {
        found = strtoll(word, NULL, 10) == number;
    }
    free(text);
    return found;
}

static bool print_kernel(MrContext *context, const void *captures, MrChunk *chunk, void *state, bool *has_value) {
    const MrString *fatal = captures;
    for (int64_t i = 0; i < chunk->count; i++) {
        int64_t number = range_element(chunk, i);
        MrString text = text_of("element ", number);
        mr_prim_print(context, NULL, &text);
        mr_string_drop(context, &text);
        if (number == 0 && fatal->len) usleep(30000);
        if (is_listed(fatal, number)) {
            context->failed_element = i;
            *has_value = false;
            return mr_failf(context, "number %lld is not wanted", (long long)number);
        }
        chunk->elements++;
    }
    *(int64_t *)state = (*has_value ? *(int64_t *)state : 0) + chunk->count;
    *has_value = true;
    return false;
}

/* ---- takes its time */
static bool slow_kernel(MrContext *context, const void *captures, MrChunk *chunk, void *state, bool *has_value) {
    usleep((useconds_t)(20000 * chunk->count));
    return sum_kernel(context, captures, chunk, state, has_value);
}

/* ---- the program */
#define TASK(number, what) .hash = {number}, .name = what, .where = {"run_test.mr", number, 1}
static const MrTask task_sum = {TASK(1, "sum"),     .captures = &no_captures, .source_count = 1,      .sources = ranges,
                                .state = &type_int, .result = &type_int,      .flags = MR_TASK_EXACT, .kernel = sum_kernel,
                                .merge = sum_merge, .finish = int_finish};
static const MrTask task_tree = {TASK(2, "tree"),       .captures = &string_captures, .source_count = 1,
                                 .sources = ranges,     .state = &type_string,        .result = &type_string,
                                 .kernel = tree_kernel, .merge = string_merge,        .finish = string_finish};
static const MrTask task_list = {TASK(3, "list"),       .captures = &no_captures, .source_count = 1,
                                 .sources = strings,    .state = &type_string,    .result = &type_string,
                                 .kernel = list_kernel, .merge = string_merge,    .finish = string_finish};
static const MrTask task_count = {TASK(4, "count"),      .captures = &no_captures, .source_count = 1,      .sources = words,
                                  .state = &type_counts, .result = &type_counts,   .flags = MR_TASK_EXACT, .kernel = count_kernel,
                                  .merge = count_merge,  .finish = count_finish};
static const MrTask task_print = {TASK(5, "print"),       .captures = &string_captures, .source_count = 1,
                                  .sources = ranges,      .state = &type_int,           .result = &type_int,
                                  .kernel = print_kernel, .merge = sum_merge,           .finish = int_finish};
static const MrTask task_print_exact = {
    TASK(6, "print exact"), .captures = &string_captures, .source_count = 1,      .sources = ranges,  .state = &type_int,
    .result = &type_int,    .flags = MR_TASK_EXACT,       .kernel = print_kernel, .merge = sum_merge, .finish = int_finish};
static const MrTask task_slow = {TASK(7, "slow"),       .captures = &no_captures, .source_count = 1,
                                 .sources = ranges,     .state = &type_int,       .result = &type_int,
                                 .kernel = slow_kernel, .merge = sum_merge,       .finish = int_finish};
static const MrTask *const tasks[] = {&task_sum, &task_tree, &task_list, &task_count, &task_print, &task_print_exact, &task_slow};

static bool show(MrContext *context, const void *value, const MrType *type) {
    MrString text;
    bool failed = mr_to_string(context, &text, value, type) || mr_prim_print(context, NULL, &text);
    mr_string_drop(context, &text);
    return failed;
}

static bool run_range(MrContext *context, const MrTask *task, int64_t count, const char *captured) {
    MrSource source = {.range = {.count = count, .step = 1}};
    MrString captures = string_of(captured);
    char result[sizeof(MrString)] __attribute__((aligned(8))) = {0};
    bool failed = mr_job_run(context, task, &captures, &source, result) || show(context, result, task->result);
    mr_drop(context, result, task->result);
    mr_string_drop(context, &captures);
    return failed;
}

static bool run_list(MrContext *context, int64_t count) {
    MrList *list = NULL;
    for (int64_t i = 0; i < count; i++) {
        MrString element = text_of("s", i);
        list_push_take(&list, &element, &type_string);
    }
    MrSource source = {.value = list};
    MrString result = {0};
    bool failed = mr_job_run(context, &task_list, NULL, &source, &result) || show(context, &result, &type_string);
    mr_string_drop(context, &result);
    mr_drop(context, &list, &type_string_list);
    return failed;
}

static bool run_count(MrContext *context, MrList *paths) {
    MrList *files = NULL;
    if (mr_prim_paths_of(context, &files, &paths, &type_string_list)) return true;
    MrSource source = {.value = files};
    MrMap *counts = NULL;
    bool failed = mr_job_run(context, &task_count, NULL, &source, &counts) || show(context, &counts, &type_counts);
    mr_drop(context, &counts, &type_counts);
    mr_drop(context, &files, &type_string_list);
    return failed;
}

static bool top_level(MrContext *context) {
    const IoState *io = io_state(context);
    const char *mode = io->argv[0], *captured = io->argc > 2 ? io->argv[2] : "";
    int64_t count = io->argc > 1 ? strtoll(io->argv[1], NULL, 10) : 0;
    if (strcmp(mode, "sum") == 0) return run_range(context, &task_sum, count, "");
    if (strcmp(mode, "slow") == 0) return run_range(context, &task_slow, count, "");
    if (strcmp(mode, "tree") == 0) return run_range(context, &task_tree, count, captured);
    if (strcmp(mode, "big") == 0) { /* a captured value of a megabyte */
        char *large = malloc(1 << 20);
        memset(large, 'x', (1 << 20) - 1);
        large[(1 << 20) - 1] = 0;
        bool failed = run_range(context, &task_print, count, large) || run_range(context, &task_sum, count, "");
        free(large);
        return failed;
    }
    if (strcmp(mode, "list") == 0) return run_list(context, count);
    if (strcmp(mode, "print") == 0) return run_range(context, &task_print, count, captured);
    if (strcmp(mode, "print-exact") == 0) return run_range(context, &task_print_exact, count, captured);
    if (strcmp(mode, "exit") == 0) return mr_prim_exit(context, NULL, count);
    MrList *paths = NULL, *arguments = NULL;
    mr_prim_arguments(context, &arguments);
    bool failed = mr_list_slice(context, &paths, arguments, 1, MR_OPEN, &type_string_list) || run_count(context, paths);
    mr_drop(context, &arguments, &type_string_list);
    mr_drop(context, &paths, &type_string_list);
    return failed;
}

static const MrProgram program = {.abi_version = MR_ABI_VERSION,
                                  .hash = "run_test",
                                  .name = "run_test.mr",
                                  .globals = &no_captures,
                                  .task_count = sizeof tasks / sizeof *tasks,
                                  .tasks = tasks,
                                  .top_level = top_level};

/* ---- the test */
static void sums(void **state) {
    (void)state;
    check_same("sum 100", "4950\n[0]");
    check_same("sum 10000000", "49999995000000\n[0]");
    check_same("sum 1", "0\n[0]");
}

static void tree_is_that_of_the_input(void **state) {
    (void)state;
    check_same("tree 5 n", "(((n0 n1) (n2 n3)) n4)\n[0]");
    check_same("tree 1000 n", NULL);
    check_same("tree 70000 n", NULL);
}

static void lists_are_sent(void **state) {
    (void)state;
    check_same("list 3", "((s0 s1) s2)\n[0]");
    check_same("list 5000", NULL);
}

static void large_captures_are_sent(void **state) {
    (void)state;
    check_same("big 20", NULL);
}

static void output_is_in_order(void **state) {
    (void)state;
    check_same("print 3", "element 0\nelement 1\nelement 2\n3\n[0]");
    check_same("print 500", NULL);
    check_same("print-exact 500", NULL);
    check_same("print-exact 100000", NULL);
}

static void earliest_failure_is_reported(void **state) {
    (void)state;
    const char *expected = "element 0\nerror: number 0 is not wanted\n while mapping element 0\n[1]";
    check_same("print 50 '0 49'", expected);
    check_same("print-exact 50 '0 49'", expected);
    check_same("print 100000 '300 99999'", NULL);
    check_same("print-exact 100000 '300 99999'", NULL);
}

static void words_are_counted(void **state) {
    (void)state;
    char folder[] = "/tmp/mr-run-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[64], arguments[128];
    for (int f = 0; f < 20; f++) {
        snprintf(path, sizeof path, "%s/%02d.txt", folder, f);
        FILE *file = fopen(path, "w");
        for (int i = 0; i < 15000; i++) fprintf(file, "word%d don't %d%s", i % 100, i % 7, i % 10 ? " " : "\r\n");
        fclose(file);
    }
    snprintf(arguments, sizeof arguments, "count %s", folder);
    check_same(arguments, NULL);
    snprintf(arguments, sizeof arguments, "count '%s/*.txt'", folder);
    check_same(arguments, NULL);
    char *out = output_of("%s count %s/missing 2>&1", self, folder);
    char expected[256];
    snprintf(expected, sizeof expected, "error: cannot read %s/missing: No such file or directory\n[1]", folder);
    assert_string_equal(out, expected);
    free(out);
    free(output_of("rm -r %s", folder));
}

static void exit_status_is_kept(void **state) {
    (void)state;
    check_same("exit 7", "[7]");
    check_same("exit 256", "error: an exit status is from 0 to 255, not 256\n[1]");
    check_same("sum 0", NULL);
}

int main(int argc, char **argv) {
    if (argc > 1 || getenv("MR_LAUNCH")) return mr_main(argc, argv, &program);
    find_itself(argv[0]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums),
        cmocka_unit_test(tree_is_that_of_the_input),
        cmocka_unit_test(lists_are_sent),
        cmocka_unit_test(large_captures_are_sent),
        cmocka_unit_test(output_is_in_order),
        cmocka_unit_test(earliest_failure_is_reported),
        cmocka_unit_test(words_are_counted),
        cmocka_unit_test(exit_status_is_kept),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    forget_itself();
    return failed;
}
