#!/usr/bin/env node
// The `rolewatch` command: it parses arguments, calls a room, prints, and ends with 0 (done), 1 (failed) or 2 (bad configuration or arguments).

import { Command, Option } from 'commander'
import { bearLeavingReaders, explain } from './cli/ending.ts'
import { collect, count, positive } from './cli/given.ts'
import type { Config } from './config.ts'

/** What a command is given: the checked configuration and what it printed with. */
type Action<O> = (config: Config, options: O, args: string[]) => Promise<number | void>

const FORMAT = new Option('--format <format>', 'how to print the answer').choices(['table', 'json']).default('table')

/** Known once the configuration is read; nothing that is printed holds them. */
let secrets: readonly string[] = []

/** Runs a command's action between the start and the end of telemetry, and turns what it throws into an exit code. */
function run<O>(load: () => Promise<Action<O>>): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    const command = given.at(-1) as Command
    // Loaded only now: "--help" needs none of it.
    const { readConfig, readEnvironment } = await import('./config.ts')
    const config = readConfig(readEnvironment())
    secrets = config.secrets
    // Before the rooms are loaded: pg must find the instrumentation in place. The sandbox receives the traces itself and starts its own.
    const { startTelemetry } = await import('../ops/telemetry.ts')
    const stopTelemetry = command.getOptionValue('sandbox')
      ? async () => {}
      : startTelemetry({ endpoint: config.otlpEndpoint, version: config.version, role: command.name() })
    try {
      const action = await load()
      process.exitCode = (await action(config, command.opts() as O, command.args)) ?? 0
    } finally {
      await stopTelemetry()
    }
  }
}

/** What the help ends with: the command as it is typed. */
function examples(...lines: string[]): string {
  return `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  ${line}`).join('\n')}`
}

const program = new Command('rolewatch')
  .description('Watches job boards, keeps every posting and its history, and tells people about the ones that fit.')
  .showHelpAfterError('(run with --help to see what there is)')
  .exitOverride()
  .addHelpText(
    'after',
    `
Examples:
  rolewatch start                          serve the API, visit boards when they are due, send notifications
  rolewatch start --sandbox                the same against a job market on this machine: no network needed
  rolewatch refresh --source greenhouse    visit all Greenhouse boards now
  rolewatch query "staff engineer" --mode remote --format json
  rolewatch search add "Remote Go" --q golang --mode remote

Settings are environment variables; .env.example lists them.`,
  )

program
  .command('start')
  .description('serve the API, visit boards when they are due, send notifications')
  .addOption(new Option('--role <role>', 'what this process does').choices(['all', 'api', 'worker']).default('all'))
  .option('--sandbox', 'against a local job market with a local Slack and a local trace receiver; data in <data>/sandbox')
  .addHelpText('after', examples('rolewatch start', 'PORT=9090 rolewatch start --role api', 'rolewatch start --sandbox'))
  .action(run(async () => (await import('./cli/start.ts')).startCommand))

program
  .command('migrate')
  .description('bring the database to the newest schema')
  .addHelpText('after', examples('DATABASE_URL=postgres://me@db/rolewatch rolewatch migrate'))
  .action(run(async () => (await import('./cli/database.ts')).migrateCommand))

program
  .command('refresh')
  .description('visit boards now, ahead of the schedule, and wait for the runs')
  .option('--source <names>', 'only these sources (repeat or separate by commas)', collect)
  .option('--board <names>', 'only these boards: stripe or greenhouse/stripe', collect)
  .option('--limit <n>', 'at most so many boards', positive)
  .addOption(FORMAT)
  .addHelpText(
    'after',
    examples('rolewatch refresh', 'rolewatch refresh --source lever,ashby', 'rolewatch refresh --board greenhouse/stripe --format json'),
  )
  .action(run(async () => (await import('./cli/refresh.ts')).refreshCommand))

program
  .command('query')
  .description('search postings, as GET /api/v1/postings does')
  .argument('[q]', 'words, "phrases", -exclusions, or')
  .option('--company <name>')
  .option('--title <words>')
  .option('--location <place>')
  .option('--country <code>', 'ISO 3166 code, as DE')
  .option('--mode <mode>', 'remote, hybrid or onsite')
  .option('--level <level>', 'intern, junior, mid, senior, staff or principal')
  .option('--skill <names>', 'all of these (repeat or separate by commas)', collect)
  .option('--salary-min <amount>', 'at least so much a year; needs --currency', positive)
  .option('--currency <code>', 'ISO 4217 code, as USD')
  .option('--source <name>')
  .option('--posted-within <days>', 'posted in the last so many days', positive)
  .option('--status <status>', 'open, closed or all')
  .option('--as-of <date>', 'as it was at the end of that day (UTC), as 2026-01-31')
  .option('--sort <order>', 'relevance, newest or salary')
  .option('--limit <n>', 'how many', positive)
  .addOption(FORMAT)
  .addHelpText(
    'after',
    examples('rolewatch query "site reliability" --country DE --posted-within 7', 'rolewatch query --skill rust,postgresql --format json'),
  )
  .action(run(async () => (await import('./cli/query.ts')).queryCommand))

const search = program.command('search').description('saved searches: what somebody wants to hear of')
search
  .command('list')
  .description('all saved searches')
  .addOption(FORMAT)
  .action(run(async () => (await import('./cli/search.ts')).listCommand))
search
  .command('add')
  .description('save a search; its new postings are told on Slack')
  .argument('<name>', 'what it is called in messages')
  .option('--q <words>')
  .option('--company <name>')
  .option('--title <words>')
  .option('--location <place>')
  .option('--country <code>')
  .option('--mode <mode>')
  .option('--level <level>')
  .option('--skill <names>', 'all of these', collect)
  .option('--salary-min <amount>', 'at least so much a year; needs --currency', positive)
  .option('--currency <code>')
  .option('--source <name>')
  .addOption(FORMAT)
  .addHelpText('after', examples('rolewatch search add "Berlin data" --q "data engineer" --location Berlin'))
  .action(run(async () => (await import('./cli/search.ts')).addCommand))
search
  .command('remove')
  .description('delete a saved search and what it matched')
  .argument('<id>', 'as "rolewatch search list" shows it')
  .addHelpText('after', examples('rolewatch search remove 5f0c9d52-8f3e-4f0e-9b39-7d7f0f0b6a11'))
  .action(run(async () => (await import('./cli/search.ts')).removeCommand))

const source = program.command('source').description('sources and their boards')
source
  .command('list')
  .description('every source with its boards by outcome, its hosts and their breakers')
  .addOption(FORMAT)
  .action(run(async () => (await import('./cli/source.ts')).listCommand))
source
  .command('pause')
  .description('stop visiting a source or one board for a while')
  .argument('<name>', 'greenhouse or greenhouse/stripe')
  .option('--for <time>', 'how long: 30m, 2h, 7d', '1h')
  .option('--reason <text>', 'why, for whoever wonders')
  .addHelpText('after', examples('rolewatch source pause greenhouse/stripe --for 2h --reason "board is being moved"'))
  .action(run(async () => (await import('./cli/source.ts')).pauseCommand))
source
  .command('resume')
  .description('visit it again')
  .argument('<name>', 'greenhouse or greenhouse/stripe')
  .addHelpText('after', examples('rolewatch source resume greenhouse/stripe'))
  .action(run(async () => (await import('./cli/source.ts')).resumeCommand))
source
  .command('reset')
  .description('close the breakers of its hosts and lift their pauses')
  .argument('<name>', 'greenhouse')
  .addHelpText('after', examples('rolewatch source reset greenhouse'))
  .action(run(async () => (await import('./cli/source.ts')).resetCommand))

program
  .command('undo-close')
  .description('open again what one run closed')
  .argument('<batch>', 'the id of the run: "rolewatch runs" shows it')
  .addHelpText('after', examples('rolewatch undo-close 5f0c9d52-8f3e-4f0e-9b39-7d7f0f0b6a11'))
  .action(run(async () => (await import('./cli/runs.ts')).undoCloseCommand))

program
  .command('runs')
  .description('the newest visits')
  .option('--source <name>')
  .option('--board <name>', 'stripe or greenhouse/stripe')
  .option('--outcome <outcome>', 'how it ended: ok, partial, blocked …')
  .option('--limit <n>', 'how many', positive, 20)
  .addOption(FORMAT)
  .addHelpText('after', examples('rolewatch runs --board greenhouse/stripe', 'rolewatch runs --outcome partial --format json'))
  .action(run(async () => (await import('./cli/runs.ts')).runsCommand))

const queue = program.command('queue').description('the queue of visits')
queue
  .command('dead')
  .description('tasks that failed for good')
  .addOption(FORMAT)
  .action(run(async () => (await import('./cli/queue.ts')).deadCommand))
queue
  .command('redrive')
  .description('try the dead letters again')
  .action(run(async () => (await import('./cli/queue.ts')).redriveCommand))

const outbox = program.command('outbox').description('notifications')
outbox
  .command('list')
  .description('what is not delivered')
  .addOption(FORMAT)
  .action(run(async () => (await import('./cli/outbox.ts')).listCommand))
outbox
  .command('resend')
  .description('send failed and uncertain notifications of a search again')
  .argument('<search>', 'the id of the search')
  .addHelpText('after', examples('rolewatch outbox resend 5f0c9d52-8f3e-4f0e-9b39-7d7f0f0b6a11'))
  .action(run(async () => (await import('./cli/outbox.ts')).resendCommand))
outbox
  .command('channel')
  .description('send all notifications by e-mail without trying Slack, or to Slack again')
  .argument('<channel>', 'email or slack')
  .addHelpText('after', examples('rolewatch outbox channel email', 'rolewatch outbox channel slack'))
  .action(run(async () => (await import('./cli/outbox.ts')).channelCommand))

program
  .command('drill')
  .description('break something on a staging ground of its own, and see it told of, run and mended')
  .argument('[name]', 'which: --list shows them')
  .option('--all', 'all of them')
  .option('--list', 'what there is')
  .option('--keep', 'keep the folder of the ground, with logs and data')
  .addOption(FORMAT)
  .addHelpText('after', examples('rolewatch drill --list', 'rolewatch drill bot-wall', 'rolewatch drill --all --format json'))
  .action(run(async () => (await import('./cli/drill.ts')).drillCommand))

const token = program.command('token').description('tokens for the API')
token
  .command('create')
  .description('make a token; it is shown once')
  .argument('<name>', 'what it is for')
  .option('--scope <scopes>', 'read (unless told), write, metrics, hooks or admin (repeat or separate by commas)', collect)
  .addHelpText('after', examples('rolewatch token create phone', 'rolewatch token create grafana --scope read,metrics'))
  .action(run(async () => (await import('./cli/token.ts')).createCommand))
token
  .command('list')
  .description('names and scopes, never the tokens')
  .addOption(FORMAT)
  .action(run(async () => (await import('./cli/token.ts')).listCommand))
token
  .command('revoke')
  .description('end a token')
  .argument('<name>', 'its name or id')
  .addHelpText('after', examples('rolewatch token revoke phone'))
  .action(run(async () => (await import('./cli/token.ts')).revokeCommand))

const incident = program.command('incident').description('what went wrong, what was done about it, and who has it')
incident
  .command('list')
  .description('incidents that are not resolved, newest first')
  .option('--all', 'those that are resolved too')
  .addOption(new Option('--state <state>', 'only those in this state').choices(['opened', 'acknowledged', 'mitigated', 'resolved']))
  .option('--limit <n>', 'how many', positive, 50)
  .addOption(FORMAT)
  .addHelpText('after', examples('rolewatch incident list', 'rolewatch incident list --all --format json'))
  .action(run(async () => (await import('./cli/incident.ts')).listCommand))
incident
  .command('show')
  .description('one incident with its runs, what they found and what they did')
  .argument('<incident>', 'as INC-12')
  .addOption(FORMAT)
  .addHelpText('after', examples('rolewatch incident show INC-12'))
  .action(run(async () => (await import('./cli/incident.ts')).showCommand))
incident
  .command('ack')
  .description('say that you have it: nobody else is called for it')
  .argument('<incident>', 'as INC-12')
  .addHelpText('after', examples('rolewatch incident ack INC-12'))
  .action(run(async () => (await import('./cli/incident.ts')).ackCommand))
incident
  .command('report')
  .description('draft the post-mortem from what was recorded, as Markdown: what is not known is a question in it')
  .argument('<incident>', 'as INC-12')
  .option('--out <file>', 'write it there in place of printing it')
  .addHelpText('after', examples('rolewatch incident report INC-12', 'rolewatch incident report 12 --out postmortem.md'))
  .action(run(async () => (await import('./cli/incident-report.ts')).reportCommand))

program
  .command('oncall')
  .description('who is on call, who is called next, and the shifts to come')
  .option('--shifts <n>', 'how many', positive, 4)
  .addOption(FORMAT)
  .addHelpText('after', examples('rolewatch oncall', 'rolewatch oncall --shifts 12 --format json'))
  .action(run(async () => (await import('./cli/oncall.ts')).oncallCommand))

const runbook = program.command('runbook').description('the pages that on-call reads and the machine runs')
runbook
  .command('list')
  .description('all runbooks: what each may do by itself, and what its last run came to')
  .addOption(FORMAT)
  .action(run(async () => (await import('./cli/runbook.ts')).listCommand))
runbook
  .command('show')
  .description('the page of one runbook, and its mode')
  .argument('<alert>', 'the name of its alert')
  .addHelpText('after', examples('rolewatch runbook show BreakerOpen'))
  .action(run(async () => (await import('./cli/runbook.ts')).showCommand))
runbook
  .command('run')
  .description('run it now, as its alert would')
  .argument('<alert>', 'the name of its alert')
  .option('--label <labels>', 'labels that the alert would carry, as source=greenhouse (repeat or separate by commas)', collect)
  .option('--dry-run', 'look, and say exactly what would happen; change nothing')
  .option('--mode <mode>', 'suggest, auto or approval; as it is set unless told')
  .addOption(FORMAT)
  .addHelpText(
    'after',
    examples('rolewatch runbook run BreakerOpen --label source=greenhouse --dry-run', 'rolewatch runbook run DeadLetters --mode auto'),
  )
  .action(run(async () => (await import('./cli/runbook-run.ts')).runCommand))
runbook
  .command('mode')
  .description('what it may do by itself: suggest (nothing), auto (what can be taken back) or approval (what somebody approved)')
  .argument('<alert>', 'the name of its alert')
  .argument('<mode>', 'suggest, auto or approval')
  .addHelpText('after', examples('rolewatch runbook mode BreakerOpen auto'))
  .action(run(async () => (await import('./cli/runbook.ts')).modeCommand))
runbook
  .command('approve')
  .description('let a run do what it asks for')
  .argument('<id>', 'of the question or of its run: "rolewatch runbook list" shows it')
  .addHelpText('after', examples('rolewatch runbook approve 5f0c9d52-8f3e-4f0e-9b39-7d7f0f0b6a11'))
  .action(run(async () => (await import('./cli/runbook.ts')).decideCommand('approved')))
runbook
  .command('reject')
  .description('do not let it')
  .argument('<id>', 'of the question or of its run')
  .addHelpText('after', examples('rolewatch runbook reject 5f0c9d52-8f3e-4f0e-9b39-7d7f0f0b6a11'))
  .action(run(async () => (await import('./cli/runbook.ts')).decideCommand('rejected')))
runbook
  .command('history')
  .description('the newest runs')
  .option('--alert <alert>', 'only of this runbook')
  .option('--outcome <outcome>', 'how they ended: mended, unmended, refused …')
  .option('--limit <n>', 'how many', positive, 20)
  .addOption(FORMAT)
  .addHelpText(
    'after',
    examples('rolewatch runbook history --alert BreakerOpen', 'rolewatch runbook history --outcome failed --format json'),
  )
  .action(run(async () => (await import('./cli/runbook.ts')).historyCommand))

program
  .command('automation')
  .description('whether runbooks may change anything: the switch for all of them, at once and everywhere')
  .argument('[state]', 'on or off; as it is when left out')
  .option('--reason <text>', 'why, for whoever wonders')
  .addOption(FORMAT)
  .addHelpText('after', examples('rolewatch automation off --reason "moving the database"', 'rolewatch automation on'))
  .action(run(async () => (await import('./cli/automation.ts')).automationCommand))

const maintenance = program.command('maintenance').description('times in which runbooks change nothing by themselves')
maintenance
  .command('add')
  .description('announce one')
  .requiredOption('--for <time>', 'how long: 30m, 2h, 7d')
  .requiredOption('--reason <text>', 'why')
  .option('--from <moment>', 'when it begins, as 2026-01-31T22:00 (UTC); now unless told')
  .option('--source <name>', 'only what concerns this source')
  .addHelpText('after', examples('rolewatch maintenance add --for 2h --source greenhouse --reason "they told us of works"'))
  .action(run(async () => (await import('./cli/automation.ts')).addWindowCommand))
maintenance
  .command('list')
  .description('those that are not over')
  .addOption(FORMAT)
  .action(run(async () => (await import('./cli/automation.ts')).listWindowsCommand))
maintenance
  .command('remove')
  .description('take one back')
  .argument('<id>', 'as "rolewatch maintenance list" shows it')
  .addHelpText('after', examples('rolewatch maintenance remove 5f0c9d52-8f3e-4f0e-9b39-7d7f0f0b6a11'))
  .action(run(async () => (await import('./cli/automation.ts')).removeWindowCommand))

const audit = program.command('audit').description('who or what changed what')
audit
  .command('list')
  .description('the newest lines')
  .option('--target <target>', 'as source/greenhouse')
  .option('--action <action>', 'as source.pause')
  .option('--actor <actor>', 'as cli, token:grafana or runbook/BreakerOpen')
  .option('--limit <n>', 'how many', positive, 50)
  .addOption(FORMAT)
  .addHelpText('after', examples('rolewatch audit list --target source/greenhouse'))
  .action(run(async () => (await import('./cli/audit.ts')).listCommand))
audit
  .command('verify')
  .description('prove that no line was changed or taken out since it was written; exits 1 when one was')
  .option('--anchor <end>', 'what an earlier verification printed as the end: proves that nothing before it was written anew')
  .addOption(FORMAT)
  .addHelpText('after', examples('rolewatch audit verify', 'rolewatch audit verify --format json'))
  .action(run(async () => (await import('./cli/audit.ts')).verifyCommand))

program
  .command('snapshot')
  .description('mark a day for the trend views posting_snapshots and comp_snapshots')
  .option('--date <date>', 'as 2026-01-31; today (UTC) unless told')
  .addHelpText('after', examples('rolewatch snapshot --date 2026-01-31'))
  .action(run(async () => (await import('./cli/database.ts')).snapshotCommand))

program
  .command('try')
  .description('visit one board once and print what was read; nothing is stored')
  .argument('<source>', 'greenhouse, lever or ashby')
  .argument('<board>', 'its name in the addresses of the source')
  .option('--save', "write the page as a fixture of the source's test")
  .addOption(FORMAT)
  .addHelpText('after', examples('rolewatch try ashby linear'))
  .action(run(async () => (await import('./cli/try.ts')).tryCommand))

program
  .command('slo')
  .description('service level objectives: what is left of their budgets, and how fast it goes')
  .argument('[name]', 'only this one')
  .addOption(new Option('--fail-on <state>', 'end with 1 when one is in this state or a worse one').choices(['warning', 'page']))
  .addOption(FORMAT)
  .addHelpText('after', examples('rolewatch slo', 'rolewatch slo api-availability --format json', 'rolewatch slo --fail-on page'))
  .action(run(async () => (await import('./cli/slo.ts')).sloCommand))

program
  .command('alerts')
  .description('what fires, as Alertmanager told')
  .option('--all', 'what is over too')
  .option('--limit <n>', 'how many', positive, 50)
  .addOption(FORMAT)
  .addHelpText('after', examples('rolewatch alerts', 'rolewatch alerts --all --limit 200 --format json'))
  .action(run(async () => (await import('./cli/alerts.ts')).alertsCommand))

program
  .command('sandbox')
  .description('a job market on this machine, until Ctrl-C')
  .option('--port <n>', 'where it listens', count, 9000)
  .option('--boards <n>', 'how many boards', positive, 30)
  .option('--postings <n>', 'postings per board', positive, 40)
  .option('--seed <n>', 'another seed, another market', count, 1)
  .option('--captures <dir>', 'serve captured payloads in place of invented ones')
  .option('--series', 'with --captures: the dated series of snapshots')
  .addHelpText(
    'after',
    examples('rolewatch sandbox --boards 600 --postings 32', 'ROLEWATCH_UPSTREAM=http://127.0.0.1:9000 ROLEWATCH_PACE=0 rolewatch refresh'),
  )
  .action(run(async () => (await import('./cli/sandbox.ts')).sandboxCommand))

program
  .command('deadman')
  .description("the dead man's switch: speaks when Alertmanager's Watchdog does not come any more, until Ctrl-C")
  .option('--port <n>', 'where it listens for POST /watchdog; DEADMAN_PORT unless told', count)
  .option('--after <seconds>', 'how long it waits for the Watchdog; DEADMAN_AFTER_S unless told', positive)
  .addHelpText(
    'after',
    examples('rolewatch deadman', 'DEADMAN_WEBHOOK_URL=https://hooks.slack.com/… rolewatch deadman --port 9095 --after 300'),
  )
  .action(run(async () => (await import('./cli/deadman.ts')).deadmanCommand))

program
  .command('canary')
  .description('send an invented posting the whole way to Slack now; exits 1 when it does not come through in time')
  .option('--timeout <seconds>', 'how long it may take', positive, 30)
  .addOption(FORMAT)
  .addHelpText('after', examples('rolewatch canary', 'rolewatch canary --timeout 60 --format json'))
  .action(run(async () => (await import('./cli/canary.ts')).canaryCommand))

program
  .command('doctor')
  .description('check this machine and this configuration, part by part')
  .addOption(FORMAT)
  .action(run(async () => (await import('./cli/doctor.ts')).doctorCommand))

bearLeavingReaders()
try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = await explain(error, secrets)
}
