/* vec.h: growing arrays of any type, in an arena.
 *
 *     VEC(Ast *) args = {0};
 *     vec_push(arena, &args, node);
 *     for (size_t i = 0; i < args.len; i++) use(args.items[i]);
 *
 * A vec is plain data: copying it copies the view, not the items. All-zero is the empty vec. */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include "base/arena.h"

#define VEC(T)                                                                                                                     \
    struct {                                                                                                                       \
        T *items;                                                                                                                  \
        size_t len, cap;                                                                                                           \
    }

#define vec_push(arena, vec, item)                                                                                                 \
    do {                                                                                                                           \
        if ((vec)->len == (vec)->cap) {                                                                                            \
            size_t vec_old_cap_ = (vec)->cap;                                                                                      \
            (vec)->cap = vec_old_cap_ ? vec_old_cap_ * 2 : 4;                                                                      \
            (vec)->items =                                                                                                         \
                arena_realloc((arena), (vec)->items, vec_old_cap_ * sizeof *(vec)->items, (vec)->cap * sizeof *(vec)->items);      \
        }                                                                                                                          \
        (vec)->items[(vec)->len++] = (item);                                                                                       \
    } while (0)

#define vec_pop(vec)  ((vec)->items[--(vec)->len])
#define vec_last(vec) ((vec)->items[(vec)->len - 1])

#endif
