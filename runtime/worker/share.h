/* share.h: jobs that others do, or have a part in, as the two threads of their owner see them.
 *
 * The owner is the root or a worker. The thread that runs the program submits a job and holds a Share of it until it has what it
 * wants; the communicating thread, which has the Owner (runtime/sched/owner.h), is asked to submit and to cancel, and puts results
 * where the Share shows them. Between the two there is a mutex, a condition, and an eventfd that wakes the communicating thread. */
#ifndef RUNTIME_WORKER_SHARE_H
#define RUNTIME_WORKER_SHARE_H

#include "runtime/sched/owner.h"
#include "runtime/worker/job.h"

typedef struct Shares Shares; /* all those of one role */
typedef struct Share Share;   /* of one job */

/* *ended counts what has ended on this role, here or elsewhere: results get their places from it. It must stay. */
Shares *shares_new(_Atomic uint64_t *ended, char **error); /* NULL: failed, *error malloc'ed */
void shares_free(Shares **shares);                         /* when the communicating thread is gone, and no Share is left */

/* ---- the thread that runs the program */

/* Watched: the job's progress may be asked for. Its lists are encoded at once where it is watched or by ranges; else when they are
 * asked for, while share_wait waits for this very job. */
typedef struct ShareTerms {
    bool is_watched;
    bool is_whole;         /* of a keyed result no part may be handled for itself */
    bool by_ranges;        /* a worker's job: share_wait maps ranges of it, too */
    uint64_t mapped, kept; /* by ranges: chunks that are in the job's bag already; the end of those that are mapped here next */
    uint64_t grain;        /* by ranges: as in JobSpec */
} ShareTerms;

Share *share_submit(Shares *shares, Job *job, ShareTerms terms); /* hands the job to the workers */

/* The root's: whether there is a journal of an earlier run, which may know any job. Waits until the scheduler has welcomed us,
 * before which jobs are held back in any case. */
bool shares_is_resumed(Shares *shares);

/* By ranges: `run` has ended, which mapped what was kept. */
void share_mapped(Shares *shares, Share *share, const JobRun *run);
const _Atomic uint64_t *share_limit(const Share *share); /* the same: chunks from here on are not needed */

/* By ranges: how many workers have nothing to do, as far as is known; 0 after each share_submit, until something else is heard. */
uint32_t shares_idle(const Shares *shares);

uint64_t share_arrived(const Share *share); /* the result's place in the order in which results came, from 1; 0: it is not there */
double share_progress(Shares *shares, const Share *share); /* 0.0 … 1.0 */

/* Waits until the result is there. By ranges: maps ranges that nobody else has begun, and takes in what others have mapped. True:
 * failed, with the context's error set. */
bool share_wait(Shares *shares, Share *share, Job *job);
bool share_help(Shares *shares, Share *share, Job *job); /* the same without waiting, as long as there is something to do */

/* Waits until a result has come since *ended was `seen`, or the time is `until` (clock_now; 0: for ever). True: interrupted, with
 * the context's error set. */
bool shares_wait_any(Shares *shares, MrContext *context, uint64_t seen, uint64_t until);
/* From any thread: those that wait look whether they were interrupted. */
void shares_look(Shares *shares);

/* Puts the result, which is there, into the job's empty bag, of whose chunks those before *limit count. *is_uneven: it came in
 * parts, and these do not tell what the whole would show; the bag is of no use. True: failed, with the context's error set. */
bool share_take(Share *share, Job *job, uint64_t *limit, bool *is_uneven);
uint64_t share_nanoseconds(const Share *share); /* that workers have spent on the job, once the result is there */

void share_end(Shares *shares, Share **share); /* a job whose result is not there is cancelled */

/* ---- the communicating thread */

int shares_wake(const Shares *shares);  /* readable when there is something to do */
void shares_heed(const Shares *shares); /* that was seen */
void shares_stop(Shares *shares);       /* waiting fails from now on: the run is over */
void shares_set_idle(Shares *shares, uint64_t owner,
                     uint32_t idle); /* this role's number as an owner (JOB_OWNER); see shares_idle */
/* The root has been welcomed: whether its jobs need names; whether an earlier run may have had them. */
void shares_set_journal(Shares *shares, bool has_journal, bool is_resumed);
void shares_rouse(Shares *shares); /* from any thread: makes shares_wake readable */

/* Does the next thing that was asked for; false: there is none. The actions are to be done before the next call. */
bool shares_step(Shares *shares, Owner *owner, uint64_t now, OwnerActions *out);

/* Does an action that is not sending. */
void shares_act(Shares *shares, OwnerAction *action);

#endif
