/* trace.c: the table of phases. */
#include "compiler/session/trace.h"

#include <stdarg.h>
#include <time.h>

static double trace_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

TraceStart trace_start(const Arena *arena) {
    return (TraceStart){.at = trace_clock(), .memory = arena_size(arena)};
}

void trace_end(Trace *trace, Arena *arena, TraceStart start, const char *phase, const char *what, const char *size, ...) {
    TraceRow row = {.phase = phase, .what = what, .seconds = trace_clock() - start.at};
    row.memory = arena_size(arena) - start.memory;
    Buf text = {0};
    va_list args;
    va_start(args, size);
    buf_vprintf(&text, size, args);
    va_end(args);
    row.size = arena_strndup(arena, text.data, text.len);
    buf_free(&text);
    vec_push(arena, &trace->rows, row);
}

static void memory_print(Buf *out, size_t bytes) {
    if (bytes == 0)
        buf_printf(out, "%11s", "");
    else
        buf_printf(out, "%7zu KiB", (bytes + 1023) / 1024);
}

void trace_render(const Trace *trace, Buf *out) {
    double total = 0;
    buf_printf(out, "%-8s %-28s %11s %11s   %s\n", "phase", "", "time", "memory", "size");
    for (size_t i = 0; i < trace->rows.len; i++) {
        const TraceRow *row = &trace->rows.items[i];
        buf_printf(out, "%-8s %-28s %8.2f ms ", row->phase, row->what, row->seconds * 1e3);
        memory_print(out, row->memory);
        buf_printf(out, "   %s\n", row->size);
        total += row->seconds;
    }
    buf_printf(out, "%-8s %-28s %8.2f ms\n", "total", "", total * 1e3);
}
