// The real Prometheus and the real Alertmanager for tests, with settings as objects or as their YAML.

import { parse } from 'yaml'
import {
  startAlertmanager as startAlertmanagerWith,
  startPrometheus as startPrometheusWith,
  type Program,
  type ProgramOptions,
} from '../ops/sandbox/programs.ts'

export { freePort, launch, untilReady, type Launched, type Program } from '../ops/sandbox/programs.ts'

/** A file as an object, or as its YAML. */
type Content = object | string
type Options = Omit<ProgramOptions, 'config'> & { config: Content }

const asObject = (content: Content): object => (typeof content === 'string' ? (parse(content) as object) : content)

/** Starts Prometheus and waits until it is ready. `rules` are its rule files; without them `rule_files` of the configuration count. */
export function startPrometheus({ rules, ...options }: Options & { rules?: Content | readonly Content[] }): Promise<Program> {
  const files = rules === undefined ? undefined : Array.isArray(rules) ? (rules as readonly Content[]) : [rules]
  return startPrometheusWith({ ...options, config: asObject(options.config), ...(files ? { rules: files } : {}) })
}

/** Starts an Alertmanager that is alone, and waits until it is ready. */
export function startAlertmanager(options: Options): Promise<Program> {
  return startAlertmanagerWith({ ...options, config: asObject(options.config) })
}
