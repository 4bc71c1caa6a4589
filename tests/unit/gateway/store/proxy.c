#include "proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#define PAIRS_MAX 64

struct pair {
    int client, server; /* -1: none */
    bool mute;          /* cut when the server answers */
    char mark
        [16]; /* the name of its statement that writes an operation's row, with a NUL at both ends; empty: not known yet */
};
struct relay {
    struct proxy *proxy;
    struct pair pairs[PAIRS_MAX];
};

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

static void cut(struct pair *pair)
{
    if (pair->client >= 0) {
        close(pair->client);
        close(pair->server);
    }
    *pair = (struct pair){.client = -1, .server = -1};
}

static int dial(uint16_t port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void let_in(struct relay *relay)
{
    int client = accept4(relay->proxy->listener, NULL, NULL, SOCK_CLOEXEC), i = 0;
    while (i < PAIRS_MAX && relay->pairs[i].client >= 0) {
        i++;
    }
    int server = i < PAIRS_MAX && relay->proxy->mode != PROXY_REFUSE ? dial(relay->proxy->server_port) : -1;
    if (server < 0) {
        close(client);
        return;
    }
    relay->pairs[i] = (struct pair){.client = client, .server = server};
}

/* A Parse message is 'P', a length, the statement's name, NUL, its text; afterwards the name stands for it, between NULs as well. */
static bool has_mark(struct pair *pair, const char *bytes, size_t n)
{
    const char *text = memmem(bytes, n, "\0insert into operation", 22);
    if (text == NULL) {
        return pair->mark[1] != '\0' && memmem(bytes, n, pair->mark, strlen(pair->mark + 1) + 2) != NULL;
    }
    const char *name = text - 1;
    while (name > bytes && *name != 's') { /* "s17" */
        name--;
    }
    assert_in_range(text - name, 1, sizeof pair->mark - 2);
    memcpy(pair->mark + 1, name, (size_t)(text - name) + 1);
    return true;
}

/* What is to happen to these bytes of a client. */
static char action_for(struct proxy *proxy, struct pair *pair, const char *bytes, size_t n)
{
    const char *commits = proxy->commits;
    bool is_one = has_mark(pair, bytes, n) && memmem(bytes, n, "\0commit\0", 8) != NULL;
    if (*commits == '\0' || !is_one) {
        return ' ';
    }
    proxy->commits = commits + 1;
    return *commits;
}

static void from_client(struct relay *relay, struct pair *pair)
{
    char bytes[65536];
    ssize_t n = read(pair->client, bytes, sizeof bytes);
    if (n <= 0) {
        cut(pair);
        return;
    }
    if (relay->proxy->mode == PROXY_SWALLOW) {
        return;
    }
    char action = action_for(relay->proxy, pair, bytes, (size_t)n);
    pair->mute = pair->mute || action == 'a';
    if (action == 'b' || send(pair->server, bytes, (size_t)n, MSG_NOSIGNAL) != n || action == 'n') {
        cut(pair);
    }
}

static void from_server(struct relay *relay, struct pair *pair)
{
    char bytes[65536];
    ssize_t n = read(pair->server, bytes, sizeof bytes);
    bool pass = n > 0 && !pair->mute;
    if (pass && relay->proxy->mode == PROXY_SWALLOW) {
        return;
    }
    if (!pass || send(pair->client, bytes, (size_t)n, MSG_NOSIGNAL) != n) {
        cut(pair);
    }
}

static void cut_all(struct relay *relay)
{
    for (int i = 0; i < PAIRS_MAX; i++) {
        cut(&relay->pairs[i]);
    }
}

/* False: the end. */
static bool turn(struct relay *relay)
{
    struct pollfd fds[2 + 2 * PAIRS_MAX] = {{relay->proxy->listener, POLLIN, 0},
                                            {relay->proxy->wake[0], POLLIN, 0}};
    for (int i = 0; i < PAIRS_MAX; i++) {
        fds[2 + 2 * i] = (struct pollfd){relay->pairs[i].client, POLLIN, 0};
        fds[3 + 2 * i] = (struct pollfd){relay->pairs[i].server, POLLIN, 0};
    }
    char word;
    (void)poll(fds, 2 + 2 * PAIRS_MAX, -1);
    if (fds[1].revents != 0 && (read(relay->proxy->wake[0], &word, 1) != 1 || word == 'q')) {
        return false;
    }
    if (relay->proxy->mode == PROXY_REFUSE) {
        cut_all(relay);
    }
    for (int i = 0; i < PAIRS_MAX; i++) {
        struct pair *pair = &relay->pairs[i];
        if (pair->client >= 0 && fds[2 + 2 * i].revents != 0) {
            from_client(relay, pair);
        }
        if (pair->client >= 0 && fds[3 + 2 * i].revents != 0) {
            from_server(relay, pair);
        }
    }
    if (fds[0].revents != 0) {
        let_in(relay);
    }
    return true;
}

static void *proxy_main(void *arg)
{
    struct relay relay = {.proxy = arg};
    for (int i = 0; i < PAIRS_MAX; i++) {
        relay.pairs[i] = (struct pair){-1, -1, false};
    }
    while (turn(&relay)) {
    }
    cut_all(&relay);
    return NULL;
}

void proxy_start(struct proxy *proxy, uint16_t server_port)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    *proxy = (struct proxy){.server_port = server_port, .commits = ""};
    proxy->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(proxy->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(proxy->listener, 64), 0);
    assert_int_equal(getsockname(proxy->listener, (struct sockaddr *)&address, &size), 0);
    proxy->port = ntohs(address.sin_port);
    assert_int_equal(pipe(proxy->wake), 0);
    assert_int_equal(pthread_create(&proxy->thread, NULL, proxy_main, proxy), 0);
}

static void tell(struct proxy *proxy, char word)
{
    assert_int_equal(write(proxy->wake[1], &word, 1), 1);
}

void proxy_set(struct proxy *proxy, enum proxy_mode mode)
{
    proxy->mode = mode;
    tell(proxy, 'm');
}

void proxy_stop(struct proxy *proxy)
{
    tell(proxy, 'q');
    pthread_join(proxy->thread, NULL);
    close(proxy->listener);
    close(proxy->wake[0]);
    close(proxy->wake[1]);
}
