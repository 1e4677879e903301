-- The diary on SQLite. Times are milliseconds since 1970 (UTC), 0 for never. Yes and no are 1 and 0.

-- The first and the last serial given in each yearly series. A row, never a sequence: a sequence leaves gaps when a transaction fails.
create table counter (
    series text not null,
    year integer not null,
    first integer not null,
    last integer not null,
    primary key (series, year)
) strict;

-- The vault: kept bytes by their SHA-256, in parts of at most one MiB.
create table blob (
    id integer primary key,
    digest blob not null unique,
    size_bytes integer not null,
    codec text not null,
    key_id text not null
) strict;

create table blob_part (
    blob_id integer not null references blob (id),
    part integer not null,
    bytes blob not null,
    primary key (blob_id, part)
) strict;

-- Registered incoming documents (OSL 5 kap. 1–2 §§).
create table entry (
    id integer primary key,
    series text not null,
    year integer not null,
    serial integer not null,
    mailbox text not null,
    folder text not null,
    unit text not null,
    hsa_id text not null,
    channel text not null,
    direction text not null,
    public_description text not null,
    confidentiality text not null,
    registered_at integer not null,
    registered_by text not null,
    arrived_at integer not null,
    arrival_source text not null,
    internal_date integer not null,
    fetched_at integer not null,
    raw blob not null,
    raw_size_bytes integer not null,
    pdf blob not null,
    backlog integer not null,
    stage text not null,
    held_resume text not null,
    held_reason text not null,
    -- What the message says of itself, for staff; filled when it has been read.
    message_id text not null,
    date_header text not null,
    summary text not null,
    duplicate_of integer not null,
    -- Whether it was answered, and why not.
    reply text not null,
    reply_reason text not null,
    original_gone_at integer not null,
    unique (series, year, serial)
) strict;

create index entry_raw on entry (raw);
create index entry_message_id on entry (message_id) where message_id <> '';
create index entry_work on entry (mailbox, id) where stage in ('rendered', 'answered') and backlog = 0;
create index entry_fresh on entry (mailbox, id) where stage = 'registered';
create index entry_held on entry (id) where stage = 'held';
create index entry_backlog on entry (mailbox, id) where backlog = 1;

-- The documents of an entry: 1 is what came in, 2 the reply that was sent.
create table document (
    entry_id integer not null references entry (id),
    document integer not null,
    direction text not null,
    digest blob not null,
    message_id text not null,
    created_at integer not null,
    primary key (entry_id, document)
) strict;

-- Where messages lie or lay.
create table sighting (
    mailbox text not null,
    folder text not null,
    validity integer not null,
    uid text not null,
    entry_id integer not null references entry (id),
    seen_at integer not null,
    gone_at integer not null,
    -- 'removed' by inkom, 'vanished' by another hand, 'void' when the folder got a new UIDVALIDITY.
    gone_how text not null,
    attempts integer not null,
    primary key (mailbox, folder, validity, uid)
) strict;

create index sighting_there on sighting (mailbox, folder, validity, uid) where gone_at = 0;
create index sighting_entry on sighting (entry_id);

-- Folders as last polled: seen = registered + again + known + vanished + held.
create table folder (
    mailbox text not null,
    folder text not null,
    validity integer not null,
    first_seen_at integer not null,
    polled_at integer not null,
    seen integer not null,
    registered integer not null,
    again integer not null,
    known integer not null,
    vanished integer not null,
    held integer not null,
    primary key (mailbox, folder)
) strict;

-- What lay in a folder at first contact and is not registered yet.
create table first_contact (
    mailbox text not null,
    folder text not null,
    validity integer not null,
    uid text not null,
    primary key (mailbox, folder, validity, uid)
) strict;

-- Folders whose backlog a person has let inkom answer and remove.
create table adoption (
    mailbox text not null,
    folder text not null,
    adopted_at integer not null,
    primary key (mailbox, folder)
) strict;

create table outbox (
    id integer primary key,
    entry_id integer not null unique references entry (id),
    recipient text not null,
    recipient_key text not null,
    -- The sender as From has it, which stays the same when the envelope's sender is made anew for each message.
    sender_key text not null,
    message_id text not null,
    letter blob not null,
    text_document text not null,
    text_version text not null,
    text_digest blob not null,
    state text not null,
    reason text not null,
    attempts integer not null,
    -- Attempts of which nobody knows whether the server took the letter.
    unsure integer not null,
    data_begun integer not null,
    queued_at integer not null,
    due_at integer not null,
    sent_at integer not null
) strict;

create index outbox_due on outbox (state, due_at, id);
create index outbox_recipient on outbox (recipient_key, queued_at);
create index outbox_sender on outbox (sender_key, queued_at);
create index outbox_sent on outbox (sent_at) where sent_at > 0;

-- What has stopped and waits for a person (silenced_at = 0), by name.
create table alarm (
    name text not null primary key,
    since integer not null,
    text text not null,
    silenced_at integer not null
) strict;

create table audit (
    seq integer primary key,
    at integer not null,
    actor text not null,
    action text not null,
    unit text not null,
    entry text not null,
    salt blob not null,
    payload text not null,
    payload_hash blob not null,
    hash blob not null
) strict;

create index audit_entry on audit (entry) where entry <> '';

create table audit_head (
    id integer not null primary key,
    seq integer not null,
    hash blob not null
) strict;

insert into audit_head (id, seq, hash) values (1, 0, zeroblob(32));

-- Append-only. Disposal may empty a payload and its salt; the chain holds only their hash.
create trigger audit_no_delete before delete on audit begin
    select raise(abort, 'audit rows are never deleted');
end;
create trigger audit_no_update before update of seq, at, actor, action, unit, entry, payload_hash, hash on audit begin
    select raise(abort, 'audit rows are never changed');
end;
create trigger audit_no_other_payload before update of payload, salt on audit
when new.payload <> '' or length(new.salt) <> 0 begin
    select raise(abort, 'audit rows are never changed');
end;
-- REPLACE deletes without asking the trigger above.
create trigger audit_no_replace before insert on audit when exists (select 1 from audit where seq = new.seq) begin
    select raise(abort, 'audit rows are never changed');
end;
