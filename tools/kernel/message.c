/* message.c: see message.h. */
#include "tools/kernel/message.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"

static const char delimiter[] = "<IDS|MSG>";

enum {
    SIGNATURE = 2 * crypto_auth_hmacsha256_BYTES, /* as hexadecimal digits */
    PARTS = 4,                                    /* JSON objects of a message */
};

/* ---- frames */

void frames_add(Frames *frames, const void *bytes, size_t len) {
    buf_add_counted(&frames->bytes, bytes, len);
    frames->count++;
}

bool frames_next(const Frames *frames, size_t *at, const char **bytes, size_t *len) {
    uint64_t count;
    if (*at >= frames->bytes.len) return false;
    memcpy(&count, frames->bytes.data + *at, sizeof count);
    *bytes = frames->bytes.data + *at + sizeof count;
    *len = (size_t)count;
    *at += sizeof count + *len;
    return true;
}

void frames_free(Frames *frames) {
    buf_free(&frames->bytes);
    frames->count = 0;
}

static void frames_copy(Frames *to, const Frames *from) {
    buf_add(&to->bytes, from->bytes.data, from->bytes.len);
    to->count = from->count;
}

/* ---- signatures */

typedef struct Part {
    const char *bytes;
    size_t len;
} Part;

static void sign(const char *key, const Part parts[PARTS], char out[SIGNATURE + 1]) {
    crypto_auth_hmacsha256_state state;
    unsigned char digest[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)key, strlen(key));
    for (size_t i = 0; i < PARTS; i++) crypto_auth_hmacsha256_update(&state, (const unsigned char *)parts[i].bytes, parts[i].len);
    crypto_auth_hmacsha256_final(&state, digest);
    sodium_bin2hex(out, SIGNATURE + 1, digest, sizeof digest);
}

static bool is_signed(const char *key, Part signature, const Part parts[PARTS]) {
    char expected[SIGNATURE + 1];
    if (!*key) return true;
    sign(key, parts, expected);
    return signature.len == SIGNATURE && sodium_memcmp(signature.bytes, expected, SIGNATURE) == 0;
}

/* ---- what comes */

/* The frames after the route: false where there are too few. */
static bool take_apart(const Frames *frames, Frames *route, Part *signature, Part parts[PARTS]) {
    size_t at = 0;
    Part part;
    bool is_there = false;
    while (!is_there && frames_next(frames, &at, &part.bytes, &part.len)) {
        is_there = part.len == sizeof delimiter - 1 && memcmp(part.bytes, delimiter, part.len) == 0;
        if (!is_there) frames_add(route, part.bytes, part.len);
    }
    if (!is_there || !frames_next(frames, &at, &signature->bytes, &signature->len)) return false;
    for (size_t i = 0; i < PARTS; i++)
        if (!frames_next(frames, &at, &parts[i].bytes, &parts[i].len)) return false;
    return true;
}

static json_t *parse_object(Part part) {
    json_t *value = json_loadb(part.bytes, part.len, JSON_ALLOW_NUL, NULL);
    if (json_is_object(value)) return value;
    json_decref(value);
    return NULL;
}

static const char *read_parts(Request *request, const Part parts[PARTS]) {
    request->parsed = parse_object(parts[0]);
    request->content = parse_object(parts[3]);
    if (!request->parsed || !request->content) return "its header or its content is no JSON object";
    request->type = json_string_value(json_object_get(request->parsed, "msg_type"));
    request->session = json_string_value(json_object_get(request->parsed, "session"));
    if (!request->type) return "its header has no type";
    if (!request->session) request->session = "";
    request->header = xmalloc(parts[0].len + 1);
    memcpy(request->header, parts[0].bytes, parts[0].len);
    request->header[parts[0].len] = '\0';
    return NULL;
}

Request *request_read(const Frames *frames, Channel channel, const char *key, const char **why) {
    Request *request = xcalloc(1, sizeof *request);
    Part signature, parts[PARTS];
    request->channel = channel;
    if (!take_apart(frames, &request->route, &signature, parts))
        *why = "it has too few frames";
    else if (!is_signed(key, signature, parts))
        *why = "its signature is wrong";
    else
        *why = read_parts(request, parts);
    if (*why) request_free(&request);
    return request;
}

void request_free(Request **request) {
    if (!*request) return;
    frames_free(&(*request)->route);
    json_decref((*request)->parsed);
    json_decref((*request)->content);
    free((*request)->header);
    free(*request);
    *request = NULL;
}

const char *request_text(const Request *request, const char *name) {
    const char *text = json_string_value(json_object_get(request->content, name));
    return text ? text : "";
}

size_t request_length(const Request *request, const char *name) {
    return json_string_length(json_object_get(request->content, name));
}

int64_t request_number(const Request *request, const char *name, int64_t otherwise) {
    const json_t *value = json_object_get(request->content, name);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

bool request_flag(const Request *request, const char *name, bool otherwise) {
    const json_t *value = json_object_get(request->content, name);
    return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

/* ---- what is sent */

Message *message_new(Channel channel, const char *type, const Request *request, json_t *content) {
    Message *message = xcalloc(1, sizeof *message);
    *message = (Message){.channel = channel, .type = type, .content = content};
    if (request) message->parent = strdup(request->header);
    return message;
}

Message *message_reply(const Request *request, const char *type, json_t *content) {
    Message *message = message_new(request->channel, type, request, content);
    frames_copy(&message->route, &request->route);
    return message;
}

void message_free(Message **message) {
    if (!*message) return;
    frames_free(&(*message)->route);
    json_decref((*message)->content);
    free((*message)->parent);
    free(*message);
    *message = NULL;
}

void speaker_init(Speaker *speaker) {
    unsigned char random[16];
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(speaker->session, sizeof speaker->session, random, sizeof random);
    speaker->sent = 0;
}

static char *header_text(const Message *message, Speaker *speaker) {
    struct timespec now;
    struct tm parts;
    char date[40], id[64];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    size_t len = strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(date + len, sizeof date - len, ".%06ldZ", now.tv_nsec / 1000);
    snprintf(id, sizeof id, "%s_%llu", speaker->session, (unsigned long long)speaker->sent++);
    json_t *header = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "msg_id", id, "session", speaker->session, "username", "kernel",
                               "date", date, "msg_type", message->type, "version", "5.3");
    char *text = json_dumps(header, JSON_COMPACT);
    json_decref(header);
    return text;
}

void message_write(const Message *message, Speaker *speaker, const char *key, Frames *out) {
    char *header = header_text(message, speaker), *content = json_dumps(message->content, JSON_COMPACT);
    const char *parent = message->parent ? message->parent : "{}";
    Part parts[PARTS] = {{header, strlen(header)}, {parent, strlen(parent)}, {"{}", 2}, {content, strlen(content)}};
    char signature[SIGNATURE + 1] = "";
    if (*key) sign(key, parts, signature);
    size_t at = 0, len;
    for (const char *frame; frames_next(&message->route, &at, &frame, &len);) frames_add(out, frame, len);
    if (message->channel == CHANNEL_IOPUB) frames_add(out, message->type, strlen(message->type)); /* the topic */
    frames_add(out, delimiter, sizeof delimiter - 1);
    frames_add(out, signature, strlen(signature));
    for (size_t i = 0; i < PARTS; i++) frames_add(out, parts[i].bytes, parts[i].len);
    free(header);
    free(content);
}

/* ---- texts */

/* The length of the character that begins there, as its first byte says; 0: none does. */
static size_t character_length(unsigned char first) {
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return 2;
    if (first >= 0xe0 && first <= 0xef) return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* The same, where all its bytes are there and right; else 0. */
static size_t character_at(const char *bytes, size_t left) {
    const unsigned char *at = (const unsigned char *)bytes;
    size_t len = character_length(at[0]);
    if (len == 0 || len > left) return 0;
    for (size_t i = 1; i < len; i++)
        if ((at[i] & 0xc0) != 0x80) return 0;
    bool is_long = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90); /* fewer bytes would do */
    bool is_none = (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf4 && at[1] > 0x8f); /* a surrogate, or past the last */
    return is_long || is_none ? 0 : len;
}

json_t *json_bytes(const char *bytes, size_t len) {
    Buf text = {0};
    for (size_t at = 0; at < len;) {
        size_t count = character_at(bytes + at, len - at);
        if (count)
            buf_add(&text, bytes + at, count);
        else
            buf_add_text(&text, "\xef\xbf\xbd");
        at += count ? count : 1;
    }
    json_t *string = json_stringn(text.data ? text.data : "", text.len);
    buf_free(&text);
    return string;
}

size_t utf8_torn(const char *bytes, size_t len) {
    for (size_t back = 1; back <= 3 && back <= len; back++) {
        unsigned char c = (unsigned char)bytes[len - back];
        if ((c & 0xc0) == 0x80) continue;
        return character_length(c) > back ? back : 0;
    }
    return 0;
}
