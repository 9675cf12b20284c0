// The second channel: since when a channel refuses, what stands in for it, and by which channel each notification was told.
import type { Knex } from 'knex'

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table channels
      add failing_since timestamptz,
      add quiet_until timestamptz,
      add substitute text check (substitute in ('email'));
    comment on column channels.failing_since is 'The first refusal since the channel last accepted a message; null while it accepts.';
    comment on column channels.quiet_until is 'Until then the channel asked to be left alone.';
    comment on column channels.substitute is 'Everything goes by this channel instead, until a person switches back.';
    alter table outbox add delivered_by text;
    comment on column outbox.delivered_by is 'The channel that accepted it; null for what was delivered when there was only one.';
  `)
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table outbox drop delivered_by;
    alter table channels drop substitute, drop quiet_until, drop failing_since;
  `)
}
