/* The C loop: what the kernel charges for the same bytes, and nothing else. `loop PORT`; prints `ready`.
 *
 * It upgrades every connection, answers open and CONNECT, and at a `pub` walks the clients and calls send(). One turn's
 * events for one client leave in one send(), as in a server that corks. A room is a list of descriptors under a name, for
 * ever. It has no heartbeat, no polling and checks nothing: it is a floor to stand beside, not a server to use. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 65536, LARGEST = 60000, TIMES = 10, ROOMS = 1 << 15, NAME = 24 };

struct client { int fd; int upgraded; size_t have; char *rest; };

struct room { char name[NAME]; int *members, count; };

static struct client clients[MOST];
static int connected[MOST], count;
static struct room rooms[ROOMS];        /* by a hash of the name, the next one that is free */

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void write_all(int fd, const char *data, size_t size) {
    while (size) {
        ssize_t sent = send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN) {
            struct pollfd one = {.fd = fd, .events = POLLOUT};
            poll(&one, 1, 1000);
        } else if (sent < 0) {
            return;
        } else {
            data += sent;
            size -= sent;
        }
    }
}

static size_t frame(char *out, const char *text, size_t size) {
    size_t head = 2;
    out[0] = (char)0x81;
    if (size < 126) {
        out[1] = size;
    } else {
        out[1] = 126;
        out[2] = size >> 8;
        out[3] = size;
        head = 4;
    }
    memcpy(out + head, text, size);
    return head + size;
}

static void answer(int fd, const char *text, size_t size) {
    static char out[LARGEST + 16];
    write_all(fd, out, frame(out, text, size));
}

static void publish(const int *fds, int many, int times, const char *payload, size_t size) {
    static char text[LARGEST + 64], out[TIMES * (LARGEST + 64)];
    size_t whole = 0, length = snprintf(text, sizeof text, "42[\"booking\",%.*s", (int)size, payload);
    for (int i = 0; i < times; i++) whole += frame(out + whole, text, length);
    for (int i = 0; i < many; i++) write_all(fds[i], out, whole);
}

static struct room *room(const char *name, size_t size) {
    unsigned at = 2166136261u;
    if (size >= NAME) size = NAME - 1;
    for (size_t i = 0; i < size; i++) at = (at ^ (unsigned char)name[i]) * 16777619u;
    while (rooms[at %= ROOMS].count && (strncmp(rooms[at].name, name, size) || rooms[at].name[size])) at++;
    memcpy(rooms[at].name, name, size);
    return &rooms[at];
}

static void join(struct room *r, int fd) {
    if (!(r->count & (r->count - 1))) r->members = realloc(r->members, (r->count ? 2 * r->count : 1) * sizeof(int));
    r->members[r->count++] = fd;
}

/* 42["pub5",...], 42["pubroom","name",...], 42<id>["join","name"] or 42<id>["echo",...]: everything after the last of
 * these commas is sent back, closing bracket included. */
static void event(int fd, char *text, size_t size) {
    static char out[LARGEST + 64];
    char *bracket = memchr(text, '[', size), *comma = memchr(text, ',', size), *end = text + size, *name, *quote;
    if (!bracket || !comma) return;
    name = comma + 2;
    quote = name < end ? memchr(name, '"', end - name) : NULL;
    if (!memcmp(bracket, "[\"pubroom", 9)) {
        if (!quote || quote + 2 > end) return;
        struct room *r = room(name, quote - name);
        publish(r->members, r->count, 1, quote + 2, end - quote - 2);
    } else if (!memcmp(bracket, "[\"join", 6)) {
        if (quote) join(room(name, quote - name), fd);
        answer(fd, out, snprintf(out, sizeof out, "43%.*s[]", (int)(bracket - text - 2), text + 2));
    } else if (!memcmp(bracket, "[\"pub", 5)) {
        int times = atoi(bracket + 5);
        publish(connected, count, times ? times : 1, comma + 1, end - comma - 1);
    } else if (bracket > text + 2) {
        int length = snprintf(out, sizeof out, "43%.*s[%.*s", (int)(bracket - text - 2), text + 2,
                              (int)(end - comma - 1), comma + 1);
        answer(fd, out, length);
    }
}

static void packet(int fd, char *text, size_t size) {
    if (size >= 2 && !memcmp(text, "40", 2)) {
        answer(fd, "40{\"sid\":\"c\"}", 13);
        connected[count++] = fd;
    } else if (size > 2 && !memcmp(text, "42", 2)) {
        event(fd, text, size);
    }
}

static size_t one_frame(int fd, unsigned char *data, size_t size) {
    size_t head = 6, length = size > 1 ? data[1] & 127 : 0;
    if (size < 6) return 0;
    if (length == 126) {
        length = data[2] << 8 | data[3];
        head = 8;
    }
    if (length > LARGEST || size < head + length) return 0;
    for (size_t i = 0; i < length; i++) data[head + i] ^= data[head - 4 + (i & 3)];
    packet(fd, (char *)data + head, length);
    return head + length;
}

static size_t input(struct client *c, char *data, size_t size) {
    static const char OPEN[] = "0{\"sid\":\"c\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000}";
    static const char HEAD[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    size_t used = 0, step;
    if (!c->upgraded) {
        char *end = memmem(data, size, "\r\n\r\n", 4);
        if (!end) return 0;
        c->upgraded = 1;
        used = end + 4 - data;
        write_all(c->fd, HEAD, sizeof HEAD - 1);
        answer(c->fd, OPEN, sizeof OPEN - 1);
    }
    while ((step = one_frame(c->fd, (unsigned char *)data + used, size - used))) used += step;
    return used;
}

static void take(struct client *c) {
    static char buffer[1 << 20];
    if (c->have) memcpy(buffer, c->rest, c->have);
    ssize_t got = recv(c->fd, buffer + c->have, sizeof buffer - c->have, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
        close(c->fd);
        return;
    }
    size_t size = c->have + got, used = input(c, buffer, size);
    free(c->rest);
    c->have = size - used;
    c->rest = c->have ? memcpy(malloc(c->have), buffer + used, c->have) : NULL;
}

int main(int argc, char **argv) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    static struct epoll_event ready[1024];
    int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0), poller = epoll_create1(0);
    at.sin_port = htons(argc > 1 ? atoi(argv[1]) : 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 4096)) die("listen");
    struct epoll_event want = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &want);
    puts("ready");
    fflush(stdout);
    for (;;) {
        int got = epoll_wait(poller, ready, 1024, -1);
        for (int i = 0; i < got; i++) {
            int fd = ready[i].data.fd;
            if (fd != listener) {
                take(&clients[fd]);
            } else if ((fd = accept(listener, NULL, NULL)) >= 0 && fd < MOST) {
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                clients[fd] = (struct client){.fd = fd};
                want.data.fd = fd;
                epoll_ctl(poller, EPOLL_CTL_ADD, fd, &want);
            }
        }
    }
}
