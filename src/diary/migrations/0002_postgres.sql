-- What kind of mail it is, whether it speaks of danger, and all else that was found out about it, as JSON; filled when it
-- has been read.
alter table entry add column kind text not null default '';
alter table entry add column urgent bigint not null default 0;
alter table entry add column triage text not null default '';
