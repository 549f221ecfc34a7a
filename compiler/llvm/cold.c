/* Which functions are not worth optimising, since they run seldom and briefly: LLVM takes a millisecond for the smallest function.
 *
 * Some are made as such (gen_cold): the top level outside of loops, what hands a table to the runtime. A function without loops
 * that is called by such functions only, and not by itself in the end, runs as seldom as they do, and so is cold too. */
#include "compiler/llvm/module.h"

/* A function as far as its calls are known. */
typedef struct Callable {
    LLVMValueRef function;
    size_t uses;  /* from what is not cold, and other uses than calls */
    bool is_cold; /* and its calls have been counted */
} Callable;

typedef struct Colder {
    Gen *gen;
    Map callables; /* LLVMValueRef -> Callable * */
    VEC(Callable *) todo;
    unsigned optnone, alwaysinline;
} Colder;

void gen_cold(Gen *gen, LLVMValueRef function) {
    if (gen->options.level == 0) return;
    gen_attribute(gen, function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, "noinline");
    gen_attribute(gen, function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, "optnone");
}

static bool has_attribute(LLVMValueRef function, unsigned kind) {
    return LLVMGetEnumAttributeAtIndex(function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, kind) != NULL;
}

/* A block on the way from the entry, of which the successors before `next` have been looked at. */
typedef struct Step {
    LLVMValueRef end;
    unsigned next, count;
    bool *is_open;
} Step;

static void enter(Arena *arena, Step *step, LLVMBasicBlockRef block, Map *seen) {
    LLVMValueRef end = LLVMGetBasicBlockTerminator(block);
    *step = (Step){.end = end, .count = end ? LLVMGetNumSuccessors(end) : 0, .is_open = arena_make(arena, bool)};
    *step->is_open = true;
    *map_slot_pointer(seen, block) = step->is_open;
}

/* Whether a way through the function comes back to a block that it has passed. */
static bool has_loop(Arena *arena, LLVMValueRef function) {
    Step *way = arena_array(arena, Step, LLVMCountBasicBlocks(function));
    size_t len = 0;
    Map seen;
    map_init(&seen, arena);
    enter(arena, &way[len++], LLVMGetEntryBasicBlock(function), &seen);
    while (len) {
        Step *step = &way[len - 1];
        if (step->next == step->count) {
            *step->is_open = false;
            len--;
            continue;
        }
        LLVMBasicBlockRef next = LLVMGetSuccessor(step->end, step->next++);
        const bool *is_open = map_get_pointer(&seen, next);
        if (is_open && *is_open) return true;
        if (!is_open) enter(arena, &way[len++], next, &seen);
    }
    return false;
}

static void count_uses(Colder *colder) {
    for (LLVMValueRef f = LLVMGetFirstFunction(colder->gen->module); f; f = LLVMGetNextFunction(f)) {
        if (LLVMIsDeclaration(f)) continue;
        Callable *callable = arena_make(colder->gen->arena, Callable);
        callable->function = f;
        callable->is_cold = has_attribute(f, colder->optnone);
        for (LLVMUseRef use = LLVMGetFirstUse(f); use; use = LLVMGetNextUse(use)) callable->uses++;
        *map_slot_pointer(&colder->callables, f) = callable;
        if (callable->is_cold) vec_push(colder->gen->arena, &colder->todo, callable);
    }
}

/* What a cold function calls is not put in line, and is called from one place less that could be a busy one. */
static void take_call(Colder *colder, LLVMValueRef call) {
    LLVMRemoveCallSiteEnumAttribute(call, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, colder->alwaysinline);
    Callable *callee = map_get_pointer(&colder->callables, LLVMGetCalledValue(call));
    if (!callee || --callee->uses > 0 || callee->is_cold) return;
    if (LLVMGetLinkage(callee->function) != LLVMInternalLinkage || has_loop(colder->gen->arena, callee->function)) return;
    callee->is_cold = true;
    gen_cold(colder->gen, callee->function);
    vec_push(colder->gen->arena, &colder->todo, callee);
}

void gen_find_cold(Gen *gen) {
    Colder colder = {.gen = gen,
                     .optnone = LLVMGetEnumAttributeKindForName("optnone", 7),
                     .alwaysinline = LLVMGetEnumAttributeKindForName("alwaysinline", 12)};
    if (gen->options.level == 0) return;
    map_init(&colder.callables, gen->arena);
    count_uses(&colder);
    for (size_t i = 0; i < colder.todo.len; i++) {
        LLVMValueRef function = colder.todo.items[i]->function;
        for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function); block; block = LLVMGetNextBasicBlock(block)) {
            for (LLVMValueRef at = LLVMGetFirstInstruction(block); at; at = LLVMGetNextInstruction(at)) {
                if (LLVMIsACallInst(at)) take_call(&colder, at);
            }
        }
    }
}
