/* memory.c: where cells come from. A build with MR_DEBUG counts those that are alive, over all threads, so that tests can ask for
 * zero at the end; that counter is the one variable of the value library. */
#include "runtime/value/value.h"

#include <stdlib.h>

#include "base/arena.h"

#ifdef MR_DEBUG
#include <stdatomic.h>

static atomic_int_fast64_t live_values;

#define COUNT_LIVE(change) atomic_fetch_add_explicit(&live_values, (change), memory_order_relaxed)

int64_t mr_live_values(void) {
    return atomic_load_explicit(&live_values, memory_order_relaxed);
}
#else
#define COUNT_LIVE(change) ((void)0)

int64_t mr_live_values(void) {
    return 0;
}
#endif

MrCell mr_immortal = {-1};

void *mr_alloc(size_t size) {
    MrCell *cell = xcalloc(1, size);
    cell->count = 1;
    COUNT_LIVE(1);
    return cell;
}

void *mr_alloc_unset(size_t size) {
    MrCell *cell = xmalloc(size);
    cell->count = 1;
    COUNT_LIVE(1);
    return cell;
}

void mr_free(void *cell) {
    COUNT_LIVE(-1);
    free(cell);
}

void *mr_closure_make(MrContext *context, const MrFunction *function) {
    (void)context;
    MrClosure *closure = mr_alloc(sizeof *closure + function->env->size);
    closure->function = function;
    return closure;
}
