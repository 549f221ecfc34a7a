/* law_try.c: both sides of a law, from the elements of a case. */
#include "runtime/worker/law_try.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/value/value.h"

/* Floats are equal that differ by this part of the largest float in the case: rounding is no counterexample. */
#define TOLERANCE 1e-9

enum { SHOWN_BYTES = 240 };

size_t law_parts(LawKind kind) {
    return kind == LAW_ASSOCIATIVE ? 3 : kind == LAW_ADD ? 2 : 1;
}

const char *law_words(LawKind kind, bool is_function, bool left) {
    static const char *const words[LAW_KINDS][2] = {
        [LAW_ASSOCIATIVE] = {"merge(a, merge(b, c))", "merge(merge(a, b), c)"},
        [LAW_NEUTRAL] = {"a", "merge(init, a)"},
        [LAW_ADD] = {"add(a, x)", "merge(a, add(init, x))"},
    };
    if (is_function) return left ? "g(g(a, b), c)" : "g(a, g(b, c))";
    return words[kind][left];
}

/* A value of one of the law's types, owned; zero where there is none. */
typedef struct Held {
    void *at;
    const MrType *type;
} Held;

static Held held_new(const MrType *type) {
    return (Held){xaligned(64, type->size), type};
}

static void held_free(const Trial *trial, Held *held) {
    mr_drop(trial->context, held->at, held->type);
    free(held->at);
}

static Held held_copy(const Trial *trial, const Held *held) {
    Held copy = held_new(held->type);
    if (held->type->size) memcpy(copy.at, held->at, held->type->size);
    mr_retain(trial->context, copy.at, copy.type);
    return copy;
}

static const void *element_at(const Trial *trial, const MrList *list, int64_t i) {
    return list->data + i * (int64_t)trial->law->element->size;
}

/* *state, which is zero, becomes that of the elements; false: the program's code failed. */
static bool make_state(const Trial *trial, const MrList *elements, int64_t count, Held *state) {
    for (int64_t i = 0; i < count; i++)
        if (trial->law->add(trial->context, trial->captures, state->at, i == 0, element_at(trial, elements, i))) return false;
    return true;
}

/* *left = merge(*left, a copy of right) */
static bool merge(const Trial *trial, Held *left, const Held *right) {
    Held copy = held_copy(trial, right);
    bool failed = trial->law->merge(trial->context, trial->captures, left->at, copy.at);
    held_free(trial, &copy);
    return !failed;
}

/* The two sides, which are zero; false: the program's code failed. */
static bool make_sides(const Trial *trial, const Case *c, const Held *states, Held *left, Held *right) {
    const MrLaw *law = trial->law;
    Held inner = held_new(law->state);
    bool is_good = false;
    held_free(trial, left);
    switch (trial->kind) {
    case LAW_ASSOCIATIVE:
        *left = held_copy(trial, &states[0]);
        is_good = merge(trial, left, &states[1]) && merge(trial, left, &states[2]);
        held_free(trial, &inner);
        inner = held_copy(trial, &states[1]);
        held_free(trial, right);
        *right = held_copy(trial, &states[0]);
        is_good = is_good && merge(trial, &inner, &states[2]) && merge(trial, right, &inner);
        break;
    case LAW_NEUTRAL:
        *left = held_new(law->state);
        held_free(trial, right);
        *right = held_copy(trial, &states[0]);
        is_good = !law->init(trial->context, trial->captures, left->at) && merge(trial, left, &states[0]);
        break;
    default:
        *left = held_copy(trial, &states[0]);
        held_free(trial, right);
        *right = held_copy(trial, &states[0]);
        is_good = make_state(trial, c->parts[1], 1, &inner) && merge(trial, left, &inner) &&
                  !law->add(trial->context, trial->captures, right->at, false, element_at(trial, c->parts[1], 0));
    }
    held_free(trial, &inner);
    return is_good;
}

static void show(Buf *out, const char *name, const void *value, const MrType *type) {
    Buf text = {0};
    value_show(&text, value, type);
    size_t len = text.len;
    if (len > SHOWN_BYTES) {
        len = SHOWN_BYTES;
        while (len && ((unsigned char)text.data[len] & 0xc0) == 0x80) len--;
    }
    buf_printf(out, "  %s = ", name);
    buf_add(out, text.data, len);
    buf_add_text(out, len < text.len ? " …" : "");
    buf_free(&text);
}

static void show_elements(const Trial *trial, Buf *out, const char *words, const MrList *list) {
    buf_add_text(out, words);
    for (int64_t i = 0; i < list_len(list); i++) {
        if (i) buf_add_text(out, ", ");
        value_show(out, element_at(trial, list, i), trial->law->element);
    }
}

static void show_case(const Trial *trial, Buf *out, const Case *c, const Held *states) {
    static const char *const names[CASE_PARTS] = {"a", "b", "c"};
    bool is_function = !trial->law->init;
    for (size_t i = 0; i < law_parts(trial->kind) && i < CASE_PARTS; i++) {
        bool is_element = trial->kind == LAW_ADD && i == 1;
        if (is_element)
            show(out, "x", element_at(trial, c->parts[1], 0), trial->law->element);
        else
            show(out, names[i], states[i].at, trial->law->state);
        if (!is_function && !is_element) show_elements(trial, out, ", the state of ", c->parts[i]);
        if (is_function && list_len(c->parts[i]) > 1) show_elements(trial, out, ", which is g of ", c->parts[i]);
        buf_add_char(out, '\n');
    }
}

/* The result that a state stands for; false: there is none. */
static bool finish(const Trial *trial, const Held *state, Held *result) {
    Held copy = held_copy(trial, state);
    bool failed = trial->law->finish(trial->context, trial->captures, copy.at, true, result->at);
    held_free(trial, &copy);
    return !failed;
}

/* States that differ are no matter where their results do not. */
static bool sides_differ(const Trial *trial, const Held *left, const Held *right, double scale, Held *results) {
    const MrLaw *law = trial->law;
    scale = scale + value_scale(left->at, left->type) + value_scale(right->at, right->type);
    if (value_is_near(left->at, right->at, law->state, TOLERANCE * scale)) return false;
    if (!law->finish) return true;
    if (!finish(trial, left, &results[0]) || !finish(trial, right, &results[1])) return false;
    scale = scale + value_scale(results[0].at, law->result) + value_scale(results[1].at, law->result);
    return !value_is_near(results[0].at, results[1].at, law->result, TOLERANCE * scale);
}

static void show_sides(const Trial *trial, Buf *out, const Held *sides, const Held *results) {
    for (int i = 0; i < 2; i++) {
        show(out, law_words(trial->kind, !trial->law->init, i == 0), sides[i].at, sides[i].type);
        if (trial->law->finish) {
            buf_add_text(out, ", finished ");
            value_show(out, results[i].at, results[i].type);
        }
        buf_add_char(out, '\n');
    }
}

bool law_breaks(Trial *trial, const Case *c, Buf *shown) {
    const MrLaw *law = trial->law;
    MrContext *context = trial->context;
    size_t count = trial->kind == LAW_ADD ? 1 : law_parts(trial->kind), printed = context->out_len;
    Held states[CASE_PARTS] = {{0}}, sides[] = {held_new(law->state), held_new(law->state)},
         results[] = {held_new(law->result), held_new(law->result)};
    bool is_good = true, differ = false;
    double scale = 0.0;
    for (size_t i = 0; i < count; i++) {
        states[i] = held_new(law->state);
        is_good = is_good && make_state(trial, c->parts[i], list_len(c->parts[i]), &states[i]);
        if (is_good) scale += value_scale(states[i].at, law->state);
    }
    for (size_t i = 0; i < law_parts(trial->kind); i++)
        for (int64_t j = 0; j < list_len(c->parts[i]); j++) scale += value_scale(element_at(trial, c->parts[i], j), law->element);
    if (is_good && make_sides(trial, c, states, &sides[0], &sides[1])) {
        trial->count++;
        differ = sides_differ(trial, &sides[0], &sides[1], scale, results);
        if (differ && shown) {
            show_case(trial, shown, c, states);
            show_sides(trial, shown, sides, results);
        }
    }
    for (size_t i = 0; i < count; i++) held_free(trial, &states[i]);
    for (int i = 0; i < 2; i++) {
        held_free(trial, &sides[i]);
        held_free(trial, &results[i]);
    }
    mr_error_clear(&context->error);
    context->out_len = printed; /* what the program's code prints when it is tried is nobody's */
    return differ;
}
