/* io_test.c: the primitives of input and output: paths, whole files, print, arguments. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "runtime/value/value.h"
#include "runtime/worker/runtime.h"

static const MrProgram program = {.abi_version = MR_ABI_VERSION, .name = "io_test.mr", .globals = &type_unit};

typedef struct Bench {
    MrContext context;
    MrRuntime runtime;
    char folder[32];
} Bench;

static int setup(void **state) {
    Bench *bench = xcalloc(1, sizeof *bench);
    context_init(&bench->context, &program, &bench->runtime);
    bench->runtime.io = (IoState){.name = "root", .is_root = true};
    strcpy(bench->folder, "/tmp/mr-io-test-XXXXXX");
    *state = bench;
    return mkdtemp(bench->folder) && chdir(bench->folder) == 0 ? 0 : 1;
}

static int teardown(void **state) {
    Bench *bench = *state;
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", bench->folder);
    int status = chdir("/") == 0 ? system(command) : 1;
    context_free(&bench->context);
    runtime_free(&bench->runtime);
    free(bench);
    return status;
}

static void put_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void check_error(Bench *bench, const char *expected) {
    assert_true(bench->context.error.is_set);
    assert_string_equal(bench->context.error.message, expected);
    mr_error_clear(&bench->context.error);
}

/* The paths that one path means, as a literal. */
static void check_paths(Bench *bench, const char *path, const char *expected) {
    MrString string = string_of(path);
    MrList *list = NULL;
    assert_false(mr_prim_paths_of(&bench->context, &list, &string, &type_string));
    Buf shown = {0};
    value_show(&shown, &list, &type_string_list);
    assert_string_equal(buf_text(&shown), expected);
    buf_free(&shown);
    mr_drop(&bench->context, &list, &type_string_list);
    mr_string_drop(&bench->context, &string);
}

static void refuse_path(Bench *bench, const char *path, const char *expected) {
    MrString string = string_of(path);
    MrList *list = NULL;
    assert_true(mr_prim_paths_of(&bench->context, &list, &string, &type_string));
    check_error(bench, expected);
    mr_string_drop(&bench->context, &string);
}

static void paths_are_expanded(void **state) {
    Bench *bench = *state;
    assert_int_equal(mkdir("plays", 0700), 0);
    assert_int_equal(mkdir("plays/more", 0700), 0);
    put_file("plays/b.txt", "b");
    put_file("plays/a.txt", "a");
    put_file("plays/.hidden", "h");
    put_file("plays/more/c.txt", "c");
    put_file("plays/[x].txt", "x");
    assert_int_equal(mkfifo("plays/pipe", 0600), 0); /* the files of a directory are its regular files */
    check_paths(bench, "plays/a.txt", "[\"plays/a.txt\"]");
    check_paths(bench, "plays", "[\"plays/[x].txt\", \"plays/a.txt\", \"plays/b.txt\"]");
    check_paths(bench, "plays/", "[\"plays/[x].txt\", \"plays/a.txt\", \"plays/b.txt\"]");
    check_paths(bench, "plays/[ab].txt", "[\"plays/a.txt\", \"plays/b.txt\"]");
    check_paths(bench, "plays/[x].txt", "[\"plays/[x].txt\"]"); /* the name of a file comes first */
    check_paths(bench, "*/*/*.txt", "[\"plays/more/c.txt\"]");
    check_paths(bench, "-", "[\"-\"]");
    refuse_path(bench, "plays/none.txt", "cannot read plays/none.txt: No such file or directory");
    refuse_path(bench, "plays/*.none", "cannot read plays/*.none: no file matches");
    refuse_path(bench, "", "a path cannot be empty");
    if (geteuid() == 0) return; /* who may read everything */
    chmod("plays/a.txt", 0);
    refuse_path(bench, "plays/a.txt", "cannot read plays/a.txt: Permission denied");
}

static bool write_text(Bench *bench, const char *path, const char *text) {
    MrString name = string_of(path), content = string_of(text);
    bool failed = mr_prim_write(&bench->context, NULL, &name, &content);
    mr_string_drop(&bench->context, &name);
    mr_string_drop(&bench->context, &content);
    return failed;
}

static void check_file(Bench *bench, const char *path, const char *expected) {
    MrString name = string_of(path), text;
    assert_false(mr_prim_read(&bench->context, &text, &name));
    assert_int_equal(text.len, strlen(expected));
    if (text.len) assert_memory_equal(text.data, expected, strlen(expected));
    mr_string_drop(&bench->context, &text);
    mr_string_drop(&bench->context, &name);
}

static void files_are_written_whole(void **state) {
    Bench *bench = *state;
    assert_false(write_text(bench, "out", "first"));
    check_file(bench, "out", "first");
    chmod("out", 0640);
    assert_int_equal(symlink("out", "link"), 0);
    assert_false(write_text(bench, "link", "")); /* the file is replaced, not the link, and stays as it was otherwise */
    check_file(bench, "out", "");
    struct stat status;
    assert_int_equal(stat("out", &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
    assert_int_equal(lstat("link", &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_false(write_text(bench, "/dev/null", "gone"));
    assert_int_equal(lstat("/dev/null", &status), 0);
    assert_true(S_ISCHR(status.st_mode));
    assert_true(write_text(bench, "none/out", "x"));
    check_error(bench, "cannot write none/out: No such file or directory");
    assert_int_equal(mkdir("folder", 0700), 0);
    assert_true(write_text(bench, "folder", "x"));
    check_error(bench, "cannot write folder: Is a directory");
    check_paths(bench, ".", "[\"./link\", \"./out\"]"); /* nothing temporary is left */
}

static void reading_fails_with_a_reason(void **state) {
    Bench *bench = *state;
    MrString text, path = string_of("none");
    assert_true(mr_prim_read(&bench->context, &text, &path));
    check_error(bench, "cannot read none: No such file or directory");
    mr_string_drop(&bench->context, &path);
    path = string_of(".");
    assert_true(mr_prim_read(&bench->context, &text, &path));
    check_error(bench, "cannot read .: Is a directory");
    mr_string_drop(&bench->context, &path);
    path = string_of("-");
    bench->runtime.io.in_job = true;
    assert_true(mr_prim_read(&bench->context, &text, &path));
    check_error(bench, "standard input can be read at the top level only");
    mr_string_drop(&bench->context, &path);
}

static void output_is_collected(void **state) {
    Bench *bench = *state;
    MrString one = string_of("one"), nothing = {0};
    assert_false(mr_prim_print(&bench->context, NULL, &one));
    assert_false(mr_prim_print(&bench->context, NULL, &nothing));
    assert_int_equal(bench->context.out_len, 5);
    assert_memory_equal(bench->context.out, "one\n\n", 5);
    assert_false(io_flush(&bench->context)); /* it is part of a chunk's value, and not ours to write */
    assert_int_equal(bench->context.out_len, 5);
    mr_string_drop(&bench->context, &one);
}

static void a_full_disk_is_an_error(void **state) {
    Bench *bench = *state;
    int saved = dup(STDOUT_FILENO), full = open("/dev/full", O_WRONLY);
    MrString one = string_of("one");
    bench->context.out_is_direct = true;
    assert_false(mr_prim_print(&bench->context, NULL, &one));
    fflush(stdout);
    dup2(full, STDOUT_FILENO);
    bool failed = io_flush(&bench->context);
    dup2(saved, STDOUT_FILENO);
    close(full);
    close(saved);
    assert_true(failed);
    check_error(bench, "cannot write to standard output: No space left on device");
    assert_int_equal(bench->context.out_len, 0);
    mr_string_drop(&bench->context, &one);
}

static void surroundings_are_there(void **state) {
    Bench *bench = *state;
    char *arguments[] = {(char *)"a b", (char *)""};
    bench->runtime.io.argc = 2;
    bench->runtime.io.argv = arguments;
    MrList *list;
    assert_false(mr_prim_arguments(&bench->context, &list));
    Buf shown = {0};
    value_show(&shown, &list, &type_string_list);
    assert_string_equal(buf_text(&shown), "[\"a b\", \"\"]");
    buf_free(&shown);
    mr_drop(&bench->context, &list, &type_string_list);
    setenv("MR_IO_TEST", "yes", 1);
    MrString name = string_of("MR_IO_TEST");
    MrOptionalString value;
    assert_false(mr_prim_env(&bench->context, &value, &name));
    assert_true(value.is_some);
    assert_int_equal(value.value.len, 3);
    mr_string_drop(&bench->context, &value.value);
    unsetenv("MR_IO_TEST");
    assert_false(mr_prim_env(&bench->context, &value, &name));
    assert_false(value.is_some);
    mr_string_drop(&bench->context, &name);
    assert_true(mr_prim_sleep(&bench->context, NULL, -1));
    check_error(bench, "cannot sleep for -1 seconds");
    assert_false(mr_prim_sleep(&bench->context, NULL, 0.001));
    bench->runtime.io.in_job = true;
    assert_true(mr_prim_exit(&bench->context, NULL, 3));
    check_error(bench, "exit can be called at the top level only, not while mapping");
}

static void texts_are_walked_in_order(void **state) {
    Bench *bench = *state;
    put_file("a", "one\n");
    put_file("b", "");
    put_file("c", "two");
    MrString path = string_of(".");
    MrList *list;
    assert_false(mr_prim_paths_of(&bench->context, &list, &path, &type_string));
    void *cursor;
    MrString chunk;
    bool is_there;
    assert_false(mr_text_open(&bench->context, &cursor, list, true));
    assert_false(mr_text_next(&bench->context, cursor, &chunk, &is_there));
    assert_true(is_there);
    assert_int_equal(chunk.len, 7);
    assert_memory_equal(chunk.data, "one\ntwo", 7);
    assert_false(mr_text_next(&bench->context, cursor, &chunk, &is_there));
    assert_false(is_there);
    mr_text_close(&bench->context, cursor);
    unlink("c");
    assert_true(mr_text_open(&bench->context, &cursor, list, true));
    check_error(bench, "cannot read ./c: No such file or directory");
    mr_drop(&bench->context, &list, &type_string_list);
    mr_string_drop(&bench->context, &path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(paths_are_expanded),      TEST(files_are_written_whole), TEST(reading_fails_with_a_reason), TEST(output_is_collected),
        TEST(a_full_disk_is_an_error), TEST(surroundings_are_there),  TEST(texts_are_walked_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
