/* streams.c: see streams.h. Whoever writes more than a pipe holds waits until it is read. */
#include "tools/kernel/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "tools/kernel/message.h"

enum { AT_ONCE = 64 * 1024 };

static bool open_stream(Streams *streams, Stream stream) {
    int descriptor = stream == STREAM_OUT ? STDOUT_FILENO : STDERR_FILENO, ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    int before = fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    bool ok = dup2(ends[1], descriptor) >= 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
    int reason = errno;
    close(ends[1]);
    if (ok) {
        streams->readers[stream] = ends[0];
        streams->before[stream] = before;
        return true;
    }
    close(ends[0]);
    if (before >= 0) close(before);
    errno = reason;
    return false;
}

bool streams_open(Streams *streams) {
    *streams = (Streams){.readers = {-1, -1}, .before = {-1, -1}};
    for (Stream stream = 0; stream < STREAM_COUNT; stream++) {
        if (open_stream(streams, stream)) continue;
        streams_close(streams);
        return false;
    }
    return true;
}

void streams_close(Streams *streams) {
    for (Stream stream = 0; stream < STREAM_COUNT; stream++) {
        int descriptor = stream == STREAM_OUT ? STDOUT_FILENO : STDERR_FILENO;
        if (streams->readers[stream] < 0) continue;
        if (streams->before[stream] >= 0) {
            dup2(streams->before[stream], descriptor);
            close(streams->before[stream]);
        }
        close(streams->readers[stream]);
        buf_free(&streams->torn[stream]);
        streams->readers[stream] = -1;
    }
}

bool streams_read(Streams *streams, Stream stream, Buf *out) {
    Buf *torn = &streams->torn[stream];
    size_t before = out->len;
    buf_add(out, torn->data, torn->len);
    torn->len = 0;
    buf_reserve(out, AT_ONCE);
    ssize_t count = read(streams->readers[stream], out->data + out->len, AT_ONCE);
    if (count > 0) out->len += (size_t)count;
    size_t left = utf8_torn(out->data + before, out->len - before);
    out->len -= left;
    buf_add(torn, out->data + out->len, left);
    return out->len > before;
}
