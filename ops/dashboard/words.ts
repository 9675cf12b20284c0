// Numbers that stand for words.

import { MappingType, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'

/** 1 and 0 in words, green and red. */
export const yesNo = (yes: string, no: string): ValueMapping[] => [
  { type: MappingType.ValueToText, options: { '0': { text: no, color: 'red' }, '1': { text: yes, color: 'green' } } },
]

/** 0, 1, 2 … in words. */
export const stateWords = (...words: string[]): ValueMapping[] => [
  { type: MappingType.ValueToText, options: Object.fromEntries(words.map((text, value) => [`${value}`, { text }])) },
]
