#include "gateway/ops/jobs_call.h"

#include "gateway/ops/jobs_model.h"

#include "common/base/banned.h"

enum rc jobs_no_room(struct err *err)
{
    return err_set(err, RC_LIMIT, NULL, "the request needs more memory than one may have");
}

enum rc jobs_bad_field(struct err *err, const char *code, const char *field, const char *message)
{
    err_set(err, RC_INVALID, code, "%s", message);
    err_field(err, "%s", field);
    return RC_INVALID;
}

enum rc jobs_check_role(const struct call *call, enum number_job_kind kind, struct err *err)
{
    enum role role = kind == NUMBER_JOB_DELETE ? ROLE_DELETE : ROLE_WRITE;
    return call->actor.roles & role ? RC_OK
                                    : err_set(err, RC_DENIED, "RoleRequired", "this needs the role %s",
                                              auth_role_name(role, call->actor.is_user));
}

enum rc jobs_show(struct call *call, const struct number_job *job, struct err *err)
{
    struct jobs_view *view = arena_new_of(call->mem, struct jobs_view);
    call->result = view;
    return view != NULL && jobs_view_fill(job, call->actor.caller, call->mem, view) ? RC_OK
                                                                                    : jobs_no_room(err);
}
