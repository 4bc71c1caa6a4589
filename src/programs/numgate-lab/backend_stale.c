#include "programs/numgate-lab/backend_stale.h"

#include "common/base/compiler.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"

#include "common/base/banned.h"

#define ANSWERS_MAX 512
#define BODY_MAX    (64 * 1024) /* a larger one is not kept */

static struct map_key key_of(struct str method, struct str target)
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    struct map_key key;
    crypto_sha256((const struct str[]){method, STR(" "), target}, 3, digest);
    memcpy(&key.hi, digest, sizeof key.hi);
    memcpy(&key.lo, digest + sizeof key.hi, sizeof key.lo);
    return key;
}

static void stale_free(struct stale *stale)
{
    if (stale != NULL) {
        mem_free((void *)(uintptr_t)stale->body.p);
        mem_free(stale);
    }
}

const struct stale *stale_find(const struct map *answers, struct str method, struct str target)
{
    return map_get(answers, key_of(method, target));
}

void stale_keep(struct map *answers, struct str method, struct str target, int status, struct str body)
{
    if (body.n > BODY_MAX) {
        return;
    }
    if (answers->count >= ANSWERS_MAX) {
        stale_clear(answers);
    }
    struct stale *stale = mem_alloc(sizeof *stale);
    *stale = (struct stale){status, {mem_dup(body.p, body.n), body.n}};
    stale_free(map_put(answers, key_of(method, target), stale));
}

void stale_clear(struct map *answers)
{
    struct stale *stale;
    for (struct map_at at = map_first(answers); (stale = map_next(answers, &at)) != NULL;) {
        stale_free(stale);
    }
    map_clear(answers);
}
