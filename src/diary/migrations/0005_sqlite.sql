-- What people decide: acts, what has become of an entry by them, and what is handed over to the record system.

-- How far people have come is told by the acts; here is what lists and exports ask for.
alter table entry add column is_open integer not null default 1;
-- What the public diary says as long as nobody has written anything else.
alter table entry add column neutral_description text not null default 'Inkommet e-postmeddelande';
alter table entry add column decision text not null default '';
-- When something is to be done at the latest: a call, an answer to a request. 0 for nothing.
alter table entry add column due_at integer not null default 0;
alter table entry add column document_type text not null default '';
alter table entry add column provision text not null default '';
alter table entry add column case_reference text not null default '';
alter table entry add column sender_type text not null default 'okand';
-- The entry that it is an answer to: by In-Reply-To and References, or as the person says who registered it.
alter table entry add column answers integer not null default 0;

drop index entry_open;
create index entry_open on entry (unit, rank, arrived_at, id) where is_open = 1;
create index entry_answers on entry (answers) where answers <> 0;
create index outbox_message_id on outbox (message_id);

-- Everything that was done with an entry, one row each. Disposal may empty what it says.
create table act (
    id integer primary key,
    entry_id integer not null references entry (id),
    at integer not null,
    -- 0 for inkom itself.
    person_id integer not null,
    actor text not null,
    role text not null,
    act text not null,
    data text not null
) strict;

create index act_entry on act (entry_id, id);

create trigger act_no_delete before delete on act begin
    select raise(abort, 'acts are never deleted');
end;
create trigger act_no_update before update of id, entry_id, at, person_id, actor, role, act on act begin
    select raise(abort, 'acts are never changed');
end;
create trigger act_no_other_data before update of data on act when new.data <> '' begin
    select raise(abort, 'acts are never changed');
end;
-- REPLACE deletes without asking the trigger above.
create trigger act_no_replace before insert on act when exists (select 1 from act where id = new.id) begin
    select raise(abort, 'acts are never changed');
end;

insert into act (entry_id, at, person_id, actor, role, act, data)
select patient_link.entry_id, patient_link.linked_at, patient_link.linked_by, person.name, '', 'patient-linked', '{"act":"linked"}'
from patient_link join person on person.id = patient_link.linked_by where patient_link.ended_at = 0 order by patient_link.id;

-- What is to lie in the record system's folder: 'waiting', 'writing', 'releasing', 'handed-over', 'accepted', 'rejected',
-- 'recalling', 'recalled'.
create table handover (
    id integer primary key,
    entry_id integer not null references entry (id),
    state text not null,
    with_reply integer not null,
    queued_at integer not null,
    -- Not looked at before then.
    due_at integer not null,
    handed_over_at integer not null,
    trouble text not null
) strict;

create unique index handover_under_way on handover (entry_id) where state in ('waiting', 'writing', 'releasing', 'handed-over');
create index handover_work on handover (state, id) where state in ('waiting', 'writing', 'releasing', 'handed-over', 'recalling');
create index handover_entry on handover (entry_id, id);
