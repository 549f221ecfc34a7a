/* The kernel's messages: signatures, frames that are none, texts of any bytes; the connection file; the history. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/kernel/history.h"
#include "tools/kernel/mailbox.h"

/* ---- messages */

static void frames_of(Frames *out, const char *const *texts) {
    for (; *texts; texts++) frames_add(out, *texts, strlen(*texts));
}

static Request *read_texts(const char *const *texts, const char *key, const char **why) {
    Frames frames = {0};
    frames_of(&frames, texts);
    *why = NULL;
    Request *request = request_read(&frames, CHANNEL_SHELL, key, why);
    frames_free(&frames);
    return request;
}

static void expect_refused(const char *const *texts, const char *key, const char *reason) {
    const char *why;
    assert_null(read_texts(texts, key, &why));
    assert_non_null(strstr(why, reason));
}

#define HEADER     "{\"msg_type\":\"execute_request\",\"session\":\"s\"}"
#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void signatures_are_hmac_sha256(void **state) {
    const char *why;
    (void)state;
    /* HMAC-SHA256 with the key "key" of HEADER{}{}{"code":"1"}, by Python's hmac. */
    Request *request = read_texts(TEXTS("me", "<IDS|MSG>", "3bc545b579335197912c3f6f2984519dc48dfde63bcc920bdc8670a241f44660",
                                        HEADER, "{}", "{}", "{\"code\":\"1\"}"),
                                  "key", &why);
    assert_non_null(request);
    assert_string_equal(request->type, "execute_request");
    assert_string_equal(request->session, "s");
    assert_string_equal(request_text(request, "code"), "1");
    assert_int_equal(request->route.count, 1);
    request_free(&request);
}

static void what_is_no_message_is_refused(void **state) {
    const char *why;
    (void)state;
    expect_refused(TEXTS("<IDS|MSG>"), "", "few frames");
    expect_refused(TEXTS("a", "b", "c", "d", "e", "f"), "", "few frames");
    expect_refused(TEXTS("<IDS|MSG>", "", HEADER, "{}", "{}"), "", "few frames");
    expect_refused(TEXTS("<IDS|MSG>", "", HEADER, "{}", "{}", "{}"), "key", "signature");
    expect_refused(TEXTS("<IDS|MSG>", "", HEADER, "{}", "{}", "[]"), "", "no JSON object");
    expect_refused(TEXTS("<IDS|MSG>", "", "{", "{}", "{}", "{}"), "", "no JSON object");
    expect_refused(TEXTS("<IDS|MSG>", "", "{\"msg_type\":1}", "{}", "{}", "{}"), "", "no type");
    Request *request = read_texts(TEXTS("<IDS|MSG>", "anything", HEADER, "{}", "{}", "{}", "buffer"), "", &why);
    assert_non_null(request); /* without a key, nothing is signed */
    assert_string_equal(request_text(request, "code"), "");
    assert_int_equal(request_number(request, "n", 7), 7);
    assert_true(request_flag(request, "f", true));
    request_free(&request);
}

static void a_reply_is_understood_and_no_byte_can_be_changed(void **state) {
    const char *why;
    Frames frames = {0};
    Speaker speaker;
    (void)state;
    Request *request = read_texts(TEXTS("me", "<IDS|MSG>", "", HEADER, "{}", "{}", "{}"), "", &why);
    Message *reply = message_reply(request, "execute_reply", json_pack("{s:s}", "status", "ok"));
    speaker_init(&speaker);
    message_write(reply, &speaker, "key", &frames);
    Request *again = request_read(&frames, CHANNEL_SHELL, "key", &why);
    assert_non_null(again);
    assert_string_equal(again->type, "execute_reply");
    assert_string_equal(request_text(again, "status"), "ok");
    request_free(&again);
    size_t at = 0, len;
    const char *frame;
    for (size_t i = 0; frames_next(&frames, &at, &frame, &len); i++) {
        if (i < 2) continue; /* the route and the delimiter are not signed */
        for (size_t j = 0; j < len; j++) {
            char *byte = frames.bytes.data + at - len + j;
            *byte ^= 1;
            assert_null(request_read(&frames, CHANNEL_SHELL, "key", &why));
            *byte ^= 1;
        }
    }
    frames_free(&frames);
    message_free(&reply);
    request_free(&request);
}

static void expect_text(const char *bytes, size_t len, const char *expected) {
    json_t *text = json_bytes(bytes, len);
    assert_string_equal(json_string_value(text), expected);
    json_decref(text);
}

static void bytes_become_text(void **state) {
    (void)state;
    expect_text("", 0, "");
    expect_text("a\303\251\360\237\230\200", 7, "a\303\251\360\237\230\200");
    expect_text("\377a\200", 3, "\357\277\275a\357\277\275");
    expect_text("\303", 1, "\357\277\275");
    expect_text("\355\240\200", 3, "\357\277\275\357\277\275\357\277\275"); /* a surrogate */
    expect_text("\300\200", 2, "\357\277\275\357\277\275");                 /* longer than need be */
    assert_int_equal(utf8_torn("a", 1), 0);
    assert_int_equal(utf8_torn("a\303", 2), 1);
    assert_int_equal(utf8_torn("\360\237\230", 3), 3);
    assert_int_equal(utf8_torn("\360\237\230\200", 4), 0);
    assert_int_equal(utf8_torn("\200\200\200\200", 4), 0);
}

/* ---- the connection file */

static bool read_connection(const char *text, Connection *out, char **error) {
    char path[] = "/tmp/mr-kernel-test-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
    close(file);
    *error = NULL;
    bool ok = connection_read(path, out, error);
    unlink(path);
    return ok;
}

static void expect_no_connection(const char *text, const char *reason) {
    Connection connection;
    char *error;
    assert_false(read_connection(text, &connection, &error));
    assert_non_null(strstr(error, reason));
    free(error);
}

#define PORTS "\"shell_port\":1,\"control_port\":2,\"stdin_port\":3,\"iopub_port\":4,\"hb_port\":65535"

static void the_connection_file_is_read(void **state) {
    Connection connection;
    char *error;
    (void)state;
    assert_true(read_connection("{" PORTS ",\"ip\":\"::1\",\"key\":\"k\"}", &connection, &error));
    assert_string_equal(connection.endpoints[CHANNEL_SHELL], "tcp://[::1]:1");
    assert_string_equal(connection.endpoints[CHANNEL_HEARTBEAT], "tcp://[::1]:65535");
    assert_string_equal(connection.key, "k");
    connection_free(&connection);
    assert_true(read_connection("{" PORTS ",\"ip\":\"/tmp/k\",\"transport\":\"ipc\"}", &connection, &error));
    assert_string_equal(connection.endpoints[CHANNEL_IOPUB], "ipc:///tmp/k-4");
    assert_string_equal(connection.key, "");
    connection_free(&connection);
    expect_no_connection("", "no JSON");
    expect_no_connection("[]", "no object");
    expect_no_connection("{}", "port");
    expect_no_connection("{" PORTS ",\"hb_port\":65536}", "port");
    expect_no_connection("{" PORTS ",\"transport\":\"pgm\"}", "transport");
    expect_no_connection("{" PORTS ",\"signature_scheme\":\"hmac-md5\"}", "hmac-sha256");
    assert_false(connection_read("/no/such/file", &connection, &error));
    free(error);
}

/* ---- the history */

static void expect_history(const History *history, const char *content, const char *expected) {
    Request request = {.content = json_loads(content, 0, NULL)};
    json_t *answer = history_answer(history, &request);
    char *text = json_dumps(json_object_get(answer, "history"), JSON_COMPACT);
    assert_string_equal(text, expected);
    free(text);
    json_decref(answer);
    json_decref(request.content);
}

static void the_history_is_looked_through(void **state) {
    History history = {0};
    (void)state;
    history_add(&history, 1, "a + 1", "2 : int");
    history_add(&history, 2, "b", NULL);
    history_add(&history, 3, "a + 1", "3 : int");
    expect_history(&history, "{\"hist_access_type\":\"tail\",\"n\":2}", "[[1,2,\"b\"],[1,3,\"a + 1\"]]");
    expect_history(&history, "{\"hist_access_type\":\"tail\",\"n\":0}", "[]");
    expect_history(&history, "{\"hist_access_type\":\"range\",\"start\":1,\"stop\":3,\"output\":true}",
                   "[[1,1,[\"a + 1\",\"2 : int\"]],[1,2,[\"b\",null]]]");
    expect_history(&history, "{\"hist_access_type\":\"search\",\"pattern\":\"a*\"}", "[[1,1,\"a + 1\"],[1,3,\"a + 1\"]]");
    expect_history(&history, "{\"hist_access_type\":\"search\",\"pattern\":\"a*\",\"unique\":true}", "[[1,3,\"a + 1\"]]");
    history_free(&history);
}

/* ---- mailboxes */

static void mailboxes_keep_the_order(void **state) {
    int items[3];
    (void)state;
    Mailbox *mailbox = mailbox_new();
    assert_null(mailbox_take(mailbox));
    for (int i = 0; i < 3; i++) mailbox_put(mailbox, &items[i]);
    for (int i = 0; i < 3; i++) assert_ptr_equal(mailbox_wait(mailbox), &items[i]);
    assert_null(mailbox_take(mailbox));
    mailbox_put(mailbox, &items[1]);
    assert_ptr_equal(mailbox_take(mailbox), &items[1]);
    mailbox_free(&mailbox);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_are_hmac_sha256),
        cmocka_unit_test(what_is_no_message_is_refused),
        cmocka_unit_test(a_reply_is_understood_and_no_byte_can_be_changed),
        cmocka_unit_test(bytes_become_text),
        cmocka_unit_test(the_connection_file_is_read),
        cmocka_unit_test(the_history_is_looked_through),
        cmocka_unit_test(mailboxes_keep_the_order),
    };
    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
