/* The handlers of the 18 operations, as the route table names them: check, run, replay, answer (route.h). */
#pragma once
#include "gateway/api/call.h"

/* answers */
void answer_resource(struct call *call); /* the resource in call->result, or 304 */
void answer_page(struct call *call);
void answer_nothing(struct call *call);

enum rc accounts_list_run(struct call *call, struct repo_tx *tx, struct err *err);
enum rc account_get_run(struct call *call, struct repo_tx *tx, struct err *err);
enum rc account_put_check(struct call *call, struct err *err);
enum rc account_put_run(struct call *call, struct repo_tx *tx, struct err *err);
enum rc account_put_replay(struct call *call, struct repo_tx *tx, struct err *err);
enum rc account_delete_run(struct call *call, struct repo_tx *tx, struct err *err);

enum rc numbers_list_run(struct call *call, struct repo_tx *tx, struct err *err);
enum rc number_get_run(struct call *call, struct repo_tx *tx, struct err *err);
enum rc number_put_check(struct call *call, struct err *err);
enum rc number_put_run(struct call *call, struct repo_tx *tx, struct err *err);
enum rc number_put_replay(struct call *call, struct repo_tx *tx, struct err *err);
enum rc number_delete_run(struct call *call, struct repo_tx *tx, struct err *err);
enum rc numbers_put_run(struct call *call, struct repo_tx *tx, struct err *err);
enum rc numbers_put_replay(struct call *call, struct repo_tx *tx, struct err *err);
enum rc numbers_delete_run(struct call *call, struct repo_tx *tx, struct err *err);

enum rc civic_addresses_list_run(struct call *call, struct repo_tx *tx, struct err *err);
enum rc civic_address_get_run(struct call *call, struct repo_tx *tx, struct err *err);
enum rc rfis_list_run(struct call *call, struct repo_tx *tx, struct err *err);
enum rc rfi_get_run(struct call *call, struct repo_tx *tx, struct err *err);
enum rc rfi_patch_run(struct call *call, struct repo_tx *tx, struct err *err);
enum rc rfi_patch_replay(struct call *call, struct repo_tx *tx, struct err *err);
void answer_rfi(struct call *call); /* gives the back end a moment, so that the usual answer is "synced" */
enum rc capability_query_run(struct call *call, struct repo_tx *tx, struct err *err);
void answer_capability_plans(struct call *call);
void answer_available_capabilities(struct call *call);
