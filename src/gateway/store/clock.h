/* The database's clock in SQL, in ms since 1970: what nodes agree on. For the store's own files alone. */
#pragma once

#define NOW_SQLITE "cast((julianday('now') - 2440587.5) * 86400000 as integer)"
/* Moves on within a transaction and even within a statement that waited for a lock. */
#define NOW_POSTGRES "(extract(epoch from clock_timestamp()) * 1000)::bigint"
/* The same throughout a statement, so an index can be searched by it. */
#define NOW_POSTGRES_STABLE "(extract(epoch from statement_timestamp()) * 1000)::bigint"
