/* cache.c: cache(s): a layer of a stream that keeps what comes by.
 *
 * The layer walks block by block. Of one that is not there, all elements are made and recorded first, with their positions and with
 * what was printed on the way; then, as of one that is there, they are handed on one by one, each after what was printed before it.
 * So nobody can tell which of the two it was, but for `log` and the time. A block that fails hands on what came before the failure,
 * and is not kept. */
#include "runtime/worker/cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/arena.h"
#include "runtime/value/codec.h"
#include "runtime/value/stream.h"
#include "runtime/worker/runtime.h"

/* Elements in a block: so many may be made at most before the first of them is handed on. */
enum { CACHE_MEGABYTES = 256, TEXT_BLOCK = -1, BLOCK_MOST = 64, DEPTH = 16 /* of a type, that is looked into */ };

/* ---- what is kept */

typedef struct Recorded {
    int64_t position;      /* in the block */
    size_t bytes, printed; /* where its bytes, and what was printed before it, end */
} Recorded;

typedef struct Block {
    struct Block *older, *newer;
    int64_t id, first, len; /* its name; len TEXT_BLOCK: a chunk of text */
    unsigned users;         /* walks that hand it on just now: it lives as long as they do, */
    bool is_kept;           /* and as long as the cache has it */
    Buf bytes, printed;
    Recorded *values;
    size_t count, cap;
} Block;

struct StreamCache {
    Block *oldest, *newest;
    size_t size, limit; /* bytes */
    Block **slots;      /* by their names, in the next free place */
    size_t slot_count, used;
};

static size_t block_size(const Block *block) {
    return sizeof *block + block->bytes.cap + block->printed.cap + block->cap * sizeof *block->values;
}

static void block_free(Block *block) {
    buf_free(&block->bytes);
    buf_free(&block->printed);
    free(block->values);
    free(block);
}

/* Frees it when neither the cache nor a walk has it any more. */
static void block_release(Block *block) {
    if (!block->is_kept && block->users == 0) block_free(block);
}

static size_t block_slot(const StreamCache *cache, int64_t id, int64_t first, int64_t len) {
    uint64_t h = (uint64_t)id * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)first * UINT64_C(0xd6e8feb86659fd93) ^ (uint64_t)len;
    size_t slot = (size_t)((h ^ h >> 32) * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (cache->slot_count - 1);
    for (;; slot = (slot + 1) & (cache->slot_count - 1)) {
        const Block *block = cache->slots[slot];
        if (!block || (block->id == id && block->first == first && block->len == len)) return slot;
    }
}

static void rehash(StreamCache *cache) {
    free(cache->slots);
    while (cache->slot_count < 4 * cache->used + 64) cache->slot_count = cache->slot_count ? 2 * cache->slot_count : 64;
    cache->slots = xcalloc(cache->slot_count, sizeof *cache->slots);
    for (Block *block = cache->oldest; block; block = block->newer)
        cache->slots[block_slot(cache, block->id, block->first, block->len)] = block;
}

/* Gives up the oldest blocks until there is room for so many bytes. */
static void make_room(StreamCache *cache, size_t size) {
    bool has_changed = false;
    while (cache->oldest && cache->size + size > cache->limit) {
        Block *block = cache->oldest;
        cache->oldest = block->newer;
        if (block->newer)
            block->newer->older = NULL;
        else
            cache->newest = NULL;
        cache->size -= block_size(block);
        cache->used--;
        block->is_kept = false;
        block_release(block);
        has_changed = true;
    }
    if (has_changed) rehash(cache);
}

/* Keeps a block that is not there yet, unless it is too large. */
static void block_keep(StreamCache *cache, Block *block) {
    size_t size = block_size(block);
    if (size > cache->limit / 4) return;
    if (cache->size + size > cache->limit) make_room(cache, cache->limit / 8 + size);
    if (4 * (cache->used + 1) > 3 * cache->slot_count) rehash(cache);
    block->older = cache->newest;
    if (cache->newest)
        cache->newest->newer = block;
    else
        cache->oldest = block;
    cache->newest = block;
    cache->size += size;
    cache->used++;
    cache->slots[block_slot(cache, block->id, block->first, block->len)] = block;
    block->is_kept = true;
}

static StreamCache *cache_of(MrContext *context) {
    MrRuntime *runtime = runtime_of(context);
    if (runtime->cache) return runtime->cache;
    const char *setting = getenv("MR_CACHE_MB");
    long long megabytes = setting && *setting ? strtoll(setting, NULL, 10) : CACHE_MEGABYTES;
    StreamCache *cache = runtime->cache = xcalloc(1, sizeof *cache);
    cache->limit = (size_t)(megabytes < 0 ? 0 : megabytes > 1 << 20 ? 1 << 20 : megabytes) << 20;
    rehash(cache);
    return cache;
}

void stream_cache_free(StreamCache **cache) {
    if (!*cache) return;
    for (Block *block = (*cache)->oldest; block;) {
        Block *next = block->newer;
        block_free(block);
        block = next;
    }
    free((*cache)->slots);
    free(*cache);
    *cache = NULL;
}

/* ---- recording */

typedef struct Recording {
    Block *block;
    const MrType *element;
    const int64_t *position;
    size_t printed; /* what the context had printed when the recording began */
} Recording;

static bool record_value(MrContext *context, void *env, const void *value) {
    Recording *recording = env;
    Block *block = recording->block;
    codec_encode_as_is(&block->bytes, value, recording->element, context->program);
    if (block->count == block->cap) {
        block->cap = block->cap ? 2 * block->cap : 4;
        block->values = xrealloc(block->values, block->cap * sizeof *block->values);
    }
    block->values[block->count++] = (Recorded){*recording->position, block->bytes.len, context->out_len - recording->printed};
    return false;
}

/* Makes the block's values. An error on the way goes to *error. */
static Block *block_record(MrContext *context, const MrWalk *walk, const MrClosure *source, int64_t id, int64_t first, int64_t len,
                           MrError *error) {
    Block *block = xcalloc(1, sizeof *block);
    *block = (Block){.id = id, .first = first, .len = len};
    int64_t position = 0;
    Recording recording = {block, stream_element(source), &position, context->out_len};
    MrWalk inner = *walk;
    inner.first = first;
    inner.count = len;
    inner.position = &position;
    inner.sink = record_value;
    inner.env = &recording;
    bool was_direct = context->out_is_direct;
    context->out_is_direct = false;
    runtime_of(context)->depth++; /* a job in the stream is no reason to write out what was printed */
    bool failed = ((MrWalkCode *)source->function->code)(context, &inner, source);
    runtime_of(context)->depth--;
    context->out_is_direct = was_direct;
    size_t printed = context->out_len - recording.printed;
    if (printed) buf_add(&block->printed, context->out + recording.printed, printed);
    context->out_len = recording.printed;
    if (failed) {
        *walk->position = first - (walk->text.data ? first : walk->first) + position;
        *error = context->error;
        context->error = (MrError){0};
    }
    return block;
}

/* ---- handing on */

static void print_recorded(MrContext *context, const Block *block, size_t from, size_t to) {
    if (to > from) io_out_add(context, block->printed.data + from, to - from);
}

/* What the values are handed to may walk cached streams in turn, which may need this block's room. */
static bool block_replay(MrContext *context, const MrWalk *walk, const MrType *element, Block *block) {
    int64_t offset = block->len == TEXT_BLOCK ? 0 : block->first - walk->first;
    const char *at = block->bytes.data;
    size_t printed = 0;
    bool has_ended = false;
    block->users++;
    void *value = block->count ? xaligned(64, element->size ? element->size : 1) : NULL;
    for (size_t i = 0; i < block->count && !has_ended; i++) {
        const Recorded *recorded = &block->values[i];
        print_recorded(context, block, printed, recorded->printed);
        printed = recorded->printed;
        *walk->position = offset + recorded->position;
        memset(value, 0, element->size);
        codec_decode(&at, block->bytes.data + recorded->bytes, value, element, context->program);
        has_ended = walk->sink(context, walk->env, value);
        mr_drop(context, value, element);
    }
    if (!has_ended) print_recorded(context, block, printed, block->printed.len);
    free(value);
    block->users--;
    block_release(block);
    return has_ended;
}

static bool holds_code(const MrType *type, unsigned depth) {
    if (type->kind == MR_FUNCTION || depth == 0) return true;
    for (uint32_t i = 0; i < type->field_count && !type->is_flat; i++)
        if (holds_code(type->fields[i], depth - 1)) return true;
    return false;
}

/* What the stream's blocks are known by: its mark. Code is recorded as its place in the program, which programs of other cells
 * cannot read. */
static int64_t block_id(const MrContext *context, const MrClosure *cached, const MrType *element) {
    int64_t id = stream_part_len(cached), program;
    memcpy(&program, context->program->hash, sizeof program);
    return holds_code(element, DEPTH) ? id ^ program : id;
}

static bool walk_block(MrContext *context, const MrWalk *walk, const MrClosure *cached, int64_t first, int64_t len) {
    StreamCache *cache = cache_of(context);
    const MrClosure *source = stream_source(cached);
    const MrType *element = stream_element(source);
    int64_t id = block_id(context, cached, element);
    Block *block = cache->slots[block_slot(cache, id, first, len)];
    if (block) return block_replay(context, walk, element, block);
    MrError error = {0};
    block = block_record(context, walk, source, id, first, len, &error);
    int64_t failed_at = *walk->position;
    bool failed = error.is_set;
    if (!failed) block_keep(cache, block);
    bool has_ended = block_replay(context, walk, element, block);
    if (failed && !has_ended) {
        *walk->position = failed_at;
        context->error = error;
    } else if (failed) {
        mr_error_clear(&error);
    }
    return failed || has_ended;
}

static bool walk_cached(MrContext *context, const MrWalk *walk, const MrClosure *cached) {
    if ((const char *)__builtin_frame_address(0) < context->stack_limit) return mr_fail_depth(context);
    if (walk->text.data) return walk_block(context, walk, cached, walk->first, TEXT_BLOCK);
    int64_t block = walk->block < 1 ? 1 : walk->block < BLOCK_MOST ? walk->block : BLOCK_MOST;
    for (int64_t done = 0; done < walk->count; done += block) {
        int64_t left = walk->count - done;
        if (walk_block(context, walk, cached, walk->first + done, left < block ? left : block)) return true;
    }
    return false;
}

const MrFunction stream_cached = {.code = (void *)walk_cached,
                                  .env = &stream_part_env,
                                  .name = "cache",
                                  .walk = MR_WALK_STREAM,
                                  .source_count = 1,
                                  .is_straight = true,
                                  .is_total = true};

bool mr_prim_cache_of(MrContext *context, MrClosure **out, MrClosure *const *s, int64_t mark, const MrType *element) {
    (void)element;
    *out = stream_part_make(context, &stream_cached, *s, mark);
    return false;
}

bool mr_prim_new_mark(MrContext *context, int64_t *out) {
    if (getrandom(out, sizeof *out, 0) != (ssize_t)sizeof *out) return mr_failf(context, "the machine gives no random numbers");
    return false;
}
