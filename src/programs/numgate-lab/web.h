/* The lab as an application of the HTTP engine: the route table, faults that hit before or instead of the
 * work, the log. */
#pragma once

struct http_app;
struct lab;

struct http_app web_app(struct lab *lab); /* `lab` outlives the server */
