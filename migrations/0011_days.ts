// Questions about days: matches and notifications are written in the order of time, so that an index of block ranges finds a day.
import type { Knex } from 'knex'

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create index matches_days on matches using brin (matched_at) with (pages_per_range = 32, autosummarize = on);
    create index outbox_days on outbox using brin (created_at) with (pages_per_range = 32, autosummarize = on);
  `)
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop index outbox_days; drop index matches_days;')
}
