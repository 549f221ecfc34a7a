/* sched_lost.c: what is lost with a worker, who is blamed for it, and how its work gets done by others.
 *
 * Whoever is lost is lost for ever: it is fenced (its process is killed where that is possible, and what it still says is answered
 * with SHUTDOWN), its number is given to nobody else. The run goes on as long as one worker lives, or one is on its way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/sched/sched_state.h"

/* IN_VAIN: workers that are lost, for each that is wanted, without any job having got further than it had been before, until the
 * run ends. COMPLAINTS about one worker, until it is let go. PIECES: a range of which somebody died is handed out in so many. */
enum { IN_VAIN = 3, COMPLAINTS = 2, PIECES = 4 };

/* ---- blame */

/* The range that was handed to the worker first, of those that it has not answered: it was at that one, if at any. */
static Job *first_handed(Sched *sched, uint32_t worker, const HandedRange **first) {
    Job *of = NULL;
    *first = NULL;
    JobList *lists[] = {&sched->jobs, &sched->nested};
    for (size_t list = 0; list < 2; list++)
        for (Job *job = lists[list]->first; job; job = job->next)
            for (size_t i = 0; i < job->handed_len; i++) {
                const HandedRange *handed = &job->handed[i];
                if (handed->worker != worker || (*first && handed->serial >= (*first)->serial)) continue;
                *first = handed;
                of = job;
            }
    return of;
}

Range range_common(Range a, Range b) {
    uint64_t first = a.first > b.first ? a.first : b.first;
    uint64_t a_end = a.first + a.count, b_end = b.first + b.count, end = a_end < b_end ? a_end : b_end;
    return (Range){first, end > first ? end - first : 0};
}

/* A worker died of one of these chunks. Those in which others have died, too, are suspected more. */
static void job_blame(Sched *sched, Job *job, Range range, const char *how) {
    Blame *blame = NULL;
    for (uint32_t i = 0; i < job->blame_count && !blame; i++)
        if (range_common(job->blames[i].range, range).count) blame = &job->blames[i];
    if (blame) {
        blame->range = range_common(blame->range, range);
    } else {
        job->blames = xrealloc(job->blames, (job->blame_count + 1) * sizeof *job->blames);
        blame = &job->blames[job->blame_count++];
        *blame = (Blame){.range = range};
    }
    blame->deaths++;
    if (blame->range.count > 1 || blame->deaths < sched->config.retries || job->is_poisoned) return;
    job->is_poisoned = true;
    ranges_clear(&job->todo);
    ranges_clear(&job->copies); /* else they were to do again, once their straggler is lost */
    MsgPoison *poison = &job_send(sched, job, job->owner, MSG_POISON)->as.poison;
    *poison = (MsgPoison){.chunk = blame->range.first, .workers = blame->deaths};
    snprintf(poison->how, sizeof poison->how, "%s", how);
}

bool job_has_suspects(const Job *job) {
    for (uint32_t i = 0; i < job->blame_count; i++) {
        Range blamed = job->blames[i].range;
        uint64_t end = blamed.first + blamed.count < job->limit ? blamed.first + blamed.count : job->limit;
        if (blamed.first < end && !ranges_has(&job->covered, blamed.first, end - blamed.first)) return true;
    }
    return false;
}

Range job_cut_blamed(const Job *job, Range range) {
    for (uint32_t i = 0; i < job->blame_count; i++) {
        Range blamed = job->blames[i].range;
        if (range_common(blamed, range).count == 0) continue;
        uint64_t end = range.first < blamed.first ? blamed.first : blamed.first + blamed.count, piece = blamed.count / PIECES;
        if (range.first + range.count > end) range.count = end - range.first;
        if (range.first >= blamed.first && range.count > piece) range.count = piece ? piece : 1;
    }
    return range;
}

/* Who holds a chunk may have died of it already, without anybody knowing. */
static uint64_t job_holders(const Job *job, Range range) {
    uint64_t holders = 0;
    for (size_t i = 0; i < job->handed_len; i++) holders += range_common(job->handed[i].range, range).count > 0;
    return holders;
}

bool job_may_risk(const Sched *sched, const Job *job, Range range) {
    for (uint32_t i = 0; i < job->blame_count; i++) {
        Range common = range_common(job->blames[i].range, range);
        if (common.count && job->blames[i].deaths + job_holders(job, common) >= sched->config.retries) return false;
    }
    return true;
}

/* Its parent may have seen what it was at; else the range that it had longest is blamed. */
static void sched_blame(Sched *sched, const SchedPeer *peer, const char *how) {
    const HandedRange *handed;
    Job *job = first_handed(sched, peer->worker, &handed);
    if (peer->at_job && peer->at_chunk < 0) return; /* it was at something that has nothing to do with one chunk */
    Job *seen = peer->at_job ? table_find(&sched->jobs_by_number, peer->at_job) : NULL;
    Range at = {(uint64_t)peer->at_chunk, peer->at_count ? peer->at_count : 1};
    for (size_t i = 0; seen && i < seen->handed_len; i++) {
        Range common = range_common(at, seen->handed[i].range);
        if (seen->handed[i].worker != peer->worker || common.count == 0) continue;
        job_blame(sched, seen, common, how);
        return;
    }
    if (job) job_blame(sched, job, handed->range, how);
}

/* ---- a worker's work */

/* Its own jobs run inside of a range that is run again: so will they be, under other numbers. */
static void sched_end_jobs_of(Sched *sched, uint32_t owner) {
    for (Job *job = sched->nested.first, *next; job; job = next) {
        next = job->next;
        if (job->owner != owner) continue;
        job_over(sched, job);
    }
}

static uint64_t job_lose_worker(Sched *sched, Job *job, uint32_t worker) {
    uint64_t before = job->todo.total;
    if (job->is_received) { /* only the journal still wants the result */
        if (job->delivered && job_bag(job, job->delivered)->worker == worker) bag_lose_holder(sched, job, job->delivered);
        return 0;
    }
    for (size_t i = 0; i < job->handed_len;) {
        if (job->handed[i].worker != worker) {
            i++;
            continue;
        }
        news_range(job, NEWS_RANGE_DROPPED, &job->handed[i]);
        job_take_back(job, i);
    }
    job_bags_lose_worker(sched, job, worker);
    return job->todo.total - before;
}

/* What a lost worker holds will not come: all must know who have to pull from it. */
static void sched_tell_owners(Sched *sched, uint32_t worker, const char *how) {
    for (uint32_t i = 0; i < sched->peer_count; i++) {
        const SchedPeer *peer = &sched->peers[i];
        bool is_owner = peer->role == ROLE_ROOT;
        for (const Job *job = sched->nested.first; job && !is_owner; job = job->next) is_owner = job->owner == i;
        if (!peer->is_known || peer->has_left || !is_owner) continue;
        MsgText *lost = &sched_send(sched, i, MSG_WORKER_LOST)->as.text;
        lost->worker = worker;
        snprintf(lost->text, sizeof lost->text, "%s", how);
    }
}

static uint64_t jobs_lose_worker(Sched *sched, uint32_t worker) {
    uint64_t again = 0;
    JobList *lists[] = {&sched->jobs, &sched->nested};
    for (size_t list = 0; list < 2; list++)
        for (Job *job = lists[list]->first; job; job = job->next) {
            again += job_lose_worker(sched, job, worker);
            job_settle(sched, job);
        }
    return again;
}

/* ---- replacing */

/* Asks for as many workers as are missing. When nobody is left and nobody comes, that is the end. */
static void sched_replace(Sched *sched, uint32_t host, const char *who, const char *how) {
    uint32_t live = sched_live_workers(sched);
    bool may_start = sched->config.may_replace && sched->failed_starts < sched->config.workers + sched->config.retries;
    if (may_start && live + sched->coming < sched->config.workers) {
        sched->coming++;
        news_start(sched, NEWS_WORKER_WANTED, host, NULL);
        sched_action(sched, SCHED_REPLACE)->host = host;
    }
    if (live > 0) return;
    sched->lonely_since = sched->now;
    snprintf(sched->last_loss, sizeof sched->last_loss, "%.128s was lost: %.300s", who, how);
    if (sched->coming == 0) sched_end(sched, 1, "no worker is left: %s", sched->last_loss);
}

void sched_start_failed(Sched *sched, uint32_t host, const char *who, const char *how) {
    if (sched->phase != RUN_GOES) return;
    if (sched->coming) sched->coming--;
    sched->failed_starts++;
    news_start(sched, NEWS_WORKER_FAILED, host, how);
    sched_log(sched, 0, "%s ended before it could take part: %s", who, how);
    sched_replace(sched, host, who, how);
}

/* is_meant: it is ended because of what it is at, which says nothing of how the run gets on. */
static void peer_lose(Sched *sched, uint32_t number, const char *how, bool is_meant) {
    SchedPeer *peer = &sched->peers[number];
    char who[128];
    if (peer->has_left) return;
    peer_describe(peer, who, sizeof who);
    news_worker(sched, NEWS_WORKER_LOST, peer, how);
    peer_leaves(sched, peer);
    if (peer->role == ROLE_ROOT) sched_end(sched, 1, "%s was lost: %s", who, how);
    if (sched->phase != RUN_GOES) return;
    sched->lost_at = sched->now;
    if (!peer->is_gone && peer->pid) {
        SchedAction *kill = sched_action(sched, SCHED_KILL);
        kill->host = peer->host;
        kill->pid = peer->pid;
    }
    if (peer->is_gone) sched_blame(sched, peer, how); /* who is silent, or was let go, did not die of what it was at */
    sched_end_jobs_of(sched, number);
    sched_tell_owners(sched, peer->worker, how);
    orphans_lose_worker(sched, peer->worker);
    uint64_t again = jobs_lose_worker(sched, peer->worker);
    sched_log(sched, is_meant, "%s was %s: %s; %llu chunk%s to be mapped again", who, is_meant ? "ended" : "lost", how,
              (unsigned long long)again, again == 1 ? " is" : "s are");
    if (!is_meant && ++sched->lost_in_vain > IN_VAIN * sched->config.workers)
        sched_end(sched, 1, "%u workers were lost one after another, and no job got further: the last, %s: %s", sched->lost_in_vain,
                  who, how);
    sched_replace(sched, peer->host, who, how);
    jobs_hand_out(sched);
}

void sched_lose(Sched *sched, uint32_t number, const char *how) {
    peer_lose(sched, number, how, false);
}

void sched_stop_worker(Sched *sched, uint32_t number) {
    peer_lose(sched, number, "it could not be stopped at what has ended", true);
}

/* ---- complaints */

/* A worker complains of another. True: there is somebody who reaches both, so the bag is as good as any, and pulled by others. It
 * is one complaint about its holder, however many workers of the same host, and however many merges, it comes from. */
static bool complaint_is_mild(Sched *sched, const SchedPeer *peer, SchedPeer *holder) {
    uint32_t between;
    bool is_of_another = peer->role == ROLE_WORKER && peer != holder;
    bool is_news = is_of_another && sched_add_strain(sched, peer->worker, holder->worker);
    bool is_mild = is_of_another && worker_between(sched, peer->worker, holder->worker, &between);
    holder->complaints += is_news || !is_mild;
    return is_mild;
}

/* Somebody could not get what the owner of a job has. Who cannot get what the program has can do nothing. */
static void sched_lacks_owner(Sched *sched, const SchedPeer *peer, const Job *job) {
    const SchedPeer *owner = &sched->peers[job->owner];
    if (peer->role != ROLE_WORKER || owner == peer) return;
    if (owner->role == ROLE_WORKER) sched_add_strain(sched, peer->worker, owner->worker);
    sched_lose(sched, (uint32_t)(peer - sched->peers), "it could not get the data of a job");
}

/* The bag is given up, unless the journal has it, too. */
static void sched_give_up_bag(Sched *sched, Job *job, const SchedPeer *holder, uint32_t number) {
    BagRecord *bag = job_bag(job, number);
    bool is_delivered = job->delivered == number;
    if (holder && bag_lose_holder(sched, job, number)) {
        if (is_delivered) {
            job->delivered = 0;
            job->phase = JOB_MAPS;
        }
        return;
    }
    bag->is_there = false; /* a merge that it is part of decides, and will be answered soon */
    if (bag->into == 0 && bag->step == 0) bag_void(job, number);
}

static void log_strain(Sched *sched, const SchedPeer *peer, const SchedPeer *holder) {
    char one[128], other[128];
    peer_describe(peer, one, sizeof one);
    peer_describe(holder, other, sizeof other);
    sched_log(sched, 0, "%s could not reach %s: others take in what they have", one, other);
}

void sched_unreachable(Sched *sched, SchedPeer *peer, const Message *message) {
    const MsgUnreachable *what = &message->as.unreachable;
    Job *job = job_of(sched, message);
    if (!job) return;
    if (what->worker < 0) {
        sched_lacks_owner(sched, peer, job);
        return;
    }
    SchedPeer *holder = sched_live_worker(sched, (uint32_t)what->worker);
    if (!holder && what->worker != MESSAGE_JOURNAL) return;
    bool is_mild = holder && complaint_is_mild(sched, peer, holder);
    if (holder && holder->complaints >= COMPLAINTS) {
        sched_lose(sched, (uint32_t)(holder - sched->peers), "what it holds cannot be had");
        return;
    }
    if (job->spec.flags & JOB_BY_RANGES || what->bag == 0 || what->bag > job->bag_count) return;
    const BagRecord *bag = job_bag(job, what->bag);
    if (bag->worker != (uint32_t)what->worker || !bag->is_there) return;
    if (!holder)
        sched_log(sched, 0, "a part of the journal could not be read");
    else if (is_mild)
        log_strain(sched, peer, holder);
    else
        sched_log(sched, 0, "worker %u could not be reached for what it had mapped", holder->worker);
    if (!is_mild)
        sched_give_up_bag(sched, job, holder, what->bag);
    else if (exchange_is_owned_by(job, peer->worker))
        exchange_lose_bag(job, what->bag); /* the next is planned without this owner */
    job_settle(sched, job);
    jobs_hand_out(sched);
}
