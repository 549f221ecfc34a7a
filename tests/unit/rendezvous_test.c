/* rendezvous_test.c: the file by which ranks find each other: what is written is read, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "runtime/launch/rendezvous.h"

static char folder[] = "/tmp/mr-rendezvous-XXXXXX";
static char path[RENDEZVOUS_PATH_SIZE];

static int set_up(void **state) {
    (void)state;
    char *error = NULL;
    if (!mkdtemp(folder)) return -1;
    setenv(RENDEZVOUS_VARIABLE, folder, 1);
    return rendezvous_path(path, "srun-1-0", &error) ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void make(Rendezvous *rendezvous) {
    assert_true(rendezvous_make(rendezvous, 4));
    for (int i = 0; i < MESSAGE_HASH_SIZE; i++) rendezvous->program[i] = (uint8_t)(i * 7 + 250);
    snprintf(rendezvous->control, sizeof rendezvous->control, "tcp://127.0.0.1:4711#%s", rendezvous->pairs[0].public_key);
}

static RendezvousFound find(const uint8_t *program, Rendezvous *found) {
    char *error = NULL;
    RendezvousFound result = rendezvous_read(path, program, found, &error);
    assert_int_equal(result == RENDEZVOUS_BAD, error != NULL);
    free(error);
    return result;
}

static void what_is_written_is_read(void **state) {
    (void)state;
    Rendezvous made, found;
    char *error = NULL;
    make(&made);
    assert_int_equal(find(made.program, &found), RENDEZVOUS_NOT_YET);
    assert_true(rendezvous_write(path, &made, &error));
    assert_true(rendezvous_write(path, &made, &error));
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(find(made.program, &found), RENDEZVOUS_FOUND);
    assert_string_equal(found.control, made.control);
    assert_int_equal(found.count, 3);
    assert_memory_equal(found.pairs, made.pairs, 3 * sizeof *made.pairs);
    rendezvous_free(&found);
    /* Nothing but the file itself is in the directory. */
    DIR *entries = opendir(folder);
    int count = 0;
    while (readdir(entries)) count++;
    closedir(entries);
    assert_int_equal(count, 3);
    rendezvous_free(&made);
}

static void other_runs_are_waited_out(void **state) {
    (void)state;
    Rendezvous made, found;
    char *error = NULL;
    make(&made);
    assert_true(rendezvous_write(path, &made, &error));
    uint8_t other[MESSAGE_HASH_SIZE] = {1};
    assert_int_equal(find(other, &found), RENDEZVOUS_NOT_YET);
    struct timespec times[2] = {{.tv_sec = time(NULL) - RENDEZVOUS_STALE - 10}, {.tv_sec = time(NULL) - RENDEZVOUS_STALE - 10}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    assert_int_equal(find(made.program, &found), RENDEZVOUS_NOT_YET);
    rendezvous_free(&made);
}

static void a_file_that_others_can_read_is_not_trusted(void **state) {
    (void)state;
    Rendezvous made, found;
    char *error = NULL;
    make(&made);
    assert_true(rendezvous_write(path, &made, &error));
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(find(made.program, &found), RENDEZVOUS_BAD);
    unlink(path);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(find(made.program, &found), RENDEZVOUS_BAD);
    unlink(path);
    rendezvous_free(&made);
}

/* Cut anywhere, or with any byte changed, it is refused, or read as something well-formed. */
static void damaged_files_are_refused(void **state) {
    (void)state;
    Rendezvous made, found;
    char *error = NULL, text[2048];
    make(&made);
    assert_true(rendezvous_write(path, &made, &error));
    FILE *file = fopen(path, "r");
    size_t size = fread(text, 1, sizeof text, file);
    fclose(file);
    assert_int_equal(rendezvous_parse(text, size, &found), RENDEZVOUS_FOUND);
    rendezvous_free(&found);
    for (size_t len = 0; len < size; len++) {
        char *cut = malloc(len ? len : 1);
        memcpy(cut, text, len);
        assert_int_equal(rendezvous_parse(cut, len, &found), RENDEZVOUS_BAD);
        free(cut);
    }
    for (size_t i = 0; i < size; i++) {
        for (int bit = 0; bit < 8; bit++) {
            text[i] = (char)(text[i] ^ (1 << bit));
            if (rendezvous_parse(text, size, &found) == RENDEZVOUS_FOUND) {
                assert_true(found.count == 3);
                rendezvous_free(&found);
            }
            text[i] = (char)(text[i] ^ (1 << bit));
        }
    }
    rendezvous_free(&made);
}

static void the_directory_must_be_there(void **state) {
    (void)state;
    char *error = NULL, elsewhere[RENDEZVOUS_PATH_SIZE];
    setenv(RENDEZVOUS_VARIABLE, "/nowhere/at/all", 1);
    assert_false(rendezvous_path(elsewhere, "x", &error));
    assert_non_null(strstr(error, "/nowhere/at/all"));
    free(error);
    unsetenv(RENDEZVOUS_VARIABLE);
    setenv("HOME", folder, 1);
    assert_true(rendezvous_path(elsewhere, "x", &error));
    assert_non_null(strstr(elsewhere, "/.cache/mr/mr-x.ranks"));
    snprintf(elsewhere, sizeof elsewhere, "%s/.cache/mr", folder);
    assert_int_equal(rmdir(elsewhere), 0);
    *strrchr(elsewhere, '/') = '\0';
    assert_int_equal(rmdir(elsewhere), 0);
    setenv("HOME", "/nowhere", 1);
    assert_true(rendezvous_path(elsewhere, "x", &error));
    assert_string_equal(elsewhere, "./mr-x.ranks");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),     cmocka_unit_test(other_runs_are_waited_out),
        cmocka_unit_test(damaged_files_are_refused),   cmocka_unit_test(a_file_that_others_can_read_is_not_trusted),
        cmocka_unit_test(the_directory_must_be_there),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
