/* store.h: between the scheduler and the journal: fetches the bags that are to be kept, appends them, and gives out those that the
 * journal holds.
 *
 * Bags are fetched one at a time, so that no more than one is ever in memory. Belongs to the hub's thread. */
#ifndef RUNTIME_LAUNCH_STORE_H
#define RUNTIME_LAUNCH_STORE_H

#include "runtime/journal/journal.h"
#include "runtime/net/link.h"
#include "runtime/sched/sched.h"

typedef struct Store Store;

Store *store_new(Journal *journal, Link *link); /* both are borrowed */
void store_free(Store **store);

void store_want(Store *store, const Sched *sched, uint64_t job, uint32_t bag); /* SCHED_STORE */
void store_drop(Store *store, uint64_t job, uint32_t bag);                     /* SCHED_UNSTORE */

/* What has become of a bag that was wanted: each is answered once. *event is to be given to the scheduler; its text is valid until
 * the next call. False: there is no news. */
bool store_news(Store *store, SchedEvent *event);

void store_get(const Store *store, const Sched *sched, uint32_t route, const Message *get); /* somebody asks for a bag */
void store_piece(Store *store, const Message *piece);
uint64_t store_next_tick(const Store *store); /* clock_now; UINT64_MAX: never */
void store_tick(Store *store);

#endif
