// The real nginx, Apache and Caddy with our files in the site's server block, in front of a server. What surrounds the
// files is what Debian's own configuration says, on a free port.
import { Child, ask, atEnd } from "./process.mjs";
import { freePort } from "../../e2e/port.mjs";
import { packaged, replaced } from "./place.mjs";

const isRoot = process.getuid() === 0;
const ADDRESS = "127.0.0.1:8787";

/** nginx before `daemon`. `change` may alter its configuration, for the tests that must see it fail. */
export async function nginx(daemon, change = (text) => text) {
  const port = await freePort();
  const { place } = daemon;
  const name = `nginx-${port}`;
  const snippet = place.write(`${name}/gchat.conf`, change(replaced(packaged("nginx/gchat.conf"), ADDRESS, daemon.address)));
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `  ${kind}_temp_path ${place.at(name)}/${kind};`);
  const main = place.write(
    `${name}/nginx.conf`,
    `daemon off;
${isRoot ? `user ${place.user} nogroup;` : ""}
worker_processes 1;
pid ${place.at(name)}/nginx.pid;
error_log stderr warn;
events { worker_connections 768; }
http {
  access_log off;
  default_type application/octet-stream;
${temporary.join("\n")}
  server {
    listen 127.0.0.1:${port};
    server_name moodle.example;
    # The site's own part, with the regular expression that Moodle's nginx configurations have.
    location / { return 200 "a page of the site\\n"; }
    location ~ [^/]\\.php(/|$) { return 200 "a page of the site\\n"; }
    include ${snippet};
  }
}
`,
  );
  const child = new Child("nginx", ["-p", place.at(name), "-c", main]);
  return opened(child, "nginx", port);
}

/** Apache before `daemon`, likewise. */
export async function apache(daemon, change = (text) => text) {
  const port = await freePort();
  const { place } = daemon;
  const name = `apache-${port}`;
  const snippet = place.write(`${name}/gchat.conf`, change(replaced(packaged("apache/gchat.conf"), ADDRESS, daemon.address)));
  const modules = ["mpm_event", "authz_core", "reqtimeout", "proxy", "proxy_http", "proxy_wstunnel"];
  place.write(`${name}/pages/index.html`, "a page of the site\n");
  const main = place.write(
    `${name}/apache2.conf`,
    change(`ServerRoot ${place.at(name)}
ServerName moodle.example
PidFile ${place.at(name)}/apache2.pid
DefaultRuntimeDir ${place.at(name)}
Mutex file:${place.at(name)} default
${modules.map((module) => `LoadModule ${module}_module /usr/lib/apache2/modules/mod_${module}.so`).join("\n")}
${isRoot ? `User ${place.user}\nGroup nogroup` : ""}
ErrorLog ${place.at(name)}/error.log
# Shorter than the heartbeat: it is our file that keeps the sockets open.
Timeout 30
KeepAlive On
# As Debian has it; a socket must outlive both.
RequestReadTimeout header=20-40,minrate=500
RequestReadTimeout body=10,minrate=500
StartServers 1
ServerLimit 1
ThreadsPerChild 25
MaxRequestWorkers 25
Listen 127.0.0.1:${port}
<VirtualHost 127.0.0.1:${port}>
  DocumentRoot ${place.at(name)}/pages
  <Location "/">
    Require all granted
  </Location>
  Include ${snippet}
</VirtualHost>
`),
  );
  const child = new Child("apache2", ["-f", main, "-DFOREGROUND"]);
  return opened(child, "Apache", port);
}

/** Caddy before `daemon`. */
export async function caddy(daemon) {
  const port = await freePort();
  const { place } = daemon;
  const name = `caddy-${port}`;
  const snippet = place.write(`${name}/gchat.conf`, replaced(packaged("caddy/gchat.conf"), ADDRESS, daemon.address));
  const main = place.write(
    `${name}/Caddyfile`,
    `{
	admin off
	auto_https off
	storage file_system ${place.at(name)}/data
}
http://127.0.0.1:${port} {
	import ${snippet}
	handle {
		respond "a page of the site
"
	}
}
`,
  );
  const env = { ...process.env, XDG_CONFIG_HOME: place.at(name), XDG_DATA_HOME: place.at(name) };
  const child = new Child("caddy", ["run", "--adapter", "caddyfile", "--config", main], { env });
  return opened(child, "Caddy", port);
}

async function opened(child, name, port) {
  const site = `http://127.0.0.1:${port}/`;
  atEnd(() => child.stop());
  await child.until(`${name} answers`, async () => (await ask(`${site}index.html`, { wait: 1_000 })).text === "a page of the site\n");
  return { name, site, server: `${site}gchat/`, child };
}
