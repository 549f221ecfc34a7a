/* network.h: the virtual network: what is sent comes late, in another order, twice, or not at all, and processes are cut off from
 * each other for a while. Below the state machines lie the real channels of runtime/sched/channel.h. Everything is drawn from the
 * seed. */
#ifndef TESTS_SIM_NETWORK_H
#define TESTS_SIM_NETWORK_H

#include "runtime/sched/channel.h"

typedef struct Sim Sim;
typedef struct Event Event;

enum { NETWORK_CUTS = 3 };

/* Nothing passes between some processes and all others (or the scheduler alone, or other workers alone) for a while. */
typedef struct Cut {
    uint64_t from, until;
    uint64_t period;                                      /* not 0: it flaps, and holds for the first half of each period */
    uint64_t members;                                     /* bit n: node n is on the far side */
    enum { CUT_BOTH_WAYS, CUT_OUTWARD, CUT_INWARD } ways; /* as seen from the far side */
    enum { CUT_ALL, CUT_CONTROL, CUT_DATA } what;
} Cut;

typedef struct NetworkPlan {
    uint32_t loss, reorders; /* of a thousand datagrams, until `until` */
    uint64_t until;
    uint32_t segments; /* of a thousand pieces: came through a segment that cannot be opened, or was written to meanwhile */
    uint32_t cut_count;
    Cut cuts[NETWORK_CUTS];
    int strained[2]; /* no data passes between these two nodes, ever; 0: there are none */
} NetworkPlan;

typedef struct NetworkCounts {
    uint64_t datagrams, lost, cut, repeated, reordered, sent_again, segments;
} NetworkCounts;

NetworkPlan network_draw(uint64_t seed, uint32_t workers);
void network_print(const NetworkPlan *plan);
bool network_has_faults(const NetworkPlan *plan);

typedef struct Network {
    NetworkPlan plan;
    Channels hub;    /* the scheduler's ends */
    Channel **ends;  /* the processes', by node */
    uint64_t *armed; /* when each node's channel is to be ticked; 0: not */
    NetworkCounts counts;
} Network;

void network_init(Sim *sim);
void network_free(Sim *sim);

/* A datagram has arrived on a control connection, or time has passed there: hands on what becomes complete by it. */
void network_receive(Sim *sim, const Event *event, void (*take)(Sim *sim, const Event *event));
void network_tick(Sim *sim, int node);

#endif
