// Tokens by their hash, and the audit of what was changed by hand.
import type { Knex } from 'knex'

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table tokens (
      id uuid primary key,
      name text not null,
      hash text not null unique,
      scopes text[] not null,
      created_at timestamptz not null default clock_timestamp(),
      last_used_at timestamptz,
      revoked_at timestamptz
    );
    create table audit (
      id bigint generated always as identity primary key,
      at timestamptz not null default clock_timestamp(),
      actor text not null,
      action text not null,
      target text not null,
      before jsonb,
      after jsonb,
      trace_id text
    );
    create index audit_target on audit (target, id desc);
  `)
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table audit; drop table tokens;')
}
