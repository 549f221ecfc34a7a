/* hash.c: names of jobs and programs: 128 bits of what their code says. Positions, names of functions and the order of declarations
 * do not count, so that a job keeps its name when the program changes elsewhere. */
#include "compiler/core/core_internal.h"

#include "runtime/include/mr.h"

#include <string.h>

static uint64_t hash_mix(uint64_t h) {
    h ^= h >> 30;
    h *= UINT64_C(0xbf58476d1ce4e5b9);
    h ^= h >> 27;
    h *= UINT64_C(0x94d049bb133111eb);
    return h ^ (h >> 31);
}

/* Two independent halves, each a multiply-and-mix over the bytes, finished with the length. */
static void hash_content(const Buf *text, uint8_t hash[16]) {
    uint64_t a = UINT64_C(0xcbf29ce484222325), b = UINT64_C(0x9ae16a3b2f90404f);
    for (size_t i = 0; i < text->len; i++) {
        unsigned char byte = (unsigned char)text->data[i];
        a = (a ^ byte) * UINT64_C(0x100000001b3);
        b = (b + byte + 1) * UINT64_C(0xd6e8feb86659fd93);
        b ^= b >> 32;
    }
    const uint64_t halves[2] = {hash_mix(a ^ text->len), hash_mix(b + text->len)};
    for (size_t i = 0; i < 16; i++) hash[i] = (uint8_t)(halves[i / 8] >> (56 - 8 * (i % 8)));
}

/* ---- functions: the text of each is hashed once, however many jobs reach it */

typedef struct FnContent {
    uint8_t hash[16]; /* of its text, in which other functions go by the order of their mention */
    CoreMentions mentions;
} FnContent;

typedef struct Hashing {
    Arena *arena;
    Map contents; /* CoreFn -> FnContent */
    Buf text;     /* of a function */
} Hashing;

static const FnContent *fn_content(Hashing *hashing, const CoreFn *fn) {
    FnContent **slot = (FnContent **)map_slot_pointer(&hashing->contents, fn);
    if (*slot) return *slot;
    FnContent *content = *slot = arena_make(hashing->arena, FnContent);
    content->mentions.arena = hashing->arena;
    hashing->text.len = 0;
    core_print_content(NULL, fn, &content->mentions, &hashing->text);
    hash_content(&hashing->text, content->hash);
    return content;
}

/* Which of the functions that the job reaches are mentioned. */
static void add_mentions(const CoreMentions *mentions, const Map *numbers, Buf *out) {
    for (size_t i = 0; i < mentions->fns.len; i++)
        buf_printf(out, " %zu", (size_t)(uintptr_t)map_get_pointer(numbers, mentions->fns.items[i]));
    buf_add_char(out, '\n');
}

/* ---- jobs: their own code, and for each function they reach its hash and which others it mentions */

static void add_job(Hashing *hashing, const CoreProgram *program, CoreJob *job, Buf *out) {
    Arena *scratch = arena_new();
    CoreReach reach = {0};
    CoreMentions mentions = {.arena = scratch};
    Map numbers;
    map_init(&numbers, scratch);
    core_reach_job(program, job, scratch, &reach);
    for (size_t i = 0; i < reach.fns.len; i++) *map_slot_pointer(&numbers, reach.fns.items[i]) = (void *)(uintptr_t)(i + 1);
    core_print_content(job, NULL, &mentions, out);
    add_mentions(&mentions, &numbers, out);
    for (size_t i = 0; i < reach.fns.len; i++) {
        const FnContent *content = fn_content(hashing, reach.fns.items[i]);
        buf_add(out, (const char *)content->hash, sizeof content->hash);
        add_mentions(&content->mentions, &numbers, out);
    }
    for (size_t i = 0; i < reach.globals.len; i++)
        buf_printf(out, "@%s: %s\n", reach.globals.items[i]->name, reach.globals.items[i]->type->name);
    arena_free(&scratch);
}

void core_hash(CoreProgram *program) {
    Buf text = {0};
    Hashing hashing = {.arena = arena_new()};
    map_init(&hashing.contents, hashing.arena);
    for (size_t i = 0; i < program->jobs.len; i++) {
        text.len = 0;
        buf_printf(&text, "abi %d\n", MR_ABI_VERSION);
        add_job(&hashing, program, program->jobs.items[i], &text);
        hash_content(&text, program->jobs.items[i]->hash);
    }
    text.len = 0;
    buf_printf(&text, "abi %d\n", MR_ABI_VERSION);
    core_print(program, &text);
    hash_content(&text, program->hash);
    buf_free(&hashing.text);
    buf_free(&text);
    arena_free(&hashing.arena);
}
