/* thin.h: what need not travel of a keyed result, where only its most common entries or their number are wanted (MrKeep).
 *
 * Whoever holds all chunks of the table, or of a part of it, finishes a copy of its states, sees which entries can matter, and
 * passes on the states of these. The owner of the job finishes them as it would finish all. Where finishing fails or prints, all
 * keys count, in their order: then nothing is left out. */
#ifndef RUNTIME_WORKER_THIN_H
#define RUNTIME_WORKER_THIN_H

#include "runtime/worker/spill.h"

/* Leaves out of the bag what cannot matter, if it holds all chunks of the job, none of which has ended it. A bag that is a part is
 * marked as uneven where the whole is needed. True: failed. */
bool kept_thin(KeptBag *kept, const FrameContext *of, const Memory *memory, char **error);

#endif
