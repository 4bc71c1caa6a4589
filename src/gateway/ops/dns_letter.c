/* Every paragraph is a row; "{...}" in it stands for what differs: {names} a line for each name, {tokens} the same with the tokens,
 * {list} the names with a comma between them, {trunks} those of the carrier. Two forms, since a deployment may have one region: the words
 * between "[" and "|" are for several names, those behind it, up to "]", for one. Lines are broken here, by hand. */
#include "gateway/ops/dns_letter.h"

#include "common/base/buf.h"

#include "common/base/banned.h"

#define SIP_PORT     "5063" /* of the carrier's trunks; Teams takes it from their settings, not from the DNS */
#define LETTER_BYTES (16 * 1024)

static const char *const stage_names[] = {
    [LETTER_TOKENS] = "tokens", [LETTER_WAIT] = "wait", [LETTER_VERIFY] = "verify"};
static const char *const subjects[] = {
    [LETTER_TOKENS] = "Direct Routing: please add [two domains|a domain] and send us the [values|value]",
    [LETTER_WAIT] = "Direct Routing: please wait before you verify the [domains|domain]",
    [LETTER_VERIFY] = "Direct Routing: the [domains are|domain is] ready to be verified"};

static const char tokens_text[] =
    "To reach us from Microsoft Teams your tenant needs [two domains, one for each of\n"
    "our regions|one domain]:\n"
    "\n"
    "{names}"
    "\n"
    "Please do this as a Global Administrator of your Microsoft 365 tenant:\n"
    "\n"
    "1. Add [each of the two names|the name], exactly as above, as a domain in the Microsoft 365\n"
    "   admin center.\n"
    "2. To show that [a domain|the domain] is yours, choose the way with a TXT record. A value that\n"
    "   looks like MS=ms12345678 is shown.[ Each of the names has a value of its own.|]\n"
    "3. Send us the [values, each with the name it belongs to|value], and the id of your tenant. We\n"
    "   put [them|it] into the DNS; you need to change nothing in a DNS of yours.\n"
    "4. Leave it at that for now. Do not verify before we write that the [names are|name is]\n"
    "   ready: a check that comes too early fails, and may keep failing for a while.\n";

static const char wait_text[] =
    "Thank you for the [values|value]. This is what we have:\n"
    "\n"
    "{tokens}"
    "\n"
    "Please compare [them|it] with what the Microsoft 365 admin center shows, and tell us if\n"
    "[one of them|it] differs.\n"
    "\n"
    "The [values are|value is] not on all of our name servers yet. Do not verify the\n"
    "[domains|domain] before we write again.\n";

static const char verify_text[] =
    "The [names below are|name below is] ready on all of our name servers:\n"
    "\n"
    "{names}"
    "\n"
    "Please do this as a Global Administrator of your Microsoft 365 tenant:\n"
    "\n"
    "1. Verify [both domains|the domain] in the Microsoft 365 admin center. When it offers to\n"
    "   set up DNS records for its services, say that you add them yourself, and\n"
    "   leave every service unticked.\n"
    "2. Give [each of the two domains|the domain] at least one licensed user or resource account,\n"
    "   that is one whose user name ends in @ and the name. Teams takes a domain into\n"
    "   use only then; that may last up to 24 hours. Keep the [accounts|account].\n"
    "3. Let your voice route use [both names|the name]. The Teams admin center cannot do this;\n"
    "   in Teams PowerShell it is one line, with the name of your route in place of\n"
    "   ROUTE:\n"
    "\n"
    "   Set-CsOnlineVoiceRoute -Identity \"ROUTE\" -OnlinePstnGatewayList {list}\n"
    "\n"
    "   Create no gateway for [these names|this name]. [They take their|It takes its] settings from our\n"
    "   [trunks|trunk] {trunks}, SIP port " SIP_PORT ",\n"
    "   which [are|is] in our tenant.\n"
    "4. Tell us when this is done. Give the voice routing policy to users only after\n"
    "   their numbers are here.\n";

static const char *const texts[] = {
    [LETTER_TOKENS] = tokens_text, [LETTER_WAIT] = wait_text, [LETTER_VERIFY] = verify_text};

struct writing {
    const struct dns_facts *facts;
    const struct dns_customer *customer;
    struct str names[DNS_REGIONS];
    size_t count;
};

static void put_lines(const struct writing *writing, bool tokens, struct buf *out)
{
    for (size_t r = 0; r < writing->count; r++) {
        struct str token = writing->customer->tokens[r];
        buf_printf(out, "   %" STR_FMT, STR_ARG(writing->names[r]));
        if (tokens) {
            buf_printf(out, "   %" STR_FMT, STR_ARG(token));
        }
        buf_put_char(out, '\n');
    }
}

static void put_list(const struct writing *writing, struct buf *out)
{
    for (size_t r = 0; r < writing->count; r++) {
        buf_printf(out, "%s%" STR_FMT, r > 0 ? ", " : "", STR_ARG(writing->names[r]));
    }
}

static void put_trunks(const struct writing *writing, struct buf *out)
{
    for (size_t r = 0; r < writing->count; r++) {
        buf_printf(out, "%s1r%zu.%" STR_FMT, r > 0 ? " and " : "", r + 1,
                   STR_ARG(writing->facts->base_domain));
    }
}

static void put_value(const struct writing *writing, struct str name, struct buf *out)
{
    if (str_eq(name, STR("names")) || str_eq(name, STR("tokens"))) {
        put_lines(writing, str_eq(name, STR("tokens")), out);
    } else if (str_eq(name, STR("list"))) {
        put_list(writing, out);
    } else {
        put_trunks(writing, out);
    }
}

static struct str fill(const struct writing *writing, const char *template, struct arena *mem)
{
    struct str rest = str_of(template);
    struct buf out;
    buf_init(&out, LETTER_BYTES);
    for (bool several = writing->count > 1, skip = false; rest.n > 0; rest = str_slice(rest, 1, rest.n)) {
        char c = rest.p[0];
        if (c == '[' || c == '|' || c == ']') {
            skip = c == '[' ? !several : c == '|' ? several : false;
        } else if (c == '{') {
            ptrdiff_t end = str_find(rest, '}');
            put_value(writing, str_slice(rest, 1, (size_t)end), &out);
            rest = str_slice(rest, (size_t)end, rest.n);
        } else if (!skip) {
            buf_put_char(&out, c);
        }
    }
    struct str text = buf_failed(&out) ? STR_NONE : arena_str(mem, buf_str(&out));
    buf_clear(&out);
    return text;
}

struct dns_view_letter dns_letter_write(const struct dns_facts *facts, const struct dns_customer *customer,
                                        enum letter_stage stage, struct arena *mem)
{
    struct writing writing = {.facts = facts, .customer = customer, .count = facts->region_count};
    struct dns_place places[DNS_REGIONS];
    struct str *names = arena_alloc_array(mem, DNS_REGIONS, sizeof *names);
    dns_customer_places(facts, customer, false, mem, places);
    for (size_t r = 0; names != NULL && r < writing.count; r++) {
        names[r] = writing.names[r] = places[r].name;
    }
    return (struct dns_view_letter){.account = customer->account,
                                    .label = arena_lower(mem, customer->label),
                                    .stage = str_of(stage_names[stage]),
                                    .subject = fill(&writing, subjects[stage], mem),
                                    .text = fill(&writing, texts[stage], mem),
                                    .names = {names, names != NULL ? writing.count : 0}};
}
