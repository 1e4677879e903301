-- The pages of the audit log: what their filters need; which patient an entry is about; spot checks.

-- A page of the log is of one unit, and of one person, one action or both. The first index is on an expression that only the
-- queries for all rows of a unit use: SQLite would else take it for the others too, since it keeps no statistics.
create index audit_unit on audit ((unit || ''), at, seq);
create index audit_unit_action on audit (unit, action, at, seq);
create index audit_unit_actor on audit (unit, actor, at, seq);
create index audit_unit_actor_action on audit (unit, actor, action, at, seq);
-- Who has used the command line, where all units are seen at once.
create index audit_command_line on audit (actor) where substr(actor, 1, 3) = 'os:';
-- Which entries a list or a search showed.
create index audit_look_seq on audit_look (seq);

-- Which patient an entry is about, as a person has said: twelve characters. A link that was a mistake is ended, and stays.
create table patient_link (
    id integer primary key,
    entry_id integer not null references entry (id),
    patient text not null,
    linked_at integer not null,
    linked_by integer not null references person (id),
    ended_at integer not null
) strict;

create unique index patient_link_entry on patient_link (entry_id) where ended_at = 0;
create index patient_link_patient on patient_link (patient, entry_id) where ended_at = 0;

-- Looks of a unit and a period that were drawn to be checked (HSLF-FS 2016:40 4 kap. 9 §). Never changed.
create table spot_check (
    id integer primary key,
    drawn_at integer not null,
    drawn_by integer not null references person (id),
    unit text not null,
    from_at integer not null,
    before_at integer not null,
    -- Of one person only, or empty.
    actor text not null,
    -- Among how many they were drawn.
    looks integer not null,
    -- Rows of the audit log, with commas between.
    sample text not null
) strict;

create index spot_check_unit on spot_check (unit, id);

-- What the check showed. Never changed; what is found out later is a result of its own.
create table spot_check_result (
    id integer primary key,
    check_id integer not null references spot_check (id),
    checked_at integer not null,
    checked_by integer not null references person (id),
    verdict text not null,
    remark text not null
) strict;

create index spot_check_result_check on spot_check_result (check_id, id);

create trigger spot_check_no_delete before delete on spot_check begin
    select raise(abort, 'spot checks are never changed or deleted');
end;
create trigger spot_check_no_update before update on spot_check begin
    select raise(abort, 'spot checks are never changed or deleted');
end;
-- REPLACE deletes without asking the trigger above.
create trigger spot_check_no_replace before insert on spot_check when exists (select 1 from spot_check where id = new.id) begin
    select raise(abort, 'spot checks are never changed or deleted');
end;

create trigger spot_check_result_no_delete before delete on spot_check_result begin
    select raise(abort, 'spot checks are never changed or deleted');
end;
create trigger spot_check_result_no_update before update on spot_check_result begin
    select raise(abort, 'spot checks are never changed or deleted');
end;
-- REPLACE deletes without asking the trigger above.
create trigger spot_check_result_no_replace before insert on spot_check_result when exists (select 1 from spot_check_result where id = new.id) begin
    select raise(abort, 'spot checks are never changed or deleted');
end;
