// The canary: which round is under way since when, and a history that leaves its postings out.
import type { Knex } from 'knex'

const HISTORY = (unlessCanary: string): string => `
    create or replace view posting_history as
      select p.uid, p.source, p.board_id, p.company_id, p.external_id, v.title, v.url, v.places, v.work_mode, v.department, v.pay, v.level, v.track, v.skills,
             v.content_hash, v.valid_from, v.valid_to, v.ended_by
        from posting_versions v join postings p using (uid) ${unlessCanary}
      union all
      select p.uid, p.source, p.board_id, p.company_id, p.external_id, p.title, p.url, p.places, p.work_mode, p.department, p.pay, p.level, p.track, p.skills,
             p.content_hash, p.valid_from, p.closed_at, case when p.closed_at is null then null else 'close' end
        from postings p ${unlessCanary};`

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table canary (
      channel text primary key,
      round uuid,
      began_at timestamptz not null default 'epoch',
      owner text,
      last_success_at timestamptz
    );
    comment on table canary is 'One row per channel that a canary is sent to: all processes together keep one round at a time.';
    comment on column canary.round is 'The round under way; whoever takes the next one ends what a killed process left.';
    ${HISTORY(`where p.source <> 'canary'`)}
  `)
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`drop table canary; ${HISTORY('')}`)
}
