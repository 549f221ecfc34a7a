/* spill.c: writing keyed bags to temporary files, and making bytes of bags. */
#include "runtime/worker/spill.h"

#include <malloc.h>
#include <stdlib.h>

#include "runtime/worker/fault.h"

/* Memory that is given back to the system once so much of it has been freed. */
enum { TRIM_SIZE = 1 << 20 };

/* A bag is looked at again when it has changed as often as this part of its nodes: by then it weighs little more, and all looks
 * together take as long as this many times the last one, however many ranges went into it. */
enum { UNSEEN_PART = 16 };

Memory memory_of(uint64_t limit) {
    const char *directory = getenv("TMPDIR");
    return (Memory){.limit = limit, .directory = directory && *directory ? directory : "/tmp"};
}

/* Bags that are parts are cut by other bits of the hashes than those by which they were cut from the whole. */
static uint32_t kept_level(const KeptBag *kept) {
    return kept->part.count > 1 ? 1 : 0;
}

/* What is combined in the bag are parts of nodes? */
static FrameContext kept_context(const KeptBag *kept, const FrameContext *of) {
    FrameContext context = *of;
    context.is_cut = kept->part.count > 1;
    return context;
}

void kept_init(KeptBag *kept, const FrameContext *of, Part part) {
    *kept = (KeptBag){.part = part};
    bag_init(&kept->bag, of->chunks, of->task->flags & MR_TASK_EXACT, frame_ops((FrameContext *)(uintptr_t)of));
}

void kept_free(KeptBag *kept) {
    bag_free(&kept->bag);
    held_free(&kept->spilled);
    kept->weight = (BagWeight){0};
}

void kept_weigh(KeptBag *kept, const FrameContext *of) {
    if (kept->weight.all > 0 && kept->unseen++ < bag_count(&kept->bag) / UNSEEN_PART) return;
    kept->weight = bag_weight(&kept->bag, of);
    kept->unseen = 0;
}

bool kept_pays(const KeptBag *kept) {
    return kept->weight.all / SPILL_NODE >= bag_count(&kept->bag);
}

typedef struct RunSink {
    Held *held;
    char **error;
} RunSink;

static bool add_stretch(void *data, uint32_t cell, const Buf *stretch) {
    RunSink *sink = data;
    return held_add(sink->held, cell, stretch->data, stretch->len, sink->error);
}

/* Adds the bag as one more run, and empties it. */
static bool add_run(KeptBag *kept, const FrameContext *of, Held *held, char **error) {
    RunSink sink = {held, error};
    uint32_t run = held_runs(held);
    MR_FAULT("spill.before_write");
    held_begin(held);
    if (bag_cut(&kept->bag, of, kept_level(kept), run, add_stretch, &sink) || held_end(held, error)) return true;
    MR_FAULT("spill.after_write");
    bag_free(&kept->bag);
    if (kept->weight.all > TRIM_SIZE) malloc_trim(0);
    kept->weight = (BagWeight){0};
    return false;
}

bool kept_spill(KeptBag *kept, const FrameContext *of, const Memory *memory, char **error) {
    if (!task_is_keyed(of->task) || bag_count(&kept->bag) == 0) return false;
    if (!kept->spilled) kept->spilled = held_spool(CUT_CELLS, memory->directory, error);
    return !kept->spilled || add_run(kept, of, kept->spilled, error);
}

bool kept_merge(KeptBag *kept, const FrameContext *of, const void *bytes, size_t size, uint64_t *nodes) {
    FrameContext context = kept_context(kept, of);
    BagOps ops = kept->bag.ops;
    kept->bag.ops = frame_ops(&context);
    bool failed = bag_merge_bytes(&kept->bag, &context, kept->part, bytes, size, nodes);
    kept->bag.ops = ops;
    kept->unseen = bag_count(&kept->bag); /* it may weigh twice as much now: the next look is not put off */
    return failed;
}

Held *kept_freeze(KeptBag *kept, const FrameContext *of, const Memory *memory, bool is_cut, char **error) {
    bool is_keyed = task_is_keyed(of->task);
    Held *held = kept->spilled;
    kept->weight = bag_weight(&kept->bag, of);
    kept->spilled = NULL;
    bool is_large = memory->limit && kept->weight.all > memory_share(memory) / MEMORY_SHARES && (is_cut || kept_pays(kept));
    if (!held && is_keyed && is_large) {
        held = held_spool(CUT_CELLS, memory->directory, error);
        if (!held) return NULL;
    }
    if (!held && is_keyed && is_cut) held = held_cut(CUT_CELLS);
    if (held) {
        if (bag_count(&kept->bag) > 0 && add_run(kept, of, held, error)) held_free(&held);
        return held;
    }
    Buf data = {0};
    bag_to_bytes(&kept->bag, of, &data);
    bag_free(&kept->bag);
    return held_plain(&data);
}
