// The usual report, closed by one line that other programs read: "N passed, N failed, N skipped".
import Mocha from 'mocha'

const { Base, Spec } = Mocha.reporters

export default class Summary extends Spec {
  override epilogue(): void {
    if (this.stats.failures) Base.list(this.failures)
    const { passes, failures, pending } = this.stats
    Base.consoleLog(`\n${passes} passed, ${failures} failed, ${pending} skipped`)
  }
}
