// Incidents, the runs of runbooks with their steps, approvals, and what holds them back; the audit becomes a chain.
import type { Knex } from 'knex'

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table incidents (
      id uuid primary key,
      number bigint generated always as identity unique,
      fingerprint text not null,
      alertname text not null,
      severity text not null,
      priority text not null,
      labels jsonb not null,
      summary text not null,
      state text not null check (state in ('opened', 'acknowledged', 'mitigated', 'resolved')),
      opened_at timestamptz not null default clock_timestamp(),
      acknowledged_at timestamptz,
      acknowledged_by text,
      mitigated_at timestamptz,
      resolved_at timestamptz,
      last_fired_at timestamptz not null,
      flaps integer not null default 0,
      held_at timestamptz,
      escalated_at timestamptz
    );
    comment on column incidents.last_fired_at is 'When the alert began to fire, the last time: what is older is a repetition.';
    comment on column incidents.held_at is 'Since when it has had its share of automatic runs.';
    comment on table incidents is 'One per alert fingerprint while it lasts; an alert that comes back soon joins the incident it had.';
    create unique index incidents_going on incidents (fingerprint) where state <> 'resolved';
    create index incidents_newest on incidents (number desc);
    create index incidents_fingerprint on incidents (fingerprint, resolved_at desc);

    create table runbook_pages (
      hash text primary key,
      alertname text not null,
      text text not null
    );
    comment on table runbook_pages is 'The pages that were run, as they were then, by SHA-256.';

    create table runbook_runs (
      id uuid primary key,
      incident_id uuid references incidents,
      alertname text not null,
      page_hash text references runbook_pages,
      mode text not null check (mode in ('suggest', 'auto', 'approval')),
      dry_run boolean not null default false,
      trigger text not null check (trigger in ('alert', 'hand', 'drill')),
      actor text not null,
      labels jsonb not null,
      state text not null default 'queued' check (state in ('queued', 'diagnosing', 'waiting', 'executing', 'verifying', 'undoing', 'done')),
      outcome text,
      verdict text,
      causes text[] not null default '{}',
      words text,
      claimed_by text,
      claimed_until timestamptz,
      takeovers integer not null default 0,
      queued_at timestamptz not null default clock_timestamp(),
      due_at timestamptz not null default clock_timestamp(),
      state_at timestamptz not null default clock_timestamp(),
      started_at timestamptz,
      verify_until timestamptz,
      good_looks integer not null default 0,
      ended_at timestamptz,
      trace_id text,
      traceparent text
    );
    comment on column runbook_runs.page_hash is 'The page as it was when the run began; null before.';
    comment on column runbook_runs.outcome is 'Settled before the end only while what was done is being taken back.';
    comment on column runbook_runs.takeovers is 'How often it was left by a process that did not give it back.';
    comment on column runbook_runs.good_looks is 'Looks in a row that found the alert gone.';
    create index runbook_runs_open on runbook_runs (due_at) where state <> 'done';
    create index runbook_runs_incident on runbook_runs (incident_id, queued_at desc);
    create unique index runbook_runs_one on runbook_runs (incident_id) where state <> 'done' and not dry_run;
    create index runbook_runs_newest on runbook_runs (queued_at desc, id desc);
    create index runbook_runs_alert on runbook_runs (alertname, queued_at desc, id desc);

    create table runbook_steps (
      run_id uuid not null references runbook_runs on delete cascade,
      part text not null check (part in ('diagnosis', 'steps')),
      number integer not null,
      action text,
      given jsonb not null default '{}',
      state text not null check (state in ('planned', 'started', 'done', 'failed', 'skipped', 'refused', 'interrupted', 'undone', 'person')),
      verdict text,
      target text,
      words text not null default '',
      facts jsonb,
      undo jsonb,
      digest text,
      started_at timestamptz,
      ended_at timestamptz,
      undo_started_at timestamptz,
      primary key (run_id, part, number)
    );
    comment on column runbook_steps.state is 'started is committed before anything is done: what a killed process left there is closed as interrupted and never tried again by itself.';
    create index runbook_steps_limits on runbook_steps (action, started_at desc) where part = 'steps' and started_at is not null;

    create table target_locks (
      target text primary key,
      run_id uuid not null references runbook_runs on delete cascade,
      taken_at timestamptz not null default clock_timestamp()
    );

    create table approvals (
      id uuid primary key,
      run_id uuid not null unique references runbook_runs on delete cascade,
      plan jsonb not null,
      state text not null default 'open' check (state in ('open', 'approved', 'rejected', 'expired')),
      asked_at timestamptz not null default clock_timestamp(),
      expires_at timestamptz not null,
      decided_at timestamptz,
      decided_by text
    );

    create table runbook_modes (
      alertname text primary key,
      mode text not null check (mode in ('suggest', 'auto', 'approval')),
      set_by text not null,
      set_at timestamptz not null default clock_timestamp()
    );
    comment on table runbook_modes is 'What is not here is suggested.';

    create table switches (
      name text primary key,
      is_off boolean not null,
      reason text,
      set_by text not null,
      set_at timestamptz not null default clock_timestamp()
    );
    comment on table switches is 'automation: the kill switch of everything that runbooks change.';

    create table maintenance_windows (
      id uuid primary key,
      starts_at timestamptz not null,
      ends_at timestamptz not null check (ends_at > starts_at),
      source text,
      reason text not null,
      set_by text not null
    );
    comment on column maintenance_windows.source is 'Null: everything.';

    create table ops_messages (
      id bigint generated always as identity primary key,
      lane text not null check (lane in ('ops', 'ops_mail')),
      thread text not null,
      incident_id uuid references incidents,
      kind text not null,
      payload jsonb not null,
      state text not null default 'pending' check (state in ('pending', 'sending', 'delivered', 'failed')),
      created_at timestamptz not null default clock_timestamp(),
      due_at timestamptz not null default clock_timestamp(),
      attempts integer not null default 0,
      message_id uuid,
      sent_at timestamptz,
      lost_at timestamptz,
      claimed_by text,
      claimed_until timestamptz,
      delivered_at timestamptz,
      delivered_by text,
      error text
    );
    comment on column ops_messages.thread is 'What waits of one incident, or of one run that belongs to none, is told in one message.';
    comment on column ops_messages.lost_at is 'When it first went out in a message that nobody answered: whatever tells it again says so.';
    create index ops_messages_open on ops_messages (lane, thread, due_at) where state in ('pending', 'sending');
    create index ops_messages_incident on ops_messages (incident_id, id);

    create table workers (
      owner text primary key,
      role text not null,
      version text not null,
      host text not null,
      pid integer not null,
      started_at timestamptz not null,
      beat_at timestamptz not null default clock_timestamp(),
      state jsonb not null default '{}'
    );
    comment on table workers is 'Every process of the product, with what it says of itself: event loop, heap, concurrency.';
    create table worker_orders (
      id bigint generated always as identity primary key,
      owner text,
      kind text not null check (kind in ('restart', 'concurrency')),
      value integer,
      given_at timestamptz not null default clock_timestamp(),
      given_by text not null,
      taken jsonb not null default '{}'
    );
    comment on column worker_orders.owner is 'Null: all of them.';

    alter table boards add column slow_factor double precision not null default 1 check (slow_factor >= 1), add column slow_until timestamptz;
    comment on column boards.slow_factor is 'Until slow_until the cadence is so many times longer.';

    alter table audit add column detail jsonb, add column hash text;
    create index audit_trace on audit (trace_id) where trace_id is not null;
    comment on column audit.hash is 'SHA-256 of the hash before and of this line: one changed byte breaks the chain from there on.';
    create table audit_head (one boolean primary key default true check (one), id bigint not null default 0, hash text not null);
    insert into audit_head (hash) values (repeat('0', 64));

    create function audit_line(a audit) returns text language sql stable as $$
      select jsonb_build_array(a.id, to_char(a.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), a.actor, a.action, a.target,
        a.before, a.after, a.trace_id, a.detail)::text
    $$;
    create function audit_chain() returns trigger language plpgsql as $$
    begin
      -- The head's lock puts writers in one line: numbers have no gaps, and the chain follows the commits.
      update audit_head set id = id + 1 where one returning id, hash into new.id, new.hash;
      new.at := clock_timestamp();
      new.hash := encode(sha256(convert_to(new.hash || audit_line(new), 'UTF8')), 'hex');
      update audit_head set hash = new.hash where one;
      return new;
    end $$;
    create function audit_frozen() returns trigger language plpgsql as $$
    begin
      raise exception 'the audit can only be added to';
    end $$;
  `)
  await chainOldLines(knex)
  await knex.raw(`
    alter table audit alter column hash set not null;
    create trigger audit_chain before insert on audit for each row execute function audit_chain();
    create trigger audit_frozen before update or delete on audit for each row execute function audit_frozen();
    create trigger audit_kept before truncate on audit for each statement execute function audit_frozen();
  `)
}

/** Lines from before the chain are taken into it as they stand. */
async function chainOldLines(knex: Knex): Promise<void> {
  await knex.raw(`
    do $$
    declare line audit; before text := repeat('0', 64);
    begin
      for line in select * from audit order by id loop
        before := encode(sha256(convert_to(before || audit_line(line), 'UTF8')), 'hex');
        update audit set hash = before where id = line.id;
        update audit_head set id = line.id, hash = before where one;
      end loop;
    end $$
  `)
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop trigger audit_kept on audit; drop trigger audit_frozen on audit; drop trigger audit_chain on audit;
    drop function audit_frozen(); drop function audit_chain(); drop function audit_line(audit); drop table audit_head;
    drop index audit_trace;
    alter table audit drop column hash, drop column detail;
    alter table boards drop column slow_until, drop column slow_factor;
    drop table worker_orders; drop table workers; drop table ops_messages; drop table maintenance_windows; drop table switches;
    drop table runbook_modes; drop table approvals; drop table target_locks; drop table runbook_steps; drop table runbook_runs;
    drop table runbook_pages; drop table incidents;
  `)
}
