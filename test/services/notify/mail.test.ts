// The door to the mail server: what each way of answering, and of not answering, is taken to mean.

import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { expect } from 'chai'
import type { Mail } from '../../../services/config.ts'
import { openMail, type Letter, type MailOptions } from '../../../services/notify/mail.ts'
import type { Answer } from '../../../services/notify/slack.ts'
import { LOCALHOST, openMailServer, PASSWORD, type MailServer, type MailServerOptions, type MailTrouble } from '../../mail.ts'

const letter: Letter = { id: 'a1b2', subject: 'Déjà vu: 2 new postings', text: 'Hello\n.\nnot the end\n', html: '<p>Hello</p>' }

describe('the door to mail', () => {
  let server: MailServer
  async function open(options?: MailServerOptions): Promise<MailServer> {
    server = await openMailServer(options)
    return server
  }
  afterEach(() => server.close())
  const send = (mail: Partial<Mail> = {}, options: MailOptions = {}): Promise<Answer> =>
    openMail({ ...server.mail, ...mail }, { timeoutMs: 2000, ...options }).send(letter)

  it('sends the letter with both its faces, from whom and to whom it is told', async () => {
    await open()
    expect(await send()).to.deep.equal({ kind: 'accepted', status: 250, words: '250' })
    expect(server.accepted).to.have.length(1)
    const [{ raw, from, to }] = server.accepted as [MailServer['accepted'][number]]
    expect([from, to]).to.deep.equal(['watch@roles.example', ['ann@example.org']])
    expect(raw)
      .to.match(/^From: Rolewatch <watch@roles\.example>\r$/m)
      .and.to.match(/^To: Ann <ann@example\.org>\r$/m)
    expect(raw).to.match(/^Subject: =\?UTF-8\?/m)
    expect(raw).to.contain('multipart/alternative').and.to.contain('<p>Hello</p>')
    expect(raw, 'a lone dot is no end').to.contain('Hello\r\n.\r\nnot the end')
    expect(raw).to.match(/^Auto-Submitted: auto-generated\r$/m)
  })

  it('gives the same message the same Message-ID, so that a repeat is recognised', async () => {
    await open()
    await send()
    await send()
    await openMail(server.mail).send({ ...letter, id: 'c3d4', headers: { 'X-Search': 'alpha' } })
    expect(server.accepted.map(({ raw }) => /^Message-ID: (.*)\r$/im.exec(raw)?.[1])).to.deep.equal([
      '<a1b2@roles.example>',
      '<a1b2@roles.example>',
      '<c3d4@roles.example>',
    ])
    expect(server.accepted[2]?.raw).to.match(/^X-Search: alpha\r$/m)
  })

  it('lets no subject become a header, and no letter read a file', async () => {
    await open()
    await openMail(server.mail).send({ ...letter, subject: 'a\r\nBcc: eve@example.org', html: '<img src="file:///etc/passwd">' })
    expect(server.accepted[0]?.to).to.deep.equal(['ann@example.org'])
    expect(server.accepted[0]?.raw).to.not.match(/^Bcc:/m)
  })

  describe('takes an answer', () => {
    const refusals: [MailTrouble & { refuse: number }, boolean, string][] = [
      [{ at: 'connect', refuse: 421 }, true, '421'],
      [{ at: 'connect', refuse: 554 }, true, '554'],
      [{ at: 'mail', refuse: 451, words: '4.3.0 try later' }, true, '451 4.3.0 at MAIL FROM'],
      [{ at: 'mail', refuse: 553, words: '5.7.1 not yours' }, false, '553 5.7.1 at MAIL FROM'],
      [{ at: 'rcpt', refuse: 450, words: '4.2.0 greylisted' }, true, '450 4.2.0 at RCPT TO'],
      [{ at: 'rcpt', refuse: 550, words: '5.1.1 <ann@example.org> unknown' }, false, '550 5.1.1 at RCPT TO'],
      [{ at: 'data', refuse: 452 }, true, '452 at DATA'],
      [{ at: 'data', refuse: 503 }, true, '503 at DATA'],
      [{ at: 'data', refuse: 554, words: '5.6.0 spam from ann@example.org' }, false, '554 5.6.0 at DATA'],
    ]
    for (const [trouble, again, words] of refusals)
      it(`${trouble.refuse} at ${trouble.at} as refused${again ? ', to be tried again' : ' for good'}`, async () => {
        await open()
        server.next(trouble)
        expect(await send()).to.deep.equal({ kind: 'refused', again, status: trouble.refuse, retryAfter: null, words })
        expect(server.connections(), 'it is tried once').to.equal(1)
        expect(server.accepted).to.deep.equal([])
      })

    it('for some of the addresses as accepted, and counts them', async () => {
      await open()
      expect(await send({ to: 'ann@example.org, gone@example.org, bob@example.org' })).to.deep.equal({
        kind: 'accepted',
        status: 250,
        words: '250, for 2 of 3 addresses',
      })
      expect(server.accepted[0]?.to).to.deep.equal(['ann@example.org', 'bob@example.org'])
    })
  })

  describe('without an answer', () => {
    for (const at of ['connect', 'mail', 'rcpt'] as const)
      for (const [how, trouble, words] of [
        ['hung', { at, hang: true }, /^no answer in time$/],
        ['was reset', { at, reset: true }, /^(ECONNRESET|ECONNECTION|EPIPE)$/],
      ] as const)
        it(`knows that nothing was accepted when the server ${how} at ${at}`, async () => {
          await open()
          server.next(trouble)
          const answer = await send({}, { timeoutMs: 200 })
          expect(answer).to.include({ kind: 'refused', again: true, status: null })
          expect(answer.words).to.match(words)
        })

    for (const accepted of [true, false]) {
      it(`is in doubt when the server hung after the letter, ${accepted ? 'accepted' : 'lost'}`, async () => {
        await open()
        server.next({ at: 'data', hang: true, accepted })
        expect(await send({}, { timeoutMs: 200 })).to.deep.equal({ kind: 'unknown', status: null, words: 'no answer in time' })
        expect(server.accepted).to.have.length(accepted ? 1 : 0)
      })
      it(`is in doubt when the server reset after the letter, ${accepted ? 'accepted' : 'lost'}`, async () => {
        await open()
        server.next({ at: 'data', reset: true, accepted })
        expect(await send()).to.include({ kind: 'unknown', status: null })
      })
    }

    it('knows that nothing was accepted where nobody is', async () => {
      await open()
      const away = await openMailServer()
      await away.close()
      expect(await send({ smtpUrl: away.mail.smtpUrl })).to.deep.equal({
        kind: 'refused',
        again: true,
        status: null,
        retryAfter: null,
        words: 'ECONNREFUSED',
      })
      expect(await send({ smtpUrl: 'smtp://nowhere.invalid' })).to.include({ kind: 'refused', again: true })
    })

    it('gives a server that trickles no longer than the whole time', async () => {
      await open()
      const sockets: Socket[] = []
      const trickle = createServer((socket) => {
        sockets.push(socket)
        socket.on('error', () => {})
        // It greets, and then never comes to the end of what it can do.
        socket.write('220 hello\r\n')
        const drop = setInterval(() => socket.write('250-X\r\n'), 40)
        socket.on('close', () => clearInterval(drop))
      }).listen(0, '127.0.0.1')
      await once(trickle, 'listening')
      const started = performance.now()
      const answer = await send({ smtpUrl: `smtp://127.0.0.1:${(trickle.address() as AddressInfo).port}` }, { timeoutMs: 300 })
      expect(performance.now() - started).to.be.within(250, 1500)
      expect(answer).to.include({ kind: 'refused', again: true, words: 'no answer in time' })
      for (const socket of sockets) socket.destroy()
      trickle.close()
    })
  })

  it('refuses for good what has no address to go to', async () => {
    await open()
    expect(await send({ to: 'nobody at all' })).to.include({ kind: 'refused', again: false })
  })

  describe('with a password', () => {
    it('gives it as it is meant', async () => {
      await open({ auth: true })
      expect(await send()).to.include({ kind: 'accepted' })
      expect(server.accepted[0]?.user).to.equal('jo')
    })

    it('that is wrong tries again later: it says nothing of the letter', async () => {
      await open({ auth: true })
      const answer = await send({ smtpUrl: server.mail.smtpUrl.replace(PASSWORD.written, 'Wrong-4711') })
      expect(answer).to.deep.equal({ kind: 'refused', again: true, status: 535, retryAfter: null, words: '535 5.7.8 at AUTH PLAIN' })
      expect(server.accepted).to.deep.equal([])
    })

    it('never says it, nor any address, whatever goes wrong', async () => {
      await open({ auth: true })
      server.next(
        { at: 'auth', refuse: 454, words: `${PASSWORD.meant} jo` },
        { at: 'rcpt', refuse: 550, words: 'ann@example.org?' },
        { at: 'data', refuse: 554, words: 'ann' },
        { at: 'mail', reset: true },
        { at: 'data', reset: true },
      )
      const answers = []
      for (let turn = 0; turn < 6; turn += 1) answers.push(await send({}, { timeoutMs: 300 }))
      answers.push(await send({ smtpUrl: `smtp://jo:${PASSWORD.written}@nowhere.invalid` }))
      for (const secret of [PASSWORD.meant, PASSWORD.written, 'ann', 'example.org', 'roles.example', 'localhost', 'nowhere'])
        expect(JSON.stringify(answers), secret).to.not.contain(secret)
    })

    it('is not sent in the clear over a network', async () => {
      await open({ auth: true })
      // A name of this machine that is not known as such: the server offers no TLS.
      const answer = await send({ smtpUrl: server.mail.smtpUrl.replace('localhost', '0.0.0.0') })
      expect(answer.kind).to.equal('refused')
      expect(answer.words).to.match(/STARTTLS/)
      expect(server.accepted).to.deep.equal([])
    })
  })

  describe('with TLS', () => {
    it('begins with it at smtps://', async () => {
      await open({ secure: true, auth: true })
      expect(await send({}, { ca: LOCALHOST })).to.include({ kind: 'accepted' })
      expect(server.accepted[0]).to.include({ secure: true, user: 'jo' })
    })

    it('goes over to it at smtp:// where the server offers it', async () => {
      await open({ starttls: true, auth: true })
      expect(await send({}, { ca: LOCALHOST })).to.include({ kind: 'accepted' })
      expect(server.accepted[0]?.secure).to.equal(true)
    })

    for (const options of [{ secure: true }, { starttls: true }])
      it(`does not go on with a certificate that nobody vouches for (${Object.keys(options).join('')})`, async () => {
        await open({ ...options, auth: true })
        expect(await send()).to.deep.equal({
          kind: 'refused',
          again: true,
          status: null,
          retryAfter: null,
          words: 'DEPTH_ZERO_SELF_SIGNED_CERT',
        })
        expect(server.accepted).to.deep.equal([])
      })

    it('does not take a server that speaks none for one that does', async () => {
      await open()
      expect(await send({ smtpUrl: server.mail.smtpUrl.replace('smtp:', 'smtps:') }, { timeoutMs: 500 })).to.include({
        kind: 'refused',
        again: true,
      })
    })
  })

  it('leaves nothing behind that would keep a process alive', async () => {
    const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
    const before = sockets()
    await open()
    await send()
    server.next({ at: 'data', hang: true })
    await send({}, { timeoutMs: 100 })
    while (sockets() > before) await new Promise((resolve) => setTimeout(resolve, 20))
  })
})
