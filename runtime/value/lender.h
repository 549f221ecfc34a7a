/* lender.h: large lists that the threads of a process hand one another without copying them.
 *
 * The bytes that travel between threads name what was lent by its number. Each loan belongs to a job, and ends with it at the
 * latest: what somebody has borrowed meanwhile stays as long as he needs it. Only flat elements can be lent. Any thread may call
 * any of these functions. */
#ifndef RUNTIME_VALUE_LENDER_H
#define RUNTIME_VALUE_LENDER_H

#include <stdint.h>

#include "runtime/value/payload.h"

typedef struct Lender Lender;

Lender *lender_new(void);

/* All loans have ended, or end now. It comes after the last lender_end: threads that lend have been joined, and futures, which end
 * the loans of their jobs, are gone. */
void lender_free(Lender **lender);

uint64_t lender_lend(Lender *lender, uint64_t job, Payload *payload); /* the loan's number, from 1; with a reference of its own */
Payload *lender_borrow(Lender *lender, uint64_t loan);                /* with a reference, the caller's; NULL: it has ended */
Payload *lender_take(Lender *lender, uint64_t loan);                  /* the same, and the loan ends */
void lender_end(Lender *lender, uint64_t job);                        /* all loans of the job; NULL and unknown jobs are fine */

#endif
