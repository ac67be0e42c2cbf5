-- SPDX-License-Identifier: Apache-2.0
-- Life-safety reports of the inbox that nobody has decided yet, in a table as small as they are few: what a person is
-- shown while Kafka or the worker is away costs the same however long the inbox is.

create table undecided (
    report_id uuid primary key,
    zone text not null,
    received_at timestamptz not null
);
create index undecided_oldest on undecided (received_at, report_id);

insert into undecided (report_id, zone, received_at)
select b.report_id, b.zone, b.received_at from inbox b left join dispositions d using (report_id)
where b.lane = 'life' and d.report_id is null;
