// Runs, the raw pages they brought, what was set aside, and the counters of the daily caps.
import type { Knex } from 'knex'

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table runs (
      id uuid primary key,
      board_id bigint not null references boards,
      source text not null,
      trigger text not null check (trigger in ('schedule', 'refresh', 'try', 'webhook', 'runbook')),
      outcome text not null,
      complete boolean not null,
      seen integer not null default 0,
      new integer not null default 0,
      changed integer not null default 0,
      closed integer not null default 0,
      reopened integer not null default 0,
      rejected integer not null default 0,
      unlisted integer not null default 0,
      duplicates integer not null default 0,
      pages integer not null default 0,
      bytes bigint not null default 0,
      attempts integer not null default 0,
      guard jsonb,
      started_at timestamptz not null,
      seconds double precision not null,
      trace_id text,
      error text,
      error_path text,
      undone_at timestamptz
    );
    comment on column runs.guard is 'Why a guard refused: {name, seen, median, would_close}.';
    create index runs_newest on runs (started_at desc, id desc);
    create index runs_board on runs (board_id, started_at desc);
    create index runs_outcome on runs (outcome, started_at desc);

    create table raw_pages (
      hash text primary key,
      bytes integer not null,
      stored_bytes integer not null,
      stored_at timestamptz not null default clock_timestamp()
    );
    comment on table raw_pages is 'Bodies in the archive by SHA-256 of what is kept (people are taken out first).';
    create table run_pages (
      run_id uuid not null,
      number integer not null,
      hash text not null references raw_pages,
      url text not null,
      status integer not null,
      primary key (run_id, number)
    );
    create index run_pages_hash on run_pages (hash);

    create table quarantine (
      id bigint generated always as identity primary key,
      run_id uuid not null,
      board_id bigint not null references boards,
      hash text references raw_pages,
      reason text not null,
      path text,
      created_at timestamptz not null default clock_timestamp(),
      released_at timestamptz
    );
    create index quarantine_waiting on quarantine (board_id, created_at desc) where released_at is null;

    create table counters (
      name text not null,
      day date not null,
      value bigint not null default 0,
      primary key (name, day)
    );
    comment on table counters is 'What the daily caps count, per UTC day.';
  `)
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table counters; drop table quarantine; drop table run_pages; drop table raw_pages; drop table runs;')
}
