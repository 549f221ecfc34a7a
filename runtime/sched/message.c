/* message.c: the names of the kinds of messages, for logs and tests. */
#include "runtime/sched/message.h"

const char *message_kind_name(MessageKind kind) {
    static const char *const names[MSG_KINDS] = {
        [MSG_HELLO] = "HELLO",
        [MSG_WELCOME] = "WELCOME",
        [MSG_JOB_SUBMIT] = "JOB_SUBMIT",
        [MSG_JOB_START] = "JOB_START",
        [MSG_RANGE] = "RANGE",
        [MSG_RANGE_DONE] = "RANGE_DONE",
        [MSG_CANCEL_AFTER] = "CANCEL_AFTER",
        [MSG_REVOKE] = "REVOKE",
        [MSG_MERGE] = "MERGE",
        [MSG_MERGE_VOID] = "MERGE_VOID",
        [MSG_MERGE_DONE] = "MERGE_DONE",
        [MSG_JOB_DONE] = "JOB_DONE",
        [MSG_JOB_PROGRESS] = "JOB_PROGRESS",
        [MSG_JOB_END] = "JOB_END",
        [MSG_JOIN] = "JOIN",
        [MSG_PART] = "PART",
        [MSG_PART_TAKEN] = "PART_TAKEN",
        [MSG_IDLE] = "IDLE",
        [MSG_GET] = "GET",
        [MSG_PIECE] = "PIECE",
        [MSG_HEARTBEAT] = "HEARTBEAT",
        [MSG_STATS] = "STATS",
        [MSG_WORKER_LOST] = "WORKER_LOST",
        [MSG_UNREACHABLE] = "UNREACHABLE",
        [MSG_POISON] = "POISON",
        [MSG_FAIL] = "FAIL",
        [MSG_BYE] = "BYE",
        [MSG_SHUTDOWN] = "SHUTDOWN",
        [MSG_ACK] = "ACK",
        [MSG_ALLOW] = "ALLOW",
    };
    return (unsigned)kind < MSG_KINDS && names[kind] ? names[kind] : "?";
}
