/* journal.h: a journal for simulated runs. It outlives them: a run ends in the middle, as if all of its processes had been killed
 * at once, and the next one, of the same plan, begins with what the journal has. What lies between scheduler and journal in a real
 * run (runtime/launch/store.h) is a node of the virtual network here, the scheduler's own. */
#ifndef TESTS_SIM_JOURNAL_H
#define TESTS_SIM_JOURNAL_H

#include "tests/sim/sim.h"

typedef struct SimJournal SimJournal;

SimJournal *journal_new(uint64_t every);
void journal_free(SimJournal **journal);

void journal_begin(SimJournal *journal, Sim *sim); /* a run begins: what was kept so far is known to its scheduler */
void journal_act(SimJournal *journal, Sim *sim, const SchedAction *action); /* STORE, UNSTORE */
void journal_message(SimJournal *journal, Sim *sim, const Event *event);    /* a GET or a PIECE has come to the scheduler's node */
void journal_tick(SimJournal *journal, Sim *sim);
bool journal_news(SimJournal *journal, Sim *sim, SchedEvent *event); /* the next SCHED_STORED; false: there is none */

JobName journal_name(uint64_t job);                                        /* of a job of the root */
bool journal_had(const SimJournal *journal, uint64_t job, uint64_t chunk); /* when the run began */
uint64_t journal_bags(const SimJournal *journal);                          /* kept so far, by all runs */
uint64_t journal_known(const SimJournal *journal);                         /* chunks that the run began with */

#endif
