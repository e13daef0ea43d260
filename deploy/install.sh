#!/bin/sh
# Makes the checkout in /opt/carevia a service: sudo /opt/carevia/deploy/install.sh, again after every upgrade.
# DESTDIR=FOLDER puts the files below FOLDER and leaves users, libraries and systemd alone (packages, tests).
set -eu
cd "$(dirname "$0")/.."
to=${DESTDIR:-}

if [ -z "$to" ]; then
    if [ "$(pwd)" != /opt/carevia ]; then
        echo "The service runs from /opt/carevia: move the checkout there and run its deploy/install.sh." >&2
        exit 1
    fi
    python3 run.py --version
fi

install -d -m 0755 "$to/etc/carevia" "$to/etc/systemd/system" "$to/etc/sysusers.d" "$to/usr/local/bin"
install -d -m 0700 "$to/var/lib/carevia" "$to/var/backups/carevia"
install -m 0644 deploy/carevia.sysusers "$to/etc/sysusers.d/carevia.conf"
install -m 0644 deploy/carevia.service deploy/carevia-backup.service deploy/carevia-backup.timer "$to/etc/systemd/system/"
install -m 0755 deploy/carevia.sh "$to/usr/local/bin/carevia"
if [ ! -e "$to/etc/carevia/carevia.env" ]; then
    key=$(python3 -c 'import secrets; print(secrets.token_urlsafe(48))')
    (umask 077 && sed "s/^CAREVIA_SECRET_KEY=\$/CAREVIA_SECRET_KEY=$key/" deploy/carevia.env.example \
        > "$to/etc/carevia/carevia.env")
    echo "Put your address and the payment provider's secrets into $to/etc/carevia/carevia.env."
fi

if [ -z "$to" ]; then
    systemd-sysusers /etc/sysusers.d/carevia.conf
    chown carevia:carevia /var/lib/carevia /var/backups/carevia
    if ! setpriv --reuid=carevia --regid=carevia --init-groups .tools/run/bin/carevia --version; then
        echo "The user carevia cannot run it: is this Python below a home folder? Take the system's python3." >&2
        exit 1
    fi
    systemctl daemon-reload
    echo "Start it: systemctl enable --now carevia carevia-backup.timer"
fi
