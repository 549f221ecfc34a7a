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

void core_hash(CoreProgram *program) {
    Buf text = {0};
    for (size_t i = 0; i < program->jobs.len; i++) {
        CoreJob *job = program->jobs.items[i];
        CoreReach reach = {0};
        core_reach_job(program, job, &reach);
        text.len = 0;
        buf_printf(&text, "abi %d\n", MR_ABI_VERSION);
        core_print_content(program, job, &reach, &text);
        hash_content(&text, job->hash);
    }
    text.len = 0;
    buf_printf(&text, "abi %d\n", MR_ABI_VERSION);
    core_print(program, &text);
    hash_content(&text, program->hash);
    buf_free(&text);
}
