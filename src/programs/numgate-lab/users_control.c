#include "programs/numgate-lab/users_control.h"

#include "common/json/read.h"
#include "common/json/write.h"
#include "programs/numgate-lab/session.h"
#include "programs/numgate-lab/signin.h"
#include "programs/numgate-lab/token.h"
#include "programs/numgate-lab/user.h"
#include "programs/numgate-lab/visit.h"

#include "common/base/banned.h"

static void put_user(const struct user *user, struct json_out *out)
{
    json_object_begin(out);
    json_str_member(out, "name", user->name);
    json_str_member(out, "displayName", user->display_name);
    json_str_member(out, "objectId", user->object_id);
    token__put_list(out, "roles", user->roles, user->role_count);
    json_object_end(out);
}

void control_serve_users(struct visit *visit)
{
    struct json_out out;
    struct buf body;
    buf_init(&body, VISIT_REPLY_MAX);
    json_out_init(&out, &body);
    json_object_begin(&out);
    json_name(&out, STR("users"));
    json_array_begin(&out);
    for (size_t i = 0; user_at(i) != NULL; i++) {
        put_user(user_at(i), &out);
    }
    json_array_end(&out);
    json_object_end(&out);
    visit_reply(visit, 200, &body);
}

void control_serve_users_revoke(struct visit *visit)
{
    const struct json *body = visit_body(visit);
    struct json_out out;
    struct buf reply;
    if (body == NULL) {
        return;
    }
    const struct json *name = json_get(body, STR("user")), *too = json_get(body, STR("sessions"));
    const struct user *user = user_find(json_string(name));
    bool fits = json_count(body) == (size_t)(name != NULL) + (too != NULL) &&
                (too == NULL || json_type(too) == JSON_BOOL);
    if (!fits || user == NULL) {
        visit_refuse(visit, REFUSAL_CONTROL,
                     STR("the body is {\"user\": one of GET /lab/users, \"sessions\": true or false}"));
        return;
    }
    buf_init(&reply, VISIT_REPLY_MAX);
    json_out_init(&out, &reply);
    json_object_begin(&out);
    json_i64_member(&out, "signIns", (int64_t)signins_end_user(visit->lab->signins, user));
    json_i64_member(&out, "sessions",
                    json_bool(too) ? (int64_t)sessions_end_of(visit->lab->sessions, user) : 0);
    json_object_end(&out);
    visit_reply(visit, 200, &reply);
}
