/* execute.c: a cell is run, and what it leaves is shown. */
#include <stdlib.h>
#include <string.h>

#include "tools/kernel/answers.h"
#include "tools/kernel/show.h"

typedef struct Execution {
    const Request *request;
    const char *code;
    size_t len;
    bool is_silent, is_stored;
} Execution;

static json_t *error_content(const char *name, const char *value, Buf *messages) {
    json_t *lines = json_array();
    const char *text = buf_text(messages);
    for (size_t at = 0; at < messages->len;) {
        size_t len = strcspn(text + at, "\n");
        json_array_append_new(lines, json_bytes(text + at, len));
        at += len + 1;
    }
    return json_pack("{s:s, s:o, s:o}", "ename", name, "evalue", json_bytes(value, strlen(value)), "traceback", lines);
}

/* The first message, without colours and without "error: " or "error[E0201]: " before it. */
static char *first_message(const Buf *messages) {
    Buf line = {0};
    for (size_t i = 0; i < messages->len && messages->data[i] != '\n'; i++) {
        if (messages->data[i] == '\033')
            while (i < messages->len && messages->data[i] != 'm') i++;
        else
            buf_add_char(&line, messages->data[i]);
    }
    const char *text = buf_text(&line), *colon = strncmp(text, "error", 5) == 0 ? strstr(text, ": ") : NULL;
    char *first = strdup(colon ? colon + 2 : text);
    buf_free(&line);
    return first;
}

static void say(Seat *seat, const Execution *execution, const char *type, json_t *content) {
    if (execution->is_silent)
        json_decref(content);
    else
        seat_say(seat, message_new(CHANNEL_IOPUB, type, execution->request, content));
}

static void abort_request(void *item) {
    ((Request *)item)->is_aborted = true;
}

static json_t *fail(Seat *seat, const Execution *execution, CellEnd end, Buf *messages) {
    bool was_interrupted = end == CELL_FAILED && seat->interrupt;
    char *value = first_message(messages);
    json_t *error = error_content(was_interrupted      ? "Interrupted"
                                  : end == CELL_FAILED ? "RuntimeError"
                                                       : "CompileError",
                                  value, messages);
    free(value);
    say(seat, execution, "error", json_copy(error));
    if (request_flag(execution->request, "stop_on_error", true)) mailbox_each(seat->requests, abort_request);
    json_object_set_new(error, "status", json_string("error"));
    json_object_set_new(error, "execution_count", json_integer(seat->count));
    return error;
}

static json_t *succeed(Seat *seat, const Execution *execution, bool has_value, const Buf *messages) {
    if (messages->len)
        say(seat, execution, "stream",
            json_pack("{s:s, s:o}", "name", "stderr", "text", json_bytes(messages->data, messages->len)));
    json_t *shown = has_value && !execution->is_silent ? show_value(seat->workbench, &seat->interrupt) : NULL;
    if (execution->is_stored)
        history_add(&seat->history, seat->count, execution->code, json_string_value(json_object_get(shown, "text/plain")));
    if (shown)
        say(seat, execution, "execute_result",
            json_pack("{s:I, s:o, s:{}}", "execution_count", seat->count, "data", shown, "metadata"));
    return json_pack("{s:s, s:I, s:{}, s:[]}", "status", "ok", "execution_count", seat->count, "user_expressions", "payload");
}

json_t *answer_execute(Seat *seat, const Request *request) {
    Execution execution = {.request = request, .code = request_text(request, "code"), .len = request_length(request, "code")};
    execution.is_silent = request_flag(request, "silent", false);
    execution.is_stored = !execution.is_silent && request_flag(request, "store_history", true);
    if (request->is_aborted) return json_pack("{s:s, s:I}", "status", "aborted", "execution_count", seat->count);
    bool is_empty = execution.code[strspn(execution.code, " \t\r\n")] == '\0' && execution.len == strlen(execution.code);
    if (execution.is_stored && !is_empty) seat->count++;
    say(seat, &execution, "execute_input",
        json_pack("{s:s%, s:I}", "code", execution.code, execution.len, "execution_count", seat->count));
    Buf messages = {0}, name = {0};
    buf_printf(&name, "cell %lld", (long long)seat->count);
    CellOptions options = {.name = buf_text(&name), .wants_value = true, .is_coloured = true, .interrupt = &seat->interrupt};
    seat->interrupt = 0;
    CellOutcome outcome = {0};
    if (!is_empty) outcome = workbench_run(seat->workbench, execution.code, execution.len, &options, &messages);
    json_t *content = outcome.end == CELL_DONE ? succeed(seat, &execution, outcome.has_value, &messages)
                                               : fail(seat, &execution, outcome.end, &messages);
    buf_free(&messages);
    buf_free(&name);
    return content;
}
