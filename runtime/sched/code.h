/* code.h: object code that travels: what a cell of an experiment was compiled to, named by its content.
 *
 * A process that lacks a job's code pulls it from the job's owner, by its hash, and keeps it for later jobs. Functions of other
 * cells may be among a job's values: the codes that these lie in are what the code needs. A Code never changes, is counted, and
 * belongs to whoever keeps it; Codes, those that a process has for others, may be used by any of its threads. */
#ifndef RUNTIME_SCHED_CODE_H
#define RUNTIME_SCHED_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CODE_HASH_SIZE = 16, CODE_NEEDS = 4096 /* at most */ };

typedef struct Code Code;

/* Of an object file, and of the codes that it needs, with those that they need (at most CODE_NEEDS). To be released. */
Code *code_new(const void *object, size_t size, Code *const *needs, uint32_t need_count);

/* Of the bytes of one, as they travel. NULL: they are not what the hash names. */
Code *code_read(const void *bytes, size_t size, const uint8_t hash[CODE_HASH_SIZE]);

Code *code_keep(Code *code); /* another owner; returns the code */
void code_release(Code **code);

const uint8_t *code_hash(const Code *code);
uint32_t code_need_count(const Code *code);
const uint8_t *code_need(const Code *code, uint32_t index); /* the hash of one that it needs */
const void *code_object(const Code *code, size_t *size);
const void *code_bytes(const Code *code, size_t *size); /* as they travel */

static inline bool code_is_named(const uint8_t hash[CODE_HASH_SIZE]) { /* all zero: no code */
    uint8_t any = 0;
    for (int i = 0; i < CODE_HASH_SIZE; i++) any |= hash[i];
    return any != 0;
}

typedef struct Codes Codes;

Codes *codes_new(void);
void codes_free(Codes **codes);
void codes_add(Codes *codes, Code *code); /* as often as it is removed again */
void codes_remove(Codes *codes, const uint8_t hash[CODE_HASH_SIZE]);
Code *codes_find(Codes *codes, const uint8_t hash[CODE_HASH_SIZE]); /* to be released; NULL: it is not there */

#endif
