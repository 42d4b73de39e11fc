// SPDX-License-Identifier: MIT
// The work-stealing queue: what is put in is taken out once, by one, and the oldest first.
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "measure/base/rng.h"
#include "models/carry/loop/spmc_queue.h"

#define THIEVES 3
#define ITEMS 600000
#define CAPACITY 16

struct item {
    uint32_t number;
    uint32_t sum; // plain: published by the put, read by whoever takes it
    _Atomic uint32_t taken;
};

static struct item items[ITEMS];
static struct spmc_queue queue;

static void check_item(const struct item *item, int64_t *last)
{
    assert_int_equal(item->sum, item->number * 7 + 1);
    assert_true((int64_t)item->number > *last); // nobody gets an older one after a newer one
    *last = item->number;
}

static void fill(struct item *item, uint32_t number)
{
    item->number = number;
    item->sum = number * 7 + 1;
    atomic_store_explicit(&item->taken, 0, memory_order_relaxed);
}

static void test_order(void **state)
{
    (void)state;
    // Sizes that are no power of two, one item, and a ring that goes round.
    for (uint32_t capacity = 1; capacity <= 9; capacity++) {
        uint32_t put = 0, taken = 0;

        assert_int_equal(spmc_queue_open(&queue, capacity), 0);
        assert_null(spmc_queue_pop(&queue));
        assert_int_equal(spmc_queue_size(&queue), 0);
        for (uint32_t round = 0; round < 20; round++) {
            for (uint32_t i = 0; i < capacity; i++) {
                fill(&items[put], put);
                spmc_queue_push(&queue, &items[put++]);
                assert_int_equal(spmc_queue_size(&queue), i + 1);
            }
            for (uint32_t i = 0; i < capacity; i++)
                assert_ptr_equal(spmc_queue_pop(&queue), &items[taken++]);
            assert_null(spmc_queue_pop(&queue));
        }
        spmc_queue_close(&queue);
    }
    spmc_queue_close(&queue); // closed already, or never opened
}

static atomic_bool all_put;
static bool started;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t start = PTHREAD_COND_INITIALIZER;

static uint32_t take_all(bool (*is_over)(void))
{
    int64_t last = -1;
    uint32_t count = 0;
    struct item *item;

    for (;;) {
        bool over = is_over(); // asked before: what is put until then is seen

        while ((item = spmc_queue_pop(&queue)) != NULL) {
            check_item(item, &last);
            assert_int_equal(atomic_fetch_add_explicit(&item->taken, 1, memory_order_relaxed), 0);
            count++;
        }
        if (over)
            return count;
        sched_yield();
    }
}

static bool none_will_come(void)
{
    return atomic_load(&all_put);
}

static void *thief(void *data)
{
    uint32_t *count = data;

    pthread_mutex_lock(&mutex);
    while (!started)
        pthread_cond_wait(&start, &mutex);
    pthread_mutex_unlock(&mutex);
    *count = take_all(none_will_come);
    return NULL;
}

static void start_all(void)
{
    pthread_mutex_lock(&mutex);
    started = true;
    pthread_cond_broadcast(&start);
    pthread_mutex_unlock(&mutex);
}

// The owner keeps the queue full to a varying level and takes some itself.
static uint32_t own(void)
{
    struct rng rng = {.state = 1};
    uint32_t taken = 0;
    int64_t last = -1;

    for (uint32_t i = 0; i < ITEMS;) {
        struct item *item;

        for (uint32_t level = rng_below(&rng, CAPACITY + 1); i < ITEMS && spmc_queue_size(&queue) < level; i++) {
            fill(&items[i], i);
            spmc_queue_push(&queue, &items[i]);
        }
        // Mostly it leaves them to the thieves, so that there is something to fight for.
        if (rng_below(&rng, 8) > 0) {
            sched_yield();
            continue;
        }
        item = spmc_queue_pop(&queue);
        if (item == NULL)
            continue;
        check_item(item, &last);
        assert_int_equal(atomic_fetch_add_explicit(&item->taken, 1, memory_order_relaxed), 0);
        taken++;
    }
    atomic_store(&all_put, true);
    return taken;
}

static void test_thieves(void **state)
{
    pthread_t threads[THIEVES];
    uint32_t counts[THIEVES], taken;

    (void)state;
    assert_int_equal(spmc_queue_open(&queue, CAPACITY), 0);
    for (int i = 0; i < THIEVES; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, thief, &counts[i]), 0);
    start_all();
    taken = own();
    for (int i = 0; i < THIEVES; i++) {
        pthread_join(threads[i], NULL);
        taken += counts[i];
    }
    assert_int_equal(taken, ITEMS);
    for (uint32_t i = 0; i < ITEMS; i++)
        assert_int_equal(atomic_load(&items[i].taken), 1);
    assert_int_equal(spmc_queue_size(&queue), 0);
    spmc_queue_close(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_thieves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
