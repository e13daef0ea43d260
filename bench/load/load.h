/* What the parts of the load generator share: a client, the counters of one command, and who calls whom. */
#ifndef LOAD_H
#define LOAD_H
#include <stddef.h>

enum state { UNUSED, OPENING, CONNECTED, CLOSED };
enum { MAIN, POST };                  /* a client's two connections; a WebSocket needs the first only */

struct part { char *data; size_t have; };      /* the beginning of a frame or answer whose end has not come yet */

struct client {
    int fd[2];
    enum state state;
    int polling, upgraded;
    int busy;                         /* an acknowledgement is due */
    int posting;                      /* the answer to a POST is due */
    double since;                     /* when it opened or was last pinged, in seconds */
    char *sid;
    struct part in[2];
};

struct counters { long events, acks, pings, connected, jobs; double latest, seconds, answered[2], last[2]; };
/* answered, last: p50 and p99 of webhooks, or of events until the last client has them */

extern struct client *clients;
extern struct counters seen;
extern char host[64];
extern int port;

/* load.c */
double now(void);
void die(const char *what);
int dial(long turn);                                           /* a new connection; to one port after the other */
int connect_to_server(struct client *c, int which);
int turn(double wait);                                         /* look at the clients' sockets once */
void send_all(int fd, const char *data, size_t size);
void packet(struct client *c, char *text, size_t size);        /* one Engine.IO packet came */
void say(struct client *c, const char *text, size_t size);     /* send one Engine.IO packet */
void lost(struct client *c);
void quantiles(double *times, long count, double found[2]);    /* p50, p99; sorts them */

/* deliver.c */
void deliver(long at_once, long receivers, long number, const char *path);
void delivered(const char *text, size_t size);

/* websocket.c and polling.c: each answers how many of the bytes it has used */
void websocket_open(struct client *c);
void websocket_say(struct client *c, const char *text, size_t size);
size_t websocket_input(struct client *c, char *data, size_t size);
void polling_open(struct client *c);
void polling_say(struct client *c, const char *text, size_t size);
size_t polling_input(struct client *c, int which, char *data, size_t size);
size_t http_answer(char *data, size_t size, char **text, size_t *length);     /* 0 if it is not whole */

#endif
