// The house's own alertmanager.yml as tests want it.

import { join } from 'node:path'
import { alertmanagerConfig, localAlertmanager, type AlertmanagerConfig, type Places } from '../../ops/slo/local.ts'
import { ROOT } from '../../services/config.ts'

export type { AlertmanagerConfig, RouteConfig } from '../../ops/slo/local.ts'

export const ALERTMANAGER_FILE = join(ROOT, 'alerts', 'alertmanager.yml')

/** As it stands in the project. */
export const houseConfig = (): AlertmanagerConfig => alertmanagerConfig(ROOT)

/** The configuration for this machine; its secrets are written into files of `folder`. What is not given leads nowhere. */
export const localConfig = (folder: string, places: Places): Promise<AlertmanagerConfig> => localAlertmanager(ROOT, folder, places)
