// Remote, hybrid or on site, as places and titles say it.

import { expect } from 'chai'
import { modeOfPlaces, modeOfTitle, namesModeAlone, withoutMode } from '../../../services/postings/mode.ts'
import { rawPlace } from './raw.ts'

describe('the way of working', () => {
  for (const [text, mode] of [
    ['Remote', 'remote'],
    ['Remote - US', 'remote'],
    ['US Remote', 'remote'],
    ['Berlin (Remote)', 'remote'],
    ['Remote-Texas', 'remote'],
    ['Home based - Worldwide', 'remote'],
    ['Work from home', 'remote'],
    ['Remoto', 'remote'],
    ['Hybrid', 'hybrid'],
    ['San Francisco-Hybrid', 'hybrid'],
    ['Híbrido - São Paulo', 'hybrid'],
    ['Hybrid or Remote', 'hybrid'],
    ['In-Office', 'onsite'],
    ['Las Vegas, NV (Onsite)', 'onsite'],
    ['Office based - London', 'onsite'],
    ['Remote or in-office', 'remote'],
    ['Berlin', null],
    ['Anywhere', null],
    ['Remotestan', null],
    ['Remote-friendly', null],
    ['Remote eligible', null],
    ['Not remote', null],
    ['Telecommute', null],
    ['Headquarters', null],
  ] as const)
    it(`is ${mode ?? 'not said'} at "${text}"`, () => {
      expect(modeOfPlaces([rawPlace(text)])).to.equal(mode)
    })

  it('of several places is hybrid before remote: a hybrid job is never a remote one', () => {
    expect(modeOfPlaces([rawPlace('Remote'), rawPlace('Berlin (hybrid)')])).to.equal('hybrid')
    expect(modeOfPlaces([rawPlace('Berlin'), rawPlace('Remote')])).to.equal('remote')
    expect(modeOfPlaces([])).to.equal(null)
  })

  for (const [title, mode] of [
    ['Engineer (Remote)', 'remote'],
    ['Engineer - Remote', 'remote'],
    ['[Remote] Engineer', 'remote'],
    ['Engineer, Remote', 'remote'],
    ['Engineer (Remote, Germany)', 'remote'],
    ['Engineer (Remote - US)', 'remote'],
    ['Engineer | Remote only', 'remote'],
    ['Engineer (Fully Remote)', 'remote'],
    ['Engineer (Hybrid)', 'hybrid'],
    ['Engineer (Hybrid in Bangalore)', 'hybrid'],
    ['Engineer (Hybrid/Remote)', 'hybrid'],
    ['Engineer (On-site)', 'onsite'],
    ['Remote Sensing Engineer', null],
    ['Engineer, Remote Sensing', null],
    ['Hybrid Cloud Architect', null],
    ['Architect - Hybrid Cloud', null],
    ['Remote Care Manager', null],
    ['Site Reliability Engineer', null],
    ['Office Manager', null],
    ['Home Health Aide', null],
    ['Engineer (Remote Eligible)', null],
    ['Engineer', null],
  ] as const)
    it(`is ${mode ?? 'not said'} by the title "${title}"`, () => {
      expect(modeOfTitle(title)).to.equal(mode)
    })

  it('can stand where a place should, and is told from one', () => {
    for (const text of ['Remote', 'HYBRID', ' In-Office ', '(Remote)', 'Fully Remote', 'Hybrid - Remote'])
      expect(namesModeAlone(text), text).to.equal(true)
    for (const text of ['Berlin', 'Remote - US', 'Hybrid Berlin']) expect(namesModeAlone(text), text).to.equal(false)
  })

  it('is taken out of a place before the place is read', () => {
    expect(withoutMode('Remote - US').replace(/[ ,-]/g, '')).to.equal('US')
    expect(withoutMode('Berlin (Hybrid)')).to.include('Berlin').and.not.include('Hybrid')
  })
})
