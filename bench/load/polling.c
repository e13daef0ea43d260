/* HTTP long-polling as a client: one connection always waits in a GET, a second one is for POSTs. */
#include "load.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void get(struct client *c) {
    char text[400];
    int size = snprintf(text, sizeof text,
        "GET /socket.io/?EIO=4&transport=polling%s%s HTTP/1.1\r\nHost: %s:%d\r\n\r\n",
        c->sid ? "&sid=" : "", c->sid ? c->sid : "", host, port);
    send_all(c->fd[MAIN], text, size);
}

void polling_open(struct client *c) {
    connect_to_server(c, MAIN);
    get(c);
}

void polling_say(struct client *c, const char *text, size_t size) {
    static char request[65536];
    if (c->fd[POST] < 0) connect_to_server(c, POST);
    int head = snprintf(request, sizeof request,
        "POST /socket.io/?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: %s:%d\r\n"
        "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %zu\r\n\r\n",
        c->sid, host, port, size);
    memcpy(request + head, text, size);
    c->posting++;
    send_all(c->fd[POST], request, head + size);
}

static void packets(struct client *c, char *body, size_t size) {
    while (size) {
        char *end = memchr(body, 0x1e, size);
        size_t length = end ? (size_t)(end - body) : size;
        if (length) packet(c, body, length);
        size -= end ? length + 1 : length;
        body += length + 1;
    }
}

/* Takes one answer whose head ends at `body`; 0 if it is not whole. `*text` and `*length` become its body. */
static size_t whole(char *data, char *body, size_t size, char **text, size_t *length) {
    size_t head = body - data;
    char *found = NULL;
    for (char *at = data; at < body && !found; at++)
        if (!strncasecmp(at, "content-length:", 15)) found = at + 15;
    if (found) {
        *text = body;
        *length = strtoul(found, NULL, 10);
        return size < head + *length ? 0 : head + *length;
    }
    char *last = memmem(body, size - head, "\r\n0\r\n\r\n", 7);     /* chunked, and one chunk holds it all */
    if (!last) return 0;
    *length = strtoul(body, text, 16);
    *text += 2;
    if (*text + *length != last) die("an answer came in several chunks");
    return last + 7 - data;
}

size_t http_answer(char *data, size_t size, char **text, size_t *length) {
    char *body = memmem(data, size, "\r\n\r\n", 4);
    return body ? whole(data, body + 4, size, text, length) : 0;
}

size_t polling_input(struct client *c, int which, char *data, size_t size) {
    size_t used = 0;
    while (c->state != CLOSED) {
        char *text;
        size_t length, step = http_answer(data + used, size - used, &text, &length);
        if (!step) break;
        if (memcmp(data + used + 9, "200", 3)) die("the server refused a poll");
        used += step;
        if (which == POST) {
            c->posting--;
        } else {
            packets(c, text, length);
            if (c->state != CLOSED) get(c);
        }
    }
    return used;
}
