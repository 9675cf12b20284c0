// Alerts as Alertmanager told of them: one row for each time that one of them fired.
import type { Knex } from 'knex'

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table alerts (
      fingerprint text not null,
      starts_at timestamptz not null,
      ends_at timestamptz,
      status text not null check (status in ('firing', 'resolved')),
      alertname text not null,
      severity text not null,
      labels jsonb not null,
      annotations jsonb not null,
      first_received_at timestamptz not null,
      last_received_at timestamptz not null,
      changed_at timestamptz not null,
      receipts integer not null default 1,
      primary key (fingerprint, starts_at)
    );
    comment on table alerts is 'The fingerprint stays the same whenever the alert with these labels fires again; starts_at tells the times apart.';
    comment on column alerts.changed_at is 'When the status became what it is.';
    create index alerts_newest on alerts (starts_at desc, fingerprint desc);
    create index alerts_firing on alerts (last_received_at) where status = 'firing';
  `)
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table alerts')
}
