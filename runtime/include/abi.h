/* abi.h: the C prototypes of everything in abi.def, in its order; a unit test compares the two.
 *
 * mr.h says the conventions: the context first, true for failure, parameters borrowed, results owned. In short:
 *   - `value` is a pointer to where a value of any type lies; a list, map or set is a pointer itself, so that a function of this
 *     file takes MrList * (NULL: empty) where its type is known, and a primitive of the library MrList *const *, as of any value;
 *   - "moved from" means that the runtime takes over what was there, which must be owned (mr_own); the place is then dead;
 *   - an address of an element or entry that is handed out is valid until the container is changed, put in order or dropped.
 * Every function may be called from any thread, as long as the context and the values belong to that thread. */
#ifndef MR_ABI_H
#define MR_ABI_H

#include "runtime/include/mr.h"

/* ---- memory and ownership (value/own.c, value/hot.c) */

void mr_drop(MrContext *context, void *value, const MrType *type);
void mr_own(MrContext *context, void *value, const MrType *type);
void mr_retain(MrContext *context, void *value, const MrType *type);
void mr_string_own(MrContext *context, MrString *string);
void mr_string_retain(MrContext *context, MrString *string);
void mr_string_drop(MrContext *context, MrString *string);

/* ---- strings (value/string.c) */

bool mr_string_concat(MrContext *context, MrString *out, const MrString *parts, int64_t count);
bool mr_string_append(MrContext *context, MrString *place, const MrString *parts, int64_t count);
int64_t mr_string_compare(MrContext *context, const MrString *a, const MrString *b);
bool mr_string_equal(MrContext *context, const MrString *a, const MrString *b);
bool mr_string_slice(MrContext *context, MrString *out, const MrString *string, int64_t first, int64_t count);
bool mr_string_contains(MrContext *context, const MrString *string, const MrString *part);
bool mr_format(MrContext *context, MrString *out, const void *value, const MrType *type, const char *spec, int64_t spec_len);
bool mr_to_string(MrContext *context, MrString *out, const void *value, const MrType *type);

/* ---- values of any type (value/compare.c). mr_equal sees floats as IEEE does (NaN equals nothing, 0.0 equals -0.0), mr_compare in
 * the total order, in which keys are equal too. */

int64_t mr_compare(MrContext *context, const void *a, const void *b, const MrType *type);
bool mr_equal(MrContext *context, const void *a, const void *b, const MrType *type);

/* ---- lists (value/list.c) */

bool mr_list_make(MrContext *context, MrList **out, void *elements, int64_t count, const MrType *type);
bool mr_list_get(MrContext *context, const void **element, MrList *list, int64_t index, const MrType *type);
bool mr_list_slice(MrContext *context, MrList **out, MrList *list, int64_t first, int64_t count, const MrType *type);
bool mr_list_concat(MrContext *context, MrList **out, MrList *left, MrList *right, const MrType *type);
bool mr_list_extend(MrContext *context, MrList **place, MrList *more, const MrType *type);
bool mr_list_contains(MrContext *context, MrList *list, const void *element, const MrType *type);
bool mr_list_at(MrContext *context, void **element, MrList **list, int64_t index, const MrType *type);

/* ---- maps and sets (value/map.c, value/merge.c) */

bool mr_map_make(MrContext *context, MrMap **out, void *keys, void *values, int64_t count, const MrType *type);
bool mr_map_get(MrContext *context, const void **value, MrMap *map, const void *key, const MrType *type);
void *mr_map_find(MrContext *context, MrMap *map, const void *key, const MrType *type);
bool mr_map_at(MrContext *context, void **value, MrMap **map, const void *key, const MrType *type);
bool mr_map_set(MrContext *context, MrMap **map, const void *key, void *value, const MrType *type);
void *mr_map_upsert(MrContext *context, MrMap **place, const void *key, const MrType *type, bool *is_new);
int64_t mr_map_hash_ahead(MrContext *context, MrMap *map, const void *key, const MrType *type);
void *mr_front_open(MrContext *context, MrMap **place, const MrType *type);
bool mr_front_put(MrContext *context, void *front, const void *key, int64_t number, const MrType *type);
void mr_front_flush(MrContext *context, MrMap **place, bool is_all, const MrType *type);
void mr_front_close(MrContext *context, MrMap **place, const MrType *type);
int64_t mr_map_entry_ahead(MrContext *context, MrMap *map, int64_t hash, const MrType *type);
void *mr_map_upsert_at(MrContext *context, MrMap **place, const void *key, int64_t hash, int64_t number, const MrType *type,
                       bool *is_new);
void *mr_stacks_upsert(MrContext *context, MrStacks *stacks, const void *key, const MrType *type, bool *is_new);
void mr_stacks_ahead(MrContext *context, MrStacks *stacks, int64_t number, const MrType *type);
void *mr_stacks_upsert_at(MrContext *context, MrStacks *stacks, const void *key, int64_t hash, int64_t number, const MrType *type,
                          bool *is_new);
void *mr_map_sorted(MrContext *context, MrMap *map, const MrType *type);
int64_t mr_map_len(MrContext *context, MrMap *map);
bool mr_map_merge(MrContext *context, MrMap **left, MrMap *right, const MrType *type, MrMerge *merge, const void *captures);
bool mr_map_finish(MrContext *context, MrMap **out, MrMap *in, const MrType *in_type, const MrType *out_type, MrFinish *finish,
                   const void *captures);
bool mr_map_finish_sums(MrContext *context, MrMap **out, MrMap *in, const MrType *in_type, const MrType *out_type);
bool mr_elements(MrContext *context, MrList **out, const void *value, const MrType *type);

/* ---- ranges (value/range.c). A last of MR_OPEN, not exclusive, makes an open range. */

bool mr_range_make(MrContext *context, MrRange *out, int64_t first, int64_t last, bool is_exclusive);
int64_t mr_range_room(MrContext *context, int64_t first, int64_t count, int64_t step);
bool mr_range_contains(MrContext *context, const MrRange *range, int64_t value);

/* ---- closures (value/memory.c) */

void *mr_box_make(MrContext *context, const MrType *type);
void *mr_box_at(MrContext *context, MrBox **box, const MrType *type);
void *mr_closure_make(MrContext *context, const MrFunction *function);

/* ---- text (value/hot.c; io/) */

bool mr_next_word(MrContext *context, MrCursor *cursor, const char *end, MrString *out);
bool mr_next_line(MrContext *context, MrCursor *cursor, const char *end, MrString *out);
bool mr_next_field(MrContext *context, MrParts *parts, const char *end, MrString *out);
bool mr_next_line_field(MrContext *context, MrCursor *cursor, const char *end, MrString *out);
bool mr_next_line_cut(MrContext *context, MrCursor *cursor, const char *end, const MrString *separator, MrString *out);
bool mr_next_char(MrContext *context, MrParts *parts, const char *end, MrString *out);
bool mr_split_begin(MrContext *context, const MrString *separator);
bool mr_next_part(MrContext *context, MrParts *parts, const char *end, const MrString *separator, MrString *out);
bool mr_next_line_part(MrContext *context, MrParts *parts, const char *end, const MrString *separator, MrString *out);
bool mr_next_found(MrContext *context, MrMatches *matches, MrString *out);
bool mr_matches_look(MrContext *context, MrMatches *matches, const char *end, const MrString *pattern, bool of_lines,
                     MrString *out);
bool mr_split_lent(MrContext *context, MrList **out, const MrString *s, const MrString *separator, MrList *list, int64_t room,
                   int64_t wanted);
bool mr_text_open(MrContext *context, void **cursor, MrList *paths, bool is_lines);
bool mr_text_next(MrContext *context, void *cursor, MrString *chunk, bool *is_there);
void mr_text_close(MrContext *context, void *cursor);

/* ---- streams (worker/stream.c) */

bool mr_stream_walk(MrContext *context, const MrClosure *stream, MrSink *sink, void *env);
bool mr_stream_walk_chunk(MrContext *context, const MrClosure *stream, const MrWalk *walk, const MrChunk *chunk);

/* ---- jobs (worker/) */

bool mr_job_run(MrContext *context, const MrTask *task, const void *captures, const MrSource *sources, void *result);

/* Of what workers have made of the parts of a table when it was made, or else of the table, which is the task's source. */
bool mr_job_follow(MrContext *context, const MrTask *task, const void *captures, const MrSource *sources, bool is_followed,
                   const void *state, void *result);

/* ---- laws (worker/laws.c) */

void mr_law_show(MrContext *context, const void *key, const void *element);

/* ---- futures (worker/future.c); the rest of them are primitives. */

bool mr_job_start(MrContext *context, MrFuture **out, const MrTask *task, const void *captures, const MrSource *sources);

/* ---- C functions of the program (value/foreign.c) */

bool mr_foreign_argument(MrContext *context, MrString *out, const MrString *string);
bool mr_foreign_result(MrContext *context, MrString *out, const char *text);

/* ---- errors (value/error.c) */

bool mr_fail(MrContext *context, const MrString *message);
void mr_fail_at(MrContext *context, const MrLocation *where);
void mr_error_take(MrContext *context, MrString *message, MrString *where);
bool mr_fail_overflow(MrContext *context, int64_t operator_char, int64_t left, int64_t right);
bool mr_fail_division(MrContext *context, int64_t operator_char, int64_t left);
bool mr_fail_shift(MrContext *context, int64_t count);
bool mr_fail_sum(MrContext *context, int64_t low, int64_t high);
bool mr_fail_lengths(MrContext *context, int64_t left, int64_t right);
bool mr_fail_nothing(MrContext *context);
bool mr_fail_depth(MrContext *context);

/* ---- arithmetic (value/math.c) */

bool mr_pow_int(MrContext *context, int64_t *out, int64_t base, int64_t exponent);
double mr_pow_float(MrContext *context, double base, double exponent);
double mr_mod_float(MrContext *context, double left, double right);

/* ---- primitives of the library. The result of a unit function is written nowhere: its `out` is not read. */

bool mr_prim_len(MrContext *context, int64_t *out, const void *xs, const MrType *type);
bool mr_prim_bytes_run(MrContext *context, MrRun *out, const MrString *s, int64_t from, const MrString *ranges, bool is_among,
                       const MrRun *seen);
bool mr_prim_byte_among(MrContext *context, bool *out, const MrString *s, int64_t at, const MrString *ranges, bool is_among);
bool mr_prim_char_end(MrContext *context, int64_t *out, const MrString *s, int64_t from);
bool mr_prim_lower(MrContext *context, MrString *out, const MrString *s);
bool mr_prim_upper(MrContext *context, MrString *out, const MrString *s);
bool mr_prim_trim(MrContext *context, MrString *out, const MrString *s);
bool mr_prim_trim_of(MrContext *context, MrString *out, const MrString *s, const MrString *characters);
bool mr_prim_split(MrContext *context, MrList **out, const MrString *s, const MrString *separator);
bool mr_prim_fields(MrContext *context, MrList **out, const MrString *s);
bool mr_prim_join(MrContext *context, MrString *out, MrList *const *parts, const MrString *separator);
bool mr_prim_starts_with(MrContext *context, bool *out, const MrString *s, const MrString *part);
bool mr_prim_ends_with(MrContext *context, bool *out, const MrString *s, const MrString *part);
bool mr_prim_replace(MrContext *context, MrString *out, const MrString *s, const MrString *old, const MrString *with);
bool mr_prim_find(MrContext *context, MrOptionalInt *out, const MrString *s, const MrString *part);
bool mr_prim_repeat(MrContext *context, MrString *out, const MrString *s, int64_t n);
bool mr_prim_codes(MrContext *context, MrList **out, const MrString *s);
bool mr_prim_of_codes(MrContext *context, MrString *out, MrList *const *codes);
bool mr_prim_chars(MrContext *context, MrList **out, const MrString *s);
bool mr_prim_upper_full(MrContext *context, MrString *out, const MrString *s);
bool mr_prim_lower_full(MrContext *context, MrString *out, const MrString *s);
bool mr_prim_fold_case(MrContext *context, MrString *out, const MrString *s);
bool mr_prim_normal_form(MrContext *context, MrString *out, const MrString *s, bool is_composed, bool is_compatible);
bool mr_prim_graphemes(MrContext *context, MrList **out, const MrString *s);
bool mr_prim_regex_matches(MrContext *context, bool *out, const MrString *s, const MrString *pattern);
bool mr_prim_regex_spans(MrContext *context, MrList **out, const MrString *s, const MrString *pattern, int64_t most);
bool mr_prim_find_all(MrContext *context, MrList **out, const MrString *s, const MrString *pattern);
bool mr_prim_regex_names(MrContext *context, MrList **out, const MrString *pattern);
bool mr_prim_regex_replace(MrContext *context, MrString *out, const MrString *s, const MrString *pattern, MrList *const *pieces,
                           MrList *const *groups);
bool mr_prim_parse_int(MrContext *context, MrOptionalInt *out, const MrString *s);
bool mr_prim_parse_float(MrContext *context, MrOptionalFloat *out, const MrString *s);
bool mr_prim_to_int(MrContext *context, int64_t *out, const void *x, const MrType *type);
bool mr_prim_to_float(MrContext *context, double *out, const void *x, const MrType *type);
bool mr_prim_to_string(MrContext *context, MrString *out, const void *x, const MrType *type);
bool mr_prim_get(MrContext *context, void *out, const void *m, const void *k, const MrType *type, const MrType *key,
                 const MrType *value);
bool mr_prim_keys(MrContext *context, MrList **out, MrMap *const *m, const MrType *key, const MrType *value);
bool mr_prim_values(MrContext *context, MrList **out, MrMap *const *m, const MrType *key, const MrType *value);
bool mr_prim_most_common(MrContext *context, MrList **out, MrMap *const *m, int64_t n, const MrType *key, const MrType *value);
bool mr_prim_sort(MrContext *context, MrList **out, MrList *const *xs, const MrType *element);
bool mr_prim_reverse(MrContext *context, MrList **out, MrList *const *xs, const MrType *element);
bool mr_prim_hash(MrContext *context, int64_t *out, const void *value, const MrType *type);
bool mr_prim_compare(MrContext *context, int64_t *out, const void *a, const void *b, const MrType *type);
bool mr_prim_empty_set(MrContext *context, MrMap **out, const MrType *element);
bool mr_prim_step(MrContext *context, MrRange *out, const MrRange *r, int64_t k);
bool mr_prim_extent(MrContext *context, int64_t *out, const void *xs, const MrType *type);
bool mr_prim_elements(MrContext *context, MrList **out, const void *xs, const MrType *type);
bool mr_prim_range_at(MrContext *context, int64_t *out, const MrRange *r, int64_t i);
bool mr_prim_chunk_size(MrContext *context, int64_t *out, int64_t n);
bool mr_prim_no_end(MrContext *context, void *out, int64_t n);
bool mr_prim_same_length(MrContext *context, void *out, int64_t a, int64_t b);
bool mr_prim_take_of(MrContext *context, MrClosure **out, MrClosure *const *s, int64_t n, const MrType *element);
bool mr_prim_skip_of(MrContext *context, MrClosure **out, MrClosure *const *s, int64_t n, const MrType *element);
bool mr_prim_cache_of(MrContext *context, MrClosure **out, MrClosure *const *s, int64_t mark, const MrType *element);
bool mr_prim_new_mark(MrContext *context, int64_t *out);
bool mr_prim_cuts_of(MrContext *context, MrList **out, MrClosure *const *s, const MrType *element);
bool mr_prim_window_of(MrContext *context, MrClosure **out, MrClosure *const *s, MrList *const *cuts, int64_t first, int64_t end,
                       const MrType *element);
bool mr_prim_write_stream(MrContext *context, void *out, const MrString *path, MrClosure *const *s);
bool mr_prim_worker_count(MrContext *context, int64_t *out);
bool mr_prim_paths_of(MrContext *context, MrList **out, const void *paths, const MrType *type);
bool mr_prim_read(MrContext *context, MrString *out, const MrString *path);
bool mr_prim_write(MrContext *context, void *out, const MrString *path, const MrString *text);
bool mr_prim_arguments(MrContext *context, MrList **out);
bool mr_prim_env(MrContext *context, MrOptionalString *out, const MrString *name);
bool mr_prim_exit(MrContext *context, void *out, int64_t code);
bool mr_prim_sleep(MrContext *context, void *out, double seconds);
bool mr_prim_fail(MrContext *context, void *out, const MrString *message, const MrType *type);
bool mr_prim_fail_sum(MrContext *context, int64_t *out, int64_t low, int64_t high);
bool mr_prim_print(MrContext *context, void *out, const MrString *text);
bool mr_prim_log(MrContext *context, void *out, const MrString *text);
bool mr_prim_floor(MrContext *context, double *out, double x);
bool mr_prim_ceil(MrContext *context, double *out, double x);
bool mr_prim_round(MrContext *context, double *out, double x);
bool mr_prim_trunc(MrContext *context, double *out, double x);
bool mr_prim_sqrt(MrContext *context, double *out, double x);
bool mr_prim_sin(MrContext *context, double *out, double x);
bool mr_prim_cos(MrContext *context, double *out, double x);
bool mr_prim_tan(MrContext *context, double *out, double x);
bool mr_prim_asin(MrContext *context, double *out, double x);
bool mr_prim_acos(MrContext *context, double *out, double x);
bool mr_prim_atan(MrContext *context, double *out, double x);
bool mr_prim_atan2(MrContext *context, double *out, double y, double x);
bool mr_prim_exp(MrContext *context, double *out, double x);
bool mr_prim_ln(MrContext *context, double *out, double x);
bool mr_prim_log2(MrContext *context, double *out, double x);
bool mr_prim_log10(MrContext *context, double *out, double x);
bool mr_prim_cbrt(MrContext *context, double *out, double x);
bool mr_prim_expm1(MrContext *context, double *out, double x);
bool mr_prim_log1p(MrContext *context, double *out, double x);
bool mr_prim_sinh(MrContext *context, double *out, double x);
bool mr_prim_cosh(MrContext *context, double *out, double x);
bool mr_prim_tanh(MrContext *context, double *out, double x);
bool mr_prim_asinh(MrContext *context, double *out, double x);
bool mr_prim_acosh(MrContext *context, double *out, double x);
bool mr_prim_atanh(MrContext *context, double *out, double x);
bool mr_prim_erf(MrContext *context, double *out, double x);
bool mr_prim_erfc(MrContext *context, double *out, double x);
bool mr_prim_gamma(MrContext *context, double *out, double x);
bool mr_prim_lgamma(MrContext *context, double *out, double x);
bool mr_prim_float_bits(MrContext *context, int64_t *out, double x);
bool mr_prim_float_of_bits(MrContext *context, double *out, int64_t bits);
bool mr_prim_count_ones(MrContext *context, int64_t *out, int64_t n);
bool mr_prim_leading_zeros(MrContext *context, int64_t *out, int64_t n);
bool mr_prim_trailing_zeros(MrContext *context, int64_t *out, int64_t n);
bool mr_prim_mix(MrContext *context, int64_t *out, int64_t seed, int64_t i);
bool mr_prim_unit_float(MrContext *context, double *out, int64_t bits);
bool mr_prim_await(MrContext *context, void *out, MrFuture *const *f, const MrType *type);
bool mr_prim_future_done(MrContext *context, bool *out, MrFuture *const *f, const MrType *type);
bool mr_prim_future_progress(MrContext *context, double *out, MrFuture *const *f, const MrType *type);
bool mr_prim_cancel(MrContext *context, void *out, MrFuture *const *f, const MrType *type);
bool mr_prim_wait_futures(MrContext *context, bool *out, MrList *const *futures, double seconds, const MrType *type);
bool mr_prim_next_completed(MrContext *context, int64_t *out, MrList *const *futures, int64_t rank, const MrType *type);
bool mr_prim_now(MrContext *context, double *out);
bool mr_prim_clock(MrContext *context, double *out);

/* ---- updates: `place` is what is changed; what is put in is copied by mr_own. */

bool mr_prim_push(MrContext *context, void *out, MrList **place, const void *x, const MrType *element);
bool mr_prim_pop(MrContext *context, void *out, MrList **place, const MrType *element);
bool mr_prim_insert(MrContext *context, void *out, MrList **place, int64_t i, const void *x, const MrType *element);
bool mr_prim_remove(MrContext *context, void *out, MrMap **place, const void *k, const MrType *type, const MrType *key);
bool mr_prim_add(MrContext *context, void *out, MrMap **place, const void *x, const MrType *element);

#endif
