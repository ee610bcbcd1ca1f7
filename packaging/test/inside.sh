#!/bin/sh
# Makes a machine within this one and runs systemd in it, with our unit and the server: namespaces of its own for
# processes, mounts and network, and this machine's files below a layer that forgets what is written. Started by
# systemd.test.mjs in a control group of its own; ends when check.sh has run.
#
#   inside.sh FOLDER     FOLDER has gchat, gchat.service and check.sh; results go into FOLDER/out
set -e
folder=$1
mount --make-rprivate /
mkdir -p "$folder/layer"
mount -t tmpfs tmpfs "$folder/layer"
mkdir "$folder/layer/written" "$folder/layer/work" "$folder/layer/root"
root=$folder/layer/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/layer/written,workdir=$folder/layer/work" "$root"
mkdir -p "$root/out" "$root/before"
mount --bind "$folder/out" "$root/out"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"

units=$root/etc/systemd/system
rm -rf "$units"/*.wants "$units"/gchat*
install -D -m 755 "$folder/gchat" "$root/usr/local/bin/gchat"
install -D -m 644 "$folder/gchat.service" "$units/gchat.service"
install -D -m 755 "$folder/check.sh" "$root/check.sh"
cat >"$units/check.service" <<'END'
[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
ExecStart=/bin/sh /check.sh
ExecStopPost=/bin/systemctl --force --force poweroff
END
printf '[Unit]\nRequires=basic.target check.service\n' >"$units/check.target"

cd "$root"
pivot_root . before
umount -l /before
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=check.target --show-status=no
