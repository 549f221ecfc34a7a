/* streams.h: standard output and standard error of this process, of its threads and of the processes that it starts, as what a
 * notebook shows: they become pipes, which the kernel reads. One thread. */
#ifndef TOOLS_KERNEL_STREAMS_H
#define TOOLS_KERNEL_STREAMS_H

#include <stdbool.h>

#include "base/buf.h"

typedef enum Stream { STREAM_OUT, STREAM_ERROR, STREAM_COUNT } Stream;

typedef struct Streams {
    int readers[STREAM_COUNT];
    int before[STREAM_COUNT]; /* what they were */
    Buf torn[STREAM_COUNT];   /* the beginning of a character, whose end has not come yet */
} Streams;

/* False: impossible; errno says why. */
bool streams_open(Streams *streams);
void streams_close(Streams *streams); /* what they were before */

/* Adds what can be read now, in whole characters as far as it is UTF-8, up to about 64 KiB. False: there was nothing. */
bool streams_read(Streams *streams, Stream stream, Buf *out);

#endif
