/* record_fuzz.c: what a parent or a launcher may be sent by whatever is at the other end of its descriptors: a stream of frames, in
 * pieces. What is accepted as a record must be what encoding makes of it. */
#include <stdlib.h>
#include <string.h>

#include "runtime/launch/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
    if (!is_true) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    size_t piece = data[0] + (size_t)1, at = 1, done = 1;
    RecordQueue queue = {0};
    while (at < size) {
        size_t count = size - at < piece ? size - at : piece;
        buf_add(&queue.bytes, data + at, count);
        at += count;
        RecordState state;
        for (Record record; (state = record_next(&queue, &record)) == RECORD_GOT;) {
            Buf again = {0};
            record_add(&again, &record);
            check(again.len <= size - done && memcmp(again.data, data + done, again.len) == 0);
            done += again.len;
            buf_free(&again);
        }
        if (state == RECORD_BAD) break;
    }
    record_free(&queue);
    return 0;
}
