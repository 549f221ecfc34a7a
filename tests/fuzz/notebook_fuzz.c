/* notebook_fuzz.c: what the notebook's kernel may be sent by whatever connects to it: frames. What is accepted as a message can be
 * answered, and who has the key understands the answer. Bytes that a program prints become text, whatever they are. */
#include <stdlib.h>
#include <string.h>

#include "tools/kernel/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
    if (!is_true) abort();
}

/* A length, and as many bytes, as long as there are any. */
static void cut(const uint8_t *data, size_t size, Frames *out) {
    while (size > 0) {
        size_t len = data[0] < size ? data[0] : size - 1;
        frames_add(out, data + 1, len);
        data += len + 1;
        size -= len + 1;
    }
}

/* The four objects as they would come from somebody who has the key. */
static void wrap(const uint8_t *data, size_t size, Frames *out) {
    Message message = {.channel = CHANNEL_SHELL, .type = "execute_request"};
    Speaker speaker = {.session = "s"};
    json_t *content = json_loadb((const char *)data, size, JSON_ALLOW_NUL, NULL);
    message.content = json_is_object(content) ? content : json_object();
    if (message.content != content) json_decref(content);
    message_write(&message, &speaker, "key", out);
    json_decref(message.content);
}

static void answer(const Request *request) {
    const char *why = NULL;
    Frames frames = {0};
    Speaker speaker = {.session = "s"};
    request_text(request, "code");
    request_number(request, "cursor_pos", 0);
    request_flag(request, "silent", false);
    Message *reply = message_reply(request, "execute_reply", json_pack("{s:s}", "status", "ok"));
    message_write(reply, &speaker, "key", &frames);
    Request *again = request_read(&frames, CHANNEL_SHELL, "key", &why);
    check(again && strcmp(again->type, "execute_reply") == 0 && again->route.count == request->route.count);
    request_free(&again);
    message_free(&reply);
    frames_free(&frames);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    const char *why = NULL;
    Frames frames = {0};
    if (data[0] & 1)
        wrap(data + 1, size - 1, &frames);
    else
        cut(data + 1, size - 1, &frames);
    Request *request = request_read(&frames, CHANNEL_SHELL, data[0] & 1 ? "key" : "", &why);
    check(request ? !why : why != NULL);
    check(request || !(data[0] & 1));
    if (request) answer(request);
    request_free(&request);
    frames_free(&frames);
    json_t *text = json_bytes((const char *)data, size);
    check(text && utf8_torn((const char *)data, size) <= 3);
    json_decref(text);
    return 0;
}
