/* output.c: print and log.
 *
 * What an element prints is part of its chunk's value: there print only collects. At the root's top level it collects too, so that
 * many small prints are few writes; io_flush is called when enough has come together, before anything that takes long, before an
 * error is shown, and at the end. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "runtime/io/state.h"
#include "runtime/value/value.h"

enum { OUT_ENOUGH = 64 * 1024 };

bool io_fail_take(MrContext *context, char *message) {
    mr_failf(context, "%s", message ? message : "out of memory");
    free(message);
    return true;
}

bool io_fail_read(MrContext *context, const char *name) {
    const char *host = io_state(context)->host, *reason = strerror(errno);
    return mr_failf(context, "%s%s%scannot read %s: %s", host ? "host " : "", host ? host : "", host ? ": " : "", name, reason);
}

static bool write_all(int fd, const char *bytes, size_t len) {
    for (size_t done = 0; done < len;) {
        ssize_t put = write(fd, bytes + done, len - done);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return false;
        done += (size_t)put;
    }
    return true;
}

bool io_flush(MrContext *context) {
    if (!context->out_is_direct || context->out_len == 0) return false;
    bool is_done = write_all(STDOUT_FILENO, context->out, context->out_len);
    int reason = errno;
    context->out_len = 0;
    if (!is_done && reason == EPIPE) {
        IoState *state = io_state(context);
        state->reader_is_gone = true;
        if (state->leave) state->leave(context, STATUS_READER_GONE);
    }
    return !is_done && mr_failf(context, "cannot write to standard output: %s", strerror(reason));
}

void io_out_add(MrContext *context, const char *bytes, size_t len) {
    if (context->out_cap - context->out_len < len) {
        size_t cap = context->out_cap ? context->out_cap : 256;
        while (cap - context->out_len < len) cap *= 2;
        context->out = xrealloc(context->out, cap);
        context->out_cap = cap;
    }
    if (len) memcpy(context->out + context->out_len, bytes, len);
    context->out_len += len;
}

bool mr_prim_print(MrContext *context, void *out, const MrString *text) {
    (void)out;
    io_out_add(context, text->data, (size_t)text->len);
    io_out_add(context, "\n", 1);
    bool is_due = context->out_is_direct && (context->out_len >= OUT_ENOUGH || io_state(context)->has_terminal);
    return is_due && io_flush(context);
}

bool mr_prim_log(MrContext *context, void *out, const MrString *text) {
    (void)out;
    Buf line = {0};
    buf_printf(&line, "[%s] ", io_state(context)->name);
    buf_add(&line, text->data, (size_t)text->len);
    buf_add_char(&line, '\n');
    bool is_done = write_all(STDERR_FILENO, line.data, line.len); /* one write, so that lines of several workers do not mix */
    int reason = errno;
    buf_free(&line);
    return !is_done && mr_failf(context, "cannot write to standard error: %s", strerror(reason));
}
