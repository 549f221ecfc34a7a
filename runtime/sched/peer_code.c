/* peer_code.c: the object code of a worker's jobs. What it lacks it pulls from the job's owner, by its hash; what it has stays for
 * later jobs, as long as it is among those that were used last, or a job needs it. */
#include "runtime/sched/peer_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { KEPT = 24 /* codes beside those that jobs need just now */ };

struct PeerCode {
    PeerCode *next; /* used longer ago */
    Code *code;
};

struct PeerFetch {
    PeerFetch *next;
    uint8_t hash[CODE_HASH_SIZE];
    Pull pull;
};

static bool is_same(const uint8_t *a, const uint8_t *b) {
    return memcmp(a, b, CODE_HASH_SIZE) == 0;
}

/* One that is there, which is used last from now on; NULL: it is not there. */
static Code *find_code(Peer *peer, const uint8_t *hash) {
    PeerCode **link = &peer->codes;
    while (*link && !is_same(code_hash((*link)->code), hash)) link = &(*link)->next;
    PeerCode *found = *link;
    if (!found) return NULL;
    *link = found->next;
    found->next = peer->codes;
    peer->codes = found;
    return found->code;
}

static bool is_needed(Peer *peer, const uint8_t *hash) {
    for (const PeerJob *job = peer->jobs; job; job = job->next) {
        if (!code_is_named(job->spec.code)) continue;
        if (is_same(job->spec.code, hash)) return true;
        const PeerCode *of = peer->codes;
        while (of && !is_same(code_hash(of->code), job->spec.code)) of = of->next;
        for (uint32_t i = 0; of && i < code_need_count(of->code); i++)
            if (is_same(code_need(of->code, i), hash)) return true;
    }
    return false;
}

/* Gives up what is beyond those that are kept and nobody needs. */
static void forget_codes(Peer *peer) {
    unsigned kept = 0;
    for (PeerCode **link = &peer->codes; *link;) {
        PeerCode *old = *link;
        if (is_needed(peer, code_hash(old->code)) || kept++ < KEPT) {
            link = &old->next;
            continue;
        }
        *link = old->next;
        codes_remove(peer->config.codes, code_hash(old->code));
        peer_code_order(peer, PEER_UNLOAD, old->code);
        code_release(&old->code);
        free(old);
    }
}

static void want_code(Peer *peer, PeerJob *job, const uint8_t *hash) {
    if (find_code(peer, hash)) return;
    for (const PeerFetch *fetch = job->fetches; fetch; fetch = fetch->next)
        if (is_same(fetch->hash, hash)) return;
    PeerFetch *fetch = xcalloc(1, sizeof *fetch);
    fetch->next = job->fetches;
    job->fetches = fetch;
    memcpy(fetch->hash, hash, CODE_HASH_SIZE);
    DataName name = {.kind = DATA_CODE};
    memcpy(&name.first, hash, sizeof name.first);
    memcpy(&name.count, hash + sizeof name.first, sizeof name.count);
    peer_pull(peer, job, &fetch->pull, name, job->owner_endpoint);
}

static void want_needs(Peer *peer, PeerJob *job, const Code *code) {
    for (uint32_t i = 0; i < code_need_count(code); i++) want_code(peer, job, code_need(code, i));
}

void peer_want_codes(Peer *peer, PeerJob *job) {
    if (!code_is_named(job->spec.code) || !peer->config.codes) return;
    const Code *code = find_code(peer, job->spec.code);
    if (code)
        want_needs(peer, job, code);
    else
        want_code(peer, job, job->spec.code);
    forget_codes(peer);
}

static void fetch_free(PeerFetch *fetch) {
    pull_free(&fetch->pull);
    free(fetch);
}

void job_free_fetches(PeerJob *job) {
    for (PeerFetch *fetch = job->fetches, *next; fetch; fetch = next) {
        next = fetch->next;
        fetch_free(fetch);
    }
    job->fetches = NULL;
}

/* What has come is loaded, unless it was pulled for another job meanwhile. */
static void take_code(Peer *peer, PeerJob *job, Code *code) {
    if (!find_code(peer, code_hash(code))) {
        PeerCode *known = xcalloc(1, sizeof *known);
        *known = (PeerCode){peer->codes, code_keep(code)};
        peer->codes = known;
        codes_add(peer->config.codes, code);
        peer_code_order(peer, PEER_LOAD, code);
    }
    if (is_same(code_hash(code), job->spec.code)) want_needs(peer, job, code);
}

CodeCame peer_code_piece(Peer *peer, PeerJob *job, const Message *piece) {
    PeerFetch **link = &job->fetches;
    while (*link && (*link)->pull.id != piece->as.piece.pull) link = &(*link)->next;
    PeerFetch *fetch = *link;
    if (!fetch) return CODE_IS_ELSE;
    switch (pull_piece(&fetch->pull, piece, peer->now)) {
    case PULL_IGNORED: peer->ignored++; return CODE_COMES;
    case PULL_MORE: peer_request(peer, &fetch->pull, job->owner_endpoint); return CODE_COMES;
    case PULL_GONE: return CODE_COMES; /* the job is over, or the pull's deadline is for it */
    default: break;
    }
    Code *code = code_read(fetch->pull.data.data, fetch->pull.data.len, fetch->hash);
    *link = fetch->next;
    fetch_free(fetch);
    if (!code) return CODE_IS_BAD;
    take_code(peer, job, code);
    code_release(&code);
    return CODE_COMES;
}

void peer_each_fetch(Peer *peer, PeerJob *job, void (*visit)(Peer *peer, PeerJob *job, Pull *pull)) {
    for (PeerFetch *fetch = job->fetches; fetch; fetch = fetch->next) visit(peer, job, &fetch->pull);
}

void peer_free_codes(Peer *peer) {
    for (PeerCode *known = peer->codes, *next; known; known = next) {
        next = known->next;
        codes_remove(peer->config.codes, code_hash(known->code));
        code_release(&known->code);
        free(known);
    }
    peer->codes = NULL;
}
