// The places that postings name most: states and provinces by name and code, and cities with every country that could be meant.

import { fold } from './countries.ts'

export interface Region {
  country: string
  name: string
}

/** Code and name, by country. Codes of countries other than these are hardly ever used in postings. */
const REGIONS: Readonly<Record<string, string>> = {
  US: 'AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming',
  CA: 'AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador|NS Nova Scotia|ON Ontario|PE Prince Edward Island|QC Quebec|SK Saskatchewan|YT Yukon|NT Northwest Territories|NU Nunavut',
  AU: 'NSW New South Wales|VIC Victoria|QLD Queensland|WA Western Australia|SA South Australia|TAS Tasmania|ACT Australian Capital Territory',
  GB: '- England|- Scotland|- Wales|- Northern Ireland|- Greater London',
  IN: '- Karnataka|- Maharashtra|- Telangana|- Tamil Nadu|- Haryana|- Uttar Pradesh|- West Bengal|- Gujarat|- Kerala|- Rajasthan|- Andhra Pradesh|- Delhi NCR',
  DE: '- Bavaria|- Bayern|- Hesse|- Hessen|- Saxony|- Sachsen|- Baden-Württemberg|- North Rhine-Westphalia|- Nordrhein-Westfalen|- Niedersachsen|- Brandenburg',
  ES: '- Catalonia|- Catalunya|- Cataluña|- Andalusia|- Comunidad de Madrid',
  FR: '- Île-de-France|- Ile de France|- Auvergne-Rhône-Alpes|- Occitanie|- Bretagne',
  IT: '- Lombardy|- Lombardia|- Lazio|- Piedmont|- Veneto',
  CH: '- Vaud|- Canton of Zurich|- Ticino',
  BR: '- São Paulo|- Rio de Janeiro|- Bahia|- Pernambuco|- Ceará|- Minas Gerais|- Paraná|- Rio Grande do Sul|- Santa Catarina',
  MX: '- Jalisco|- Nuevo León|- CDMX',
  PL: '- Masovian Voivodeship|- Mazowieckie|- Małopolskie|- Dolnośląskie',
}

/**
 * Cities by country. One that stands under several countries is settled only by what stands next to it or by the company's home; one that
 * stands under a single country is at least twenty times as large as any other of its name, or has none. `@` names the state.
 */
const CITIES: Readonly<Record<string, string>> = {
  US:
    '@CA San Francisco|SF|South San Francisco|Los Angeles|San Diego|San Jose|Oakland|Palo Alto|East Palo Alto|Mountain View|Sunnyvale|Santa Clara|Menlo Park|Redwood City|San Mateo|Santa Monica|Irvine|Long Beach|Sacramento|Fremont|Cupertino|Burlingame|Foster City|Culver City|Pasadena|Burbank|Costa Mesa|El Segundo|Hawthorne|Carlsbad|Emeryville|Berkeley|Pleasanton|Milpitas|Torrance|Ontario|Fresno|Anaheim|Santa Barbara|San Carlos|San Bruno|Los Gatos|Dublin|Venice|Playa Vista|Marina del Rey|Santa Cruz|San Leandro|Hayward|Alameda|Riverside|Newport Beach|Thousand Oaks|West Hollywood|Beverly Hills|San Ramon|Walnut Creek|Livermore|Campbell|Santa Rosa|Bakersfield|Vista|Petaluma' +
    '@NY New York|New York City|NYC|Manhattan|Brooklyn|Buffalo|Rochester|Long Island City|White Plains|Syracuse' +
    '@MA Boston|Cambridge|Somerville|Waltham|Lexington|Burlington|Watertown|Framingham|Newton|Quincy|Bedford|Worcester|Marlborough|Woburn|Andover|Lowell' +
    '@IL Chicago|Evanston|Schaumburg|Naperville|Deerfield|Oak Brook|Peoria|Springfield' +
    '@CO Denver|Boulder|Colorado Springs|Fort Collins|Golden|Littleton|Arvada|Englewood|Broomfield|Louisville|Centennial|Aurora|Lakewood' +
    '@GA Atlanta|Alpharetta|Savannah|Athens|Augusta|Columbus|Marietta' +
    '@IN Indianapolis|Fort Wayne|Carmel|Bloomington|South Bend|Evansville' +
    '@PA Philadelphia|Pittsburgh|Harrisburg|Allentown|King of Prussia|Conshohocken|Lancaster' +
    '@MD Baltimore|Bethesda|Rockville|Annapolis|Columbia|Silver Spring|Gaithersburg|Frederick|College Park' +
    '@MN Minneapolis|Saint Paul|St. Paul|Bloomington|Rochester|Eden Prairie|Duluth' +
    '@MO St. Louis|Saint Louis|Kansas City|Springfield|Columbia' +
    '@NC Charlotte|Raleigh|Durham|Greensboro|Cary|Winston-Salem|Chapel Hill|Research Triangle Park|Morrisville' +
    '@SC Charleston|Greenville|Columbia' +
    '@VA Arlington|Reston|McLean|Richmond|Herndon|Tysons|Alexandria|Chantilly|Norfolk|Virginia Beach|Fairfax|Ashburn|Sterling' +
    '@AL Birmingham|Huntsville|Montgomery|Mobile' +
    '@AR Little Rock|Bentonville|Fayetteville|Rogers' +
    '@AZ Phoenix|Scottsdale|Tempe|Tucson|Mesa|Chandler|Gilbert|Glendale|Peoria' +
    '@DE Wilmington|Newark|Dover' +
    '@ID Boise|Meridian|Idaho Falls|Nampa' +
    '@KY Louisville|Lexington' +
    '@LA New Orleans|Baton Rouge|Lafayette|Shreveport' +
    '@ME Portland|Bangor' +
    '@MI Detroit|Ann Arbor|Grand Rapids|Lansing|Troy|Southfield' +
    '@MS Jackson|Gulfport|Starkville' +
    '@MT Missoula|Billings|Bozeman|Helena' +
    '@NE Omaha|Lincoln' +
    '@SD Sioux Falls|Rapid City' +
    '@TN Nashville|Memphis|Knoxville|Chattanooga|Franklin' +
    '@TX Austin|Dallas|Houston|San Antonio|Plano|Fort Worth|Irving|Frisco|Richardson|Arlington|El Paso|Round Rock' +
    '@WA Seattle|Bellevue|Redmond|Kirkland|Spokane|Tacoma|Bothell|Everett|Renton|Kent|Vancouver|Issaquah' +
    '@OR Portland|Beaverton|Hillsboro|Eugene|Bend' +
    '@UT Salt Lake City|Lehi|Draper|Provo|Park City|Ogden|South Jordan|West Valley City' +
    '@FL Miami|Tampa|Orlando|Jacksonville|Fort Lauderdale|Boca Raton|West Palm Beach|St. Petersburg|Gainesville|Cape Canaveral|Tallahassee|Panama City' +
    '@OH Columbus|Cleveland|Cincinnati|Dayton|Toledo|Akron|Dublin' +
    '@NV Las Vegas|Reno|Henderson|Sparks' +
    '@NJ Newark|Jersey City|Hoboken|Princeton|Fort Lee|Secaucus' +
    '@CT Stamford|Hartford|New Haven|Greenwich|Norwalk' +
    '@WI Milwaukee|Madison|Green Bay|Verona' +
    '@OK Oklahoma City|Tulsa' +
    '@IA Des Moines|Cedar Rapids|Iowa City' +
    '@KS Wichita|Overland Park|Lenexa' +
    '@NM Albuquerque|Santa Fe|Los Alamos' +
    '@NH Manchester|Nashua|Portsmouth' +
    '@RI Providence@VT Montpelier|Burlington@HI Honolulu@AK Anchorage@WY Cheyenne@DC Washington|Washington DC|Washington D.C.@WV Morgantown@ND Fargo',
  CA: '@ON Toronto|Ottawa|Mississauga|Waterloo|Kitchener|Markham|Hamilton|Kanata@QC Montreal|Montréal|Quebec City|Laval|Gatineau@BC Vancouver|Burnaby|Surrey|Kelowna|Victoria@AB Calgary|Edmonton@MB Winnipeg@NS Halifax|Sydney Mines@SK Saskatoon|Regina@NB Fredericton|Moncton',
  GB: 'London|Manchester|Edinburgh|Glasgow|Bristol|Leeds|Birmingham|Cambridge|Oxford|Belfast|Cardiff|Liverpool|Brighton|Newcastle|Sheffield|Nottingham|Reading|Milton Keynes|Guildford|York|Bath|Durham|Richmond|Worcester|Lincoln',
  IE: 'Dublin|Cork|Galway|Limerick',
  DE: 'Berlin|Munich|München|Hamburg|Frankfurt|Frankfurt am Main|Cologne|Köln|Stuttgart|Düsseldorf|Leipzig|Dresden|Karlsruhe|Heidelberg|Darmstadt|Nuremberg|Nürnberg|Hannover|Hanover|Aachen|Bonn|Duisburg|Mannheim|Ingolstadt|Potsdam',
  FR: 'Paris|Lyon|Toulouse|Bordeaux|Nantes|Lille|Marseille|Grenoble|Strasbourg|Rennes|Montpellier|Sophia Antipolis|Nice',
  ES: 'Madrid|Barcelona|Málaga|Seville|Sevilla|Bilbao|Zaragoza|Valencia',
  VE: 'Caracas|Valencia',
  PT: 'Lisbon|Lisboa|Porto|Braga|Coimbra',
  IT: 'Milan|Milano|Rome|Roma|Turin|Torino|Bologna|Florence|Naples|Padova|Venice',
  NL: 'Amsterdam|Rotterdam|Utrecht|Eindhoven|The Hague|Den Haag|Delft|Groningen',
  BE: 'Brussels|Bruxelles|Antwerp|Ghent|Leuven',
  CH: 'Zurich|Zürich|Geneva|Genève|Basel|Bern|Lausanne|Zug|Lugano',
  AT: 'Vienna|Wien|Graz|Linz|Salzburg',
  PL: 'Warsaw|Warszawa|Kraków|Krakow|Wrocław|Gdańsk|Gdynia|Poznań|Łódź|Katowice',
  CZ: 'Prague|Praha|Brno|Ostrava',
  SK: 'Bratislava|Košice',
  HU: 'Budapest|Debrecen',
  RO: 'Bucharest|București|Cluj-Napoca|Cluj|Timișoara|Iași|Brasov',
  BG: 'Sofia|Plovdiv|Varna',
  GR: 'Athens|Thessaloniki',
  RS: 'Belgrade|Beograd|Novi Sad',
  HR: 'Zagreb|Split',
  SI: 'Ljubljana',
  UA: 'Kyiv|Kiev|Lviv|Kharkiv|Odesa|Dnipro',
  BY: 'Minsk',
  LT: 'Vilnius|Kaunas',
  LV: 'Riga',
  EE: 'Tallinn|Tartu',
  FI: 'Helsinki|Espoo|Tampere|Oulu',
  SE: 'Stockholm|Gothenburg|Göteborg|Malmö|Lund|Uppsala|Linköping',
  NO: 'Oslo|Bergen|Trondheim|Stavanger',
  DK: 'Copenhagen|København|Aarhus',
  IS: 'Reykjavik',
  TR: 'Istanbul|Ankara|Izmir',
  CY: 'Limassol|Nicosia',
  IL: 'Tel Aviv|Tel Aviv-Yafo|Jerusalem|Haifa|Herzliya|Petah Tikva|Ramat Gan',
  AE: 'Dubai|Abu Dhabi',
  SA: 'Riyadh|Jeddah|Dammam',
  QA: 'Doha',
  EG: 'Cairo|Alexandria',
  MA: 'Casablanca|Rabat|Marrakech',
  NG: 'Lagos|Abuja',
  KE: 'Nairobi',
  ZA: 'Cape Town|Johannesburg|Durban|Pretoria|Stellenbosch',
  GH: 'Accra',
  TN: 'Tunis',
  IN: 'Bengaluru|Bangalore|Gurugram|Gurgaon|Mumbai|Pune|Hyderabad|Chennai|New Delhi|Delhi|Noida|Kolkata|Ahmedabad|Jaipur|Kochi|Coimbatore|Indore',
  PK: 'Karachi|Lahore|Islamabad|Hyderabad',
  BD: 'Dhaka|Chittagong',
  LK: 'Colombo',
  CN: 'Shanghai|Beijing|Shenzhen|Guangzhou|Hangzhou|Chengdu|Suzhou|Nanjing|Wuhan',
  TW: 'Taipei|Hsinchu|Kaohsiung',
  JP: 'Tokyo|Osaka|Kyoto|Yokohama|Fukuoka|Nagoya',
  KR: 'Seoul|Busan|Pangyo|Seongnam',
  TH: 'Bangkok|Chiang Mai',
  VN: 'Hanoi|Ho Chi Minh City|Da Nang',
  PH: 'Manila|Makati|Cebu|Quezon City|Taguig',
  ID: 'Jakarta|Bandung|Surabaya',
  MY: 'Kuala Lumpur|Penang|Petaling Jaya',
  SG: 'Singapore',
  HK: 'Hong Kong',
  AU: '@NSW Sydney|Newcastle@VIC Melbourne@QLD Brisbane|Gold Coast@WA Perth@SA Adelaide@ACT Canberra@TAS Hobart',
  NZ: 'Auckland|Wellington|Christchurch',
  BR: 'São Paulo|Sao Paulo|Rio de Janeiro|Belo Horizonte|Curitiba|Porto Alegre|Florianópolis|Recife|Campinas',
  MX: 'Mexico City|Ciudad de México|Guadalajara|Monterrey|Tijuana|Mérida',
  AR: 'Buenos Aires|Rosario|Córdoba',
  CL: 'Santiago|Santiago de Chile',
  CO: 'Bogotá|Medellín|Cali|Barranquilla|Cartagena',
  PE: 'Lima',
  UY: 'Montevideo',
  CR: 'San José|Heredia',
  PA: 'Panama City',
  GT: 'Guatemala City',
  PR: 'San Juan',
  LU: 'Luxembourg',
  MT: 'Valletta|Sliema',
  GE: 'Tbilisi',
  AM: 'Yerevan',
  KZ: 'Almaty',
}

/** Two-letter and three-letter codes of states: `WA` is Washington and Western Australia. */
export const regionCodes = new Map<string, Region[]>()
/** Names of states, folded: `georgia`, `british columbia`. */
export const regionNames = new Map<string, Region[]>()
/** Names of cities, folded, with every country that could be meant and the state where there is only one. */
export const cities = new Map<string, { country: string; region: string | null }[]>()

function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  const there = map.get(key)
  if (there) there.push(value)
  else map.set(key, [value])
}

for (const [country, all] of Object.entries(REGIONS)) {
  for (const entry of all.split('|')) {
    const [code = '', ...words] = entry.split(' ')
    const region = { country, name: words.join(' ') }
    if (code !== '-') add(regionCodes, code, region)
    add(regionNames, fold(region.name), region)
  }
}
for (const [country, all] of Object.entries(CITIES)) {
  for (const group of all.split('@').filter((part) => part !== '')) {
    const [, code, list = ''] = /^(?:([A-Z]{2,3}) )?(.*)$/.exec(group) ?? []
    const region = (code === undefined ? undefined : regionCodes.get(code)?.find((known) => known.country === country)?.name) ?? null
    for (const city of list.split('|')) {
      const there = cities.get(fold(city))?.find((known) => known.country === country)
      if (there && there.region !== region) there.region = null
      else if (!there) add(cities, fold(city), { country, region })
    }
  }
}
