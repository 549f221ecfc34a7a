/* order.c: the order in which a module's top level is checked: Tarjan's strongly connected components over what mentions what.
 *
 * Components come out callees first, which is the order of generalisation. The walk keeps its own stack, since a file may hold a
 * chain of any number of functions. */
#include "compiler/sema/resolve.h"

typedef struct Frame {
    Item *item;
    size_t next; /* of item->uses */
} Frame;

typedef struct Walk {
    Sema *sema;
    ItemGroups *groups;
    VEC(Frame) frames;
    Items open;
    uint32_t count;
} Walk;

static bool is_function(const Item *item) {
    return item->node->kind == AST_FN || item->node->kind == AST_REDUCER;
}

static Item *later_let(Item *a, Item *b) {
    return !a || (b && b->position > a->position) ? b : a;
}

/* What an item brings to those that mention it: a let itself, a function what it reads. */
static Item *let_read(Item *item) {
    return is_function(item) ? item->last_let : item;
}

static void close_group(Walk *walk, const Item *root) {
    ItemGroup group = {0};
    for (bool last = false; !last;) {
        Item *item = vec_pop(&walk->open);
        item->is_open = false;
        last = item == root;
        vec_push(walk->sema->arena, &group.items, item);
    }
    Item *last_let = NULL;
    for (size_t i = 0; i < group.items.len; i++) {
        const Item *item = group.items.items[i];
        for (size_t j = 0; j < item->uses.len; j++) {
            last_let = later_let(last_let, let_read(item->uses.items[j]));
            if (item->uses.items[j] == item) group.is_cycle = true;
        }
    }
    group.is_cycle = group.is_cycle || group.items.len > 1;
    for (size_t i = 0; i < group.items.len; i++) {
        Item *item = group.items.items[i];
        item->last_let = last_let;
        if (item->node->symbol && is_function(item)) item->node->symbol->is_recursive = group.is_cycle;
    }
    vec_push(walk->sema->arena, walk->groups, group);
}

static void open_item(Walk *walk, Item *item) {
    item->index = item->low = ++walk->count;
    item->is_open = true;
    vec_push(walk->sema->arena, &walk->open, item);
    vec_push(walk->sema->arena, &walk->frames, ((Frame){item, 0}));
}

static void visit(Walk *walk, Item *root) {
    open_item(walk, root);
    while (walk->frames.len > 0) {
        Frame *frame = &vec_last(&walk->frames);
        Item *item = frame->item;
        if (frame->next < item->uses.len) {
            Item *used = item->uses.items[frame->next++];
            if (used->index == 0)
                open_item(walk, used);
            else if (used->is_open && used->index < item->low)
                item->low = used->index;
            continue;
        }
        walk->frames.len--;
        if (walk->frames.len > 0 && item->low < vec_last(&walk->frames).item->low) vec_last(&walk->frames).item->low = item->low;
        if (item->low == item->index) close_group(walk, item);
    }
}

/* A function runs where a statement mentions it, or later: all lets that it reads must have their values by then. */
static void check_reads(Sema *sema, const Item *item) {
    for (size_t i = 0; i < item->functions.len; i++) {
        const Mention *mention = &item->functions.items[i];
        const Item *let = mention->symbol->item->last_let;
        if (!let || let->position < item->position) continue;
        Diag *diag = diag_add(sema->diags, E0205, mention->span, "`%s` is mentioned before a let that it reads has its value",
                              mention->symbol->name);
        diag_note(diag, let->node->span, "this let is read by `%s`", mention->symbol->name);
        diag_hint(diag, "move the let up, above the mention of `%s`", mention->symbol->name);
        return;
    }
}

void order_items(Sema *sema, const Items *items, ItemGroups *groups) {
    Walk walk = {.sema = sema, .groups = groups};
    for (size_t i = 0; i < items->len; i++)
        if (items->items[i]->index == 0) visit(&walk, items->items[i]);
    for (size_t i = 0; i < items->len; i++) check_reads(sema, items->items[i]);
}
