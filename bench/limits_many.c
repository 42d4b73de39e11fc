// SPDX-License-Identifier: MIT
// The shortest programs that have many things at once: sleepers, threads, messages, processes. As limits.c, of which each
// prints "name ns-per-unit", and holds no code of ccbench's.
//
//     limits_many stamps N               N empty tasks of one thread: two stamps each, into its slot
//     limits_many sleepers N BYTES       N that sleep for a second in one heap, BYTES of each one's stack copied out and in
//     limits_many sleeping-threads N     N threads that sleep for a second
//     limits_many threads N              N threads that do nothing, ns each; as those they begin together and stamp
//     limits_many frames N               N tasks in 8 bytes and replies in 48, of two forked workers
//     limits_many pool N                 N forked workers, a task and a reply each by one pipe each way, then their end
//     limits_many spawn N FILE CMD ...   N times CMD, with FILE as its input
//
// What sleeps for a second is told without the second.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS UINT64_C(1000000000)

struct slot {
    uint64_t begin_ns, end_ns, rest[2];
};

static uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * SECOND_NS + (uint64_t)ts.tv_nsec;
}

static void sleep_until(uint64_t ns)
{
    const struct timespec ts = {.tv_sec = (time_t)(ns / SECOND_NS), .tv_nsec = (long)(ns % SECOND_NS)};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
        ;
}

static int report(const char *name, uint64_t ns, double units)
{
    printf("%s %.2f\n", name, (double)ns / units);
    return 0;
}

// Shared, and touched, as ccbench's slots are; a page at a time where it is what lanes are made of.
static void *map(size_t bytes, bool touched)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | (touched ? MAP_SHARED : MAP_PRIVATE), -1,
                        0);

    if (memory == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    if (touched)
        memset(memory, 0, bytes);
    return memory;
}

static int limit_stamps(int argc, char **argv)
{
    const size_t n = strtoul(argv[0], NULL, 10);
    struct slot *slots = map(n * sizeof *slots, true);
    uint64_t start_ns = now_ns();

    for (size_t i = 0; i < n; i++) {
        slots[i].begin_ns = now_ns();
        slots[i].end_ns = now_ns();
    }
    return report("stamps", now_ns() - start_ns, (double)n);
}

// Sleepers.

struct sleeper {
    uint64_t deadline_ns;
    size_t index;
};

static void heap_push(struct sleeper *heap, size_t n, struct sleeper sleeper)
{
    while (n > 0 && heap[(n - 1) / 2].deadline_ns > sleeper.deadline_ns) {
        heap[n] = heap[(n - 1) / 2];
        n = (n - 1) / 2;
    }
    heap[n] = sleeper;
}

// Takes the first of n out.
static struct sleeper heap_pop(struct sleeper *heap, size_t n)
{
    struct sleeper first = heap[0], last = heap[--n];
    size_t at = 0, child;

    while ((child = 2 * at + 1) < n) {
        child += child + 1 < n && heap[child + 1].deadline_ns < heap[child].deadline_ns;
        if (heap[child].deadline_ns >= last.deadline_ns)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return first;
}

static int limit_sleepers(int argc, char **argv)
{
    const size_t n = strtoul(argv[0], NULL, 10), bytes = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    struct lane {
        char record[64];
    } *lanes = map(n * sizeof *lanes, false);
    struct slot *slots = map(n * sizeof *slots, true);
    struct sleeper *heap = map(n * sizeof *heap, false);
    char *stacks = bytes > 0 ? map(n * bytes, false) : NULL;
    static volatile char stack[4096];
    const uint64_t start_ns = now_ns();

    for (size_t i = 0; i < n; i++) {
        lanes[i].record[0] = 1;
        slots[i].begin_ns = now_ns();
        if (bytes > 0)
            memcpy(stacks + i * bytes, (const char *)stack, bytes);
        heap_push(heap, i, (struct sleeper){slots[i].begin_ns + SECOND_NS, i});
    }
    for (size_t left = n; left > 0; left--) {
        struct sleeper next = heap_pop(heap, left);

        if (now_ns() < next.deadline_ns)
            sleep_until(next.deadline_ns);
        if (bytes > 0)
            memcpy((char *)stack, stacks + next.index * bytes, bytes);
        lanes[next.index].record[0] = 0;
        slots[next.index].end_ns = now_ns();
    }
    return report("sleepers", now_ns() - start_ns - SECOND_NS, 1);
}

// Threads, which begin at once when all are there.

#define STACK_BYTES 16384

static pthread_barrier_t all_there;
static struct slot *thread_slots;
static uint64_t nap_ns; // 0: none

static void *nap_in_thread(void *data)
{
    struct slot *slot = data;

    pthread_barrier_wait(&all_there);
    slot->begin_ns = now_ns();
    if (nap_ns > 0)
        sleep_until(slot->begin_ns + nap_ns);
    slot->end_ns = now_ns();
    return NULL;
}

// ns from before the first is made until the last has been joined.
static uint64_t time_threads(size_t n)
{
    pthread_t *threads = map(n * sizeof *threads, false);
    pthread_attr_t attributes;
    uint64_t start_ns;

    thread_slots = map(n * sizeof *thread_slots, true);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_barrier_init(&all_there, NULL, (unsigned)n + 1);
    start_ns = now_ns();
    for (size_t i = 0; i < n; i++) {
        if ((errno = pthread_create(&threads[i], &attributes, nap_in_thread, &thread_slots[i])) != 0) {
            perror("pthread_create");
            exit(1);
        }
    }
    pthread_barrier_wait(&all_there);
    for (size_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    return now_ns() - start_ns;
}

static int limit_sleeping_threads(int argc, char **argv)
{
    nap_ns = SECOND_NS;
    return report("sleeping-threads", time_threads(strtoul(argv[0], NULL, 10)) - SECOND_NS, 1);
}

static int limit_threads(int argc, char **argv)
{
    const size_t n = strtoul(argv[0], NULL, 10);

    return report("threads", time_threads(n), (double)n);
}

// Tasks and replies.

struct frame {
    char bytes[8];
};
struct reply {
    char bytes[48];
};

// So many are under way to and from each worker, so that neither waits to be woken for each. What is written to a pipe at once,
// up to PIPE_BUF bytes, is read whole.
#define UNDER_WAY 16

static _Noreturn void work(int tasks, int replies)
{
    struct frame frames[UNDER_WAY];
    struct reply answers[UNDER_WAY] = {{""}};
    ssize_t n;

    while ((n = read(tasks, frames, sizeof frames) / (ssize_t)sizeof *frames) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            uint64_t begin_ns = now_ns(), end_ns = now_ns();

            memcpy(answers[i].bytes, &begin_ns, sizeof begin_ns);
            memcpy(answers[i].bytes + 8, &end_ns, sizeof end_ns);
        }
        if (write(replies, answers, (size_t)n * sizeof *answers) != n * (ssize_t)sizeof *answers)
            break;
    }
    _exit(0);
}

struct worker {
    int tasks, replies;
};

static struct worker start_worker(void)
{
    int tasks[2], replies[2];

    if (pipe2(tasks, O_CLOEXEC) != 0 || pipe2(replies, O_CLOEXEC) != 0) {
        perror("pipe2");
        exit(1);
    }
    if (fork() == 0) {
        close(tasks[1]);
        work(tasks[0], replies[1]);
    }
    close(tasks[0]);
    close(replies[1]);
    return (struct worker){.tasks = tasks[1], .replies = replies[0]};
}

static int limit_frames(int argc, char **argv)
{
    const size_t n = strtoul(argv[0], NULL, 10);
    struct slot *slots = map(n * sizeof *slots, true);
    struct worker workers[2] = {start_worker(), start_worker()};
    const struct frame frames[UNDER_WAY] = {{""}};
    int loop = epoll_create1(EPOLL_CLOEXEC);
    size_t sent = 0, received = 0;
    uint64_t start_ns = now_ns();

    if (n < (size_t)2 * UNDER_WAY)
        return 2;
    for (uint32_t i = 0; i < 2; i++, sent += UNDER_WAY) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};

        if (epoll_ctl(loop, EPOLL_CTL_ADD, workers[i].replies, &event) != 0 ||
            write(workers[i].tasks, frames, sizeof frames) != (ssize_t)sizeof frames)
            return 1;
    }
    while (received < n) {
        struct epoll_event events[2];
        int ready = epoll_wait(loop, events, 2, -1);

        for (int i = 0; i < ready; i++) {
            const struct worker *worker = &workers[events[i].data.u32];
            struct reply answers[UNDER_WAY];
            ssize_t got = read(worker->replies, answers, sizeof answers) / (ssize_t)sizeof *answers;
            size_t more = n - sent < (size_t)got ? n - sent : (size_t)got;

            for (ssize_t k = 0; k < got && received < n; k++)
                memcpy(&slots[received++], answers[k].bytes, sizeof *slots);
            if (got <= 0 || (more > 0 && write(worker->tasks, frames, more * sizeof *frames) < 0))
                return 1;
            sent += more;
        }
    }
    return report("frames", now_ns() - start_ns, (double)n);
}

// Processes.

static _Noreturn void answer(int tasks, int replies)
{
    struct frame frame;

    while (read(tasks, &frame, sizeof frame) == (ssize_t)sizeof frame) {
        struct reply reply = {""};
        uint64_t begin_ns = now_ns(), end_ns = now_ns();

        memcpy(reply.bytes, &begin_ns, sizeof begin_ns);
        memcpy(reply.bytes + 8, &end_ns, sizeof end_ns);
        if (write(replies, &reply, sizeof reply) != (ssize_t)sizeof reply)
            break;
    }
    _exit(0);
}

// As many libraries are mapped as under ccbench (meson.build): a fork copies what describes them.
static int limit_pool(int argc, char **argv)
{
    const size_t n = strtoul(argv[0], NULL, 10);
    struct frame *frames = calloc(n, sizeof *frames);
    int tasks[2], replies[2];
    uint64_t start_ns = now_ns();

    if (frames == NULL || pipe2(tasks, O_CLOEXEC) != 0 || pipe2(replies, O_CLOEXEC) != 0)
        return 1;
    for (size_t i = 0; i < n; i++) {
        pid_t pid = fork();

        if (pid < 0)
            return 1;
        if (pid == 0) {
            close(tasks[1]);
            close(replies[0]);
            answer(tasks[0], replies[1]);
        }
    }
    if (write(tasks[1], frames, n * sizeof *frames) != (ssize_t)(n * sizeof *frames))
        return 1;
    for (size_t received = 0; received < n;) {
        struct reply answers[UNDER_WAY];
        ssize_t got = read(replies[0], answers, sizeof answers);

        if (got <= 0)
            return 1;
        received += (size_t)got / sizeof *answers;
    }
    close(tasks[1]);
    for (size_t i = 0; i < n; i++)
        wait(NULL);
    free(frames);
    return report("pool", now_ns() - start_ns, (double)n);
}

static int limit_spawn(int argc, char **argv)
{
    const size_t n = strtoul(argv[0], NULL, 10);
    posix_spawn_file_actions_t actions;
    uint64_t start_ns;

    if (argc < 3)
        return 2;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, argv[1], O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    start_ns = now_ns();
    for (size_t i = 0; i < n; i++) {
        pid_t pid;
        int status;

        if ((errno = posix_spawnp(&pid, argv[2], &actions, NULL, argv + 2, environ)) != 0 ||
            waitpid(pid, &status, 0) != pid || status != 0) {
            perror(argv[2]);
            return 1;
        }
    }
    return report("spawn", now_ns() - start_ns, (double)n);
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} limits[] = {
    {"stamps", limit_stamps},   {"sleepers", limit_sleepers}, {"sleeping-threads", limit_sleeping_threads},
    {"threads", limit_threads}, {"frames", limit_frames},     {"pool", limit_pool},
    {"spawn", limit_spawn},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 2 && strtoul(argv[2], NULL, 10) > 0 && i < sizeof limits / sizeof *limits; i++) {
        if (strcmp(argv[1], limits[i].name) == 0)
            return limits[i].run(argc - 2, argv + 2);
    }
    fputs(
        "usage: limits_many stamps N | sleepers N BYTES | sleeping-threads N | threads N | frames N | pool N | spawn N FILE CMD ...\n",
        stderr);
    return 2;
}
