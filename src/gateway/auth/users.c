/* A hash table of users, each with its ring of admission times, and a list of all of them in the order they
 * were last heard of. */
#include "gateway/auth/users.h"

#include <pthread.h>

#include "common/base/compiler.h"
#include "common/base/mem.h"
#include "common/base/random.h"
#include "common/base/rate.h"

#include "common/base/banned.h"

#define WINDOW_MS       60000
#define BUCKETS         8192
#define USERS_MAX       10000
#define USERS_MIN       16
#define RINGS_BYTES_MAX (32 * 1024 * 1024) /* of all rings together */

struct user {
    struct user *next;          /* in its bucket */
    struct user *newer, *older; /* in the order of last use */
    struct rate_ring ring;
    size_t bucket;
    size_t name_bytes;
    char name[];
};

struct users {
    pthread_mutex_t lock; /* guards all of it */
    uint32_t limit;
    uint64_t seed; /* so that nobody can choose names that meet in one bucket */
    size_t count;
    struct user *newest, *oldest;
    struct user *buckets[BUCKETS];
};

size_t users_max(uint32_t requests_per_minute)
{
    size_t fit = RINGS_BYTES_MAX / (sizeof(int64_t) * (requests_per_minute > 0 ? requests_per_minute : 1));
    return fit > USERS_MAX ? USERS_MAX : fit < USERS_MIN ? USERS_MIN : fit;
}

struct users *users_new(uint32_t requests_per_minute)
{
    struct users *users = mem_alloc(sizeof(*users));
    if (users != NULL) {
        pthread_mutex_init(&users->lock, NULL);
        users->limit = requests_per_minute;
        users->seed = random_u64();
    }
    return users;
}

static void user_free(struct user *user)
{
    rate_ring_clear(&user->ring);
    mem_free(user);
}

static void forget_all(struct users *users)
{
    for (struct user *user = users->newest, *older; user != NULL; user = older) {
        older = user->older;
        user_free(user);
    }
    memset(users->buckets, 0, sizeof(users->buckets));
    users->newest = users->oldest = NULL;
    users->count = 0;
}

void users_free(struct users *users)
{
    if (users == NULL) {
        return;
    }
    forget_all(users);
    pthread_mutex_destroy(&users->lock);
    mem_free(users);
}

void users_set_limit(struct users *users, uint32_t requests_per_minute)
{
    pthread_mutex_lock(&users->lock);
    if (users->limit != requests_per_minute) {
        forget_all(users);
        users->limit = requests_per_minute;
    }
    pthread_mutex_unlock(&users->lock);
}

/* FNV-1a, begun with the seed. */
static size_t bucket_of(const struct users *users, struct str name)
{
    uint64_t hash = users->seed ^ 0xcbf29ce484222325ULL;
    for (size_t i = 0; i < name.n; i++) {
        hash = (hash ^ (unsigned char)name.p[i]) * 0x100000001b3ULL;
    }
    return (hash ^ hash >> 32) % BUCKETS;
}

static void list_out(struct users *users, struct user *user)
{
    *(user->newer != NULL ? &user->newer->older : &users->newest) = user->older;
    *(user->older != NULL ? &user->older->newer : &users->oldest) = user->newer;
}

static void list_in(struct users *users, struct user *user)
{
    user->newer = NULL;
    user->older = users->newest;
    *(users->newest != NULL ? &users->newest->newer : &users->oldest) = user;
    users->newest = user;
}

static void forget_oldest(struct users *users)
{
    struct user *user = users->oldest;
    struct user **link = &users->buckets[user->bucket];
    while (*link != user) {
        link = &(*link)->next;
    }
    *link = user->next;
    list_out(users, user);
    user_free(user);
    users->count--;
}

static struct user *user_new(struct users *users, struct str name, size_t bucket)
{
    struct user *user = mem_alloc(sizeof(*user) + name.n);
    if (user == NULL || !rate_ring_init(&user->ring, users->limit, WINDOW_MS)) {
        mem_free(user);
        return NULL;
    }
    memcpy(user->name, name.p, name.n);
    user->name_bytes = name.n;
    user->bucket = bucket;
    user->next = users->buckets[bucket];
    users->buckets[bucket] = user;
    list_in(users, user);
    users->count++;
    return user;
}

static struct user *find_or_add(struct users *users, struct str name)
{
    size_t bucket = bucket_of(users, name);
    for (struct user *user = users->buckets[bucket]; user != NULL; user = user->next) {
        if (str_eq((struct str){user->name, user->name_bytes}, name)) {
            list_out(users, user);
            list_in(users, user);
            return user;
        }
    }
    if (users->count >= users_max(users->limit)) {
        forget_oldest(users);
    }
    return user_new(users, name, bucket);
}

bool users_admit(struct users *users, struct str user, struct mono now, int64_t *ret_wait_ms)
{
    bool admitted = true;
    pthread_mutex_lock(&users->lock);
    if (users->limit > 0) {
        struct user *found = find_or_add(users, user);
        admitted = found == NULL || rate_ring_take(&found->ring, now, ret_wait_ms);
    }
    pthread_mutex_unlock(&users->lock);
    return admitted;
}
