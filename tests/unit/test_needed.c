// SPDX-License-Identifier: MIT
// What libcurl needs is loaded before it is, and a library's file may hold anything.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

#include "measure/base/needed.h"
#include "measure/base/rng.h"

#define NAME "libcurl.so.4"
#define FILES 300

static unsigned char library[4000000];
static size_t size;

static bool loaded(const char *name)
{
    void *handle = dlopen(name, RTLD_LAZY | RTLD_NOLOAD);

    if (handle != NULL)
        dlclose(handle);
    return handle != NULL;
}

// The names that a loaded library's own table has, as needed_load() is to find them in its file. How many are loaded.
static unsigned count_needed(const struct link_map *map, bool (*count)(const char *name))
{
    const char *names = NULL;
    unsigned found = 0;

    for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_STRTAB)
            memcpy(&names, &entry->d_un.d_ptr, sizeof names);
    }
    for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++)
        found += entry->d_tag == DT_NEEDED && count(names + entry->d_un.d_val);
    return found;
}

static char before[64][64];
static unsigned before_count;

static bool was_loaded(const char *name)
{
    for (unsigned i = 0; i < before_count; i++) {
        if (strcmp(before[i], name) == 0)
            return true;
    }
    return false;
}

static bool any(const char *name)
{
    (void)name;
    return true;
}

static int note(struct dl_phdr_info *info, size_t info_size, void *data)
{
    const char *slash = strrchr(info->dlpi_name, '/');

    (void)info_size;
    (void)data;
    if (before_count < sizeof before / sizeof *before)
        snprintf(before[before_count++], sizeof before[0], "%s", slash != NULL ? slash + 1 : info->dlpi_name);
    return 0;
}

static void test_what_is_needed(void **state)
{
    struct link_map *map = NULL;
    FILE *file;
    void *handle;

    (void)state;
    needed_load(NAME);
    assert_false(loaded(NAME));
    dl_iterate_phdr(note, NULL);
    handle = dlopen(NAME, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL || dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0)
        skip();
    assert_int_equal(count_needed(map, was_loaded), count_needed(map, any));
    file = fopen(map->l_name, "rb");
    assert_non_null(file);
    size = fread(library, 1, sizeof library, file);
    fclose(file);
}

// From where libraries are to a file of ours.
static void load_file(const char *path)
{
    char name[512];

    snprintf(name, sizeof name, "../../../../../../../..%s", path);
    needed_load(name);
}

static void test_anything(void **state)
{
    char path[] = "/tmp/test_needed.XXXXXX";
    int fd = mkstemp(path);
    struct rng rng = {.state = 1};

    (void)state;
    assert_true(fd >= 0);
    for (unsigned i = 0; size > 0 && i < FILES; i++) {
        size_t length = i % 3 == 0 ? rng_below(&rng, (uint32_t)size) : size;

        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, library, length, 0), length);
        for (unsigned j = 0; j < 1 + i % 8; j++) {
            uint64_t value = rng_next(&rng) >> rng_below(&rng, 64);
            // Mostly in the header and the segments, whose numbers lead to all else.
            off_t at = (off_t)rng_below(&rng, i % 2 == 0 ? 700 : (uint32_t)size);

            assert_true(pwrite(fd, &value, 1 + rng_below(&rng, 8), at) > 0);
        }
        load_file(path);
    }
    close(fd);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_needed),
        cmocka_unit_test(test_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
