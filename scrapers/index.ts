// Every source there is, by name: adding one is a file beside this one and a line here.

import { ashby } from './ashby.ts'
import { greenhouse } from './greenhouse.ts'
import { lever } from './lever.ts'
import type { Source } from './source.ts'

export const sources: Readonly<Record<string, Source>> = Object.freeze({ ashby, greenhouse, lever })

/** In alphabetical order; the values of the `source` label. */
export const sourceNames: readonly string[] = Object.freeze(Object.keys(sources).toSorted())
