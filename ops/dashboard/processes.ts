// Of the dashboard Performance: what each process uses.

import type { Draft, Face } from './face.ts'
import type { Given } from './given.ts'
import { lines } from './panels.ts'
import { range } from './query.ts'
import { limitOf } from './tiers.ts'

const OURS = 'job="rolewatch"'

export function processes({ symptoms }: Given): Draft[] {
  const each = (face: Omit<Face, 'size' | 'min'>) => lines({ ...face, size: [8, 7], min: 0 })
  return [
    each({
      title: 'CPU',
      description: 'Seconds of processor time used per second.',
      unit: 'percentunit',
      queries: [range(`sum by (instance) (rate(process_cpu_seconds_total{${OURS}}[$__rate_interval]))`, '{{instance}}')],
    }),
    each({
      title: 'Memory',
      description: 'Memory that a process holds, and the part that is the heap of JavaScript. Line: where an alert fires.',
      unit: 'bytes',
      queries: [
        range(`max by (instance) (process_resident_memory_bytes{${OURS}})`, '{{instance}} resident'),
        range(`max by (instance) (nodejs_heap_size_used_bytes{${OURS}})`, '{{instance}} heap'),
      ],
      steps: [limitOf(symptoms, 'MemoryHigh')],
    }),
    each({
      title: 'Lag of the event loop',
      description: 'How late turns of the event loop come. Line: where an alert fires.',
      unit: 's',
      queries: [
        range(`max by (instance) (nodejs_eventloop_lag_p50_seconds{${OURS}})`, '{{instance}} p50'),
        range(`max by (instance) (nodejs_eventloop_lag_p99_seconds{${OURS}})`, '{{instance}} p99'),
      ],
      steps: [limitOf(symptoms, 'EventLoopSlow')],
    }),
    each({
      title: 'Garbage collection',
      description: 'The share of time that is spent collecting garbage.',
      unit: 'percentunit',
      queries: [range(`sum by (instance) (rate(nodejs_gc_duration_seconds_sum{${OURS}}[$__rate_interval]))`, '{{instance}}')],
    }),
    each({
      title: 'Open files',
      description: 'Open files and sockets of a process, as a share of how many it may have.',
      unit: 'percentunit',
      queries: [range(`max by (instance) (process_open_fds{${OURS}} / process_max_fds{${OURS}})`, '{{instance}}')],
    }),
    each({
      title: 'Uptime',
      description: 'The time since a process was started: a line that falls to 0 is a restart.',
      unit: 's',
      queries: [range(`time() - max by (instance) (process_start_time_seconds{${OURS}})`, '{{instance}}')],
    }),
  ]
}
