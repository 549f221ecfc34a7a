/* Cutting a module in two: which function goes where, and what each half must know of the other.
 *
 * A function that is called from one place only stays with its caller, since it will be inlined there; the rest is shared out by
 * what it costs. Each half sees the other's small functions as copies to inline, and its constants as copies to fold; everything
 * else of the other half is a declaration. What the other half needs of this one can no longer be internal: it becomes a hidden
 * symbol, under a name that nothing else in an executable has. */
#include "compiler/llvm/split.h"

#include <llvm-c/BitReader.h>
#include <llvm-c/BitWriter.h>
#include <pthread.h>
#include <string.h>

/* Smaller programs are not worth the second thread; functions up to COPIED instructions are seen whole by both halves. */
enum { SPLIT_INSTRUCTIONS = 12000, COPIED_INSTRUCTIONS = 60 };

/* A function or global variable, which stands at the same place of both halves. */
typedef struct Item {
    LLVMValueRef in[2]; /* NULL: this half does not have it */
    size_t size;        /* of a function: instructions */
    unsigned home;      /* the half that defines it */
    bool is_placed;
} Item;

typedef struct Split {
    Arena *arena;
    LLVMModuleRef modules[2];
    Item *functions, *globals;
    size_t function_count, global_count;
    Map by_function; /* LLVMValueRef of half 0 -> Item * */
} Split;

static size_t instruction_count(LLVMValueRef function) {
    size_t count = 0;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(function); b; b = LLVMGetNextBasicBlock(b)) {
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i)) count++;
    }
    return count;
}

size_t gen_module_size(LLVMModuleRef module) {
    size_t size = 0;
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) size += instruction_count(f);
    return size;
}

/* ---- the second half: a copy in a context of its own */

static bool half_copy(Gen *gen) {
    LLVMMemoryBufferRef bitcode = LLVMWriteBitcodeToMemoryBuffer(gen->module);
    LLVMModuleRef copy = NULL;
    gen->other = gen_new(gen->program, &gen->options, gen->sink);
    bool is_bad = !gen->other || LLVMParseBitcodeInContext2(gen->other->llvm, bitcode, &copy);
    LLVMDisposeMemoryBuffer(bitcode);
    if (is_bad) {
        diag_add(gen->sink, E0701, SPAN_NONE, "the compiler cannot read back its own module (a mistake of the compiler)");
        return false;
    }
    gen->other->sink = diag_sink_new(gen->other->arena, gen->program->sources); /* another thread will write to it */
    LLVMDisposeModule(gen->other->module);
    gen->other->module = copy;
    return true;
}

static void collect(Split *split, Gen *gen) {
    split->modules[0] = gen->module;
    split->modules[1] = gen->other->module;
    LLVMValueRef functions[2] = {LLVMGetFirstFunction(gen->module), LLVMGetFirstFunction(gen->other->module)};
    LLVMValueRef globals[2] = {LLVMGetFirstGlobal(gen->module), LLVMGetFirstGlobal(gen->other->module)};
    for (LLVMValueRef f = functions[0]; f; f = LLVMGetNextFunction(f)) split->function_count++;
    for (LLVMValueRef g = globals[0]; g; g = LLVMGetNextGlobal(g)) split->global_count++;
    split->functions = arena_array(split->arena, Item, split->function_count + 1);
    split->globals = arena_array(split->arena, Item, split->global_count + 1);
    for (size_t i = 0; i < split->function_count; i++) {
        Item *item = &split->functions[i];
        for (unsigned half = 0; half < 2; half++) {
            item->in[half] = functions[half];
            functions[half] = LLVMGetNextFunction(functions[half]);
        }
        item->size = instruction_count(item->in[0]);
        *map_slot_pointer(&split->by_function, item->in[0]) = item;
    }
    for (size_t i = 0; i < split->global_count; i++) {
        for (unsigned half = 0; half < 2; half++) {
            split->globals[i].in[half] = globals[half];
            globals[half] = LLVMGetNextGlobal(globals[half]);
        }
    }
}

/* ---- which half a function goes to */

/* The function with the only call of this one, or NULL. */
static Item *only_caller(Split *split, const Item *item) {
    LLVMUseRef use = LLVMGetFirstUse(item->in[0]);
    if (!use || LLVMGetNextUse(use)) return NULL;
    LLVMValueRef user = LLVMGetUser(use);
    if (!LLVMIsACallInst(user) || LLVMGetCalledValue(user) != item->in[0]) return NULL;
    return *map_slot_pointer(&split->by_function, LLVMGetBasicBlockParent(LLVMGetInstructionParent(user)));
}

/* The function that decides for this one: the last in the chain of only callers. */
static Item *decider(Split *split, Item *item) {
    for (size_t steps = 0; steps < split->function_count; steps++) {
        Item *caller = only_caller(split, item);
        if (!caller) break;
        item = caller;
    }
    return item;
}

/* What a function costs LLVM: one that is not optimised has to be emitted yet. */
static size_t cost(const Item *item) {
    unsigned kind = LLVMGetEnumAttributeKindForName("optnone", 7);
    bool is_cheap = LLVMGetEnumAttributeAtIndex(item->in[0], (LLVMAttributeIndex)LLVMAttributeFunctionIndex, kind) != NULL;
    return is_cheap ? item->size / 2 : item->size;
}

/* Each goes to the half that has less to do so far, so that all kinds of functions are shared out evenly. */
static void place_functions(Split *split) {
    size_t placed[2] = {0, 0};
    for (size_t i = 0; i < split->function_count; i++) {
        Item *item = &split->functions[i], *by = decider(split, item);
        if (!by->is_placed) {
            by->home = placed[1] < placed[0];
            by->is_placed = true;
            placed[by->home] += cost(by);
        }
        if (item->is_placed) continue;
        item->home = by->home;
        item->is_placed = true;
        placed[item->home] += cost(item);
    }
}

/* ---- what a half gives up */

static void copy_attributes(LLVMValueRef from, LLVMValueRef to, LLVMAttributeIndex where) {
    unsigned count = LLVMGetAttributeCountAtIndex(from, where);
    LLVMAttributeRef attributes[64];
    if (count > sizeof attributes / sizeof *attributes) return; /* there are never that many; they only help */
    LLVMGetAttributesAtIndex(from, where, attributes);
    for (unsigned i = 0; i < count; i++) LLVMAddAttributeAtIndex(to, where, attributes[i]);
}

/* A declaration in the place of a function. */
static LLVMValueRef declare(LLVMModuleRef module, LLVMValueRef function) {
    LLVMValueRef declaration = LLVMAddFunction(module, "", LLVMGlobalGetValueType(function));
    LLVMSetFunctionCallConv(declaration, LLVMGetFunctionCallConv(function));
    copy_attributes(function, declaration, (LLVMAttributeIndex)LLVMAttributeFunctionIndex);
    for (unsigned i = 0; i <= LLVMCountParams(function); i++) copy_attributes(function, declaration, i);
    unsigned kind = LLVMGetEnumAttributeKindForName("optnone", 7);
    LLVMRemoveEnumAttributeAtIndex(declaration, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, kind);
    LLVMReplaceAllUsesWith(function, declaration);
    LLVMDeleteFunction(function);
    return declaration;
}

static void give_up_functions(Split *split, unsigned half) {
    for (size_t i = 0; i < split->function_count; i++) {
        Item *item = &split->functions[i];
        if (LLVMIsDeclaration(item->in[half]) || item->home == half || item->size <= COPIED_INSTRUCTIONS) continue;
        item->in[half] = declare(split->modules[half], item->in[half]);
    }
}

/* A task's or the program's constant: nothing is gained by looking into it, and it mentions code. */
static bool mentions_code(LLVMValueRef constant) {
    if (LLVMIsAFunction(constant)) return true;
    if (LLVMIsAGlobalVariable(constant)) return false;
    int count = LLVMGetNumOperands(constant);
    for (int i = 0; i < count; i++) {
        if (mentions_code(LLVMGetOperand(constant, (unsigned)i))) return true;
    }
    return false;
}

static void give_up_globals(Split *split) {
    for (size_t i = 0; i < split->global_count; i++) {
        LLVMValueRef global = split->globals[i].in[1], initial = LLVMGetInitializer(global);
        if (initial && (!LLVMIsGlobalConstant(global) || mentions_code(initial))) LLVMSetInitializer(global, NULL);
    }
}

/* What a half neither defines nor uses goes, and then what only that has used. */
static void sweep(Split *split, unsigned half) {
    for (bool has_changed = true; has_changed;) {
        has_changed = false;
        for (size_t i = 0; i < split->function_count; i++) {
            Item *item = &split->functions[i];
            if (!item->in[half] || item->home == half || LLVMGetFirstUse(item->in[half])) continue;
            LLVMDeleteFunction(item->in[half]);
            item->in[half] = NULL;
            has_changed = true;
        }
        for (size_t i = 0; i < split->global_count && half == 1; i++) {
            Item *item = &split->globals[i];
            if (!item->in[1] || LLVMGetFirstUse(item->in[1])) continue;
            LLVMDeleteGlobal(item->in[1]);
            item->in[1] = NULL;
            has_changed = true;
        }
    }
}

/* ---- what is left in both halves gets one name */

static bool is_local(LLVMValueRef value) {
    LLVMLinkage linkage = LLVMGetLinkage(value);
    return linkage == LLVMInternalLinkage || linkage == LLVMPrivateLinkage;
}

static void share(Item *item) {
    unsigned home = item->home;
    if (!item->in[!home] || !is_local(item->in[home])) return;
    size_t len;
    const char *name = LLVMGetValueName2(item->in[home], &len);
    Buf text = {0};
    buf_printf(&text, "mr: %.*s", (int)len, name);
    for (unsigned half = 0; half < 2; half++) {
        LLVMValueRef value = item->in[half];
        bool is_copy = half != home && !LLVMIsDeclaration(value);
        LLVMSetLinkage(value, is_copy ? LLVMAvailableExternallyLinkage : LLVMExternalLinkage);
        LLVMSetVisibility(value, LLVMHiddenVisibility);
        LLVMSetValueName2(value, text.data, text.len);
    }
    buf_free(&text);
}

bool gen_split(Gen *gen) {
    size_t all = gen_module_size(gen->module);
    if (all < SPLIT_INSTRUCTIONS) return true;
    if (!half_copy(gen)) return false;
    Arena *arena = arena_new();
    Split split = {.arena = arena};
    map_init(&split.by_function, arena);
    collect(&split, gen);
    place_functions(&split);
    give_up_functions(&split, 0);
    give_up_functions(&split, 1);
    give_up_globals(&split);
    sweep(&split, 0);
    sweep(&split, 1);
    for (size_t i = 0; i < split.function_count; i++) share(&split.functions[i]);
    for (size_t i = 0; i < split.global_count; i++) share(&split.globals[i]);
    arena_free(&arena);
    return true;
}

/* ---- both at once */

typedef struct HalfWork {
    Gen *half;
    bool (*work)(Gen *half);
    bool is_done;
} HalfWork;

static void *half_thread(void *data) {
    HalfWork *order = data;
    order->is_done = order->work(order->half);
    return NULL;
}

bool gen_for_each_half(Gen *gen, bool (*work)(Gen *half)) {
    if (!gen->other) return work(gen);
    HalfWork order = {.half = gen->other, .work = work};
    pthread_t thread;
    bool is_parallel = pthread_create(&thread, NULL, half_thread, &order) == 0;
    bool is_done = work(gen);
    if (is_parallel)
        pthread_join(thread, NULL);
    else
        half_thread(&order);
    diag_copy(gen->other->sink, gen->sink);
    return is_done && order.is_done;
}
