-- People, their roles and how they sign in; the queue and its search; who has seen what.

-- The role by which a person could do what the row tells.
alter table audit add column role text not null default '';

drop trigger audit_no_update;
create trigger audit_no_update before update of seq, at, actor, role, action, unit, entry, payload_hash, hash on audit begin
    select raise(abort, 'audit rows are never changed');
end;

-- Which entries a look showed: the row itself names one entry at most, and a list or a search shows many.
create table audit_look (
    entry_id integer not null references entry (id),
    seq integer not null,
    primary key (entry_id, seq)
) strict, without rowid;

create table person (
    id integer primary key,
    name text not null unique,
    -- HSA-id, by which an identity provider names them; empty for those who sign in with passkeys.
    hsa_id text not null,
    created_at integer not null,
    ended_at integer not null
) strict;

create unique index person_hsa_id on person (hsa_id) where hsa_id <> '' and ended_at = 0;

create table person_role (
    person_id integer not null references person (id),
    unit text not null,
    role text not null,
    primary key (person_id, unit, role)
) strict;

-- One-time links, by the SHA-256 of their secret.
create table invitation (
    token blob not null primary key,
    person_id integer not null references person (id),
    purpose text not null,
    created_at integer not null,
    expires_at integer not null,
    used_at integer not null
) strict;

create table passkey (
    credential blob not null primary key,
    person_id integer not null references person (id),
    label text not null,
    data text not null,
    added_at integer not null,
    used_at integer not null
) strict;

create index passkey_person on passkey (person_id);

-- Sessions, by the SHA-256 of their cookie.
create table session (
    id integer primary key,
    token blob not null unique,
    person_id integer not null references person (id),
    -- What every form of the session's pages carries, so that no other page can send one.
    csrf text not null,
    -- 'passkey', 'oidc' or 'demo'.
    how text not null,
    started_at integer not null,
    seen_at integer not null,
    ended_at integer not null
) strict;

create index session_person on session (person_id) where ended_at = 0;

-- Leave to read the content of one entry, with the reason written down.
create table reading (
    entry_id integer not null references entry (id),
    person_id integer not null references person (id),
    reason text not null,
    until integer not null,
    primary key (entry_id, person_id)
) strict;

-- How far people have come with an entry (DOMAIN: registrerad, avslutad …), counted up at every change.
alter table entry add column state text not null default 'registrerad';
alter table entry add column version integer not null default 0;
-- Who has said "jag tar den", and until when it holds.
alter table entry add column claimed_by integer not null default 0;
alter table entry add column claimed_until integer not null default 0;
-- What is read first: 0 speaks of danger, 1 cancels a visit the same day, 2 all else.
alter table entry add column rank integer not null default 2;
-- What it is about, each word between spaces, and whether it holds the number of a person.
alter table entry add column matters text not null default '';
alter table entry add column has_identifier integer not null default 0;

update entry set rank = 0 where urgent = 1;

create index entry_open on entry (unit, rank, arrived_at, id) where state = 'registrerad';
create index entry_arrived on entry (unit, arrived_at, id);

-- The words of each entry, and what it is filtered by. Å, ä and ö are letters of their own. What is sought is
-- the beginning of a word; without an index of its own a short one costs a tenth of a second in 100,000 entries.
create virtual table entry_word using fts5 (
    words, content='', contentless_delete=1, detail=none, prefix='2 3 4 5 6', tokenize="unicode61 remove_diacritics 0"
);
