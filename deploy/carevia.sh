#!/bin/sh
# `carevia WORDS` with the service's settings and as its user: sudo carevia doctor. Name files by their whole path.
set -eu
bin=/opt/carevia/.tools/run/bin
cd /var/lib/carevia
as=
[ "$(id -u)" -ne 0 ] || as="setpriv --reuid=carevia --regid=carevia --init-groups"
# shellcheck disable=SC2086
exec "$bin/dotenv" -f /etc/carevia/carevia.env run -- $as "$bin/carevia" "$@"
