/* runtime.c: making and freeing contexts, and finding the limit of a thread's stack. */
#include "runtime/worker/runtime.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/value/value.h"
#include "runtime/worker/cache.h"

/* What a chunk's changed pieces may take; the rest of them are values of their own. */
enum { SCRATCH_LEAST = 16 << 10, SCRATCH_MOST = 4 << 20 };

/* The lowest address that generated code may use: what the runtime's own functions need below it is left free. */
static const char *stack_limit(void) {
    pthread_attr_t attributes;
    void *low = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return NULL;
    pthread_attr_getstack(&attributes, &low, &size);
    pthread_attr_destroy(&attributes);
    return (const char *)low + (size > 2 * (size_t)STACK_MARGIN ? (size_t)STACK_MARGIN : size / 2);
}

void *context_globals(const MrProgram *program) {
    return xaligned(64, program->globals ? program->globals->size : 0);
}

void context_drop_globals(MrContext *context) {
    if (context->globals && context->program->globals) mr_drop(context, context->globals, context->program->globals);
    free(context->globals);
    context->globals = NULL;
}

void context_init(MrContext *context, const MrProgram *program, MrRuntime *runtime) {
    *context = (MrContext){.failed_element = -1, .program = program, .runtime = runtime};
    context->stack_limit = stack_limit();
    context->globals = context_globals(program);
}

void context_free(MrContext *context) {
    context_drop_globals(context);
    free(context->out);
    if (context->patterns) context->patterns->free(context->patterns);
    context->patterns = NULL;
    mr_error_clear(&context->error);
    context->out = NULL;
}

void runtime_free(MrRuntime *runtime) {
    for (size_t i = 0; i < runtime->file_name_count; i++) free(runtime->file_names[i]);
    free(runtime->file_names);
    free(runtime->costs);
    stream_cache_free(&runtime->cache);
    file_list_free(&runtime->io.kept);
    free(runtime->scratch);
    runtime->scratch = NULL;
    runtime->scratch_size = 0;
    runtime->file_names = NULL;
    runtime->costs = NULL;
    runtime->file_name_count = runtime->cost_count = 0;
}

void scratch_open(MrContext *context, size_t size) {
    MrRuntime *runtime = runtime_of(context);
    if (context->scratch.at) return;
    if (size > SCRATCH_MOST) size = SCRATCH_MOST;
    if (runtime->scratch_size < size) {
        free(runtime->scratch);
        runtime->scratch_size = size < SCRATCH_LEAST ? SCRATCH_LEAST : size + size / 8;
        runtime->scratch = xmalloc(runtime->scratch_size + MR_STRING_SLACK);
    }
    context->scratch = (MrScratch){runtime->scratch, (int64_t)runtime->scratch_size};
}

const char *runtime_file_name(MrRuntime *runtime, const char *name, size_t len) {
    for (size_t i = 0; i < runtime->file_name_count; i++) {
        if (strlen(runtime->file_names[i]) == len && memcmp(runtime->file_names[i], name, len) == 0) return runtime->file_names[i];
    }
    runtime->file_names = xrealloc(runtime->file_names, (runtime->file_name_count + 1) * sizeof *runtime->file_names);
    return runtime->file_names[runtime->file_name_count++] = strndup(name, len);
}

int thread_start(pthread_t *thread, void *(*run)(void *), void *argument) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    pthread_attr_setguardsize(&attributes, STACK_MARGIN);
    int reason = pthread_create(thread, &attributes, run, argument);
    pthread_attr_destroy(&attributes);
    return reason;
}
