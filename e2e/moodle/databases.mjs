// MariaDB and PostgreSQL in temporary folders, on sockets in them. Nothing in them outlives a test, so nothing is flushed.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { folder, MYSQL, POSTGRES, run, Service } from "./process.mjs";

export const DATABASES = { mariadb, pgsql };

/** What the installer is told, as its options are called. */
const LOGIN = { dbname: "moodle", dbuser: "moodle", dbpass: "moodle", dbhost: "localhost" };

/** Starts a database below `path`. Gives `{name, options, version, close()}`. */
async function mariadb(path) {
  const home = folder(join(path, "mariadb"), MYSQL);
  const [data, socket] = [join(home, "data"), join(home, "socket")];
  const install = ["mariadb-install-db", "--no-defaults", `--datadir=${data}`, "--auth-root-authentication-method=normal", "--skip-test-db"];
  await run([...install, ...(MYSQL === null ? [] : [`--user=${MYSQL}`])]);
  const options = [
    `--datadir=${data}`,
    `--socket=${socket}`,
    `--pid-file=${join(home, "pid")}`,
    "--skip-networking",
    "--skip-log-bin",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--loose-innodb-flush-method=nosync",
    "--loose-sync-frm=OFF",
    "--innodb-buffer-pool-size=384M",
    "--innodb-log-file-size=256M",
    "--performance-schema=OFF",
    "--character-set-server=utf8mb4",
    "--collation-server=utf8mb4_unicode_ci",
    "--max-connections=100",
  ];
  const service = new Service("MariaDB", ["/usr/sbin/mariadbd", "--no-defaults", ...options], { account: MYSQL });
  const sql = (text) => run(["mariadb", "--no-defaults", `--socket=${socket}`, "--user=root", "--batch", "--skip-column-names"], { input: text });
  await service.ready(async () => existsSync(socket) && (await sql("select 1")));
  await sql(`create database ${LOGIN.dbname}; grant all on *.* to '${LOGIN.dbuser}'@'localhost' identified by '${LOGIN.dbpass}'`);
  return {
    name: "mariadb",
    version: (await sql("select version()")).trim(),
    options: { dbtype: "mariadb", ...LOGIN, dbsocket: socket },
    close: () => service.close(),
  };
}

async function pgsql(path) {
  const home = folder(join(path, "pgsql"), POSTGRES);
  const data = join(home, "data");
  const as = { account: POSTGRES, cwd: home };
  const program = (name) => join(postgresFolder(), name);
  await run([program("initdb"), "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"], as);
  const options = {
    listen_addresses: "",
    unix_socket_directories: home,
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
    wal_level: "minimal",
    max_wal_senders: "0",
    shared_buffers: "256MB",
    max_wal_size: "2GB",
    max_connections: "100",
  };
  const flags = Object.entries(options).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  const service = new Service("PostgreSQL", [program("postgres"), "-D", data, ...flags], { ...as, stop: "INT" });
  const sql = (text) => run([program("psql"), "-h", home, "-U", "postgres", "-qAt", "-v", "ON_ERROR_STOP=1", "postgres"], { ...as, input: text });
  await service.ready(() => sql("select 1"));
  await sql(`create role ${LOGIN.dbuser} login superuser password '${LOGIN.dbpass}';\ncreate database ${LOGIN.dbname} owner ${LOGIN.dbuser};`);
  return {
    name: "pgsql",
    version: (await sql("show server_version")).trim(),
    options: { dbtype: "pgsql", ...LOGIN, dbsocket: home },
    close: () => service.close(),
  };
}

/** Debian keeps PostgreSQL's programs out of the path, one folder for each version. */
function postgresFolder() {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  if (versions.length > 0) return join(debian, versions[0], "bin");
  return execFileSync("pg_config", ["--bindir"], { encoding: "utf8" }).trim();
}
