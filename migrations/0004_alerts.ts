// Saved searches, what matched them, and the outbox from which people are told.
import type { Knex } from 'knex'

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table searches (
      id uuid primary key,
      name text not null,
      query jsonb not null,
      notify jsonb not null,
      enabled boolean not null default true,
      created_at timestamptz not null default clock_timestamp(),
      updated_at timestamptz not null default clock_timestamp()
    );
    create table matches (
      search_id uuid not null references searches on delete cascade,
      uid text not null references postings on delete cascade,
      run_id uuid not null,
      matched_at timestamptz not null default clock_timestamp(),
      primary key (search_id, uid)
    );
    create index matches_uid on matches (uid);

    create table outbox (
      id bigint generated always as identity primary key,
      channel text not null,
      search_id uuid not null references searches on delete cascade,
      uid text not null references postings on delete cascade,
      state text not null default 'pending' check (state in ('pending', 'sending', 'delivered', 'failed', 'uncertain')),
      traceparent text,
      created_at timestamptz not null default clock_timestamp(),
      due_at timestamptz not null default clock_timestamp(),
      attempts integer not null default 0,
      message_id uuid,
      claimed_by text,
      claimed_until timestamptz,
      delivered_at timestamptz,
      error text,
      unique (channel, search_id, uid)
    );
    comment on table outbox is 'One row per notification. sending is committed before the request goes out, so a killed process never tells twice: what it left is uncertain.';
    create index outbox_open on outbox (channel, state, due_at) where state <> 'delivered';
    create index outbox_uid on outbox (uid);
    create index outbox_message on outbox (message_id) where message_id is not null;
    create table channels (
      name text primary key,
      next_at timestamptz not null default '-infinity'
    );
    comment on table channels is 'When the next message may go out on a channel: all workers together keep its rate.';
  `)
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table channels; drop table outbox; drop table matches; drop table searches;')
}
