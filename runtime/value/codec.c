/* codec.c: values as bytes and back. Both directions keep a stack of open runs (walk.h); payloads of plain numbers are copied
 * whole, and tables from strings or numbers to numbers have loops of their own. */
#include "runtime/value/codec.h"

#include <assert.h>

#include "runtime/value/numbers.h"
#include "runtime/value/stream.h"
#include "runtime/value/value.h"
#include "runtime/value/walk.h"

enum { RANGE_SIZE = 24, VARINT_MAX = 10 };

/* Are the bytes in memory those of the encoding: numbers only, which leave no gaps? */
static bool type_is_plain(const MrType *type) {
    if (type->kind == MR_TUPLE) {
        if (type->data && type->data->has_tag) return false; /* not any number will do */
        for (uint32_t i = 0; i < type->field_count; i++)
            if (!type_is_plain(type->fields[i])) return false;
        return true;
    }
    return type->kind == MR_INT || type->kind == MR_FLOAT; /* of a range, too, not any numbers will do */
}

/* The fewest bytes that a value takes. */
static size_t type_least(const MrType *type) {
    switch (type->kind) {
    case MR_INT:
    case MR_FLOAT: return 8;
    case MR_RANGE: return RANGE_SIZE;
    case MR_TUPLE: {
        size_t least = 0;
        for (uint32_t i = 0; i < type->field_count; i++) least += type_least(type->fields[i]);
        return least;
    }
    default: return 1;
    }
}

/* ---- encoding */

typedef struct Encoder {
    Buf *out;
    const MrProgram *program;
    bool keeps_order; /* of maps' entries, as they lie */
    Lending lending;
    Walk walk;
} Encoder;

/* Strings or numbers to numbers, as tables of counts are: such entries are encoded and decoded one after another, without a walk.
 */
typedef struct PlainEntries {
    Numbers key, value; /* no numbers in the key: it is a string */
} PlainEntries;

static bool entries_are_plain(PlainEntries *plain, const MrType *key, const MrType *value) {
    plain->key.count = 0;
    bool is_plain = key->kind == MR_STRING || (numbers_of(&plain->key, key) && plain->key.count > 0);
    return is_plain && numbers_of(&plain->value, value);
}

static void add_varint(Buf *out, uint64_t x) {
    char bytes[VARINT_MAX];
    size_t len = 0;
    for (; x >= 0x80; x >>= 7) bytes[len++] = (char)(x | 0x80);
    bytes[len++] = (char)x;
    buf_add(out, bytes, len);
}

/* A function's place in the program + 1, the runtime's own behind the program's; 0 for what is not in it, which decodes as a value
 * that nobody evaluated. */
static uint64_t function_number(const MrProgram *program, const MrFunction *function) {
    if (!program) return 0;
    for (uint32_t i = 0; i < program->function_count; i++)
        if (program->functions[i] == function) return (uint64_t)i + 1;
    for (uint64_t i = 0; i < STREAM_FUNCTIONS; i++)
        if (stream_functions[i] == function) return program->function_count + i + 1;
    return 0;
}

/* The function of a number that is not 0; NULL where there is none. */
static const MrFunction *numbered_function(const MrProgram *program, uint64_t number) {
    if (!program || number > (uint64_t)program->function_count + STREAM_FUNCTIONS) return NULL;
    if (number <= program->function_count) return program->functions[number - 1];
    return stream_functions[number - 1 - program->function_count];
}

static void encode_elements(Encoder *encoder, const MrType *type, const void *value, int64_t first, int64_t count) {
    const MrType *element = type->fields[0];
    if (!count) return;
    if (type_is_plain(element) || element->kind == MR_BOOL) {
        const MrList *list = *(MrList *const *)value;
        buf_add(encoder->out, list->data + first * (int64_t)element->size, (size_t)count * element->size);
        return;
    }
    Run *run = walk_push(&encoder->walk, value, type);
    run->index = first;
    run->count = first + count;
}

/* Lists of so many such elements are lent where that can be done, and the bytes say whether one was. */
static bool may_be_lent(const Lender *lender, const MrType *element, uint64_t count) {
    return lender && element->is_flat && element->size && count >= PAYLOAD_LEAST / element->size;
}

static void encode_list(Encoder *encoder, const MrType *type, MrList *const *place) {
    int64_t count = list_len(*place);
    add_varint(encoder->out, (uint64_t)count);
    if (may_be_lent(encoder->lending.lender, type->fields[0], (uint64_t)count)) {
        Payload *payload = list_payload(*place);
        add_varint(encoder->out, payload ? lender_lend(encoder->lending.lender, encoder->lending.job, payload) : 0);
        if (payload) return;
    }
    encode_elements(encoder, type, place, 0, count);
}

/* Entries that are not asked for in their order lie anywhere in memory, and so do the bytes of their keys. */
enum { ENTRIES_AHEAD = 12 };

static void entry_ahead(const MrMap *map, int64_t number) {
    const char *entry = map_entry(map, number);
    __builtin_prefetch(entry);
    __builtin_prefetch(entry + map->stride - 1);
}

static void key_ahead(const MrMap *map, int64_t number) {
    __builtin_prefetch(((const MrString *)(map_entry(map, number) + map->key_offset))->data);
}

static void encode_plain_entry(Buf *out, const PlainEntries *plain, const MrMap *map, const char *entry) {
    const char *key = entry + map->key_offset;
    size_t len = plain->key.count ? 0 : (size_t)((const MrString *)key)->len;
    buf_reserve(out, VARINT_MAX + len + MR_STRING_SLACK + (plain->key.count + plain->value.count) * NUMBER_SIZE);
    char *at;
    if (plain->key.count) {
        at = numbers_put(&plain->key, key, out->data + out->len);
    } else {
        const char *bytes = ((const MrString *)key)->data;
        add_varint(out, len);
        at = out->data + out->len;
        if (is_short((int64_t)len))
            memcpy(at, bytes, SHORT_BYTES);
        else if (len)
            memcpy(at, bytes, len);
        at += len;
    }
    out->len = (size_t)(numbers_put(&plain->value, entry + map->value_offset, at) - out->data);
}

static void encode_map(Encoder *encoder, MrMap *const *place, const MrType *type) {
    MrMap *map = *place;
    PlainEntries plain;
    if (!encoder->keeps_order) mr_map_sorted(NULL, map, type);
    int64_t len = mr_map_len(NULL, map);
    add_varint(encoder->out, (uint64_t)len);
    if (len && entries_are_plain(&plain, map->key, map->value))
        for (int64_t i = 0; i < len; i++) encode_plain_entry(encoder->out, &plain, map, map_entry(map, i));
    else if (len)
        walk_push(&encoder->walk, place, type);
}

static void encode_part(Encoder *encoder, const void *place, const MrType *type) {
    Buf *out = encoder->out;
    switch (type->kind) {
    case MR_INT:
    case MR_FLOAT:
    case MR_BOOL:
    case MR_RANGE: buf_add(out, place, type->size); break;
    case MR_STRING: {
        const MrString *string = place;
        add_varint(out, (uint64_t)string->len);
        buf_add(out, string->data, (size_t)string->len);
        break;
    }
    case MR_TUPLE: walk_push(&encoder->walk, place, type); break;
    case MR_BOX: /* absent where it lies in a field that its constructor does not have */
        buf_add_char(out, *(MrBox *const *)place ? 1 : 0);
        walk_push(&encoder->walk, place, type);
        break;
    case MR_OPTIONAL:
        buf_add_char(out, *(const char *)place);
        walk_push(&encoder->walk, place, type);
        break;
    case MR_FUTURE: buf_add_char(out, 0); break; /* futures stay where they are */
    case MR_LIST: encode_list(encoder, type, place); break;
    case MR_MAP:
    case MR_SET: encode_map(encoder, place, type); break;
    default: {
        const MrClosure *closure = *(MrClosure *const *)place;
        uint64_t number = closure ? function_number(encoder->program, closure->function) : 0;
        add_varint(out, number);
        if (number) walk_push(&encoder->walk, place, type);
    }
    }
}

static void encode_rest(Encoder *encoder) {
    while (encoder->walk.len) {
        char *place;
        const MrType *field;
        if (run_next(walk_top(&encoder->walk), &place, &field)) {
            walk_close(&encoder->walk);
            encode_part(encoder, place, field);
        } else {
            walk_pop(&encoder->walk);
        }
    }
    walk_end(&encoder->walk);
}

static void encode(Encoder *encoder, const void *value, const MrType *type) {
    walk_start(&encoder->walk);
    encode_part(encoder, value, type);
    encode_rest(encoder);
}

void codec_encode(Buf *out, const void *value, const MrType *type, const MrProgram *program) {
    Encoder encoder = {.out = out, .program = program};
    encode(&encoder, value, type);
}

void codec_encode_as_is(Buf *out, const void *value, const MrType *type, const MrProgram *program) {
    Encoder encoder = {.out = out, .program = program, .keeps_order = true};
    encode(&encoder, value, type);
}

void codec_encode_lent(Buf *out, const void *value, const MrType *type, const MrProgram *program, Lending lending) {
    Encoder encoder = {.out = out, .program = program, .keeps_order = true, .lending = lending};
    encode(&encoder, value, type);
}

void codec_encode_elements(Buf *out, const MrList *list, int64_t first, int64_t count, const MrType *list_type,
                           const MrProgram *program) {
    Encoder encoder = {.out = out, .program = program};
    walk_start(&encoder.walk);
    encode_elements(&encoder, list_type, &list, first, count);
    encode_rest(&encoder);
}

void codec_encode_entries(Buf *out, const MrMap *map, const uint32_t *numbers, size_t count, const MrProgram *program) {
    add_varint(out, count);
    PlainEntries plain;
    bool is_plain = count && entries_are_plain(&plain, map->key, map->value), has_strings = count && map->key->kind == MR_STRING;
    for (size_t i = 0; i < count; i++) {
        const char *entry = map_entry(map, numbers[i]);
        if (i + 2 * ENTRIES_AHEAD < count) entry_ahead(map, numbers[i + 2 * ENTRIES_AHEAD]);
        if (has_strings && i + ENTRIES_AHEAD < count) key_ahead(map, numbers[i + ENTRIES_AHEAD]);
        if (is_plain) {
            encode_plain_entry(out, &plain, map, entry);
            continue;
        }
        codec_encode_as_is(out, entry + map->key_offset, map->key, program);
        codec_encode_as_is(out, entry + map->value_offset, map->value, program);
    }
}

/* ---- decoding. Places are zero until they are read, so that what was read of a broken value can be dropped as it is. */

typedef struct Decoder {
    const char *at, *end;
    const MrProgram *program;
    const char *problem;
    Lending lending;
    Walk walk;
} Decoder;

const char codec_is_over[] = "a loan has ended";

static bool decode_fail(Decoder *decoder, const char *problem) {
    decoder->problem = problem;
    return false;
}

/* The next `len` bytes, or NULL when there are not so many. */
static const char *take_bytes(Decoder *decoder, uint64_t len) {
    if (len > (size_t)(decoder->end - decoder->at)) {
        decoder->problem = "the value ends too early";
        return NULL;
    }
    const char *bytes = decoder->at;
    decoder->at += len;
    return bytes;
}

static bool take_into(Decoder *decoder, void *to, size_t len) {
    if (!len) return true;
    const char *bytes = take_bytes(decoder, len);
    if (bytes) memcpy(to, bytes, len);
    return bytes != NULL;
}

static bool take_varint(Decoder *decoder, uint64_t *x) {
    *x = 0;
    for (int shift = 0; decoder->at < decoder->end && shift < 7 * VARINT_MAX; shift += 7) {
        uint64_t byte = (unsigned char)*decoder->at++;
        if (shift == 63 && byte > 1) break;
        *x |= (byte & 0x7f) << shift;
        if (byte < 0x80) return true;
    }
    return decode_fail(decoder, "a length is malformed");
}

/* The number of elements that follow, each of at least `least` bytes. */
static bool take_count(Decoder *decoder, size_t least, int64_t *count) {
    uint64_t x;
    if (!take_varint(decoder, &x)) return false;
    uint64_t left = (uint64_t)(decoder->end - decoder->at);
    if (least ? x > left / least : x > INT64_MAX) return decode_fail(decoder, "a length goes past the end of the value");
    *count = (int64_t)x;
    return true;
}

static bool take_bools(Decoder *decoder, void *to, size_t count) {
    const unsigned char *bytes = to;
    unsigned char all = 0;
    if (!take_into(decoder, to, count)) return false;
    for (size_t i = 0; i < count; i++) all |= bytes[i];
    if (all <= 1) return true;
    memset(to, 0, count);
    return decode_fail(decoder, "a bool is neither 0 nor 1");
}

static bool decode_range(Decoder *decoder, MrRange *to) {
    MrRange range;
    if (!take_into(decoder, &range, sizeof range)) return false;
    if (!range_is_sound(&range)) return decode_fail(decoder, "a range leaves the ints");
    *to = range;
    return true;
}

static bool decode_string(Decoder *decoder, MrString *to) {
    uint64_t len;
    if (!take_varint(decoder, &len)) return false;
    const char *bytes = take_bytes(decoder, len);
    if (bytes) *to = string_new(bytes, (int64_t)len);
    return bytes != NULL;
}

static bool decode_elements(Decoder *decoder, MrList **to, const MrType *type, int64_t count) {
    const MrType *element = type->fields[0];
    if (!count) return true;
    MrList *list = *to = list_new(count, element);
    list->len = count;
    if (type_is_plain(element)) return take_into(decoder, list->data, (size_t)count * element->size);
    if (element->kind == MR_BOOL) return take_bools(decoder, list->data, (size_t)count);
    walk_push(&decoder->walk, to, type);
    return true;
}

/* The list of a loan; false: it has ended. */
static bool decode_loan(Decoder *decoder, MrList **to, uint64_t loan, uint64_t count) {
    const Lending *lending = &decoder->lending;
    Payload *payload = lending->takes ? lender_take(lending->lender, loan) : lender_borrow(lending->lender, loan);
    if (!payload) return decode_fail(decoder, codec_is_over);
    *to = list_over(payload, (int64_t)count);
    return true;
}

static bool decode_list(Decoder *decoder, MrList **to, const MrType *type) {
    const char *start = decoder->at;
    uint64_t len, loan = 0;
    int64_t count;
    if (decoder->lending.lender && !take_varint(decoder, &len)) return false;
    if (decoder->lending.lender && may_be_lent(decoder->lending.lender, type->fields[0], len)) {
        if (!take_varint(decoder, &loan)) return false;
        return loan ? decode_loan(decoder, to, loan, len) : decode_elements(decoder, to, type, (int64_t)len);
    }
    decoder->at = start;
    return take_count(decoder, type_least(type->fields[0]), &count) && decode_elements(decoder, to, type, count);
}

/* A key is loaded once, for its copy and its hash, where the bytes after it can be read. */
static bool decode_plain_string(Decoder *decoder, MrMap *map, MrString *key, uint64_t *hash) {
    uint64_t len;
    if (!take_varint(decoder, &len)) return false;
    const char *bytes = take_bytes(decoder, len);
    if (!bytes) return false;
    if (decoder->end - bytes >= (int64_t)len + MR_STRING_SLACK) {
        *hash = hash_bytes(bytes, (int64_t)len);
        *key = pool_string(&map->pool, bytes, (int64_t)len);
    } else {
        *key = string_new(bytes, (int64_t)len);
        *hash = hash_bytes(key->data, key->len);
    }
    return true;
}

static bool decode_numbers(Decoder *decoder, const Numbers *numbers, char *value) {
    const char *at = numbers_take(numbers, value, decoder->at, decoder->end);
    if (!at) return decode_fail(decoder, "a number is malformed");
    decoder->at = at;
    return true;
}

static bool decode_plain_entries(Decoder *decoder, const PlainEntries *plain, MrMap *map, int64_t count) {
    for (; map->len < count; map->len++) {
        char *entry = map_entry(map, map->len), *key = entry + map->key_offset;
        uint64_t hash = 0;
        if (plain->key.count ? !decode_numbers(decoder, &plain->key, key)
                             : !decode_plain_string(decoder, map, (MrString *)(void *)key, &hash))
            return false;
        if (plain->key.count) hash = map_key(key, map->key).hash;
        memcpy(entry, &hash, sizeof hash);
        if (!decode_numbers(decoder, &plain->value, entry + map->value_offset)) {
            map->len++; /* its key must be dropped */
            return false;
        }
    }
    return true;
}

/* All entries of a map are there. They may come in any order; where it is the right one, the map need not be sorted. */
static bool finish_entries(Decoder *decoder, MrMap *map) {
    map->is_sorted = true;
    for (int64_t i = 1; i < map->len && map->is_sorted; i++) {
        const char *key = map_entry(map, i) + map->key_offset;
        map->is_sorted = mr_compare(NULL, key - map->stride, key, map->key) < 0;
    }
    return map_index(map) || decode_fail(decoder, "a key is there twice");
}

static size_t plain_least(const PlainEntries *plain) {
    return (plain->key.count ? numbers_least(&plain->key) : 1) + numbers_least(&plain->value);
}

static bool decode_map(Decoder *decoder, MrMap **to, const MrType *type) {
    const MrType *key = type->fields[0], *value = type->fields[1];
    PlainEntries plain;
    bool is_plain = entries_are_plain(&plain, key, value);
    size_t least = is_plain ? plain_least(&plain) : type_least(key) + type_least(value);
    int64_t count;
    if (!take_count(decoder, least, &count)) return false;
    if (!least && count > 1) return decode_fail(decoder, "a key is there twice"); /* there is but one unit */
    if (!count) return true;
    MrMap *map = *to = map_new(key, value, count);
    assert(map->stride == type->stride);
    if (is_plain) return decode_plain_entries(decoder, &plain, map, count) && finish_entries(decoder, map);
    map->len = count;
    walk_push(&decoder->walk, to, type);
    return true;
}

/* The entries of a map that was walked get their hashes. */
static bool finish_map(Decoder *decoder, MrMap *map) {
    for (int64_t i = 0; i < map->len; i++) {
        char *entry = map_entry(map, i);
        uint64_t hash = map_key(entry + map->key_offset, map->key).hash;
        memcpy(entry, &hash, sizeof hash);
    }
    return finish_entries(decoder, map);
}

/* Functions of other cells have descriptors of their own; types that are no more the same have gone with their values. What lies
 * deeper is taken to be the same. */
enum { SAME_DEPTH = 12 };

static bool type_is_same(const MrType *a, const MrType *b, unsigned depth) {
    if (a == b || depth == 0) return true;
    if (a->kind != b->kind || a->size != b->size || a->field_count != b->field_count || a->is_flat != b->is_flat) return false;
    for (uint32_t i = 0; i < a->field_count; i++)
        if (!type_is_same(a->fields[i], b->fields[i], depth - 1)) return false;
    return a->name && b->name && strcmp(a->name, b->name) == 0;
}

/* Is this the code of values of the type that is asked for? Calling any other would take its arguments for what they are not. */
static bool function_fits(const MrFunction *function, const MrType *type, bool is_source) {
    if (is_source && function->walk == MR_WALK_NONE) return false;
    if (function->type) return type_is_same(function->type, type, SAME_DEPTH);
    for (uint64_t i = 0; i < STREAM_FUNCTIONS; i++)
        if (stream_functions[i] == function) return true; /* if its source does, which is there and is read next */
    return false;
}

static bool decode_function(Decoder *decoder, MrClosure **to, const MrType *type) {
    uint64_t number;
    bool is_source = type == &stream_any && decoder->walk.len > 0;
    if (is_source) type = walk_top(&decoder->walk)->type; /* a stream of the runtime's own has the values of its source */
    if (!take_varint(decoder, &number)) return false;
    if (!number) return !is_source || decode_fail(decoder, "a stream has no source");
    const MrFunction *function = numbered_function(decoder->program, number);
    if (!function) return decode_fail(decoder, "the program has no such function");
    if (!function_fits(function, type, is_source)) return decode_fail(decoder, "a function is of another type");
    *to = mr_closure_make(NULL, function);
    walk_push(&decoder->walk, to, type);
    return true;
}

static bool decode_future(Decoder *decoder) {
    const char *byte = take_bytes(decoder, 1);
    return byte && (*byte == 0 || decode_fail(decoder, "a future cannot travel"));
}

static bool decode_box(Decoder *decoder, MrBox **to, const MrType *type) {
    bool is_there = false;
    if (!take_bools(decoder, &is_there, 1)) return false;
    if (!is_there) return true;
    *to = mr_box_make(NULL, type);
    memset((*to)->content, 0, type->fields[0]->size);
    walk_push(&decoder->walk, to, type);
    return true;
}

/* What was read of a declared type is the value of one of its constructors. */
static bool finish_data(Decoder *decoder, const Run *run) {
    const MrType *tuple = run->type->kind == MR_BOX ? run->type->fields[0] : run->type;
    int64_t tag = 0;
    if (!tuple->data || !tuple->data->has_tag) return true;
    memcpy(&tag, run->base, sizeof tag);
    if (tag >= 0 && tag < tuple->data->constructor_count) return true;
    return decode_fail(decoder, "a value has a constructor that its type does not have");
}

/* Closes the runs of which nothing but the last field, which is known, is left to read. */
static bool close_runs(Decoder *decoder) {
    while (decoder->walk.len) {
        const Run *run = walk_top(&decoder->walk);
        bool has_work = run->type->kind == MR_MAP || run->type->kind == MR_SET || run->field < 2;
        if (has_work || !run_is_done(run)) return true;
        if ((run->type->kind == MR_TUPLE || run->type->kind == MR_BOX) && !finish_data(decoder, run)) return false;
        walk_pop(&decoder->walk);
    }
    return true;
}

/* Reads what can be read at once, and opens the rest as a run whose places are read next. */
static bool decode_part(Decoder *decoder, char *place, const MrType *type) {
    switch (type->kind) {
    case MR_INT:
    case MR_FLOAT: return take_into(decoder, place, type->size);
    case MR_RANGE: return decode_range(decoder, (MrRange *)place);
    case MR_BOOL: return take_bools(decoder, place, 1);
    case MR_STRING: return decode_string(decoder, (MrString *)place);
    case MR_LIST: return decode_list(decoder, (MrList **)place, type);
    case MR_MAP:
    case MR_SET: return decode_map(decoder, (MrMap **)place, type);
    case MR_BOX: return decode_box(decoder, (MrBox **)place, type);
    case MR_FUTURE: return decode_future(decoder);
    case MR_FUNCTION: return decode_function(decoder, (MrClosure **)place, type);
    case MR_OPTIONAL:
        if (!take_bools(decoder, place, 1)) return false;
        break;
    default: break;
    }
    walk_push(&decoder->walk, place, type);
    return true;
}

/* Reads the rest of what was begun, of which `value` is the whole. */
static const char *finish_decoding(Decoder *decoder, bool is_good, const char **at, void *value, const MrType *type) {
    while (is_good && decoder->walk.len) {
        Run *run = walk_top(&decoder->walk);
        char *place;
        const MrType *field;
        if (run_next(run, &place, &field)) {
            is_good = close_runs(decoder) && decode_part(decoder, place, field);
        } else {
            if (run->type->kind == MR_TUPLE || run->type->kind == MR_BOX) is_good = finish_data(decoder, run);
            if (run->type->kind == MR_MAP || run->type->kind == MR_SET) is_good = finish_map(decoder, (MrMap *)run->cell);
            walk_pop(&decoder->walk);
        }
    }
    walk_end(&decoder->walk);
    if (is_good) {
        *at = decoder->at;
        return NULL;
    }
    mr_drop(NULL, value, type);
    memset(value, 0, type->size);
    return decoder->problem;
}

const char *codec_decode(const char **at, const char *end, void *value, const MrType *type, const MrProgram *program) {
    Decoder decoder = {.at = *at, .end = end, .program = program};
    walk_start(&decoder.walk);
    bool is_good = decode_part(&decoder, value, type);
    return finish_decoding(&decoder, is_good, at, value, type);
}

const char *codec_decode_lent(const char **at, const char *end, void *value, const MrType *type, const MrProgram *program,
                              Lending lending) {
    Decoder decoder = {.at = *at, .end = end, .program = program, .lending = lending};
    walk_start(&decoder.walk);
    bool is_good = decode_part(&decoder, value, type);
    return finish_decoding(&decoder, is_good, at, value, type);
}

const char *codec_decode_elements(const char **at, const char *end, uint64_t count, MrList **list, const MrType *list_type,
                                  const MrProgram *program) {
    size_t least = type_least(list_type->fields[0]);
    if (least ? count > (size_t)(end - *at) / least : count > INT64_MAX) return "a length goes past the end of the value";
    Decoder decoder = {.at = *at, .end = end, .program = program};
    walk_start(&decoder.walk);
    bool is_good = decode_elements(&decoder, list, list_type, (int64_t)count);
    return finish_decoding(&decoder, is_good, at, list, list_type);
}
