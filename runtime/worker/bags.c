/* bags.c: a worker's bags, found by job and number, and what is done when they become too large. */
#include "runtime/worker/bags.h"

#include <stdlib.h>

#include "base/arena.h"

/* A lighter bag is not worth a run of cells. */
enum { SPILL_LEAST = 48 << 10 };

struct NumberedBag {
    NumberedBag *next;
    const FrameContext *of;
    uint32_t number;
    KeptBag kept;
};

static NumberedBag **find_bag(Bags *bags, const FrameContext *of, uint32_t number) {
    NumberedBag **link = &bags->first;
    while (*link && ((*link)->of != of || (*link)->number != number)) link = &(*link)->next;
    return link;
}

KeptBag *bags_get(Bags *bags, const FrameContext *of, uint32_t number, Part part) {
    NumberedBag **link = find_bag(bags, of, number);
    if (!*link) {
        NumberedBag *bag = *link = xcalloc(1, sizeof *bag);
        bag->of = of;
        bag->number = number;
        kept_init(&bag->kept, of, part);
    }
    return &(*link)->kept;
}

static void remove_at(NumberedBag **link) {
    NumberedBag *bag = *link;
    *link = bag->next;
    kept_free(&bag->kept);
    free(bag);
}

void bags_remove(Bags *bags, const FrameContext *of, uint32_t number) {
    NumberedBag **link = find_bag(bags, of, number);
    if (*link) remove_at(link);
}

void bags_drop(Bags *bags, const FrameContext *of) {
    for (NumberedBag **link = &bags->first; *link;) {
        if ((*link)->of == of)
            remove_at(link);
        else
            link = &(*link)->next;
    }
}

bool bags_relieve(Bags *bags, KeptBag *changed, const FrameContext *of, char **error) {
    uint64_t share = memory_share(&bags->memory);
    if (share == UINT64_MAX) return false;
    kept_weigh(changed, of);
    for (;;) {
        uint64_t sum = 0;
        NumberedBag *heaviest = NULL;
        for (NumberedBag *bag = bags->first; bag; bag = bag->next) {
            sum += bag->kept.weight.all;
            if (!task_is_keyed(bag->of->task) || bag_count(&bag->kept.bag) == 0 || !kept_pays(&bag->kept)) continue;
            if (!heaviest || bag->kept.weight.all > heaviest->kept.weight.all) heaviest = bag;
        }
        if (sum <= share || !heaviest || heaviest->kept.weight.all < SPILL_LEAST) return false;
        if (kept_spill(&heaviest->kept, heaviest->of, &bags->memory, error)) return true;
    }
}

/* ---- mapping */

typedef struct MapRelief {
    JobRelief base;
    Bags *bags;
    KeptBag *kept;
    Job *job;
    char **error;
} MapRelief;

/* While a range is mapped, the bag is the job's. */
static bool relieve_map(JobRelief *base) {
    MapRelief *relief = (MapRelief *)base;
    relief->kept->bag = relief->job->bag;
    bool failed = bags_relieve(relief->bags, relief->kept, &relief->job->of, relief->error);
    relief->job->bag = relief->kept->bag;
    return failed;
}

bool bags_map(Bags *bags, KeptBag *kept, Job *job, JobRun *run, char **error) {
    MapRelief relief = {.base.relieve = relieve_map, .bags = bags, .kept = kept, .job = job, .error = error};
    Bag own = job->bag;
    if (bags->memory.limit && task_is_keyed(job->plan.task)) run->relief = &relief.base;
    job->bag = kept->bag;
    job_map(job, run);
    kept->bag = job->bag;
    job->bag = own;
    run->relief = NULL;
    return run->is_unrelieved || bags_relieve(bags, kept, &job->of, error);
}
