// What a title says of rank: a level (how experienced) and a track (does the work, leads people, runs the company), two axes.

import { fold } from './countries.ts'
import type { Level, Track } from './posting.ts'

/** Callings in which "staff", "lead" and "associate" are ranks; elsewhere they are part of the name of the job. */
const CRAFT =
  '(?:engineer(?:ing)?|developer|programmer|scientist|designer|architect|researcher|sre|technologist|analyst|data|software|machine|product|program|security|research|ux|ml|ai|frontend|backend|full[- ]?stack|devops|infrastructure|platform|hardware|firmware|mechanical|electrical|site reliability|user experience|solutions?|ios|android|mobile|web|cloud|network|systems?|embedded|applied|technical|sde|swe)'

/** Callings with numbered ranks: one is a beginner, three an expert; what four and more mean differs from company to company. */
const NUMBERED =
  '\\b(?:engineer|developer|analyst|scientist|administrator|technician|specialist|designer|architect|accountant|programmer|' +
  'representative|sde|swe|executive|coordinator|planner|recruiter|assessor|associate|assistant|tester|buyer|writer|researcher|operator|mechanic|machinist|inspector|clerk|nurse)s?,?'

/** Senior, staff, lead … that are no rank: the place, the people or the thing that the job is about. */
const NO_RANK: readonly RegExp[] = [
  /\bsenior (?:living|care|center|centre|services?|housing|citizens?|community|communities|day)\b/g,
  /\bchief of staff\b/g,
  /\bstaff (?:nurse|accountant|pharmacist|attorney|counsel|auditor|physician|psychologist|psychiatrist|therapist|assistant|writer|photographer|therapist|chaplain|development|augmentation|training|member)\b/g,
  /\b(?:member of|members of)(?: the)? technical staff\b/g,
  /\bjunior (?:partner|high|achievement|college|sous|league)\b/g,
  /\b(?:lead|leads) (?:generation|gen|qualification|management|nurturing|acquisition|capture|conversion|enrichment|routing)\b/g,
  /\b(?:school|vice|assistant|deputy|associate|interim|high school|elementary|middle school) principal\b/g,
  /\bprincipal (?:of|at|investigator|gifts?|broker|dancer|photography|residence)\b/g,
  /\bassociate (?:director|vice president|general counsel|counsel|professor|dean|partner|editor|producer|creative|medical|principal|account|attorney|publisher|provost)\b/g,
  /\b(?:intern(?:ship)?s?|graduate|early career) (?:talent|program(?:me)?s?|coordinator|recruit\w+|manager|lead|director|admissions?|school|studies|services)\b/g,
  /\b(?:manager|director|coordinator|lead|head|recruiter|specialist|partner)\b.*\b(?:internships?|early careers?|graduates?|university|campus)\b/g,
]

/** In the order in which they are tried: the first that a title has is its level. */
const LEVELS: readonly (readonly [Level, RegExp])[] = [
  [
    'intern',
    /\b(?:intern|interns|internships?|co-?op|working student|werkstudent(?:in)?|praktikum|praktikant(?:in)?|stagiaire|stagista)\b/,
  ],
  ['principal', new RegExp(`\\bprincipal\\b(?=.*\\b${CRAFT}\\b|\\s+consultant)|\\b${CRAFT}\\b.*[,–-]\\s*principal\\b`)],
  ['staff', new RegExp(`\\bstaff\\b(?=.*\\b${CRAFT}\\b)|\\b${CRAFT}\\b.*[,–(-]\\s*staff\\b`)],
  ['junior', /\bjunior\b|\bjr\b|\bentry[- ]level\b|\bnew[- ]grad(?:uate)?s?\b|\bearly[- ]career\b|\bapprentice(?:ship)?\b|\btrainee\b/],
  [
    'junior',
    new RegExp(
      `\\b(?:graduate|associate)\\s+(?:\\w+\\s+){0,2}?(?:engineer|developer|programmer|scientist|designer|analyst|researcher|consultant|product manager|architect)\\b`,
    ),
  ],
  [
    'mid',
    /\bmid[- ]?(?:level|weight)\b|\bmid(?=[-/ ]+(?:senior|sr|software|backend|frontend|full|data|product|ux|ui|web|devops|engineer|developer|designer)\b| ?[(),]|$)|\bintermediate\b/,
  ],
  ['senior', /\bsenior\b|\bsr\b/],
  [
    'senior',
    new RegExp(
      `\\blead\\s+(?:[\\w/&.+#-]+\\s+){0,5}?(?:engineer|developer|programmer|scientist|designer|architect|researcher|analyst|consultant|sre)\\b|\\b(?:tech(?:nical)?|engineering|design|qa|devops|security|data) lead\\b`,
    ),
  ],
  ['junior', new RegExp(`${NUMBERED} i(?=$| ?[,(/–-])`)],
  ['mid', new RegExp(`${NUMBERED} ii\\b`)],
  ['senior', new RegExp(`${NUMBERED} iii\\b`)],
]

const HELPS =
  /\b(?:assistant|secretary|chief of staff)\b|\b(?:to|office of|support for) (?:the )?(?:ceo|cto|cfo|coo|cmo|cpo|ciso|cio|chief|president|vp|vice president|founders?)\b/
const EXECUTIVE =
  /\b(?:(?<!\b(?:field|student|regional|office of the|deputy) )(?:ceo|cto|cfo|coo|cmo|cpo|cio|ciso|cro|chro)|svp|evp|avp|vp|^(?:co-?)?founder|president|managing director|executive director|general partner)\b|\bchief (?:[\w&-]+ ){1,4}officer\b/
/** Managers of something that is not a team, in the trade's own words; their title says nothing of leading people. */
const MANAGES_THINGS =
  /\b(?:product|project|program(?:me)?|account|accounts|community|customer success|success|case|office|partner(?:ship)?s?|category|brand|marketing|campaign|content|social media|territory|portfolio|property|contracts?|release|delivery|event|events|relationship|channel|alliance|alliances|vendor|growth|lifecycle|onboarding|implementation|engagement|asset|wealth|client|operations program|change|risk|fund|grants?|data|information|talent acquisition|payroll|benefits|compliance|procurement|supply|logistics|customer|business development|knowledge|incident|problem|enablement|seo|crm)\s+manager\b/
const LEADS_PEOPLE =
  /^(?:(?:senior|sr|associate|assistant|deputy|group|general|regional)\s+)*manager\b|\bmanager,|\bmanager of\b|\b(?:engineering|development|design|research|store|shift|general|restaurant|plant|production|warehouse|kitchen|branch|clinic|nurse|nursing|people|team|group product|district|area|site|floor|hiring|software|data science|sales development|support|service desk|security|operations|accounting|analytics|architecture|sre|platform|infrastructure|qa|it)\s+manager\b|\bhead of\b|\bdirectors?\b|\b(?:team|shift|group|squad|crew) (?:lead|leader)\b|\bsupervisor\b|\b(?:school|vice|assistant|deputy) principal\b/
const NOT_DIRECTOR =
  /\bdirector of photography\b|\b(?:art|creative|account|accounts|casting|film|music|associate creative|funeral) director\b/
const IC =
  /\b(?:engineer|developer|programmer|designer|analyst|scientist|architect|specialist|administrator|consultant|accountant|nurse|representative|technician|writer|recruiter|researcher|associate|counsel|attorney|assistant|executive|coordinator|advisor|adviser|editor|auditor|strategist|planner|mechanic|driver|teacher|tutor|therapist|pharmacist|physician|operator|sre|member of technical staff|intern|internship|clerk|cashier|barista|cook|chef|server|buyer|producer|photographer|trader|underwriter|paralegal|machinist|welder|inspector|electrician|estimator|evangelist|advocate|trainer|instructor|dispatcher|agent|chief of staff|business partner|product owner|scrum master|sde|swe|professor|postdoc|fellow|scholar)s?\b/

/** Level and track of a title; null where it does not say. Of several levels ("Mid/Senior") the lowest counts: it is what is asked at least. */
export function rankOf(title: string): { level: Level | null; track: Track | null } {
  const plain = fold(title)
    .replace(/[.’']/g, '')
    .replace(/[^\p{L}\p{N}&+#,()/–-]+/gu, ' ')
    .trim()
  const track = trackOf(plain)
  if (track === 'executive' || /\bdirectors?\b|\bhead of\b/.test(plain)) return { level: null, track }
  const levels = plain.split(/\s*\/\s+|\s+\/\s*|\bor\b/).flatMap((part) => levelOf(part) ?? [])
  return { level: LADDER.find((level) => levels.includes(level)) ?? null, track }
}

const LADDER: readonly Level[] = ['intern', 'junior', 'mid', 'senior', 'staff', 'principal']

function levelOf(plain: string): Level | null {
  const lowest = plain.replace(/\b(junior|mid|senior|sr|staff)\/(?:mid|senior|sr|staff|principal|lead)\b/g, '$1')
  const ranked = NO_RANK.reduce((text, pattern) => text.replace(pattern, ' '), lowest)
  return LEVELS.find(([, pattern]) => pattern.test(ranked))?.[0] ?? null
}

function trackOf(plain: string): Track | null {
  if (HELPS.test(plain) && !/\bassistant (?:manager|director|store manager|principal|vice president)\b/.test(plain)) return 'ic'
  if (EXECUTIVE.test(plain)) return 'executive'
  if (NOT_DIRECTOR.test(plain)) return null
  if (LEADS_PEOPLE.test(plain) && !/^(?:senior |sr )?(?:technical )?(?:product|project|program) manager,/.test(plain) && !ledByComma(plain))
    return 'manager'
  if (MANAGES_THINGS.test(plain)) return 'ic'
  return !/\bmanager\b/.test(plain) && IC.test(plain) ? 'ic' : null
}

/** "Account Manager, Berlin": what stands before the comma manages things, and the comma brings only a place or a team. */
function ledByComma(plain: string): boolean {
  return MANAGES_THINGS.test(plain) && !/\b(?:head of|directors?|supervisor)\b|^(?:senior |sr )?manager\b/.test(plain)
}
