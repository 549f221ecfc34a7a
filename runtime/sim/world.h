/* world.h: the parts of a simulated run: the world (simulate.c), which has the clock, the network and the scheduler, and the
 * processes in it (node.c). */
#ifndef RUNTIME_SIM_WORLD_H
#define RUNTIME_SIM_WORLD_H

#include "runtime/sched/peer.h"
#include "runtime/sched/root.h"
#include "runtime/sched/sched.h"
#include "runtime/sim/queue.h"
#include "runtime/sim/simulate.h"

enum { NODE_SCHED, NODE_ROOT, NODE_WORKER }; /* the first worker; a node's number is also the scheduler's number for its peer */

typedef enum Lane { LANE_CONTROL, LANE_GET, LANE_PIECE } Lane;

typedef enum HappeningKind {
    HAPPENS_START,
    HAPPENS_TICK,
    HAPPENS_MESSAGE,
    HAPPENS_TASK,
    HAPPENS_SUBMIT,
    HAPPENS_CANCEL
} HappeningKind;

typedef struct Happening {
    HappeningKind kind;
    Lane lane;
    uint32_t node, from;
    Message message; /* its bytes belong to the happening */
} Happening;

typedef struct Node Node;

typedef struct World {
    const Profile *profile;
    SimulateConfig config;
    double scale;  /* bytes that one simulated byte stands for: large results would not fit into one process */
    uint64_t beat; /* between heartbeats: rare when there are thousands */
    uint64_t now;
    Queue queue;
    Sched *sched;
    SchedActions actions;
    uint64_t sched_free;          /* when the scheduler has done all that has come */
    uint64_t *out_free, *in_free; /* by node: when its connection can take more */
    Node **nodes;
    uint32_t node_count;
    uint64_t *submitted; /* by job: when it was, 0: not yet */
    size_t finished;     /* jobs of which the scheduler knows that they are over */
    bool has_failed;
    Simulated *result;
} World;

void world_add(World *world, uint64_t time, Happening happening);
void world_send(World *world, uint32_t from, uint32_t to, Lane lane, const Message *message);
void world_fail(World *world, const char *text);
void world_job_over(World *world, size_t job);
size_t world_job(const World *world, uint64_t number);    /* its place in the profile; the number of jobs when it has none */
uint64_t world_bytes(const World *world, uint64_t bytes); /* as many as are simulated for them; at least 16 */

/* ---- node.c */
Node *node_new(World *world, uint32_t number);
void node_free(Node **node);
void node_happens(World *world, Node *node, const Happening *happening);
void node_submit(World *world, Node *root, size_t number);
void node_cancel(World *world, Node *root, size_t number);

#endif
