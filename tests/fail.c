// SPDX-License-Identifier: MIT
// A library for LD_PRELOAD that lets chosen calls fail as they would on a machine that has run out of something.
//
//   CCBENCH_FAIL=pthread_create:5,malloc:100+   the 5th pthread_create(), and every malloc() from the 100th on
//   CCBENCH_FAIL_IN=trial                       only in processes whose first argument is this
//   CCBENCH_FAIL_LOG=FILE                       each failure appends its line ("pthread_create 5") to FILE, so that a
//                                               test can tell that the call it meant was reached
//
// Names: malloc calloc realloc mmap (ENOMEM), fork pthread_create (EAGAIN), socket pipe2 epoll_create1 timerfd_create
// memfd_create eventfd (EMFILE), pread fstat (EIO), pwrite (ENOSPC), flock (ENOLCK), write-stdout (ENOSPC; write() to descriptor 1, by stdio too),
// fsync-killed (SIGKILL), listen-stopped (SIGSTOP, then it goes on). Calls count
// from the moment this library is initialised, each process for itself; a forked child goes on from its parent's counts. Calls
// that libc makes to its own functions without going through the symbol table (malloc's mmap, posix_spawn's clone) are not
// seen. A sanitizer's runtime has such functions of its own: builds with one are not for this library.

// Build systems set this to 64, which would rename the mmap() below to mmap64(), which is also there.
#undef _FILE_OFFSET_BITS

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum function {
    MALLOC,
    CALLOC,
    REALLOC,
    FREE,
    MMAP,
    MMAP64,
    FORK,
    PTHREAD_CREATE,
    SOCKET,
    PIPE2,
    EPOLL_CREATE1,
    TIMERFD_CREATE,
    MEMFD_CREATE,
    EVENTFD,
    PREAD,
    PREAD64,
    PWRITE,
    PWRITE64,
    FLOCK,
    FSTAT,
    FSTAT64,
    WRITE,
    FSYNC,
    LISTEN,
    FUNCTIONS,
};

static const struct {
    const char *symbol, *name; // name: in CCBENCH_FAIL; NULL where it does not fail by itself
    int error;
} functions[FUNCTIONS] = {
    [MALLOC] = {"malloc", "malloc", ENOMEM},
    [CALLOC] = {"calloc", "calloc", ENOMEM},
    [REALLOC] = {"realloc", "realloc", ENOMEM},
    [FREE] = {"free", NULL, 0},
    [MMAP] = {"mmap", "mmap", ENOMEM},
    [MMAP64] = {"mmap64", NULL, 0},
    [FORK] = {"fork", "fork", EAGAIN},
    [PTHREAD_CREATE] = {"pthread_create", "pthread_create", EAGAIN},
    [SOCKET] = {"socket", "socket", EMFILE},
    [PIPE2] = {"pipe2", "pipe2", EMFILE},
    [EPOLL_CREATE1] = {"epoll_create1", "epoll_create1", EMFILE},
    [TIMERFD_CREATE] = {"timerfd_create", "timerfd_create", EMFILE},
    [MEMFD_CREATE] = {"memfd_create", "memfd_create", EMFILE},
    [EVENTFD] = {"eventfd", "eventfd", EMFILE},
    [PREAD] = {"pread", "pread", EIO},
    [PREAD64] = {"pread64", NULL, 0},
    [PWRITE] = {"pwrite", "pwrite", ENOSPC},
    [PWRITE64] = {"pwrite64", NULL, 0},
    [FLOCK] = {"flock", "flock", ENOLCK},
    [FSTAT] = {"fstat", "fstat", EIO},
    [FSTAT64] = {"fstat64", NULL, 0},
    [WRITE] = {"write", "write-stdout", ENOSPC},
    [FSYNC] = {"fsync", "fsync-killed", 0},
    [LISTEN] = {"listen", "listen-stopped", 0},
};

struct rule {
    atomic_ulong calls;
    unsigned long first;
    enum function function;
    bool onwards;
};

enum { RULES = 16, ARENA = 64 * 1024 };

static struct rule rules[RULES];
static int rule_count;
static const char *log_path;
static atomic_bool armed;

// dlsym() may allocate; while it looks for malloc() and its kin, this is what it gets. Never given back.
static _Alignas(16) char arena[ARENA];
static atomic_size_t arena_used;
static __thread bool resolving __attribute__((tls_model("initial-exec")));

static void *arena_take(size_t size)
{
    size_t rounded = (size + 15) & ~(size_t)15, start;

    if (size > ARENA)
        return NULL;
    start = atomic_fetch_add(&arena_used, rounded);
    return start + rounded <= ARENA ? arena + start : NULL;
}

static bool in_arena(const void *pointer)
{
    uintptr_t address = (uintptr_t)pointer;

    return address >= (uintptr_t)arena && address < (uintptr_t)arena + ARENA;
}

static void die(const char *what, const char *text)
{
    // By system call: write() is one of the functions that may fail here.
    syscall(SYS_write, 2, what, strlen(what));
    syscall(SYS_write, 2, text, strlen(text));
    syscall(SYS_write, 2, "\n", (size_t)1);
    _exit(125);
}

// The next definition behind this library's. As bytes: C has no conversion from void * to a pointer to function.
static void find_real(enum function function, void *ret_pointer)
{
    static void *_Atomic found[FUNCTIONS];
    void *symbol = atomic_load(&found[function]);

    if (symbol == NULL) {
        resolving = true;
        symbol = dlsym(RTLD_NEXT, functions[function].symbol);
        resolving = false;
        if (symbol == NULL)
            die("fail: libc has no ", functions[function].symbol);
        atomic_store(&found[function], symbol);
    }
    memcpy(ret_pointer, &symbol, sizeof(symbol));
}

static void log_failure(enum function function, unsigned long call)
{
    char line[64];
    long fd;
    int length;

    if (log_path == NULL)
        return;
    length = snprintf(line, sizeof(line), "%s %lu\n", functions[function].name, call);
    fd = syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        die("fail: cannot write to ", log_path);
    syscall(SYS_write, fd, line, (size_t)length);
    syscall(SYS_close, fd);
}

// Counts a call of `function`; true, with errno set, where it shall fail.
static bool shall_fail(enum function function)
{
    bool fails = false;

    if (!atomic_load(&armed))
        return false;
    for (int i = 0; i < rule_count; i++) {
        unsigned long call;

        if (rules[i].function != function)
            continue;
        call = atomic_fetch_add(&rules[i].calls, 1) + 1;
        if (call != rules[i].first && !(rules[i].onwards && call > rules[i].first))
            continue;
        log_failure(function, call);
        fails = true;
    }
    if (fails)
        errno = functions[function].error;
    return fails;
}

// "malloc:100+" up to `length`. False where it is nothing of the kind.
static bool parse_rule(const char *text, size_t length, struct rule *rule)
{
    const char *colon = memchr(text, ':', length);
    size_t name = colon != NULL ? (size_t)(colon - text) : 0;
    char *end;

    if (colon == NULL || colon[1] < '1' || colon[1] > '9')
        return false;
    rule->first = strtoul(colon + 1, &end, 10);
    rule->onwards = *end == '+';
    if (end + rule->onwards != text + length)
        return false;
    for (int i = 0; i < FUNCTIONS; i++)
        if (functions[i].name != NULL && strlen(functions[i].name) == name &&
            strncmp(functions[i].name, text, name) == 0) {
            rule->function = (enum function)i;
            return true;
        }
    return false;
}

static void parse_rules(const char *text)
{
    const char *rest = text;

    for (;;) {
        size_t length = strcspn(rest, ",");

        if (rule_count == RULES || !parse_rule(rest, length, &rules[rule_count]))
            die("fail: CCBENCH_FAIL expects NAME:N or NAME:N+, …, not ", text);
        rule_count++;
        if (rest[length] == '\0')
            return;
        rest += length + 1;
    }
}

static ssize_t write_cookie(void *cookie, const char *buf, size_t size)
{
    ssize_t written = write(STDOUT_FILENO, buf, size);

    (void)cookie;
    return written < 0 ? 0 : written; // what fopencookie() wants for an error
}

// stdio writes by a name of libc's own, so standard output becomes a stream that writes by ours. It has no descriptor
// then: fileno(stdout) is -1.
static void divert_stdout(void)
{
    static const cookie_io_functions_t io = {.write = write_cookie};

    for (int i = 0; i < rule_count; i++) {
        if (rules[i].function != WRITE)
            continue;
        stdout = fopencookie(NULL, "w", io);
        if (stdout == NULL)
            die("fail: ", "no memory for a stream");
        return;
    }
}

// glibc hands main()'s arguments to constructors as well.
__attribute__((constructor)) static void arm(int argc, char **argv)
{
    const char *text = getenv("CCBENCH_FAIL"), *only = getenv("CCBENCH_FAIL_IN");

    if (text == NULL || (only != NULL && (argc < 2 || strcmp(argv[1], only) != 0)))
        return;
    parse_rules(text);
    log_path = getenv("CCBENCH_FAIL_LOG");
    divert_stdout();
    atomic_store(&armed, true);
}

void *malloc(size_t size)
{
    void *(*real)(size_t);

    if (resolving)
        return arena_take(size);
    if (shall_fail(MALLOC))
        return NULL;
    find_real(MALLOC, &real);
    return real(size);
}

void *calloc(size_t count, size_t size)
{
    void *(*real)(size_t, size_t);
    size_t bytes;

    if (resolving)
        return __builtin_mul_overflow(count, size, &bytes) ? NULL : arena_take(bytes); // static memory is zero
    if (shall_fail(CALLOC))
        return NULL;
    find_real(CALLOC, &real);
    return real(count, size);
}

// How much of the old block belongs to it is not known; what lies behind it in the arena may be copied as well.
static void *move_from_arena(const void *pointer, size_t size)
{
    size_t left = (size_t)(arena + ARENA - (const char *)pointer);
    void *copy = malloc(size);

    if (copy != NULL)
        memcpy(copy, pointer, size < left ? size : left);
    return copy;
}

void *realloc(void *pointer, size_t size)
{
    void *(*real)(void *, size_t);

    if (pointer != NULL && in_arena(pointer))
        return move_from_arena(pointer, size);
    if (resolving)
        return pointer == NULL ? arena_take(size) : NULL;
    if (shall_fail(REALLOC))
        return NULL;
    find_real(REALLOC, &real);
    return real(pointer, size);
}

void free(void *pointer)
{
    void (*real)(void *);

    if (pointer == NULL || in_arena(pointer))
        return;
    find_real(FREE, &real);
    real(pointer);
}

void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    void *(*real)(void *, size_t, int, int, int, off_t);

    if (shall_fail(MMAP))
        return MAP_FAILED;
    find_real(MMAP, &real);
    return real(address, size, protection, flags, fd, offset);
}

void *mmap64(void *address, size_t size, int protection, int flags, int fd, off64_t offset)
{
    void *(*real)(void *, size_t, int, int, int, off64_t);

    if (shall_fail(MMAP))
        return MAP_FAILED;
    find_real(MMAP64, &real);
    return real(address, size, protection, flags, fd, offset);
}

pid_t fork(void)
{
    pid_t (*real)(void);

    if (shall_fail(FORK))
        return -1;
    find_real(FORK, &real);
    return real();
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    int error = errno;

    if (shall_fail(PTHREAD_CREATE)) {
        errno = error; // it returns its error and leaves errno alone
        return functions[PTHREAD_CREATE].error;
    }
    find_real(PTHREAD_CREATE, &real);
    return real(thread, attributes, run, argument);
}

int socket(int domain, int type, int protocol)
{
    int (*real)(int, int, int);

    if (shall_fail(SOCKET))
        return -1;
    find_real(SOCKET, &real);
    return real(domain, type, protocol);
}

int pipe2(int fds[2], int flags)
{
    int (*real)(int[2], int);

    if (shall_fail(PIPE2))
        return -1;
    find_real(PIPE2, &real);
    return real(fds, flags);
}

int epoll_create1(int flags)
{
    int (*real)(int);

    if (shall_fail(EPOLL_CREATE1))
        return -1;
    find_real(EPOLL_CREATE1, &real);
    return real(flags);
}

int timerfd_create(clockid_t clock, int flags)
{
    int (*real)(clockid_t, int);

    if (shall_fail(TIMERFD_CREATE))
        return -1;
    find_real(TIMERFD_CREATE, &real);
    return real(clock, flags);
}

int memfd_create(const char *name, unsigned flags)
{
    int (*real)(const char *, unsigned);

    if (shall_fail(MEMFD_CREATE))
        return -1;
    find_real(MEMFD_CREATE, &real);
    return real(name, flags);
}

int eventfd(unsigned count, int flags)
{
    int (*real)(unsigned, int);

    if (shall_fail(EVENTFD))
        return -1;
    find_real(EVENTFD, &real);
    return real(count, flags);
}

ssize_t pread(int fd, void *buf, size_t size, off_t offset)
{
    ssize_t (*real)(int, void *, size_t, off_t);

    if (shall_fail(PREAD))
        return -1;
    find_real(PREAD, &real);
    return real(fd, buf, size, offset);
}

ssize_t pread64(int fd, void *buf, size_t size, off64_t offset)
{
    ssize_t (*real)(int, void *, size_t, off64_t);

    if (shall_fail(PREAD))
        return -1;
    find_real(PREAD64, &real);
    return real(fd, buf, size, offset);
}

ssize_t pwrite(int fd, const void *buf, size_t size, off_t offset)
{
    ssize_t (*real)(int, const void *, size_t, off_t);

    if (shall_fail(PWRITE))
        return -1;
    find_real(PWRITE, &real);
    return real(fd, buf, size, offset);
}

ssize_t pwrite64(int fd, const void *buf, size_t size, off64_t offset)
{
    ssize_t (*real)(int, const void *, size_t, off64_t);

    if (shall_fail(PWRITE))
        return -1;
    find_real(PWRITE64, &real);
    return real(fd, buf, size, offset);
}

int flock(int fd, int operation)
{
    int (*real)(int, int);

    if (shall_fail(FLOCK))
        return -1;
    find_real(FLOCK, &real);
    return real(fd, operation);
}

int fstat(int fd, struct stat *status)
{
    int (*real)(int, struct stat *);

    if (shall_fail(FSTAT))
        return -1;
    find_real(FSTAT, &real);
    return real(fd, status);
}

int fstat64(int fd, struct stat64 *status)
{
    int (*real)(int, struct stat64 *);

    if (shall_fail(FSTAT))
        return -1;
    find_real(FSTAT64, &real);
    return real(fd, status);
}

ssize_t write(int fd, const void *buf, size_t size)
{
    ssize_t (*real)(int, const void *, size_t);

    if (fd == STDOUT_FILENO && shall_fail(WRITE))
        return -1;
    find_real(WRITE, &real);
    return real(fd, buf, size);
}

int fsync(int fd)
{
    int (*real)(int);

    if (shall_fail(FSYNC))
        raise(SIGKILL);
    find_real(FSYNC, &real);
    return real(fd);
}

int listen(int fd, int backlog)
{
    int (*real)(int, int);

    if (shall_fail(LISTEN))
        raise(SIGSTOP);
    find_real(LISTEN, &real);
    return real(fd, backlog);
}
