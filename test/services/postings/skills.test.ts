// Skills in a text, above all those whose names are everyday words.

import { expect } from 'chai'
import fc from 'fast-check'
import { SKILLS } from '../../../services/postings/skill-list.ts'
import { canonicalSkill, skillsIn } from '../../../services/postings/skills.ts'

describe('skills', () => {
  for (const [text, skills] of [
    ['C, C++, C# and F#', ['C', 'C#', 'C++', 'F#']],
    ['C/C++ and Objective-C', ['C', 'C++', 'Objective-C']],
    ['.NET, ASP.NET and Node.js.', ['.NET', 'Node.js']],
    ['Java and JavaScript', ['Java', 'JavaScript']],
    ['JavaScript only', ['JavaScript']],
    ['Python/Go/Rust', ['Go', 'Python', 'Rust']],
    ['CI/CD pipelines', ['CI/CD']],
    ['continuous integration', ['CI/CD']],
    ['k8s, Postgres and AWS', ['AWS', 'Kubernetes', 'PostgreSQL']],
    ['React Native', ['React Native']],
    ['React, TypeScript', ['React', 'TypeScript']],
    ['our stack.Python is', ['Python']],
    ['AWS-certified', ['AWS']],
    ['Python’s ecosystem', ['Python']],
    ['machine-learning systems', ['Machine Learning']],
    ['Ruby on Rails', ['Ruby on Rails']],
    ['PYTHON and python', ['Python']],
    ['SQL, PL/SQL, T-SQL, NoSQL', ['PL/SQL', 'SQL', 'T-SQL']],
    ['RESTful services', ['REST']],
    ['', []],
  ] as const)
    it(`are told apart in "${text}"`, () => {
      expect(skillsIn(text)).to.deep.equal([...skills].toSorted())
    })

  for (const [text, skill] of [
    ['Go developer', 'Go'],
    ['Experience with Go, Python or Java', 'Go'],
    ['golang', 'Go'],
    ['statistics in Python or R', 'R'],
    ['R programming', 'R'],
    ['C programming for embedded devices', 'C'],
    ['iOS apps in Swift', 'Swift'],
    ['the Rust programming language', 'Rust'],
    ['Apache Spark', 'Spark'],
    ['Kafka, Spark and Flink', 'Spark'],
    ['Ansible, Chef or Puppet', 'Chef'],
    ['Proficiency in Excel', 'Excel'],
    ['Microsoft Excel', 'Excel'],
    ['Java, Scala', 'Scala'],
    ['Node/Express and PostgreSQL', 'Express'],
    ['HashiCorp Vault', 'Vault'],
    ['Go, Rust', 'Rust'],
  ] as const)
    it(`find ${skill} in "${text}"`, () => {
      expect(skillsIn(text)).to.include(skill)
    })

  for (const [text, skill] of [
    ['Go to market with our sales engineers', 'Go'],
    ['our go-to-market tools', 'Go'],
    ['Python. Go beyond what is asked', 'Go'],
    ['ready to go with Python', 'Go'],
    ['Go-karting with Python', 'Go'],
    ['C-level talks about Python', 'C'],
    ['P/C insurance and SQL', 'C'],
    ['R&D with Python', 'R'],
    ['A/R and A/P in NetSuite', 'R'],
    ['Series C funding, built with Python', 'C'],
    ['the C-suite and SQL', 'C'],
    ['C suite, Python', 'C'],
    ['a swift answer in Python', 'Swift'],
    ['rust on iron engineers', 'Rust'],
    ['spark joy with SQL', 'Spark'],
    ['Executive Chef', 'Chef'],
    ['excel at SQL', 'Excel'],
    ['Excel at Python', 'Excel'],
    ['React quickly to incidents, with Java', 'React'],
    ['we react to Java', 'React'],
    ['guard rails for SQL', 'Ruby on Rails'],
    ['CBT and DBT', 'dbt'],
    ['the ELT meets, with SQL', 'ETL'],
    ['Example plc', 'PLC'],
    ['a slam dunk', 'SLAM'],
    ['Spring 2027 internship in Java', 'Spring Boot'],
    ['let your mind rest with SQL', 'REST'],
    ['helm a team of AWS engineers', 'Helm'],
    ['Blockchain Node Management', 'Node.js'],
    ['a platform for everyone', 'Perl'],
    ['Javascripts', 'Java'],
    ['email and html5s', 'AI'],
    ['algorithm', 'Go'],
  ] as const)
    it(`do not find ${skill} in "${text}"`, () => {
      expect(skillsIn(text)).to.not.include(skill)
    })

  it('have one name each, found from every alias in any case', () => {
    expect(canonicalSkill('golang')).to.equal('Go')
    expect(canonicalSkill(' GO ')).to.equal('Go')
    expect(canonicalSkill('postgres')).to.equal('PostgreSQL')
    expect(canonicalSkill('c++')).to.equal('C++')
    expect(canonicalSkill('juggling')).to.equal(null)
    expect(canonicalSkill('constructor')).to.equal(null)
  })

  it('are a list of at least 250 names, none twice', () => {
    const names = SKILLS.map((entry) => entry.split('|')[0]?.replace(/^[~=]/, '').toLowerCase())
    expect(new Set(names).size).to.equal(names.length)
    expect(names.length).to.be.at.least(250)
  })

  it('are all findable: each under every one of its aliases, given a context', () => {
    for (const entry of SKILLS) {
      const [head = '', ...others] = entry.split('|')
      const name = head.replace(/^[~=]/, '')
      for (const alias of head.startsWith('~') ? others : [head, ...others]) {
        expect(skillsIn(`programming ${alias.replace(/^[~=]/, '')} framework`), alias).to.include(name)
        expect(canonicalSkill(alias.replace(/^[~=]/, '')), alias).to.be.a('string')
      }
    }
  })

  it('are sorted, each once, whatever the text', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('Go', 'Python', 'C++', '/', '-', '.', 'R&D', 'react', 'Excel', '\n'))
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), (words) => {
        const found = skillsIn(words.join(' '))
        expect(found).to.deep.equal([...new Set(found)].toSorted())
      }),
      { numRuns: 300 },
    )
  })

  it('are only ever added by more text with other skills in it', () => {
    fc.assert(
      fc.property(fc.subarray(['Python', 'Kafka', 'SQL', 'Docker', 'Figma'], { minLength: 1 }), (some) => {
        expect(skillsIn(some.join(', '))).to.deep.equal(some.toSorted())
      }),
    )
  })
})
