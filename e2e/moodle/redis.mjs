// Redis for the sessions of a running site, as an administrator sets it in config.php, and the sessions that are in it.
import { freePort } from "../port.mjs";
import { run, Service, WEB } from "./process.mjs";

export class Redis {
  /** Starts a server, and lets the site keep its sessions there. Whoever was logged in is not any more. */
  static async of(site) {
    const redis = new Redis();
    redis.port = await freePort();
    const options = ["--bind", "127.0.0.1", "--port", String(redis.port), "--save", "", "--appendonly", "no"];
    redis.service = new Service("Redis", ["redis-server", ...options], { account: WEB, cwd: site.data });
    await redis.service.ready(async () => (await redis.ask("PING")) === "PONG");
    redis.restore = site.configure([
      "$CFG->session_handler_class = '\\core\\session\\redis';",
      "$CFG->session_redis_host = '127.0.0.1';",
      `$CFG->session_redis_port = ${redis.port};`,
    ]);
    return redis;
  }

  /** A command of Redis. Gives its answer. */
  async ask(...command) {
    return (await run(["redis-cli", "-p", String(this.port), ...command])).trim();
  }

  /** The sessions of somebody, as Moodle keeps them. */
  async sessionsOf(user) {
    return Number(await this.ask("HLEN", `user_${user}`));
  }

  async close() {
    this.restore();
    await this.service.close();
  }
}
