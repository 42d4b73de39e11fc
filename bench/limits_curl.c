// SPDX-License-Identifier: MIT
// The shortest programs that fetch by libcurl as a model does: a tuned multi on epoll, or threads with an easy handle each. What
// ccbench's figures with client=libcurl are held against in the same run (bench/run): what lies between is ccbench's own. Each prints
// "name ns-per-fetch" of time and of CPU time, from before libcurl is initialised until it is cleaned up. They hold no code of ccbench's.
#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define REQUESTS 60000u
#define BODY 13
#define CONNECTIONS_MOST 10000
#define DESCRIPTORS_MOST 20000
// One multi is slower for each request beyond some hundred transfers.
#define CONNECTIONS_OF_ONE 64
#define MULTIS 16

// What is written down of each fetch: as much as ccbench does.
static struct slot {
    uint64_t begin_ns, end_ns;
    uint32_t status, check;
} slots[REQUESTS];

static char url[64];
static atomic_bool failed;

static uint64_t read_ns(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void report(const char *name, uint64_t start_ns, uint64_t start_cpu_ns)
{
    printf("%s %.2f\n", name, (double)(read_ns(CLOCK_MONOTONIC) - start_ns) / REQUESTS);
    printf("%s-cpu %.2f\n", name, (double)(read_ns(CLOCK_PROCESS_CPUTIME_ID) - start_cpu_ns) / REQUESTS);
}

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
    *(uint32_t *)user += (uint32_t)(size * count);
    return size * count;
}

static CURL *make_easy(uint32_t *received, void *private)
{
    CURL *easy = curl_easy_init();

    if (easy == NULL)
        return NULL;
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_USERAGENT,
                     "limits_curl/1"); // as long as ccbench's: libcurl formats each request anew
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, received);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, private);
    return easy;
}

static void begin_slot(uint32_t task, uint32_t *received)
{
    *received = 0;
    slots[task].begin_ns = read_ns(CLOCK_MONOTONIC);
}

static void end_slot(uint32_t task, CURL *easy, CURLcode code, uint32_t received)
{
    long status = 0;

    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK || status != 200 || received != BODY)
        failed = true;
    slots[task].status = 0;
    slots[task].check = received;
    slots[task].end_ns = read_ns(CLOCK_MONOTONIC);
}

struct fetch {
    CURL *easy;
    struct multi *multi;
    uint32_t task, received;
};

struct multi {
    CURLM *handle;
    uint64_t due_ns; // UINT64_MAX: none
};

// A descriptor stays watched while curl has no wish, as it has none between two requests: that saves two epoll_ctl a fetch.
struct watch {
    struct multi *multi;
    uint32_t armed, wanted;
};

static struct multi multis[MULTIS];
static unsigned multi_count;
static struct fetch fetches[CONNECTIONS_MOST];
static struct watch watches[DESCRIPTORS_MOST];
static int loop;
static uint32_t begun, ended;

static void arm(int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};

    if (epoll_ctl(loop, EPOLL_CTL_MOD, fd, &event) != 0 && epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event) != 0)
        failed = true;
    watches[fd].armed = events;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_data)
{
    uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);

    if (what == CURL_POLL_REMOVE)
        events = 0;
    if (fd >= DESCRIPTORS_MOST) {
        failed = true;
        return 0;
    }
    watches[fd].multi = user;
    watches[fd].wanted = events;
    if (events != 0 && events != watches[fd].armed)
        arm(fd, events);
    return 0;
}

static int on_timer(CURLM *handle, long timeout_ms, void *user)
{
    struct multi *multi = user;

    if (timeout_ms <= 0)
        multi->due_ns = timeout_ms == 0 ? 0 : UINT64_MAX;
    else
        multi->due_ns = read_ns(CLOCK_MONOTONIC) + (uint64_t)timeout_ms * 1000000;
    return 0;
}

static int on_close(void *user, curl_socket_t fd)
{
    watches[fd] = (struct watch){0};
    return close(fd);
}

static void begin(struct fetch *fetch)
{
    fetch->task = begun++;
    begin_slot(fetch->task, &fetch->received);
    if (curl_multi_add_handle(fetch->multi->handle, fetch->easy) != CURLM_OK)
        failed = true;
    fetch->multi->due_ns = 0; // curl need not say so again
}

static void collect(struct multi *multi)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(multi->handle, &left)) != NULL) {
        CURLcode code = message->data.result;
        struct fetch *fetch;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&fetch);
        curl_multi_remove_handle(multi->handle, fetch->easy);
        end_slot(fetch->task, fetch->easy, code, fetch->received);
        ended++;
        if (begun < REQUESTS)
            begin(fetch);
    }
}

static void call(struct multi *multi, int fd, int flags)
{
    int running;

    if (curl_multi_socket_action(multi->handle, fd, flags, &running) != CURLM_OK)
        failed = true;
    collect(multi);
}

// In ms, for epoll_wait(): 0 where a multi has something to start.
static int until_due(void)
{
    uint64_t due_ns = UINT64_MAX, now_ns;

    for (unsigned i = 0; i < multi_count; i++)
        due_ns = multis[i].due_ns < due_ns ? multis[i].due_ns : due_ns;
    if (due_ns == 0 || due_ns == UINT64_MAX)
        return due_ns == 0 ? 0 : -1;
    now_ns = read_ns(CLOCK_MONOTONIC);
    return due_ns > now_ns ? (int)((due_ns - now_ns) / 1000000) + 1 : 0;
}

static void call_due(void)
{
    uint64_t now_ns = 0;

    for (unsigned i = 0; i < multi_count; i++) {
        if (multis[i].due_ns == UINT64_MAX)
            continue;
        if (multis[i].due_ns != 0 && now_ns == 0)
            now_ns = read_ns(CLOCK_MONOTONIC);
        if (multis[i].due_ns > now_ns)
            continue;
        multis[i].due_ns = UINT64_MAX; // unless it is said anew
        call(&multis[i], CURL_SOCKET_TIMEOUT, 0);
    }
}

static void turn(void)
{
    static struct epoll_event events[1024];
    int n;

    call_due();
    n = epoll_wait(loop, events, 1024, until_due());
    for (int i = 0; i < n; i++) {
        int fd = events[i].data.fd;
        int flags = (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                    (events[i].events & ~(uint32_t)EPOLLOUT ? CURL_CSELECT_IN : 0);

        if (watches[fd].wanted != 0)
            call(watches[fd].multi, fd, flags);
        else if (watches[fd].armed != 0) { // an idle connection was closed
            epoll_ctl(loop, EPOLL_CTL_DEL, fd, NULL);
            watches[fd].armed = 0;
        }
    }
}

static void open_multi(struct multi *multi, unsigned connections)
{
    *multi = (struct multi){curl_multi_init(), UINT64_MAX};
    curl_multi_setopt(multi->handle, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi->handle, CURLMOPT_SOCKETDATA, multi);
    curl_multi_setopt(multi->handle, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi->handle, CURLMOPT_TIMERDATA, multi);
    curl_multi_setopt(multi->handle, CURLMOPT_MAXCONNECTS, (long)connections);
}

static bool open_fetch(struct fetch *fetch, struct multi *multi)
{
    *fetch = (struct fetch){.easy = make_easy(&fetch->received, fetch), .multi = multi};
    if (fetch->easy == NULL)
        return false;
    curl_easy_setopt(fetch->easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    return true;
}

static int limit_multi(unsigned connections)
{
    uint64_t start_ns = read_ns(CLOCK_MONOTONIC), start_cpu_ns = read_ns(CLOCK_PROCESS_CPUTIME_ID);

    loop = epoll_create1(EPOLL_CLOEXEC);
    curl_global_init(CURL_GLOBAL_NOTHING);
    multi_count = connections <= CONNECTIONS_OF_ONE ? 1 : MULTIS;
    for (unsigned i = 0; i < multi_count; i++)
        open_multi(&multis[i], connections);
    for (unsigned i = 0; i < connections; i++) {
        if (!open_fetch(&fetches[i], &multis[i % multi_count]))
            return 1;
        begin(&fetches[i]);
    }
    while (ended < REQUESTS && !failed)
        turn();
    for (unsigned i = 0; i < connections; i++)
        curl_easy_cleanup(fetches[i].easy);
    for (unsigned i = 0; i < multi_count; i++)
        curl_multi_cleanup(multis[i].handle);
    curl_global_cleanup();
    report("multi", start_ns, start_cpu_ns);
    return failed ? 1 : 0;
}

static _Atomic uint32_t next_request;

static void *fetch_all(void *data)
{
    uint32_t received = 0, task;
    CURL *easy = make_easy(&received, NULL);
    CURLcode code;

    if (easy == NULL)
        failed = true;
    while (!failed && (task = atomic_fetch_add(&next_request, 1)) < REQUESTS) {
        begin_slot(task, &received);
        code = curl_easy_perform(easy);
        end_slot(task, easy, code, received);
    }
    curl_easy_cleanup(easy);
    return NULL;
}

static int limit_easy(unsigned connections)
{
    static pthread_t threads[CONNECTIONS_MOST];
    uint64_t start_ns = read_ns(CLOCK_MONOTONIC), start_cpu_ns = read_ns(CLOCK_PROCESS_CPUTIME_ID);
    unsigned made = 0;

    curl_global_init(CURL_GLOBAL_NOTHING);
    while (made < connections && pthread_create(&threads[made], NULL, fetch_all, NULL) == 0)
        made++;
    for (unsigned i = 0; i < made; i++)
        pthread_join(threads[i], NULL);
    curl_global_cleanup();
    report("easy", start_ns, start_cpu_ns);
    return made == connections && !failed ? 0 : 1;
}

static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS_MOST ? limit.rlim_max : DESCRIPTORS_MOST;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
    unsigned connections = argc == 4 ? (unsigned)atoi(argv[3]) : 0;

    if (connections - 1 >= CONNECTIONS_MOST || (strcmp(argv[1], "multi") != 0 && strcmp(argv[1], "easy") != 0)) {
        fprintf(stderr, "usage: limits_curl multi PORT CONNECTIONS, or easy PORT THREADS\n");
        return 2;
    }
    snprintf(url, sizeof url, "http://127.0.0.1:%d/bytes/13", atoi(argv[2]));
    raise_descriptors();
    memset(slots, 1, sizeof slots); // touched, as ccbench's are
    return strcmp(argv[1], "multi") == 0 ? limit_multi(connections) : limit_easy(connections);
}
