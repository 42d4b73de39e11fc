// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "measure/base/rng.h"
#include "workloads/program/slots.h"

#define CLASSES_MAX 50

static const struct arrivals closed = {.rate_per_s = 0};
static struct task_class classes[CLASSES_MAX];

static struct task_mix mix_of(const uint32_t *weights, size_t count)
{
    for (size_t i = 0; i < count; i++)
        classes[i] = (struct task_class){.weight = weights[i]};
    return (struct task_mix){.classes = classes, .count = count};
}

// Slots full of rubbish, as a mapping that was used before has them.
static struct slot *used_slots(uint32_t tasks)
{
    struct slot *slots = malloc((tasks + 1) * sizeof *slots);

    assert_non_null(slots);
    memset(slots, 0xa5, (tasks + 1) * sizeof *slots);
    return slots;
}

static void count_classes(const struct slot *slots, uint32_t tasks, uint32_t counts[CLASSES_MAX])
{
    memset(counts, 0, CLASSES_MAX * sizeof *counts);
    for (uint32_t i = 0; i < tasks; i++) {
        assert_true(slots[i].class_index < CLASSES_MAX);
        counts[slots[i].class_index]++;
    }
}

static void test_whole_shares_are_exact(void **state)
{
    static const uint32_t weights[] = {9, 1, 0x10000, 54};
    struct task_mix mix = mix_of(weights, 2);
    struct slot *slots = used_slots(1000);
    uint32_t counts[CLASSES_MAX];

    (void)state;
    slots_fill(slots, 1000, &mix, &closed, 1);
    count_classes(slots, 1000, counts);
    assert_int_equal(counts[0], 900);
    assert_int_equal(counts[1], 100);
    mix = mix_of(weights, 4);
    slots_fill(slots, 100, &mix, &closed, 1);
    count_classes(slots, 100, counts);
    assert_int_equal(counts[0] + counts[1] + counts[2] + counts[3], 100);
    assert_in_range(counts[2], 99, 100);
    free(slots);
}

// Any weights, any number of tasks: all are dealt, and no class is a whole task off its share.
static void test_shares_are_rounded(void **state)
{
    struct rng rng = {.state = 7};

    (void)state;
    for (int round = 0; round < 300; round++) {
        uint32_t weights[CLASSES_MAX], counts[CLASSES_MAX], tasks = 1 + rng_below(&rng, 2000), sum = 0;
        size_t count = 2 + rng_below(&rng, CLASSES_MAX - 1);
        struct slot *slots = used_slots(tasks);
        struct task_mix mix;

        for (size_t i = 0; i < count; i++)
            sum += weights[i] = 1 + rng_below(&rng, 1000);
        mix = mix_of(weights, count);
        slots_fill(slots, tasks, &mix, &closed, (uint64_t)round);
        count_classes(slots, tasks, counts);
        for (size_t i = 0; i < count; i++) {
            double share = (double)tasks * weights[i] / sum;

            assert_true(counts[i] > share - 1.0001);
            assert_true(counts[i] < share + 1.0001);
        }
        free(slots);
    }
}

static void test_everything_else_is_zeroed(void **state)
{
    static const uint32_t weights[] = {1, 1};
    static const uint32_t sizes[] = {1, 2, 77};

    (void)state;
    for (size_t count = 1; count <= 2; count++) {
        for (size_t i = 0; i < 3; i++) {
            struct task_mix mix = mix_of(weights, count);
            struct slot *slots = used_slots(sizes[i]), zero = {0}, rubbish;

            memset(&rubbish, 0xa5, sizeof rubbish);
            slots_fill(slots, sizes[i], &mix, &closed, 3);
            for (uint32_t j = 0; j < sizes[i]; j++) {
                assert_true(slots[j].class_index < count);
                slots[j].class_index = 0;
                assert_memory_equal(&slots[j], &zero, sizeof zero);
            }
            assert_memory_equal(&slots[sizes[i]], &rubbish, sizeof rubbish); // the one behind is not touched
            free(slots);
        }
    }
}

static bool same_order(const struct task_mix *mix, uint64_t seed, uint64_t other)
{
    struct slot *a = used_slots(200), *b = used_slots(200);
    bool same;

    slots_fill(a, 200, mix, &closed, seed);
    slots_fill(b, 200, mix, &closed, other);
    same = memcmp(a, b, 200 * sizeof *a) == 0;
    free(a);
    free(b);
    return same;
}

static void test_order_is_the_seeds(void **state)
{
    static const uint32_t weights[] = {1, 1};
    struct task_mix mix = mix_of(weights, 2);

    (void)state;
    assert_true(same_order(&mix, 5, 5));
    assert_false(same_order(&mix, 5, 6));
    assert_false(same_order(&mix, 0, 1));
}

// Neither class has the front to itself: of the first half of the tasks of 100 shuffles, half are of the first class.
static void test_order_is_shuffled(void **state)
{
    static const uint32_t weights[] = {1, 1};
    struct task_mix mix = mix_of(weights, 2);
    struct slot *slots = used_slots(200);
    uint32_t in_front = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 100; seed++) {
        slots_fill(slots, 200, &mix, &closed, seed);
        for (int i = 0; i < 100; i++)
            in_front += slots[i].class_index == 0;
    }
    assert_in_range(in_front, 4700, 5300); // 5000; the standard deviation is 35
    free(slots);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_shares_are_exact),    cmocka_unit_test(test_shares_are_rounded),
        cmocka_unit_test(test_everything_else_is_zeroed), cmocka_unit_test(test_order_is_the_seeds),
        cmocka_unit_test(test_order_is_shuffled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
