/* blocks_level.h: the search of blocks.c, once for each level of the processor: included several times, with BLOCKS_NAME the name
 * of the function that is made, BLOCKS_TARGET the attribute that gives it the level's instructions, BLOCKS_CLASSIFY and
 * BLOCKS_APPEND the functions of that level. */

BLOCKS_TARGET static bool BLOCKS_NAME(Blocks *blocks, const char *end) {
    const char *base = blocks->base;
    size_t at = (size_t)(blocks->next - base), limit = (size_t)(end - base);
    size_t window = limit < WINDOW ? limit : WINDOW; /* no block begins there or later */
    uint32_t starts = blocks->count, ends = starts;
    uint64_t open = 0, is_after_letter = 0; /* of the byte before the block: is it of a word, is it a letter or digit? */
    uint64_t beyond = 0;
    for (; at < window && starts <= MR_SPANS - BLOCK / 2; at += BLOCK) {
        size_t left = limit - at;
        BlockBits bits = BLOCKS_CLASSIFY(blocks, base + at, left);
        uint64_t letters = bits.letters, apostrophes = bits.apostrophes, next = left > BLOCK && is_ascii_word(base[at + BLOCK]);
        beyond = bits.beyond;
        if (__builtin_expect(beyond != 0, 0)) {
            uint64_t before = (beyond & -beyond) - 1;
            letters &= before;
            apostrophes &= before;
        }
        uint64_t words = letters | (apostrophes & (letters << 1 | is_after_letter) & (letters >> 1 | next << 63));
        uint64_t shifted = words << 1 | open;
        starts = BLOCKS_APPEND(blocks->spans->starts, starts, words & ~shifted, at);
        ends = BLOCKS_APPEND(blocks->spans->ends, ends, ~words & shifted, at);
        open = words >> 63;
        is_after_letter = letters >> 63;
        if (__builtin_expect(beyond != 0, 0)) {
            limit = at + (size_t)__builtin_ctzll(beyond);
            break;
        }
    }
    if (open) blocks->spans->ends[ends] = (uint16_t)(at < limit ? at : limit);
    if (!beyond && at < limit) limit = at;
    BLOCKS_LEAVE();
    return blocks_end(blocks, starts, end, limit, beyond != 0);
}

#undef BLOCKS_TARGET
#undef BLOCKS_NAME
#undef BLOCKS_CLASSIFY
#undef BLOCKS_APPEND
#undef BLOCKS_LEAVE
