// What counted for and against each SLO, minute by minute: budgets without a Prometheus.
import type { Knex } from 'knex'

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table slo_tallies (
      slo text not null,
      bound text not null,
      at timestamptz not null,
      seconds integer not null check (seconds > 0),
      labels jsonb not null,
      bad double precision not null check (bad >= 0),
      total double precision not null check (total >= 0),
      primary key (slo, bound, at, seconds, labels)
    );
    comment on table slo_tallies is 'Bad and all events of the stretch that begins at this moment and is this many seconds long: minutes, then hours. SLOs that count time have seconds in bad and total.';
    comment on column slo_tallies.bound is 'The bound in seconds that a latency was held against; empty for other kinds.';
    create index slo_tallies_at on slo_tallies (at);
  `)
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table slo_tallies')
}
