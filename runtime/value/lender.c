/* lender.c: the table of loans. There are few: each is of a megabyte at least. */
#include "runtime/value/lender.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"

typedef struct Loan {
    uint64_t number, job;
    Payload *payload;
} Loan;

struct Lender {
    pthread_mutex_t mutex; /* guards what follows */
    Loan *loans;
    size_t count, cap;
    uint64_t last;
};

Lender *lender_new(void) {
    Lender *lender = xcalloc(1, sizeof *lender);
    pthread_mutex_init(&lender->mutex, NULL);
    return lender;
}

void lender_free(Lender **lender) {
    Lender *self = *lender;
    if (!self) return;
    for (size_t i = 0; i < self->count; i++) payload_release(self->loans[i].payload);
    pthread_mutex_destroy(&self->mutex);
    free(self->loans);
    free(self);
    *lender = NULL;
}

uint64_t lender_lend(Lender *lender, uint64_t job, Payload *payload) {
    payload_retain(payload);
    pthread_mutex_lock(&lender->mutex);
    if (lender->count == lender->cap) {
        lender->cap = lender->cap ? 2 * lender->cap : 8;
        lender->loans = xrealloc(lender->loans, lender->cap * sizeof *lender->loans);
    }
    uint64_t number = ++lender->last;
    lender->loans[lender->count++] = (Loan){number, job, payload};
    pthread_mutex_unlock(&lender->mutex);
    return number;
}

/* Under the mutex; NULL: it has ended. */
static Loan *find_loan(Lender *lender, uint64_t loan) {
    for (size_t i = 0; i < lender->count; i++)
        if (lender->loans[i].number == loan) return &lender->loans[i];
    return NULL;
}

Payload *lender_borrow(Lender *lender, uint64_t loan) {
    pthread_mutex_lock(&lender->mutex);
    Loan *found = find_loan(lender, loan);
    Payload *payload = found ? found->payload : NULL;
    if (payload) payload_retain(payload);
    pthread_mutex_unlock(&lender->mutex);
    return payload;
}

Payload *lender_take(Lender *lender, uint64_t loan) {
    pthread_mutex_lock(&lender->mutex);
    Loan *found = find_loan(lender, loan);
    Payload *payload = found ? found->payload : NULL;
    if (found) *found = lender->loans[--lender->count];
    pthread_mutex_unlock(&lender->mutex);
    return payload;
}

void lender_end(Lender *lender, uint64_t job) {
    if (!lender) return;
    size_t kept = 0;
    pthread_mutex_lock(&lender->mutex);
    for (size_t i = 0; i < lender->count; i++) {
        if (lender->loans[i].job == job)
            payload_release(lender->loans[i].payload);
        else
            lender->loans[kept++] = lender->loans[i];
    }
    lender->count = kept;
    pthread_mutex_unlock(&lender->mutex);
}
