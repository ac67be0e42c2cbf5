-- SPDX-License-Identifier: Apache-2.0

-- name: lines
-- Answer a stretch of the audit's chain with every column, to check it against checkpoints.
select seq, extract(epoch from at)::float8, actor, action, entity, entity_id, body, coalesce(prev, ''), coalesce(hash, '')
from audit where seq > %(seq)s order by seq limit %(limit)s
