// The mail server of the sandbox: a real client's messages arrive as they were written.

import { once } from 'node:events'
import { connect } from 'node:net'
import { expect } from 'chai'
import { openMailbox, type Mailbox } from '../../../ops/sandbox/mail.ts'
import { openMail } from '../../../services/notify/mail.ts'

describe('the mail server of the sandbox', () => {
  let mailbox: Mailbox
  before(async () => {
    mailbox = await openMailbox()
  })
  after(() => mailbox.close())

  it('takes what the second channel of the product sends', async () => {
    const mail = openMail({ smtpUrl: `smtp://127.0.0.1:${mailbox.port}`, to: 'ann@example.org', from: 'rolewatch@example.org' })
    const began = Date.now()
    await mail.send({ id: 'one', subject: 'A page', text: 'First line\n.\n..dots\nlast line', html: '<p>A page</p>' })
    const [first] = mailbox.accepted
    expect(first?.at).to.be.within(began, Date.now())
    expect(first?.text).to.include('Subject: A page').and.to.include('First line\r\n.\r\n..dots\r\nlast line')
  })

  it('hears commands that come in pieces, and several that come at once', async () => {
    const socket = connect(mailbox.port, '127.0.0.1')
    let heard = ''
    socket.on('data', (data: Buffer) => (heard += data.toString()))
    await once(socket, 'connect')
    socket.write('EH')
    await new Promise((resolve) => setTimeout(resolve, 20))
    socket.write('LO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nhello\r\n.\r\nQUIT\r\n')
    await once(socket, 'close')
    expect(heard.split('\r\n').map((line) => line.slice(0, 3))).to.deep.equal(['220', '250', '250', '250', '354', '250', '221', ''])
    expect(mailbox.accepted.at(-1)?.text).to.equal('hello')
  })
})
