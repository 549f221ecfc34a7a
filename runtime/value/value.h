/* value.h: what the runtime itself uses to make and take apart mr values, beside the functions of abi.h.
 *
 * Every function belongs to the thread that owns the values it is given. Memory that runs out ends the process with a message
 * (base/arena.h's xmalloc): nothing here returns NULL for want of memory. */
#ifndef RUNTIME_VALUE_VALUE_H
#define RUNTIME_VALUE_VALUE_H

#include "base/buf.h"
#include "runtime/include/abi.h"

/* ---- memory (memory.c): blocks that start with an MrCell, counted in builds with MR_DEBUG */

void *mr_alloc(size_t size);       /* zeroed; the cell's count is 1 */
void *mr_alloc_unset(size_t size); /* the count is 1, the rest undefined */
void mr_free(void *cell);
int64_t mr_live_values(void); /* blocks allocated and not yet freed by any thread; always 0 without MR_DEBUG */

/* ---- descriptors of the types that primitives return (types.c) */

/* Do all elements of the range lie among the ints? Of one that the program made they do; one that was read may be anything. */
bool range_is_sound(const MrRange *range);

extern const MrType type_unit, type_int, type_float, type_bool, type_string, type_range, type_string_list, type_int_list;

static inline size_t align_up(size_t offset, size_t align) {
    return align > 1 ? (offset + align - 1) / align * align : offset;
}

/* ---- strings (string.c) */

MrString string_new(const char *bytes, int64_t len); /* an owned copy; the empty string owns nothing */
MrString string_of(const char *text);                /* an owned copy of a text that ends in a NUL */
MrString string_alloc(int64_t len, char **bytes);    /* an owned string whose `len` bytes the caller fills in; len > 0 */
MrString string_slice(const MrString *whole, int64_t first, int64_t len); /* within bounds; shares and retains the owner, if any */
MrString string_from_buf(const Buf *buf);
const char *bytes_find(const char *begin, const char *end, const MrString *part); /* the first occurrence, or NULL */

/* Small strings cut from common blocks, which live as long as any string in them: of at most 16 KiB, so that a string which is kept
 * alone keeps little else. All zero at first; pool_close gives up the pool's own hold. (string.c) */
typedef struct StringPool {
    MrCell *block;
    char *at;
    int64_t left, size; /* bytes of the block */
} StringPool;

MrString pool_string(StringPool *pool, const char *bytes,
                     int64_t len); /* an owned copy; the bytes are a string's, with its slack */
void pool_close(StringPool *pool);

/* ---- lists, by the type of their elements (list.c) */

MrList *list_new(int64_t cap, const MrType *element); /* empty, with room for `cap` elements (zeroed) */
struct MrPayload;
MrList *list_over(struct MrPayload *payload, int64_t len);               /* whose elements lie there; the reference is the list's */
MrList *list_within(struct MrPayload *payload, char *data, int64_t len); /* the same from some element on; takes a reference */
struct MrPayload *list_payload(const MrList *list); /* where all of its elements lie, from the beginning on; NULL: in no payload */
/* Room for `more` elements behind those of a list, which is unique then: where the first of them belongs. */
char *list_room(MrList **list, int64_t more, const MrType *element);
void list_free(MrList *list);                                       /* gives back the memory of a list whose elements are gone */
void list_unique(MrList **list, const MrType *element);             /* the place holds the only reference (a NULL stays NULL) */
void list_push_take(MrList **list, void *x, const MrType *element); /* moves *x to the end of a list that is unique or NULL */
static inline int64_t list_len(const MrList *list) {
    return list ? list->len : 0;
}

/* ---- values of any type */

bool value_is_interrupted(const MrContext *context);              /* MR_INTERRUPTED (error.c) */
void value_show(Buf *out, const void *value, const MrType *type); /* as a literal: strings in quotes (show.c) */
/* The same of about so many bytes: what is longer ends in … */
void value_show_short(Buf *out, const void *value, const MrType *type, size_t size);
void value_display(Buf *out, const void *value, const MrType *type); /* as print shows it: a string as it is */
uint64_t value_hash(const void *value, const MrType *type);          /* equal (in the total order) values hash alike (hash.c) */

/* Equal, where floats that differ by no more than the tolerance are equal too; the largest size of a float in the value.
 * (compare.c)
 */
bool value_is_near(const void *a, const void *b, const MrType *type, double tolerance);
double value_scale(const void *value, const MrType *type);

/* Makes the value, which the place owns, smaller: in the `which`-th way from 0 of all that are known for it. False: there are no so
 * many; the value is as it was. (smaller.c) */
bool value_smaller(MrContext *context, void *place, const MrType *type, int64_t which);

/* The permutation that puts `count` values, `stride` bytes apart, in ascending order, equal ones in the order they have: order[i]
 * is the number of the value that comes at place i. (sort.c) */
void sort_order(int64_t *order, const char *values, size_t stride, int64_t count, const MrType *type);

/* A job over so many elements has chunks of 2^shift of them: the least shift that gives at most 65,536 chunks. (extent.c) */
unsigned chunk_shift(uint64_t elements);

/* ---- floats as text (float.c), whatever the locale */

void float_show(Buf *out, double x); /* the shortest form that reads back the same, with a point or an exponent; inf, nan */
void float_split(double x, char type, int precision, Buf *integer, Buf *tail); /* see float.c */
bool float_parse(const char *text, size_t len, double *out); /* false unless all of the text is one number (or inf, nan) */

/* ---- errors (error.c) */

/* Sets the context's error, unless one is set; true. */
bool mr_failf(MrContext *context, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool mr_fail_index(MrContext *context, int64_t index, int64_t len);
bool mr_fail_key(MrContext *context, const void *key, const MrType *type);
void mr_error_clear(MrError *error); /* frees what the error holds; it is unset afterwards */

#endif
