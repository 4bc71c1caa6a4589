#include "gateway/api/path.h"

#include "common/base/limits.h"

#include "common/base/banned.h"

static bool read_account_name(struct call *call, struct str value)
{
    call->account_name = value;
    return model_account_name_valid(value);
}

static bool read_telephone_number(struct call *call, struct str value)
{
    return model_e164_parse(value, &call->telephone_number);
}

static bool read_uuid(struct call *call, struct str value)
{
    call->key = value;
    return str_is_uuid(value);
}

static bool read_civic_address_id(struct call *call, struct str value)
{
    call->key = value;
    return value.n >= 1 && value.n <= LIMIT_TEXT;
}

#define UUID_REGEX "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"

static const struct path_param path_params[] = {
    {STR("accountName"), read_account_name, "1 to 100 letters, digits, _ or -", "^([A-Za-z0-9_-]+)$", 1, 100},
    {STR("telephoneNumber"), read_telephone_number, "a telephone number in E.164 form such as +441632960000",
     "^\\+[1-9]\\d+$", 1, 16},
    {STR("tenantId"), read_uuid, "a UUID", UUID_REGEX, 1, 36},
    {STR("jobId"), read_uuid, "a UUID", UUID_REGEX, 1, 36},
    {STR("civicAddressId"), read_civic_address_id, "1 to 1024 bytes long", NULL, 1, 0},
};

const struct path_param *path_param_find(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(path_params); i++) {
        if (str_eq(path_params[i].name, name)) {
            return &path_params[i];
        }
    }
    return NULL;
}
