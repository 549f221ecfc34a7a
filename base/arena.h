/* arena.h: memory that is allocated piece by piece and freed all at once.
 *
 * A compile has one arena (a REPL cell too): AST, types, spans and messages live in it and are never freed one by one.
 * An arena belongs to one thread. Running out of memory ends the process with a message: nothing here returns NULL. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

typedef struct Arena Arena;

Arena *arena_new(void);
void arena_free(Arena **arena); /* frees all that was allocated from it; nulls the pointer */

void *arena_alloc(Arena *arena, size_t size); /* zeroed, aligned for any type */
void *arena_realloc(Arena *arena, void *old, size_t old_size,
                    size_t size);                                /* the tail is zeroed; the old block stays until the arena goes */
char *arena_strndup(Arena *arena, const char *text, size_t len); /* a copy of `len` bytes, ended by a NUL */
char *arena_printf(Arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
size_t arena_size(const Arena *arena); /* bytes handed out so far */

#define arena_make(arena, T)     ((T *)arena_alloc((arena), sizeof(T)))
#define arena_array(arena, T, n) ((T *)arena_alloc((arena), sizeof(T) * (size_t)(n)))

/* malloc and realloc that end the process with a message when there is no memory; for what outlives an arena. */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
void *xaligned(size_t align, size_t size); /* zeroed; align: a power of two from the size of a pointer on */
_Noreturn void out_of_memory(size_t size); /* the end of the process, in any thread: so many bytes could not be had */

#endif
