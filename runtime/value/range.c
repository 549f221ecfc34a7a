/* range.c: ranges are a first element, a count and a step. */
#include <inttypes.h>

#include "runtime/value/rare.h"
#include "runtime/value/value.h"

bool mr_range_make(MrContext *context, MrRange *out, int64_t first, int64_t last, bool is_exclusive) {
    *out = (MrRange){.first = first, .count = 0, .step = 1};
    if (last >= first) {
        uint64_t count = (uint64_t)last - (uint64_t)first + !is_exclusive;
        if (count >= MR_OPEN)
            return mr_failf(context, "the range from %" PRId64 " to %" PRId64 " has more elements than an int can count", first,
                            last);
        out->count = (int64_t)count;
    }
    return false;
}

bool range_is_sound(const MrRange *range) {
    int64_t distance, last;
    if (range->count == MR_OPEN) return range->step > 0;
    if (range->count <= 0) return range->count == 0;
    return !__builtin_mul_overflow(range->count - 1, range->step, &distance) &&
           !__builtin_add_overflow(range->first, distance, &last);
}

int64_t mr_range_room(MrContext *context, int64_t first, int64_t count, int64_t step) {
    (void)context;
    if (count != MR_OPEN) return count;
    uint64_t room = ((uint64_t)INT64_MAX - (uint64_t)first) / (uint64_t)step;
    return room < MR_OPEN ? (int64_t)room + 1 : MR_OPEN;
}

bool mr_range_contains(MrContext *context, const MrRange *range, int64_t value) {
    (void)context;
    if (range->count <= 0 || range->step == 0) return false;
    bool is_down = range->step < 0;
    if (is_down ? value > range->first : value < range->first) return false;
    uint64_t distance = is_down ? (uint64_t)range->first - (uint64_t)value : (uint64_t)value - (uint64_t)range->first;
    uint64_t step = is_down ? -(uint64_t)range->step : (uint64_t)range->step;
    return distance % step == 0 && (range->count == MR_OPEN || distance / step < (uint64_t)range->count);
}

/* Every k-th element; a negative k counts down from the last. */
bool mr_prim_step(MrContext *context, MrRange *out, const MrRange *r, int64_t k) {
    if (k == 0) return mr_failf(context, "a range has no step of 0");
    if (k == INT64_MIN) return mr_failf(context, "a step of %" PRId64 " is too large", k);
    bool is_open = r->count == MR_OPEN;
    if (k < 0 && is_open) return mr_failf(context, "an open range has no end to count down from");
    MrRange stepped = *r;
    int64_t count = r->count < 0 ? 0 : r->count, size = k < 0 ? -k : k;
    if (!is_open) stepped.count = count / size + (count % size != 0);
    if (k < 0 && count > 0) stepped.first = (int64_t)((uint64_t)r->first + ((uint64_t)count - 1) * (uint64_t)r->step);
    if (__builtin_mul_overflow(r->step, k, &stepped.step)) {
        /* The second element would be out of reach, so there is none. */
        if (stepped.count > 1)
            return mr_failf(context, "a step of %" PRId64 " times %" PRId64 " does not fit in 64 bits", r->step, k);
        stepped.step = 1;
    }
    *out = stepped;
    return false;
}

bool range_len(MrContext *context, int64_t *out, const MrRange *range) {
    if (range->count == MR_OPEN) return mr_failf(context, "an open range has no length");
    *out = range->count < 0 ? 0 : range->count;
    return false;
}
