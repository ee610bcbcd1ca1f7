// php-fpm and nginx in front of a Moodle tree, with the chat server below /gchat/ on the same address.
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join, resolve } from "node:path";
import { freePort } from "../port.mjs";
import { folder, Service, WEB } from "./process.mjs";

/** What an administrator includes; only the chat server's port differs here. */
const SNIPPET = resolve(import.meta.dirname, "..", "..", "packaging", "nginx", "gchat.conf");

/** PHP's settings for Moodle, on the command line and in the web server. */
const SETTINGS = {
  "xdebug.mode": "off",
  "opcache.enable": "1",
  "opcache.memory_consumption": "256",
  "opcache.interned_strings_buffer": "24",
  "opcache.max_accelerated_files": "30000",
  "opcache.revalidate_freq": "0",
  max_input_vars: "5000",
  memory_limit: "512M",
  log_errors: "1",
};

/** The flags for one of PHP's programs, with its log below `path`. */
export const phpFlags = (path, more = {}) =>
  Object.entries({ ...SETTINGS, error_log: join(path, "php.log"), ...more }).flatMap(([key, value]) => ["-d", `${key}=${value}`]);

export class Web {
  /** Where the site will be; nothing runs yet. */
  static async prepare(path) {
    const web = new Web();
    web.path = folder(join(path, "web"), WEB);
    web.port = await freePort();
    web.url = `http://127.0.0.1:${web.port}`;
    return web;
  }

  /** Shows `documents`, and the chat server of `chatPort`. `routed`: whether Moodle answers for what is no file. */
  async start(documents, chatPort, { php, routed }) {
    const socket = join(this.path, "fpm");
    writeFileSync(join(this.path, "fpm.conf"), pool(socket, join(this.path, "fpm.log")));
    this.fpm = new Service("php-fpm", [fpmProgram(), "--nodaemonize", "--fpm-config", join(this.path, "fpm.conf"), ...php], {
      account: WEB,
      cwd: this.path,
    });
    await this.fpm.ready(() => answers(socket));
    writeFileSync(join(this.path, "gchat.conf"), readFileSync(SNIPPET, "utf8").replaceAll("127.0.0.1:8787", `127.0.0.1:${chatPort}`));
    const configuration = join(this.path, "nginx.conf");
    writeFileSync(configuration, server({ path: this.path, port: this.port, documents, socket, routed }));
    this.nginx = new Service("nginx", ["/usr/sbin/nginx", "-e", "stderr", "-p", this.path, "-c", configuration], { account: WEB, cwd: this.path });
    await this.nginx.ready(() => answers(this.port));
  }

  async close() {
    await this.nginx?.close();
    await this.fpm?.close();
  }
}

async function answers(where) {
  const socket = typeof where === "number" ? createConnection(where, "127.0.0.1") : createConnection(where);
  try {
    await once(socket, "connect");
    return true;
  } finally {
    socket.destroy();
  }
}

function fpmProgram() {
  const found = readdirSync("/usr/sbin").filter((name) => /^php-fpm\d/.test(name)).sort().at(-1);
  if (found === undefined) throw new Error("php-fpm is missing: run 'scripts/install moodle'");
  return join("/usr/sbin", found);
}

const pool = (socket, log) => `[global]
error_log = ${log}
[www]
listen = ${socket}
pm = static
pm.max_children = 8
catch_workers_output = yes
request_terminate_timeout = 300
`;

const server = ({ path, port, documents, socket, routed }) => `daemon off;
worker_processes 1;
pid ${path}/nginx.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log ${path}/access.log;
  sendfile on;
  gzip on;
  gzip_types text/css text/javascript application/javascript application/json image/svg+xml;
  client_max_body_size 64m;
${["body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `  ${name === "body" ? "client_body" : name}_temp_path ${path}/${name};`).join("\n")}
  server {
    listen 127.0.0.1:${port};
    server_name 127.0.0.1;
    root ${documents};
    index index.php index.html;
    location / { try_files $uri $uri/ ${routed ? "/r.php" : "=404"}; }
    location ~ ^(.+\\.php)(/|$) {
      fastcgi_split_path_info ^(.+?\\.php)(/.*)$;
      include /etc/nginx/fastcgi_params;
      fastcgi_param PATH_INFO $fastcgi_path_info;
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
      fastcgi_read_timeout 300s;
      fastcgi_pass unix:${socket};
    }
    include ${path}/gchat.conf;
  }
}
`;
