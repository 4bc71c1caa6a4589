#include "gateway/sync/answers.h"

#include <pthread.h>

#include "common/base/clock.h"
#include "common/base/mem.h"

#include "common/base/banned.h"

#define ENTRIES         256
#define ENTRY_BYTES_MAX 65536 /* key and value */

struct entry {
    char *bytes; /* key, then value; NULL: free */
    size_t key_bytes, value_bytes;
    struct mono until;
};

struct answers {
    pthread_mutex_t lock; /* guards entries */
    int64_t keep_ms;
    struct entry entries[ENTRIES];
};

struct answers *answers_new(int64_t keep_ms)
{
    struct answers *answers = mem_alloc(sizeof *answers);
    if (answers != NULL) {
        pthread_mutex_init(&answers->lock, NULL);
        answers->keep_ms = keep_ms;
    }
    return answers;
}

void answers_free(struct answers *answers)
{
    if (answers == NULL) {
        return;
    }
    for (size_t i = 0; i < ENTRIES; i++) {
        mem_free(answers->entries[i].bytes);
    }
    pthread_mutex_destroy(&answers->lock);
    mem_free(answers);
}

static struct entry *find(struct answers *answers, struct str key)
{
    for (struct entry *entry = answers->entries; entry < answers->entries + ENTRIES; entry++) {
        if (entry->bytes != NULL && str_eq((struct str){entry->bytes, entry->key_bytes}, key)) {
            return entry;
        }
    }
    return NULL;
}

/* A free one, or the one that ends first. */
static struct entry *place(struct answers *answers)
{
    struct entry *first = answers->entries;
    for (struct entry *entry = answers->entries; entry < answers->entries + ENTRIES; entry++) {
        if (entry->bytes == NULL) {
            return entry;
        }
        first = entry->until.ms < first->until.ms ? entry : first;
    }
    return first;
}

bool answers_get(struct answers *answers, struct str key, struct arena *mem, struct str *ret)
{
    pthread_mutex_lock(&answers->lock);
    const struct entry *entry = find(answers, key);
    bool found = entry != NULL && mono_left_ms(entry->until, clock_mono()) > 0;
    if (found) {
        *ret = arena_str(mem, (struct str){entry->bytes + entry->key_bytes, entry->value_bytes});
    }
    pthread_mutex_unlock(&answers->lock);
    return found;
}

void answers_put(struct answers *answers, struct str key, struct str value)
{
    char *bytes = key.n + value.n <= ENTRY_BYTES_MAX ? mem_alloc(key.n + value.n) : NULL;
    if (bytes == NULL) {
        return;
    }
    memcpy(bytes, key.p, key.n);
    memcpy(bytes + key.n, value.p, value.n);
    pthread_mutex_lock(&answers->lock);
    struct entry *entry = find(answers, key);
    entry = entry != NULL ? entry : place(answers);
    mem_free(entry->bytes);
    *entry = (struct entry){bytes, key.n, value.n, mono_after(clock_mono(), answers->keep_ms)};
    pthread_mutex_unlock(&answers->lock);
}
