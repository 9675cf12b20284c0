// Countries by every name and code they go by, as ISO 3166-1 alpha-2.

import iso from 'i18n-iso-countries'

/** What postings say and the list of English names has not: short forms, and what countries call themselves. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  'u.s.': 'US',
  'u.s': 'US',
  us: 'US',
  'u.s.a.': 'US',
  usa: 'US',
  'united states': 'US',
  'the united states': 'US',
  'estados unidos': 'US',
  'u.k.': 'GB',
  uk: 'GB',
  'great britain': 'GB',
  britain: 'GB',
  uae: 'AE',
  'u.a.e.': 'AE',
  'the netherlands': 'NL',
  holland: 'NL',
  czechia: 'CZ',
  'czech republic': 'CZ',
  korea: 'KR',
  'republic of korea': 'KR',
  'south korea': 'KR',
  russia: 'RU',
  vietnam: 'VN',
  'viet nam': 'VN',
  日本: 'JP',
  대한민국: 'KR',
  中国: 'CN',
  中國: 'CN',
  台灣: 'TW',
  'france, metropolitan': 'FR',
  'metropolitan france': 'FR',
  türkiye: 'TR',
  turkiye: 'TR',
  turkey: 'TR',
  'hong kong sar': 'HK',
  'hong kong': 'HK',
  'hong kong, china': 'HK',
  macau: 'MO',
  taiwan: 'TW',
  'cabo verde': 'CV',
  'ivory coast': 'CI',
  macedonia: 'MK',
  'republic of ireland': 'IE',
  'kingdom of saudi arabia': 'SA',
  ksa: 'SA',
  brasil: 'BR',
  méxico: 'MX',
  españa: 'ES',
  schweiz: 'CH',
  suisse: 'CH',
  svizzera: 'CH',
  österreich: 'AT',
  deutschland: 'DE',
  belgië: 'BE',
  belgique: 'BE',
  polska: 'PL',
  magyarország: 'HU',
  italia: 'IT',
  sverige: 'SE',
  norge: 'NO',
  danmark: 'DK',
  suomi: 'FI',
  česko: 'CZ',
  'česká republika': 'CZ',
  slovensko: 'SK',
  românia: 'RO',
  eesti: 'EE',
  latvija: 'LV',
  lietuva: 'LT',
  hrvatska: 'HR',
  srbija: 'RS',
  slovenija: 'SI',
  ελλάδα: 'GR',
  україна: 'UA',
  россия: 'RU',
  българия: 'BG',
}

const names = new Map<string, string>()
for (const [code, all] of Object.entries(iso.getNames('en', { select: 'all' }))) for (const name of all) names.set(fold(name), code)
for (const [name, code] of Object.entries(OTHER_NAMES)) names.set(fold(name), code)

const alpha2 = new Set(Object.keys(iso.getAlpha2Codes()))
const alpha3 = new Map(Object.entries(iso.getAlpha3Codes()))

/** Lower case, without accents and without blanks at the ends: how names are compared. */
export function fold(name: string): string {
  return name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim()
}

/** The country of a name in English or its own language, or of a well-known short form such as `UK`; never of a two-letter code alone. */
export function countryNamed(name: string): string | null {
  return names.get(fold(name)) ?? null
}

/** The country of an ISO code of two or three capitals. */
export function countryCoded(code: string): string | null {
  return alpha2.has(code) ? code : (alpha3.get(code) ?? null)
}

/** What a field that holds nothing but a country means: a name or a code, in any case. */
export function countryStated(value: string): string | null {
  return countryNamed(value) ?? countryCoded(value.trim().toUpperCase())
}
