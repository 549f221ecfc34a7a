/* cuts_level.h: the search of cuts.c, once for each level of the processor: included several times, with CUTS_NAME the name of the
 * function that is made, CUTS_TARGET the attribute that gives it the level's instructions, CUTS_CLASSIFY and CUTS_APPEND the
 * functions of that level. */

CUTS_TARGET static void CUTS_NAME(Cuts *cuts, const char *end) {
    const char *base = cuts->base;
    size_t at = cuts->at, limit = (size_t)(end - base),
           window = limit < WINDOW ? limit : WINDOW; /* no block begins there or later */
    uint32_t count = cuts->count;
    uint64_t last_return = 0; /* of the byte before the block: does it end in a return? */
    for (; at < window && count <= MR_SPANS - BLOCK; at += BLOCK) {
        CutBits bits = CUTS_CLASSIFY(base + at, limit - at, cuts->separator);
        uint64_t stops = bits.separators | bits.lines, returns = bits.lines & (bits.returns << 1 | last_return);
        CUTS_APPEND(cuts->spans->starts + 1, count, stops, at + 1);
        uint32_t after = CUTS_APPEND(cuts->spans->ends, count, stops, at);
        for (; __builtin_expect(returns != 0, 0); returns &= returns - 1)
            cuts->spans->ends[count + (uint32_t)__builtin_popcountll(stops & ((returns & -returns) - 1))]--;
        if (stops) cuts->is_within = bits.separators & ~bits.lines & (UINT64_C(1) << (63 - __builtin_clzll(stops)));
        last_return = bits.returns >> 63;
        count = after;
    }
    cuts->at = at;
    cuts->count = count;
    CUTS_LEAVE();
}

#undef CUTS_TARGET
#undef CUTS_NAME
#undef CUTS_CLASSIFY
#undef CUTS_APPEND
#undef CUTS_LEAVE
