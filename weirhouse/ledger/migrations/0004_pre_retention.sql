-- SPDX-License-Identifier: Apache-2.0
-- Ways to what has grown old, so that each turn of the retention reads no more than it takes away.

create index inbox_worded on inbox (received_at) where body <> ''::bytea;
create index idempotency_at on idempotency (at);
