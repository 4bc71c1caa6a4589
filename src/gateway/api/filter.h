/* The text of a filter, made into a tree.
 *
 *   or      = and { "or" and }            and   = unary { "and" unary }
 *   unary   = "not" unary | "(" or ")" | function | comparison
 *   function   = ("startswith" | "contains") "(" field "," string ")"
 *   comparison = field ("eq" | "ne" | "gt" | "ge" | "lt" | "le") (string | integer | date | "true" | "false"
 * | "null") string  = "'" ... "'", where '' stands for one quote
 *
 * Fields are named by their JSON path with '/', such as serviceDetails/teamsDirectRouting/enabled; lists and
 * objects cannot be named. Pure function over text and a field table; bounded by LIMIT_FILTER bytes and
 * LIMIT_FILTER_NODES nodes. */
#pragma once
#include "gateway/domain/query.h"

/* RC_INVALID "InvalidFilter"; the message gives the position, counted from 1. */
MUST_USE enum rc filter_parse(struct str text, const struct schema *schema, struct arena *mem,
                              const struct query_node **ret, struct err *err);
