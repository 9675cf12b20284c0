// Companies with their history, the boards they publish on, and the hosts those boards live on.
import type { Knex } from 'knex'

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create extension if not exists pg_trgm;
    create extension if not exists unaccent;
    create text search configuration rolewatch (copy = english);
    alter text search configuration rolewatch alter mapping for hword, hword_part, word with unaccent, english_stem;

    create table companies (
      id bigint generated always as identity primary key,
      slug text not null unique,
      name text not null,
      website text,
      careers_url text,
      country text,
      valid_from timestamptz not null default clock_timestamp()
    );
    comment on table companies is 'Companies as they are now; what they were is in company_versions.';
    create table company_versions (
      company_id bigint not null references companies on delete cascade,
      slug text not null, name text not null, website text, careers_url text, country text,
      valid_from timestamptz not null,
      valid_to timestamptz not null,
      primary key (company_id, valid_to)
    );

    create table boards (
      id bigint generated always as identity primary key,
      source text not null,
      ident text not null,
      company_id bigint not null references companies,
      region text,
      enabled boolean not null default true,
      configured boolean not null default true,
      cadence_seconds integer not null default 3600 check (cadence_seconds >= 60),
      paused_until timestamptz,
      pause_reason text,
      next_at timestamptz not null default clock_timestamp(),
      last_run_id uuid,
      last_outcome text,
      last_run_at timestamptz,
      last_complete_at timestamptz,
      open_count integer not null default 0,
      recent_counts integer[] not null default '{}',
      failures integer not null default 0,
      pages jsonb,
      reader text,
      created_at timestamptz not null default clock_timestamp(),
      unique (source, ident)
    );
    comment on column boards.recent_counts is 'How many postings the last five complete visits saw, newest last: what the drop guard takes the median of.';
    comment on column boards.pages is 'Validators of the last complete visit: [{url, etag, last_modified, hash, next}]. Written in the transaction that stores the rows, never alone.';
    comment on column boards.reader is 'Version of the source and of normalise that read those pages, and the company they were read for: with another one they are read again although unchanged.';
    comment on column boards.configured is 'False once the board has left the configuration; its postings stay.';
    create index boards_due on boards (next_at) where enabled and configured;

    create table hosts (
      host text primary key,
      source text not null,
      next_at timestamptz not null default '-infinity',
      paused_until timestamptz,
      breaker text not null default 'closed' check (breaker in ('closed', 'open', 'half_open')),
      opened_at timestamptz,
      open_until timestamptz,
      openings integer not null default 0,
      probe_until timestamptz,
      probe_owner text,
      last_error text,
      robots text,
      robots_status integer,
      robots_at timestamptz
    );
    comment on column hosts.openings is 'How often the breaker opened since it was last closed: each time it stays open longer.';
    comment on column hosts.probe_until is 'Lease of the single probe that may go through while half open.';
  `)
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table hosts; drop table boards; drop table company_versions; drop table companies;
    drop text search configuration rolewatch;
  `)
}
