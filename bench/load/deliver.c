/* Webhooks made beforehand, POSTed over kept connections; when each was answered, and when the last client had seen it.
 *
 * The file holds whole requests, each behind a line with its size. Request N makes an event in which `job-N` stands.
 * A job is done when it was answered and all receivers have its event; then the next one begins. */
#include "load.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 64, LOOK_US = 200 };        /* LOOK_US: between two looks at the clients, as `pause` in load.c */

struct job { char *request; size_t size; double sent, answered, last; long seen; };
struct line { int fd; struct job *job; size_t have; char in[8192]; };

static struct job *jobs;
static struct line lines[CONNECTIONS];
static long first, count, done, wanted;
static int poller;

static void read_jobs(const char *path) {
    FILE *file = fopen(path, "r");
    size_t size;
    if (!file) die("the file with the webhooks cannot be read");
    for (count = 0; fscanf(file, "%zu\n", &size) == 1; count++) {
        jobs = realloc(jobs, (count + 1) * sizeof *jobs);
        jobs[count] = (struct job){.request = malloc(size), .size = size};
        if (fread(jobs[count].request, 1, size, file) != size) die("the file with the webhooks is cut off");
    }
    fclose(file);
}

static void finish(struct job *job) {
    if (job->answered && job->seen >= wanted) done++;
}

/* An event came to a client. */
void delivered(const char *text, size_t size) {
    const char *at = jobs ? memmem(text, size, "\"job-", 5) : NULL;
    if (!at) return;
    long number = atol(at + 5) - first;
    if (number < 0 || number >= count || !jobs[number].sent) die("an event of a webhook that was not sent");
    struct job *job = &jobs[number];
    if (++job->seen > wanted) die("an event came twice");
    job->last = now();
    if (job->seen == wanted) finish(job);
}

static void start(struct job *job) {
    struct line *line = lines;
    while (line->job) line++;                    /* there are as many as jobs under way at most */
    line->job = job;
    job->sent = now();
    send_all(line->fd, job->request, job->size);
}

static void answer(struct line *line) {
    char *text;
    size_t length;
    ssize_t got = recv(line->fd, line->in + line->have, sizeof line->in - line->have, MSG_DONTWAIT);
    if (got <= 0 || !line->job) die("the server closed the connection of a webhook");
    line->have += got;
    if (!http_answer(line->in, line->have, &text, &length)) return;
    if (memcmp(line->in + 9, "200", 3)) die("a webhook was refused");
    struct job *job = line->job;
    line->job = NULL;
    line->have = 0;
    job->answered = now();
    finish(job);
}

/* Answers at once, clients as long as there is something and then every LOOK_US: so the server seldom pays for waking us,
   and who sends faster than we read is not kept waiting for what a rest has left. */
static void look(double *looked) {
    struct epoll_event ready[CONNECTIONS];
    struct pollfd any = {.fd = poller, .events = POLLIN};
    double rest = *looked + LOOK_US * 1e-6 - now();
    struct timespec wait = {.tv_sec = wanted ? 0 : 1, .tv_nsec = wanted && rest > 0 ? rest * 1e9 : 0};
    if (ppoll(&any, 1, &wait, NULL) > 0) {
        int answers = epoll_wait(poller, ready, CONNECTIONS, 0);
        for (int i = 0; i < answers; i++) answer(ready[i].data.ptr);
    }
    if (wanted && now() - *looked < LOOK_US * 1e-6) return;
    if (!turn(0)) *looked = now();
}

static void sum_up(void) {
    double *answered = malloc(count * sizeof *answered), *last = malloc(count * sizeof *last);
    for (long i = 0; i < count; i++) {
        answered[i] = jobs[i].answered - jobs[i].sent;
        last[i] = wanted ? jobs[i].last - jobs[i].sent : 0;
    }
    quantiles(answered, count, seen.answered);
    quantiles(last, count, seen.last);
    free(answered);
    free(last);
}

void deliver(long at_once, long receivers, long number, const char *path) {
    if (at_once > CONNECTIONS) die("at most 64 under way");
    read_jobs(path);
    first = number, done = 0, wanted = receivers;
    poller = epoll_create1(0);
    for (int i = 0; i < at_once; i++) {
        lines[i] = (struct line){.fd = dial(i)};
        struct epoll_event want = {.events = EPOLLIN, .data.ptr = &lines[i]};
        if (epoll_ctl(poller, EPOLL_CTL_ADD, lines[i].fd, &want)) die("epoll_ctl");
    }
    double began = now(), looked = began;
    for (long sent = 0; done < count; look(&looked))
        while (sent < count && sent - done < at_once) start(&jobs[sent++]);
    seen.seconds = now() - began;                /* without reading the file */
    seen.jobs = count;
    sum_up();
    for (int i = 0; i < at_once; i++) close(lines[i].fd);
    close(poller);
    for (long i = 0; i < count; i++) free(jobs[i].request);
    free(jobs);
    jobs = NULL;
}
