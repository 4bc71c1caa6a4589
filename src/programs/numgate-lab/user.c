#include "programs/numgate-lab/user.h"

#include "programs/numgate-lab/directory.h"

#include "common/base/banned.h"

#define ROLE(name)                                                                                           \
    {                                                                                                        \
        "ProvisioningAPI." name "User", sizeof("ProvisioningAPI." name "User") - 1                           \
    }

/* Each has the first so many, but for whoever has all of them. */
static const struct str roles[] = {ROLE("Read"), ROLE("Write"), ROLE("Delete"), ROLE("Admin")};

#define TEXT(literal)                                                                                        \
    {                                                                                                        \
        (literal), sizeof(literal) - 1                                                                       \
    }
#define USER(name, display_name, number, role_count)                                                         \
    {                                                                                                        \
        TEXT(name), TEXT(display_name), TEXT("5e0a0000-0000-4000-8000-00000000000" number), roles,           \
            role_count                                                                                       \
    }

static const struct user users[] = {
    USER("ada", "Ada Admin", "1", 4),    USER("rita", "Rita Reader", "2", 1),
    USER("will", "Will Writer", "3", 2), USER("dora", "Dora Deleter", "4", 3),
    USER("noel", "Noel Norole", "5", 0),
};

const struct user *user_at(size_t index)
{
    return index < ARRAY_LEN(users) ? &users[index] : NULL;
}

const struct user *user_find(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(users); i++) {
        if (str_eq(users[i].name, name)) {
            return &users[i];
        }
    }
    return NULL;
}

const struct user *user_hinted(struct str hint)
{
    ptrdiff_t at = str_find(hint, '@');
    struct str name = at < 0 ? hint : str_slice(hint, 0, (size_t)at);
    for (size_t i = 0; i < ARRAY_LEN(users); i++) {
        if (str_eq_ci(users[i].name, name)) {
            return &users[i];
        }
    }
    return NULL;
}

void user_put_login(const struct user *user, const struct tenant *tenant, struct buf *out)
{
    struct str domain = tenant->name_count > 0 ? tenant->names[0] : STR("lab.example");
    buf_printf(out, "%" STR_FMT "@%" STR_FMT, STR_ARG(user->name), STR_ARG(domain));
}
