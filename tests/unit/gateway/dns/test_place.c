/* Names, ownership and steps, each in a table. Records are written "TYPE data"; those at the ownership name have a "@" in front. */
#include "memory_zone.h"

#include <stdio.h>

#include "common/base/buf.h"

#define ROOM (4 * 1024 * 1024)

static const struct dns_facts both = {
    .base_domain = STR("Example.NET"),
    .owner = STR("one"),
    .regions = {{.signalling_address = STR("192.0.2.1")}, {.signalling_address = STR("192.0.2.2")}},
    .region_count = 2};
static const struct dns_customer contoso = {
    .account = STR("contoso"), .label = STR("Contoso"), .tokens = {STR("MS=ms1"), STR("MS=ms2")}};

static struct dns_facts split(void)
{
    struct dns_facts facts = both;
    facts.split_zones = true;
    return facts;
}

static int setup(void **state)
{
    *state = arena_new(ROOM);
    return 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

#define assert_str(s, text)                                                                                  \
    do {                                                                                                     \
        struct str s_ = (s);                                                                                 \
        if (!str_eq(s_, str_of(text))) {                                                                     \
            fail_msg("\"%" STR_FMT "\" instead of \"%s\"", STR_ARG(s_), text);                               \
        }                                                                                                    \
    } while (0)

/* ---- names and records ---- */

static void put_record(struct buf *out, const struct rr *rr, struct str ownership)
{
    buf_printf(out, "%s%s %" STR_FMT, str_eq(rr->name, ownership) ? "@" : "", rr_type_text(rr->type),
               STR_ARG(rr->data));
}

static void test_customer__has_a_place_in_each_region(void **state)
{
    struct dns_place places[DNS_REGIONS];
    struct rr records[DNS_PLACE_RECORDS + 1];
    dns_customer_places(&both, &contoso, true, *state, places);
    assert_str(places[0].name, "contoso.1r1.example.net");
    assert_str(places[1].name, "contoso.1r2.example.net");
    assert_str(places[0].ownership, "contoso.1r1._numgate.example.net");
    assert_str(places[1].ownership, "contoso.1r2._numgate.example.net");
    assert_false(places[1].shared);
    assert_int_equal(places[1].region, 1);
    assert_int_equal(dns_place_records(&both, &places[1], *state, records), 3);
    assert_str(records[0].data, "heritage=numgate,owner=one,txt=MS=ms2,a=192.0.2.2,account=contoso");
    assert_str(records[0].name, "contoso.1r2._numgate.example.net");
    assert_true(records[1].type == RR_TXT && records[2].type == RR_A && records[2].ttl_s == 300);
    assert_str(records[1].data, "MS=ms2");
    assert_str(records[2].data, "192.0.2.2");
    for (int i = 0; i < 3; i++) {
        assert_true(rr_valid(&records[i]));
    }
}

static void test_customer__of_a_split_zone_is_owned_in_the_region(void **state)
{
    const struct dns_facts facts = split();
    struct dns_place places[DNS_REGIONS];
    dns_customer_places(&facts, &contoso, true, *state, places);
    assert_str(places[1].name, "contoso.1r2.example.net");
    assert_str(places[1].ownership, "contoso._numgate.1r2.example.net");
}

static void test_customer__that_leaves_wants_nothing(void **state)
{
    struct dns_place places[DNS_REGIONS];
    struct rr records[DNS_PLACE_RECORDS + 1];
    dns_customer_places(&both, &contoso, false, *state, places);
    assert_str(places[0].name, "contoso.1r1.example.net");
    assert_int_equal(places[0].wanted_count, 0);
    assert_int_equal(dns_place_records(&both, &places[0], *state, records), 0);
}

static void test_customer__without_a_token_has_an_address(void **state)
{
    struct dns_customer customer = contoso;
    struct dns_place places[DNS_REGIONS];
    customer.tokens[0] = STR("");
    dns_customer_places(&both, &customer, true, *state, places);
    assert_int_equal(places[0].wanted_count, 1);
    assert_true(places[0].wanted[0].type == RR_A);
}

static void test_lab__has_one_region(void **state)
{
    struct dns_facts facts = both;
    struct dns_place places[DNS_REGIONS] = {0}, own[DNS_STATIC_PLACES];
    facts.region_count = 1;
    dns_customer_places(&facts, &contoso, true, *state, places);
    assert_str(places[0].name, "contoso.1r1.example.net");
    assert_true(str_absent(places[1].name));
    assert_int_equal(dns_static_places(&facts, *state, own), 1);
    assert_true(str_absent(dns_label_of(&facts, STR("contoso.1r2.example.net"))));
}

/* One line a place: name, its ownership, its records. */
static struct str all_static(const struct dns_facts *facts, struct arena *mem)
{
    struct dns_place places[DNS_STATIC_PLACES];
    struct buf out;
    buf_init(&out, ROOM);
    size_t count = dns_static_places(facts, mem, places);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&out, "%" STR_FMT " %" STR_FMT, STR_ARG(places[i].name), STR_ARG(places[i].ownership));
        assert_true(places[i].shared && str_absent(places[i].account));
        for (size_t k = 0; k < places[i].wanted_count; k++) {
            buf_printf(&out, ", ");
            put_record(&out, &places[i].wanted[k], places[i].ownership);
            assert_true(rr_valid(&places[i].wanted[k]));
        }
        buf_printf(&out, "\n");
    }
    struct str text = arena_str(mem, buf_str(&out));
    buf_clear(&out);
    return text;
}

static struct dns_facts with_everything(bool split_zones)
{
    struct dns_facts facts = both;
    facts.split_zones = split_zones;
    facts.txt = STR("MS=base");
    facts.regions[0].txt = STR("MS=r1");
    facts.regions[0].network_address = STR("198.51.100.1");
    facts.regions[0].network_port = 5061;
    return facts;
}

static void test_static_places__are_the_deployments_own(void **state)
{
    const struct dns_facts one = with_everything(false), two = with_everything(true);
    assert_str(all_static(&one, *state),
               "example.net _numgate.example.net, TXT MS=base\n"
               "1r1.example.net 1r1._numgate.example.net, A 192.0.2.1, TXT MS=r1\n"
               "r1.example.net r1._numgate.example.net, A 198.51.100.1\n"
               "_sip._tls.r1.example.net _sip._tls.r1._numgate.example.net, SRV 10 10 5061 r1.example.net\n"
               "1r2.example.net 1r2._numgate.example.net, A 192.0.2.2\n");
    assert_str(all_static(&two, *state), "1r1.example.net _numgate.1r1.example.net, A 192.0.2.1, TXT MS=r1\n"
                                         "1r2.example.net _numgate.1r2.example.net, A 192.0.2.2\n");
}

static void test_label__is_of_a_customers_name_alone(void **state)
{
    static const struct {
        const char *name, *label; /* NULL: none */
    } cases[] = {{"a.1r1.example.net", "a"},       {"a.1r2.example.net", "a"},
                 {"A.1R1.EXAMPLE.net", "A"},       {"1r1.example.net", NULL},
                 {"a.b.1r1.example.net", NULL},    {"a.1r3.example.net", NULL},
                 {"a.1r1.example.org", NULL},      {"a1r1.example.net", NULL},
                 {"provapi.example.net", NULL},    {"a.1r1._numgate.example.net", NULL},
                 {"1r1.1r1.example.net", "1r1"},   {"_numgate.1r1.example.net", "_numgate"},
                 {"x.1r1.example.net.evil", NULL}, {"example.net", NULL}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str label = dns_label_of(&both, str_of(cases[i].name));
        if (str_absent(label) != (cases[i].label == NULL) || !str_eq(label, str_of(cases[i].label))) {
            fail_msg("case %zu: %" STR_FMT, i, STR_ARG(label));
        }
    }
}

/* ---- ownership ---- */

static struct str ownership_of(const struct dns_facts *facts, const struct dns_customer *customer,
                               struct arena *mem)
{
    struct dns_place places[DNS_REGIONS];
    struct rr records[DNS_PLACE_RECORDS + 1];
    dns_customer_places(facts, customer, true, mem, places);
    assert_int_equal(dns_place_records(facts, &places[0], mem, records), 3);
    return records[0].data;
}

static struct str long_text(struct arena *mem, size_t n)
{
    char *text = arena_alloc(mem, n);
    memset(text, 'x', n);
    return (struct str){text, n};
}

/* Whatever is longest: the list of what is ours is whole, and what is cut is the account. */
static void test_ownership__is_cut_at_the_end_of_one_string(void **state)
{
    struct dns_facts facts = both;
    struct dns_customer customer = contoso;
    facts.owner = long_text(*state, DNS_OWNER_MAX);
    facts.regions[0].signalling_address = STR("192.168.200.100");
    customer.tokens[0] = long_text(*state, 100);
    for (size_t n = 0; n <= 100; n++) { /* as long as an account's name may be */
        customer.account = long_text(*state, n);
        struct str text = ownership_of(&facts, &customer, *state);
        size_t whole = 186 + (n > 0 ? 9 + n : 0);
        assert_int_equal(text.n, whole < RR_TEXT_MAX ? whole : RR_TEXT_MAX);
        assert_true(dns_is_ours(&facts, text));
        assert_true(str_contains(text, STR(",a=192.168.200.100")));
    }
}

static void test_ownership__is_ours_with_exactly_this_owner(void **state)
{
    static const struct {
        const char *text;
        bool ours;
    } cases[] = {{"heritage=numgate,owner=one", true},
                 {"heritage=numgate,owner=one,", true},
                 {"heritage=numgate,owner=one,a=192.0.2.1", true},
                 {"heritage=numgate,owner=one2,a=192.0.2.1", false},
                 {"heritage=numgate,owner=on", false},
                 {"heritage=numgate,owner=", false},
                 {"heritage=numgate", false},
                 {"heritage=numgate,a=192.0.2.1,owner=one", false},
                 {"heritage=external-dns,owner=one", false},
                 {"Heritage=numgate,owner=one", false},
                 {" heritage=numgate,owner=one", false},
                 {"heritage=numgate,,owner=one", false},
                 {"MS=ms1", false},
                 {"", false}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (dns_is_ours(&both, str_of(cases[i].text)) != cases[i].ours) {
            fail_msg("case %zu", i);
        }
    }
}

#define OURS "heritage=numgate,owner=one,txt=MS=ms1,a=192.0.2.1,account=contoso"

static void test_ownership__leads_to_its_place(void **state)
{
    static const struct {
        bool split;
        enum rr_type type;
        const char *at, *text, *name; /* NULL: to none */
        bool shared;
    } cases[] = {
        {false, RR_TXT, "a.1r2._numgate.example.net", OURS, "a.1r2.example.net", false},
        {false, RR_TXT, "1r2._numgate.example.net", OURS, "1r2.example.net", true},
        {false, RR_TXT, "_numgate.example.net", OURS, "example.net", true},
        {false, RR_TXT, "a._numgate.1r1.example.net", OURS, NULL, false},
        {false, RR_TXT, "a.1r1.example.net", OURS, NULL, false},
        {false, RR_TXT, "a.1r1._numgate.example.org", OURS, NULL, false},
        {false, RR_A, "a.1r1._numgate.example.net", OURS, NULL, false},
        {false, RR_TXT, "a.1r1._numgate.example.net", "heritage=numgate,owner=two", NULL, false},
        {true, RR_TXT, "a._numgate.1r2.example.net", OURS, "a.1r2.example.net", false},
        {true, RR_TXT, "_numgate.1r1.example.net", OURS, "1r1.example.net", true},
        {true, RR_TXT, "_numgate._numgate.1r1.example.net", OURS, "_numgate.1r1.example.net", false},
        {true, RR_TXT, "a.1r2._numgate.example.net", OURS, NULL, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct dns_facts facts = cases[i].split ? split() : both;
        const struct rr rr = {
            .name = str_of(cases[i].at), .type = cases[i].type, .data = str_of(cases[i].text)};
        struct dns_place place = {0};
        bool leads = dns_place_of_ownership(&facts, &rr, *state, &place);
        if (leads != (cases[i].name != NULL) || !str_eq(place.name, str_of(cases[i].name)) ||
            place.shared != cases[i].shared || place.wanted_count != 0) {
            fail_msg("case %zu: %" STR_FMT, i, STR_ARG(place.name));
        }
        assert_true(!leads || str_eq(place.ownership, rr.name));
    }
}

/* ---- steps ---- */

#define AT_NAME_MAX 4

/* "TYPE data" */
static struct rr record_of(struct str name, const char *text)
{
    static const enum rr_type types[] = {RR_A, RR_NS, RR_CNAME, RR_TXT, RR_AAAA, RR_SRV};
    struct str data = str_of(text), type;
    assert_true(str_split(&data, ' ', &type));
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (str_eq(type, str_of(rr_type_text(types[i])))) {
            return (struct rr){.name = name, .type = types[i], .ttl_s = 60, .data = data};
        }
    }
    fail_msg("no type: %s", text);
    return (struct rr){0};
}

static struct rr_list list_of(struct str name, const char *const texts[AT_NAME_MAX], struct arena *mem)
{
    struct rr *items = arena_alloc_array(mem, AT_NAME_MAX, sizeof *items);
    size_t count = 0;
    for (; count < AT_NAME_MAX && texts[count] != NULL; count++) {
        items[count] = record_of(name, texts[count]);
    }
    return (struct rr_list){items, count};
}

static void put_list(struct buf *out, const char *mark, const struct rr_list *list, struct str ownership)
{
    for (size_t i = 0; i < list->count; i++) {
        buf_printf(out, "%s", mark);
        put_record(out, &list->items[i], ownership);
        buf_printf(out, "\n");
    }
}

/* A line each: "-" removed, "+" added, "!" foreign. */
static struct str text_of(const struct dns_change *change, struct str ownership, struct arena *mem)
{
    struct buf out;
    buf_init(&out, ROOM);
    put_list(&out, "-", &change->remove, ownership);
    put_list(&out, "+", &change->add, ownership);
    put_list(&out, "!", &change->foreign, ownership);
    struct str text = arena_str(mem, buf_str(&out));
    buf_clear(&out);
    return text;
}

struct step_case {
    const char *what;
    const char *at_name[AT_NAME_MAX], *ownership[AT_NAME_MAX];
    enum dns_step step;
    const char *change;
};

static void check_step(const struct step_case *c, const struct dns_facts *facts,
                       const struct dns_place *place, struct arena *mem)
{
    const struct dns_presence presence = {list_of(place->name, c->at_name, mem),
                                          list_of(place->ownership, c->ownership, mem)};
    struct dns_change change;
    enum dns_step step = dns_step(facts, place, &presence, mem, &change);
    struct str text = text_of(&change, place->ownership, mem);
    if (step != c->step || !str_eq(text, str_of(c->change))) {
        fail_msg("%s: step %d\n%" STR_FMT "instead of %d\n%s", c->what, step, STR_ARG(text), c->step,
                 c->change);
    }
    assert_int_equal(change.require.count, presence.ownership.count);
}

#define ADD_ALL "+@TXT " OURS "\n+TXT MS=ms1\n+A 192.0.2.1\n"
#define O(list) "TXT heritage=numgate,owner=one," list
#define THEIRS  "TXT heritage=numgate,owner=two,txt=MS=ms1,a=192.0.2.1"

static void test_step__makes_a_customers_place_as_wanted(void **state)
{
    static const struct step_case cases[] = {
        {"nothing there", {0}, {0}, DNS_STEP_CHANGE, ADD_ALL},
        {"as wanted", {"TXT MS=ms1", "A 192.0.2.1"}, {"TXT " OURS}, DNS_STEP_NONE, ""},
        {"token changed",
         {"TXT MS=old", "A 192.0.2.1"},
         {O("txt=MS=old,a=192.0.2.1,account=contoso")},
         DNS_STEP_CHANGE,
         "-@" O("txt=MS=old,a=192.0.2.1,account=contoso") "\n-TXT MS=old\n+@TXT " OURS "\n+TXT MS=ms1\n"},
        {"address changed",
         {"TXT MS=ms1", "A 192.0.2.9"},
         {O("txt=MS=ms1,a=192.0.2.9")},
         DNS_STEP_CHANGE,
         "-@" O("txt=MS=ms1,a=192.0.2.9") "\n-A 192.0.2.9\n+@TXT " OURS "\n+A 192.0.2.1\n"},
        {"another account's before",
         {"TXT MS=ms1", "A 192.0.2.1"},
         {O("txt=MS=ms1,a=192.0.2.1,account=other")},
         DNS_STEP_CHANGE,
         "-@" O("txt=MS=ms1,a=192.0.2.1,account=other") "\n+@TXT " OURS "\n"},
        {"a record lost", {"A 192.0.2.1"}, {"TXT " OURS}, DNS_STEP_CHANGE, "+TXT MS=ms1\n"},
        {"ours, lost", {0}, {"TXT " OURS}, DNS_STEP_CHANGE, "+TXT MS=ms1\n+A 192.0.2.1\n"},
        {"lists what is gone",
         {"TXT MS=ms1", "A 192.0.2.1"},
         {O("txt=MS=gone,a=192.0.2.1")},
         DNS_STEP_CHANGE,
         "-@" O("txt=MS=gone,a=192.0.2.1") "\n-TXT MS=gone\n+@TXT " OURS "\n"},
        {"two of ours",
         {"TXT MS=old", "TXT MS=ms1", "A 192.0.2.1"},
         {"TXT " OURS, O("txt=MS=old")},
         DNS_STEP_CHANGE,
         "-@" O("txt=MS=old") "\n-TXT MS=old\n"},
        {"foreign TXT", {"TXT spf"}, {0}, DNS_STEP_FOREIGN, "!TXT spf\n"},
        {"foreign A", {"A 203.0.113.1"}, {0}, DNS_STEP_FOREIGN, "!A 203.0.113.1\n"},
        {"foreign CNAME", {"CNAME a.test"}, {0}, DNS_STEP_FOREIGN, "!CNAME a.test\n"},
        {"foreign AAAA", {"AAAA 2001:db8::1"}, {0}, DNS_STEP_FOREIGN, "!AAAA 2001:db8::1\n"},
        {"made by hand, as wanted",
         {"TXT MS=ms1", "A 192.0.2.1"},
         {0},
         DNS_STEP_FOREIGN,
         "!TXT MS=ms1\n!A 192.0.2.1\n"},
        {"ours, and a CNAME in their place",
         {"CNAME a.test"},
         {"TXT " OURS},
         DNS_STEP_FOREIGN,
         "!CNAME a.test\n"},
        {"foreign beside ours",
         {"TXT MS=ms1", "TXT spf", "A 192.0.2.1"},
         {"TXT " OURS},
         DNS_STEP_NONE,
         "!TXT spf\n"},
        {"foreign beside what changes",
         {"TXT MS=old", "TXT spf", "A 192.0.2.1"},
         {O("txt=MS=old,a=192.0.2.1")},
         DNS_STEP_CHANGE,
         "-@" O("txt=MS=old,a=192.0.2.1") "\n-TXT MS=old\n+@TXT " OURS "\n+TXT MS=ms1\n!TXT spf\n"},
        {"another owner's",
         {"TXT MS=ms1", "A 192.0.2.1"},
         {THEIRS},
         DNS_STEP_FOREIGN,
         "!TXT MS=ms1\n!A 192.0.2.1\n"},
        {"another owner's, empty", {0}, {THEIRS}, DNS_STEP_FOREIGN, ""},
        {"another owner's beside ours",
         {"TXT MS=ms1", "A 192.0.2.1"},
         {"TXT " OURS, THEIRS},
         DNS_STEP_NONE,
         ""},
        {"ownership is a name's alias", {0}, {"CNAME heritage.test"}, DNS_STEP_FOREIGN, ""},
    };
    struct dns_place places[DNS_REGIONS];
    dns_customer_places(&both, &contoso, true, *state, places);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        check_step(&cases[i], &both, &places[0], *state);
    }
}

static void test_step__takes_back_what_was_left(void **state)
{
    static const struct step_case cases[] = {
        {"ours",
         {"TXT MS=ms1", "A 192.0.2.1"},
         {"TXT " OURS},
         DNS_STEP_CHANGE,
         "-@TXT " OURS "\n-TXT MS=ms1\n-A 192.0.2.1\n"},
        {"ours, of an older configuration",
         {"TXT MS=x", "A 192.0.2.9"},
         {O("a=192.0.2.9,txt=MS=x")},
         DNS_STEP_CHANGE,
         "-@" O("a=192.0.2.9,txt=MS=x") "\n-A 192.0.2.9\n-TXT MS=x\n"},
        {"a CNAME in their place",
         {"CNAME a.test"},
         {"TXT " OURS},
         DNS_STEP_CHANGE,
         "-@TXT " OURS "\n-TXT MS=ms1\n-A 192.0.2.1\n!CNAME a.test\n"},
        {"gone already", {0}, {0}, DNS_STEP_NONE, ""},
        {"foreign", {"A 192.0.2.1"}, {0}, DNS_STEP_NONE, "!A 192.0.2.1\n"},
        {"another owner's", {"A 192.0.2.1"}, {THEIRS}, DNS_STEP_NONE, "!A 192.0.2.1\n"},
        {"foreign beside ours",
         {"TXT spf", "A 192.0.2.1"},
         {"TXT " OURS},
         DNS_STEP_CHANGE,
         "-@TXT " OURS "\n-TXT MS=ms1\n-A 192.0.2.1\n!TXT spf\n"},
    };
    struct dns_place places[DNS_REGIONS];
    dns_customer_places(&both, &contoso, false, *state, places);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        check_step(&cases[i], &both, &places[0], *state);
    }
}

static void test_step__shares_the_deployments_names(void **state)
{
    static const struct step_case cases[] = {
        {"nothing there",
         {0},
         {0},
         DNS_STEP_CHANGE,
         "+@" O("a=192.0.2.1,txt=MS=r1") "\n+A 192.0.2.1\n+TXT MS=r1\n"},
        {"others' TXT",
         {"TXT v=spf1 -all"},
         {0},
         DNS_STEP_CHANGE,
         "+@" O("a=192.0.2.1,txt=MS=r1") "\n+A 192.0.2.1\n+TXT MS=r1\n"},
        {"made by hand, as wanted",
         {"A 192.0.2.1", "TXT v=spf1 -all"},
         {0},
         DNS_STEP_CHANGE,
         "+@" O("a=192.0.2.1,txt=MS=r1") "\n+TXT MS=r1\n"},
        {"as wanted", {"A 192.0.2.1", "TXT MS=r1", "TXT x"}, {O("a=192.0.2.1,txt=MS=r1")}, DNS_STEP_NONE, ""},
        {"foreign A", {"A 203.0.113.1"}, {0}, DNS_STEP_FOREIGN, "!A 203.0.113.1\n"},
        {"CNAME", {"CNAME a.test"}, {0}, DNS_STEP_FOREIGN, "!CNAME a.test\n"},
        {"another owner's", {0}, {THEIRS}, DNS_STEP_FOREIGN, ""},
        {"text changed",
         {"A 192.0.2.1", "TXT MS=old", "TXT x"},
         {O("a=192.0.2.1,txt=MS=old")},
         DNS_STEP_CHANGE,
         "-@" O("a=192.0.2.1,txt=MS=old") "\n-TXT MS=old\n+@" O("a=192.0.2.1,txt=MS=r1") "\n+TXT MS=r1\n"},
    };
    const struct dns_facts facts = with_everything(false);
    struct dns_place places[DNS_STATIC_PLACES];
    dns_static_places(&facts, *state, places);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        check_step(&cases[i], &facts, &places[1], *state);
    }
}

/* A customer's name can be the ownership name of the region then: whoever comes second is told, and nobody's record goes. */
static void test_step__label_numgate_in_a_split_zone_harms_nobody(void **state)
{
    const struct dns_facts facts = split();
    const struct dns_customer customer = {
        .account = STR("a"), .label = STR("_numgate"), .tokens = {STR("MS=ms1"), STR("MS=ms2")}};
    struct dns_place places[DNS_REGIONS], own[DNS_STATIC_PLACES];
    dns_customer_places(&facts, &customer, true, *state, places);
    dns_static_places(&facts, *state, own);
    assert_true(str_eq(places[0].name, own[0].ownership));
    const struct dns_place *orders[][2] = {{&own[0], &places[0]}, {&places[0], &own[0]}};
    for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
        struct memory_zone *zone = arena_new_of(*state, struct memory_zone);
        assert_non_null(zone);
        zone->count = 0;
        struct dns_change change;
        struct dns_presence presence = zone_look(zone, orders[i][0], *state);
        assert_int_equal(dns_step(&facts, orders[i][0], &presence, *state, &change), DNS_STEP_CHANGE);
        assert_true(zone_apply(zone, orders[i][0], &change));
        presence = zone_look(zone, orders[i][1], *state);
        assert_int_equal(dns_step(&facts, orders[i][1], &presence, *state, &change), DNS_STEP_FOREIGN);
        struct dns_place left = *orders[i][1];
        left.wanted_count = 0;
        assert_int_equal(dns_step(&facts, &left, &presence, *state, &change), DNS_STEP_NONE);
    }
}

/* ---- what is served ---- */

static void test_served__is_right_with_exactly_what_is_wanted(void **state)
{
    static const struct {
        bool shared;
        const char *at_name[AT_NAME_MAX];
        enum dns_served served;
    } cases[] = {
        {false, {"TXT MS=ms1", "A 192.0.2.1"}, DNS_SERVED_RIGHT},
        {false, {"A 192.0.2.1", "TXT MS=ms1"}, DNS_SERVED_RIGHT},
        {false, {0}, DNS_SERVED_NOTHING},
        {false, {"TXT MS=ms1"}, DNS_SERVED_OTHER},
        {false, {"TXT MS=MS1", "A 192.0.2.1"}, DNS_SERVED_OTHER},
        {false, {"TXT MS=ms1", "A 192.0.2.1", "A 192.0.2.3"}, DNS_SERVED_OTHER},
        {false, {"TXT MS=ms1", "TXT spf", "A 192.0.2.1"}, DNS_SERVED_OTHER},
        {false, {"CNAME a.test"}, DNS_SERVED_OTHER},
        {true, {"TXT MS=ms1", "TXT spf", "A 192.0.2.1"}, DNS_SERVED_RIGHT},
        {true, {"TXT spf"}, DNS_SERVED_NOTHING},
        {true, {"TXT spf", "A 192.0.2.1"}, DNS_SERVED_OTHER},
        {true, {"TXT MS=ms1", "A 192.0.2.1", "A 192.0.2.3"}, DNS_SERVED_OTHER},
    };
    struct dns_place places[DNS_REGIONS];
    dns_customer_places(&both, &contoso, true, *state, places);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct rr_list at_name = list_of(places[0].name, cases[i].at_name, *state);
        places[0].shared = cases[i].shared;
        if (dns_served(&places[0], &at_name) != cases[i].served) {
            fail_msg("case %zu", i);
        }
    }
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_customer__has_a_place_in_each_region),
        TEST(test_customer__of_a_split_zone_is_owned_in_the_region),
        TEST(test_customer__that_leaves_wants_nothing),
        TEST(test_customer__without_a_token_has_an_address),
        TEST(test_lab__has_one_region),
        TEST(test_static_places__are_the_deployments_own),
        TEST(test_label__is_of_a_customers_name_alone),
        TEST(test_ownership__is_cut_at_the_end_of_one_string),
        TEST(test_ownership__is_ours_with_exactly_this_owner),
        TEST(test_ownership__leads_to_its_place),
        TEST(test_step__makes_a_customers_place_as_wanted),
        TEST(test_step__takes_back_what_was_left),
        TEST(test_step__shares_the_deployments_names),
        TEST(test_step__label_numgate_in_a_split_zone_harms_nobody),
        TEST(test_served__is_right_with_exactly_what_is_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
