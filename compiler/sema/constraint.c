/* constraint.c: what operations need of types: the words for classes, and solving predicates.
 *
 * A predicate is solved once the head of the type that decides is known: the container, for all of them. Until then, two predicates
 * about the same container agree on what it decides, which is what lets `xs[0] + xs[1]` be inferred before xs is known. */
#include "compiler/sema/infer.h"

const char *class_complaint(uint32_t class) {
    switch (class) {
    case CLASS_NUMBER: return "is not a number";
    case CLASS_ADD: return "cannot be added";
    case CLASS_ORDER: return "has no order";
    case CLASS_EQUAL: return "has no equality";
    case CLASS_PRINT: return "cannot be printed";
    case CLASS_LENGTH: return "has no length";
    case CLASS_PATHS: return "is neither a path nor a list of paths";
    case CLASS_CONVERT: return "cannot be converted to a number";
    case CLASS_SLICE: return "cannot be sliced";
    default: return "is not a number";
    }
}

const char *class_demand(uint32_t class) {
    switch (class) {
    case CLASS_NUMBER: return "a number is needed here";
    case CLASS_ADD: return "something that can be added is needed here";
    case CLASS_ORDER: return "an order is needed here";
    case CLASS_EQUAL: return "equality is needed here";
    case CLASS_PRINT: return "it is printed here";
    case CLASS_LENGTH: return "its length is asked for here";
    case CLASS_PATHS: return "a path or paths are needed here";
    case CLASS_CONVERT: return "it is converted to a number here";
    case CLASS_SLICE: return "it is sliced here";
    default: return "a number is needed here";
    }
}

void demand_labels(Diag *diag, Span span, const Demand *demand, const char *what) {
    enum { SHOWN = 4 };
    for (int i = 0; demand && i < SHOWN; i++, demand = demand->inner)
        if (!demand_is_at(demand, span)) diag_label(diag, demand->span, "%s", what);
}

static const char *pred_demand(const Pred *pred) {
    switch (pred->kind) {
    case PRED_SEQUENCE: return "it is walked here";
    case PRED_INDEX: return "it is indexed here";
    case PRED_KEYED: return "it is used as a map or set here";
    case PRED_IN: return "it is asked by `in` here";
    case PRED_FIELD: return "its field is read here";
    }
    return "it is used here";
}

const char *class_requirement(uint32_t class) {
    switch (class) {
    case CLASS_NUMBER: return "is a number";
    case CLASS_ADD: return "can be added";
    case CLASS_ORDER: return "has an order";
    case CLASS_EQUAL: return "has equality";
    case CLASS_PRINT: return "can be printed";
    case CLASS_LENGTH: return "has a length";
    case CLASS_PATHS: return "is a path or a list of paths";
    case CLASS_CONVERT: return "can be converted to a number";
    case CLASS_SLICE: return "can be sliced";
    default: return NULL;
    }
}

/* The type on which a predicate hangs. */
static Type **pred_container(Pred *pred) {
    return &pred->types[pred->kind == PRED_IN ? 1 : 0];
}

static void report(Infer *infer, const Pred *pred, const UnifyResult *result, Type *wanted, Type *found) {
    if (result->status == UNIFY_CLASS) {
        Diag *diag =
            diag_add(infer->diags, E0302, pred->span, "%s %s", type_text(infer, result->left), class_complaint(result->class));
        demand_labels(diag, pred->span, result->demand ? result->demand : pred->inner, class_demand(result->class));
        return;
    }
    const char *wanted_text, *found_text;
    type_texts(infer, wanted, found, &wanted_text, &found_text);
    const char *what = pred->kind == PRED_SEQUENCE ? "an element of this"
                       : pred->kind == PRED_IN     ? "what is looked for"
                                                   : "the key or position";
    if (pred->kind == PRED_FIELD || result->status != UNIFY_MISMATCH) what = "this";
    Diag *diag = diag_add(infer->diags, E0301, pred->span, "%s must be %s, but is %s", what, wanted_text, found_text);
    demand_labels(diag, pred->span, pred->inner, pred_demand(pred));
}

static void require_equal(Infer *infer, const Pred *pred, Type *wanted, Type *found) {
    UnifyResult result;
    if (!type_unify(infer, wanted, found, &result)) report(infer, pred, &result, wanted, found);
}

static void require_classes(Infer *infer, const Pred *pred, Type *type, uint32_t classes) {
    UnifyResult result;
    if (!type_constrain(infer, type, classes, &result)) report(infer, pred, &result, type, type);
}

/* After an error: what the predicate would have decided is an error too, so that nothing more is said about it. */
static void poison(Infer *infer, const Pred *pred) {
    UnifyResult ignored;
    for (size_t i = 0; i < 3; i++)
        if (pred->types[i]) type_unify(infer, pred->types[i], type_basic(infer, TYPE_ERROR), &ignored);
}

static void give_up(Infer *infer, const Pred *pred, Diag *diag) {
    demand_labels(diag, pred->span, pred->inner, pred_demand(pred));
    poison(infer, pred);
}

static void solve_sequence(Infer *infer, const Pred *pred, Type *container) {
    switch (container->kind) {
    case TYPE_LIST:
    case TYPE_SET:
    case TYPE_OPTIONAL:
    case TYPE_STREAM: require_equal(infer, pred, container->args[0], pred->types[1]); return;
    case TYPE_RANGE: require_equal(infer, pred, type_basic(infer, TYPE_INT), pred->types[1]); return;
    case TYPE_MAP:
        require_equal(infer, pred, type_pair(infer, TYPE_TUPLE, container->args[0], container->args[1]), pred->types[1]);
        return;
    default: break;
    }
    Diag *diag = diag_add(infer->diags, E0401, pred->span, "%s is not a sequence", type_text(infer, container));
    if (container->kind == TYPE_STRING)
        diag_hint(diag, "chars(s), words_in(s) and lines_in(s) are the sequences that a string has");
    else if (container->kind == TYPE_INT)
        diag_hint(diag, "0..<n are the numbers below n");
    else if (container->kind == TYPE_TUPLE && container->arg_count > 1)
        diag_hint(diag,
                  "the parts of a tuple may have different types: make it a list, `[a, b]`, or take it apart, `let (a, b) = t`");
    if (container->kind == TYPE_INT && pred->is_written)
        diag_fix(diag, (Span){pred->span.file, pred->span.from, pred->span.from}, "0..<");
    else if (container->kind == TYPE_FUTURE)
        diag_hint(diag, "`await` gives the result of a future");
    give_up(infer, pred, diag);
}

static void solve_index(Infer *infer, const Pred *pred, Type *container) {
    if (container->kind == TYPE_LIST) {
        require_equal(infer, pred, type_basic(infer, TYPE_INT), pred->types[1]);
        require_equal(infer, pred, container->args[0], pred->types[2]);
    } else if (container->kind == TYPE_MAP) {
        require_equal(infer, pred, container->args[0], pred->types[1]);
        require_equal(infer, pred, container->args[1], pred->types[2]);
    } else {
        Diag *diag =
            diag_add(infer->diags, E0302, pred->span, "%s cannot be indexed: only lists and maps can", type_text(infer, container));
        if (container->kind == TYPE_STRING)
            diag_hint(diag, "s[i..i] is the string of one byte, chars(s) the list of code points");
        else if (container->kind == TYPE_TUPLE && container->arg_count == 0)
            diag_hint(diag, "an empty map is written `[:]`, an empty list `[]`; `{ }` is a block without a value");
        else if (container->kind == TYPE_TUPLE)
            diag_hint(diag, "the fields of a tuple are .0, .1 and so on");
        else if (container->kind == TYPE_STREAM)
            diag_hint(diag, "list(s) brings the elements of a stream together");
        else if (container->kind == TYPE_OPTIONAL)
            diag_hint(diag, "`x ?? default` takes the value out of an optional");
        give_up(infer, pred, diag);
    }
}

static void solve_keyed(Infer *infer, const Pred *pred, Type *container) {
    if (container->kind == TYPE_MAP || container->kind == TYPE_SET) {
        require_equal(infer, pred, container->args[0], pred->types[1]);
        return;
    }
    Diag *diag = diag_add(infer->diags, E0302, pred->span, "%s is neither a map nor a set", type_text(infer, container));
    give_up(infer, pred, diag);
}

static void solve_in(Infer *infer, const Pred *pred, Type *container) {
    switch (container->kind) {
    case TYPE_LIST:
        require_equal(infer, pred, container->args[0], pred->types[0]);
        require_classes(infer, pred, pred->types[0], CLASS_EQUAL);
        return;
    case TYPE_MAP:
    case TYPE_SET: require_equal(infer, pred, container->args[0], pred->types[0]); return;
    case TYPE_RANGE: require_equal(infer, pred, type_basic(infer, TYPE_INT), pred->types[0]); return;
    case TYPE_STRING: require_equal(infer, pred, container, pred->types[0]); return;
    default: break;
    }
    Diag *diag = diag_add(infer->diags, E0302, pred->span, "`in` asks a map, set, list, range or string, and this is %s",
                          type_text(infer, container));
    give_up(infer, pred, diag);
}

static void solve_field(Infer *infer, const Pred *pred, Type *container) {
    if (container->kind == TYPE_TUPLE && pred->index < container->arg_count) {
        require_equal(infer, pred, container->args[pred->index], pred->types[1]);
        return;
    }
    Diag *diag = diag_add(infer->diags, E0306, pred->span, "%s has no field .%llu", type_text(infer, container),
                          (unsigned long long)pred->index);
    if (container->kind == TYPE_LIST) diag_hint(diag, "the elements of a list are xs[0], xs[1] and so on");
    if (container->kind == TYPE_TUPLE && container->arg_count > 0)
        diag_hint(diag, "its fields are .0 to .%zu", container->arg_count - 1);
    give_up(infer, pred, diag);
}

/* False when it has to wait. */
static bool solve(Infer *infer, Pred *pred) {
    Type *container = type_prune(*pred_container(pred));
    if (container->kind == TYPE_VAR) return false;
    if (container->kind == TYPE_ERROR) {
        poison(infer, pred);
        return true;
    }
    switch (pred->kind) {
    case PRED_SEQUENCE: solve_sequence(infer, pred, container); break;
    case PRED_INDEX: solve_index(infer, pred, container); break;
    case PRED_KEYED: solve_keyed(infer, pred, container); break;
    case PRED_IN: solve_in(infer, pred, container); break;
    case PRED_FIELD: solve_field(infer, pred, container); break;
    }
    return true;
}

/* Two predicates about the same thing decide the same: true when `pred` adds nothing to `known` any more. */
static bool merge(Infer *infer, Pred *known, Pred *pred) {
    if (known->kind != pred->kind || known->index != pred->index ||
        type_prune(*pred_container(known)) != type_prune(*pred_container(pred)))
        return false;
    for (size_t i = 0; i < 3; i++)
        if (known->types[i] && pred->types[i]) require_equal(infer, pred, known->types[i], pred->types[i]);
    return true;
}

void pred_require(Infer *infer, Pred pred) {
    if (solve(infer, &pred)) return;
    for (size_t i = 0; i < infer->pending.len; i++)
        if (merge(infer, &infer->pending.items[i], &pred)) return;
    vec_push(infer->arena, &infer->pending, pred);
}

void pred_solve_pending(Infer *infer) {
    bool progress = true;
    while (progress) {
        progress = false;
        size_t kept = 0;
        /* Solving may make types known on which earlier predicates wait: once more until nothing changes. */
        for (size_t i = 0; i < infer->pending.len; i++) {
            Pred pred = infer->pending.items[i];
            if (solve(infer, &pred))
                progress = true;
            else
                infer->pending.items[kept++] = pred;
        }
        infer->pending.len = kept;
    }
}
