#include "gateway/api/api.h"

#include "common/base/limits.h"
#include "common/base/mem.h"
#include "gateway/api/gate.h"
#include "gateway/api/observe.h"

#include "common/base/banned.h"

struct api {
    struct api_config config;
    struct gate_door doors[API_DOORS];
    struct http_app apps[API_DOORS];
    struct observe *observe;
    struct buf *out; /* one a loop */
};

enum rc api_new(const struct api_config *config, struct api **ret, struct err *err)
{
    struct api *api = mem_alloc(sizeof *api);
    struct buf *out = mem_alloc_array(config->loops, sizeof *out);
    if (api == NULL || out == NULL) {
        mem_free(api);
        mem_free(out);
        return err_set(err, RC_INTERNAL, NULL, "out of memory");
    }
    api->config = *config;
    api->out = out;
    for (unsigned i = 0; i < config->loops; i++) {
        buf_init(&api->out[i], LIMIT_REPLY);
    }
    api->observe = observe_new(config->metrics, config->tables);
    for (enum api_door door = 0; door < API_DOORS; door++) {
        api->doors[door] = (struct gate_door){api, door};
        api->apps[door] = (struct http_app){
            .arg = &api->doors[door], .head = gate_head, .refused = gate_refused, .finished = gate_finished};
    }
    *ret = api;
    return RC_OK;
}

void api_free(struct api *api)
{
    if (api == NULL) {
        return;
    }
    for (unsigned i = 0; i < api->config.loops; i++) {
        buf_clear(&api->out[i]);
    }
    observe_free(api->observe);
    mem_free(api->out);
    mem_free(api);
}

const struct http_app *api_app(struct api *api, enum api_door door)
{
    return &api->apps[door];
}

const struct domain_facts *api_facts(const struct api *api)
{
    return api->config.facts;
}

const struct api_config *api_settings(const struct api *api)
{
    return &api->config;
}

struct buf *api_out(struct api *api, unsigned loop)
{
    buf_reset(&api->out[loop]);
    return &api->out[loop];
}

struct observe *api_observe(struct api *api)
{
    return api->observe;
}
