/* future_prim.c: futures as the library and generated code see them: primitives over future.c. */
#include "runtime/worker/future.h"

bool mr_prim_await(MrContext *context, void *out, MrFuture *const *f, const MrType *type) {
    return future_await(context, out, *f, type);
}

bool mr_prim_future_done(MrContext *context, bool *out, MrFuture *const *f, const MrType *type) {
    (void)type;
    *out = future_done(context, *f);
    return false;
}

bool mr_prim_future_progress(MrContext *context, double *out, MrFuture *const *f, const MrType *type) {
    (void)type;
    *out = future_progress(context, *f);
    return false;
}

bool mr_prim_cancel(MrContext *context, void *out, MrFuture *const *f, const MrType *type) {
    (void)out;
    (void)type;
    future_cancel(context, *f);
    return false;
}

/* A time that is not a number is none at all. */
bool mr_prim_wait_futures(MrContext *context, bool *out, MrList *const *futures, double seconds, const MrType *type) {
    (void)type;
    return future_wait(context, out, *futures, seconds > 0.0 ? seconds : 0.0);
}

bool mr_prim_next_completed(MrContext *context, int64_t *out, MrList *const *futures, int64_t rank, const MrType *type) {
    (void)type;
    return future_next(context, out, *futures, rank);
}
