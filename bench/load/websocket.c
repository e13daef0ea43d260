/* WebSocket as a client, no more than Socket.IO needs: whole text frames, always the same masking key. */
#include "load.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const unsigned char MASK[4] = {0x37, 0xfa, 0x21, 0x3d};

void websocket_open(struct client *c) {
    char text[400];
    int size = snprintf(text, sizeof text,
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        host, port);
    connect_to_server(c, MAIN);
    send_all(c->fd[MAIN], text, size);
}

void websocket_say(struct client *c, const char *text, size_t size) {
    static unsigned char frame[65536 + 8];
    size_t head = 2;
    frame[0] = 0x81;
    if (size < 126) {
        frame[1] = 0x80 | size;
    } else {
        frame[1] = 0x80 | 126;
        frame[2] = size >> 8;
        frame[3] = size;
        head = 4;
    }
    memcpy(frame + head, MASK, 4);
    head += 4;
    for (size_t i = 0; i < size; i++) frame[head + i] = text[i] ^ MASK[i & 3];
    send_all(c->fd[MAIN], (char *)frame, head + size);
}

/* One frame from the server. Its size with the head, or 0 if it is not whole. */
static size_t one_frame(struct client *c, unsigned char *data, size_t size) {
    if (size < 2) return 0;
    size_t head = 2, length = data[1] & 127;
    if (length == 126) {
        if (size < 4) return 0;
        length = data[2] << 8 | data[3];
        head = 4;
    } else if (length == 127) {
        if (size < 10) return 0;
        length = 0;
        for (int i = 2; i < 10; i++) length = length << 8 | data[i];
        head = 10;
    }
    if (size < head + length) return 0;
    switch (data[0] & 15) {
    case 1: packet(c, (char *)data + head, length); break;
    case 8: lost(c); break;
    default: die("a frame that is neither text nor close");
    }
    return head + length;
}

size_t websocket_input(struct client *c, char *data, size_t size) {
    size_t used = 0, step;
    if (!c->upgraded) {
        char *end = memmem(data, size, "\r\n\r\n", 4);
        if (!end) return 0;
        if (size < 12 || memcmp(data + 9, "101", 3)) die("the server refused a WebSocket");
        c->upgraded = 1;
        used = end + 4 - data;
    }
    while (c->state != CLOSED && (step = one_frame(c, (unsigned char *)data + used, size - used))) used += step;
    return used;
}
