// Chromium's own account of a page: what it costs, and what it holds.

export class Meter {
  static async of(page) {
    const meter = new Meter();
    meter.session = await page.context().newCDPSession(page);
    // The thread's own time: what others do on the machine does not count.
    await meter.session.send("Performance.enable", { timeDomain: "threadTicks" });
    return meter;
  }

  async read() {
    const { metrics } = await this.session.send("Performance.getMetrics");
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  }

  /** What the page's thread took for it, in ms. */
  async cost(deed) {
    const before = await this.read();
    await deed();
    const after = await this.read();
    return 1_000 * (after.TaskDuration - before.TaskDuration);
  }

  /** Nodes and listeners once everything that nobody holds is gone. */
  async held() {
    for (let turn = 0; turn < 3; turn += 1) await this.session.send("HeapProfiler.collectGarbage");
    const { Nodes, JSEventListeners } = await this.read();
    return { nodes: Nodes, listeners: JSEventListeners };
  }
}
