/* Numbers in blocks: neighbours with equal account, services, status and header are one line. Pure, but for the arena. */
#pragma once
#include "gateway/domain/repo.h"
#include "gateway/ops/people_model.h"

/* Folds lines that come in ascending order, some of them perhaps in an earlier page. */
struct block_fold {
    struct arena *mem;
    struct people_block *items;
    size_t count, limit;
    unsigned services; /* of the last block */
    int64_t before;    /* the last number of the page before; 0: this is the first page */
};

/* limit: blocks. false: no room in the arena. */
bool block_fold_init(struct block_fold *fold, struct arena *mem, size_t limit, int64_t before);
/* Its texts are copied where they are kept. false: the line is not in any block, since that would be one more than the limit, or there is
 * no room in the arena (which remembers). */
bool block_fold_take(struct block_fold *fold, const struct number_line *line);
/* Numbers between two that are in no block; -1: nobody can tell, since they have not the same number of digits. */
int64_t block_gap(int64_t before, int64_t from);
