// SPDX-License-Identifier: MIT
// The shortest program that fetches once by libcurl as a trial does that was told to: it maps libcurl when it has been started,
// initialises it, fetches one body and prints a line. It has as many libraries as ccbench has, and none of its code.
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BODY 13

#define FUNCTIONS(X) \
    X(global_init) X(global_cleanup) X(easy_init) X(easy_setopt) X(easy_perform) X(easy_getinfo) X(easy_cleanup)
#define POINTER(name) static __typeof__(curl_##name) *(name);
FUNCTIONS(POINTER)
#undef POINTER

static int load(void)
{
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL), *symbol;

    if (library == NULL)
        return -1;
#define LOOK_UP(name)                                     \
    if ((symbol = dlsym(library, "curl_" #name)) == NULL) \
        return -1;                                        \
    memcpy(&(name), &symbol, sizeof symbol);
    FUNCTIONS(LOOK_UP)
    return 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
    *(size_t *)user += size * count;
    return size * count;
}

static uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int fetch(const char *url)
{
    CURL *easy = easy_init();
    size_t received = 0;
    long status = 0;

    if (easy == NULL)
        return -1;
    easy_setopt(easy, CURLOPT_URL, url);
    easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    easy_setopt(easy, CURLOPT_NOPROXY, "*");
    easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    easy_setopt(easy, CURLOPT_WRITEDATA, &received);
    if (easy_perform(easy) == CURLE_OK)
        easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    easy_cleanup(easy);
    return status == 200 && received == BODY ? 0 : -1;
}

int main(int argc, char **argv)
{
    uint64_t start_ns = now_ns();

    if (argc != 2) {
        fprintf(stderr, "usage: limits_fetch URL\n");
        return 2;
    }
    if (load() != 0 || global_init(CURL_GLOBAL_NOTHING) != CURLE_OK || fetch(argv[1]) != 0)
        return 1;
    global_cleanup();
    printf("fetch %.2f\n", (double)(now_ns() - start_ns));
    return 0;
}
