// Postings as they are, what they were (validity ranges), and the views that give one row per posting and snapshot date.
import type { Knex } from 'knex'

const CONTENT = `
      title text not null,
      url text not null,
      apply_url text,
      description text not null,
      description_html text,
      places jsonb not null,
      work_mode text,
      work_mode_origin text,
      department text,
      team text,
      employment_type text,
      requisition_id text,
      language text,
      posted_at timestamptz,
      edited_at timestamptz,
      pay jsonb not null,
      level text,
      track text,
      skills text[] not null,
      facts jsonb not null,
      content_hash text not null,
      valid_from timestamptz not null`

/** Minor units in a major one, of the currency of a band: ISO 4217's exponents other than 2 are few. */
const UNIT = `case
               when band ->> 'currency' in ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF')
               then 1
               when band ->> 'currency' in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 1000
               else 100 end`

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table postings (
      uid text primary key,
      source text not null,
      board_id bigint not null references boards,
      company_id bigint not null references companies,
      external_id text not null,
      company_name text not null,
      ${CONTENT},
      first_seen_at timestamptz not null,
      closed_at timestamptz,
      close_batch uuid,
      reopened integer not null default 0,
      opened_run uuid not null,
      countries text[] not null,
      place_text text not null,
      pay_currency text,
      pay_annual_min numeric,
      pay_annual_max numeric,
      search tsvector not null,
      unique (board_id, external_id)
    );
    comment on table postings is 'One row per posting, as it was last seen. An unchanged visit writes nothing here; "open" is closed_at is null.';
    comment on column postings.valid_from is 'Since when the content is as it is; earlier contents are in posting_versions.';
    comment on column postings.close_batch is 'The run that closed it: what undo-close takes back.';
    comment on column postings.pay_annual_min is 'Major units of pay_currency per year: the lowest band with a known currency and period.';
    create index postings_search on postings using gin (search);
    create index postings_place on postings using gin (place_text gin_trgm_ops);
    create index postings_skills on postings using gin (skills);
    create index postings_new on postings (first_seen_at desc, uid desc);
    create index postings_posted on postings ((coalesce(posted_at, first_seen_at)) desc, uid desc);
    create index postings_paid on postings ((coalesce(pay_annual_max, pay_annual_min, -1)) desc, uid desc);
    create index postings_countries on postings using gin (countries);
    create index postings_company on postings (company_id);
    create index postings_open on postings (board_id) where closed_at is null;
    create index postings_batch on postings (close_batch) where close_batch is not null;

    create table posting_versions (
      uid text not null references postings on delete cascade,
      ${CONTENT},
      valid_to timestamptz not null,
      ended_by text not null check (ended_by in ('change', 'close')),
      run_id uuid not null,
      primary key (uid, valid_to)
    );
    comment on table posting_versions is 'What a posting was before: a row is written only when a content changes or a closed posting is reopened.';

    create view posting_history as
      select p.uid, p.source, p.board_id, p.company_id, p.external_id, v.title, v.url, v.places, v.work_mode, v.department, v.pay, v.level, v.track, v.skills,
             v.content_hash, v.valid_from, v.valid_to, v.ended_by
        from posting_versions v join postings p using (uid)
      union all
      select uid, source, board_id, company_id, external_id, title, url, places, work_mode, department, pay, level, track, skills,
             content_hash, valid_from, closed_at, case when closed_at is null then null else 'close' end
        from postings;
    comment on view posting_history is 'Every content of every posting with the time it was valid; valid_to is null for what is open now.';

    create table snapshots (date date primary key, taken_at timestamptz not null default clock_timestamp());
    create view posting_snapshots as
      select s.date as snapshot_date, h.* from snapshots s
        join posting_history h on h.valid_from < (s.date + 1)::timestamp at time zone 'UTC'
         and (h.valid_to is null or h.valid_to >= (s.date + 1)::timestamp at time zone 'UTC');
    comment on view posting_snapshots is 'One row per posting that was open at the end (UTC) of each snapshot date.';
    create view comp_snapshots as
      select h.snapshot_date, h.uid, h.source, h.board_id, h.company_id, h.title, h.level, h.track, h.places,
             band ->> 'currency' as currency, band ->> 'period' as period, band ->> 'basis' as basis, band ->> 'label' as label,
             (band ->> 'min_minor')::numeric / ${UNIT} as min, (band ->> 'max_minor')::numeric / ${UNIT} as max,
             (band ->> 'annual_min')::numeric as annual_min, (band ->> 'annual_max')::numeric as annual_max
        from posting_snapshots h cross join lateral jsonb_array_elements(h.pay) band;
    comment on view comp_snapshots is 'One row per pay band of each posting open at the end of each snapshot date.';
  `)
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop view comp_snapshots; drop view posting_snapshots; drop table snapshots; drop view posting_history;
    drop table posting_versions; drop table postings;
  `)
}
