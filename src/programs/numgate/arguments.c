#include "programs/numgate/arguments.h"

#include <string.h>

#include "common/base/banned.h"

#define MISTYPED_MAX 2 /* letters, and not more than about a third of the word */

#define AT(member) offsetof(struct arguments, member)

const struct flag flags[] = {
    {"--profile", "NAME", AT(profile), 0, "the profile of the configuration file; \"default\" unless given"},
    {"--config", "FILE", AT(config), 0, "the configuration file; ~/.config/numgate/config unless given"},
    {"--url", "URL", AT(url), 0, "of the Provisioning API, such as https://provapi.example.net"},
    {"--base-domain", "NAME", AT(base_domain), 0, "instead of --url: https://provapi.NAME"},
    {"--token-url", "URL", AT(token_url), 0, "where the issuer gives tokens"},
    {"--client-id", "ID", AT(client_id), 0, "the client as the issuer knows it"},
    {"--client-secret-file", "FILE", AT(client_secret_file), 0, "its secret; - reads it from standard input"},
    {"--client-key-file", "FILE", AT(client_key_file), 0,
     "instead of a secret: PEM with the private key that signs, and its certificate where the issuer asks "
     "for "
     "it"},
    {"--client-key-id", "ID", AT(client_key_id), 0,
     "the key's id (kid) at the issuer, where it asks for one"},
    {"--token-file", "FILE", AT(token_file), 0, "a ready token instead; - reads it from standard input"},
    {"--scope", "SCOPE", AT(scope), 0, "asked of the issuer"},
    {"--ca-file", "FILE", AT(ca_file), 0, "trusted certificates (PEM) instead of the machine's"},
    {"--name-servers", "LIST", AT(name_servers), 0,
     "DNS servers instead of the machine's: 192.0.2.1, 192.0.2.2:5353"},
    {"--timeout", "SECONDS", AT(timeout), 0, "for a whole call with all its attempts; 600 unless given"},
    {"--attempt-timeout", "SECONDS", AT(attempt_timeout), 0, "for one attempt of them; 30 unless given"},
    {"--retry-wait", "SECONDS", AT(retry_wait), 0,
     "before a failed call is tried at a newly looked up address; 60 unless given"},
    {"--rate", "N", AT(rate), 0, "at most N requests a minute; learned from the first 429 unless given"},
    {"--json", NULL, AT(json), 0, "print JSON, one object a line"},
    {"--quiet", NULL, AT(quiet), 0, "say nothing but errors"},
    {"--verbose", NULL, AT(verbose), 0, "say every attempt of every call"},
    {"--no-color", NULL, AT(no_color), 0, "no colours; so does NO_COLOR in the environment"},
    {"--help", NULL, AT(help), 0, "print help, of a command its own"},
    {"--filter", "EXPRESSION", AT(filter), FLAG_FILTER,
     "only what matches, such as \"serviceDetails/zoomPhoneCloudPeering/enabled eq true\""},
    {"--limit", "N", AT(limit), FLAG_LIMIT, "at most N items"},
    {"--if-match", "ETAG", AT(if_match), FLAG_IF_MATCH, "only if the resource still has this ETag"},
    {"--yes", NULL, AT(yes), FLAG_YES, "do not ask"},
    {"--dry-run", NULL, AT(dry_run), FLAG_DRY_RUN, "say what would be done, and do nothing"},
    {"--delete-numbers", NULL, AT(delete_numbers), FLAG_DELETE_NUMBERS, "the account's numbers too"},
    {"--comment", "TEXT", AT(comment), FLAG_COMMENT, "for the request for information"},
    {"--atomic", NULL, AT(atomic), FLAG_ATOMIC,
     "send nothing while one row is bad, and stop at the first that is refused"},
    {"--resume", NULL, AT(resume), FLAG_BULK_IN, "go on where an earlier import of the same file stopped"},
    {"--rejects", "FILE", AT(rejects), FLAG_BULK_IN,
     "for the rows that are bad, with reasons; FILE.rejected unless given"},
    {"--delete-missing", NULL, AT(delete_missing), FLAG_BULK_IN,
     "delete the account's numbers that the file does not have"},
    {"--delete-limit", "PERCENT", AT(delete_limit), FLAG_BULK_IN,
     "of the account's numbers that may be deleted; 30 unless given"},
    {"--plus-optional", NULL, AT(plus_optional), FLAG_BULK_IN, "take numbers that lost their +"},
    {"--format", "csv|jsonl", AT(format), FLAG_BULK_IN | FLAG_BULK_OUT,
     "of the file; import guesses, export writes csv"},
    {"--spreadsheet", NULL, AT(spreadsheet), FLAG_BULK_OUT,
     "an apostrophe before cells that a spreadsheet would take for a formula"},
    {"--output", "FILE", AT(output), FLAG_BULK_OUT | FLAG_OUTPUT,
     "instead of standard output; whole or not at all"},
    {"--all", NULL, AT(all), FLAG_ALL | FLAG_LETTERS,
     "export, import: all accounts and all numbers, the operand is a folder; letters: of all customers"},
    {"--out", "DIR", AT(out), FLAG_LETTERS, "a folder for the letters, each in a file ACCOUNT.txt"},
    {"--subdomain", "LABEL", AT(subdomain), FLAG_LETTERS,
     "of a customer to be: the letter that asks for its tokens"},
    {"--apply", NULL, AT(apply), FLAG_APPLY, "repair what is found, after the plan was shown"},
    {"--confirm", NULL, AT(confirm), FLAG_CONFIRM,
     "with --yes: also when more than 30 percent of our records would be removed"},
    {"--file", "FILE", AT(file), FLAG_JOB, "the rows, CSV or JSON Lines; - is standard input"},
    {"--settings", "FILE", AT(settings), FLAG_JOB,
     "JSON with the serviceDetails and configuration that each number gets; of change a merge patch"},
    {"--account", "NAME", AT(account), FLAG_AUDIT | FLAG_JOB,
     "audit: only of this account; job: of rows that name none, and of what is found"},
    {"--kind", "KIND", AT(kind), FLAG_AUDIT | FLAG_JOB,
     "audit: account, number, requestForInformation or civicAddress; job: create, change or delete, create "
     "unless given"},
    {"--verdict", "VERDICT", AT(verdict), FLAG_JOB_ROWS,
     "only rows that are new, changed, same, delete or refused"},
    {"--outcome", "OUTCOME", AT(outcome), FLAG_JOB_ROWS,
     "only rows that are pending, applied, failed or cancelled"},
    {"--wait", NULL, AT(wait), FLAG_WAIT,
     "create: wait until it is previewed; 8: some rows are refused. apply, retry: until it has ended; "
     "8: some rows failed"},
    {"--since", "TIME", AT(since), FLAG_AUDIT, "RFC 3339, such as 2026-11-01T00:00:00Z"},
    {"--until", "TIME", AT(until), FLAG_AUDIT, "RFC 3339"},
};
const size_t flag_count = ARRAY_LEN(flags);
_Static_assert(ARRAY_LEN(flags) <= 64, "a set of flags is a mask of 64 bits");

bool is_nearer(struct str typed, const char *word, unsigned *best)
{
    unsigned distance = str_distance(typed, str_of(word));
    bool nearer = distance < *best && distance <= MISTYPED_MAX && 3 * distance <= typed.n + 1;
    *best = nearer ? distance : *best;
    return nearer;
}

static const struct flag *find(struct str name)
{
    for (size_t i = 0; i < flag_count; i++) {
        if (str_eq(name, str_of(flags[i].name))) {
            return &flags[i];
        }
    }
    return NULL;
}

static enum rc unknown(struct str name, struct err *err)
{
    const char *nearest = NULL;
    struct str word = str_slice(name, 2, name.n); /* the dashes are no likeness */
    unsigned best = UINT32_MAX;
    for (size_t i = 0; i < flag_count; i++) {
        nearest = is_nearer(word, flags[i].name + 2, &best) ? flags[i].name : nearest;
    }
    return nearest == NULL ? err_set(err, RC_INVALID, NULL, "there is no flag %" STR_FMT, STR_ARG(name))
                           : err_set(err, RC_INVALID, NULL, "there is no flag %" STR_FMT "; did you mean %s?",
                                     STR_ARG(name), nearest);
}

/* "--name value" or "--name=value". */
static enum rc take(int argc, char **argv, int *at, struct arguments *ret, uint64_t *given, struct err *err)
{
    struct str text = str_of(argv[*at]);
    ptrdiff_t equals = str_find(text, '=');
    struct str name = equals < 0 ? text : str_slice(text, 0, (size_t)equals);
    const struct flag *flag = find(name);
    if (flag == NULL) {
        return unknown(name, err);
    }
    void *to = (char *)ret + flag->offset;
    *given |= UINT64_C(1) << (flag - flags);
    if (flag->value == NULL) {
        *(bool *)to = true;
        return equals < 0 ? RC_OK : err_set(err, RC_INVALID, NULL, "%s takes no value", flag->name);
    }
    if (equals < 0 && *at + 1 == argc) {
        return err_set(err, RC_INVALID, NULL, "%s needs a value: %s", flag->name, flag->value);
    }
    *(const char **)to = equals < 0 ? argv[++*at] : argv[*at] + equals + 1;
    return RC_OK;
}

enum rc arguments_parse(int argc, char **argv, const char **ret_operands, struct arguments *ret,
                        uint64_t *ret_given, struct err *err)
{
    bool ended = false;
    *ret = (struct arguments){.operands = ret_operands};
    *ret_given = 0;
    for (int i = 1; i < argc; i++) {
        bool flag = !ended && argv[i][0] == '-' && argv[i][1] != '\0';
        if (flag && strcmp(argv[i], "--") == 0) {
            ended = true;
        } else if (!flag) {
            ret_operands[ret->count++] = argv[i];
        } else if (take(argc, argv, &i, ret, ret_given, err) != RC_OK) {
            return RC_INVALID;
        }
    }
    return RC_OK;
}
