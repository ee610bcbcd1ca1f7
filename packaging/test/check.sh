# Runs inside the machine of inside.sh: installs the server as the admin guide says, kills and hangs it, and tells.
exec >/out/said 2>&1
useradd --system --user-group --home-dir /var/lib/gchat --no-create-home --shell /usr/sbin/nologin gchat
mkdir -p /etc/gchat
printf 'database = "/var/lib/gchat/gchat.db"\n' >/etc/gchat/gchat.toml
install -d -o gchat -g gchat -m 700 /var/lib/gchat
runuser -u gchat -- gchat init --config /etc/gchat/gchat.toml

ready() {
    began=$(date +%s%N)
    until curl -s -f -m 1 http://127.0.0.1:8787/ready >/dev/null; do
        [ $((($(date +%s%N) - began) / 1000000000)) -lt 60 ] || { echo "not ready"; break; }
        sleep 0.01
    done
    echo "$1 $((($(date +%s%N) - began) / 1000000))"
}
main() { systemctl show --value --property "${1:-MainPID}" gchat; }

systemctl start gchat
echo "start $?"
ready started
grep -E '^(Uid|CapBnd|CapEff|NoNewPrivs|Seccomp):' "/proc/$(main)/status" | tr '\t' ' '
stat -c 'database %U %a' /var/lib/gchat/gchat.db
runuser -u gchat -- gchat site add https://moodle.example --config /etc/gchat/gchat.toml 2>/dev/null | grep -c gchat1. | sed 's/^/codes /'
for _ in 1 2 3; do
    kill -KILL "$(main)"
    ready killed
done
# One that hangs: the watchdog ends it.
kill -STOP "$(main)"
sleep 31
ready hung
systemctl show --property Result,NRestarts gchat
systemctl stop gchat
echo "stop $(main ActiveState) $(main ExecMainStatus)"
journalctl --unit gchat --no-pager | tail -n 20
