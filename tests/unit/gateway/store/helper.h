/* Runs store jobs from tests: one at a time and waiting for it, or several held back and let go together. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <semaphore.h>

#include "gateway/domain/repo.h"
#include "gateway/store/store.h"

typedef enum rc step_fn(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err);

struct step {
    struct repo_job job; /* first: a job is its step */
    step_fn *fn;
    void *arg;
    struct arena *mem;
    enum rc rc;
    struct err err;
    unsigned runs;
    sem_t finished;
};

void step_submit(struct step *step, struct repo *repo, enum repo_kind kind, step_fn *fn, void *arg);
enum rc step_wait(struct step *step); /* its results stay until step_clear */
void step_clear(struct step *step);
/* Submits, waits, clears. */
enum rc in_store(struct repo *repo, enum repo_kind kind, step_fn *fn, void *arg);

/* A write job that keeps the writer until gate_open: what is submitted meanwhile becomes one group. */
struct gate {
    struct step step;
    sem_t entered, open;
};
void gate_close(struct gate *gate, struct repo *repo);
void gate_open(struct gate *gate);

/* A folder for one test, and what is in it. */
struct folder {
    char path[64];
    char url[96], file[80];
};
void folder_make(struct folder *folder);
void folder_remove(struct folder *folder);

struct number *number_of(struct arena *mem, int64_t telephone_number,
                         const char *account); /* direct routing enabled */
enum rc put_numbers(struct repo *repo, const char *account, int64_t from, int64_t count);
bool has_number(struct repo *repo, int64_t telephone_number);
