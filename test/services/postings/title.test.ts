// Rank and track of a title, and the many titles that only look as if they said them.

import { expect } from 'chai'
import fc from 'fast-check'
import { rankOf } from '../../../services/postings/title.ts'

const TITLES = [
  // levels
  ['Software Engineer', null, 'ic'],
  ['Senior Software Engineer', 'senior', 'ic'],
  ['Sr. Data Analyst', 'senior', 'ic'],
  ['Software Engineer, Senior', 'senior', 'ic'],
  ['Staff Software Engineer', 'staff', 'ic'],
  ['Senior Staff Product Designer', 'staff', 'ic'],
  ['Software Engineer, Staff', 'staff', 'ic'],
  ['Staff Product Manager', 'staff', 'ic'],
  ['Principal Engineer', 'principal', 'ic'],
  ['Senior Principal Data Scientist', 'principal', 'ic'],
  ['Principal Consultant', 'principal', 'ic'],
  ['Junior Developer', 'junior', 'ic'],
  ['Jr. Developer', 'junior', 'ic'],
  ['Entry-Level Accountant', 'junior', 'ic'],
  ['New Grad Software Engineer', 'junior', 'ic'],
  ['Graduate Software Engineer', 'junior', 'ic'],
  ['Associate Software Engineer', 'junior', 'ic'],
  ['Associate Product Manager', 'junior', 'ic'],
  ['Mid-Level Backend Engineer', 'mid', 'ic'],
  ['Software Engineer I', 'junior', 'ic'],
  ['Software Engineer II', 'mid', 'ic'],
  ['Software Engineer III, Maps', 'senior', 'ic'],
  ['Software Engineer IV', null, 'ic'],
  ['Senior Engineer II', 'senior', 'ic'],
  ['Software Engineer Intern', 'intern', 'ic'],
  ['Marketing Internship (Summer)', 'intern', 'ic'],
  ['Werkstudent Data (m/w/d)', 'intern', null],
  ['Lead Data Scientist', 'senior', 'ic'],
  ['Tech Lead', 'senior', null],
  ['Analista Sênior de Dados', 'senior', null],
  // several levels: what is asked at least
  ['Software Engineer, Mid/Sr', 'mid', 'ic'],
  ['Senior/Staff Engineer', 'senior', 'ic'],
  ['Senior / Staff Backend Engineer', 'senior', 'ic'],
  ['Engineer / Senior Engineer', 'senior', 'ic'],
  ['Senior or Principal Engineer', 'senior', 'ic'],
  // words that are no level
  ['Lead Generation Specialist', null, 'ic'],
  ['Manager, Lead Management', null, 'manager'],
  ['Staff Nurse', null, 'ic'],
  ['Staff Accountant', null, 'ic'],
  ['Staff Attorney', null, 'ic'],
  ['Chief of Staff', null, 'ic'],
  ['Chief of Staff to the CEO', null, 'ic'],
  ['Member of Technical Staff', null, 'ic'],
  ['Senior Member of Technical Staff', 'senior', 'ic'],
  ['Principal', null, null],
  ['School Principal', null, 'manager'],
  ['Assistant Principal', null, 'manager'],
  ['Principal Investigator', null, null],
  ['Senior Living Advisor', null, 'ic'],
  ['Senior Care Nurse', null, 'ic'],
  ['Junior Partner', null, null],
  ['Sales Associate', null, 'ic'],
  ['Associate General Counsel', null, 'ic'],
  ['Internal Auditor', null, 'ic'],
  ['International Sales Specialist', null, 'ic'],
  ['Internship Coordinator', null, 'ic'],
  ['Graduate Admissions Counselor', null, null],
  ['Mid-Market Account Executive', null, 'ic'],
  ['Account Executive, Mid-Atlantic', null, 'ic'],
  ['Specialist i analityk', null, 'ic'],
  ['Phase II Research Nurse', null, 'ic'],
  ['Software Engineer (L5)', null, 'ic'],
  // tracks
  ['Engineering Manager', null, 'manager'],
  ['Senior Engineering Manager', 'senior', 'manager'],
  ['Manager, Product Marketing', null, 'manager'],
  ['Senior Manager, Data Science', 'senior', 'manager'],
  ['Director, Engineering', null, 'manager'],
  ['Senior Director of Engineering', null, 'manager'],
  ['Associate Director, Strategy', null, 'manager'],
  ['Head of Design', null, 'manager'],
  ['Store Manager', null, 'manager'],
  ['Team Lead', null, 'manager'],
  ['Product Manager', null, 'ic'],
  ['Senior Product Manager, Payments', 'senior', 'ic'],
  ['Product Marketing Manager', null, 'ic'],
  ['Account Manager, Berlin', null, 'ic'],
  ['Customer Success Manager', null, 'ic'],
  ['Project Manager', null, 'ic'],
  ['Account Executive', null, 'ic'],
  ['VP of Engineering', null, 'executive'],
  ['Senior Vice President, Sales', null, 'executive'],
  ['Chief Technology Officer', null, 'executive'],
  ['CFO', null, 'executive'],
  ['Managing Director', null, 'executive'],
  ['Executive Assistant to the CEO', null, 'ic'],
  ['Analyst, Office of the CFO', null, 'ic'],
  ['Field CTO', null, null],
  ['Director of Photography', null, null],
  ['Art Director', null, null],
  ['CSM', null, null],
  ['', null, null],
] as const

describe('rank', () => {
  for (const [title, level, track] of TITLES)
    it(`of "${title}" is ${level ?? 'no level'}, ${track ?? 'no track'}`, () => {
      expect(rankOf(title)).to.deep.equal({ level, track })
    })

  it('does not depend on case or on blanks around the title', () => {
    for (const [title, level, track] of TITLES) {
      expect(rankOf(title.toUpperCase()), title).to.deep.equal({ level, track })
      expect(rankOf(`  ${title} `), title).to.deep.equal({ level, track })
    }
  })

  it('does not change with a place in brackets behind it', () => {
    for (const [title, level, track] of TITLES.filter(([name]) => name !== ''))
      expect(rankOf(`${title} (Berlin)`), title).to.deep.equal({ level, track })
  })

  it('is read from any title without an error', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('Senior', 'Staff', '/', ' or ', 'Manager', 'II', ',', 'Lead'))
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => Object.keys(rankOf(words.join(' '))).length === 2),
      { numRuns: 300 },
    )
  })
})
