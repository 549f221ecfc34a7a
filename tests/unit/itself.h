/* itself.h: for tests that are programs of their own, made by hand, and run themselves: alone, with workers as threads, and under
 * mrrun. cmocka.h and what it needs are included before. */
#ifndef TESTS_UNIT_ITSELF_H
#define TESTS_UNIT_ITSELF_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"

static char *self, *mrrun;

/* The leak checker says this of a thread that is just going; it is no finding. */
static inline void drop_noise(char *text) {
    static const char noise[] = "Unable to get registers from thread";
    for (char *at; (at = strstr(text, noise));) {
        char *end = strchr(at, '\n');
        while (at > text && at[-1] != '\n') at--;
        memmove(at, end + 1, strlen(end + 1) + 1);
    }
}

/* Runs a command, and returns what it wrote and its exit status as text. */
static inline __attribute__((format(printf, 1, 2))) char *output_of(const char *format, ...) {
    char command[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    Buf out = {0};
    for (int c; (c = fgetc(pipe)) != EOF;) buf_add_char(&out, (char)c);
    int status = pclose(pipe);
    buf_printf(&out, "[%d]", WIFEXITED(status) ? WEXITSTATUS(status) : 1000);
    char *text = strdup(buf_text(&out));
    buf_free(&out);
    drop_noise(text);
    return text;
}

/* The same output in one thread, with workers as threads, and with mrrun where that was built. */
static inline void check_same(const char *arguments, const char *expected) {
    char *alone = output_of("MR_LOCAL_MS=100000 timeout 20 %s %s 2>&1", self, arguments);
    if (expected) assert_string_equal(alone, expected);
    static const int counts[] = {1, 2, 3, 8};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        char *threads = output_of("MR_LOCAL_MS=0 MR_WORKERS=%d timeout 20 %s %s 2>&1", counts[i], self, arguments);
        assert_string_equal(threads, alone);
        free(threads);
        if (access(mrrun, X_OK) != 0) continue;
        char *processes = output_of("MR_LOCAL_MS=0 timeout 20 %s -q -n %d %s %s 2>&1", mrrun, counts[i], self, arguments);
        assert_string_equal(processes, alone);
        free(processes);
    }
    free(alone);
}

static inline void find_itself(const char *path) {
    self = realpath(path, NULL);
    char *slash = strstr(self, "/tests/unit/");
    if (!slash || asprintf(&mrrun, "%.*s/bin/mrrun", (int)(slash - self), self) < 0) abort();
}

static inline void forget_itself(void) {
    free(mrrun);
    free(self);
}

#endif
