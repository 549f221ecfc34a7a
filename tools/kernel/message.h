/* message.h: messages of Jupyter's protocol (5.3) and the frames that they travel in.
 *
 * On the wire a message is: the frames that say whom it is for, a delimiter, a signature, and four JSON objects: the header, the
 * header of the message that it answers, metadata, and the content; what follows (buffers of widgets) is ignored. Nothing here
 * knows of sockets. A request is read from whatever bytes a stranger sends; what is wrong with it is a text for the log.
 *
 * A message belongs to whoever holds it, and one thread at a time has it. */
#ifndef TOOLS_KERNEL_MESSAGE_H
#define TOOLS_KERNEL_MESSAGE_H

#include <jansson.h>
#include <stdint.h>

#include "base/buf.h"
#include "tools/kernel/connection.h"

/* Frames, one after another, each with its length before it. */
typedef struct Frames {
    Buf bytes;
    size_t count;
} Frames;

void frames_add(Frames *frames, const void *bytes, size_t len);
/* The next frame; *at is 0 at first. False: there are no more. */
bool frames_next(const Frames *frames, size_t *at, const char **bytes, size_t *len);
void frames_free(Frames *frames);

/* What was received. */
typedef struct Request {
    Channel channel;
    Frames route;     /* whom the reply is for */
    char *header;     /* as it came: the parent of all that is said about it */
    const char *type; /* "execute_request"; in `parsed` */
    const char *session;
    json_t *parsed, *content; /* the header, and an object */
    bool is_aborted;          /* one before it has failed, and nothing is to run after that */
} Request;

/* NULL: these frames are no message that the key has signed, and *why says what is wrong with them. */
Request *request_read(const Frames *frames, Channel channel, const char *key, const char **why);
void request_free(Request **request);

/* What a request's content says under a name, or else the default. */
const char *request_text(const Request *request, const char *name);
size_t request_length(const Request *request, const char *name); /* of that text, which may hold zero bytes */
int64_t request_number(const Request *request, const char *name, int64_t otherwise);
bool request_flag(const Request *request, const char *name, bool otherwise);

/* What is sent. */
typedef struct Message {
    Channel channel;
    Frames route;
    const char *type; /* a constant */
    char *parent;     /* a header, or NULL */
    json_t *content;
    bool is_begin; /* what is written to the streams from here on is about the same parent */
    bool is_last;  /* the kernel ends when it is sent */
} Message;

/* The message takes the content; it is about `request`, or NULL: about none. */
Message *message_new(Channel channel, const char *type, const Request *request, json_t *content);
Message *message_reply(const Request *request, const char *type, json_t *content); /* to whoever has sent the request */
void message_free(Message **message);

/* Who speaks: the same in all headers. */
typedef struct Speaker {
    char session[33];
    uint64_t sent; /* messages so far */
} Speaker;

void speaker_init(Speaker *speaker);
/* The frames of the message, signed. */
void message_write(const Message *message, Speaker *speaker, const char *key, Frames *out);

/* A string of any bytes: what is not UTF-8 is replaced. */
json_t *json_bytes(const char *bytes, size_t len);
/* How many bytes at the end of the text are the beginning of a character that has not come whole. */
size_t utf8_torn(const char *bytes, size_t len);

#endif
