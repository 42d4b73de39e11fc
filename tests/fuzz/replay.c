// SPDX-License-Identifier: MIT
// Feeds a target without libFuzzer: every file of the folders given, and of each some variations, always the same. To see
// what is wrong with one: replay_NAME FILE.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "measure/base/rng.h"
#include "tests/fuzz/fuzz.h"

#define ROOM ((size_t)1 << 17)
// Of all files of a folder together.
#define VARIATIONS 3000

struct input {
    uint8_t data[ROOM];
    size_t size;
};

static void feed(const struct input *input)
{
    // A block of exactly that size, so that a sanitizer sees what reads behind it.
    uint8_t *data = malloc(input->size > 0 ? input->size : 1);

    if (data == NULL)
        abort();
    memcpy(data, input->data, input->size);
    LLVMFuzzerTestOneInput(data, input->size);
    free(data);
}

static void feed_changed_json(const struct input *input, struct rng *rng)
{
    struct input changed = *input;

    for (uint32_t times = 1 + rng_below(rng, 3); times > 0; times--) {
        size_t size = fuzz_mutate_json(changed.data, fuzz_json_offset(changed.data, changed.size), changed.size, ROOM,
                                       rng_below(rng, UINT32_MAX));

        if (size == 0)
            break;
        changed.size = size;
    }
    feed(&changed);
}

static void feed_changed_bytes(const struct input *input, struct rng *rng)
{
    struct input changed = *input;

    for (uint32_t times = 1 + rng_below(rng, 4); times > 0 && changed.size > 0; times--)
        changed.data[rng_below(rng, (uint32_t)changed.size)] = (uint8_t)rng_below(rng, 256);
    feed(&changed);
}

static void feed_cut(const struct input *input, struct rng *rng)
{
    struct input cut = *input;

    cut.size = input->size > 0 ? rng_below(rng, (uint32_t)input->size) : 0;
    feed(&cut);
}

static void feed_variations(const struct input *input, int count)
{
    struct rng rng = {.state = input->size};

    feed(input);
    for (int i = 0; i < count; i++) {
        feed_changed_json(input, &rng);
        feed_changed_bytes(input, &rng);
        feed_cut(input, &rng);
    }
}

static int feed_file(const char *path, int variations)
{
    static struct input input;
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        perror(path);
        return -1;
    }
    input.size = fread(input.data, 1, ROOM, file);
    fclose(file);
    // Told beforehand: if it crashes, this is the last line.
    fprintf(stderr, "%s\n", path);
    feed_variations(&input, variations);
    return 0;
}

static int is_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

// The number of files, negative where they cannot be read.
static int feed_folder(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_file, alphasort), r = 0;

    if (count < 0)
        perror(folder);
    for (int i = 0; i < count; i++) {
        char path[4096];

        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        r |= feed_file(path, VARIATIONS / count);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return r < 0 ? -1 : count;
}

int main(int argc, char **argv)
{
    int total = 0;

    for (int i = 1; i < argc; i++) {
        struct stat status;
        int count = stat(argv[i], &status) == 0 && S_ISDIR(status.st_mode) ? feed_folder(argv[i])
                                                                           : feed_file(argv[i], 0) + 1;

        if (count <= 0)
            return EXIT_FAILURE; // an empty corpus would test nothing
        total += count;
    }
    printf("%d files\n", total);
    return argc > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
