// The vocabulary of the market: invented companies, real trades and places, and sentences with gaps to fill.

export interface Trade {
  department: string
  teams: readonly string[]
  roles: readonly string[]
  skills: readonly string[]
  /** Usual yearly pay of the middle level in US dollars. */
  pay: number
}

export interface Spot {
  city: string
  region: string
  /** As people abbreviate it; empty where nobody does. */
  code: string
  country: string
  iso2: string
  currency: string
  /** Pay here as a multiple of the US dollar figure, in the local currency. */
  factor: number
}

const list = (text: string) => text.split('|')

export const STEMS = list(
  'Alder|Amber|Anvil|Aspen|Basal|Birch|Bolt|Brine|Cairn|Cedar|Cinder|Clover|Cobalt|Copper|Coral|Crest|Delta|Drift|Ember|Fathom|Fern|Field|Flint|Gable|Glacier|Grain|Granite|Harbor|Hazel|Heron|Hollow|Indigo|Juniper|Kestrel|Lantern|Larch|Linden|Lumen|Maple|Marble|Meadow|Mill|Moss|North|Ochre|Opal|Osprey|Otter|Pebble|Pine|Plover|Quarry|Quill|Ridge|Rowan|Saffron|Slate|Sorrel|Tidal|Willow',
)
export const TAILS = list(
  'bank Systems|beam Health|bridge Labs|brook|cast|craft Tools|dale Freight|desk|flow|forge|gate Payments|grid Energy|haus|hill Analytics|hop|kit|lane Mobility|leaf Foods|line|loom|mark|mere|mint|nest Homes|path Learning|peak|point Security|port Logistics|pulse|rail|sense Robotics|shift|stack|stone Capital|tide|vale|view Maps|ward|wave Audio|works',
)

export const TRADES: readonly Trade[] = [
  {
    department: 'Engineering',
    teams: list('Platform|Payments|Search|Growth|Infrastructure|Mobile|Developer Experience|Identity'),
    roles: list(
      'Backend Engineer|Frontend Engineer|Full Stack Engineer|Platform Engineer|Site Reliability Engineer|Mobile Engineer, Android|Mobile Engineer, iOS|Security Engineer|QA Automation Engineer|Software Engineer|Embedded Engineer',
    ),
    skills: list(
      'Python|Go|Rust|TypeScript|JavaScript|Java|Kotlin|Swift|C++|C#|Ruby on Rails|React|Vue|Node.js|GraphQL|PostgreSQL|MySQL|Redis|Kafka|Kubernetes|Docker|Terraform|AWS|Google Cloud|Azure|Linux|gRPC|Elasticsearch|Prometheus|OpenTelemetry',
    ),
    pay: 165_000,
  },
  {
    department: 'Data',
    teams: list('Analytics|Data Platform|Machine Learning|Insights'),
    roles: list('Data Engineer|Data Scientist|Data Analyst|Machine Learning Engineer|Analytics Engineer|Research Scientist'),
    skills: list('Python|SQL|Spark|Airflow|dbt|Snowflake|BigQuery|PyTorch|TensorFlow|scikit-learn|Tableau|Looker|R|Scala|MLflow'),
    pay: 158_000,
  },
  {
    department: 'Product',
    teams: list('Core Product|Growth|Marketplace|Design'),
    roles: list('Product Manager|Technical Product Manager|Product Designer|UX Researcher|Program Manager'),
    skills: list('Figma|user research|roadmapping|A/B testing|SQL|prototyping|Jira|accessibility|stakeholder management|product analytics'),
    pay: 150_000,
  },
  {
    department: 'Sales',
    teams: list('Enterprise|Mid-Market|EMEA|Partnerships'),
    roles: list('Account Executive|Sales Development Representative|Solutions Engineer|Account Manager|Partner Manager'),
    skills: list('Salesforce|negotiation|MEDDIC|prospecting|forecasting|HubSpot|contract management|public speaking'),
    pay: 110_000,
  },
  {
    department: 'Marketing',
    teams: list('Brand|Demand Generation|Content'),
    roles: list('Marketing Manager|Content Strategist|Growth Marketer|Product Marketing Manager|Communications Manager'),
    skills: list('SEO|Google Analytics|copywriting|marketing automation|HubSpot|event management|brand strategy'),
    pay: 105_000,
  },
  {
    department: 'Customer Success',
    teams: list('Support|Onboarding|Customer Success'),
    roles: list('Customer Success Manager|Support Specialist|Implementation Consultant|Technical Support Engineer'),
    skills: list('Zendesk|troubleshooting|SQL|customer training|Intercom|project management'),
    pay: 88_000,
  },
  {
    department: 'Finance',
    teams: list('Accounting|FP&A|Tax'),
    roles: list('Financial Analyst|Accountant|Controller|Payroll Specialist|Revenue Analyst'),
    skills: list('Excel|NetSuite|financial modelling|IFRS|US GAAP|month-end close|budgeting'),
    pay: 98_000,
  },
  {
    department: 'People',
    teams: list('Talent|People Operations'),
    roles: list('Recruiter|People Partner|People Operations Specialist|Talent Sourcer'),
    skills: list('Greenhouse|employment law|interviewing|coaching|compensation planning|onboarding'),
    pay: 95_000,
  },
  {
    department: 'Operations',
    teams: list('Logistics|Workplace|Supply Chain|Legal'),
    roles: list('Operations Manager|Supply Chain Analyst|Office Manager|Legal Counsel|Procurement Specialist|Warehouse Associate'),
    skills: list('process improvement|vendor management|Excel|contract negotiation|inventory planning|compliance'),
    pay: 90_000,
  },
]

/** Prefix of a title and its pay as a multiple of the middle level; the middle, without a word, is the most frequent. */
export const RANKS: readonly { word: string; factor: number; weight: number }[] = [
  { word: '', factor: 1, weight: 38 },
  { word: 'Senior', factor: 1.25, weight: 28 },
  { word: 'Staff', factor: 1.55, weight: 8 },
  { word: 'Principal', factor: 1.8, weight: 3 },
  { word: 'Junior', factor: 0.72, weight: 6 },
  { word: 'Lead', factor: 1.4, weight: 6 },
  { word: 'Head of', factor: 1.9, weight: 2 },
  { word: 'Intern,', factor: 0.45, weight: 4 },
  { word: 'Sr.', factor: 1.25, weight: 5 },
]

const spot = (line: string): Spot => {
  const [city, region, code, country, iso2, currency, factor] = line.split('|') as [string, string, string, string, string, string, string]
  return { city, region, code, country, iso2, currency, factor: Number(factor) }
}

export const SPOTS: readonly Spot[] = [
  'San Francisco|California|CA|United States|US|USD|1.15',
  'New York|New York|NY|United States|US|USD|1.12',
  'Seattle|Washington|WA|United States|US|USD|1.08',
  'Austin|Texas|TX|United States|US|USD|0.98',
  'Boston|Massachusetts|MA|United States|US|USD|1.05',
  'Denver|Colorado|CO|United States|US|USD|0.97',
  'Chicago|Illinois|IL|United States|US|USD|0.98',
  'Atlanta|Georgia|GA|United States|US|USD|0.93',
  'Toronto|Ontario|ON|Canada|CA|CAD|0.95',
  'Vancouver|British Columbia|BC|Canada|CA|CAD|0.95',
  'London|England||United Kingdom|GB|GBP|0.55',
  'Manchester|England||United Kingdom|GB|GBP|0.45',
  'Berlin|Berlin||Germany|DE|EUR|0.52',
  'München|Bayern||Germany|DE|EUR|0.55',
  'Amsterdam|Noord-Holland||Netherlands|NL|EUR|0.52',
  'Paris|Île-de-France||France|FR|EUR|0.48',
  'Madrid|Comunidad de Madrid||Spain|ES|EUR|0.36',
  'Lisbon|Lisboa||Portugal|PT|EUR|0.34',
  'Dublin|Leinster||Ireland|IE|EUR|0.54',
  'Stockholm|Stockholm||Sweden|SE|SEK|4.6',
  'Warszawa|Mazowieckie||Poland|PL|PLN|1.6',
  'Zürich|Zürich||Switzerland|CH|CHF|0.85',
  'Bengaluru|Karnataka||India|IN|INR|22',
  'Singapore|||Singapore|SG|SGD|0.95',
  'Sydney|New South Wales|NSW|Australia|AU|AUD|1.05',
  '東京|東京都||Japan|JP|JPY|70',
  'São Paulo|São Paulo|SP|Brazil|BR|BRL|1.5',
  'Ciudad de México|Ciudad de México||Mexico|MX|MXN|6',
].map(spot)

export const ABOUT = list(
  '{company} builds software that helps {who} get {good} without the usual paperwork.|We started {company} because {who} deserve better than spreadsheets and late nights.|Our team of {n} people works across {k} countries and ships to production many times a day.|Customers tell us that {company} saves them hours every week, and we want to keep it that way.|We are profitable, we grow with care, and we write things down so that nobody has to ask twice.|Behind the product stands an R&D group that publishes what it learns and measures what it claims.',
)
export const ROLE = list(
  'As a {role} in the {team} team you own work from the first sketch to the day it runs without you.|You will join a small group that values clear writing, calm incidents and honest estimates.|The {team} team looks after {thing}, used by thousands of {who} every day.|This role reports to the lead of {team} and works closely with product, design and support.|In your first ninety days you will learn how {thing} works, improve one part of it and present what you found.|You decide how to reach the goal, and we agree together on how to tell that it was reached.',
)
export const DUTIES = list(
  'Design, build and operate {thing} with {skill} and {skill2}|Work with {who} to understand what slows them down and remove it|Review the work of colleagues with care and explain your reasons|Measure results, share them openly and change course when they disappoint|Write documentation that a new colleague can follow on the first day|Improve the reliability of {thing} and take part in a fair on-call rota|Plan the next quarter together with {team} and its neighbours|Introduce {skill} where it makes {thing} simpler, and leave it out where it does not|Help interview candidates and make their first weeks pleasant|Turn vague requests into small steps that can be delivered within days|Keep costs of {thing} visible and bring them down every quarter|Present progress to {who} and collect their questions',
)
export const WANTS = list(
  '{years}+ years of experience with {skill} or something close to it|Hands-on knowledge of {skill} and an opinion about {skill2}|Experience in working with {who} under changing priorities|Clear written English; other languages of our offices are welcome|Curiosity about why things fail & patience to find out|A habit of finishing what was started, tests and documentation included|Good judgement about when {skill} is the right tool|Ability to explain {thing} to people outside the {team} team|Comfort with ambiguity and a preference for simple answers|Previous work at a growing company of 50–500 people is a plus',
)
export const BENEFITS = list(
  'Thirty days of paid leave and a company-wide break in winter|A yearly budget for books, courses and conferences|Flexible hours around a few shared ones|Health cover for you and your family|Sixteen weeks of parental leave for every parent|A laptop of your choice and help with a home desk|Equity for everybody, explained in plain words|Four weeks a year of work from anywhere',
)
export const CLOSING = list(
  '{company} is an equal opportunity employer: we welcome applications from people of every background, age, ability and identity, and we make adjustments on request.|If you meet most but not all of the points above, please apply anyway: lists like this one are wishes, not fences.|We answer every application within ten days, and we tell you what comes next at each step.',
)
export const WHO = list(
  'small clinics|freight carriers|independent shops|schools|energy suppliers|accountants|city planners|field technicians|research groups|restaurant owners|insurers|farmers',
)
export const GOODS = list('paid|to market|their answers|reliable power|through an audit|their orders out|home in time')
export const THINGS = list(
  'the billing pipeline|our public API|the scheduling engine|the reporting warehouse|the mobile app|our partner portal|the pricing model|the onboarding journey|the search index|our forecasting tools|the notification service|the identity platform',
)
export const PEOPLE = list('Robin Falk|Sam Keller|Alex Moreau|Kim Lindqvist|Jo Tanaka|Chris Novak|Pat Okafor|Noa Silva')
