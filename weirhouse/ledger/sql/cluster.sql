-- SPDX-License-Identifier: Apache-2.0

-- name: claim
-- Remember the first broker's id; whoever comes later finds it there.
insert into meta (key, value) values ('cluster_id', %(cluster)s) on conflict (key) do nothing

-- name: standing
-- Answer the id of the broker that the ledger's offsets belong to.
select value from meta where key = 'cluster_id'

-- name: exchange
-- Accept another broker: from now on its id is the right one.
insert into meta (key, value) values ('cluster_id', %(cluster)s) on conflict (key) do update set value = excluded.value
