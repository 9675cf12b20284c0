// Colours by the names that dashboards give them, as Grafana shows them on dark and on light ground.

export type Theme = 'dark' | 'light'

export interface Ground {
  canvas: string
  panel: string
  border: string
  text: string
  faint: string
  grid: string
  link: string
}

/** Grafana's own surfaces: packages/grafana-data, themes/createColors.ts. */
export const GROUNDS: Readonly<Record<Theme, Ground>> = {
  dark: {
    canvas: '#111217',
    panel: '#181b1f',
    border: 'rgba(204,204,220,0.12)',
    text: 'rgb(204,204,220)',
    faint: 'rgba(204,204,220,0.65)',
    grid: 'rgba(240,250,255,0.09)',
    link: '#6e9fff',
  },
  light: {
    canvas: '#f4f5f5',
    panel: '#ffffff',
    border: 'rgba(36,41,46,0.12)',
    text: 'rgb(36,41,46)',
    faint: 'rgba(36,41,46,0.75)',
    grid: 'rgba(0,10,23,0.09)',
    link: '#1f62e0',
  },
}

const SHADES = ['super-light', 'light', '', 'semi-dark', 'dark'] as const

/** Five shades of each hue, lightest first: themes/createVisualizationColors.ts. */
const HUES: Readonly<Record<Theme, Readonly<Record<string, readonly string[]>>>> = {
  dark: {
    red: ['#FFA6B0', '#FF7383', '#F2495C', '#E02F44', '#C4162A'],
    orange: ['#FFCB7D', '#FFB357', '#FF9830', '#FF780A', '#FA6400'],
    yellow: ['#FFF899', '#FFEE52', '#FADE2A', '#F2CC0C', '#E0B400'],
    green: ['#C8F2C2', '#96D98D', '#73BF69', '#56A64B', '#37872D'],
    blue: ['#C0D8FF', '#8AB8FF', '#5794F2', '#3274D9', '#1F60C4'],
    purple: ['#DEB6F2', '#CA95E5', '#B877D9', '#A352CC', '#8F3BB8'],
  },
  light: {
    red: ['#FF7383', '#F2495C', '#E02F44', '#C4162A', '#AD0317'],
    orange: ['#FFB357', '#FF9830', '#FF780A', '#FA6400', '#E55400'],
    yellow: ['#FFEE52', '#FADE2A', '#F2CC0C', '#E0B400', '#CC9D00'],
    green: ['#96D98D', '#73BF69', '#56A64B', '#37872D', '#19730E'],
    blue: ['#8AB8FF', '#5794F2', '#3274D9', '#1F60C4', '#1250B0'],
    purple: ['#CA95E5', '#B877D9', '#A352CC', '#8F3BB8', '#7C2EA3'],
  },
}

/** What series take one after the other, or by the hash of their name: themes/palette.ts. */
const CLASSIC = (
  'green,semi-dark-yellow,light-blue,semi-dark-orange,red,blue,purple,#705DA0,dark-green,yellow,#447EBC,#C15C17,#890F02,#0A437C,' +
  '#6D1F62,#584477,#B7DBAB,#F4D598,#70DBED,#F9BA8F,#F29191,#82B5D8,#E5A8E2,#AEA2E0,#629E51,#E5AC0E,#64B0C8,#E0752D,#BF1B00,#0A50A1,' +
  '#962D82,#614D93,#9AC48A,#F2C96D,#65C5DB,#F9934E,#EA6460,#5195CE,#D683CE,#806EB7,#3F6833,#967302,#2F575E,#99440A,#58140C,#052B51,' +
  '#511749,#3F2B5B,#E0F9D7,#FCEACA,#CFFAFF,#F9E2D2,#FCE2DE,#BADFF4,#F9D9F9,#DEDAF7'
).split(',')

/** A colour as CSS has it; an unknown name is a mistake of the dashboard. */
export function colourOf(name: string, theme: Theme): string {
  if (/^(#|rgb|hsl)/.test(name)) return name
  if (name === 'text') return GROUNDS[theme].text
  if (name === 'transparent') return 'transparent'
  if (name === 'gray' || name === 'grey') return theme === 'dark' ? '#8e8e99' : '#8a8f98'
  const [, shade = '', hue = ''] = /^(?:(super-light|light|semi-dark|dark)-)?([a-z]+)$/.exec(name) ?? []
  const found = HUES[theme][hue]?.[SHADES.findIndex((one) => one === shade)]
  if (found === undefined) throw new Error(`there is no colour ${name}`)
  return found
}

/** The colour of the so-manyth series. */
export function seriesColour(index: number, theme: Theme): string {
  return colourOf(CLASSIC[index % CLASSIC.length] as string, theme)
}

/** The same colour, seen through: for areas and for backgrounds of tables. */
export function faded(colour: string, share: number): string {
  if (colour === 'transparent') return colour
  return `color-mix(in srgb, ${colour} ${Math.round(share * 100)}%, transparent)`
}
