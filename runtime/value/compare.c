/* compare.c: the total order of values, and equality. Two values of one type are walked in step; the first difference decides, and
 * of two sequences that agree as far as both go the shorter comes first. Maps and sets are sequences in ascending key order. */
#include <math.h>

#include "runtime/value/walk.h"

typedef struct Comparison {
    Walk left, right;
    bool is_ieee;     /* equality of floats as IEEE has it, instead of the total order */
    double tolerance; /* floats that differ by no more are equal */
} Comparison;

static int64_t float_compare(double a, double b, const Comparison *comparison) {
    if (comparison->is_ieee) return !(a == b);
    if (comparison->tolerance > 0.0 && fabs(a - b) <= comparison->tolerance) return 0;
    int64_t left = float_rank(a), right = float_rank(b);
    return (left > right) - (left < right);
}

static int64_t int_compare(int64_t a, int64_t b) {
    return (a > b) - (a < b);
}

/* The order of the sequences that the ranges stand for. */
static int64_t range_compare(const MrRange *a, const MrRange *b) {
    if (a->count <= 0 || b->count <= 0) return (a->count > 0) - (b->count > 0);
    if (a->first != b->first) return int_compare(a->first, b->first);
    if (a->count > 1 && b->count > 1 && a->step != b->step) return int_compare(a->step, b->step);
    return int_compare(a->count, b->count);
}

/* Compares two parts, or opens both and finds them equal so far. */
static int64_t compare_part(Comparison *comparison, const void *a, const void *b, const MrType *type) {
    switch (type->kind) {
    case MR_INT: return int_compare(*(const int64_t *)a, *(const int64_t *)b);
    case MR_FLOAT: return float_compare(*(const double *)a, *(const double *)b, comparison);
    case MR_BOOL: return *(const uint8_t *)a - *(const uint8_t *)b;
    case MR_STRING: return mr_string_compare(NULL, a, b);
    case MR_RANGE: return range_compare(a, b);
    case MR_MAP:
    case MR_SET:
        mr_map_sorted(NULL, *(MrMap *const *)a, type);
        mr_map_sorted(NULL, *(MrMap *const *)b, type);
        break;
    case MR_FUNCTION: /* functions have no order, and the checker lets no program ask for one: any fixed answer does */ return 0;
    default: break;
    }
    /* One and the same cell is equal to itself, unless a NaN may be in it. */
    if (!comparison->is_ieee && type->kind >= MR_LIST && *(void *const *)a == *(void *const *)b) return 0;
    if (type->kind == MR_LIST && !type->fields[0]->size) /* units: there is nothing but their number to compare */
        return int_compare(list_len(*(MrList *const *)a), list_len(*(MrList *const *)b));
    while (comparison->left.len && run_is_done(walk_top(&comparison->left)) && run_is_done(walk_top(&comparison->right))) {
        walk_pop(&comparison->left);
        walk_pop(&comparison->right);
    }
    Run *left = walk_push(&comparison->left, a, type), *right = walk_push(&comparison->right, b, type);
    return comparison->is_ieee && left->count != right->count;
}

static int64_t compare_values(const void *a, const void *b, const MrType *type, bool is_ieee, double tolerance) {
    Comparison comparison = {.is_ieee = is_ieee, .tolerance = tolerance};
    walk_start(&comparison.left);
    walk_start(&comparison.right);
    int64_t order = compare_part(&comparison, a, b, type);
    while (!order && comparison.left.len) {
        char *left, *right;
        const MrType *field;
        bool has_left = run_next(walk_top(&comparison.left), &left, &field);
        bool has_right = run_next(walk_top(&comparison.right), &right, &field);
        if (has_left && has_right) {
            order = compare_part(&comparison, left, right, field);
        } else {
            order = has_left - has_right;
            walk_pop(&comparison.left);
            walk_pop(&comparison.right);
        }
    }
    walk_end(&comparison.left);
    walk_end(&comparison.right);
    return order;
}

int64_t mr_compare(MrContext *context, const void *a, const void *b, const MrType *type) {
    (void)context;
    return compare_values(a, b, type, false, 0.0);
}

bool mr_equal(MrContext *context, const void *a, const void *b, const MrType *type) {
    (void)context;
    return compare_values(a, b, type, true, 0.0) == 0;
}

bool mr_prim_compare(MrContext *context, int64_t *out, const void *a, const void *b, const MrType *type) {
    *out = mr_compare(context, a, b, type);
    return false;
}

bool value_is_near(const void *a, const void *b, const MrType *type, double tolerance) {
    return compare_values(a, b, type, false, tolerance) == 0;
}

static double part_scale(const void *part, const MrType *type, Walk *walk) {
    if (type->kind == MR_FLOAT) {
        double size = fabs(*(const double *)part);
        return isfinite(size) ? size : 0.0;
    }
    if (kind_is_compound(type->kind) && !(type->kind == MR_LIST && !type->fields[0]->size)) walk_push(walk, part, type);
    return 0.0;
}

double value_scale(const void *value, const MrType *type) {
    Walk walk;
    walk_start(&walk);
    double scale = part_scale(value, type, &walk);
    while (walk.len) {
        char *part;
        const MrType *field;
        if (run_next(walk_top(&walk), &part, &field))
            scale = fmax(scale, part_scale(part, field, &walk));
        else
            walk_pop(&walk);
    }
    walk_end(&walk);
    return scale;
}

bool map_key_is_equal(const void *a, const void *b, const MrType *type) {
    return compare_values(a, b, type, false, 0.0) == 0;
}
