/* The load generator: thousands of Socket.IO clients in one thread, told what to do by lines on standard input.
 *
 * load HOST PORT[,PORT...] PAYLOAD, then one command a line; each is answered by one line of JSON when it is done.
 * Clients connect to the ports by turns:
 *   open COUNT WINDOW RATE ws|polling       COUNT clients more, WINDOW at once, RATE a second (0: as fast as it goes)
 *   publish AT_ONCE RECEIVERS COUNT TEXT    one client says COUNT times 42TEXT, AT_ONCE under way; each must bring
 *                                           RECEIVERS events
 *   call WINDOW FIRST STEP COUNT EACH TEXT  client FIRST + k * STEP asks 42TEXT with an acknowledgement, k < COUNT;
 *                                           each must bring EACH events too
 *   deliver AT_ONCE RECEIVERS NUMBER FILE   POST the webhooks of FILE, which make the events of `job-NUMBER` and on
 *   credentials FILE                        what clients opened from now on say at CONNECT, a line each, by turns
 *   idle SECONDS                            answer pings
 *   pause MICROSECONDS                      sleep this long between two looks at the sockets
 * In TEXT `$` is the payload, `%` the running number modulo the number of clients, `&` the number of the client's line
 * of credentials, and `#` a number that comes once only.
 *
 * With a pause the server seldom has to wake this process: what a wake-up costs is charged to whoever sends, and would
 * measure the generator. Any surprise ends the program with a sentence: a figure with errors in it is no figure. */
#include "load.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 65536, BATCH = 1024, LIMIT = 120, PAYLOAD = 16384 };      /* LIMIT: seconds that one command may take */

struct client *clients;
struct counters seen;
char host[64];
int port;
static int ports[16], port_count;
static const char *payload;
static int total, poller, pause_us;
static char **credentials;
static int lines;                                       /* of credentials */
static double deadline;

double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

void die(const char *what) {
    fprintf(stderr, "load: %s (%ld connected, %ld events, %ld acknowledgements)\n",
            what, seen.connected, seen.events, seen.acks);
    exit(1);
}

void lost(struct client *c) {
    c->state = CLOSED;
    die("the server closed a connection");
}

void send_all(int fd, const char *data, size_t size) {
    if (send(fd, data, size, MSG_NOSIGNAL) != (ssize_t)size) die("a request could not be sent at once");
}

int dial(long turn) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(ports[turn % port_count])};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) die("no more open files: raise `ulimit -n`");
    inet_pton(AF_INET, host, &to.sin_addr);
    if (connect(fd, (struct sockaddr *)&to, sizeof to)) die("cannot connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

int connect_to_server(struct client *c, int which) {
    int fd = dial(c - clients);
    struct epoll_event want = {.events = EPOLLIN, .data.u32 = (uint32_t)(c - clients) * 2 + which};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &want)) die("epoll_ctl");
    return c->fd[which] = fd;
}

void say(struct client *c, const char *text, size_t size) {
    (c->polling ? polling_say : websocket_say)(c, text, size);
}

static void opened(struct client *c, char *text, size_t size) {
    char *at = memmem(text, size, "\"sid\":\"", 7);
    if (!at) die("no sid in the open packet");
    c->sid = strndup(at + 7, strcspn(at + 7, "\""));
    c->since = now();
    char *packet = lines ? credentials[(c - clients) % lines] : "40";
    say(c, packet, strlen(packet));
}

static void pinged(struct client *c) {
    double at = now();
    if (at - c->since > seen.latest) seen.latest = at - c->since;
    c->since = at;
    seen.pings++;
    say(c, "3", 1);
}

void packet(struct client *c, char *text, size_t size) {
    char kind = size > 1 ? text[1] : 0;
    if (text[0] == '0') {
        opened(c, text, size);
    } else if (text[0] == '2') {
        pinged(c);
    } else if (text[0] == '4' && kind == '2') {
        seen.events++;
        delivered(text, size);
    } else if (text[0] == '4' && kind == '3') {
        if (memmem(text, size, "\"ok\":false", 10)) die("the server refused an event");
        seen.acks++;
        c->busy = 0;
    } else if (text[0] == '4' && kind == '0') {
        seen.connected++;
        c->state = CONNECTED;
    } else if (text[0] == '4' && kind == '4') {
        die("the server refused a CONNECT");
    } else if (text[0] != '6') {
        lost(c);
    }
}

/* Read what one connection has; a piece without its end is kept for the next time. */
static void take(struct client *c, int which) {
    static char buffer[1 << 20];
    struct part *kept = &c->in[which];
    size_t have = kept->have;
    if (have) memcpy(buffer, kept->data, have);
    ssize_t got = recv(c->fd[which], buffer + have, sizeof buffer - have - 1, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0 && which == POST && !c->posting) {       /* HTTP servers hang up on idle connections; dial again */
        close(c->fd[POST]);
        c->fd[POST] = -1;
        return;
    }
    if (got <= 0) return lost(c);
    have += got;
    buffer[have] = 0;
    size_t used = c->polling ? polling_input(c, which, buffer, have) : websocket_input(c, buffer, have);
    kept->have = have - used;
    if (kept->have) {
        kept->data = realloc(kept->data, kept->have);
        memcpy(kept->data, buffer + used, kept->have);
    } else if (kept->data) {
        free(kept->data);
        kept->data = NULL;
    }
}

/* Look at the sockets once, waiting at most `wait` seconds. */
int turn(double wait) {
    static struct epoll_event ready[BATCH];
    if (now() > deadline) die("a command took too long");
    if (pause_us) usleep(pause_us);
    int count = epoll_wait(poller, ready, BATCH, wait * 1000);
    for (int i = 0; i < count; i++) take(&clients[ready[i].data.u32 / 2], ready[i].data.u32 & 1);
    return count;
}

static void open_clients(long count, long window, long rate, int polling) {
    double began = now();
    long first = total;
    if (total + count > MOST) die("too many clients");
    while (seen.connected < count) {
        long due = rate ? (now() - began) * rate + 1 : count;
        while (total - first < count && total - first < due && total - first - seen.connected < window) {
            struct client *c = &clients[total++];
            *c = (struct client){.fd = {-1, -1}, .state = OPENING, .polling = polling};
            (polling ? polling_open : websocket_open)(c);
        }
        turn(rate ? 0.001 : 1);
    }
}

/* The packets CONNECT made of the lines of a file. */
static void read_credentials(const char *path) {
    static char line[4096];
    FILE *file = fopen(path, "r");
    if (!file) die("the credentials cannot be read");
    for (lines = 0; fgets(line, sizeof line, file); lines++) {
        credentials = realloc(credentials, (lines + 1) * sizeof *credentials);
        line[strcspn(line, "\n")] = 0;
        if (asprintf(&credentials[lines], "40%s", line) < 0) die("no memory");
    }
    fclose(file);
}

/* 42 + identifier + TEXT with `$`, `%`, `&` and `#` put in. */
static void emit(struct client *c, const char *identifier, const char *text, long number) {
    static char line[65536];
    static long once;
    size_t size = snprintf(line, sizeof line, "42%s", identifier);
    for (; *text; text++) {
        if (size > sizeof line - PAYLOAD) die("a text is too long");
        if (*text == '$') size += snprintf(line + size, PAYLOAD, "%s", payload);
        else if (*text == '%') size += snprintf(line + size, 24, "%ld", number % total);
        else if (*text == '&') size += snprintf(line + size, 24, "%ld", (long)(c - clients) % lines);
        else if (*text == '#') size += snprintf(line + size, 24, "%ld", once++);
        else line[size++] = *text;
    }
    say(c, line, size);
}

static int by_size(const void *one, const void *other) {
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

void quantiles(double *times, long count, double found[2]) {
    qsort(times, count, sizeof *times, by_size);
    found[0] = times[count / 2];
    found[1] = times[count * 99 / 100];
}

static double publish(long at_once, long receivers, long count, const char *text) {
    static double started[64];
    double *took = malloc(count * sizeof *took);
    long sent = 0, done = 0;
    if (at_once > 64) die("at most 64 under way");
    while (done < count) {
        for (; sent < count && sent < done + at_once; sent++) {
            started[sent % 64] = now();
            emit(&clients[0], "", text, sent);
        }
        turn(1);
        for (; done < sent && seen.events >= (done + 1) * receivers; done++) took[done] = now() - started[done % 64];
    }
    quantiles(took, count, seen.last);
    double slowest = took[count - 1];
    free(took);
    return slowest;
}

static void call(long window, long first, long step, long count, long each, const char *text) {
    long sent = 0;
    while (seen.acks < count || seen.events < count * each) {
        for (; sent < count && sent - seen.acks < window; sent++) {
            struct client *c = &clients[(first + sent * step) % total];
            if (c->busy || c->posting) break;
            c->busy = 1;
            emit(c, "0", text, sent);
        }
        turn(1);
    }
}

static void idle(double seconds) {
    double end = now() + seconds;
    while (now() < end) turn(0.05);
}

static void obey(const char *line) {
    long a, b, c, d, e;
    double seconds, slowest = 0, began;
    char word[16], text[512];
    deadline = now() + LIMIT;
    while (turn(0) == BATCH) continue;                  /* what came while there was nothing to do, farewells included */
    seen = (struct counters){0};
    began = now();
    if (sscanf(line, "open %ld %ld %ld %15s", &a, &b, &c, word) == 4) open_clients(a, b, c, word[0] == 'p');
    else if (sscanf(line, "publish %ld %ld %ld %511s", &a, &b, &c, text) == 4) slowest = publish(a, b, c, text);
    else if (sscanf(line, "call %ld %ld %ld %ld %ld %511s", &a, &b, &c, &d, &e, text) == 6) call(a, b, c, d, e, text);
    else if (sscanf(line, "deliver %ld %ld %ld %511s", &a, &b, &c, text) == 4) deliver(a, b, c, text);
    else if (sscanf(line, "credentials %511s", text) == 1) read_credentials(text);
    else if (sscanf(line, "idle %lf", &seconds) == 1) idle(seconds);
    else if (sscanf(line, "pause %ld", &a) == 1) pause_us = a;
    else die("what?");
    printf("{\"seconds\": %.6f, \"slowest\": %.6f, \"latest\": %.6f, \"events\": %ld, \"acks\": %ld, \"pings\": %ld, "
           "\"jobs\": %ld, \"answered\": [%.6f, %.6f], \"last\": [%.6f, %.6f]}\n",
           seen.seconds ? seen.seconds : now() - began, slowest, seen.latest, seen.events, seen.acks, seen.pings, seen.jobs,
           seen.answered[0], seen.answered[1], seen.last[0], seen.last[1]);
}

int main(int argc, char **argv) {
    char line[1024];
    if (argc != 4) die("usage: load HOST PORT[,PORT...] PAYLOAD");
    snprintf(host, sizeof host, "%s", argv[1]);
    for (char *at = strtok(argv[2], ","); at && port_count < 16; at = strtok(NULL, ",")) ports[port_count++] = atoi(at);
    if (!port_count) die("no port");
    port = ports[0];
    payload = argv[3];
    if (strlen(payload) >= PAYLOAD) die("the payload is too long");
    clients = calloc(MOST, sizeof *clients);
    poller = epoll_create1(0);
    prctl(PR_SET_TIMERSLACK, 1);
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin)) obey(line);
    return 0;
}
