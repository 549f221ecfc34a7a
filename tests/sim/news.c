/* news.c: whether what the scheduler tells of a run is consistent: a range or a merge that was begun ends in exactly one way, what
 * is open agrees with the scheduler's books after each step, and what a job's ranges were told to have read is what the job is told
 * to have read in the end. */
#include <stdlib.h>

#include "runtime/sched/sched_state.h"
#include "tests/sim/sim.h"

/* A range or a merge that has begun, and not ended. */
typedef struct Open {
    uint64_t job, number;
    uint32_t worker;
    bool is_merge;
} Open;

static bool is_about(const Open *open, const News *news, bool is_merge) {
    return open->is_merge == is_merge && open->job == news->job && open->number == news->number &&
           (is_merge || open->worker == news->worker);
}

static Open *find_open(Sim *sim, const News *news, bool is_merge) {
    Open *items = (Open *)(void *)sim->open.data;
    for (size_t i = sim->open.len / sizeof *items; i > 0; i--)
        if (is_about(&items[i - 1], news, is_merge)) return &items[i - 1];
    return NULL;
}

static void must_be_open(Sim *sim, const News *news, bool is_merge, bool is_open) {
    if ((find_open(sim, news, is_merge) != NULL) == is_open) return;
    sim_fail(sim, "the news say %s of %llu of job %llx, worker %u, which is %s", news_kind_name(news->kind),
             (unsigned long long)news->number, (unsigned long long)news->job, news->worker, is_open ? "not open" : "open");
}

static void begin(Sim *sim, const News *news, bool is_merge) {
    must_be_open(sim, news, is_merge, false);
    Open open = {.job = news->job, .number = news->number, .worker = news->worker, .is_merge = is_merge};
    buf_add(&sim->open, &open, sizeof open);
    sim->told++;
}

static void end(Sim *sim, const News *news, bool is_merge) {
    must_be_open(sim, news, is_merge, true);
    Open *open = find_open(sim, news, is_merge);
    if (!open) return;
    *open = ((Open *)(void *)sim->open.data)[sim->open.len / sizeof *open - 1];
    sim->open.len -= sizeof *open;
}

/* What the ranges of a job have read, by its place in the plan. */
static SimRead *read_of(Sim *sim, const News *news) {
    uint64_t place = sim_job(sim, news->job);
    return place >= 1 && place <= SIM_ALL_JOBS ? &sim->read[place - 1] : NULL;
}

static void range_done(Sim *sim, const News *news) {
    SimRead *read = read_of(sim, news);
    end(sim, news, false);
    if (news->part > news->count) sim_fail(sim, "the news tell of more chunks than a range has");
    if (!news->is_good || !read) return;
    read->elements += news->elements;
    read->ranges++;
}

static void job_finished(Sim *sim, const News *news) {
    const SimRead *read = read_of(sim, news);
    if (read && (read->elements != news->elements || read->ranges != news->count))
        sim_fail(sim, "job %llx is told to have read %llu elements in %llu ranges, but its ranges %llu in %llu",
                 (unsigned long long)news->job, (unsigned long long)news->elements, (unsigned long long)news->count,
                 (unsigned long long)read->elements, (unsigned long long)read->ranges);
    if (news->is_good && news->done != news->limit) sim_fail(sim, "a job is told to be finished without all of its chunks");
}

static void take(Sim *sim, const News *news) {
    if (news->job && news->done > news->limit) sim_fail(sim, "the news tell of more chunks than a job has");
    switch (news->kind) {
    case NEWS_RANGE_HANDED: begin(sim, news, false); break;
    case NEWS_RANGE_REVOKED: must_be_open(sim, news, false, true); break;
    case NEWS_RANGE_DONE: range_done(sim, news); break;
    case NEWS_RANGE_DROPPED: end(sim, news, false); break;
    case NEWS_MERGE_BEGUN: begin(sim, news, true); break;
    case NEWS_MERGE_DONE:
    case NEWS_MERGE_DROPPED: end(sim, news, true); break;
    case NEWS_JOB_FINISHED: job_finished(sim, news); break;
    case NEWS_WORKER_JOINED: sim->here++; break;
    case NEWS_WORKER_LEFT: sim->here--; break;
    default: break;
    }
}

static size_t ranges_in_books(const Sched *sched) {
    size_t count = sched->orphan_count;
    for (const Job *job = sched->jobs.first; job; job = job->next) count += job->handed_len;
    for (const Job *job = sched->nested.first; job; job = job->next) count += job->handed_len;
    return count;
}

void news_take(Sim *sim) {
    NewsList *list = &sim->actions.news;
    const Sched *sched = sim->sched;
    size_t ranges = 0;
    for (size_t i = 0; i < list->len; i++) take(sim, &list->items[i]);
    list->len = 0;
    const Open *items = (const Open *)(const void *)sim->open.data;
    for (size_t i = 0; i < sim->open.len / sizeof *items; i++) ranges += !items[i].is_merge;
    if (sched->phase != RUN_GOES) return;
    if (ranges != ranges_in_books(sched))
        sim_fail(sim, "%zu ranges are open by the news, and %zu in the books", ranges, ranges_in_books(sched));
    if (sim->here != sched_live_workers(sched))
        sim_fail(sim, "%u workers are here by the news, and %u in the books", sim->here, sched_live_workers(sched));
}
