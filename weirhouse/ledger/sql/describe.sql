-- SPDX-License-Identifier: Apache-2.0

-- name: tables
-- Answer every table's columns in order.
select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       coalesce(pg_get_expr(d.adbin, d.adrelid), ''), a.attidentity::text, a.attgenerated::text
from pg_class c join pg_attribute a on a.attrelid = c.oid
left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0
  and not a.attisdropped and c.relname !~ '^reports_[0-9]{8}$'
order by c.relname, a.attnum

-- name: constraints
-- Answer every table's constraints but those that say a column is not null.
select c.relname, n.conname, pg_get_constraintdef(n.oid)
from pg_constraint n join pg_class c on c.oid = n.conrelid
where c.relnamespace = current_schema()::regnamespace and n.contype <> 'n' and c.relname !~ '^reports_[0-9]{8}$'
order by c.relname, n.conname

-- name: indexes
-- Answer every index.
select tablename, replace(indexdef, current_schema() || '.', '') from pg_indexes
where schemaname = current_schema() and tablename !~ '^reports_[0-9]{8}$'
order by tablename, indexname

-- name: sequences
-- Answer the sequences that stand alone.
select c.relname from pg_class c left join pg_depend d on d.objid = c.oid and d.deptype = 'i'
where c.relkind = 'S' and c.relnamespace = current_schema()::regnamespace and d.objid is null order by 1
