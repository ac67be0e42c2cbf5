-- SPDX-License-Identifier: Apache-2.0

-- name: head
-- Answer the ledger's epoch and the newest number.
select (select value from meta where key = 'epoch'), (select seq from numbering where name = 'changes')

-- name: after
-- Answer the numbered changes after a number, in order.
select seq, kind, entity, version, zone, lane, extract(epoch from at)::float8, trace, body
from changes where seq > %(seq)s order by seq limit %(limit)s
