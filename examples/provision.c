/* An account and its numbers through libnumgate, with the environment of `./dev run`:
 *
 *      cc provision.c $(pkg-config --cflags --libs numgate) -o provision && . DIR/env && ./provision birch +441632960001
 *
 * Gets a token, creates the account, adds the number, reads all numbers back page by page. Every wait and every repeat that the API asks of
 * a client is the library's business. */
#include <numgate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void tell(void *arg, const struct numgate_event *event)
{
    (void)arg;
    if (event->reason[0] != '\0') {
        fprintf(stderr, "%s %s: %s; again in %llu ms\n", event->method, event->path, event->reason,
                (unsigned long long)event->wait_ms);
    }
}

static int failed(const char *what, const struct numgate_error *error)
{
    fprintf(stderr, "%s: %s %s\n", what, error->code, error->message);
    return EXIT_FAILURE;
}

/* Every number of a page of a list, one a line. */
static enum numgate_status print_page(struct numgate_reply *page, struct numgate_error *error)
{
    const struct numgate_number *numbers;
    size_t count;
    enum numgate_status status = numgate_reply_numbers(page, &numbers, &count, error);
    for (size_t i = 0; i < count; i++) {
        printf("%s %s\n", numbers[i].telephone_number, numbers[i].provisioning_status);
    }
    return status;
}

static int provision(struct numgate *numgate, const char *account_name, const char *telephone_number)
{
    struct numgate_error error;
    struct numgate_reply *page;
    struct numgate_account_service zoom = {.enabled = 1};
    struct numgate_account_services services = {.zoom_phone_cloud_peering = &zoom};
    struct numgate_account account = {.name = account_name, .services = &services};
    struct numgate_number_service number_zoom = {.enabled = 1};
    struct numgate_number_services number_services = {.zoom_phone_cloud_peering = &number_zoom};
    struct numgate_number number = {
        .telephone_number = telephone_number, .account_name = account_name, .services = &number_services};
    if (numgate_save_account(numgate, &account, NULL, NULL, &error) != NUMGATE_OK) {
        return failed("account", &error);
    }
    if (numgate_save_number(numgate, &number, NULL, NULL, &error) != NUMGATE_OK) {
        return failed("number", &error);
    }
    enum numgate_status status = numgate_list_numbers(numgate, account_name, NULL, &page, &error);
    while (status == NUMGATE_OK && page != NULL) {
        status = print_page(page, &error);
        status = status == NUMGATE_OK ? numgate_next_page(numgate, &page, &error) : status;
    }
    numgate_reply_free(page);
    return status == NUMGATE_OK ? EXIT_SUCCESS : failed("list", &error);
}

int main(int argc, char **argv)
{
    const char *wait = getenv("NUMGATE_RETRY_WAIT"); /* seconds; shorter in tests */
    char token_url[512];
    struct numgate *numgate;
    struct numgate_error error;
    if (argc != 3 || getenv("NUMGATE_URL") == NULL) {
        fprintf(stderr, "usage: provision ACCOUNT NUMBER, with the environment of ./dev run\n");
        return 2;
    }
    snprintf(token_url, sizeof(token_url), "%s/%s/oauth2/v2.0/token", getenv("NUMGATE_AUTHORITY"),
             getenv("NUMGATE_TENANT"));
    struct numgate_options options = {
        .size = sizeof(options),
        .base_url = getenv("NUMGATE_URL"),
        .token_url = token_url,
        .client_id = getenv("NUMGATE_ADMIN_CLIENT_ID"),
        .client_secret = getenv("NUMGATE_ADMIN_CLIENT_SECRET"),
        .scope = getenv("NUMGATE_SCOPE"),
        .ca_file = getenv("NUMGATE_CA"),
        .retry_wait_ms = wait != NULL ? (uint64_t)(strtod(wait, NULL) * 1000) : 0, /* 0: a minute */
        .log = tell,
    };
    if (numgate_open(&options, &numgate, &error) != NUMGATE_OK) {
        return failed("open", &error);
    }
    int code = provision(numgate, argv[1], argv[2]);
    numgate_close(numgate);
    return code;
}
