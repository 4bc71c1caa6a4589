/* A hash table with a chain for each slot. There is a node for each address that has a connection, so there are never more
 * nodes than connections; with twice as many slots chains stay short. The hash is seeded: nobody outside can make a long one. */
#include "common/http/admit.h"

#include <pthread.h>

#include "common/base/mem.h"
#include "common/base/random.h"

#include "common/base/banned.h"

struct node {
    struct node *next;
    struct net_addr bucket;
    uint32_t count;
};

struct admission_book {
    pthread_mutex_t lock; /* guards what follows */
    struct node **slots;
    size_t slot_mask;
    uint64_t seed[2];
    uint32_t total, total_max, each_max;
};

struct admission_book *admit__new(uint32_t total_max, uint32_t each_max)
{
    struct admission_book *book = mem_alloc(sizeof *book);
    size_t slots = 16;
    while (slots < 2 * (size_t)total_max && slots < ((size_t)1 << 20)) {
        slots *= 2;
    }
    struct node **table = mem_alloc_array(slots, sizeof(struct node *));
    if (book == NULL || table == NULL) {
        mem_free(table);
        mem_free(book);
        return NULL;
    }
    *book = (struct admission_book){
        .slots = table, .slot_mask = slots - 1, .total_max = total_max, .each_max = each_max};
    (void)pthread_mutex_init(&book->lock, NULL); /* cannot fail with default attributes on Linux */
    random_bytes(book->seed, sizeof book->seed);
    return book;
}

void admit__free(struct admission_book *book)
{
    if (book == NULL) {
        return;
    }
    for (size_t i = 0; i <= book->slot_mask; i++) {
        while (book->slots[i] != NULL) {
            struct node *node = book->slots[i];
            book->slots[i] = node->next;
            mem_free(node);
        }
    }
    (void)pthread_mutex_destroy(&book->lock);
    mem_free(book->slots);
    mem_free(book);
}

static struct node **slot_of(struct admission_book *book, const struct net_addr *bucket)
{
    uint64_t high, low;
    memcpy(&high, bucket->bytes, 8);
    memcpy(&low, bucket->bytes + 8, 8);
    uint64_t h = (high ^ book->seed[0]) * 0x9e3779b97f4a7c15u;
    h = (h ^ h >> 32 ^ low ^ book->seed[1]) * 0xd6e8feb86659fd93u;
    return &book->slots[(h ^ h >> 32) & book->slot_mask];
}

static struct node **node_find(struct admission_book *book, const struct net_addr *bucket)
{
    struct node **at = slot_of(book, bucket);
    while (*at != NULL && !net_eq(&(*at)->bucket, bucket)) {
        at = &(*at)->next;
    }
    return at;
}

static enum admit address_enter(struct admission_book *book, const struct net_addr *bucket)
{
    struct node **at = node_find(book, bucket);
    if (*at == NULL) {
        *at = mem_alloc(sizeof **at);
        if (*at == NULL) {
            return ADMIT_ADDRESS_FULL;
        }
        (*at)->bucket = *bucket;
    }
    if ((*at)->count >= book->each_max) {
        return ADMIT_ADDRESS_FULL;
    }
    (*at)->count++;
    return ADMIT_YES;
}

enum admit admit__enter(struct admission_book *book, const struct net_addr *bucket)
{
    (void)pthread_mutex_lock(&book->lock);
    enum admit verdict = book->total < book->total_max ? ADMIT_YES : ADMIT_TOTAL_FULL;
    if (verdict == ADMIT_YES && bucket->family != 0) {
        verdict = address_enter(book, bucket);
    }
    book->total += verdict == ADMIT_YES;
    (void)pthread_mutex_unlock(&book->lock);
    return verdict;
}

void admit__leave(struct admission_book *book, const struct net_addr *bucket)
{
    (void)pthread_mutex_lock(&book->lock);
    book->total--;
    struct node **at = bucket->family != 0 ? node_find(book, bucket) : NULL;
    if (at != NULL && *at != NULL && --(*at)->count == 0) {
        struct node *node = *at;
        *at = node->next;
        mem_free(node);
    }
    (void)pthread_mutex_unlock(&book->lock);
}
